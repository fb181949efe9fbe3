"""Random weight guessing."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import batch_of, inputs_of

from lstm97.learners import Guessing, RecurrentTopology, guessing
from lstm97.tasks import Latch, LongLag, Parity, Task, TwoSequence

FORM = RecurrentTopology(2, 1, 2)  # for the sequences' form only


def forward(net: Guessing, w: Any, inputs: list[NDArray[np.float64]]) -> list[Any]:
    """Compute the outputs of one sequence from the words: hidden units first, then output units."""
    y, outputs = np.zeros(len(w)), []
    for x in inputs:
        hidden = oracle.logistic(w[: net.n_hidden] @ np.concatenate([x, y, [1.0]]))
        y = np.concatenate([hidden, y[net.n_hidden :]])
        new = oracle.logistic(w[net.n_hidden :] @ np.concatenate([x, y, [1.0]]))
        y = np.concatenate([hidden, new])
        outputs.append(new)
    return outputs


@pytest.mark.parametrize("name", ["A1", "A2"])
@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_are_those_of_the_equations(name: str, one_hot: bool) -> None:
    learner = Guessing(2, 3, 2, 0.1, name, weight_range=2.0)
    net, batch = learner.start(np.random.default_rng(8)), batch_of(FORM, True, one_hot, (6,))
    outputs = learner.predict(net, batch)
    assert outputs == pytest.approx(np.array(forward(learner, net.w, inputs_of(FORM, batch))), abs=1e-14)
    plain = uncompiled(guessing).Guessing(2, 3, 2, 0.1, name, weight_range=2.0)
    assert_array_equal(plain.predict(net, batch), outputs)
    changed = corrupted(guessing, "respond", "for i in range(n_hidden):\n    y[i] = f(net[i])", "pass")
    assert not np.allclose(changed.Guessing(2, 3, 2, 0.1, name, weight_range=2.0).predict(net, batch), outputs)
    at_end = dataclasses.replace(batch, targets=batch.targets[:1], every_step=False)
    assert_array_equal(learner.predict(net, at_end)[0], outputs[-1])


def test_which_weights_there_are() -> None:
    """A1: everything. A2: of the 10 hidden units each sees input, output and itself; the output sees all others."""
    assert Guessing(1, 1, 1, 0.1).n_weights == 2 * 4
    a2 = Guessing(1, 10, 1, 0.1, "A2")
    assert a2.n_weights == 10 * 4 + 12
    net = a2.start(np.random.default_rng(0))
    assert_array_equal(net.w != 0.0, a2.connected())
    assert 80.0 < np.abs(net.w).max() <= 100.0
    hidden, output = a2.connected()[3, 1:12], a2.connected()[10, 1:12]
    assert np.flatnonzero(hidden).tolist() == [3, 10]
    assert np.flatnonzero(output).tolist() == list(range(10))


@pytest.mark.parametrize("task", [TwoSequence(20, 3), LongLag(2), LongLag(3, "2b")], ids=lambda task: repr(task)[:20])
def test_a_guess_is_kept_until_it_is_wrong(task: Task) -> None:
    """Sequences one at a time, with the task's own verdict, are the second route."""
    learner = Guessing(task.n_inputs, 1, task.n_outputs, task.tolerance)
    batch = task.sample(np.random.default_rng(3), 300)
    net = learner.start(np.random.default_rng(1))
    outputs, correct = [], []
    rng, w = net.rng, net.w
    for i in range(len(batch)):
        one = batch.part(i, i + 1)
        found = learner.predict(dataclasses.replace(net, w=w), one)
        outputs.append(found)
        correct.append(task.score(one, found)[1][0])
        if not correct[-1]:
            w = rng.uniform(-100.0, 100.0, size=w.shape)
    again = learner.start(np.random.default_rng(1))
    assert_array_equal(learner.train(again, batch), np.concatenate(outputs))
    assert_array_equal(again.w, w)
    assert again.n_guesses == 1 + correct.count(False)


def test_a_copy_goes_on_with_the_same_guesses() -> None:
    learner, task = Guessing(1, 2, 1, 0.1), Parity(5)
    net = learner.start(np.random.default_rng(1))
    batch = task.sample(np.random.default_rng(2), 50)
    copy = learner.copy(net)
    outputs = learner.train(net, batch)
    assert copy.n_guesses == 1
    assert_array_equal(learner.train(copy, batch), outputs)
    assert_array_equal(copy.w, net.w)
    other = learner.start(np.random.default_rng(2))
    assert not np.array_equal(learner.train(other, batch), outputs)


@pytest.mark.parametrize(
    ("task", "net", "n_hidden"),
    [(TwoSequence(20, 3), "A1", 1), (Latch(20, 30), "A1", 1), (Parity(20, 30), "A2", 10)],
    ids=["2-sequence", "latch", "parity"],
)
def test_what_the_paper_says_guessing_solves(task: Task, net: str, n_hidden: int) -> None:
    learner = Guessing(1, n_hidden, 1, task.tolerance, net)
    found = learner.start(np.random.default_rng(1))
    batch = task.sample(np.random.default_rng(0), 3000)
    correct = task.score(batch, learner.train(found, batch))[1]
    assert correct[-500:].all()
    assert found.n_guesses == 1 + np.count_nonzero(~correct)
    # the control: small weights hold nothing
    small = dataclasses.replace(learner, weight_range=0.1)
    assert not task.score(batch, small.train(small.start(np.random.default_rng(1)), batch))[1].any()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tolerance": float("nan")}, "tolerance is nan: give a positive number"),
        ({"net": "A3"}, "net is 'A3': give one of 'A1', 'A2'"),
        ({"n_hidden": 0}, "n_hidden is 0: give at least 1"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(Guessing(1, 1, 1, 0.1), **changes)
