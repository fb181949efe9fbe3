"""Rows whose trials take milliseconds, some of which are solved."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from lstm97 import experiments
from lstm97.experiments import row, rows
from lstm97.results.record import Record
from lstm97.trials.runner import jobs_of, plan
from lstm97.trials.slices import Job
from support.records import execute

SMALL = "table7/small"
CAP = 60


#: The file with the row.
FOLDER = str(Path(__file__).parent / "rows")


def add_small_row() -> None:
    """Add a row to those that the package finds, in its own way: a file with it."""
    experiments.__path__.append(FOLDER)
    rows.cache_clear()


def small_jobs(n: int) -> list[Job]:
    return plan([row(SMALL)], "literal", n, 1, CAP)


def references(jobs: Sequence[Job]) -> dict[Job, Record]:
    """Run each trial by itself."""
    return {job: execute(job) for job in jobs}


def job_of(record: Record) -> Job:
    return jobs_of([record])[0]


class Here(Executor):
    """An executor that runs in this process, through pickles as other processes do, and notes what it was given."""

    def __init__(self, change: Callable[[Any], Any] = lambda result: result) -> None:
        self.groups: list[list[tuple[str, int]]] = []
        self._change = change

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        trials, *rest = pickle.loads(pickle.dumps(args))
        self.groups.append([(trial.specification.row, trial.number) for trial in trials])
        future: Future[Any] = Future()
        future.set_result(pickle.loads(pickle.dumps(self._change(fn(trials, *rest, **kwargs)))))
        return future


@pytest.fixture
def small_row() -> Iterator[None]:
    add_small_row()
    yield
    experiments.__path__.remove(FOLDER)
    rows.cache_clear()
