"""A slow second route to recurrent cascade-correlation, from its description; slopes by complex steps.

Nothing here comes from `lstm97.learners`. Weights stand in the same order: inputs, hidden units, the constant 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Example:
    """Inputs of every step, and a target or None for every step."""

    inputs: Sequence[Array]
    targets: Sequence[Array | None]


def logistic(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def hidden(w: Array, inputs: Sequence[Array]) -> list[Array]:
    """Run the hidden units, one after the other; return what they are at every step."""
    seen: list[Array] = [np.asarray(x, dtype=w.dtype) for x in inputs]
    n_inputs = len(inputs[0])
    for i, row in enumerate(w):
        seen = unit(np.append(row[: n_inputs + i + 1], row[-1]), seen)
    return [x[n_inputs:] for x in seen]


def unit(row: Array, seen: Sequence[Array]) -> list[Array]:
    """Run one unit on what it sees (the last weights: to itself, bias); return that with its activation behind."""
    y: Any = 0.0
    found = []
    for x in seen:
        y = logistic(row[:-2] @ x + row[-2] * y + row[-1]) - 0.5
        found.append(np.append(x, y))
    return found


def outputs(w: Array, w_k: Array, inputs: Sequence[Array]) -> list[Array]:
    return [logistic(w_k @ np.concatenate([x, y, [1.0]])) for x, y in zip(inputs, hidden(w, inputs), strict=True)]


def outputs_of(w: Array, w_k: Array, sequences: Sequence[Example]) -> Array:
    """Outputs where there is a target."""
    return np.array(
        [
            y
            for one in sequences
            for y, d in zip(outputs(w, w_k, one.inputs), one.targets, strict=True)
            if d is not None
        ]
    )


def targets_of(sequences: Sequence[Example]) -> Array:
    return np.array([d for one in sequences for d in one.targets if d is not None])


def slopes(of: Callable[[Array], Any], w: Array, step: float = 1e-30) -> Array:
    """Differentiate a function of weights by each of them."""
    found = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        moved = w.astype(complex)
        moved[place] += 1j * step
        found[place] = np.imag(of(moved)) / step
    return found


def normalised(y: Array, difference: Array, offset: float) -> Array:
    """What candidates are to go along with: errors less their means, in units of their squares' sum."""
    e = difference * (y * (1.0 - y) + offset)
    return np.asarray((e - e.mean(axis=0)) / (e * e).sum())


def covariances(row: Array, w: Array, sequences: Sequence[Example], r: Array) -> Array:
    """Of one candidate's activation, where there is a target, with the normalised errors."""
    v = []
    for one in sequences:
        seen = [np.concatenate([x, y]) for x, y in zip(one.inputs, hidden(w, one.inputs), strict=True)]
        v += [x[-1] for x, d in zip(unit(row, seen), one.targets, strict=True) if d is not None]
    return np.asarray(np.array(v) @ r)


def quickprop(slope: float, before: float, step: float, epsilon: float, mu: float) -> float:
    """Fahlman's rule, one weight at a time, told case by case; returns the next step."""
    if step == 0.0:
        return -epsilon * slope
    if step < 0.0:  # by symmetry
        return -quickprop(-slope, -before, -step, epsilon, mu)
    downhill = -epsilon * slope if slope < 0.0 else 0.0
    if before < slope:  # a parabola that has a lowest point, which lies behind if the slope is positive
        to_the_lowest_point = step * slope / (before - slope)
        if to_the_lowest_point < mu * step:
            return downhill + to_the_lowest_point
    return downhill + mu * step


@dataclass
class Pace:
    """As in the learner."""

    epsilon: float
    change: float
    patience: int


@dataclass
class Net:
    """A net under training."""

    w: Array
    w_k: Array
    rng: np.random.Generator
    history: list[str] = field(default_factory=list)


