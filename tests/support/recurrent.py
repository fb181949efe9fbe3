"""Batches for conventional recurrent nets, what training changes, and whether that is what equations say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from oracles import recurrent as oracle

from lstm97.learners import RecurrentTopology
from lstm97.tasks import Batch
from lstm97.tasks.base import offsets_of

Updates = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Computes the outputs of every step of a batch's sequences from the equations: of learner, batch, w and w_k.
Forward = Callable[[Any, Batch, Any, Any], list[Any]]


def batch_of(net: RecurrentTopology, every_step: bool, one_hot: bool, lengths: tuple[int, ...] = (5, 7)) -> Batch:
    rng, n_steps = np.random.default_rng(3), sum(lengths)
    symbols = rng.integers(net.n_inputs, size=n_steps if one_hot else 0)
    values = rng.uniform(-1, 1, (n_steps, 0 if one_hot else net.n_inputs))
    targets = rng.uniform(0, 1, (n_steps if every_step else len(lengths), net.n_outputs))
    return Batch(symbols, values, offsets_of(np.array(lengths)), targets, every_step)


def inputs_of(net: RecurrentTopology, batch: Batch) -> list[NDArray[np.float64]]:
    return list(np.eye(net.n_inputs)[batch.symbols] if len(batch.symbols) else batch.values)


def targets_of(batch: Batch) -> list[Any]:
    """Of the batch's one sequence, a target or None for every step."""
    return list(batch.targets) if batch.every_step else [None] * (batch.n_steps - 1) + [batch.targets[0]]


def updates(learner: Any, batch: Batch) -> Updates:
    """Train on the batch's sequences, and return how much the weights into layer and outputs have changed."""
    net = learner.start(np.random.default_rng(8))
    before = learner.copy(net).weights
    learner.train(net, batch)
    return net.weights.w - before.w, net.weights.w_k - before.w_k


def difference(one: Updates, other: Updates) -> float:
    """Compare two sets of updates, relative to the largest of the second."""
    scale = max(np.abs(part).max(initial=0.0) for part in other)
    assert scale > 1e-4
    return max(float(np.abs(a - b).max(initial=0.0)) for a, b in zip(one, other, strict=True)) / scale


def misses_the_gradient(learner: Any, batch: Batch, forward: Forward) -> bool:
    """Whether a learner with alpha = 1 learns something else from one sequence than the gradient of its equations."""
    weights = learner.start(np.random.default_rng(8)).weights
    found = oracle.complex_steps(
        weights.w, weights.w_k, lambda w, w_k: oracle.error(forward(learner, batch, w, w_k), targets_of(batch))
    )
    return difference(updates(learner, batch), (-found[0], -found[1])) > 1e-12


def assert_outputs(learner: Any, batch: Batch, forward: Forward) -> None:
    """Assert that outputs of two sequences, with targets at every step, are those of the equations; at ends, too."""
    net = learner.start(np.random.default_rng(8))
    outputs = learner.predict(net, batch)
    assert outputs == pytest.approx(np.array(forward(learner, batch, net.weights.w, net.weights.w_k)), abs=1e-14)
    at_end = Batch(batch.symbols, batch.values, batch.offsets, batch.targets[:2])
    assert_array_equal(learner.predict(net, at_end), outputs[batch.offsets[1:] - 1])


def assert_same_updates(one: Any, other: Any, batch: Batch) -> None:
    """Assert that two learners, such as a compiled and a plain one, change weights by the same bits."""
    for a, b in zip(updates(one, batch), updates(other, batch), strict=True):
        assert_array_equal(a, b)
