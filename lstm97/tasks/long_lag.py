"""Experiment 2, Tasks 2a and 2b: predict every next symbol, the last one from the first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import choice, real, whole
from lstm97.tasks.base import Batch, Task, offsets_of, one_hot

VARIANTS = ("2a", "2b")
#: Every step has a target for each of p + 1 symbols: a sequence takes memory in proportion to p squared.
MOST_SYMBOLS = 1_000
#: Numbers in the targets of a part of a test set: 4 MB.
MOST_TARGETS = 500_000


@dataclass(frozen=True)
class LongLag(Task):
    """Predict the next symbol at every step; the last symbol is the first one again.

    A sequence has p + 1 symbols: x or y, p - 1 inner symbols, and the first symbol once more. The net reads the
    first p. The inner symbols are ``a_1, ..., a_{p-1}`` in this order in Task 2a; in Task 2b each of them is drawn
    uniformly from the same symbols. Task 2a judges the errors of every step, Task 2b those of the last step only:
    there the batch's ``expected`` has one row per sequence.

    `noise` leads from Task 2a to Task 2b. Sec. 5.2 does not have it: it is there to test what Sec. 2 says of
    chunkers, that they get worse as sequences get noisier. With any noise, not every inner symbol can be predicted,
    so only the last step is judged. The last inner symbol is never replaced: were it, nothing but counting could tell
    that the end has come, and no net would always be right. So a noise of 1 gives Task 2b with a mark at the end.

    Paper: Sec. 5.2, Tasks 2a and 2b; Table 2. (Table 11 judges Task 2a at the sequence's end too: we take the text.)

    Parameters
    ----------
    p : int
        The time lag: number of symbols that the net reads.
    variant : {"2a", "2b"}
        Which task.
    noise : float
        Probability that an inner symbol of Task 2a, but the last, is replaced by one drawn uniformly from all inner
        symbols.

    Raises
    ------
    ValueError
        If p is below 2: no inner symbol would be left. If the variant is neither. If `noise` is not in [0, 1], or is
        given for Task 2b, whose inner symbols are all random.

    Examples
    --------
    >>> task = LongLag(p=4)
    >>> batch = task.sample(np.random.default_rng(0), 1)
    >>> [task.symbols[s] for s in batch.symbols], [task.symbols[s] for s in batch.targets.argmax(axis=1)]
    (['y', 'a_1', 'a_2', 'a_3'], ['a_1', 'a_2', 'a_3', 'y'])
    """

    p: int
    variant: str = "2a"
    noise: float = 0.0

    name = "long-lag"
    defaults: ClassVar[Mapping[str, Any]] = {"p": 100}
    next_symbols = True
    tolerance = 0.25

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return f"table2/{self.variant}"

    def __post_init__(self) -> None:
        whole("p", self.p, 2, MOST_SYMBOLS, ", so that there is an inner symbol")
        choice("variant", self.variant, VARIANTS)
        real("noise", self.noise, "a probability, from 0 to 1", lambda x: 0.0 <= x <= 1.0)
        if self.noise and self.variant == "2b":
            raise ValueError(f"noise is {self.noise}: all inner symbols of Task 2b are random; give variant '2a'")

    @property
    def _is_judged_at_end(self) -> bool:
        return self.variant == "2b" or self.noise > 0.0

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the input units, and of the output units."""
        return (*(f"a_{i}" for i in range(1, self.p)), "x", "y")

    @property
    def n_inputs(self) -> int:
        """Number of symbols, one input unit each."""
        return self.p + 1

    @property
    def n_outputs(self) -> int:
        """Number of symbols, one output unit each."""
        return self.p + 1

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence; the last of its p + 1 symbols is a target only."""
        return self.p

    @property
    def minimal_lag(self) -> int:
        """Fewest steps from the first symbol to the prediction of the last one."""
        return self.p - 1

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Symbols, one target per step.
        """
        return self._batch(self._words(rng, n))

    def unseen_in_parts(self, rng: np.random.Generator, n: int) -> Iterator[Batch]:
        """Draw a test set, and make targets for a few sequences at a time: see `Task.unseen_in_parts`.

        The targets of all 10,000 sequences of Task 2b would take 800 MB.
        """
        words, size = self._words(rng, n), max(1, MOST_TARGETS // (self.p * self.n_outputs))
        for first in range(0, n, size):
            yield self._batch(words[first : first + size])

    def _words(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """Draw all p + 1 symbols of `n` sequences, one sequence per row."""
        x = self.p - 1
        words = np.empty((n, self.p + 1), dtype=np.int64)
        words[:, 0] = words[:, -1] = x + rng.integers(0, 2, size=n)
        if self.variant == "2a":
            words[:, 1:-1] = np.arange(self.p - 1)
            if self.noise:
                replaced = rng.random((n, self.p - 2)) < self.noise
                words[:, 1:-2] = np.where(replaced, rng.integers(0, self.p - 1, size=replaced.shape), words[:, 1:-2])
        else:
            words[:, 1:-1] = rng.integers(0, self.p - 1, size=(n, self.p - 1))
        return words

    def _batch(self, words: NDArray[np.int64]) -> Batch:
        offsets = offsets_of(np.full(len(words), self.p, dtype=np.int64))
        symbols, targets = words[:, :-1].reshape(-1), one_hot(words[:, 1:].reshape(-1), self.n_outputs)
        expected = one_hot(words[:, -1], self.n_outputs) if self._is_judged_at_end else None
        return Batch(symbols, np.zeros((len(symbols), 0)), offsets, targets, every_step=True, expected=expected)
