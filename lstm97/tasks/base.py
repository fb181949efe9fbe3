"""What every task gives and every learner takes: a ragged batch of sequences."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Batch:
    """Sequences of various lengths, one after the other, with their targets.

    Attributes
    ----------
    symbols : (n_steps,) int64, or (0,)
        The input unit that is 1 at every step, if the task's inputs are one-hot.
    values : (n_steps, n_inputs) float64, or (n_steps, 0)
        Input activations at every step, if they are not.
    offsets : (n + 1,) int64
        Sequence i holds the steps ``offsets[i]`` to ``offsets[i + 1] - 1``.
    targets : (n, n_outputs) or (n_steps, n_outputs) float64
        One row per sequence, or one per step.
    every_step : bool
        Whether there is an error signal at every step, or at the sequences' ends only.
    expected : float64, or None
        What the outputs are judged by, where that is not the targets: an array of the shape of `targets`, or
        (n, n_outputs) if outputs are judged at the sequences' ends only. It plays no part in learning.
    """

    symbols: NDArray[np.int64]
    values: NDArray[np.float64]
    offsets: NDArray[np.int64]
    targets: NDArray[np.float64]
    every_step: bool = False
    expected: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_steps(self) -> int:
        """Number of time steps of all sequences together."""
        return int(self.offsets[-1])

    def first(self, n: int) -> "Batch":
        """Take the first `n` sequences.

        Parameters
        ----------
        n : int

        Returns
        -------
        Batch
            Views, no copies.
        """
        return self._part(slice(int(self.offsets[n])), slice(n), self.offsets[: n + 1])

    def take(self, indices: NDArray[np.int64]) -> "Batch":
        """Pick sequences, in the order of their indices.

        Parameters
        ----------
        indices : (k,) int64
            The same sequence may come several times.

        Returns
        -------
        Batch
            Copies.
        """
        lengths = np.diff(self.offsets)[indices]
        offsets = offsets_of(lengths)
        steps = np.repeat(self.offsets[indices] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return self._part(steps, indices, offsets)

    def _part(self, steps: Any, sequences: Any, offsets: NDArray[np.int64]) -> "Batch":
        expected = self.expected
        if expected is not None:
            expected = expected[sequences if len(expected) == len(self) else steps]
        return Batch(
            self.symbols[steps] if len(self.symbols) else self.symbols,
            self.values[steps],
            offsets,
            self.targets[steps if self.every_step else sequences],
            self.every_step,
            expected,
        )


class Task(Protocol):
    """What a task has to offer. A task knows nothing of networks."""

    @property
    def n_inputs(self) -> int:
        """Number of input units."""

    @property
    def n_outputs(self) -> int:
        """Number of output units."""

    @property
    def tolerance(self) -> float:
        """Bound on the absolute error of every output unit of a correctly processed sequence."""

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Parameters
        ----------
        rng : numpy.random.Generator
        n : int

        Returns
        -------
        Batch
        """


def random_lengths(rng: np.random.Generator, T: int, n: int) -> NDArray[np.int64]:
    """Draw sequence lengths between T and T + T/10, both included.

    Paper: Sec. 5.3, 5.4, 5.5.

    Parameters
    ----------
    rng : numpy.random.Generator
    T : int
        Minimal sequence length.
    n : int

    Returns
    -------
    (n,) int64
    """
    return rng.integers(T, T + T // 10, size=n, endpoint=True)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn sequence lengths into the offsets of their first steps.

    Parameters
    ----------
    lengths : (n,) int64

    Returns
    -------
    (n + 1,) int64
    """
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def one_hot(indices: NDArray[np.int64], n_units: int) -> NDArray[np.float64]:
    """Write indices as rows in which that unit is 1 and all others are 0.

    Paper: Sec. 5.1, 5.2, 5.6, local representation.

    Parameters
    ----------
    indices : (n,) int64
    n_units : int

    Returns
    -------
    (n, n_units) float64
    """
    rows = np.zeros((len(indices), n_units))
    rows[np.arange(len(indices)), indices] = 1.0
    return rows
