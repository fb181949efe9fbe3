"""Sequences of pairs, two of them marked: what Experiments 4 and 5 share."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import whole
from lstm97.net.reading import check_choices
from lstm97.tasks.base import MOST_STEPS, Batch, Task, offsets_of, random_lengths, uniform


@dataclass(frozen=True)
class MarkedPairs(Task):
    """Remember two marked real numbers, and combine them at the sequence's end.

    Every element is a pair: a value drawn uniformly from [low, 1] and a marker. The first mark falls on one of the
    first ten pairs, the second on one of the first T/2 - 1 pairs that are still unmarked. Marked pairs carry 1, the
    first and the last pair -1, all others 0. If the first pair gets marked, its X counts as `neutral`.

    Paper: Sec. 5.4, 5.5.

    Parameters
    ----------
    T : int
        Minimal sequence length; lengths are drawn between T and T + T/10. The minimal time lag is T/2.
    second_mark, first_pair : str
        See `lstm97.net.reading.Reading`.

    Raises
    ------
    ValueError
        If T is below 22: the first T/2 - 1 pairs would not hold the first ten. If a choice is none of the reading's.
    """

    T: int
    second_mark: str = "unmarked"
    first_pair: str = "set input"

    n_inputs = 2
    n_outputs = 1
    tolerance = 0.04

    reads: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "second_mark": ("unmarked", "position"),
        "first_pair": ("set input", "keep marker", "ignore value"),
    }
    low: ClassVar[float]
    neutral: ClassVar[float]

    def __post_init__(self) -> None:
        whole("T", self.T, 22, MOST_STEPS, ", so that T/2 - 1 pairs hold the first ten")
        check_choices(self.reads, self)

    @abstractmethod
    def combine(self, x_1: NDArray[np.float64], x_2: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute the targets from the marked values.

        Parameters
        ----------
        x_1, x_2 : (n,) float64

        Returns
        -------
        (n,) float64
        """

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence."""
        return self.T

    @property
    def minimal_lag(self) -> int:
        """Fewest steps between the last marked pair and the error signal (Table 7, column 2)."""
        return self.T // 2

    @staticmethod
    def last_mark(batch: Batch) -> NDArray[np.int64]:
        """Find the step of each sequence's second marked pair.

        Returns
        -------
        (n,) int64
            Counted from 1.
        """
        ends = zip(batch.offsets[:-1], batch.offsets[1:], strict=True)
        return np.array([np.flatnonzero(batch.values[a:b, 1] == 1.0)[-1] + 1 for a, b in ends])

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Dense inputs, one target per sequence.
        """
        lengths = random_lengths(rng, self.T, n)
        offsets = offsets_of(lengths)
        first = rng.integers(0, 10, size=n)
        if self.second_mark == "unmarked":
            # The T/2 - 1 candidates are the first T/2 pairs without the marked one: skip over it.
            second = rng.integers(0, self.T // 2 - 1, size=n)
        else:
            second = rng.integers(0, self.T // 2 - 2, size=n)
        second += second >= first
        values = np.zeros((int(offsets[-1]), 2))
        uniform(rng, self.low, 1.0, values[:, 0])
        starts = offsets[:-1]
        x = np.stack([values[starts + first, 0], values[starts + second, 0]])
        values[starts + first, 1] = 1.0
        values[starts + second, 1] = 1.0
        values[offsets[1:] - 1, 1] = -1.0

        at_first = np.stack([first, second]) == 0
        x[at_first] = self.neutral
        opens = at_first.any(axis=0)  # sequences whose first pair is marked
        if self.first_pair != "ignore value":
            values[starts[opens], 0] = self.neutral
        values[starts[~opens], 1] = -1.0
        if self.first_pair == "keep marker":
            values[starts[opens], 1] = -1.0
        targets = self.combine(x[0], x[1])
        return Batch(np.zeros(0, dtype=np.int64), values, offsets, targets[:, np.newaxis])
