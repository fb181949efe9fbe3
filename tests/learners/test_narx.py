"""Nets with several delays: fed back are outputs, as in NARX nets, or hidden units."""

import dataclasses
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import (
    assert_outputs,
    assert_same_updates,
    batch_of,
    difference,
    inputs_of,
    misses_the_gradient,
    updates,
)

from lstm97.learners import BPTT, NARX, RecurrentTopology, narx
from lstm97.tasks import Batch, TwoSequence
from lstm97.tasks.base import offsets_of

NETS = {
    "plain": RecurrentTopology(3, 4, 2),
    "biased, outputs see inputs": RecurrentTopology(3, 4, 2, outputs_see_inputs=True, biased=True),
    "one of each": RecurrentTopology(1, 1, 1),
    "one of each, biased": RecurrentTopology(1, 1, 1, biased=True),
    "one output, biased": RecurrentTopology(3, 4, 1, biased=True),
    "one hidden unit, biased": RecurrentTopology(2, 1, 2, biased=True),
}
each = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())
fed_back = pytest.mark.parametrize("fed_back", ["outputs", "hidden"])
delayed = pytest.mark.parametrize("delays", [1, 3])


def forward(learner: Any, batch: Batch, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    net, outputs, inputs = learner.topology, [], inputs_of(learner.topology, batch)
    one = [1.0] if net.biased else []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        before = [np.zeros(net.n_outputs if learner.fed_back == "outputs" else net.n_hidden)] * learner.delays
        for x in inputs[first:last]:
            y = oracle.logistic(w @ np.concatenate([x, *before, one]))
            y_k = oracle.logistic(w_k @ np.concatenate([x, y, one] if net.outputs_see_inputs else [y, one]))
            outputs.append(y_k)
            before = [y_k if learner.fed_back == "outputs" else y, *before[:-1]]
    return outputs


def missed(
    module: ModuleType,
    net: RecurrentTopology,
    fed_back: str,
    every_step: bool = True,
    one_hot: bool = True,
    delays: int = 3,
    n_steps: int = 6,
) -> bool:
    batch = batch_of(net, every_step, one_hot, (n_steps,))
    return misses_the_gradient(module.NARX(net, 1.0, 2.0, delays, fed_back), batch, forward)


@each
@fed_back
@delayed
@pytest.mark.parametrize("n_steps", [1, 2, 6])
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
def test_gradient_is_that_of_the_equations(
    net: RecurrentTopology, fed_back: str, one_hot: bool, every_step: bool, delays: int, n_steps: int
) -> None:
    assert not missed(narx, net, fed_back, every_step, one_hot, delays, n_steps)


@pytest.mark.parametrize("name", ["one of each, biased", "one output, biased"])
def test_a_bias_that_counts_as_one_more_delay_is_seen(name: str) -> None:
    """With one unit fed back, there are as many columns for one more delay as there are for the bias."""
    module = corrupted(
        narx, "present", "hidden_layer(wiring, n_delays, ...)", "hidden_layer(wiring, n_delays + 1, ...)"
    )
    assert missed(module, NETS[name], "outputs")


def test_without_input_and_feedback_every_step_is_the_same() -> None:
    learner = NARX(RecurrentTopology(1, 2, 1, biased=True), 1.0, 1.0, 1)
    net = learner.start(np.random.default_rng(0))
    net.weights.w[:, :2] = 0.0  # all but the bias
    values, targets = np.zeros((4, 1)), np.zeros((4, 1))
    batch = Batch(np.zeros(0, dtype=np.int64), values, offsets_of(np.array([4])), targets, True)
    outputs = learner.predict(net, batch)
    assert (outputs == outputs[0]).all()


@each
@fed_back
@delayed
@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_are_those_of_the_equations(
    net: RecurrentTopology, fed_back: str, one_hot: bool, delays: int
) -> None:
    assert_outputs(NARX(net, 1.0, 2.0, delays, fed_back), batch_of(net, True, one_hot), forward)


@pytest.mark.parametrize(
    ("function", "old", "new", "seen"),
    [
        ("propagate_back", "e_z[u] += w[i, column] * theta_at[step + d, i]", "pass", [True, True]),
        ("propagate_back", "min(n_delays, last - t) + 1", "min(n_delays, last - t)", [True, True]),
        ("propagate_back", "e_k[k] += e_z[k]", "pass", [True, False]),
        ("propagate_back", "0.0 if from_outputs else e_z[i]", "0.0", [False, True]),
        ("propagate_back", "e_k[k] *= f_prime(y_k_at[step, k])", "pass", [True, True]),
        ("add_hidden_updates", "theta[i] * z_at[step - d, u]", "theta[i]", [True, True]),
        ("present", "targets[row, k] - outputs[row, k]", "targets[row, k]", [True, True]),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str, seen: list[bool]) -> None:
    module, net = corrupted(narx, function, old, new), NETS["biased, outputs see inputs"]
    assert [missed(module, net, which) for which in ("outputs", "hidden")] == seen


@each
@fed_back
@pytest.mark.parametrize("one_hot", [False, True])
def test_interpreted_and_compiled_give_the_same_bits(net: RecurrentTopology, fed_back: str, one_hot: bool) -> None:
    plain = uncompiled(narx).NARX(net, 0.5, 2.0, 3, fed_back)
    assert_same_updates(NARX(net, 0.5, 2.0, 3, fed_back), plain, batch_of(net, True, one_hot))


@each
def test_hidden_units_with_a_delay_of_1_are_bptt(net: RecurrentTopology) -> None:
    batch = batch_of(net, True, True)
    ordinary = updates(BPTT(net, 0.5, 1.0), batch)
    assert difference(updates(NARX(net, 0.5, 1.0, 1, "hidden"), batch), ordinary) < 1e-12
    shifted = updates(NARX(net, 0.5, 1.0, 2, "hidden"), batch)
    assert shifted[0].shape != ordinary[0].shape


def error_at_first_step(delays: int, lag: int, delay: int) -> float:
    """Let one step's input and one feedback weight be all there is; measure what the target's error is at it."""
    learner = NARX(RecurrentTopology(1, 1, 1), 1.0, 0.0, delays, "hidden")
    net, values = learner.start(np.random.default_rng(0)), np.zeros((lag + 1, 1))
    net.weights.w[0, delay], net.weights.w_k[0, 0] = 1.5, 1.0
    values[0] = 1.0
    batch = Batch(np.zeros(0, dtype=np.int64), values, offsets_of(np.array([lag + 1])), np.zeros((1, 1)))
    learner.train(net, batch)
    return float(net.weights.w[0, 0])


def test_an_error_jumps_back() -> None:
    """Over a delay of 4, an error is after 8 steps what it is after 2 over a delay of 1; and it decays."""
    assert error_at_first_step(4, 8, delay=4) == error_at_first_step(1, 2, delay=1) != 0.0
    assert abs(error_at_first_step(4, 16, delay=4)) < 0.2 * abs(error_at_first_step(4, 8, delay=4))
    assert abs(error_at_first_step(1, 8, delay=1)) < 0.01 * abs(error_at_first_step(4, 8, delay=4))
    assert error_at_first_step(4, 7, delay=4) == 0.0


@pytest.mark.parametrize(("delays", "learned"), [(5, True), (1, False)])
def test_a_short_latch_is_learned(delays: int, learned: bool) -> None:
    """The 2-sequence problem with ten steps, three of which tell the class, as Lin et al.'s latching problem."""
    task, rng = TwoSequence(T=10, N=3), np.random.default_rng(0)
    learner = NARX(RecurrentTopology(1, 2, 1, biased=True), 0.5, 0.1, delays)
    net = learner.start(np.random.default_rng(1))
    learner.train(net, task.sample(rng, 30_000))
    test = task.sample(rng, 200)
    assert (task.score(test, learner.predict(net, test))[1].mean() > 0.8) == learned


def test_number_of_weights() -> None:
    learner = NARX(RecurrentTopology(5, 3, 2, biased=True), 1.0, 0.5, 4)
    weights = learner.start(np.random.default_rng(0)).weights
    assert learner.n_weights == weights.w.size + weights.w_k.size == 3 * (5 + 4 * 2 + 1) + 2 * 4
    hidden = dataclasses.replace(learner, fed_back="hidden")
    assert hidden.n_weights == 3 * (5 + 4 * 3 + 1) + 2 * 4


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"delays": 0}, "delays is 0: give at least 1"),
        ({"fed_back": "inputs"}, "fed_back is 'inputs': give one of 'outputs', 'hidden'"),
        ({"topology": RecurrentTopology(3, 2, 2, fully_recurrent=True)}, "let fully_recurrent be false"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(NARX(NETS["plain"], 1.0, 1.0, 2), **changes)
