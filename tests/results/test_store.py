"""The store loses nothing, writes whole lines, and says where a broken one is."""

import errno
import gzip
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from support.records import record

from lstm97.paths import RUNS
from lstm97.results import store as store_module
from lstm97.results.record import answers, at_stop, check_record, contradiction, is_done, presented, under_cap
from lstm97.results.store import Store, StoreError, TornLineWarning


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


# What is dropped, and what never is


def line_of(one: dict[str, Any]) -> bytes:
    return json.dumps(one, sort_keys=True, separators=(",", ":")).encode()


def with_file(directory: Path, content: bytes) -> Store:
    store = Store(directory)
    store.prepare()
    store.path("table9").write_bytes(content)
    return store


def trials_in(store: Store) -> list[int]:
    return [one["trial"] for one in store.records("table9/6a", "literal")]


FIRST, SECOND = line_of(record(1, 1000)), line_of(record(2, 2000))


@pytest.mark.parametrize("length", [1, 2, 7, 50, len(SECOND) - 1])
def test_a_half_written_last_line_is_reported_and_skipped_and_then_dropped(tmp_path: Path, length: int) -> None:
    store = with_file(tmp_path, FIRST + b"\n" + SECOND[:length])
    with pytest.warns(TornLineWarning, match=r"table9\.jsonl: the half-written last line was skipped"):
        assert trials_in(store) == [1]
    with pytest.warns(TornLineWarning, match="dropped a half-written last line"):
        store.append(record(3, 1000))
    assert trials_in(store) == [1, 3]
    assert store.path("table9").read_bytes().splitlines()[0] == FIRST


def test_a_half_written_only_line_is_dropped(tmp_path: Path) -> None:
    store = with_file(tmp_path, SECOND[:40])
    with pytest.warns(TornLineWarning, match="skipped"):
        assert trials_in(store) == []
    with pytest.warns(TornLineWarning, match="dropped"):
        store.append(record(3, 1000))
    assert trials_in(store) == [3]


def test_a_half_written_line_is_reported_once(tmp_path: Path) -> None:
    store = with_file(tmp_path, FIRST + b"\n" + SECOND[:50])
    with pytest.warns(TornLineWarning):
        assert trials_in(store) == [1]
    for reader in (store, Store(tmp_path)):  # without a warning: those are errors here
        assert trials_in(reader) == [1]
        assert len(list(reader.lines("table9"))) == 1


def test_a_whole_last_record_without_an_end_is_kept_and_gets_its_end(tmp_path: Path) -> None:
    store = with_file(tmp_path, FIRST + b"\n" + SECOND)
    assert trials_in(store) == [1, 2]  # without a warning: those are errors here
    store.append(record(3, 3000))
    assert store.path("table9").read_bytes() == b"\n".join([FIRST, SECOND, line_of(record(3, 3000)), b""])
    assert trials_in(store) == [1, 2, 3]


