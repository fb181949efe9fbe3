"""Intervals agree with known values, and the verdict follows its one rule."""

import dataclasses
import itertools
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from scipy import stats
from support.records import record

from lstm97.experiments import row, rows
from lstm97.experiments import row as find_row
from lstm97.results import summary as statistics
from lstm97.results.scoreboard import scoreboard
from lstm97.results.store import Store
from lstm97.results.summary import (
    Summary,
    bootstrap_mean,
    course,
    evidence,
    first_below,
    left_out,
    summarise,
    summarise_table,
    wilson,
)

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


def bca_of_all_resamples(values: list[float], corrected: bool = True) -> tuple[float, float]:
    """Compute the BCa interval of a mean from all n to the n resamples (Efron 1987), or the plain percentiles."""
    n, normal = len(values), NormalDist()
    means = sorted(math.fsum(drawn) / n for drawn in itertools.product(values, repeat=n))
    mean = math.fsum(values) / n
    n_below = sum(one < mean - 1e-9 for one in means) + sum(abs(one - mean) <= 1e-9 for one in means) / 2
    z0 = normal.inv_cdf(n_below / len(means))
    left = [(math.fsum(values) - value) / (n - 1) for value in values]  # the jackknife
    a = sum((mean - one) ** 3 for one in left) / (6 * sum((mean - one) ** 2 for one in left) ** 1.5)
    ends = []
    for z in (normal.inv_cdf(0.025), normal.inv_cdf(0.975)):
        level = normal.cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) if corrected else normal.cdf(z)
        ends.append(means[math.ceil(level * len(means)) - 1])
    return ends[0], ends[1]


SAMPLES = [
    [1.0, 2.0, 4.0, 8.0],
    [3.0, 5.0],
    [10.0, 11.0, 12.0, 40.0, 41.0],
    [27_431.0, 30_100.0, 31_777.0, 45_000.0, 90_210.0, 1_000_000.0],
    [5.0, 5.0, 5.0, 5.0, 5.0, 9.0],
]


@pytest.mark.parametrize("values", SAMPLES)
def test_the_bootstrap_interval_against_all_resamples(values: list[float]) -> None:
    spread = max(values) - min(values)
    assert bootstrap_mean(values) == pytest.approx(bca_of_all_resamples(values), abs=1e-4 * spread)
    assert bootstrap_mean(values[::-1]) == bootstrap_mean(values)


def test_the_oracle_of_the_interval_sees_what_is_left_out() -> None:
    plain, corrected = (bca_of_all_resamples(SAMPLES[3], corrected) for corrected in (False, True))
    assert all(abs(one - other) > 1e-3 * 1_000_000 for one, other in zip(plain, corrected, strict=True))


@pytest.mark.parametrize("n", [10, 30])
def test_the_bootstrap_interval_against_many_drawn_resamples(n: int) -> None:
    values = np.random.default_rng(n).lognormal(10.0, 0.8, size=n)
    drawn = stats.bootstrap((values,), np.mean, n_resamples=200_000, batch=20_000, rng=np.random.default_rng(1))
    low, high = drawn.confidence_interval
    assert bootstrap_mean(list(values)) == pytest.approx((low, high), abs=0.01 * (high - low))


