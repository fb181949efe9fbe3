"""How long trials will take, before they are run."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from lstm97.engine.side_by_side import Answering, side_by_side
from lstm97.learners import Work
from lstm97.tasks import Task
from lstm97.text import duration
from lstm97.trials.executors import available_cores
from lstm97.trials.slices import Job
from lstm97.trials.trial import Trial

#: Sequences drawn to learn a task's mean length.
SAMPLE = 50
#: Sequences presented to learn how long a test takes.
TESTED = 64
#: Seconds for which every kind of trial is run to learn its speed.
MEASURE = 0.3
#: Seconds after which it is said that formulas are being compiled, if they are.
PATIENCE = 4.0
#: Seconds that a trial takes besides its steps, claimed, sent there and back, and recorded.
OVERHEAD = 0.01
#: A cap that no trial meets while its speed is measured.
NO_CAP = 10**12


@cache
def mean_length(task: Task) -> float:
    """Estimate the mean length of a task's sequences, from a few of them."""
    return task.sample(np.random.default_rng(0), SAMPLE).n_steps / SAMPLE


def most_steps(job: Job) -> float:
    """Estimate a trial's time steps if it goes to its cap."""
    return job.cap * mean_length(job.specification.task_of(job.trial))


def expected_steps(job: Job) -> float:
    """Estimate a trial's time steps if it takes the paper's mean number of sequences, or its cap if that is less.

    Its cap as well if the paper has no such number.
    """
    uncounted = job.cap - job.specification.stop.counted(job.cap)
    presented = min(job.cap, job.expected + uncounted)
    return presented * mean_length(job.specification.task_of(job.trial))


def steps_of_test(job: Job) -> float:
    """Estimate the time steps of a trial's tests: at its end, and at a stop before unless it is given up earlier."""
    specification = job.specification
    n_tests = 1 + (job.has_milestones and job.expected <= job.cap)
    return n_tests * specification.n_test * mean_length(specification.task_of(job.trial))


class Speed(NamedTuple):
    """Seconds of computing for each time step of each trial: of training, looks included, and of the tests."""

    training: float
    testing: float


@contextmanager
def compiling_noted(sign: Path) -> Iterator[None]:
    """Make a file as soon as anything is compiled that was not on disk, for who waits in another process."""
    from numba.core.event import Listener, install_listener

    class Noted(Listener):
        def on_start(self, event: object) -> None:
            with suppress(OSError):  # on another machine there is no such folder
                sign.touch()

        def on_end(self, event: object) -> None:
            pass

    with install_listener("numba:compile", Noted()):
        yield


def measure(trials: list[Trial], n_lanes: int, seconds: float, sign: Path) -> Speed:
    """Measure how long a time step takes, everything included but what is made or loaded once.

    Parameters
    ----------
    trials : list of Trial
        Of one kind, at their beginning.
    n_lanes : int
        See `side_by_side`.
    seconds : float
        For how long, at least one work of each trial.
    sign : pathlib.Path
        See `compiling_noted`.
    """
    with compiling_noted(sign):
        return _measure(trials, n_lanes, seconds)


def _measure(trials: list[Trial], n_lanes: int, seconds: float) -> Speed:
    testing = _measure_test(trials[0])
    rounds: list[tuple[float, int]] = []
    end = time.perf_counter() + seconds
    while (len(rounds) < 3 or time.perf_counter() < end) and any(trial.outcome is None for trial in trials):
        steps, start = -sum(trial.steps for trial in trials), time.thread_time()
        side_by_side(trials, n_lanes, 0.0)
        rounds.append((time.thread_time() - start, steps + sum(trial.steps for trial in trials)))
    # What the first round has to make or load does not count. Nor does the slowest of the others: a later phase of
    # learning has formulas of its own to be compiled.
    counted = rounds[1:]
    if len(counted) > 1:
        counted.remove(max(counted))
    if not any(steps for _, steps in counted):
        counted = rounds
    return Speed(sum(taken for taken, _ in counted) / max(1, sum(steps for _, steps in counted)), testing)


def _measure_test(trial: Trial) -> float:
    """Measure how long a time step of a test takes: the least of a few times, as the first may have to compile."""
    times, answering = [], Answering()
    for _ in range(4):
        start = time.thread_time()
        test = trial.task.sample(np.random.default_rng(0), TESTED)
        trial.task.score(test, answering.outputs(Work(trial.learner, trial.net, test, learn=False)))
        times.append((time.thread_time() - start) / test.n_steps)
    return min(times)


@dataclass(frozen=True)
class Estimate:
    """How long trials will take.

    Attributes
    ----------
    n : int
        Number of trials to be run.
    n_recorded : int
        Number of trials that are recorded already.
    n_jobs : int
        Number of processes.
    expected : float or None
        Seconds if every trial takes the paper's mean number of sequences; None if the paper has no such number.
    most : float
        Seconds if every trial goes to its cap.
    """

    n: int
    n_recorded: int
    n_jobs: int
    expected: float | None
    most: float

    def __str__(self) -> str:
        usual = ""
        if self.expected is not None:
            usual = f"{duration(self.expected)} if each takes the paper's mean number of sequences, "
        return (
            f"{self.n} {'trial' if self.n == 1 else 'trials'} to run, {self.n_recorded} recorded; "
            f"{usual}{duration(self.most)} if all go to their caps"
        )


def estimate(
    jobs: Sequence[Job],
    n_recorded: int,
    executor: Executor,
    n_jobs: int,
    n_lanes: int,
    say: Callable[[str], object] = lambda text: None,
) -> Estimate:
    """Estimate how long trials will take: measure the speed of every kind of them, for a moment.

    Parameters
    ----------
    jobs : sequence of Job
        What is to be run.
    n_recorded : int
        How many trials need not be run.
    executor : concurrent.futures.Executor
        What will run them.
    n_jobs : int
        Number of processes.
    n_lanes : int
        Number of trials side by side in a process.
    say : callable
        Told if it takes long because formulas are compiled.
    """
    kinds: dict[object, list[Job]] = {}
    for job in sorted(jobs, key=expected_steps):
        kinds.setdefault(job.kind or job.row, []).append(job)
    n = min(n_lanes, math.ceil(len(jobs) / n_jobs))
    speeds = []
    with TemporaryDirectory(prefix="lstm97-") as folder:
        sign = Path(folder, "compiling")
        for of_kind in kinds.values():
            chosen = of_kind[: n if of_kind[0].kind else 1]
            trials = [Trial(job.specification, job.trial, NO_CAP) for job in chosen]
            speeds.append(executor.submit(measure, trials, n_lanes, MEASURE, sign))
        while wait(speeds, PATIENCE).not_done:
            if sign.exists():
                say("getting ready: the first run on a machine compiles the formulas, once, for about half a minute")
                break
        wait(speeds)
    expected = most = 0.0
    for of_kind, speed in zip(kinds.values(), speeds, strict=True):
        training, testing = speed.result()
        besides = sum(OVERHEAD + testing * steps_of_test(job) for job in of_kind)
        expected += besides + training * sum(expected_steps(job) for job in of_kind)
        most += besides + training * sum(most_steps(job) for job in of_kind)
    n_busy = min(n_jobs, len(jobs)) or 1
    if isinstance(executor, ProcessPoolExecutor):  # more processes than cores share these
        n_busy = min(n_busy, available_cores())
    printed = all(math.isfinite(job.expected) for job in jobs)
    return Estimate(len(jobs), n_recorded, n_busy, expected / n_busy if printed else None, most / n_busy)
