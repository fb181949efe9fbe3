"""Experiment 2, Task 2c: very long time lags among many distractor symbols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstm97.checks import whole
from lstm97.tasks.base import MOST_STEPS, Batch, Task, offsets_of, one_hot


@dataclass(frozen=True)
class Distractors(Task):
    """Remember the second symbol until the trigger symbol e asks for it.

    A sequence is b, then x or y, then q distractor symbols. Further distractors follow, each with probability 9/10,
    until an e comes instead. The last symbol repeats the second one: it is the target and never an input. The
    distractors are drawn uniformly from ``a_1, ..., a_p``.

    Paper: Sec. 5.2, Task 2c; Table 3. A sequence has at least q + 4 symbols, the last one included, and q + 13 on
    average: the series that the paper prints sums to that, and not to the printed q + 14. The sets of sequences let
    the distractors' indices run to q; only p agrees with the alphabet.

    Parameters
    ----------
    q : int
        Least number of distractors in a sequence; the minimal time lag is q + 1.
    p : int
        Number of distractor symbols.

    Raises
    ------
    ValueError
        If q is negative, or p below 1.

    Examples
    --------
    >>> task = Distractors(q=3, p=2)
    >>> batch = task.sample(np.random.default_rng(25), 1)
    >>> [task.symbols[s] for s in batch.symbols], batch.targets.tolist()
    (['b', 'y', 'a_1', 'a_2', 'a_1', 'e'], [[0.0, 1.0]])
    """

    q: int
    p: int

    name = "distractors"
    defaults: ClassVar[Mapping[str, Any]] = {"q": 50, "p": 50}
    n_outputs = 2
    tolerance = 0.2

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return "table3/q50-p50"

    def __post_init__(self) -> None:
        whole("q", self.q, 0, MOST_STEPS)
        whole("p", self.p, 1, MOST_STEPS)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the input units."""
        return (*(f"a_{i}" for i in range(1, self.p + 1)), "e", "b", "x", "y")

    @property
    def n_inputs(self) -> int:
        """Number of symbols, one input unit each."""
        return self.p + 4

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence; the last of its q + 4 symbols is a target only."""
        return self.q + 3

    @property
    def minimal_lag(self) -> int:
        """Fewest steps from x or y to the trigger e, where the last symbol has to be predicted."""
        return self.q + 1

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Symbols, one target per sequence: output unit 0 stands for x, unit 1 for y.
        """
        e, b, x = self.p, self.p + 1, self.p + 2
        is_y = rng.integers(0, 2, size=n)
        n_distractors = self.q + rng.geometric(0.1, size=n) - 1
        offsets = offsets_of(n_distractors + 3)  # b, x or y, e
        symbols = rng.integers(0, self.p, size=int(offsets[-1]))
        starts = offsets[:-1]
        symbols[starts] = b
        symbols[starts + 1] = x + is_y
        symbols[offsets[1:] - 1] = e
        return Batch(symbols, np.zeros((len(symbols), 0)), offsets, one_hot(is_y, 2))


def expected_length(q: int, more: float = 0.9, n_terms: int = 10_000) -> float:
    r"""Sum the series that the paper prints for the expected number of symbols of a sequence.

    Paper: Sec. 5.2, Task 2c, which gives q + 14 for it. The sum is q + 13: the mean of k is 9, not 10.

    .. math:: 4 + \sum_{k=0}^{\infty} \tfrac{1}{10} \left(\tfrac{9}{10}\right)^k (q + k)

    Parameters
    ----------
    more : float
        Probability of one more distractor, 9/10 in the paper.
    n_terms : int
        After how many terms the series is cut.
    """
    k = np.arange(n_terms)
    return float(4.0 + ((1.0 - more) * more**k * (q + k)).sum())


def expected_occurrences(q: int, p: int) -> float:
    """Compute how often one distractor symbol occurs in a sequence on average.

    Paper: Sec. 5.2, Task 2c, which gives (q + 10)/p; with the series' true value it is (q + 9)/p.
    """
    return (expected_length(q) - 4.0) / p
