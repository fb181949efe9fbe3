"""Intervals agree with known values, and the verdict follows its one rule."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from records import record

from lstm97.experiments import row
from lstm97.trials.statistics import (
    bootstrap_mean,
    course,
    evidence,
    first_below,
    scoreboard,
    summarise,
    summarise_table,
    wilson,
)
from lstm97.trials.store import Store

PAPER = row("table9/6a").paper.sequences


def trials(*sequences: float, failures: int = 0):
    n = len(sequences)
    cap = row("table9/6a").cap
    solved = [record(i + 1, int(value)) for i, value in enumerate(sequences)]
    return solved + [record(n + i + 1, cap, success=False) for i in range(failures)]


def verdict_of(records) -> str:
    return summarise(records, row("table9/6a"), "literal").verdict


def spread(mean: float, n: int = 20) -> list[float]:
    return [mean * (1 + 0.01 * (-1) ** i) for i in range(n)]


def test_wilson_against_known_values() -> None:
    # Newcombe (1998), Statistics in Medicine 17, Table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_the_bootstrap_interval_covers_a_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(60):
        low, high = bootstrap_mean(list(rng.normal(10.0, 2.0, size=20)))
        covered += low <= 10.0 <= high
    assert 48 <= covered <= 60


def test_the_bootstrap_interval_is_the_same_every_time_and_copes_with_equal_values() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert bootstrap_mean([3.0, 3.0]) == (3.0, 3.0)
    assert bootstrap_mean([3.0]) == (3.0, 3.0)


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(1.0, "A"), (1.45, "A"), (1 / 1.45, "A"), (1.6, "B"), (1 / 2.9, "B"), (3.2, "N"), (1 / 3.2, "N")],
)
def test_the_rule_on_the_ratio(factor: float, expected: str) -> None:
    assert verdict_of(trials(*spread(PAPER * factor))) == expected


def test_an_interval_that_holds_the_printed_mean_is_enough() -> None:
    wide = [PAPER * 0.1] * 12 + [PAPER * 4.0] * 8
    summary = summarise(trials(*wide), row("table9/6a"), "literal")
    assert summary.ratio > 1.5
    assert summary.low <= PAPER <= summary.high
    assert summary.verdict == "A"


def test_failures_count_as_the_cap_and_are_never_dropped() -> None:
    summary = summarise(trials(*spread(PAPER, 18), failures=2), row("table9/6a"), "literal")
    assert (summary.n, summary.n_solved, summary.n_failed) == (20, 18, 2)
    assert summary.most == row("table9/6a").cap
    assert summary.mean == pytest.approx((18 * PAPER + 2 * row("table9/6a").cap) / 20, rel=1e-3)
    assert summary.mean_solved == pytest.approx(PAPER, rel=1e-3)
    assert summary.verdict == "N"  # the mean is out by more than a factor of 3


def test_a_failed_trial_rules_an_a_out() -> None:
    # One failed trial lifts the mean of the others, far below the printed one, to within a factor of 3.
    cap = row("table9/6a").cap
    rest = (20 * PAPER - cap) / 19
    summary = summarise(trials(*spread(max(rest, 0.05 * PAPER), 19), failures=1), row("table9/6a"), "literal")
    assert summary.ratio < 3
    assert summary.verdict == "B"


def test_fewer_than_half_solved_is_not_reproduced_whatever_the_mean() -> None:
    assert verdict_of(trials(*spread(PAPER, 9), failures=11)) == "N"


def test_a_trial_given_up_before_the_rows_cap_does_not_count() -> None:
    early = record(1, 700, success=False) | {"cap": 700}
    assert summarise([early], row("table9/6a"), "literal").n == 0
    solved_early = record(2, 30_000) | {"cap": 40_000}
    assert summarise([early, solved_early], row("table9/6a"), "literal").n == 1


def test_no_verdict_before_the_papers_number_of_trials() -> None:
    summary = summarise(trials(*spread(PAPER, 19)), row("table9/6a"), "literal")
    assert not summary.complete
    assert summary.verdict == ""
    empty = summarise([], row("table9/6a"), "literal")
    assert empty.n == 0
    assert math.isnan(empty.mean)


def _store(directory: Path, means: dict[str, float]) -> Store:
    store = Store(directory)
    for name, mean in means.items():
        for trial, sequences in enumerate(spread(mean, row(name).n_trials), start=1):
            store.append(record(trial, int(sequences), row=name))
    return store


def test_a_row_that_is_out_by_more_but_in_the_papers_order_gets_a_c(tmp_path: Path) -> None:
    in_order = _store(tmp_path / "a", {"table9/6a": PAPER, "table9/6b": PAPER * 2})
    verdicts = {one.row.name: one.verdict for one in summarise_table("table9", in_order)}
    assert verdicts == {"table9/6a": "A", "table9/6b": "C"}
    swapped = _store(tmp_path / "b", {"table9/6a": PAPER, "table9/6b": PAPER / 2})
    verdicts = {one.row.name: one.verdict for one in summarise_table("table9", swapped)}
    assert verdicts == {"table9/6a": "A", "table9/6b": "N"}
    alone = _store(tmp_path / "c", {"table9/6b": PAPER * 2})
    verdicts = {one.row.name: one.verdict for one in summarise_table("table9", alone)}
    assert verdicts["table9/6b"] == "N"


def test_the_scoreboard_lists_every_row_under_the_literal_reading(tmp_path: Path) -> None:
    lines = scoreboard(Store(tmp_path))
    assert [line["row"] for line in lines] == [
        "table7/T100",
        "table7/T500",
        "table7/T1000",
        "table9/6a",
        "table9/6b",
    ]
    assert {line["verdict_word"] for line in lines} == {"not measured yet"}


def with_curve(errors: list[float], wrong: list[int], sequences: int) -> dict[str, Any]:
    curve = {"window": 100, "mean_absolute_error": errors, "wrong": wrong}
    return {**record(1, sequences), "curve": curve}


def test_a_course_ends_where_the_trial_ended() -> None:
    sequences, errors, wrong = course(with_curve([0.3, 0.2, 0.005], [100, 50, 1], 220))
    assert list(sequences) == [100, 200, 220]
    assert list(errors) == [0.3, 0.2, 0.005]
    assert list(wrong) == [1.0, 0.5, 0.05]  # the last window holds 20 sequences only


def test_first_below_is_the_end_of_the_first_such_window() -> None:
    one = with_curve([0.3, 0.02, 0.3, 0.01], [0, 0, 0, 0], 400)
    assert first_below(one, 0.1) == 200
    assert first_below(one, 0.02) == 400
    assert math.isnan(first_below(one, 0.001))


def test_evidence_holds_the_records_behind_each_summary(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for one in trials(30_000, 31_000, failures=1):
        store.append(one)
    store.append({**record(1, 10), "specification": "of another experiment"})
    found = evidence("table9", store)
    assert [(one.row.name, one.reading) for one in found] == [("table9/6a", "literal"), ("table9/6b", "literal")]
    assert len(found[0].records) == found[0].summary.n == 3
    assert [one["trial"] for one in found[0].solved] == [1, 2]
    assert found[1].records == []