def test_published_intervals_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grid four times as fine moves no end of one by a thousandth, and few by a ten-thousandth."""
    coarse = {(one["row"], one["reading"]): (one["low"], one["high"]) for one in scoreboard()}
    monkeypatch.setattr(statistics, "BOOTSTRAP_STEPS", 4 * statistics.BOOTSTRAP_STEPS)
    fine = {(one["row"], one["reading"]): (one["low"], one["high"]) for one in scoreboard()}
    assert fine.keys() == coarse.keys()
    assert sum(low < high for low, high in fine.values()) > 40
    for name, ends in fine.items():
        assert coarse[name] == pytest.approx(ends, rel=1e-3, nan_ok=True)
    assert sum(coarse[name] != pytest.approx(ends, rel=1e-4, nan_ok=True) for name, ends in fine.items()) < 5
    assert sum(coarse[name] != fine[name] for name, (low, high) in fine.items() if low < high) > 5  # a control


def test_there_is_no_interval_without_two_different_values() -> None:
    for values in ([3.0], [3.0, 3.0]):
        assert all(map(math.isnan, bootstrap_mean(values)))


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
    assert [line["row"] for line in lines] == [stop.label for entry in rows().values() for stop in entry.stops]
    assert len(lines) == len(rows()) + 7  # Experiments 3a and 3b, and Table 8, have a stop before the last
    assert [line["row"] for line in lines if line["table"] == "table8"] == [
        "table8/T100 (n_seq = 140)",
        "table8/T100",
    ]
    assert {line["verdict_word"] for line in lines} == {"not measured yet"}


# Rows of which the paper prints several stops


def with_st1(trial: int, st1: int | None, sequences: int, row: str = "table5/T100-N3") -> dict[str, Any]:
    """Make a record of a trial that reached ST1 (or not), and ended after so many sequences (at the cap: failed)."""
    one = record(trial, sequences, row=row, success=sequences < find_row(row).cap)
    test = {"n": 2560, "wrong": 100 + trial, "mean_absolute_error": 0.1, "mse": 0.02}
    return one | {"milestones": {} if st1 is None else {"ST1": {"sequences": st1, "test": test}}}


def test_a_milestone_has_a_summary_of_its_own() -> None:
    st1, last = row("table5/T100-N3").stops
    records = [with_st1(i, 40_000 + i, 50_000 + i) for i in range(1, 10)] + [with_st1(10, 45_000, last.cap)]
    at_st1, at_last = summarise(records, st1, "literal"), summarise(records, last, "literal")
    assert (at_st1.n_solved, at_last.n_solved) == (10, 9)
    assert at_st1.mean == np.mean([40_000 + i for i in range(1, 10)] + [45_000])
    assert at_last.mean == np.mean([50_000 + i for i in range(1, 10)] + [last.cap])
    assert at_st1.wrong == 105.5
    assert at_last.wrong == np.mean([i % 3 for i in range(1, 10)])
    assert at_st1.ratio == pytest.approx(at_st1.mean / 41_740)
    assert (at_st1.verdict, at_last.verdict) == ("A", "B")


def test_a_milestone_that_was_never_reached_counts_as_the_cap() -> None:
    st1, last = row("table5/T100-N3").stops
    summary = summarise([with_st1(1, None, last.cap), with_st1(2, 50_000, last.cap)], st1, "literal")
    assert (summary.n, summary.n_solved, summary.mean) == (2, 1, (last.cap + 50_000) / 2)


def _verdicts(directory: Path, st1: dict[str, int]) -> dict[str, str]:
    """Judge Table 5 where the last stops are as printed and the milestones are these."""
    store = Store(directory)
    for name, sequences in st1.items():
        for trial in range(1, 11):
            store.append(with_st1(trial, sequences, int(row(name).paper.sequences), name))
    return {one.row.label: one.verdict for one in summarise_table("table5", store)}


def test_milestones_are_ordered_among_their_like(tmp_path: Path) -> None:
    # Far too soon, but in the paper's order. Against the other row's last stop they would not be in order.
    verdicts = _verdicts(tmp_path / "a", {"table5/T100-N3": 10_000, "table5/T100-N1": 11_000})
    assert {verdicts[name] for name in ("table5/T100-N3", "table5/T100-N1")} == {"A"}
    assert {verdicts[f"{name} (ST1)"] for name in ("table5/T100-N3", "table5/T100-N1")} == {"C"}
    verdicts = _verdicts(tmp_path / "b", {"table5/T100-N3": 11_000, "table5/T100-N1": 10_000})
    assert {verdicts[f"{name} (ST1)"] for name in ("table5/T100-N3", "table5/T100-N1")} == {"N"}


def test_that_a_trial_reaches_its_own_stops_in_order_says_nothing(tmp_path: Path) -> None:
    verdicts = _verdicts(tmp_path, {"table5/T100-N3": 10_000})
    assert (verdicts["table5/T100-N3 (ST1)"], verdicts["table5/T100-N3"]) == ("N", "A")


def test_evidence_of_a_milestone(tmp_path: Path) -> None:
    store, cap = Store(tmp_path), row("table5/T100-N3").cap
    for one in (with_st1(1, 20_000, 30_000), with_st1(2, 25_000, cap), with_st1(3, None, cap)):
        store.append(one)
    found = {one.row.label: one for one in evidence("table5", store)}
    st1, last = found["table5/T100-N3 (ST1)"], found["table5/T100-N3"]
    assert [one["sequences"] for one in st1.solved] == [20_000, 25_000]
    assert [one["sequences"] for one in last.solved] == [30_000]
    assert len(st1.records) == len(last.records) == 3
    assert [list(course(one)[0]) for one in st1.records] == [list(course(one)[0]) for one in last.records]


# Rows of which the paper does not print 100 % of solved trials


def shares(solved: int, printed: float, cap: int = 20_000) -> str:
    """Judge 30 trials with the printed mean."""
    entry = row("table1/3x2-0.2")
    entry = dataclasses.replace(entry, cap=cap, paper=dataclasses.replace(entry.paper, solved=printed))
    mean = entry.paper.sequences
    if printed == 1.0:  # then failures count
        mean = (30 * mean - (30 - solved) * cap) / solved
    records = [record(i + 1, int(mean), row=entry.name) for i in range(solved)]
    records += [record(i + 1, cap, row=entry.name, success=False) | {"cap": cap} for i in range(solved, 30)]
    return summarise(records, entry, "literal").verdict


def test_an_a_takes_the_printed_share_of_solved_trials() -> None:
    """The printed share has to lie in the Wilson interval: of 29 of 30 it is 83 % to 99 %."""
    assert [shares(solved, 0.97) for solved in (30, 29, 28, 27)] == ["A", "A", "A", "B"]
    assert [shares(solved, 1.0) for solved in (30, 29)] == ["A", "B"]
    assert shares(29, 0.83) == "B"
    for solved, printed in ((28, 0.97), (27, 0.97), (29, 0.97), (29, 0.83)):
        low, high = wilson_by_formula(solved, 30)
        assert (low <= printed <= high) == (shares(solved, printed) == "A")


def wilson_by_formula(k: int, n: int) -> tuple[float, float]:
    z, p = 1.959963984540054, k / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


@pytest.mark.parametrize("n", [10, 18, 20, 30])
def test_all_trials_solved_agree_with_all_solved(n: int) -> None:
    """No rounding keeps 100 % out of the interval; one failure does."""
    assert wilson(n, n)[1] >= 1.0 > wilson(n - 1, n)[1]
    assert wilson(n - 1, n) == pytest.approx(wilson_by_formula(n - 1, n), rel=1e-12)


def test_rows_with_less_than_100_per_cent() -> None:
    assert {name for name, entry in rows().items() if entry.paper.leaves_failures_out} == {
        *("table1/rtrl-3", "table1/rtrl-12", "table1/cascade", "table1/3x2-0.2", "table1/4x1-0.5"),
        *(f"table2/{name}" for name in ("rtrl-p4-1", "rtrl-p4-4", "rtrl-p4-10", "chunker-p100")),
    }


def judged(
    name: str, *solved: float, n_failed: int = 0, cap: int | None = None, printed: float | None = math.nan
) -> Summary:
    """Summarise trials of a row, perhaps with another cap and another printed share."""
    entry = row(name)
    cap = entry.cap if cap is None else cap
    paper = entry.paper if printed != printed else dataclasses.replace(entry.paper, solved=printed)
    n = len(solved)
    records = [record(i + 1, int(value), row=name) | {"cap": cap} for i, value in enumerate(solved)]
    records += [record(n + i + 1, cap, row=name, success=False) | {"cap": cap} for i in range(n_failed)]
    return summarise(records, dataclasses.replace(entry, cap=cap, paper=paper), "literal")


def test_where_the_paper_reports_failures_means_are_over_solved_trials() -> None:
    """Table 2, row 3: 22 % of 18 trials, after 254,000 sequences."""
    summary = judged("table2/rtrl-p4-10", *spread(254_000, 4), n_failed=14)
    assert (summary.ratio, summary.verdict, summary.is_bound) == (pytest.approx(1.0), "A", False)
    assert judged("table2/rtrl-p4-10", *spread(254_000, 12), n_failed=6).verdict == "B"  # 67 %
    assert judged("table2/rtrl-p4-10", *spread(254_000, 14), n_failed=4).verdict == "N"  # 78 %: off by over a half
    assert judged("table2/rtrl-p4-10", *spread(900_000, 4), n_failed=14).verdict == "N"
    none = judged("table2/rtrl-p4-10", n_failed=18)
    assert (none.mean, none.is_bound, none.verdict) == (5_000_000, True, "N")
    # Where the paper reports none, failures count, as everywhere.
    summary = judged("table2/rtrl-p4-10", *spread(254_000, 4), n_failed=14, printed=1.0)
    assert summary.mean == pytest.approx((4 * 254_000 + 14 * 5_000_000) / 18)
    assert summary.is_bound


def test_some_fraction_agrees_with_any_success() -> None:
    """Table 1, row 1."""
    assert judged("table1/rtrl-3", *spread(173_000, 2), n_failed=28).verdict == "A"
    assert judged("table1/rtrl-3", *spread(173_000, 30)).verdict == "A"
    assert judged("table1/rtrl-3", n_failed=30).verdict == "N"


def test_where_the_paper_solved_none_the_cap_has_to_be_as_large() -> None:
    """Table 2, row 4: no trial by 5,000,000 sequences."""
    name = "table2/rtrl-p10"
    assert judged(name, n_failed=18).verdict == "A"
    assert judged(name, n_failed=18, cap=4_999_999).verdict == "U"
    assert judged(name, n_failed=18, cap=100_000).verdict == "U"
    assert judged(name, 4_000_000, n_failed=17).verdict == "B"  # one was solved
    assert judged(name, 90_000, n_failed=17, cap=100_000).verdict == "N"  # one was, and far too early
    assert judged(name, *spread(4_000_000, 10), n_failed=8).verdict == "N"  # more than half were


def test_where_no_number_is_printed_the_shares_decide() -> None:
    assert judged("table2/2b-rtrl", n_failed=18).verdict == "A"
    assert judged("table2/2b-rtrl", 50_000, n_failed=17).verdict == "N"


def test_a_row_never_solved_stands_behind_all_others(tmp_path: Path) -> None:
    def verdicts(directory: Path, short: float, long_solved: bool) -> dict[str, str]:
        store = Store(directory)
        for trial in range(1, 19):
            store.append(record(trial, int(short), row="table2/2a"))
            one = record(trial, 100_000, row="table2/rtrl-p100", success=long_solved) | {"cap": 100_000}
            store.append(one | {"sequences": 90_000} if long_solved else one)
        return {one.row.name: one.verdict for one in summarise_table("table2", store) if one.n}

    # LSTM too slow by far, RTRL given up far too early: still LSTM comes first, in the paper as here.
    assert verdicts(tmp_path / "a", 60_000, False) == {"table2/2a": "C", "table2/rtrl-p100": "U"}
    assert verdicts(tmp_path / "b", 150_000, True) == {"table2/2a": "N", "table2/rtrl-p100": "N"}


def with_curve(errors: list[float], wrong: list[int], sequences: int) -> dict[str, Any]:
    curve = {"window": 100, "mean_absolute_error": errors, "wrong": wrong}
    return {**record(1, sequences), "curve": curve}


def test_a_course_ends_where_the_trial_ended() -> None:
    sequences, errors, wrong = course(with_curve([0.3, 0.2, 0.005], [100, 50, 1], 220))
    assert list(sequences) == [100, 200, 220]
    assert list(errors) == [0.3, 0.2, 0.005]
    assert list(wrong) == [1.0, 0.5, 0.05]  # the last window holds 20 sequences only


def test_a_course_is_of_all_presented_sequences() -> None:
    one = with_curve([0.3, 0.2, 0.005], [100, 50, 1], 20) | {"presented": 220}
    assert list(course(one)[0]) == [100, 200, 220]
    assert list(course(with_curve([0.3, 0.2, 0.005], [100, 50, 1], 220))[0]) == [100, 200, 220]


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


def test_nets_that_ran_away_have_a_summary() -> None:
    """Their error figures are null, or so large that their sum is no number."""
    one, other = record(1, 1000), record(2, 1000)
    one["test"] |= {"mse": None, "mean_absolute_error": 1e308}
    other["test"] |= {"mean_absolute_error": 1e308}
    summary = summarise([one, other], row("table9/6a"), "literal")
    assert math.isnan(summary.mse)
    assert summary.mean_absolute_error == math.inf
    assert summary.mean == 1000


# What counts, and what is left out


def test_trials_beyond_the_papers_number_change_no_figure(tmp_path: Path) -> None:
    """Ten more trials of every row, far off, under every stop: all that is published stays, and they are named."""
    store, extended = Store(tmp_path / "a"), Store(tmp_path / "b")
    names = ("table9/6a", "table9/6b", "table5/T100-N3", "table1/3x2-0.2", "table2/rtrl-p10")
    for name in names:
        n = row(name).n_trials
        for trial in range(1, n + 11):
            sequences = 1000 + 37 * trial if trial <= n else 90_000 + trial
            one = with_st1(trial, sequences, sequences + 10, name)
            one = one if row(name).milestones else {key: value for key, value in one.items() if key != "milestones"}
            extended.append(one)
            if trial <= n:
                store.append(one)
    for table in ("table9", "table5", "table1", "table2"):
        for before, after in zip(evidence(table, store), evidence(table, extended), strict=True):
            measured, n = before.row.name in names, before.row.n_trials
            assert before.records == after.records
            assert before.beyond == []
            assert [entry["trial"] for entry in after.beyond] == (list(range(n + 1, n + 11)) if measured else [])
            assert (before.summary.n_beyond, after.summary.n_beyond) == (0, 10 * measured)
            # Compared as text, since NaN equals nothing.
            assert repr(before.summary) == repr(dataclasses.replace(after.summary, n_beyond=0))
    assert [one["verdict"] for one in scoreboard(store)] == [one["verdict"] for one in scoreboard(extended)]


def test_trials_beyond_the_papers_number_do_not_make_a_row_complete() -> None:
    later = [record(trial, 30_000) for trial in range(11, 31)]
    summary = summarise(later, row("table9/6a"), "literal")
    assert (summary.n, summary.n_beyond, summary.complete, summary.verdict) == (10, 10, False, "")


def test_what_is_left_out_is_named_with_the_reason(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert left_out("table9", store) == []
    for one in (
        record(1, 30_000),
        record(2, 700, success=False) | {"cap": 700},
        record(3, 800, success=False) | {"cap": 800},
        record(3, 30_000),  # says what the one before left open
        record(4, 30_000) | {"specification": "0" * 16},
        record(21, 30_000),
        record(22, 30_000),
        record(1, 30_000) | {"row": "table9/6c"},
        record(1, 30_000) | {"reading": "mine"},
        record(1, 30_000, row="table9/6b"),
    ):
        store.append(one)
    assert [(one.row, one.reading, one.reason, one.n) for one in left_out("table9", store)] == [
        ("table9/6a", "literal", "cap", 1),
        ("table9/6a", "literal", "specification", 1),
        ("table9/6a", "literal", "number", 2),
        ("table9/6c", "literal", "row", 1),
        ("table9/6a", "mine", "reading", 1),
    ]
    assert str(left_out("table9", store)[2]) == "table9/6a (literal): 2 records beyond the paper's number of trials"
    assert left_out("table8", store) == []
