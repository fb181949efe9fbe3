"""Second-order nets."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from oracles import recurrent as oracle
from oracles import tomita
from support.corruption import corrupted, uncompiled
from support.recurrent import (
    assert_outputs,
    assert_same_updates,
    batch_of,
    inputs_of,
    misses_the_gradient,
)

from lstm97.learners import RecurrentTopology, SecondOrder, Window, second_order
from lstm97.tasks import Batch

NETS = {
    "output layer": RecurrentTopology(3, 2, 2, outputs_see_inputs=True, biased=True),
    "fully recurrent": RecurrentTopology(3, 2, 1, fully_recurrent=True),
}
each = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())


def forward(learner: Any, batch: Batch, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    net, outputs, inputs = learner.topology, [], inputs_of(learner.topology, batch)
    w_ikj = w.reshape(net.n_units, net.n_inputs + 1, net.n_units + 1)
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        y = np.zeros(net.n_units)
        for x in inputs[first:last]:
            y = oracle.logistic(np.einsum("ikj,k,j->i", w_ikj, np.append(x, 1.0), np.append(y, 1.0)))
            if net.fully_recurrent:
                outputs.append(y[net.n_hidden :])
            else:
                outputs.append(oracle.logistic(w_k @ np.concatenate([x, y, [1.0]])))
    return outputs


def missed(module: ModuleType, net: RecurrentTopology, every_step: bool = True, one_hot: bool = True) -> bool:
    batch = batch_of(net, every_step, one_hot, (6,))
    return misses_the_gradient(module.SecondOrder(net, 1.0, 2.0), batch, forward)


@each
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
def test_gradient_is_that_of_the_equations(net: RecurrentTopology, one_hot: bool, every_step: bool) -> None:
    assert not missed(second_order, net, every_step, one_hot)


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_are_those_of_the_equations(net: RecurrentTopology, one_hot: bool) -> None:
    assert_outputs(SecondOrder(net, 1.0, 2.0), batch_of(net, True, one_hot), forward)


@each
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("propagate_back", "w[i, column + j] * theta[i] * x_k", "w[i, column + j] * theta[i]"),
        ("propagate_back", "y_at[t - first, j]", "y_at[t - first + 1, j]"),
        ("propagate_back", "dw[i, column + n_units] += theta[i] * x_k", "pass"),
        ("propagate_back", "e_y_at[t - first, j] + e_y[j]", "e_y_at[t - first, j]"),
    ],
)
def test_a_wrong_term_is_seen(net: RecurrentTopology, one_hot: bool, function: str, old: str, new: str) -> None:
    assert missed(corrupted(second_order, function, old, new), net, one_hot=one_hot) != (
        one_hot and new.endswith("* theta[i]")  # there, what is multiplied by an input is multiplied by 1
    )


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_interpreted_and_compiled_give_the_same_bits(net: RecurrentTopology, one_hot: bool) -> None:
    plain = uncompiled(second_order).SecondOrder(net, 0.5, 2.0)
    assert_same_updates(SecondOrder(net, 0.5, 2.0), plain, batch_of(net, True, one_hot))


@pytest.mark.parametrize("language", tomita.LANGUAGES)
def test_finite_state_languages_are_learned(language: str) -> None:
    """Watrous and Kuhn (1992) report Tomita's; and not by a net that sees the last symbol only."""
    rng = np.random.default_rng(0)
    train, test = tomita.draw(language, rng, 24_000), tomita.draw(language, rng, 500)
    right = []
    learners: list[Any] = [
        SecondOrder(RecurrentTopology(2, 3, 1, biased=True), 0.2, 1.0),
        Window(2, 3, 1, window=1, alpha=0.2, weight_range=1.0),
    ]
    for learner in learners:
        net = learner.start(np.random.default_rng(1))
        learner.train(net, train)
        right.append((np.abs(learner.predict(net, test) - test.targets) < 0.5).mean())
    assert right[0] > 0.95
    assert right[1] < 0.9


def test_number_of_weights() -> None:
    learner = SecondOrder(RecurrentTopology(5, 3, 2, fully_recurrent=True), 1.0, 0.5)
    weights = learner.start(np.random.default_rng(0)).weights
    assert learner.n_weights == weights.w.size + weights.w_k.size == 5 * 6 * 6
    assert 0.4 < np.abs(weights.w).max() <= 0.5
