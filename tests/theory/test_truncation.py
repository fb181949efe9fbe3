"""Truncation: backward pass, forward derivatives and numerical derivatives against the oracle."""

import numpy as np
import pytest
from oracles import network as oracles
from support import nets
from support.nets import Setting, largest_difference

from lstm97.experiments import LSTMRow, lstm_rows
from lstm97.learners.lstm import LSTM, Net
from lstm97.net.network import new_state
from lstm97.net.reading import Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.theory import truncation

SETTINGS = {
    "one-hot, at the end": Setting(Topology(4, (2, 1), 2), one_hot=True),
    "values, every step": Setting(Topology(2, (1, 2), 2, n_hidden=1, biased="ga"), every_step=True),
    "no recurrence": Setting(Topology(2, (2,), 1, recurrent=False), every_step=True),
}
named = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())


def problem(setting: Setting) -> tuple[LSTM, Net, Batch, oracles.Example]:
    rng = np.random.default_rng(11)
    weights = nets.random_weights(setting.topology, rng)
    sequence = nets.random_sequences(setting, rng, (setting.n_steps,))
    batch = Batch(sequence.symbols, sequence.values, sequence.offsets, sequence.targets, setting.every_step)
    learner = LSTM(setting.topology, alpha=0.5, weight_range=0.1)
    net = Net(weights, new_state(setting.topology))
    return learner, net, batch, nets.example(setting, weights, sequence)


def halved(gradient: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    return {name: -value / 2 for name, value in gradient.items()}


@named
def test_backward_pass(setting: Setting) -> None:
    learner, net, batch, example = problem(setting)
    found = nets.by_name(setting.topology, *truncation.backward_pass(learner, net, batch))
    assert largest_difference(found, halved(oracles.gradient(example))) < 1e-12


@named
def test_forward_derivatives(setting: Setting) -> None:
    learner, net, batch, example = problem(setting)
    expected = truncation.backward_pass(learner, net, batch)
    assert truncation.forward_derivatives(learner, net, batch) == pytest.approx(expected.w, abs=1e-14)


@named
@pytest.mark.parametrize("truncated", [True, False])
def test_numerical_derivatives(setting: Setting, truncated: bool) -> None:
    learner, net, batch, example = problem(setting)
    found = nets.by_name(setting.topology, *truncation.numerical(learner, net, batch, truncated))
    assert largest_difference(found, halved(oracles.gradient(example, truncated))) < 1e-8
    other = halved(oracles.gradient(example, not truncated))
    assert (largest_difference(found, other) < 1e-8) == (not setting.topology.recurrent)


def test_nothing_is_learned() -> None:
    learner, net, batch, _ = problem(SETTINGS["values, every step"])
    before = [part.copy() for part in net.weights]
    truncation.backward_pass(learner, net, batch)
    truncation.numerical(learner, net, batch, truncated=True)
    for part, kept in zip(net.weights, before, strict=True):
        assert np.array_equal(part, kept)


@named
def test_squared_error(setting: Setting) -> None:
    learner, net, batch, example = problem(setting)
    _, outputs = oracles.run(example)
    expected = oracles.error(example, outputs)
    assert truncation.squared_error(learner, net.weights, batch) == pytest.approx(expected, rel=1e-13)
    frozen = truncation.recurrent_inputs(learner, net.weights, batch)
    assert truncation.squared_error(learner, net.weights, batch, frozen) == pytest.approx(expected, rel=1e-13)


@named
def test_state_derivatives_are_what_training_ends_with(setting: Setting) -> None:
    learner, net, batch, _ = problem(setting)
    learner.predict(net, batch)
    ds_dw_in, ds_dw_c = truncation.state_derivatives(learner, net, batch)
    state = learner.copy(net).state
    nets.present(
        setting,
        net.weights,
        nets.Sequences(batch.symbols, batch.values, batch.offsets, batch.targets),
        state=state,
    )
    assert np.array_equal(np.concatenate([ds_dw_in[-1], ds_dw_c[-1]]), state.ds_dw)
    assert len(ds_dw_in) == batch.n_steps


def test_cosine() -> None:
    learner, net, batch, _ = problem(SETTINGS["values, every step"])
    one = truncation.backward_pass(learner, net, batch)
    assert truncation.cosine(one, one) == pytest.approx(1.0, abs=1e-14)
    assert truncation.cosine(one, truncation.Contributions(-2 * one.w, -2 * one.w_k)) == pytest.approx(-1.0)
    orthogonal = truncation.Contributions(np.zeros_like(one.w), one.w_k)
    assert truncation.cosine(orthogonal, truncation.Contributions(one.w, 0 * one.w_k)) == 0.0


@pytest.mark.parametrize("row", lstm_rows().values(), ids=lstm_rows().keys())
def test_complexity(row: LSTMRow) -> None:
    """W is the table's number of weights less the output biases, if all of the hidden layer has biases or nothing.

    What is stored is `ds_dw`.
    """
    if row.topology.outputs_see_inputs:
        pytest.skip("the formulas don't cover the nets of Tasks 2a and 2b")
    counts = truncation.complexity(row.topology)
    n_output_biases = row.topology.n_outputs if row.topology.biased == "all" else 0
    n_missing = int((~row.topology.connected()).sum())  # the biases that cells lack in Experiment 1
    assert counts.weights == row.paper.n_weights - n_output_biases + n_missing
    assert n_missing == (row.topology.n_cells if row.table == "table1" else 0)
    assert counts.stored == new_state(row.topology).ds_dw.size


def test_complexity_of_one_net_by_hand() -> None:
    """K = 2, H = 4, C = 2, S = 3, and I = 5 inputs, 6 cells, 4 gates, 4 hidden units, and the constant 1."""
    counts = truncation.complexity(Topology(n_inputs=5, block_sizes=(3, 3), n_outputs=2, n_hidden=4))
    assert counts.weights == 8 + 12 + 120 + 80 + 80  # KH + KCS + CSI + 2CI + HI
    assert counts.steps == 2 + 16 + 4 + 24 + 80 + 40 + 480  # K + 2KH + KC + 2KCS + HI + CI + 4CSI
    assert counts.stored == 240  # 2CSI


def test_complexity_refuses_what_the_formulas_do_not_cover() -> None:
    with pytest.raises(ValueError, match="need both gates"):
        truncation.complexity(Topology(2, (1,), 1, out_gates=False))


def test_bad_input_is_named() -> None:
    learner, net, batch, _ = problem(SETTINGS["values, every step"])
    two = Batch(batch.symbols, batch.values, np.array([0, 2, batch.n_steps]), batch.targets, True)
    with pytest.raises(ValueError, match=r"holds 2 sequences: give one, for instance batch.first\(1\)"):
        truncation.backward_pass(learner, net, two)
    later = LSTM(learner.topology, 0.5, 0.1, reading=Reading(output_timing="one step later"))
    with pytest.raises(ValueError, match="output_delay is 1, but lstm97.theory.truncation knows 0 only"):
        truncation.numerical(later, net, batch, truncated=True)
