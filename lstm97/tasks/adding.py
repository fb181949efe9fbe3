"""Experiment 4, the adding problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lstm97.tasks.marked_pairs import MarkedPairs


@dataclass(frozen=True)
class Adding(MarkedPairs):
    """Remember two marked real numbers, and add them at the sequence's end.

    Every element is a pair: a value drawn uniformly from [-1, 1] and a marker. The first mark falls on one of the
    first ten pairs, the second on one of the first T/2 - 1 pairs that are still unmarked. Marked pairs carry 1, the
    first and the last pair -1, all others 0. The target is 0.5 + (X1 + X2) / 4. If the first pair gets marked, its
    X counts as 0.

    Paper: Sec. 5.4.

    Parameters
    ----------
    T : int
        Minimal sequence length; lengths are drawn between T and T + T/10. The minimal time lag is T/2.
    second_mark, first_pair : str
        See `lstm97.net.reading.Reading`.

    Raises
    ------
    ValueError
        If T is below 22: the first T/2 - 1 pairs would not hold the first ten.

    Examples
    --------
    >>> batch = Adding(T=100).sample(np.random.default_rng(0), 1)
    >>> marked = batch.values[batch.values[:, 1] == 1.0, 0]
    >>> bool(np.isclose(batch.targets[0, 0], 0.5 + marked.sum() / 4))
    True
    """

    name = "adding"
    defaults: ClassVar[Mapping[str, Any]] = {"T": 100}
    low = -1.0
    neutral = 0.0

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return "table7/T100"

    def combine(self, x_1: NDArray[np.float64], x_2: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale the sum to the interval [0, 1]: see `lstm97.tasks.marked_pairs.MarkedPairs.combine`."""
        return 0.5 + (x_1 + x_2) / 4.0
