"""One trial: initial weights, training until the stopping rule or the cap, and the test.

A trial says what is to be computed next (`Trial.work`), and takes the result (`Trial.take`). So one trial can be run
by itself, many of them side by side, or one in several places after each other; what comes out is the same.
"""

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import whole
from lstm97.engine.side_by_side import Answering
from lstm97.experiments.base import Specification
from lstm97.learners.base import Work, takes_parts
from lstm97.tasks import Batch

#: Sequences are drawn this many at a time; the number is part of what a seed means.
CHUNK = 500


def seed_sequence(row: str, trial: int) -> np.random.SeedSequence:
    """Make the seed of a trial, which depends on the row's name and the trial's number alone.

    Parameters
    ----------
    trial : int
        From 1.

    Returns
    -------
    numpy.random.SeedSequence
        Spawn three children: for weights, training data, test data.
    """
    digest = hashlib.sha256(row.encode()).digest()
    return np.random.SeedSequence(int.from_bytes(digest[:16], "big"), spawn_key=(trial,))


class Curve:
    """The course of training in at most 128 points: mean absolute error, and wrong sequences, of equal windows.

    When the points run out, neighbours are merged and the window doubles.
    """

    N_POINTS = 128

    def __init__(self) -> None:
        self.window = 100
        self._sums: list[float] = []
        self._wrong: list[int] = []
        self._counts: list[int] = []

    def add(self, errors: NDArray[np.float64], correct: NDArray[np.bool_]) -> None:
        """Add sequences, in the order of their presentation.

        Parameters
        ----------
        errors : (n, n_outputs) float64
            Absolute errors.
        correct : (n,) bool
        """
        i = 0
        while i < len(correct):
            if not self._counts or self._counts[-1] == self.window:
                if len(self._counts) == self.N_POINTS:
                    self._merge()
                else:
                    self._sums.append(0.0)
                    self._wrong.append(0)
                    self._counts.append(0)
                continue
            n = min(self.window - self._counts[-1], len(correct) - i)
            self._sums[-1] += _total(errors[i : i + n]) / errors.shape[1]
            self._wrong[-1] += int(n - np.count_nonzero(correct[i : i + n]))
            self._counts[-1] += n
            i += n

    def _merge(self) -> None:
        self.window *= 2
        self._sums = [a + b for a, b in zip(self._sums[::2], self._sums[1::2], strict=True)]
        self._wrong = [a + b for a, b in zip(self._wrong[::2], self._wrong[1::2], strict=True)]
        self._counts = [a + b for a, b in zip(self._counts[::2], self._counts[1::2], strict=True)]

    def record(self) -> dict[str, Any]:
        """Write the curve down.

        Returns
        -------
        dict
            ``window``, and per window ``mean_absolute_error`` (4 significant digits; None if it is no finite
            number) and ``wrong``; the last window may be incomplete.
        """
        means = [_finite(float(f"{total / n:.4g}")) for total, n in zip(self._sums, self._counts, strict=True)]
        return {"window": self.window, "mean_absolute_error": means, "wrong": list(self._wrong)}


def _total(errors: NDArray[np.float64]) -> float:
    """Add errors up without rounding in between, so their order does not matter; as a list, for that is faster."""
    return math.fsum(errors.ravel().tolist())


def _finite(value: float) -> float | None:
    """Write down what is not a finite number as None: a net can run away, and records hold JSON."""
    return value if math.isfinite(value) else None


def unseen_sequences(specification: Specification, trial: int) -> Batch:
    """Draw a trial's test sequences, the same as in the trial itself.

    Parameters
    ----------
    trial : int
        From 1.
    """
    return specification.task_of(trial).unseen(_test_rng(specification, trial), specification.n_test)


def _test_rng(specification: Specification, trial: int) -> np.random.Generator:
    return np.random.default_rng(seed_sequence(specification.row, trial).spawn(3)[2])


@dataclass(frozen=True)
class Outcome:
    """What came out of a trial.

    Attributes
    ----------
    success : bool
        Whether the stopping criterion was met.
    sequences : int
        Training sequences until then, as the reading counts them; the cap if it was not met.
    presented : int
        All training sequences presented.
    steps : int
        Time steps of all training sequences presented.
    test : dict
        ``n``, ``wrong``, ``mean_absolute_error``, ``mse`` on the test set, with the weights of that moment.
    curve : dict
        From `Curve.record`.
    net : object
        The learner's net as it stood when training stopped.
    milestones : dict
        By name, those stops before the last that were reached: ``sequences`` and ``test``, as above.
    """

    success: bool
    sequences: int
    presented: int
    steps: int
    test: dict[str, Any]
    curve: dict[str, Any]
    net: Any
    milestones: dict[str, dict[str, Any]] = field(default_factory=dict)


