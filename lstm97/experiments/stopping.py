"""The paper's stopping rules, which say when a trial has learned its task.

A rule is data. Its `watch` follows one trial: it sees every training sequence once, and some rules look at a test set
from time to time. What it finds are `Reached` stops. The last of them ends the trial; the ones before are milestones,
which the paper's tables print in a column or a row of their own.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import choice, not_negative, shown, whole
from lstm97.net.reading import check_choices
from lstm97.tasks import Batch, EmbeddedReber, Task

Errors = NDArray[np.float64]
Correct = NDArray[np.bool_]
Reads = Mapping[str, tuple[Any, ...]]


#: After how many sequences of a test set a part of it ends; the last part takes the rest.
PARTS = (16, 64)


def _end(n_seen: int, size: int) -> int:
    """Say where the part of a test set ends that follows so many sequences."""
    return next((end for end in PARTS if n_seen < end < size), size)


class Reached(NamedTuple):
    """A stop that a rule has found.

    Attributes
    ----------
    after : int
        After how many of the sequences that the watch was shown.
    milestone : str
        Name of a milestone; empty for the stop that ends the trial.
    """

    after: int
    milestone: str = ""


class Watch(Protocol):
    """A stopping rule at work in one trial. It is picklable."""

    def observe(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Look at the next training sequences, in the order of their presentation.

        Parameters
        ----------
        errors : (n, n_outputs) float64
            Absolute errors of the output units.
        correct : (n,) bool
            Whether each sequence was processed correctly.

        Returns
        -------
        list of Reached
            In the order of `after`.
        """

    def look(self, errors: Errors, correct: Correct) -> list[Reached] | None:
        """Look at the test set, where the rule has one; parameters and result as those of `observe`.

        None if that was not all of the test set yet: then `sequences` gives more of it.
        """

    def sequences(self, task: Task, rng: np.random.Generator, in_parts: bool) -> Batch:
        """Give the sequences of the next look at the test set, or of the part of it that comes next.

        Parameters
        ----------
        in_parts : bool
            Whether the learner can be given a test set in parts: see `lstm97.learners.base.takes_parts`.
        """


class StoppingRule(Protocol):
    """What every stopping rule has to offer."""

    #: Parameters that are a reading's to choose, with the choices that the rule knows.
    reads: ClassVar[Reads]

    @property
    def every(self) -> int:
        """Number of training sequences between two looks at a test set; 0 if the rule needs none."""

    @property
    def criterion(self) -> str:
        """The rule in a few words, for tables."""

    def check(self, task: Task) -> None:
        """Check that the rule can judge a task.

        Raises
        ------
        ValueError
            If it can't.
        """

    def watch(self) -> Watch:
        """Start watching a trial."""

    def counted(self, presented: int) -> int:
        """Turn the number of presented sequences into the number that the row reports."""


class _AnyTask:
    """What a rule has that can judge every task."""

    def check(self, task: Task) -> None:
        """Let every task be: see `StoppingRule.check`."""


class _EverySequenceCounts:
    """What a rule has that reports every presented sequence."""

    def counted(self, presented: int) -> int:
        """Count them all: see `StoppingRule.counted`."""
        return presented


