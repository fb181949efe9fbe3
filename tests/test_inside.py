"""A cut block says nothing any more, and the order's code is read off where it is."""

from typing import cast

import numpy as np
import pytest

from lstm97 import inside
from lstm97.experiments import row
from lstm97.learners import LSTM, Net
from lstm97.reading import Reading
from lstm97.tasks import Adding, Multiplication, TemporalOrder
from lstm97.tasks.temporal_order import SYMBOLS

LEARNER = cast(LSTM, row("table9/6a").under(Reading()).learner)
TASK = TemporalOrder(2)


def random_net(seed: int = 0, scale: float = 2.0) -> Net:
    rng = np.random.default_rng(seed)
    net = LEARNER.start(rng)
    net.weights.w[:] = rng.uniform(-scale, scale, net.weights.w.shape) * net.weights.exists
    net.weights.w_k[:] = rng.uniform(-scale, scale, net.weights.w_k.shape)
    return net


def index(name: str) -> int:
    return LEARNER.topology.unit_names.index(name)


def source(name: str) -> int:
    return LEARNER.topology.source_names.index(name)


@pytest.mark.parametrize("j", [0, 1])
def test_what_a_cut_block_holds_makes_no_difference(j: int) -> None:
    net, batch = random_net(), TASK.sample(np.random.default_rng(1), 20)
    cut = LEARNER.without_block(net, j)
    own = [index(f"{kind}_{j + 1}") for kind in ("in", "out")] + [index(f"c_{j + 1}^{v}") for v in (1, 2)]
    changed = LEARNER.copy(cut)
    changed.weights.w[own] += 1.0  # everything that enters the block
    np.testing.assert_array_equal(LEARNER.predict(cut, batch), LEARNER.predict(changed, batch))
    # Negative controls: in the whole net it does make a difference, and the other block still speaks.
    whole = LEARNER.copy(net)
    whole.weights.w[own] += 1.0
    assert not np.array_equal(LEARNER.predict(net, batch), LEARNER.predict(whole, batch))
    other = LEARNER.copy(cut)
    other.weights.w[index(f"c_{2 - j}^1")] += 1.0
    assert not np.array_equal(LEARNER.predict(cut, batch), LEARNER.predict(other, batch))


def test_cutting_leaves_the_net_alone_and_refuses_other_blocks() -> None:
    net = random_net()
    before = net.weights.w.copy()
    LEARNER.without_block(net, 1)
    np.testing.assert_array_equal(net.weights.w, before)
    with pytest.raises(ValueError, match="block 2 does not exist: give a number from 0 to 1"):
        LEARNER.without_block(net, 2)


def test_self_connections_are_the_weights_named_so() -> None:
    net = random_net()
    names = [name for name in LEARNER.topology.unit_names if name.startswith("c_")]
    assert list(LEARNER.self_connections(net)) == [net.weights.w[index(name), source(name)] for name in names]


def test_right_class_asks_for_the_largest_output_only() -> None:
    batch = TASK.all_orders(np.random.default_rng(0))
    outputs = 0.1 * batch.targets
    assert inside.right_class(batch, outputs).all()
    outputs[2] = [0.0, 0.0, 0.1, 0.2]
    assert list(inside.right_class(batch, outputs)) == [True, True, False, True]


def test_a_net_that_uses_one_block_loses_nothing_without_the_other() -> None:
    net, batch = random_net(), TASK.all_orders(np.random.default_rng(0))
    for name in ("in_2", "out_2", "c_2^1", "c_2^2"):
        net.weights.w[:, source(name)] = 0.0
    net.weights.w_k[:, 2:4] = 0.0
    same = LEARNER.predict(LEARNER.without_block(net, 1), batch)
    np.testing.assert_array_equal(same, LEARNER.predict(net, batch))
    assert inside.without_each_block(LEARNER, net, batch)[1] == inside.right_class(batch, same).mean()


def order_code(net: Net) -> inside.OrderCode:
    batch = TASK.all_orders(np.random.default_rng(3))
    symbols = batch.symbols[: batch.offsets[1]]
    first, second = np.flatnonzero(symbols >= SYMBOLS.index("X")) + 1
    return inside.order_code(LEARNER, net, batch, (int(first), int(second)))