def stagnant(values: list[float], pace: Pace, most: int, waits: bool) -> bool:
    """Tell from a phase's errors or scores whether it ends here; some wait for a first change."""
    changed, reference = most if waits else 0, values[0]
    for n, value in enumerate(values[1:], start=2):
        if abs(value - reference) > pace.change * reference:
            changed, reference = n, value
    return len(values) >= min(most, changed + pace.patience)


def move(w: Array, slope: Array, memory: list[Array], epsilon: float, mu: float) -> None:
    """Take a step of quickprop with all weights; `memory` is steps and slopes of the last."""
    for place in np.ndindex(w.shape):
        memory[0][place] = quickprop(
            float(slope[place]), float(memory[1][place]), float(memory[0][place]), epsilon, mu
        )
        memory[1][place] = slope[place]
    w += memory[0]


def output_slopes(net: Net, sequences: Sequence[Example], offset: float) -> Array:
    """Of half the sum of squares, with what the offset adds to the outputs' derivatives."""
    y = outputs_of(net.w, net.w_k, sequences)
    factor = (y - targets_of(sequences)) * (y * (1.0 - y) + offset) / (y * (1.0 - y))
    return slopes(lambda w_k: (factor * outputs_of(net.w, w_k, sequences)).sum(), net.w_k)


def candidate_slopes(row: Array, net: Net, sequences: Sequence[Example], r: Array, known: Array) -> Array:
    """Of one candidate's negative score, with the signs of covariances that are known."""
    signs = np.where(known < 0.0, -1.0, 1.0)
    return slopes(lambda weights: -(signs * covariances(weights, net.w, sequences, r)).sum(), row)


def train(
    net: Net,
    sequences: Sequence[Example],
    n_epochs: int,
    n_candidates: int,
    paces: tuple[Pace, Pace],
    most: int,
    mu: float,
    offset: float,
    weight_range: float,
) -> None:
    """Train for a number of epochs, phase by phase, as the description tells."""
    n_inputs = len(sequences[0].inputs[0])
    memory = [np.zeros_like(net.w_k), np.zeros_like(net.w_k)]
    for_outputs, for_candidates = paces
    left = n_epochs
    while True:
        values: list[float] = []
        while not values or not stagnant(values, for_outputs, most, waits=False):
            if left == 0:
                return
            left -= 1
            y = outputs_of(net.w, net.w_k, sequences)
            values.append(float(((y - targets_of(sequences)) ** 2).sum()))
            move(net.w_k, output_slopes(net, sequences, offset), memory, for_outputs.epsilon / len(y), mu)
        net.history.append(f"outputs {len(values)}")

        n_units = n_inputs + len(net.w) + 1
        pool = net.rng.uniform(-weight_range, weight_range, (n_candidates, n_units + 1))
        pool_memory = [np.zeros_like(pool), np.zeros_like(pool)]
        y = outputs_of(net.w, net.w_k, sequences)
        r = normalised(y, y - targets_of(sequences), offset)
        known: list[Array] = []
        values = []
        while not values or not stagnant(values, for_candidates, most, waits=True):
            if left == 0:
                return
            left -= 1
            now = [covariances(row, net.w, sequences, r) for row in pool]
            if known:
                slope = [candidate_slopes(row, net, sequences, r, c) for row, c in zip(pool, known, strict=True)]
                move(pool, np.array(slope), pool_memory, for_candidates.epsilon / (len(r) * n_units), mu)
                values.append(max(float(np.abs(one).sum()) for one in now))
            known = now
        net.history.append(f"candidates {len(values)}")
        best = int(np.argmax([np.abs(one).sum() for one in known]))
        column = n_inputs + len(net.w)
        net.w = np.concatenate([np.insert(net.w, column, 0.0, axis=1), pool[best : best + 1]])
        net.w_k = np.insert(net.w_k, column, -known[best], axis=1)
        memory = [np.insert(one, column, 0.0, axis=1) for one in memory]
