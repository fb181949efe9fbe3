"""The store loses nothing, writes whole lines, and says where a broken one is."""

import json
from multiprocessing import get_context
from pathlib import Path

import pytest
from records import record

from lstm97.trials.store import (
    Store,
    StoreError,
    TornLineWarning,
    answers,
    at_stop,
    check_record,
    is_done,
    presented,
    under_cap,
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "runs")
    assert store.records("table9/6a", "literal") == []
    for trial in (2, 1):
        store.append(record(trial, 1000 * trial))
    store.append(record(1, 7, row="table9/6b"))
    store.append(record(1, 7, reading="institute"))
    assert [one["trial"] for one in store.records("table9/6a", "literal")] == [1, 2]
    assert len(store.path("table9").read_bytes().splitlines()) == 4


def test_records_of_another_specification_are_left_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(record(1, 1000))
    store.append(record(2, 1000) | {"specification": "0" * 16})
    known = record(1, 0)["specification"]
    assert [one["trial"] for one in store.records("table9/6a", "literal", known)] == [1]


def test_of_two_records_of_a_trial_the_larger_cap_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(record(1, 5000, success=False) | {"cap": 5000})
    store.append(record(1, 9000))
    store.append(record(1, 4000, success=False) | {"cap": 4000})
    (kept,) = store.records("table9/6a", "literal")
    assert kept["sequences"] == 9000


def test_a_half_written_last_line_is_reported_and_skipped_and_then_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(record(1, 1000))
    with open(store.path("table9"), "ab") as file:
        file.write(json.dumps(record(2, 1000)).encode()[:50])
    with pytest.warns(TornLineWarning, match=r"table9\.jsonl: the half-written last line was skipped"):
        assert len(store.records("table9/6a", "literal")) == 1
    with pytest.warns(TornLineWarning, match="dropped a half-written last line"):
        store.append(record(3, 1000))
    assert [one["trial"] for one in store.records("table9/6a", "literal")] == [1, 3]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2"),
        ('"text"', "line 2: not a record"),
        ('{"schema": 1}', "line 2: row is missing"),
        ('{"schema": 99}', "line 2: schema is 99"),
    ],
)
def test_a_broken_line_elsewhere_is_an_error_that_names_file_and_line(
    tmp_path: Path, line: str, message: str
) -> None:
    store = Store(tmp_path)
    store.append(record(1, 1000))
    with open(store.path("table9"), "a") as file:
        file.write(line + "\n")
    store_line = json.dumps(record(3, 1000))
    with open(store.path("table9"), "a") as file:
        file.write(store_line + "\n")
    with pytest.raises(StoreError, match=rf"table9\.jsonl, {message}"):
        store.records("table9/6a", "literal")


@pytest.mark.parametrize(
    ("field", "value"),
    [("trial", "1"), ("success", 1), ("trial", True), ("seconds", None), ("milestones", []), ("presented", 1.5)],
)
def test_a_record_that_is_none_is_not_written(tmp_path: Path, field: str, value: object) -> None:
    store = Store(tmp_path)
    with pytest.raises(ValueError, match=f"{field} is"):
        store.append(record(1, 1000) | {field: value})
    assert not store.path("table9").exists()


def test_a_store_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        Store(tmp_path / "file" / "runs").append(record(1, 1000))


def _append_many(directory: Path, first: int) -> None:
    for trial in range(first, first + 50):
        Store(directory).append(record(trial, trial + 1))