def test_a_gate_that_sees_symbols_only_has_no_contrast() -> None:
    net = random_net()
    net.weights.w[index("in_1"), LEARNER.topology.n_inputs : -1] = 0.0
    code = order_code(net)
    assert code.gate_contrast[0] == 0.0
    assert code.gate_contrast[1] > 0.0  # a gate that sees the hidden layer has one
    np.testing.assert_array_equal(code.y_in[0, 0], code.y_in[1, 0])  # the first X, whatever comes later
    np.testing.assert_array_equal(code.w_cc, LEARNER.self_connections(net))


def test_order_code_wants_the_four_orders() -> None:
    with pytest.raises(ValueError, match="holds 3 sequences"):
        inside.order_code(LEARNER, random_net(), TASK.sample(np.random.default_rng(0), 3), (10, 50))


def test_drift_is_what_the_state_gains_per_step() -> None:
    specification = row("table7/T100").under(Reading())
    learner = cast(LSTM, specification.learner)
    net = learner.start(np.random.default_rng(0))
    net.weights.w[:] = 0.0  # gates stand at 0.5, cells see their bias alone
    net.weights.w[learner.topology.first_cell, -1] = 1.0
    task = Adding(T=100)
    batch = task.sample(np.random.default_rng(0), 3)
    drift = inside.drift_per_step(learner, net, batch, task.last_mark(batch))
    expected = 0.5 * (4.0 / (1.0 + np.exp(-1.0)) - 2.0)
    np.testing.assert_allclose(drift, [[expected, 0.0, 0.0, 0.0]] * 3, rtol=1e-12)


def test_last_mark_is_the_second_marked_pair() -> None:
    batch = Adding(T=100).sample(np.random.default_rng(0), 50)
    for i, step in enumerate(Adding.last_mark(batch)):
        markers = batch.values[batch.offsets[i] : batch.offsets[i + 1], 1]
        assert markers[step - 1] == 1.0
        assert not (markers[step:] == 1.0).any()
        assert (markers[: step - 1] == 1.0).sum() == 1


@pytest.mark.parametrize("n_relevant", [2, 3])
def test_all_orders_differ_in_the_relevant_symbols_only(n_relevant: int) -> None:
    task = TemporalOrder(n_relevant)
    batch = task.all_orders(np.random.default_rng(5))
    words = batch.symbols.reshape(task.n_outputs, -1)
    relevant = (words != words[0]).any(axis=0)
    assert relevant.sum() == n_relevant
    assert set(words[:, relevant].ravel()) == {SYMBOLS.index("X"), SYMBOLS.index("Y")}
    # The classes are those of the sampler: look each order up in what it draws.
    drawn = task.sample(np.random.default_rng(6), 200)
    for a, b, target in zip(drawn.offsets[:-1], drawn.offsets[1:], drawn.targets, strict=True):
        order = [s for s in drawn.symbols[a:b] if s >= SYMBOLS.index("X")]
        assert [list(word[relevant]) for word in words][int(target.argmax())] == order
    assert task.minimal_lag == {2: 40, 3: 24}[n_relevant]


def test_saturation_is_the_slope_of_h_over_its_largest() -> None:
    learner, net = LEARNER, random_net()
    batch = TASK.sample(np.random.default_rng(3), 4)
    s_c, left = inside.saturation(learner, net, batch)
    np.testing.assert_array_equal(s_c, [learner.trace(net, batch, i).s_c[-1] for i in range(4)])
    step = 1e-5
    slope = (np.tanh((s_c + step) / 2) - np.tanh((s_c - step) / 2)) / (2 * step)
    np.testing.assert_allclose(left, slope / 0.5, atol=1e-6)


def test_the_initial_net_is_the_one_that_the_trial_starts_from() -> None:
    specification = row("table9/6a").under(Reading())
    one, again, other = (inside.initial_net(specification, trial) for trial in (1, 1, 2))
    np.testing.assert_array_equal(one.weights.w, again.weights.w)
    assert not np.array_equal(one.weights.w, other.weights.w)


def test_explained_is_the_share_of_the_variance() -> None:
    rng = np.random.default_rng(0)
    states = rng.normal(size=(5000, 2))
    noise = rng.normal(size=5000)
    assert inside.explained(states, 3.0 + states @ [1.0, -2.0]) == pytest.approx(1.0)
    assert inside.explained(states, noise) < 0.01
    assert inside.explained(states, states[:, 0] + noise) == pytest.approx(0.5, abs=0.05)


def test_marked_pair_values_make_the_target() -> None:
    batch = Multiplication(T=100).sample(np.random.default_rng(0), 500)
    x_1, x_2 = inside.marked_pair_values(batch)
    np.testing.assert_allclose(x_1 * x_2, batch.targets[:, 0])