class _TrainingErrorsOnly:
    """What a watch has that needs no test set."""

    def look(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Never called."""
        raise AssertionError("this rule looks at training errors only")

    def sequences(self, task: Task, rng: np.random.Generator, in_parts: bool) -> Batch:
        """Never called."""
        raise AssertionError("this rule looks at training errors only")


class _Streak:
    """Counts how many of the most recent sequences were correct without a break."""

    def __init__(self) -> None:
        self.length = 0

    def extend(self, correct: Correct) -> NDArray[np.int64]:
        """Return the streak's length after each of the next sequences."""
        n = len(correct)
        last_wrong = np.maximum.accumulate(np.where(correct, -1 - self.length, np.arange(n)))
        lengths = np.arange(n) - last_wrong
        self.length = int(lengths[-1]) if n else self.length
        return np.asarray(lengths)


@dataclass(frozen=True)
class ST3(_AnyTask):
    """Stop once the average training error is below beta and the most recent sequences were all correct.

    Paper: Table 11, column 5; Sec. 5.4 (beta 0.01) and 5.6 (beta 0.1).

    Parameters
    ----------
    beta : float
        Bound on the average training error of the last `window` sequences.
    window : int
        Number of most recent sequences.
    average_error, count : str
        See `lstm97.net.reading.Reading`.

    Raises
    ------
    ValueError
        If `beta` is negative or no number, `window` no positive whole number, or a choice none of the reading's.
    """

    beta: float
    window: int = 2000
    average_error: str = "absolute"
    count: str = "inclusive"

    reads: ClassVar[Reads] = {"average_error": ("absolute", "squared"), "count": ("inclusive", "exclusive")}
    every = 0

    def __post_init__(self) -> None:
        not_negative("beta", self.beta)
        whole("window", self.window)
        check_choices(self.reads, self)

    @property
    def criterion(self) -> str:
        """The rule in a few words."""
        return f"mean error below {self.beta:g}, last {self.window:,} correct"

    def watch(self) -> "ST3Watch":
        """Start watching a trial."""
        return ST3Watch(self)

    def counted(self, presented: int) -> int:
        """Count without the window, if it is not to count: see `StoppingRule.counted`."""
        return presented - self.window if self.count == "exclusive" else presented


class ST3Watch(_TrainingErrorsOnly):
    """`ST3` at work in one trial: remembers the last window's errors, and how long all has been correct."""

    def __init__(self, rule: ST3) -> None:
        self.rule = rule
        self._errors = np.zeros(0)
        self._streak = _Streak()

    def observe(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Look at the next sequences: see `Watch.observe`."""
        if self.rule.average_error == "squared":
            errors = errors * errors
        total = np.zeros(len(errors))
        for k in range(errors.shape[1]):  # in this order on every machine
            total += errors[:, k]
        recent = np.concatenate([self._errors, total / errors.shape[1]])
        before, window = len(self._errors), self.rule.window
        ends = before + 1 + np.flatnonzero(self._streak.extend(correct) >= window)
        for end in ends[self._may_be_small(recent, ends)].tolist():
            if math.fsum(recent[end - window : end].tolist()) / window < self.rule.beta:
                return [Reached(end - before)]
        self._errors = recent[-(window - 1) :] if window > 1 else np.zeros(0)
        return []

    def _may_be_small(self, recent: Errors, ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which windows' mean error may be below beta: all but those that are above it whatever was rounded.

        A net can go on for long that is right each time, but not near enough.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.concatenate([[0.0], np.cumsum(recent)])
            bound = self.rule.beta * self.rule.window + 1e-9 * total[-1]
            return ~(total[ends] - total[ends - self.rule.window] > bound)


@dataclass(frozen=True)
class CorrectInARow(_AnyTask):
    """Stop once a number of successive sequences were all correct.

    Learning goes on meanwhile. The sequences before these count.

    Paper: Sec. 5.2 (10,000 successive sequences), Tables 2 and 3.

    Parameters
    ----------
    n : int
        Number of successive sequences.
    run_count : str
        See `lstm97.net.reading.Reading`.

    Raises
    ------
    ValueError
        If `n` is no positive whole number, or the choice none of the reading's.
    """

    n: int = 10_000
    run_count: str = "exclusive"

    reads: ClassVar[Reads] = {"run_count": ("exclusive", "inclusive")}
    every = 0

    def __post_init__(self) -> None:
        whole("n", self.n)
        check_choices(self.reads, self)

    @property
    def criterion(self) -> str:
        """The rule in a few words."""
        return f"next {self.n:,} correct"

    def watch(self) -> "CorrectInARowWatch":
        """Start watching a trial."""
        return CorrectInARowWatch(self)

    def counted(self, presented: int) -> int:
        """Count without the run, if it is not to count: see `StoppingRule.counted`."""
        return presented - self.n if self.run_count == "exclusive" else presented


class CorrectInARowWatch(_TrainingErrorsOnly):
    """`CorrectInARow` at work in one trial."""

    def __init__(self, rule: CorrectInARow) -> None:
        self.rule = rule
        self._streak = _Streak()

    def observe(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Look at the next sequences: see `Watch.observe`."""
        long_enough = np.flatnonzero(self._streak.extend(correct) >= self.rule.n)
        return [Reached(int(long_enough[0]) + 1)] if long_enough.size else []


@dataclass(frozen=True)
class FewWrong(_AnyTask, _EverySequenceCounts):
    """Stop once fewer than n_seq of the most recent sequences were wrong, for each of several n_seq in turn.

    Paper: Sec. 5.5, Table 8 (n_seq 140, then 13).

    Parameters
    ----------
    n_seq : tuple of int
        Falling. The last one ends the trial, the others are milestones.
    window : int
        Number of most recent sequences.

    Raises
    ------
    ValueError
        If `n_seq` is not that, or a number no positive whole one.
    """

    n_seq: tuple[int, ...]
    window: int = 2000

    reads: ClassVar[Reads] = {}
    every = 0

    def __post_init__(self) -> None:
        if not isinstance(self.n_seq, tuple) or not self.n_seq:
            raise ValueError(f"n_seq is {shown(self.n_seq)}: give a tuple of falling numbers")
        for one in self.n_seq:
            whole("n_seq", one)
        if any(one <= other for one, other in itertools.pairwise(self.n_seq)):
            raise ValueError(f"n_seq is {self.n_seq}: give falling numbers")
        whole("window", self.window)

    @property
    def criterion(self) -> str:
        """The rule in a few words."""
        bounds = " and ".join(map(str, self.n_seq))
        return f"fewer than {bounds} of the last {self.window:,} wrong"

    def watch(self) -> "FewWrongWatch":
        """Start watching a trial."""
        return FewWrongWatch(self)


class FewWrongWatch(_TrainingErrorsOnly):
    """`FewWrong` at work in one trial: remembers which of the last sequences were wrong."""

    def __init__(self, rule: FewWrong) -> None:
        self.rule = rule
        self._wrong = np.zeros(0, dtype=bool)
        self._n_reached = 0

    def observe(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Look at the next sequences: see `Watch.observe`."""
        window, before = self.rule.window, len(self._wrong)
        recent = np.concatenate([self._wrong, ~correct])
        total = np.concatenate([[0], np.cumsum(recent)])
        ends = np.arange(max(window, before + 1), len(recent) + 1)
        wrong = total[ends] - total[ends - window]  # in each window that ends in these sequences
        found = []
        for n_seq in self.rule.n_seq[self._n_reached :]:
            met = np.flatnonzero(wrong < n_seq)
            if not met.size:
                break
            self._n_reached += 1
            is_last = self._n_reached == len(self.rule.n_seq)
            found.append(Reached(int(ends[met[0]]) - before, "" if is_last else f"n_seq = {n_seq}"))
        self._wrong = recent[-(window - 1) :] if window > 1 else recent[:0]
        return found


@dataclass(frozen=True)
class ErrorsOnTestSet(_AnyTask, _EverySequenceCounts):
    """Stop once a test set's sequences are correct, and then once their average error is small as well.

    ST1 is reached when few enough of the sequences are wrong; ST2, which ends the trial, when besides the average
    absolute error is below beta.

    Paper: Sec. 5.3, Tables 4 and 5 (ST1, ST2), Table 6 (one stop).

    Parameters
    ----------
    beta : float
        Bound on the average absolute error.
    every : int
        Number of training sequences between two looks. The paper does not say; its means, multiples of 10 over 10
        trials, fit 100.
    most_wrong : int
        Largest number of wrong sequences.
    milestones : tuple of str
        ``("ST1",)``, or empty if only the last stop counts.
    size : int
        Size of the test set.
    test_set : str
        See `lstm97.net.reading.Reading`.

    Raises
    ------
    ValueError
        If a number is out of range, or the test set or the milestones are none of the choices.
    """

    beta: float
    every: int
    most_wrong: int = 0
    milestones: tuple[str, ...] = ("ST1",)
    size: int = 256
    test_set: str = "fresh"

    reads: ClassVar[Reads] = {"test_set": ("fresh", "fixed")}

    def __post_init__(self) -> None:
        not_negative("beta", self.beta)
        whole("every", self.every)
        whole("size", self.size)
        whole("most_wrong", self.most_wrong, 0, self.size)
        choice("milestones", self.milestones, (("ST1",), ()))
        check_choices(self.reads, self)

    @property
    def criterion(self) -> str:
        """The rule in a few words."""
        wrong = f"at most {self.most_wrong}" if self.most_wrong else "none"
        return f"{wrong} of {self.size} test sequences wrong, mean error below {self.beta:g}"

    def watch(self) -> "ErrorsOnTestSetWatch":
        """Start watching a trial."""
        return ErrorsOnTestSetWatch(self)


class ErrorsOnTestSetWatch:
    """`ErrorsOnTestSet` at work in one trial.

    A look goes through its test set in parts, and ends as soon as too many sequences are wrong: the others would
    change nothing. Before the net has learned its task that is the first part of a few sequences.
    """

    def __init__(self, rule: ErrorsOnTestSet) -> None:
        self.rule = rule
        self._left = list(rule.milestones)
        self._set: Batch | None = None
        self._errors: list[Errors] = []  # of this look's parts
        self._n_seen = self._n_wrong = 0

    def observe(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Find nothing: training errors play no part."""
        return []

    def sequences(self, task: Task, rng: np.random.Generator, in_parts: bool) -> Batch:
        """Give the next part of the look's test set, which is drawn for the first part, or once for all looks."""
        if self._set is None:
            self._set = task.sample(rng, self.rule.size)
        return self._set.part(self._n_seen, _end(self._n_seen, self.rule.size) if in_parts else self.rule.size)

    def look(self, errors: Errors, correct: Correct) -> list[Reached] | None:
        """Look at a part of the test set: see `Watch.look`."""
        self._errors.append(errors)
        self._n_seen += len(correct)
        self._n_wrong += len(correct) - int(np.count_nonzero(correct))
        is_settled = self._n_wrong > self.rule.most_wrong
        if not is_settled and self._n_seen < self.rule.size:
            return None
        found = [] if is_settled else self._met(np.concatenate(self._errors))
        self._errors, self._n_seen, self._n_wrong = [], 0, 0
        if self.rule.test_set == "fresh":
            self._set = None
        return found

    def _met(self, errors: Errors) -> list[Reached]:
        """Say what is met by a test set of which few enough sequences are wrong."""
        found = [Reached(len(errors), milestone) for milestone in self._left]
        self._left = []
        if math.fsum(errors.ravel().tolist()) / errors.size < self.rule.beta:
            found.append(Reached(len(errors)))
        return found


@dataclass(frozen=True)
class AllPredicted(_EverySequenceCounts):
    """Stop once all symbols of all strings of both sets are predicted.

    Paper: Sec. 5.1, Table 1; Table 11, task 1.

    Parameters
    ----------
    every : int
        Number of training strings between two looks. The paper does not say; the extremes that it gives for single
        trials are multiples of 100.

    Raises
    ------
    ValueError
        If `every` is no positive whole number.
    """

    every: int = 100

    reads: ClassVar[Reads] = {}

    def __post_init__(self) -> None:
        whole("every", self.every)

    def check(self, task: Task) -> None:
        """Check that the task has sets of strings: see `StoppingRule.check`."""
        if not isinstance(task, EmbeddedReber):
            raise ValueError(f"stop: AllPredicted is a rule for EmbeddedReber, not for {type(task).__name__}")

    @property
    def criterion(self) -> str:
        """The rule in a few words."""
        return "all symbols of both sets predicted"

    def watch(self) -> "AllPredictedWatch":
        """Start watching a trial."""
        return AllPredictedWatch()


class AllPredictedWatch:
    """`AllPredicted` at work in one trial.

    A string that was wrong at the last look is looked at first: mostly it is wrong again, and that is all there is
    to know. Then come the others, in parts, up to the first part in which one is wrong.
    """

    def __init__(self) -> None:
        self._known_wrong: int | None = None
        self._n_right = self._n_strings = 0  # strings that are right at this look, and all

    def observe(self, errors: Errors, correct: Correct) -> list[Reached]:
        """Find nothing: the sets are looked at as a whole."""
        return []

    def sequences(self, task: Task, rng: np.random.Generator, in_parts: bool) -> Batch:
        """Take some of the strings of both sets, each there once; first the one that was wrong at the last look."""
        if not isinstance(task, EmbeddedReber):
            raise TypeError(f"AllPredicted is a rule for EmbeddedReber, not for {type(task).__name__}")
        strings, wrong = task.distinct, self._known_wrong
        self._n_strings = len(strings)
        if not in_parts:
            self._known_wrong = None
            return strings
        if wrong is not None:
            return strings.part(wrong, wrong + 1)
        return strings.part(self._n_right, _end(self._n_right, self._n_strings))

    def look(self, errors: Errors, correct: Correct) -> list[Reached] | None:
        """Look at a part of both sets, or at the one string, which settles it if it is wrong: see `Watch.look`."""
        if self._known_wrong is not None:
            if not correct[0]:
                return []
            self._known_wrong = None
            return None
        if not correct.all():
            self._known_wrong, self._n_right = self._n_right + int(np.argmin(correct)), 0
            return []
        self._n_right += len(correct)
        return [Reached(self._n_strings)] if self._n_right == self._n_strings else None


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