def test_lines_may_end_in_crlf(tmp_path: Path) -> None:
    for ending in (b"\r\n", b"\r", b""):  # of the last line
        store = with_file(tmp_path, FIRST + b"\r\n" + SECOND + ending)
        assert trials_in(store) == [1, 2]
        store.append(record(3, 3000))
        assert trials_in(store) == [1, 2, 3]
        assert store.path("table9").read_bytes().startswith(FIRST + b"\r\n" + SECOND + ending)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\r".join([FIRST, SECOND, b""]), "lines end in a carriage return alone; turn each into a line feed"),
        (b"\r".join([FIRST, SECOND]), "lines end in a carriage return alone"),
        (FIRST + b"\n" + FIRST + b"\r" + SECOND[:50], "lines end in a carriage return alone"),
        (FIRST + b"\n" + SECOND + FIRST, "line 2: no JSON at column"),  # two records in a line
        (FIRST + b"\n" + SECOND + FIRST[:50], "line 2: no JSON at column"),
        (FIRST + b"\n" + line_of({"schema": 1}), "line 2: row is missing"),  # whole, but none of ours
        (FIRST + b"\n" + line_of(record(2, 1) | {"steps": -1}), "line 2: steps is -1"),
        (FIRST + b"\nnotes of mine", "line 2: no JSON"),
        (FIRST + b"\n[1, 2", "line 2: no JSON"),
        (FIRST + b"\n{}", "line 2: schema is None"),
        (FIRST + b"\n" + SECOND[:50] + b"\0" * 50, "line 2: no JSON"),
        (FIRST + b"\n" + SECOND[:50] + "\u00e4".encode(), "line 2: no JSON"),
        (FIRST + b'\n{"' + b"x" * 100_000, "line 2: no JSON"),
        (b"all that I have", "line 1: no JSON"),
        (gzip.compress(FIRST + b"\n"), r"is compressed: put it there unpacked, e\.g\. by gzip -dc < table9\.jsonl"),
    ],
)
def test_what_no_killed_writer_left_is_never_dropped(tmp_path: Path, content: bytes, message: str) -> None:
    store = with_file(tmp_path, content)
    with pytest.raises(StoreError, match=rf"table9\.jsonl[,:]? {message}"):
        trials_in(store)
    with pytest.raises(StoreError, match=rf"table9\.jsonl[,:]? {message}"):
        store.append(record(3, 1000))
    assert store.path("table9").read_bytes() == content


def test_every_cut_of_a_file_loses_at_most_what_is_half_written(tmp_path: Path) -> None:
    whole = b"".join(line_of(record(trial, 1000)) + b"\n" for trial in (1, 2, 3))
    for length in range(0, len(whole), 7):
        store = with_file(tmp_path, whole[:length])
        n_whole = whole[: length + 1].count(b"\n")  # the end of a line may be missing
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            assert trials_in(store) == list(range(1, n_whole + 1))
            store.append(record(4, 1000))
        assert trials_in(store) == [*range(1, n_whole + 1), 4]


# Which files are read and written


def _link(path: Path) -> None:
    path.symlink_to(path.parent / "others")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (_link, "a symbolic link"),
        (lambda path: path.symlink_to("/dev/zero"), "a symbolic link"),
        (lambda path: path.symlink_to("nowhere"), "a symbolic link"),
        (os.mkfifo, "no regular file"),
        (Path.mkdir, "no regular file"),
    ],
)
def test_only_regular_files_are_read_and_written(tmp_path: Path, make: Callable[[Path], None], what: str) -> None:
    store = Store(tmp_path)
    store.prepare()
    others = tmp_path / "others"
    others.write_bytes(FIRST + b"\n" + SECOND[:50])
    make(store.path("table9"))
    for act in (
        lambda: store.records("table9/6a", "literal"),
        lambda: list(store.lines("table9")),
        lambda: store.append(record(3, 1000)),
        lambda: store.claim("table9/6a", "literal", 3).__enter__(),
    ):
        with pytest.raises(StoreError, match=rf"table9\.jsonl is {what}: put the file itself there"):
            act()
    assert others.read_bytes() == FIRST + b"\n" + SECOND[:50]


@pytest.mark.parametrize("name", ["", "a\0b", "~nobody-of-this-name/runs"])
def test_a_name_that_is_no_folders_is_refused(name: str) -> None:
    with pytest.raises(StoreError, match=f"the store's folder is {name!r}".replace("\\", r"\\")):
        Store(name)


def test_a_tilde_is_the_users_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Store("~/runs").directory == tmp_path / "runs"


# Lines that are no records


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