def test_writers_at_once_neither_lose_nor_mix_lines(tmp_path: Path) -> None:
    context = get_context("spawn")
    writers = [context.Process(target=_append_many, args=(tmp_path, first)) for first in (1, 101, 201)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    records = Store(tmp_path).records("table9/6a", "literal")
    assert len(records) == len(Store(tmp_path).path("table9").read_bytes().splitlines()) == 150


def test_a_claim_is_exclusive_until_it_ends(tmp_path: Path) -> None:
    store, other = Store(tmp_path), Store(tmp_path)
    store.prepare()
    with store.claim("table9/6a", "literal", 1) as ours, other.claim("table9/6a", "literal", 1) as theirs:
        assert ours
        assert not theirs
        with other.claim("table9/6a", "literal", 2) as another:
            assert another
    with other.claim("table9/6a", "literal", 1) as theirs:
        assert theirs


MILESTONE = {"sequences": 20_000, "test": {"n": 2560, "wrong": 90, "mean_absolute_error": 0.1, "mse": 0.02}}


def with_milestone(trial: int, sequences: int, *, success: bool = True, reached: bool = True) -> dict:
    one = record(trial, sequences, success=success, row="table5/T100-N3")
    return one | {"milestones": {"ST1": MILESTONE} if reached else {}}


def test_a_record_read_at_a_milestone() -> None:
    one = with_milestone(1, 30_000)
    assert at_stop(one, "") is one
    at_st1 = at_stop(one, "ST1")
    assert (at_st1["success"], at_st1["sequences"], at_st1["test"]) == (True, 20_000, MILESTONE["test"])
    assert one["test"] != MILESTONE["test"]  # the record itself stays as it is
    assert (one["sequences"], "presented" in one["curve"]) == (30_000, False)
    assert check_record(at_st1)
    assert under_cap(at_st1, 25_000) == (True, 20_000.0)
    assert under_cap(at_st1, 19_999) == (False, 19_999.0)
    assert under_cap(one, 25_000) == (False, 25_000.0)


def test_a_milestone_that_was_not_reached_is_a_failure_at_the_cap() -> None:
    cap = with_milestone(1, 1)["cap"]
    never = with_milestone(1, cap, success=False, reached=False)
    at_st1 = at_stop(never, "ST1")
    assert (at_st1["success"], at_st1["sequences"]) == (False, cap)
    only_st1 = with_milestone(1, cap, success=False)  # a trial may fail after a milestone
    assert under_cap(at_stop(only_st1, "ST1"), cap) == (True, 20_000.0)
    assert under_cap(at_stop(only_st1, ""), cap) == (False, float(cap))


def test_a_milestone_is_known_although_the_trial_was_given_up_early() -> None:
    one = with_milestone(1, 22_000, success=False) | {"cap": 22_000}
    assert answers([at_stop(one, "ST1")], 100_000) == [at_stop(one, "ST1")]
    assert answers([at_stop(one, "")], 100_000) == []
    none = with_milestone(1, 22_000, success=False, reached=False) | {"cap": 22_000}
    assert answers([at_stop(none, "ST1")], 100_000) == []


def test_a_cap_is_a_number_of_presented_sequences() -> None:
    """Of a trial whose last 10,000 sequences do not count, 35,000 count and 45,000 were presented."""
    one = record(1, 35_000, row="table2/2a") | {"presented": 45_000, "cap": 50_000}
    assert (presented(one), presented(record(1, 35_000))) == (45_000, 35_000)
    assert under_cap(one, 45_000) == (True, 35_000.0)
    assert under_cap(one, 44_999) == (False, 44_999.0)  # it would have been given up
    early = one | {"cap": 45_000}
    assert is_done(early, 60_000)
    assert is_done(early, 45_000)
    assert is_done(early, 40_000)  # as a failure
    assert under_cap(early, 40_000) == (False, 40_000.0)


def test_what_a_record_says_under_another_cap() -> None:
    solved, failed = record(1, 3000), record(2, 1_000_000, success=False)
    assert is_done(solved, 3000)
    assert is_done(solved, 2_000_000)
    assert is_done(solved, 2000)  # its cap is larger: it would have failed at 2000
    assert is_done(failed, 1_000_000)
    assert not is_done(failed, 2_000_000)
    assert under_cap(solved, 2000) == (False, 2000)
    assert under_cap(solved) == (True, 3000)
    assert under_cap(failed, 5000) == (False, 5000)
