"""One trial: initial weights, training until the stopping rule or the cap, and the test."""

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.experiments.base import Specification
from lstm97.tasks import Batch

#: Sequences are drawn this many at a time; the number is part of what a seed means.
CHUNK = 500


def seed_sequence(row: str, trial: int) -> np.random.SeedSequence:
    """Make the seed of a trial, which depends on the row's name and the trial's number alone.

    Parameters
    ----------
    row : str
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
            self._sums[-1] += math.fsum(errors[i : i + n].ravel()) / errors.shape[1]
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
            ``window``, and per window ``mean_absolute_error`` (4 significant digits) and ``wrong``; the last window
            may be incomplete.
        """
        means = [float(f"{total / n:.4g}") for total, n in zip(self._sums, self._counts, strict=True)]
        return {"window": self.window, "mean_absolute_error": means, "wrong": list(self._wrong)}


def score(
    batch: Batch, outputs: NDArray[np.float64], tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Compare outputs with the targets, or with what the batch expects instead.

    Paper: Table 11, column 6, ABS(beta).

    Parameters
    ----------
    batch : Batch
    outputs : float64, the shape of ``batch.targets``
    tolerance : float

    Returns
    -------
    errors : (n, n_outputs) float64
        Absolute errors; of a sequence that is judged at every step, each output unit's largest.
    correct : (n,) bool
        Whether all of a sequence's errors are below the tolerance.
    """
    expected = batch.targets if batch.expected is None else batch.expected
    if len(expected) == len(batch) and batch.every_step:  # judged at the sequences' ends only
        outputs = outputs[batch.offsets[1:] - 1]
    errors = np.abs(expected - outputs)
    if len(errors) != len(batch):
        errors = np.maximum.reduceat(errors, batch.offsets[:-1])
    correct: NDArray[np.bool_] = np.all(errors < tolerance, axis=1)
    return errors, correct


def unseen_sequences(specification: Specification, trial: int) -> Batch:
    """Draw a trial's test sequences, the same as in the trial itself.

    Parameters
    ----------
    specification : Specification
    trial : int
        From 1.

    Returns
    -------
    Batch
    """
    _, _, seed = seed_sequence(specification.row, trial).spawn(3)
    return specification.task.sample(np.random.default_rng(seed), specification.n_test)


@dataclass(frozen=True)
class Outcome:
    """What came out of a trial.

    Attributes
    ----------
    success : bool
        Whether the stopping criterion was met.
    sequences : int
        Training sequences until then, as the reading counts them; the cap if it was not met.
    steps : int
        Time steps of all sequences presented.
    test : dict
        ``n``, ``wrong``, ``mean_absolute_error``, ``mse`` on the test set, with the weights of that moment.
    curve : dict
        From `Curve.record`.
    net : object
        The learner's net as it stood when training stopped.
    """

    success: bool
    sequences: int
    steps: int
    test: dict[str, Any]
    curve: dict[str, Any]
    net: Any


def run_trial(specification: Specification, trial: int, cap: int) -> Outcome:
    """Run one trial.

    Training goes chunk by chunk. When the stopping rule is met within a chunk, the net goes back to the chunk's
    beginning and is trained again up to the sequence that met it: the test sees the weights of that moment.

    Parameters
    ----------
    specification : Specification
    trial : int
        From 1.
    cap : int
        Number of sequences after which the trial counts as failed.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If `trial` or `cap` is below 1.
    """
    for name, value in (("trial", trial), ("cap", cap)):
        if value < 1:
            raise ValueError(f"{name} is {value}: give at least 1")
    weights_seed, training_seed, _ = seed_sequence(specification.row, trial).spawn(3)
    task, learner = specification.task, specification.learner
    net = learner.start(np.random.default_rng(weights_seed))
    training_rng = np.random.default_rng(training_seed)
    watch, curve = specification.stop.watch(), Curve()
    presented, steps = 0, 0
    success = False
    while presented < cap and not success:
        batch = task.sample(training_rng, CHUNK).first(min(CHUNK, cap - presented))
        before = learner.copy(net)
        errors, correct = score(batch, learner.train(net, batch), task.tolerance)
        stopped_after = watch.observe(errors, correct)
        if stopped_after is not None:
            success = True
            batch = batch.first(stopped_after)
            net = before
            learner.train(net, batch)
        n = len(batch)
        curve.add(errors[:n], correct[:n])
        presented += n
        steps += batch.n_steps

    unseen = unseen_sequences(specification, trial)
    errors, correct = score(unseen, learner.predict(net, unseen), task.tolerance)
    test = {
        "n": specification.n_test,
        "wrong": int(np.count_nonzero(~correct)),
        "mean_absolute_error": math.fsum(errors.ravel()) / errors.size,
        "mse": math.fsum((errors * errors).ravel()) / errors.size,
    }
    sequences = specification.stop.counted(presented) if success else cap
    return Outcome(success, sequences, steps, test, curve.record(), net)