def test_a_record_of_another_table_is_an_error(tmp_path: Path) -> None:
    store = with_file(tmp_path, FIRST + b"\n" + line_of(record(1, 1000, row="table7/T100")) + b"\n")
    with pytest.raises(StoreError, match="line 2: row is 'table7/T100', it belongs in another file"):
        trials_in(store)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (FIRST.replace(b'"cap":', b'"cap":7,"cap":'), "'cap' is given twice"),
        (FIRST.replace(b'"wrong":1', b'"wrong":1,"wrong":0'), "'wrong' is given twice"),
        (FIRST.replace(b'"mse":0.001', b'"mse":NaN'), "NaN is no number"),
        (FIRST.replace(b'"mse":0.001', b'"mse":1e400'), "test.mse is inf"),
        (FIRST.replace(b'"sequences":1000', b'"sequences":1' + b"0" * 400), "sequences is 1000"),
        (FIRST.replace(b'"sequences":1000', b'"sequences":1' + b"0" * 5000), "Exceeds the limit"),
        (FIRST.replace(b'"versions":{}', b'"versions":' + b"[" * 100_000 + b"]" * 100_000), "nested too deeply"),
        (FIRST.replace(b'"versions":{}', b'"versions":' + b"[" * 500 + b"]" * 500), "versions is "),
        (FIRST.replace(b'"literal"', b'"litt\xe9ral"'), "'utf-8' codec can't decode"),
        (FIRST.replace(b'"literal"', b'"\\ud800"'), "reading is '.ud800', it must be printable"),
        (b"null", "not a record"),
        (b"", "no JSON at column 1"),
    ],
)
def test_a_line_is_read_as_strictly_as_it_is_written(tmp_path: Path, line: bytes, message: str) -> None:
    assert line != FIRST
    store = with_file(tmp_path, b"\n".join([FIRST, line, SECOND, b""]))
    with pytest.raises(StoreError, match=rf"table9\.jsonl, line 2: .*{message}"):
        trials_in(store)


def changed(path: str, value: object) -> dict[str, Any]:
    """Make a record and change one of its fields, given as in messages."""
    test = {"n": 2560, "wrong": 90, "mean_absolute_error": 0.1, "mse": 0.02}
    curve = {"window": 100, "mean_absolute_error": [0.1, None, 0.2], "wrong": [100, 3, 50]}
    one = record(7, 250) | {"presented": 250, "curve": curve, "versions": {"numpy": "2.0"}, "commit": "abc"}
    one |= {"milestones": {"ST1": {"sequences": 20, "test": test}}}
    assert check_record(one)
    *outer, last = path.split(".")
    inner: Any = one
    for name in outer:
        inner = inner[name]
    inner[last] = value
    return one


