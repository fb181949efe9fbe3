"""Running many trials side by side in one process, for a slice of time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from lstm97.learners import LSTM, Learner, Work
from lstm97.tasks import Batch, Task

if TYPE_CHECKING:
    from lstm97.engine.lanes import Kind, Lanes

#: Number of trials side by side in one process. A step takes as long with more; a slice holds more trials then.
LANES = 16
#: With fewer trials than this, lanes are slower than one trial after the other.
FEWEST = 2


class Running(Protocol):
    """What can be run: a trial, or anything else that says what it wants computed."""

    def work(self) -> Work | None:
        """Say what is to be computed next; None if there is nothing more."""

    def take(self, outputs: NDArray[np.float64]) -> None:
        """Take what the last `work` asked for."""


def kind(learner: Learner, task: Task) -> Kind | None:
    """Tell which trials can be run side by side.

    Returns
    -------
    Kind or None
        Equal for trials that can share lanes; None for a trial that is run by itself.
    """
    return _kind(learner, _example(task))


def _kind(learner: Learner, batch: Batch) -> Kind | None:
    if not isinstance(learner, LSTM):
        return None
    from lstm97.engine.lanes import KindError, kind_of  # here, since it takes time that not every command needs

    try:
        return kind_of(learner, batch)
    except KindError:
        return None


def block_size() -> int:
    """Say how many trials fill a block of lanes on this machine."""
    from lstm97.engine.rows import WIDTH

    return WIDTH


@cache
def _example(task: Task) -> Batch:
    return task.sample(np.random.default_rng(0), 1)


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
    if min(n_lanes, len(trials)) < FEWEST:
        _in_turn(trials, deadline)
    else:
        _in_lanes(trials, n_lanes, deadline)


def _in_turn(trials: Sequence[Running], deadline: float) -> None:
    left, answering = list(trials), Answering()
    while left:
        for trial in tuple(left):
            work = trial.work()
            if work is None:
                left.remove(trial)
            else:
                trial.take(work.do() if work.learn else answering.outputs(work))
        if time.perf_counter() >= deadline:
            return


def _in_lanes(trials: Sequence[Running], n_lanes: int, deadline: float) -> None:
    from lstm97.engine.lanes import Lanes, kind_of

    queue, answering = list(trials), Answering()
    lanes: Lanes | None = None
    at: dict[int, Running] = {}  # which trial has which lane
    n_used = min(n_lanes, len(trials))  # an idle block takes as long as a busy one

    def to_learn(trial: Running) -> Work | None:
        """Let a trial answer until it wants to learn."""
        while (work := trial.work()) is not None and not work.learn:
            trial.take(answering.outputs(work))
            if time.perf_counter() >= deadline:
                return None
        return work

    def load(lane: int, trial: Running | None) -> None:
        """Give a lane the next work of its trial, or else of the next trial in the queue."""
        nonlocal lanes
        work = to_learn(trial) if trial is not None else None
        while work is None and queue:
            trial = queue.pop(0)
            work = to_learn(trial)
        if trial is not None and work is not None:
            if lanes is None:
                lanes = Lanes(kind_of(work.learner, work.batch), n_used)
            lanes.load(lane, work)
            at[lane] = trial

    for lane in range(n_used):
        load(lane, None)
    while lanes is not None and at:
        for lane in lanes.run():
            trial = at.pop(lane)
            trial.take(lanes.unload(lane))
            load(lane, trial if time.perf_counter() < deadline else None)


class Answering:
    """What computes outputs without learning: the sequences of a batch side by side, where that can be done."""

    def __init__(self) -> None:
        self._lanes: dict[Kind, Lanes] = {}

    def outputs(self, work: Work) -> NDArray[np.float64]:
        """Do a work that does not learn: see `Work.do`."""
        kind = _kind(work.learner, work.batch) if len(work.batch) > 1 else None
        if kind is None:
            return work.do()
        if kind not in self._lanes:
            from lstm97.engine.lanes import Lanes

            self._lanes[kind] = Lanes(kind, 1)
        return self._lanes[kind].answer(work)
