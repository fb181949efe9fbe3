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

#: Number of trials side by side in one process. More don't fit the processor's first cache.
LANES = 16
#: With fewer trials than this, lanes are slower than one trial after the other.
FEWEST = 4
#: With more numbers than this in a lane (weights and derivatives that every step uses), lanes are slower, too.
MOST_NUMBERS = 500


class Running(Protocol):
    """What can be run: a trial, or anything else that says what it wants computed."""

    def work(self) -> Work | None:
        """Say what is to be computed next; None if there is nothing more."""

    def take(self, outputs: NDArray[np.float64]) -> None:
        """Take what the last `work` asked for."""


def kind(learner: Learner, task: Task) -> Kind | None:
    """Tell which trials can be run side by side.

    Where there is an error signal at every step, lanes have nothing to win: only the steps in between are done for
    all lanes at once.

    Returns
    -------
    Kind or None
        Equal for trials that can share lanes; None for a trial that is run by itself.
    """
    example = _example(task)
    if not isinstance(learner, LSTM) or example.every_step:
        return None
    topology = learner.topology
    n_sources = topology.n_sources - topology.n_inputs * (len(example.symbols) > 0)
    if n_sources * (topology.n_units + 2 * topology.n_cells) > MOST_NUMBERS:
        return None
    from lstm97.engine.lanes import kind_of  # here, since it takes time that not every command needs

    return kind_of(learner, example)


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


def _in_lanes(trials: Sequence[Running], n_lanes: int, deadline: float) -> None:
    from lstm97.engine.lanes import Lanes, kind_of

    queue = list(trials)
    lanes: Lanes | None = None
    at: dict[int, Running] = {}  # which trial has which lane
    n_used = min(n_lanes, len(trials))  # an idle lane takes as long as a busy one

    def load(lane: int, trial: Running | None) -> None:
        """Give a lane the next work of its trial, or else of the next trial in the queue."""
        nonlocal lanes
        work = trial.work() if trial is not None else None
        while work is None and queue:
            trial = queue.pop(0)
            work = trial.work()
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