WRONG: dict[str, list[Any]] = {
    "schema": [0, 2, True, 1.0],
    "row": ["", "table9", "/6a", "../evil/6a", "table9/", "table9/6a\n", "table9/" + "a" * 1000, None],
    "reading": ["", "a\nb", "\u202e", "x" * 101, 1],
    "specification": ["", None, 3],
    "commit": ["", 7, "a\x1b[2J"],
    "versions": [None, [], {"numpy": 2}, {"numpy": None}, {"": "2"}, {"numpy": {"is": "2"}}],
    "trial": [0, -1, 10**9, 1.0, "1", True, None],
    "seeds": [None, {}, {"entropy": "1"}],
    "seeds.entropy": [1, "", "-1", "x", "1" * 51],
    "seeds.spawn_key": [None, [], [8], [7, 7], ["7"], [True]],
    "seeds.other": [1],
    "success": [1, None, "true"],
    "cap": [0, -5, 249, 10**400, 1e6, None],
    "sequences": [-1, 251, 10**400, 250.0, None, True],
    "presented": [0, -1, 249, 10**7, 1.5, None],
    "steps": [-1, 0, 249, 10**400, None],
    "seconds": [-1.0, float("nan"), float("inf"), 1e300, 1, None],
    "test": [None, {}, []],
    "test.n": [0, -1, None, 1.0],
    "test.wrong": [-10, 2561, None, 0.5],
    "test.mse": [-0.1, float("nan"), float("inf"), "0.1", 10**400, True],
    "test.mean_absolute_error": [-0.1, float("nan"), float("inf"), "0.1", 1],
    "test.other": [1],
    "curve": [None, {}],
    "curve.window": [0, -100, 99, 300, 10**400, 100.0, None],
    "curve.mean_absolute_error": [
        None,
        [],
        [0.1],
        [0.1] * 4,
        [0.1, 0.1, -0.1],
        [0.1, 0.1, float("nan")],
        [0.1, "", 0.1],
    ],
    "curve.wrong": [
        None,
        [],
        [1],
        [1] * 4,
        [-1, 3, 50],
        [101, 3, 50],
        [0, 0, 51],
        [None, 3, 50],
        [1.0, 3, 50],
        [True, 3, 50],
    ],
    "curve.other": [1],
    "milestones": [[], None],
    "milestones.ST1": [None, {}, []],
    "milestones.ST1.sequences": [-1, 251, None, 1.0],
    "milestones.ST1.test": [None],
    "milestones.ST1.test.wrong": [-1, 2561],
    "milestone": [{}],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_record_that_is_none_is_neither_written_nor_read(tmp_path: Path, field: str, value: object) -> None:
    """The message names the field that is wrong, or the one that it is at odds with."""
    store, one = Store(tmp_path), changed(field, value)
    at_odds = {"cap": "presented", "presented": "sequences", "curve.window": "curve"}
    named = "|".join([re.escape(field), *filter(None, [at_odds.get(field)])])
    with pytest.raises(ValueError, match=named):
        store.append(one)
    assert not store.path("table9").exists()
    store.prepare()
    store.path("table9").write_text(json.dumps(one) + "\n")
    with pytest.raises(StoreError, match=r"table9\.jsonl, line 1: "):
        list(store.lines("table9"))


def test_a_failed_trial_ended_at_its_cap() -> None:
    with pytest.raises(ValueError, match="sequences is 300, it must be the cap, 1000, since the trial failed"):
        check_record(record(1, 300, success=False) | {"cap": 1000})


def test_a_net_that_ran_away_has_a_record(tmp_path: Path) -> None:
    """Error figures that are no finite numbers are written as null."""
    one = record(1, 1000)
    one["test"] |= {"mean_absolute_error": None, "mse": None}
    one["curve"]["mean_absolute_error"] = [None]
    Store(tmp_path).append(one)
    assert Store(tmp_path).records("table9/6a", "literal") == [one]


@pytest.mark.parametrize("folder", [RUNS, RUNS.with_name("sweeps")])
def test_every_record_of_the_project_is_one(folder: Path) -> None:
    files = sorted(folder.glob("*.jsonl"))
    assert files
    for path in files:
        assert len(list(Store(folder).lines(path.stem))) == path.read_bytes().count(b"\n")


# Two records of one trial


def solved(sequences: int, cap: int, **others: Any) -> dict[str, Any]:
    return record(1, sequences) | {"cap": cap, **others}


def failed(cap: int, **others: Any) -> dict[str, Any]:
    return record(1, cap, success=False) | {"cap": cap, **others}


def in_windows(wrong: list[int], window: int) -> dict[str, Any]:
    return {"curve": {"window": window, "mean_absolute_error": [0.1] * len(wrong), "wrong": wrong}}


TEST = record(1, 1)["test"]
AGREE = [
    (solved(300, 1000), solved(300, 1000)),
    (solved(300, 1000), solved(300, 1000, seconds=9.0, versions={"numpy": "2"}, commit="abc")),
    (solved(300, 1000), solved(300, 5000)),
    (failed(300), solved(301, 5000)),
    (failed(300), failed(5000)),
    (failed(300, milestones={}), failed(5000, milestones={"ST1": {"sequences": 400, "test": TEST}})),
    (failed(300, **in_windows([9, 8, 7], 100)), failed(500, **in_windows([9, 8, 7, 6, 5], 100))),
    (failed(300, **in_windows([9, 8, 7], 100)), failed(500, **in_windows([17, 12, 5], 200))),
]
CONTRADICT = [
    ("sequences", solved(300, 1000), solved(400, 1000)),
    ("test", solved(300, 1000), solved(300, 1000, test=TEST | {"wrong": 9})),
    ("steps", solved(300, 1000), solved(300, 1000, steps=30_001)),
    ("curve", solved(300, 1000), solved(300, 1000, **in_windows([1, 2, 3], 100))),
    ("success", solved(300, 1000), failed(1000)),
    ("sequences", solved(300, 1000), solved(301, 5000)),
    ("success", solved(300, 1000), failed(5000)),
    ("success", failed(300), solved(300, 5000)),
    ("success", failed(300), solved(200, 5000)),
    ("steps", failed(300), solved(301, 5000, steps=29_000)),
    ("seeds", failed(300), failed(5000, seeds={"entropy": "2", "spawn_key": [1]})),
    ("milestones", failed(300, milestones={"ST1": {"sequences": 200, "test": TEST}}), failed(5000, milestones={})),
    ("curve", failed(300, **in_windows([9, 8, 7], 100)), failed(500, **in_windows([9, 9, 7, 6, 5], 100))),
    ("curve", failed(300, **in_windows([9, 8, 7], 100)), failed(500, **in_windows([18, 12, 5], 200))),
]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("one", "other"), AGREE)
def test_two_records_of_one_trial_may_say_the_same(tmp_path: Path, one: Any, other: Any, order: int) -> None:
    store = Store(tmp_path)
    for entry in (one, other)[::order]:
        store.append(entry)
    (kept,) = store.records("table9/6a", "literal")
    assert kept["cap"] == max(one["cap"], other["cap"])
    assert contradiction(one, other) == ""


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("name", "one", "other"), CONTRADICT)
def test_two_records_that_contradict_each_other_are_an_error_that_names_both(
    tmp_path: Path, name: str, one: Any, other: Any, order: int
) -> None:
    store = Store(tmp_path)
    for entry in (record(2, 10), *(one, other)[::order]):
        store.append(entry)
    message = rf"table9\.jsonl: lines 2 and 3 are both of trial 1 of table9/6a \(literal\), .* in {name};"
    for _ in range(2):
        with pytest.raises(StoreError, match=message):
            store.records("table9/6a", "literal")


