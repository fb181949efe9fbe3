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


def expected_wait(wrong: float, window: int) -> float:
    """Compute how long one waits on average for a run of correct sequences.

    Sequences are taken as independent, each wrong with the same probability p: a net that has stopped changing.
    With q = 1 - p and a run of n, the mean number of sequences until the run is complete is (1 - q^n) / (p q^n).

    Parameters
    ----------
    wrong : float
        Probability p that a sequence is processed wrongly.
    window : int
        Length n of the run.

    Returns
    -------
    float
        `window` itself if nothing is ever wrong.

    Raises
    ------
    ValueError
        If `wrong` is not in [0, 1), or `window` is below 1.
    """
    if not 0.0 <= wrong < 1.0 or window < 1:
        raise ValueError(f"wrong is {wrong}, window {window}: give a probability below 1 and a run of at least 1")
    if wrong == 0.0:
        return float(window)
    return math.expm1(-window * math.log1p(-wrong)) / wrong


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
