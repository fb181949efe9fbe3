"""Nets wired by hand: the weights that were named, and the cell of Section 4 that keeps a value."""

import numpy as np
import pytest

from lstm97.net.topology import Topology
from lstm97.theory import by_hand

TOPOLOGY = Topology(n_inputs=2, block_sizes=(2,), n_outputs=1)


def test_only_the_named_weights_are_set() -> None:
    learner, net = by_hand.wired(TOPOLOGY, {("c_1^2", "x_2"): 1.0, ("in_1", "1"): -3.0}, {"c_1^2": 8.0})
    units, sources = TOPOLOGY.unit_names, TOPOLOGY.source_names
    assert np.count_nonzero(net.weights.w) == 2
    assert net.weights.w[units.index("c_1^2"), sources.index("x_2")] == 1.0
    assert net.weights.w[units.index("in_1"), sources.index("1")] == -3.0
    assert net.weights.w_k[0, TOPOLOGY.output_source_names.index("c_1^2")] == 8.0
    assert np.count_nonzero(net.weights.w_k) == 1
    assert learner.alpha == 0.0


@pytest.mark.parametrize(
    ("into_hidden", "into_output", "word"),
    [
        ({("in_2", "x_1"): 1.0}, {}, "'in_2' here; there are: in_1, out_1, c_1"),
        ({("in_1", "x_3"): 1.0}, {}, "'x_3' here; there are: x_1, x_2"),
        ({}, {"in_1": 1.0}, "'in_1' here; there are: c_1"),
    ],
)
def test_a_name_that_the_net_lacks_is_refused(
    into_hidden: dict[tuple[str, str], float], into_output: dict[str, float], word: str
) -> None:
    with pytest.raises(ValueError, match=f"the net has no {word}"):
        by_hand.wired(TOPOLOGY, into_hidden, into_output)


def states(bias: float) -> list[float]:
    """Store the first value of a line, then read on: the internal states."""
    values = np.zeros((50, 2))
    values[:, 0] = np.random.default_rng(1).uniform(0.0, 1.0, 50)
    values[0, 1] = 1.0
    learner, net = by_hand.keeping(bias)
    return learner.trace(net, by_hand.one_sequence(values), 0).s_c[:, 0].tolist()


def test_a_closed_cell_keeps_its_first_input_to_the_last_bit_and_a_half_open_one_drifts() -> None:
    closed, half_open = states(-40.0), states(0.0)
    assert closed[0] == half_open[0] > 0.0
    assert set(closed) == {closed[0]}
    assert half_open[-1] > 10 * half_open[0]


def test_a_sequence_is_one_batch_with_one_target() -> None:
    batch = by_hand.one_sequence([[0.5, 1.0], [0.25, 0.0], [0.0, 0.0]])
    assert (len(batch), batch.n_steps, batch.targets.shape, batch.every_step) == (1, 3, (1, 1), False)
    np.testing.assert_array_equal(batch.values[1], [0.25, 0.0])
