"""The estimate of a run's length: steps from the paper's numbers and from caps, seconds from a measurement."""

import os
import subprocess
import sys
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest
from support.prose import tells
from support.small_rows import Here, small_jobs, small_row

from lstm97.command.errors import UsageError
from lstm97.command.run import executor_of
from lstm97.experiments import row, rows
from lstm97.tasks import Batch
from lstm97.trials.estimate import (
    OVERHEAD,
    Estimate,
    Speed,
    estimate,
    expected_steps,
    mean_length,
    measure,
    most_steps,
    steps_of_test,
)
from lstm97.trials.executors import available_cores, processes
from lstm97.trials.runner import plan
from lstm97.trials.slices import Job
from lstm97.trials.trial import Trial

__all__ = ["small_row"]


def job(name: str, cap: int | None = None) -> Job:
    return plan([row(name)], "literal", 1, 1, cap)[0]


def test_mean_length_is_about_the_papers() -> None:
    assert 100 <= mean_length(job("table7/T100").specification.task_of(1)) <= 110
    assert mean_length(job("table2/2a").specification.task_of(1)) == 100


def test_expected_steps_follow_the_papers_mean() -> None:
    length = mean_length(job("table7/T100").specification.task_of(1))
    assert expected_steps(job("table7/T100")) == pytest.approx(74_000 * length)
    assert expected_steps(job("table7/T100", cap=1000)) == most_steps(job("table7/T100", cap=1000)) == 1000 * length
    # The 10,000 sequences of the criterion are presented, though not counted.
    assert expected_steps(job("table2/2a")) == (5040 + 10_000) * 100


def test_no_row_is_expected_to_take_more_than_its_cap() -> None:
    for name in rows():
        assert 0 < expected_steps(job(name)) <= most_steps(job(name))


def test_a_trial_is_tested_at_its_end_and_at_a_stop_before() -> None:
    length = mean_length(job("table8/T100").specification.task_of(1))
    assert steps_of_test(job("table8/T100")) == 2 * 2560 * length
    assert steps_of_test(job("table8/T100", cap=1000)) == 2560 * length
    assert steps_of_test(job("table7/T100")) == 2560 * mean_length(job("table7/T100").specification.task_of(1))


def test_measure_gives_seconds_for_each_step(tmp_path: Path) -> None:
    trials = [job("table9/6a").start() for _ in range(2)]
    speed = measure(trials, 2, 0.05, tmp_path / "sign")
    assert 1e-9 < speed.training < 1e-4
    assert 1e-9 < speed.testing < 1e-4


def test_tests_have_a_speed_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A learner that predicts slowly slows the tests down, not the training."""
    now = [0.0]
    trial = job("table9/6a").start()

    def work(trials: list[Trial], n_lanes: int, deadline: float) -> None:
        trials[0].steps += 10
        now[0] += 1.0

    class Slow:
        def predict(self, net: object, batch: Batch) -> np.ndarray:
            now[0] += 5.0 * batch.n_steps
            return batch.targets

    monkeypatch.setattr("lstm97.trials.estimate.side_by_side", work)
    monkeypatch.setattr("lstm97.trials.estimate.time.thread_time", lambda: now[0])
    trial.learner = Slow()  # type: ignore[assignment]
    assert measure([trial], 1, 0.0, tmp_path / "sign") == (0.1, 5.0)


def test_measure_ends_with_trials_that_end(small_row: None, tmp_path: Path) -> None:
    trials = [one.start() for one in small_jobs(4)]
    assert 1e-9 < measure(trials, 4, 60.0, tmp_path / "sign").training < 1e-3
    assert all(trial.outcome is not None for trial in trials)


def test_what_is_made_once_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As when formulas are compiled, in the first round, or in a later one that has some of its own."""

    def costs(slow: int) -> float:
        times = iter(range(1000))
        now = [0.0]

        def work(trials: list[Trial], n_lanes: int, deadline: float) -> None:
            i = next(times)
            trials[0].steps += 10
            now[0] += 60.0 if i in (0, slow) else 1.0

        monkeypatch.setattr("lstm97.trials.estimate.side_by_side", work)
        monkeypatch.setattr("lstm97.trials.estimate.time.thread_time", lambda: now[0])
        return measure([job("table9/6a").start()], 1, 0.0, tmp_path / "sign").training

    assert costs(slow=1) == costs(slow=2) == 0.1