def test_records_of_different_trials_do_not_contradict_each_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for one in (
        record(1, 300),
        record(2, 400),
        record(1, 500, reading="institute"),
        record(1, 600, row="table9/6b"),
        record(1, 700) | {"specification": "0" * 16},
    ):
        store.append(one)
    assert len(list(store.lines("table9"))) == 5


# Reading once


def test_a_file_is_checked_once_for_every_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n_checked = 0

    def counting(one: Any) -> Any:
        nonlocal n_checked
        n_checked += 1
        return check_record(one)

    monkeypatch.setattr(store_module, "check_record", counting)
    store = with_file(tmp_path, FIRST + b"\n" + SECOND + b"\n")
    for _ in range(5):
        assert trials_in(store) == trials_in(Store(tmp_path)) == [1, 2]
    assert n_checked == 2
    with open(store.path("table9"), "ab") as file:
        file.write(line_of(record(3, 1)) + b"\n")
    assert trials_in(store) == [1, 2, 3]
    assert n_checked == 3  # what is new
    other = line_of(record(4, 1))
    store.path("table9").write_bytes(other + b"\n" + SECOND + b"\n")
    assert trials_in(store) == [2, 4]
    assert n_checked == 5  # another file
    store.path("table9").unlink()
    assert trials_in(store) == []


def test_what_was_read_is_the_readers_own(tmp_path: Path) -> None:
    store = with_file(tmp_path, FIRST + b"\n")
    (one,) = store.records("table9/6a", "literal")
    one["test"]["wrong"] = 2000
    assert store.records("table9/6a", "literal") == [record(1, 1000)]


# Where nothing can be written


def test_a_store_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        Store(tmp_path / "file" / "runs").append(record(1, 1000))
    with pytest.raises(StoreError, match="can't be read"):
        Store(tmp_path / "file").records("table9/6a", "literal")


