"""Elman's simple recurrent network and his training procedure."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import plain_reber
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import assert_same_updates, batch_of, difference, inputs_of, targets_of, updates

from lstm97.learners import Elman, RecurrentTopology, elman
from lstm97.tasks import Batch
from lstm97.tasks.reber import predicted

NET = RecurrentTopology(3, 4, 2, biased=True)


def misses_the_gradient(learner: Any, batch: Batch) -> bool:
    """Compare with the derivative by a step's weights alone: the activations of the step before are constants."""
    net = dataclasses.replace(learner, alpha=0.0).start(np.random.default_rng(8)).weights
    inputs, targets = inputs_of(NET, batch), targets_of(batch)
    found = oracle.gradient(NET, net.w, net.w_k, inputs, targets, k=1, initial_y=0.5)
    alpha = learner.alpha
    changed = updates(learner, batch)
    return difference((changed[0] / alpha, changed[1] / alpha), (-found[0], -found[1])) > 1e-6


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
def test_an_error_goes_back_no_step(one_hot: bool, every_step: bool) -> None:
    """Weights change at every error, so the sum over the steps is the gradient for a small learning rate."""
    assert not misses_the_gradient(Elman(NET, 1e-8, 2.0), batch_of(NET, every_step, one_hot, (6,)))


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("present", "f_prime(y[i])", "f_prime(y_before[i])"),
        ("present", "add_layer_updates(..., y_before, w)", "add_layer_updates(..., y, w)"),
        ("present", "wiring.initial_y", "0.0"),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str) -> None:
    module = corrupted(elman, function, old, new)
    assert misses_the_gradient(module.Elman(NET, 1e-8, 2.0), batch_of(NET, True, True, (6,)))


def test_interpreted_and_compiled_give_the_same_bits() -> None:
    for one_hot in (False, True):
        plain = uncompiled(elman).Elman(NET, 0.5, 2.0)
        assert_same_updates(Elman(NET, 0.5, 2.0), plain, batch_of(NET, True, one_hot))


def test_weights_change_at_every_step() -> None:
    batch = batch_of(NET, True, True, (6,))
    learner = Elman(NET, 0.5, 2.0)
    net = learner.start(np.random.default_rng(8))
    before = learner.predict(net, batch)
    outputs = learner.train(net, batch)
    assert_array_equal(outputs[0], before[0])  # before learning from it
    assert not np.array_equal(outputs[1], before[1])


def legal_shown(learner: Elman) -> float:
    """Train on plain Reber strings; at which share of the steps of others are the legal symbols the most active?"""
    rng = np.random.default_rng(0)
    (train, _), (test, legal) = plain_reber.draw(rng, 1000), plain_reber.draw(rng, 200)
    net = learner.start(np.random.default_rng(1))
    for _ in range(4):
        learner.train(net, train)
    return float(predicted(legal, learner.predict(net, test)).mean())


def test_the_plain_reber_grammar_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Cleeremans et al. (1989) report; not by a net whose context tells nothing."""
    learner = Elman(RecurrentTopology(7, 15, 7), 0.2, 0.5)
    assert legal_shown(learner) == 1.0
    forgetful = corrupted(elman, "present", "net_inputs(...)", "y[:] = 0.5\nnet_inputs(...)")
    rng = np.random.default_rng(0)
    batch, legal = plain_reber.draw(rng, 100)
    one = forgetful.Elman(RecurrentTopology(7, 5, 7), 0.2, 0.5)
    net = one.start(rng)
    outputs = np.concatenate([one.train(net, batch) for _ in range(3)])[-len(legal) :]
    assert predicted(legal, outputs).mean() < 0.9


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="let fully_recurrent be false"):
        Elman(RecurrentTopology(3, 4, 2, fully_recurrent=True), 0.5, 0.2)
