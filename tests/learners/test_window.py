"""The feedforward net with a window of time."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import assert_outputs, assert_same_updates, batch_of, misses_the_gradient

from lstm97.learners import RecurrentTopology, Window, window
from lstm97.tasks import Batch, Parity

INPUTS = RecurrentTopology(3, 1, 2)  # for the sequences' form only


def seen(batch: Batch, width: int, first: int, t: int) -> NDArray[np.float64]:
    """What the net sees at step t of the sequence that begins at `first`: the newest first, 0 before, 1."""
    inputs = np.eye(3)[batch.symbols] if len(batch.symbols) else batch.values
    steps = [inputs[t - d] if t - d >= first else np.zeros(3) for d in range(width)]
    return np.concatenate([*steps, [1.0]])


def forward(learner: Any, batch: Batch, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    outputs = []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        for t in range(first, last):
            hidden = oracle.logistic(w @ seen(batch, learner.window, first, t))
            outputs.append(oracle.logistic(w_k @ np.append(hidden, 1.0)))
    return outputs


def missed(module: Any, one_hot: bool) -> bool:
    return misses_the_gradient(module.Window(3, 4, 2, 3, 1.0, 2.0), batch_of(INPUTS, True, one_hot, (6,)), forward)


@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_and_gradient_are_those_of_the_equations(one_hot: bool) -> None:
    assert_outputs(Window(3, 4, 2, 3, 1.0, 2.0), batch_of(INPUTS, True, one_hot), forward)
    assert not missed(window, one_hot)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("add_hidden_updates", "dw[i, m] += f_prime(y[i]) * e_y[i]", "dw[i, m] += e_y[i]"),
        ("add_hidden_updates", "dw[i, window * n_inputs] += f_prime(y[i]) * e_y[i]", "pass"),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str) -> None:
    assert missed(corrupted(window, function, old, new), one_hot=True)


@pytest.mark.parametrize("one_hot", [False, True])
def test_interpreted_and_compiled_give_the_same_bits(one_hot: bool) -> None:
    plain = uncompiled(window).Window(3, 4, 2, 3, 0.5, 2.0)
    assert_same_updates(Window(3, 4, 2, 3, 0.5, 2.0), plain, batch_of(INPUTS, True, one_hot))


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
