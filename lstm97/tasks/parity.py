"""Parity of a sequence of bits, which the paper mentions as a task that guessing solves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstm97.checks import whole
from lstm97.tasks.base import MOST_STEPS, Batch, Task, offsets_of


@dataclass(frozen=True)
class Parity(Task):
    """Tell at the end of a sequence of bits whether the number of ones is odd.

    A bit is 1 or -1 on the one input line, each with probability 1/2. The target is 1 if the number of ones is odd,
    else 0.

    Paper: Sec. 5, introduction, the "parity problem" of Bengio and Frasconi (1994); Sec. 6, the 500-step parity
    problem. The paper gives no tolerance; 0.1 and lengths from 500 to 600 are those of Hochreiter and Schmidhuber
    (1996).

    Parameters
    ----------
    T : int
        Least number of bits.
    longest : int or None
        Largest number of bits; None for `T`.

    Raises
    ------
    ValueError
        If T is below 1, or `longest` below T.

    Examples
    --------
    >>> batch = Parity(T=4).sample(np.random.default_rng(0), 1)
    >>> batch.values[:, 0].tolist(), batch.targets.tolist()
    ([1.0, 1.0, 1.0, -1.0], [[1.0]])
    """

    T: int
    longest: int | None = None

    name = "parity"
    defaults: ClassVar[Mapping[str, Any]] = {"T": 500}
    right_is_enough = True
    n_inputs = 1
    n_outputs = 1
    tolerance = 0.1

    @property
    def like(self) -> str:
        """Task 3a, of one input line and two classes as well: see `lstm97.tasks.base.Task.like`."""
        return "table4/T100-N3"

    def __post_init__(self) -> None:
        whole("T", self.T, 1, MOST_STEPS)
        if self.longest is not None:
            whole("longest", self.longest, 1, MOST_STEPS)
            if self.longest < self.T:
                raise ValueError(f"longest is {self.longest}: give at least T, which is {self.T}")

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence."""
        return self.T

    @property
    def minimal_lag(self) -> int:
        """Fewest steps from the last input that matters to the error signal: all of them matter."""
        return 0

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Dense inputs, one target per sequence.
        """
        lengths = rng.integers(self.T, self.longest or self.T, size=n, endpoint=True)
        offsets = offsets_of(lengths)
        ones = rng.integers(0, 2, size=int(offsets[-1]))
        values = np.where(ones == 1, 1.0, -1.0)[:, np.newaxis]
        targets = np.zeros((n, 1))
        if n:
            targets[:, 0] = np.add.reduceat(ones, offsets[:-1]) % 2
        return Batch(np.zeros(0, dtype=np.int64), values, offsets, targets)
