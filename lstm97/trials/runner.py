"""Run trials in parallel, resumably: what is recorded is never run again."""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from lstm97.engine.side_by_side import LANES
from lstm97.experiments import Row
from lstm97.experiments.pairs import Pair, find
from lstm97.net.reading import named
from lstm97.results.provenance import commit
from lstm97.results.record import REPRODUCIBLE, SCHEMA, Record, is_done, under_cap
from lstm97.results.store import Store
from lstm97.trials.bar import Bar
from lstm97.trials.estimate import estimate, expected_steps
from lstm97.trials.slices import SLICE, Job, in_slices, versions
from lstm97.trials.trial import Outcome, run_trial, seed_sequence

#: Seconds between two looks at claims of other runners.
WAIT = 0.5


def record_of(job: Job, outcome: Outcome, seconds: float) -> Record:
    """Write down what a trial gave.

    Parameters
    ----------
    seconds : float
        That it took.

    Returns
    -------
    dict
        A record, see `lstm97.results.record.FIELDS`.
    """
    seed = seed_sequence(job.row, job.trial)
    optional: Record = {"milestones": outcome.milestones} if job.has_milestones else {}
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
        "versions": versions(),
        "commit": commit(),
        "seconds": round(seconds, 3),
    }


def plan(rows: Sequence[Row | Pair], reading: str, trials: int | None, first: int, cap: int | None) -> list[Job]:
    """List the trials of rows, or of pairs.

    Parameters
    ----------
    reading : str
        Name of a reading.
    trials : int or None
        Number of trials of each row; None for the paper's.
    first : int
        Number of the first trial.
    cap : int or None
        Sequences after which a trial is given up; None for the row's.
    """
    jobs = []
    for row in rows:
        specification = row.under(named(reading))
        for trial in range(first, first + (trials or row.n_trials)):
            jobs.append(Job(specification, reading, trial, cap or row.cap, row.expected, bool(row.milestones)))
    return jobs


def run(
    jobs: Sequence[Job],
    store: Store,
    executor: Executor,
    n_jobs: int,
    *,
    n_lanes: int = LANES,
    seconds: float = SLICE,
    show: bool = True,
) -> list[Record]:
    """Run every trial that has no record yet, and record it.

    Rows that take the fewest time steps come first. Each trial is claimed before it is started and recorded before
    the claim ends. If the runner is killed, at most the trials in flight are lost, and the next start runs them.
    Runners that share a store share the work.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Anything with its protocol; functions and trials are picklable.
    n_jobs : int
        Number of processes to keep busy.
    n_lanes : int
        Number of trials side by side in a process.
    seconds : float
        How long a process runs before its trials are regrouped.
    show : bool
        Whether to show an estimate and a progress bar on standard error.

    Returns
    -------
    list of dict
        The records of the trials that this call ran.

    Raises
    ------
    StoreError
        If the store can't be read or written.
    WorkerError
        If a worker has other versions than this process.
    """
    store.prepare()
    known = _recorded(jobs, store)
    todo = sorted((job for job in jobs if job not in known), key=expected_steps)
    new: list[Record] = []
    claims: dict[Job, ExitStack] = {}
    waiting: list[Job] = []  # another runner has them
    solved, steps = sum(under_cap(record, job.cap)[0] for job, record in known.items()), 0
    if show and todo:
        say = partial(print, file=sys.stderr, flush=True)
        say(estimate(todo, len(known), executor, n_jobs, n_lanes, say))
    bar = Bar(len(jobs), len(jobs) - len(todo), show)
    others = ""

    def show_progress() -> None:
        bar.show(f"{solved} solved, {tqdm.format_sizeof(steps)} steps")

    def begin(job: Job) -> bool:
        nonlocal solved
        with ExitStack() as claim:
            if not claim.enter_context(store.claim(job.row, job.reading, job.trial)):
                waiting.append(job)
                return False
            if job in (recorded := _recorded([job], store)):
                solved += under_cap(recorded[job], job.cap)[0]
                bar.advance()
                return False
            claims[job] = claim.pop_all()
        return True

    try:
        show_progress()
        while todo:
            for progress in in_slices(todo, executor, n_jobs, n_lanes, begin, seconds):
                for job, outcome, taken in progress.finished:
                    record = record_of(job, outcome, taken)
                    store.append(record)
                    claims.pop(job).close()
                    new.append(record)
                    solved += under_cap(record, job.cap)[0]
                    bar.advance()
                steps += progress.steps
                show_progress()
            todo, waiting = waiting, []
            if todo:
                if show and (now := _holders(todo, store)) != others:
                    others = now
                    bar.say(
                        f"waiting for {len(todo)} of the trials, which {others} has in hand; if it is suspended or "
                        "hangs, continue it or end it, and they are run here"
                    )
                time.sleep(WAIT)
                show_progress()
    finally:
        bar.close()
        for claim in claims.values():
            claim.close()
    return new


