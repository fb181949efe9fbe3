"""Rows whose trials take milliseconds, some of which are solved."""

import dataclasses
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from lstm97.experiments import row, rows
from lstm97.experiments.stopping import ST3
from lstm97.results.record import Record
from lstm97.trials.slices import Job
from support.records import execute

SMALL = "table7/small"
CAP = 60


def add_small_row() -> None:
    """Add a row: the adding problem with a criterion that an untrained net may meet soon."""
    rows()[SMALL] = dataclasses.replace(row("table7/T100"), name=SMALL, stop=ST3(1.0, 3), n_test=10)


def small_jobs(n: int) -> list[Job]:
    return [Job(SMALL, "literal", trial, CAP) for trial in range(1, n + 1)]


def references(jobs: Sequence[Job]) -> dict[Job, Record]:
    """Run each trial by itself."""
    return {job: execute(job) for job in jobs}


def job_of(record: Record) -> Job:
    return Job(record["row"], record["reading"], record["trial"], record["cap"])


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
def small_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rows(), SMALL, row("table7/T100"))
    add_small_row()
