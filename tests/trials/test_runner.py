"""The runner resumes after kill -9, shares a store with another runner, and gives the same records either way."""

import dataclasses
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.killed_runner import N_TRIALS
from support.records import execute, job, record
from support.small_rows import Here, job_of, references, small_jobs, small_row

from lstm97.experiments import Specification, row
from lstm97.experiments.pairs import make_pair
from lstm97.results.store import Store
from lstm97.trials.executors import processes
from lstm97.trials.runner import cheapest, differences, plan, reproduce, rerun, run
from lstm97.trials.slices import Job, LostError

__all__ = ["small_row"]

N = 8
CAP = 700
COMMAND = [
    sys.executable,
    "-m",
    "lstm97.cli",
    "run",
    "table9/6a",
    "--trials",
    str(N),
    "--cap",
    str(CAP),
    "--jobs",
    "2",
    "--lanes",
    "2",
]


def start(store: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*COMMAND, "--store", str(store)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def recorded(store: Path) -> list[dict]:
    return [json.loads(line) for line in (store / "table9.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def reference() -> dict[int, dict]:
    """The records as they come out in this process, one after the other."""
    return {job.trial: execute(job) for job in plan([row("table9/6a")], "literal", N, 1, CAP)}


def check(store: Path, reference: dict[int, dict]) -> None:
    records = recorded(store)
    assert sorted(one["trial"] for one in records) == list(range(1, N + 1))
    for one in records:
        assert differences(reference[one["trial"]], one) == {}


def test_killed_again_and_again_nothing_is_lost_and_nothing_doubled(
    tmp_path: Path, reference: dict[int, dict]
) -> None:
    rng = random.Random(1)
    killed = 0
    for _ in range(3):
        runner = start(tmp_path)
        time.sleep(rng.uniform(1.0, 3.5))
        if runner.poll() is None:
            os.kill(runner.pid, signal.SIGKILL)
            killed += 1
        runner.communicate()
    assert killed > 0
    finish = start(tmp_path)
    _, errors = finish.communicate(timeout=120)
    assert finish.returncode == 0, errors.decode()
    check(tmp_path, reference)


def test_two_runners_on_one_store_share_the_work(tmp_path: Path, reference: dict[int, dict]) -> None:
    runners = [start(tmp_path), start(tmp_path)]
    for runner in runners:
        _, errors = runner.communicate(timeout=120)
        assert runner.returncode == 0, errors.decode()
    check(tmp_path, reference)


def test_interrupted_it_says_so_and_the_store_is_whole(tmp_path: Path) -> None:
    runner = start(tmp_path)
    while not (tmp_path / "table9.jsonl").exists():
        time.sleep(0.05)
    os.kill(runner.pid, signal.SIGINT)
    _, errors = runner.communicate(timeout=60)
    if runner.returncode != 0:  # it may have finished first
        assert runner.returncode == 130
        assert b"interrupted" in errors
        assert b"Traceback" not in errors
    for one in recorded(tmp_path):
        assert one["sequences"] == CAP


def test_only_what_has_no_record_is_run_by_any_executor(tmp_path: Path, reference: dict[int, dict]) -> None:
    store = Store(tmp_path)
    store.append(reference[2])
    executor = Here()
    jobs = plan([row("table9/6a")], "literal", 3, 1, CAP)
    new = run(jobs, store, executor, 2, show=False)
    assert executor.groups == [[("table9/6a", 1)], [("table9/6a", 3)]]
    assert [one["trial"] for one in new] == [1, 3]
    assert run(jobs, store, executor, 1, show=False) == []
    # A larger cap asks again for trials that failed at a smaller one.
    assert len(run(plan([row("table9/6a")], "literal", 1, 1, CAP + 1), store, executor, 1, show=False)) == 1


def test_killed_fifty_times_nothing_is_lost_doubled_or_broken(tmp_path: Path, small_row: None) -> None:
    expected = references(small_jobs(N_TRIALS))
    for n_runners in (1, 2):
        store = tmp_path / str(n_runners)
        store.mkdir()
        command = [sys.executable, "-W", "error", "-m", "support.killed_runner", str(store), str(n_runners), "50"]
        here = Path(__file__).parents[1]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=here)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "50\n"  # all of them were at work when they were killed
        records = list(Store(store).lines("table7"))
        assert sorted(one["trial"] for one in records) == list(range(1, N_TRIALS + 1))
        assert any(one["success"] for one in records)
        for one in records:
            assert differences(expected[job_of(one)], one) == {}


def test_a_worker_that_dies_is_reported_and_what_is_recorded_stays(tmp_path: Path, small_row: None) -> None:
    store, jobs = Store(tmp_path), small_jobs(6)
    endless = job("table9/6a", "literal", 1, 10**9)

    def kill_a_worker_after_the_first_records(pool: ProcessPoolExecutor) -> None:
        while not store.path("table7").exists():
            time.sleep(0.02)
        os.kill(next(iter(pool._processes)), signal.SIGKILL)

    def run_with_a_killer() -> None:
        with processes(1) as pool:
            assert isinstance(pool, ProcessPoolExecutor)
            threading.Thread(target=kill_a_worker_after_the_first_records, args=(pool,)).start()
            run([*jobs, endless], store, pool, 1, seconds=0.1, show=False)

    with pytest.raises(LostError, match="a process that ran trials died"):
        run_with_a_killer()
    assert len(list(store.lines("table7"))) == len(jobs)
    with store.claim(endless.row, endless.reading, endless.trial) as free:
        assert free


def test_trials_of_a_runner_that_died_are_taken_over(tmp_path: Path, small_row: None) -> None:
    store, (job, *_) = Store(tmp_path), small_jobs(1)
    store.prepare()
    other = ExitStack()
    assert other.enter_context(store.claim(job.row, job.reading, job.trial))
    threading.Timer(0.7, other.close).start()
    assert [record["trial"] for record in run([job], store, Here(), 1, show=False)] == [1]


def test_rows_that_take_less_come_first(tmp_path: Path) -> None:
    chosen = [dataclasses.replace(row(name), n_test=10) for name in ("table7/T500", "table9/6a", "table7/T100")]
    new = run(plan(chosen, "literal", 1, 1, 40), Store(tmp_path), Here(), 1, n_lanes=1, show=False)
    assert [record["row"] for record in new] == ["table9/6a", "table7/T100", "table7/T500"]


def test_a_difference_is_seen(reference: dict[int, dict]) -> None:
    one = reference[1]
    assert differences(one, json.loads(json.dumps(one))) == {}
    nudged = one | {"test": one["test"] | {"mse": one["test"]["mse"] * (1 + 1e-15)}}
    assert set(differences(one, nudged)) == {"test"}
    assert differences(one, one | {"seconds": 0.0, "commit": "other"}) == {}


def test_the_plan_is_the_papers_trials_and_the_rows_cap() -> None:
    jobs = plan([row("table9/6b")], "institute", None, 1, None)
    assert [job.trial for job in jobs] == list(range(1, 11))
    assert {job.cap for job in jobs} == {5_000_000}
    assert [job.trial for job in plan([row("table9/6b")], "literal", 2, 5, 10)] == [5, 6]


def test_a_specification_is_made_once_for_all_trials_of_a_row_or_a_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    check = Specification.__post_init__

    def noted(specification: Specification) -> None:
        made.append(specification.row)
        check(specification)

    pair = make_pair("parity:T=3", "guessing")
    monkeypatch.setattr(Specification, "__post_init__", noted)
    jobs = plan([row("table9/6a"), pair], "literal", 4, 1, 20)
    new = run(jobs, Store(tmp_path), Here(), 1)  # with an estimate
    assert len(new) == 8
    assert made == ["table9/6a", pair.name]
    made.clear()
    assert all(not differences(*both) for both in reproduce(new, Here(), 1))
    assert sorted(made) == ["table9/6a", pair.name, pair.name]  # a pair is checked when it is found by its name


def test_jobs_are_told_apart_and_go_to_other_processes() -> None:
    jobs = [*plan([row("table9/6a"), row("table1/cascade")], "literal", 2, 1, 20), *small_variations()]
    assert len(set(jobs)) == len(jobs)
    again = pickle.loads(pickle.dumps(jobs))
    assert again == jobs
    assert list(map(hash, again)) == list(map(hash, jobs))


def small_variations() -> list[Job]:
    """Jobs that differ from the first of Task 6a in one thing each."""
    (one,) = plan([row("table9/6a")], "literal", 1, 1, 20)
    (other,) = plan([row("table9/6a")], "institute", 1, 1, 20)
    return [other, dataclasses.replace(one, trial=9), dataclasses.replace(one, cap=30)]


def test_a_rerun_equals_its_record_and_a_changed_record_is_noticed() -> None:
    recorded = execute(job("table9/6a", "literal", 3, 600))
    again = rerun(recorded)
    assert again.differences == {}
    assert again.outcome.test == recorded["test"]
    assert again.outcome.net.weights.w.any()
    assert list(rerun({**recorded, "steps": recorded["steps"] + 1}).differences) == ["steps"]


def test_cheapest_takes_as_many_solved_trials_as_fit() -> None:
    records = [record(1, 500), record(2, 100), record(3, 300), record(4, 50, success=False)]
    assert [one["trial"] for one in cheapest(records, 40_000)] == [2, 3]
    assert [one["trial"] for one in cheapest(records, 1)] == [2]
    assert [one["trial"] for one in cheapest(records, 10**9)] == [1, 2, 3]
    with pytest.raises(ValueError, match="no record of a solved trial"):
        cheapest(records[3:], 10**9)


def test_the_bar_is_drawn_after_every_slice_even_when_trials_ended_together_before(
    tmp_path: Path, small_row: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = (
        plan([row("table9/6a")], "literal", n, first, cap) for cap, first, n in ((10, 1, 4), (4_000, 5, 2))
    )
    executor = Here()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run([*short, *long], Store(tmp_path), executor, 1, seconds=0.0)
    drawn = {line.rpartition(", ")[2] for line in capsys.readouterr().err.split("\r") if "steps]" in line}
    assert len(drawn) >= len(executor.groups) > 8  # each with its own number of steps
