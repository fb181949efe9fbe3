"""Running trials side by side in one process, for a slice of time."""

import time
from collections.abc import Hashable, Sequence
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lstm97.learners import LSTM, Learner
from lstm97.tasks import Task
from lstm97.trials.trial import Work

#: Number of trials side by side in one process.
LANES = 32


class Running(Protocol):
    """What can be run: a trial, or anything else that says what it wants computed."""

    def work(self) -> Work | None:
        """Say what is to be computed next; None if there is nothing more."""

    def take(self, outputs: NDArray[np.float64]) -> None:
        """Take what the last `work` asked for."""


def kind(learner: Learner, task: Task) -> Hashable | None:
    """Tell which trials can be run side by side.

    Parameters
    ----------
    learner : Learner
    task : Task

    Returns
    -------
    hashable or None
        Equal for trials that can share lanes; None for a trial that shares them with no other.
    """
    if not isinstance(learner, LSTM):
        return None
    one_hot, every_step = _form(task)
    if every_step:
        return None
    wiring = learner.wiring
    ranges = (wiring.g_range, wiring.g_low, wiring.h_range, wiring.h_low)
    return (learner.topology, one_hot, ranges)


@cache
def _form(task: Task) -> tuple[bool, bool]:
    """Tell whether a task's inputs are one-hot, and whether there is an error signal at every step."""
    batch = task.sample(np.random.default_rng(0), 1)
    return len(batch.symbols) > 0, batch.every_step


def side_by_side(trials: Sequence[Running], n_lanes: int, deadline: float) -> None:
    """Run trials until a moment in time. What each gives depends neither on the others nor on the moment.

    Parameters
    ----------
    trials : sequence of Trial
        Of one kind. Each advances by at least one work, if it has one left, and stands between two works at the end.
    n_lanes : int
        Number of trials at a time, 1 to run them one after the other, without lanes.
    deadline : float
        On the clock of `time.perf_counter`. Works begun before are finished.
    """
    left = list(trials)
    while left:
        for trial in tuple(left):
            work = trial.work()
            if work is None:
                left.remove(trial)
            else:
                trial.take(work.do())
        if time.perf_counter() >= deadline:
            return
