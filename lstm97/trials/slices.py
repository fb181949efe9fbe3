"""Running many trials in slices of a few seconds, regrouped in between, by any executor.

A slice is a plain function call: trials go in, the same trials come out, advanced. The parent holds every trial's
state between slices. So processes on this machine and a cluster are driven in the same way, a slice that is lost with
a worker can be run again, and the places of finished trials are filled. What a trial gives depends on none of it.
"""

import hashlib
import math
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import lstm97
from lstm97.engine.side_by_side import LANES, block_size, kind, side_by_side
from lstm97.experiments import Specification
from lstm97.trials.trial import Outcome, Trial

#: Seconds that a slice takes.
SLICE = 5.0


class WorkerError(Exception):
    """Trials can't be run; the message names the reason and the way out."""


class LostError(WorkerError):
    """What ran trials was lost while it did."""


@dataclass(frozen=True)
class Job:
    """A trial to be run.

    Attributes
    ----------
    specification : Specification
        What the trial is; those of a row under a reading share it.
    reading : str
        Name of the reading.
    trial : int
        From 1.
    cap : int
        Number of sequences after which it is given up.
    expected : float
        Number of sequences that the row is expected to take.
    has_milestones : bool
        Whether its record tells of stops before the last.
    """

    specification: Specification
    reading: str
    trial: int
    cap: int
    expected: float = field(compare=False)
    has_milestones: bool = field(compare=False)

    @property
    def row(self) -> str:
        """Name of the row, or of the pair of task and learner."""
        return self.specification.row

    @property
    def kind(self) -> Hashable | None:
        """What it shares with trials that can be run side by side: see `lstm97.engine.side_by_side.kind`."""
        return kind(self.specification.learner_of(self.trial), self.specification.task_of(self.trial))

    def start(self) -> Trial:
        """Make the trial."""
        return Trial(self.specification, self.trial, self.cap)


@cache
def versions() -> dict[str, str]:
    """Name the versions of what computes a trial.

    Returns
    -------
    dict of str to str
        As records have it.
    """
    packages = {name: version(name) for name in ("lstm97", "numba", "numpy")}
    return {"python": ".".join(map(str, sys.version_info[:3])), **packages}


