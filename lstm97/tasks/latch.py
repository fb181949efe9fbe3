"""The latch problem, which the paper calls very similar to Task 3a."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstm97.checks import whole
from lstm97.tasks.base import MOST_STEPS, Batch, Task, normal, offsets_of
from lstm97.tasks.two_sequence import INPUT_VARIANCE


@dataclass(frozen=True)
class Latch(Task):
    """Keep the sign of a sequence's first element, against noise.

    There is one input line. The first element is 1 for class 1 and -1 for class 2; all others are normally
    distributed with mean 0 and variance 0.2. The target at the sequence's end is 1 or 0.

    Paper: Sec. 2, Bengio et al.'s approaches. The paper doesn't define the problem. Lengths from 500 to 600 and the
    noise are those of Hochreiter and Schmidhuber (1996); Bengio et al. (1994) have the first inputs learned, here
    they are given. Targets are 1 and 0 instead of 1 and -1, for logistic units. The paper gives no tolerance; 0.1 is
    that of parity.

    Parameters
    ----------
    T : int
        Least length.
    longest : int or None
        Largest length; None for `T`.

    Raises
    ------
    ValueError
        If T is below 2, or `longest` below T.

    Examples
    --------
    >>> batch = Latch(T=3).sample(np.random.default_rng(1), 2)
    >>> batch.values[batch.offsets[:-1], 0].tolist(), batch.targets[:, 0].tolist()
    ([-1.0, 1.0], [0.0, 1.0])
    """

    T: int
    longest: int | None = None

    name = "latch"
    defaults: ClassVar[Mapping[str, Any]] = {"T": 500, "longest": 600}
    right_is_enough = True
    n_inputs = 1
    n_outputs = 1
    tolerance = 0.1

    @property
    def like(self) -> str:
        """Task 3a, of one input line and two classes as well: see `lstm97.tasks.base.Task.like`."""
        return "table4/T100-N3"

    def __post_init__(self) -> None:
        whole("T", self.T, 2, MOST_STEPS, ", so that there is something to keep a sign over")
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
        """Fewest steps from the first element to the error signal."""
        return self.T - 1

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Dense inputs, one target per sequence.
        """
        offsets = offsets_of(rng.integers(self.T, self.longest or self.T, size=n, endpoint=True))
        is_class_1 = rng.integers(0, 2, size=n)
        values = np.empty((int(offsets[-1]), 1))
        normal(rng, 0.0, np.sqrt(INPUT_VARIANCE), values[:, 0])
        values[offsets[:-1], 0] = 2.0 * is_class_1 - 1.0
        return Batch(np.zeros(0, dtype=np.int64), values, offsets, is_class_1[:, np.newaxis].astype(np.float64))