class Trial:
    """One trial under way. It is picklable between `take` and the next `work`.

    Training goes chunk by chunk. When the stopping rule is met within a chunk, the net goes back to the chunk's
    beginning and is trained again up to the sequence that met it: the test sees the weights of that moment. So
    learners need to know nothing of stopping rules.

    Parameters
    ----------
    number : int
        The trial's number, from 1.
    cap : int
        Number of sequences after which the trial counts as failed.

    Attributes
    ----------
    presented, steps : int
        Training sequences presented so far, and their time steps.
    outcome : Outcome or None
        None while the trial is under way.

    Raises
    ------
    ValueError
        If `number` or `cap` is below 1.
    """

    def __init__(self, specification: Specification, number: int, cap: int) -> None:
        for name, value in (("trial", number), ("cap", cap)):
            whole(name, value)
        if not isinstance(specification, Specification):
            raise ValueError(
                f"specification is a {type(specification).__name__}: give a row's, row(NAME).under(READINGS[READING])"
            )
        weights, training, _, looks = seed_sequence(specification.row, number).spawn(4)
        self.specification, self.number, self.cap = specification, number, cap
        self.task, self.learner = specification.task_of(number), specification.learner_of(number)
        self.net = self.learner.start(np.random.default_rng(weights))
        self.presented, self.steps = 0, 0
        self.outcome: Outcome | None = None
        self._training_rng, self._looks_rng = np.random.default_rng(training), np.random.default_rng(looks)
        self._watch, self._curve = specification.stop.watch(), Curve()
        self._milestones: dict[str, dict[str, Any]] = {}
        self._until_look = specification.stop.every  # training sequences until the next look at a test set
        self._drawn: Batch | None = None  # what is left of the sequences drawn last
        self._batch: Batch | None = None  # what is being computed
        self._net_before: Any = None

    @property
    def _is_look_due(self) -> bool:
        return self.specification.stop.every > 0 and self._until_look == 0

    def work(self) -> Work | None:
        """Say what is to be computed next.

        Returns
        -------
        Work or None
            None if the trial is over.
        """
        if self.outcome is not None:
            return None
        if self._is_look_due:
            self._batch = self._watch.sequences(self.task, self._looks_rng, takes_parts(self.learner))
            return Work(self.learner, self.net, self._batch, learn=False)
        self._batch = self._next_sequences()
        self._net_before = self.learner.copy(self.net)
        return Work(self.learner, self.net, self._batch, learn=True)

    def _next_sequences(self) -> Batch:
        drawn = self._drawn if self._drawn is not None else self.task.sample(self._training_rng, CHUNK)
        n = min(len(drawn), self.cap - self.presented, self._until_look or CHUNK)
        self._drawn = drawn.part(n, len(drawn)) if n < len(drawn) else None
        return drawn.first(n)

    def take(self, outputs: NDArray[np.float64]) -> None:
        """Take what the last `work` asked for.

        Parameters
        ----------
        outputs : float64, the shape of the batch's targets
        """
        assert self._batch is not None
        batch, self._batch = self._batch, None
        before, self._net_before = self._net_before, None
        errors, correct = self.task.score(batch, outputs)
        if self._is_look_due:
            stops = self._watch.look(errors, correct)
            if stops is None:
                return  # the look goes on
            self._until_look = self.specification.stop.every
            for stop in stops:
                self._stop(stop.milestone, self.net, self.presented)
        else:
            stops, start = self._watch.observe(errors, correct), self.presented
            n = next((stop.after for stop in stops if not stop.milestone), len(batch))
            self._curve.add(errors[:n], correct[:n])
            if self.specification.stop.every:
                self._until_look -= n
            self.presented += n
            self.steps += int(batch.offsets[n])
            for stop in stops:
                net = self.learner.copy(before)
                Work(self.learner, net, batch.first(stop.after), learn=True).do()
                self._stop(stop.milestone, net, start + stop.after)
        if self.outcome is None and self.presented == self.cap and not self._is_look_due:
            self._end(success=False, sequences=self.cap)

    def _stop(self, milestone: str, net: Any, presented: int) -> None:
        sequences = self.specification.stop.counted(presented)
        if milestone:
            self._milestones[milestone] = {"sequences": sequences, "test": self._test(net)}
        else:
            self.net = net
            self._end(success=True, sequences=sequences)

    def _end(self, success: bool, sequences: int) -> None:
        test, curve = self._test(self.net), self._curve.record()
        self.outcome = Outcome(
            success, sequences, self.presented, self.steps, test, curve, self.net, self._milestones
        )

    def _test(self, net: Any) -> dict[str, Any]:
        if takes_parts(self.learner):
            rng = _test_rng(self.specification, self.number)
            parts = self.task.unseen_in_parts(rng, self.specification.n_test)
        else:
            parts = iter([unseen_sequences(self.specification, self.number)])
        answering = Answering()
        scores = [
            self.task.score(part, answering.outputs(Work(self.learner, net, part, learn=False))) for part in parts
        ]
        errors, correct = (np.concatenate(of_parts) for of_parts in zip(*scores, strict=True))
        return {
            "n": self.specification.n_test,
            "wrong": int(np.count_nonzero(~correct)),
            "mean_absolute_error": _finite(_total(errors) / errors.size),
            "mse": _finite(_total(errors * errors) / errors.size),
        }


def run_trial(specification: Specification, trial: int, cap: int) -> Outcome:
    """Run one trial.

    Parameters
    ----------
    trial : int
        From 1.
    cap : int
        Number of sequences after which the trial counts as failed.

    Raises
    ------
    ValueError
        If `trial` or `cap` is below 1.
    """
    running = Trial(specification, trial, cap)
    while (work := running.work()) is not None:
        running.take(work.do())
    assert running.outcome is not None
    return running.outcome