@cache
def _source() -> str:
    """Hash the package's source."""
    digest, package = hashlib.sha256(), Path(lstm97.__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def software() -> dict[str, str]:
    """Name the versions of what computes a trial, and hash this package's source."""
    return versions() | {"source": _source()}


class Slice(NamedTuple):
    """What comes back from a slice.

    Attributes
    ----------
    trials : list of Trial
        Advanced; those that are over have their outcome.
    seconds : list of float
        Each trial's share of the computing time, by its time steps.
    software : dict of str to str
        Versions of what computed it, and a hash of this package's source.
    """

    trials: list[Trial]
    seconds: list[float]
    software: dict[str, str]


def advance(trials: list[Trial], n_lanes: int, seconds: float) -> Slice:
    """Run trials for a while. This is what an executor is given.

    Parameters
    ----------
    trials : list of Trial
        Of one kind.
    n_lanes : int
        See `side_by_side`.
    seconds : float
        About how long; each trial advances by at least one work.
    """
    before = [trial.steps for trial in trials]
    start = time.perf_counter()
    side_by_side(trials, n_lanes, start + seconds)
    taken = time.perf_counter() - start
    steps = [1 + trial.steps - earlier for trial, earlier in zip(trials, before, strict=True)]
    return Slice(trials, [taken * n / sum(steps) for n in steps], software())


class Finished(NamedTuple):
    """A trial that is over: its job, its outcome, and its share of computing time."""

    job: Job
    outcome: Outcome
    seconds: float


class Progress(NamedTuple):
    """What a slice brought: the trials that are over, and the number of time steps."""

    finished: list[Finished]
    steps: int


@dataclass(eq=False)
class _Entry:
    """A job in line, and how far it has come."""

    place: int
    job: Job
    kind: Hashable | None
    trial: Trial | None = None
    steps: int = 0
    seconds: float = 0.0


def _group(line: list[_Entry], n: int, begin: Callable[[Job], bool]) -> list[_Entry]:
    """Take up to `n` trials of one kind out of the line: the first kind that fills its lanes, or else the first.

    A block of lanes takes as long whether they are all busy or not, so no more are taken than fill blocks. Trials
    under way go before others, those that have come least far first; so do others too few to fill a block, which at
    the end would run by themselves.
    """
    group: list[_Entry] = []
    while line and not group:
        kinds: dict[Hashable, list[_Entry]] = {}
        for entry in line:
            kinds.setdefault(entry if entry.kind is None else entry.kind, []).append(entry)
        full = block_size()
        fills = (of_kind for of_kind in kinds.values() if len(of_kind) >= min(n, full) or of_kind[0].kind is None)
        of_kind = next(fills, next(iter(kinds.values())))
        most = min(n, len(of_kind))
        few = sum(entry.trial is None for entry in of_kind) < min(n, full)
        in_order = sorted(of_kind, key=lambda entry: (entry.trial is None and not few, entry.steps, entry.place))
        for entry in in_order[: most - most % full if most > full else most]:
            line.remove(entry)
            if entry.trial is None:
                if not begin(entry.job):
                    continue
                entry.trial = entry.job.start()
            group.append(entry)
    return group


def in_slices(
    jobs: Sequence[Job],
    executor: Executor,
    n_jobs: int,
    n_lanes: int = LANES,
    begin: Callable[[Job], bool] = lambda job: True,
    seconds: float = SLICE,
) -> Iterator[Progress]:
    """Run trials to their ends.

    Those of one kind that run together are as many as there are lanes, but no more than one process' share of all
    trials left, so that none is idle while another has many; and they fill blocks of lanes, if they are enough.

    Parameters
    ----------
    jobs : sequence of Job
        In the order in which results are wanted.
    executor : concurrent.futures.Executor
        Anything with its protocol.
    n_jobs : int
        Number of slices at a time.
    n_lanes : int
        Number of trials in a slice.
    begin : callable
        Asked when a job's turn comes; if it says no, the job is left out.
    seconds : float
        How long a slice takes.

    Yields
    ------
    Progress
        After each slice.

    Raises
    ------
    WorkerError
        If a worker has other versions than this process.
    """
    line = [_Entry(place, job, job.kind) for place, job in enumerate(jobs)]
    in_flight: dict[Future[Slice], list[_Entry]] = {}
    while line or in_flight:
        while len(in_flight) < n_jobs:
            n = math.ceil((len(line) + sum(map(len, in_flight.values()))) / n_jobs)
            group = _group(line, max(1, min(n, n_lanes)), begin)
            if not group:
                break
            trials = [entry.trial for entry in group if entry.trial is not None]
            in_flight[executor.submit(advance, trials, n_lanes, seconds)] = group
        done = wait(in_flight, return_when=FIRST_COMPLETED).done
        for future in [future for future in in_flight if future in done]:  # in the order of their start
            group, advanced = in_flight.pop(future), future.result()
            check(advanced.software)
            finished, steps = [], 0
            for entry, trial, share in zip(group, advanced.trials, advanced.seconds, strict=True):
                steps += trial.steps - entry.steps
                entry.trial, entry.steps, entry.seconds = trial, trial.steps, entry.seconds + share
                if trial.outcome is not None:
                    finished.append(Finished(entry.job, trial.outcome, entry.seconds))
                else:
                    line.append(entry)
            line.sort(key=lambda entry: entry.place)
            yield Progress(finished, steps)


def check(theirs: dict[str, str]) -> None:
    """Check that a worker computes with the same software as this process.

    Parameters
    ----------
    theirs : dict of str to str
        What `software` says there.

    Raises
    ------
    WorkerError
        If not: records would name what did not compute them.
    """
    for name, ours in software().items():
        if theirs.get(name) != ours:
            raise WorkerError(
                f"a worker has another {'source of lstm97' if name == 'source' else f'version of {name}'} "
                f"({theirs.get(name)}) than this process ({ours}): records would name what did not compute them; "
                "install the same everywhere"
            )
