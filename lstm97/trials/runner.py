"""Run trials in parallel, resumably: what is recorded is never run again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from lstm97.experiments import Row, Specification
from lstm97.experiments import row as find_row
from lstm97.reading import named
from lstm97.trials.store import REPRODUCIBLE, SCHEMA, Record, Store, is_done
from lstm97.trials.trial import Outcome, run_trial, seed_sequence


@dataclass(frozen=True)
class Job:
    """A trial to be run: names and numbers only, so that it travels to any process."""

    row: str
    reading: str
    trial: int
    cap: int

    @property
    def specification(self) -> Specification:
        """What the trial is."""
        return find_row(self.row).under(named(self.reading))


@cache
def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("lstm97", "numba", "numpy")}
    return {"python": ".".join(map(str, sys.version_info[:3])), **packages}


@cache
def _commit() -> str | None:
    """Name the commit of the source, with a mark if the package was changed since."""
    package = Path(__file__).parent.parent
    command = ["git", "-C", str(package), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def execute(job: Job) -> Record:
    """Run a trial and write its record.

    Parameters
    ----------
    job : Job

    Returns
    -------
    dict
        A record, see `lstm97.trials.store.FIELDS`.
    """
    start = time.perf_counter()
    outcome = run_trial(job.specification, job.trial, job.cap)
    return _record(job, outcome, time.perf_counter() - start)


def _record(job: Job, outcome: Outcome, seconds: float) -> Record:
    seed = seed_sequence(job.row, job.trial)
    optional: Record = {"milestones": outcome.milestones} if find_row(job.row).milestones else {}
    if outcome.presented != outcome.sequences:
        optional["presented"] = outcome.presented
    return optional | {
        "schema": SCHEMA,
        "row": job.row,
        "reading": job.reading,
        "trial": job.trial,
        "seeds": {"entropy": str(seed.entropy), "spawn_key": list(seed.spawn_key)},
        "success": outcome.success,
        "sequences": outcome.sequences,
        "steps": outcome.steps,
        "cap": job.cap,
        "test": outcome.test,
        "curve": outcome.curve,
        "specification": job.specification.hash,
        "versions": _versions(),
        "commit": _commit(),
        "seconds": round(seconds, 3),
    }


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextmanager
def processes(n: int) -> Iterator[Executor]:
    """Make an executor of `n` processes; when left by an exception, their trials are given up at once.

    Parameters
    ----------
    n : int

    Yields
    ------
    concurrent.futures.Executor
    """
    # Spawned processes inherit no locks, so that a killed runner's claims end with it.
    pool = ProcessPoolExecutor(n, mp_context=get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def plan(rows: Sequence[Row], reading: str, trials: int | None, first: int, cap: int | None) -> list[Job]:
    """List the trials of rows.

    Parameters
    ----------
    rows : sequence of Row
    reading : str
        Name of a reading.
    trials : int or None
        Number of trials of each row; None for the paper's.
    first : int
        Number of the first trial.
    cap : int or None
        Sequences after which a trial is given up; None for the row's.

    Returns
    -------
    list of Job
    """
    return [
        Job(row.name, reading, trial, cap or row.cap)
        for row in rows
        for trial in range(first, first + (trials or row.n_trials))
    ]


def run(jobs: Sequence[Job], store: Store, executor: Executor, n_jobs: int, *, show: bool = True) -> list[Record]:
    """Run every trial that has no record yet, and record it.

    Each trial is claimed before it is started and recorded before the claim ends. If the runner is killed, at most
    the trials in flight are lost, and the next start runs them. Runners that share a store share the work.

    Parameters
    ----------
    jobs : sequence of Job
    store : Store
    executor : concurrent.futures.Executor
        Anything with its protocol; functions and jobs are picklable.
    n_jobs : int
        Number of trials in flight.
    show : bool
        Whether to show a progress bar on standard error.

    Returns
    -------
    list of dict
        The records of the trials that this call ran.

    Raises
    ------
    StoreError
        If the store can't be read or written.
    """
    store.prepare()
    known = _recorded(jobs, store)
    todo = [job for job in jobs if job not in known]
    new: list[Record] = []
    solved = sum(record["success"] for record in known.values())
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(todo), unit="trial", disable=not show, smoothing=0.1)
    bar.set_postfix(solved=solved)
    in_flight: dict[Future[Record], ExitStack] = {}
    waiting: list[Job] = []
    try:
        while todo or in_flight or waiting:
            while todo and len(in_flight) < n_jobs:
                job = todo.pop(0)
                claim = ExitStack()
                if not claim.enter_context(store.claim(job.row, job.reading, job.trial)):
                    waiting.append(job)  # another runner has it
                    continue
                if job in (known := _recorded([job], store)):
                    claim.close()
                    solved += known[job]["success"]
                    bar.set_postfix(solved=solved, refresh=False)
                    bar.update()
                    continue
                in_flight[executor.submit(execute, job)] = claim
            if in_flight:
                finished, _ = wait(in_flight, return_when=FIRST_COMPLETED)
                for future in finished:
                    record = future.result()
                    store.append(record)
                    in_flight.pop(future).close()
                    new.append(record)
                    solved += record["success"]
                    bar.set_postfix(solved=solved, refresh=False)
                    bar.update()
            elif waiting:
                time.sleep(0.5)
            if not todo and waiting and not in_flight:
                todo, waiting = waiting, []
    finally:
        bar.close()
        for claim in in_flight.values():
            claim.close()
    return new


def _recorded(jobs: Sequence[Job], store: Store) -> dict[Job, Record]:
    """Find the records that answer jobs, reading each row's records once."""
    found: dict[Job, Record] = {}
    for row, reading in dict.fromkeys((job.row, job.reading) for job in jobs):
        of_row = [job for job in jobs if (job.row, job.reading) == (row, reading)]
        records = {record["trial"]: record for record in store.records(row, reading, of_row[0].specification.hash)}
        found |= {
            job: records[job.trial] for job in of_row if job.trial in records and is_done(records[job.trial], job.cap)
        }
    return found


