"""The feedforward net with a window of time."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import batch_of, difference, targets_of, updates

from lstm97.learners import RecurrentTopology, Window, window
from lstm97.tasks import Batch, Parity

INPUTS = RecurrentTopology(3, 1, 2)  # for the sequences' form only


def seen(batch: Batch, width: int, first: int, t: int) -> NDArray[np.float64]:
    """What the net sees at step t of the sequence that begins at `first`: the newest first, 0 before, 1."""
    inputs = np.eye(3)[batch.symbols] if len(batch.symbols) else batch.values
    steps = [inputs[t - d] if t - d >= first else np.zeros(3) for d in range(width)]
    return np.concatenate([*steps, [1.0]])


def forward(batch: Batch, width: int, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    outputs = []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        for t in range(first, last):
            hidden = oracle.logistic(w @ seen(batch, width, first, t))
            outputs.append(oracle.logistic(w_k @ np.append(hidden, 1.0)))
    return outputs


def misses_the_gradient(module: Any, one_hot: bool) -> bool:
    batch = batch_of(INPUTS, True, one_hot, (6,))
    learner = module.Window(3, 4, 2, 3, 1.0, 2.0)
    weights = learner.start(np.random.default_rng(8)).weights
    found = oracle.complex_steps(
        weights.w, weights.w_k, lambda w, w_k: oracle.error(forward(batch, 3, w, w_k), targets_of(batch))
    )
    return difference(updates(learner, batch), (-found[0], -found[1])) > 1e-12


@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_and_gradient_are_those_of_the_equations(one_hot: bool) -> None:
    batch = batch_of(INPUTS, True, one_hot)
    learner = Window(3, 4, 2, 3, 1.0, 2.0)
    net = learner.start(np.random.default_rng(8))
    expected = np.array(forward(batch, 3, net.weights.w, net.weights.w_k))
    assert learner.predict(net, batch) == pytest.approx(expected, abs=1e-14)
    at_end = Batch(batch.symbols, batch.values, batch.offsets, batch.targets[:2])
    assert_array_equal(learner.predict(net, at_end), learner.predict(net, batch)[batch.offsets[1:] - 1])
    assert not misses_the_gradient(window, one_hot)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("add_hidden_updates", "dw[i, m] += f_prime(y[i]) * e_y[i]", "dw[i, m] += e_y[i]"),
        ("add_hidden_updates", "dw[i, window * n_inputs] += f_prime(y[i]) * e_y[i]", "pass"),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str) -> None:
    assert misses_the_gradient(corrupted(window, function, old, new), one_hot=True)


@pytest.mark.parametrize("one_hot", [False, True])
def test_interpreted_and_compiled_give_the_same_bits(one_hot: bool) -> None:
    batch = batch_of(INPUTS, True, one_hot)
    plain = updates(uncompiled(window).Window(3, 4, 2, 3, 0.5, 2.0), batch)
    for one, other in zip(updates(Window(3, 4, 2, 3, 0.5, 2.0), batch), plain, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize(("width", "learned"), [(3, True), (2, False)])
def test_parity_is_learned_if_all_bits_are_in_the_window(width: int, learned: bool) -> None:
    task, rng = Parity(3), np.random.default_rng(0)
    learner = Window(1, 4, 1, width, 1.0, 1.0)
    net = learner.start(np.random.default_rng(1))
    learner.train(net, task.sample(rng, 20_000))
    test = task.sample(rng, 200)
    assert task.score(test, learner.predict(net, test))[1].all() == learned


def test_number_of_weights_and_bad_input() -> None:
    learner = Window(3, 4, 2, 5, 1.0, 0.5)
    weights = learner.start(np.random.default_rng(0)).weights
    assert learner.n_weights == weights.w.size + weights.w_k.size == 4 * 16 + 2 * 5
    assert 0.4 < np.abs(weights.w).max() <= 0.5
    with pytest.raises(ValueError, match="window is 0: give at least 1"):
        Window(3, 4, 2, 0, 1.0, 0.5)