def test_estimate_adds_up_kinds_and_divides_by_processes(small_row: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm97.trials.estimate.measure", _microseconds)
    jobs = [*small_jobs(4), job("table1/3x2-0.5"), job("table9/6a")]
    executor = Here()
    found = estimate(jobs, 3, executor, 2, 2)
    assert [len(group) for group in executor.groups] == [2, 1, 1]
    assert (found.n, found.n_recorded) == (6, 3)
    besides = sum(OVERHEAD + steps_of_test(one) * 2e-6 for one in jobs)
    assert besides > 6 * OVERHEAD
    assert found.expected == pytest.approx((besides + sum(map(expected_steps, jobs)) * 1e-6) / 2)
    assert found.most == pytest.approx((besides + sum(map(most_steps, jobs)) * 1e-6) / 2)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no processor affinity")
def test_processes_share_the_cores_that_they_may_use(small_row: None) -> None:
    cores = os.sched_getaffinity(0)
    assert available_cores() == len(cores)
    jobs = small_jobs(4)
    try:
        os.sched_setaffinity(0, {min(cores)})
        assert available_cores() == 1
        with executor_of(Namespace(dask=None, jobs=None), 4) as (_, n_jobs):
            assert n_jobs == 1
        with pytest.raises(UsageError, match="there are 1 for this process: give at most 4"):
            executor_of(Namespace(dask=None, jobs=5), 4).__enter__()
        with processes(2) as executor:
            assert estimate(jobs, 0, executor, 2, 1).n_jobs == 1
    finally:
        os.sched_setaffinity(0, cores)


@pytest.mark.parametrize(("patience", "compiles", "n"), [(0.01, True, 1), (0.01, False, 0), (60.0, True, 0)])
def test_who_waits_while_formulas_are_compiled_is_told_so(
    monkeypatch: pytest.MonkeyPatch, small_row: None, patience: float, compiles: bool, n: int
) -> None:
    def slowly(trials: object, n_lanes: int, seconds: float) -> Speed:
        if compiles:
            numba.njit(lambda x: x + 1)(1)
        time.sleep(0.2)
        return Speed(1e-6, 2e-6)

    said: list[str] = []
    monkeypatch.setattr("lstm97.trials.estimate.PATIENCE", patience)
    monkeypatch.setattr("lstm97.trials.estimate._measure", slowly)
    with ThreadPoolExecutor(1) as executor:
        estimate(small_jobs(1), 0, executor, 1, 1, said.append)
    assert len(said) == n
    assert all("compiles" in text for text in said)


def test_machine_code_that_is_on_disk_is_not_called_compiling(tmp_path: Path) -> None:
    """Loaded by a process that has not used it; the first one may have to compile it."""
    code = (
        "import sys; from pathlib import Path; from lstm97.trials.estimate import compiling_noted\n"
        "from lstm97.net.activations import f\n"
        "with compiling_noted(Path(sys.argv[1])): f(0.5)"
    )
    for sign in (tmp_path / "perhaps", tmp_path / "never"):
        subprocess.run([sys.executable, "-c", code, str(sign)], check=True)
    assert not sign.exists()


def _microseconds(trials: object, n_lanes: int, seconds: float, sign: Path) -> Speed:
    return Speed(training=1e-6, testing=2e-6)


def test_the_estimate_in_words() -> None:
    assert tells(str(Estimate(270, 30, 2, 5 * 3600.0, 3 * 86400.0)), "270 trials", "30", "5 hours", "3 days", "caps")
    assert tells(str(Estimate(1, 0, 1, 0.2, 100.0)), "1 trial", "0", "a second", "1.7 minutes")