def test_a_lock_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".locks").write_text("")
    with pytest.raises(StoreError, match=r"\.locks can't be written \(File exists\)"):
        Store(tmp_path).append(record(1, 1000))


def test_locks_that_are_folders_are_an_error(tmp_path: Path) -> None:
    for name in ("table9.lock", "table9-6a-literal-1.lock"):
        (tmp_path / ".locks" / name).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"table9\.lock can't be written \(Is a directory\)"):
        Store(tmp_path).append(record(1, 1000))
    with (
        pytest.raises(StoreError, match=r"table9-6a-literal-1\.lock can't be written \(Is a directory\)"),
        Store(tmp_path).claim("table9/6a", "literal", 1),
    ):
        pass


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("does not support flock")]
)
def test_a_file_system_without_locks_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def acquire(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("filelock.FileLock.acquire", acquire)
    with pytest.raises(StoreError, match="can't be written .*lock"):
        Store(tmp_path).append(record(1, 1000))
    with pytest.raises(StoreError, match="can't be written .*lock"), Store(tmp_path).claim("table9/6a", "literal", 1):
        pass


def test_too_many_open_files_are_no_fault_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("filelock.FileLock.acquire", acquire)
    with pytest.raises(StoreError, match="give fewer --lanes or --jobs"), Store(tmp_path).claim("table9/6a", "x", 1):
        pass


def test_who_has_a_claim_is_written_into_a_file_of_our_own(tmp_path: Path) -> None:
    store, precious = Store(tmp_path), tmp_path / "precious"
    store.prepare()
    precious.write_text("untouched")
    holder = tmp_path / ".locks" / "table9-6a-literal-1.holder"
    holder.symlink_to(precious)
    assert store.holder("table9/6a", "literal", 1) == ""  # nor is it read
    with store.claim("table9/6a", "literal", 1) as ours:
        assert ours
        assert str(os.getpid()) in store.holder("table9/6a", "literal", 1)
    assert precious.read_text() == "untouched"
    os.mkfifo(holder)
    assert store.holder("table9/6a", "literal", 1) == ""  # without waiting for anybody


@pytest.mark.parametrize("table", ["../table9", "", "a/b", "a b"])
def test_a_table_is_a_name_in_the_folder(table: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no name of a table: give one such as table9"):
        Store(tmp_path).path(table)


@pytest.mark.skipif(sys.platform != "linux", reason="gives up a user's rights as Linux does")
def test_a_user_without_rights_is_told_so(tmp_path: Path) -> None:
    """In the folder, in the folder of locks, and at the file: before the trial is run."""
    store = Store(tmp_path)
    store.append(record(1, 1000))
    tmp_path.chmod(0o755)
    script = f"""
import os
from lstm97.results.store import Store, StoreError
if os.getuid() == 0:
    os.setresuid(12345, 12345, 12345)
try:
    with Store({str(tmp_path)!r}).claim("table9/6a", "literal", 2):
        pass
except StoreError as error:
    print(error)
try:
    Store({str(tmp_path)!r}).prepare()
except StoreError as error:
    print(error)
"""
    for parent in tmp_path.parents[:3]:  # a worker of a parallel run has a folder of its own in between
        parent.chmod(parent.stat().st_mode | 0o055)
    for path in (tmp_path, tmp_path / ".locks", store.path("table9")):
        path.chmod(0o444 if path.is_file() else 0o555)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    said = done.stdout.splitlines()
    assert said[0].startswith(f"{store.path('table9')} can't be written (Permission denied): give another folder")
    assert said[1].startswith(f"{tmp_path} can't be written (Permission denied): give another folder")


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


def test_a_trial_whose_record_could_not_be_written_is_not_claimed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    for trial in (0, 10**6 + 1):
        with pytest.raises(StoreError, match=f"trial is {trial}"), store.claim("table9/6a", "literal", trial):
            pass
    with store.claim("table9/6a", "literal", 10**6) as ours:
        assert ours


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
    assert check_record(one)
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
