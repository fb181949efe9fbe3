"""Experiment 5, the multiplication problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lstm97.tasks.marked_pairs import MarkedPairs


@dataclass(frozen=True)
class Multiplication(MarkedPairs):
    """Remember two marked real numbers, and multiply them at the sequence's end.

    As `lstm97.tasks.adding.Adding`, except that values are drawn uniformly from [0, 1], that the target is the
    product X1 X2, and that the X of a marked first pair counts as 1.

    Paper: Sec. 5.5.

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
    >>> batch = Multiplication(T=100).sample(np.random.default_rng(0), 1)
    >>> marked = batch.values[batch.values[:, 1] == 1.0, 0]
    >>> bool(np.isclose(batch.targets[0, 0], marked.prod()))
    True
    """

    name = "multiplication"
    defaults: ClassVar[Mapping[str, Any]] = {"T": 100}
    low = 0.0
    neutral = 1.0

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return "table8/T100"

    def combine(self, x_1: NDArray[np.float64], x_2: NDArray[np.float64]) -> NDArray[np.float64]:
        """Multiply: see `lstm97.tasks.marked_pairs.MarkedPairs.combine`."""
        return x_1 * x_2