def _holders(jobs: Sequence[Job], store: Store) -> str:
    """Say who has claimed trials, by the first few of them."""
    named = dict.fromkeys(store.holder(job.row, job.reading, job.trial) for job in jobs[:20])
    return " and ".join(filter(None, named)) or "another runner"


def _recorded(jobs: Sequence[Job], store: Store) -> dict[Job, Record]:
    """Find the records that answer jobs, reading each row's records once."""
    recorded: dict[Job, Record] = {}
    for row, reading in dict.fromkeys((job.row, job.reading) for job in jobs):
        of_row = [job for job in jobs if (job.row, job.reading) == (row, reading)]
        records = {record["trial"]: record for record in store.records(row, reading, of_row[0].specification.hash)}
        recorded |= {
            job: records[job.trial] for job in of_row if job.trial in records and is_done(records[job.trial], job.cap)
        }
    return recorded


def differences(recorded: Record, again: Record) -> dict[str, tuple[Any, Any]]:
    """Compare what has to be the same in two records of a trial.

    Returns
    -------
    dict of str to tuple
        The fields that differ, with both values; empty if the trial was reproduced exactly.
    """
    return {
        name: (recorded.get(name), again.get(name)) for name in REPRODUCIBLE if recorded.get(name) != again.get(name)
    }


def reproduce(
    records: Sequence[Record], executor: Executor, n_jobs: int, *, n_lanes: int = LANES, seconds: float = SLICE
) -> Iterator[tuple[Record, Record]]:
    """Run recorded trials again.

    Parameters
    ----------
    executor, n_jobs, n_lanes, seconds
        As those of `run`.

    Yields
    ------
    recorded, again : dict
        In the order in which the trials end.
    """
    by_length = sorted(records, key=lambda record: record["steps"])
    of_job = dict(zip(jobs_of(by_length), by_length, strict=True))
    for progress in in_slices(tuple(of_job), executor, n_jobs, n_lanes, seconds=seconds):
        for job, outcome, taken in progress.finished:
            yield of_job[job], record_of(job, outcome, taken)


def jobs_of(records: Sequence[Record]) -> list[Job]:
    """Plan recorded trials once more, finding each row or pair once.

    Returns
    -------
    list of Job
        One for each record.
    """
    of_row: dict[tuple[str, str], Job] = {}
    for record in records:
        key = record["row"], record["reading"]
        if key not in of_row:
            (of_row[key],) = plan([find(record["row"])], record["reading"], 1, record["trial"], record["cap"])
    return [
        replace(of_row[record["row"], record["reading"]], trial=record["trial"], cap=record["cap"])
        for record in records
    ]


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
    """
    (job,) = jobs_of([record])
    outcome = run_trial(job.specification, job.trial, job.cap)
    return Rerun(record, outcome, differences(record, record_of(job, outcome, 0.0)))


def cheapest(records: Sequence[Record], n_steps: int) -> list[Record]:
    """Choose the solved trials that take the fewest time steps, as many as fit.

    Parameters
    ----------
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
