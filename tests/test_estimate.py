"""The estimate of a run's length: steps from the paper's numbers and from caps, seconds from a measurement."""

import pytest
from small_rows import Here, small_jobs, small_row

from lstm97.experiments import row, rows
from lstm97.trials.estimate import Estimate, estimate, expected_steps, mean_length, measure, most_steps
from lstm97.trials.slices import Job

__all__ = ["small_row"]


def job(name: str, cap: int | None = None) -> Job:
    return Job(name, "literal", 1, cap or row(name).cap)


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


def test_measure_gives_seconds_for_each_step() -> None:
    trials = [job("table9/6a").start() for _ in range(2)]
    assert 1e-9 < measure(trials, 2, 0.05) < 1e-4


def test_estimate_adds_up_kinds_and_divides_by_processes(small_row: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm97.trials.estimate.measure", _a_microsecond)
    jobs = [*small_jobs(4), job("table1/3x2-0.5"), job("table9/6a")]
    executor = Here()
    found = estimate(jobs, 3, executor, 2, 2)
    assert [len(group) for group in executor.groups] == [2, 1, 1]
    assert (found.n, found.n_recorded) == (6, 3)
    assert found.expected == pytest.approx(sum(map(expected_steps, jobs)) * 1e-6 / 2)
    assert found.most == pytest.approx(sum(map(most_steps, jobs)) * 1e-6 / 2)


def _a_microsecond(trials: object, n_lanes: int, seconds: float) -> float:
    return 1e-6


def test_the_estimate_in_words() -> None:
    assert str(Estimate(270, 30, 2, 5 * 3600.0, 3 * 86400.0)) == (
        "270 trials to run, 30 recorded; 5 hours if each takes the paper's mean number of sequences, "
        "3 days if all go to their caps"
    )
    assert str(Estimate(1, 0, 1, 0.2, 100.0)).startswith("1 trial to run, 0 recorded; a second if")
    assert "1.7 minutes" in str(Estimate(1, 0, 1, 0.2, 100.0))
