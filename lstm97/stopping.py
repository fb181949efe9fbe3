"""The paper's stopping rules, checked at every sequence."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Watch(Protocol):
    """A stopping rule at work in one trial."""

    def observe(self, errors: NDArray[np.float64], correct: NDArray[np.bool_]) -> int | None:
        """Look at the next sequences, in the order of their presentation.

        Parameters
        ----------
        errors : (n, n_outputs) float64
            Absolute errors of the output units.
        correct : (n,) bool
            Whether each sequence was processed correctly.

        Returns
        -------
        int or None
            How many of these sequences were presented when the rule was first fulfilled; None if it was not.
        """


@dataclass(frozen=True)
class ST3:
    """Stop once the average training error is below beta and the most recent sequences were all correct.

    Paper: Table 11, column 5; Sec. 5.4 (beta 0.01) and 5.6 (beta 0.1).

    Parameters
    ----------
    beta : float
        Bound on the average training error of the last `window` sequences.
    window : int
        Number of most recent sequences.
    average_error, count : str
        See `lstm97.reading.Reading`.
    """

    beta: float
    window: int = 2000
    average_error: str = "absolute"
    count: str = "inclusive"

    def watch(self) -> "ST3Watch":
        """Start watching a trial."""
        return ST3Watch(self)

    def counted(self, presented: int) -> int:
        """Turn the number of presented sequences into the number that the row reports.

        Parameters
        ----------
        presented : int

        Returns
        -------
        int
        """
        return presented - self.window if self.count == "exclusive" else presented


class ST3Watch:
    """`ST3` at work in one trial: remembers the last window's errors, and how long all has been correct."""

    def __init__(self, rule: ST3) -> None:
        self.rule = rule
        self._errors = np.zeros(0)
        self._streak = 0

    def observe(self, errors: NDArray[np.float64], correct: NDArray[np.bool_]) -> int | None:
        """Look at the next sequences: see `Watch.observe`."""
        if self.rule.average_error == "squared":
            errors = errors * errors
        total = np.zeros(len(errors))
        for k in range(errors.shape[1]):  # in this order on every machine
            total += errors[:, k]
        recent = np.concatenate([self._errors, total / errors.shape[1]])
        before, n, window = len(self._errors), len(correct), self.rule.window

        last_wrong = np.maximum.accumulate(np.where(correct, -1 - self._streak, np.arange(n)))
        streaks = np.arange(n) - last_wrong
        self._streak = int(streaks[-1]) if n else self._streak
        for i in np.flatnonzero(streaks >= window):
            last = recent[before + i + 1 - window : before + i + 1]
            if math.fsum(last) / window < self.rule.beta:
                return int(i) + 1
        self._errors = recent[-(window - 1) :] if window > 1 else np.zeros(0)
        return None