def differences(recorded: Record, again: Record) -> dict[str, tuple[Any, Any]]:
    """Compare what has to be the same in two records of a trial.

    Parameters
    ----------
    recorded, again : dict

    Returns
    -------
    dict of str to tuple
        The fields that differ, with both values; empty if the trial was reproduced exactly.
    """
    return {
        name: (recorded.get(name), again.get(name)) for name in REPRODUCIBLE if recorded.get(name) != again.get(name)
    }


@dataclass(frozen=True)
class Rerun:
    """A recorded trial, run again.

    Attributes
    ----------
    record : dict
        As it was recorded.
    outcome : Outcome
        What came out now, with the trained net.
    differences : dict
        From `differences`; empty if the trial was reproduced exactly.
    """

    record: Record
    outcome: Outcome
    differences: dict[str, tuple[Any, Any]]


def rerun(record: Record) -> Rerun:
    """Run a recorded trial again, and compare.

    Records hold no weights; this is the way to a recorded trial's trained net.

    Parameters
    ----------
    record : dict

    Returns
    -------
    Rerun
    """
    job = Job(record["row"], record["reading"], record["trial"], record["cap"])
    outcome = run_trial(job.specification, job.trial, job.cap)
    return Rerun(record, outcome, differences(record, _record(job, outcome, 0.0)))


def cheapest(records: Sequence[Record], n_steps: int) -> list[Record]:
    """Choose the solved trials that take the fewest time steps, as many as fit.

    Parameters
    ----------
    records : sequence of dict
    n_steps : int
        Time steps that all of them together may take. One trial is chosen in any case.

    Returns
    -------
    list of dict
        By the trial's number.

    Raises
    ------
    ValueError
        If no trial was solved.
    """
    solved = sorted((record for record in records if record["success"]), key=lambda record: record["steps"])
    if not solved:
        raise ValueError("cheapest: no record of a solved trial; run some with 'lstm97 run ROW'")
    total = np.cumsum([record["steps"] for record in solved])
    chosen = solved[: max(1, int(np.count_nonzero(total <= n_steps)))]
    return sorted(chosen, key=lambda record: record["trial"])
