"""Units with fixed time constants, and ungated additive units."""

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

from lstm97.learners import BPTT, Additive, RecurrentTopology, TimeConstants, leaky
from lstm97.tasks import Batch, TwoSequence

NET = RecurrentTopology(3, 2, 2, outputs_see_inputs=True, biased=True)


def learners(module: ModuleType, alpha: float = 1.0) -> list[Any]:
    return [module.TimeConstants(NET, alpha, 1.0, (0.9, 0.3)), module.Additive(NET, alpha, 1.0, 0.2)]


def forward(learner: Any, batch: Batch, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    outputs, inputs = [], inputs_of(NET, batch)
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        y = np.zeros(2)
        for x in inputs[first:last]:
            net = w @ np.concatenate([x, y, [1.0]])
            if hasattr(learner, "tau"):
                tau = np.array(learner.tau)
                y = tau * y + (1 - tau) * oracle.logistic(net)
            else:
                y = y + learner.scale * net
            outputs.append(oracle.logistic(w_k @ np.concatenate([x, y, [1.0]])))
    return outputs


def missed(module: ModuleType, every_step: bool = True, one_hot: bool = True) -> list[bool]:
    """Which of the learners miss the gradient."""
    batch = batch_of(NET, every_step, one_hot, (6,))
    return [misses_the_gradient(learner, batch, forward) for learner in learners(module)]


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
def test_outputs_and_gradient_are_those_of_the_equations(every_step: bool, one_hot: bool) -> None:
    assert missed(leaky, every_step, one_hot) == [False, False]
    for learner in learners(leaky):
        assert_outputs(learner, batch_of(NET, True, one_hot), forward)


@pytest.mark.parametrize(
    ("function", "old", "new", "seen"),
    [
        ("propagate_back", "tau[j] * e_y[j]", "e_y[j]", [True, False]),
        ("propagate_back", "sigma[j] * slope", "slope", [True, True]),
        ("propagate_back", "1.0 if linear else f_prime(u_at[t - first, j])", "1.0", [True, False]),
        ("propagate_back", "w[i, wiring.n_inputs + j]", "w[j, wiring.n_inputs + i]", [True, True]),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str, seen: list[bool]) -> None:
    assert missed(corrupted(leaky, function, old, new)) == seen


def test_interpreted_and_compiled_give_the_same_bits() -> None:
    for compiled, plain in zip(learners(leaky, 0.5), learners(uncompiled(leaky), 0.5), strict=True):
        assert_same_updates(compiled, plain, batch_of(NET, True, True))


def test_a_time_constant_of_0_is_an_ordinary_unit() -> None:
    batch = batch_of(NET, True, True)
    ordinary = updates(BPTT(NET, 0.5, 1.0), batch)
    assert difference(updates(TimeConstants(NET, 0.5, 1.0, (0.0, 0.0)), batch), ordinary) < 1e-12
    assert difference(updates(TimeConstants(NET, 0.5, 1.0, (0.0, 0.1)), batch), ordinary) > 1e-6


@pytest.mark.parametrize(
    ("make", "learned"),
    [
        (lambda net: TimeConstants(net, 1.0, 0.1, (0.9, 0.9)), True),
        (lambda net: Additive(net, 1.0, 0.1), True),
        (lambda net: TimeConstants(net, 0.0, 0.1, (0.9, 0.9)), False),
    ],
)
def test_a_short_latch_is_learned(make: Any, learned: bool) -> None:
    """The 2-sequence problem with ten steps, three of which tell the class."""
    task, rng = TwoSequence(T=10, N=3), np.random.default_rng(0)
    learner = make(RecurrentTopology(1, 2, 1, biased=True))
    net = learner.start(np.random.default_rng(1))
    learner.train(net, task.sample(rng, 10_000))
    test = task.sample(rng, 200)
    assert (task.score(test, learner.predict(net, test))[1].mean() > 0.8) == learned


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TimeConstants(NET, 1.0, 1.0, (0.5,)), "tau has 1 values for 2 hidden units: give one each"),
        (lambda: TimeConstants(NET, 1.0, 1.0, (0.5, 1.0)), "tau is 1.0: give at least 0 and less than 1"),
        (lambda: Additive(NET, 1.0, 1.0, 0.0), "scale is 0.0: give a positive number"),
        (
            lambda: Additive(dataclasses.replace(NET, outputs_see_inputs=False, fully_recurrent=True), 1.0, 1.0),
            "let fully_recurrent be false",
        ),
    ],
)
def test_bad_input_is_named(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
