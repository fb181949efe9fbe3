"""The command: what it prints, and one clear line and exit code 2 for every bad input."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.records import execute, job, record

import lstm97
from lstm97.cli import main
from lstm97.command.output import blocks
from lstm97.experiments import LSTMRow, row, rows
from lstm97.results.scoreboard import line_of, scoreboard
from lstm97.results.store import Store
from lstm97.results.summary import summarise_table
from lstm97.text import Table, number

TEST = {"n": 2560, "wrong": 7, "mean_absolute_error": 0.02, "mse": 0.002}
COMMANDS = ("rows", "run", "table", "verify", "bench")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def read_json(capsys: pytest.CaptureFixture[str]) -> Any:
    """Read what a command printed as JSON: it says what it is."""
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == lstm97.__version__
    assert len(found["description"]) > 40
    return found["data"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for trial in range(1, 21):
        Store(tmp_path).append(record(trial, 30_000 + 100 * trial))
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"example: lstm97 {command}" in out
    assert "exit codes: 0 done; 1" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["tables", "9"], "tables"),
        (["--trails", "rows"], "unrecognized arguments: --trails (try: lstm97 --help)"),
        (["run", "table9/6a", "--trails", "3"], "unrecognized arguments: --trails 3 (try: lstm97 run --help)"),
        (["run", "table9/6c"], "did you mean table9/6"),
        (["run", "table9/6a", "--reading", "literall"], "did you mean literal?"),
        (["run", "table9/6a", "--trials", "0"], "'0' is not a whole number of at least 1"),
        (["run", "table9/6a", "--cap", "many"], "'many' is not a whole number"),
        (["run", "table9/6a", "--jobs", "-1"], "'-1' is not a whole number"),
        (["run", "table9/6a", "--lanes", "0"], "'0' is not a whole number"),
        (["run", "table9/6a", "--first", "0"], "'0' is not a whole number"),
        (["table", "12"], "give one of 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (["table", "table10"], "there is no table 'table10'"),
        (["verify", "--sample", "0"], "'0' is not a whole number"),
        (["verify", "--row", "table1/x"], "there is no row 'table1/x'"),
        (["verify", "--row", ""], "there is no row ''"),
        (["run", "xyzzy"], "there is no row 'xyzzy': 'lstm97 rows' lists them"),
        (["verify", "--sweep", "leg"], "there is no sweep 'leg'"),
        (["verify", "--all", "--store", "{nowhere}"], "there is no such folder"),
        (["table", "9", "--store", "{nowhere}"], "there is no such folder"),
        (["table", "9", "--store", "{file}"], "there is no such folder"),
        (["table", "9", "--store", ""], "the store's folder is ''"),
        (["table", "9", "--store", "~/no such folder"], "there is no such folder"),
        (["run", "table9/6a", "--store", ""], "the store's folder is ''"),
        (["run", "table9/6a", "--first", "999999", "--trials", "3"], "trials go up to 1,000,000"),
        (["run", "table9/6a", "--first", "1000000"], "--first 1000000 with 20 trials: trials go up to 1,000,000"),
        (["run", "x" * 1000], "there is no row 'xxxx"),
        (["verify", "--all", "--sample", "1"], "--all goes with neither --sample, --row nor --sweep"),
        (["run", "table9/6a", "--dask", ""], "--dask '' is no address"),
        (["run", "table9/6a", "--trials", "1000000000"], "'1000000000' is too large: give at most 100,000"),
        (["run", "table9/6a", "--first", "9" * 4000], "'999999999999999999999999999...' is too large"),
        (["run", "table9/6a", "--first", "9" * 5000], "is too large"),
        (["run", "table9/6a", "--cap", "9" * 40], "is too large"),
        (["run", "table9/6a", "--lanes", "1000000"], "is too large"),
        (["run", "table9/6a", "--jobs", "9999", "--store", "{empty}"], "is more than 4 for each core"),
        (["run", "--sweep", "lag", "--reading", "institute"], "sweeps are run under the literal reading only"),
        (["run", "table9/6a", "--store", "{file}/runs"], "give another folder with --store"),
        (["table", "9", "--store", "{broken}"], "line 1"),
        (["verify", "--all", "--store", "{empty}"], "run some with 'lstm97 run ROW'"),
    ],
)
def test_bad_input_gives_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {name: tmp_path / name for name in ("file", "broken", "empty", "nowhere")}
    places["file"].write_text("")
    places["broken"].mkdir()
    places["empty"].mkdir()
    (places["broken"] / "table9.jsonl").write_text("{broken}\n" + json.dumps(record(1, 1)) + "\n")
    assert main([argument.format(**places) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lstm97: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rows"]) == 0
    assert "table7/T100" in capsys.readouterr().out
    assert main(["rows", "--json"]) == 0
    listed = {entry["row"]: entry for entry in read_json(capsys)}
    assert listed["table9/6a"]["paper"]["sequences"] == row("table9/6a").paper.sequences
    assert list(listed) == list(rows())
    assert listed["table1/3x2-0.2"]["paper"]["wrong"] is None


def test_rows_show_what_the_paper_prints_of_the_test_set(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in Tables 1 to 3, fractions in Tables 4 to 6, whole numbers in the others."""
    assert main(["rows"]) == 0
    last = {line.split()[0]: line.split("  ")[-1].strip() for line in capsys.readouterr().out.splitlines()}
    assert [last[name] for name in ("table1/3x2-0.1", "table2/2b", "table3/q50-p50")] == ["–", "–", "–"]
    assert (last["table4/T100-N3"], last["table5/T100-N1"]) == ("0.5 of 2560", "38.4 of 2560")
    assert (last["table7/T500"], last["table8/T100"]) == ("0 of 2560", "14 of 2560")


def test_table(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "9", "--store", str(store)]) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("table9/6a")]
    for text in ("20 of 20", "31,390", "31,050", "A reproduced"):
        assert text in line
    written = line_of(summarise_table("table9", Store(store))[0])
    assert written.rate.startswith("84")
    assert all(part in line for part in written._replace(rate=""))
    assert main(["table", "table9", "--store", str(store), "--json"]) == 0
    first, second = read_json(capsys)
    assert (first["row"], first["mean"], first["verdict"]) == ("table9/6a", 31_050, "A")
    assert (second["row"], second["mean"], second["verdict"]) == ("table9/6b", None, "")
    of_table_9 = [entry for entry in scoreboard(Store(store)) if entry["table"] == "table9"]
    assert [list(entry) for entry in of_table_9] == [list(first), list(second)]
    assert of_table_9[0]["low"] == first["low"]


@pytest.mark.parametrize("table", sorted({entry.table for entry in rows().values()}))
def test_every_table_with_and_without_records(table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stops = [stop for entry in rows().values() if entry.table == table for stop in entry.stops]
    arguments = ["table", table, "--store", str(tmp_path)]
    assert main(arguments) == 0
    lines = {one.split("  ")[0]: one for one in capsys.readouterr().out.splitlines()}
    for stop in stops:
        assert lines[stop.label].split().count("–") >= 5  # solved, mean, interval, median, ratio
        assert lines[stop.label].endswith("not measured yet")
        assert number(stop.paper.sequences) in lines[stop.label]
    assert main([*arguments, "--json"]) == 0
    assert [entry["row"] for entry in read_json(capsys)] == [stop.label for stop in stops]

    entry = [stop for stop in stops if isinstance(stop, LSTMRow)][-1]  # the last row, and its last stop
    reached = {name: {"sequences": int(paper.sequences), "test": TEST} for name, paper in entry.milestones}
    for trial in range(1, entry.n_trials + 1):
        one = record(trial, int(entry.paper.sequences), row=entry.name)
        Store(tmp_path).append(one | ({"milestones": reached} if reached else {}))
    assert main(arguments) == 0
    lines = {one.split("  ")[0]: one for one in capsys.readouterr().out.splitlines()}
    assert sum(one.endswith("A reproduced") for one in lines.values()) == len(entry.stops)
    for stop in entry.stops:
        assert f"{entry.n_trials} of {entry.n_trials}" in lines[stop.label]
        assert "  1.00  " in lines[stop.label]
    assert main([*arguments, "--json"]) == 0
    found = {one["row"]: one for one in read_json(capsys)}
    for stop in entry.stops:
        assert found[stop.label]["mean"] == stop.paper.sequences
        assert found[stop.label]["paper"] == {"sequences": stop.paper.sequences, "wrong": stop.paper.wrong}
        assert (found[stop.label]["wrong"] == 7.0) == bool(stop.milestone)


def test_table_reports_a_half_written_line(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open(store / "table9.jsonl", "a") as file:
        file.write('{"row": ')
    assert main(["table", "9", "--store", str(store)]) == 0
    captured = capsys.readouterr()
    assert "half-written last line was skipped" in captured.err
    assert "20 of 20" in captured.out


def test_run_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["table9/6a", "--trials", "2", "--cap", "600", "--jobs", "1", "--store", str(tmp_path)]
    assert main(["run", *arguments]) == 0
    captured = capsys.readouterr()
    assert "table9/6a (literal): 0 of 2 trials solved, mean ≥ 600 sequences" in captured.out.replace("\xa0", " ")
    assert "a failed trial counts as its cap" in captured.out
    assert f"records: {tmp_path}" in captured.out
    assert "2 trials to run, 0 recorded; " in captured.err
    assert "if each takes the paper's mean number of sequences" in captured.err
    assert "\r" not in captured.err  # a bar is for terminals
    assert main(["run", *arguments, "--json"]) == 0
    assert read_json(capsys) == []  # nothing left to run
    assert main(["verify", "--all", "--store", str(tmp_path), "--jobs", "2", "--lanes", "1"]) == 0
    captured = capsys.readouterr()
    assert "2 of 2 trials reproduced exactly" in captured.out
    assert f"2 trials to run again, from {tmp_path}; about a second, as recorded" in captured.err
    assert main(["verify", "--sample", "1", "--store", str(tmp_path), "--json"]) == 0
    (one,) = read_json(capsys)
    assert one == {
        "row": "table9/6a",
        "reading": "literal",
        "trial": 1,
        "cap": 600,
        "same": True,
        "differences": {},
    }
    assert main(["verify", "--store", str(tmp_path)]) == 2
    assert "there are 2 recorded trials, which took" in capsys.readouterr().err


def test_what_a_run_says_is_what_the_table_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same mean, with failed trials at their caps; and with another cap, what a run with that cap would give."""
    for trial in range(1, 11):
        solved = trial < 8
        Store(tmp_path).append(record(trial, 1000 * trial if solved else 5_000_000, success=solved, row="table9/6b"))
    arguments = ["table9/6b", "--store", str(tmp_path), "--jobs", "1"]
    assert main(["run", *arguments]) == 0
    said = capsys.readouterr().out.replace("\xa0", " ")
    assert main(["table", "9", "--store", str(tmp_path)]) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("table9/6b")]
    mean = line.replace("\xa0", " ").split("  ")
    assert "≥ 1,502,800" in mean
    assert "7 of 10 trials solved, mean ≥ 1,502,800 sequences" in said
    assert main(["run", *arguments, "--cap", "4000"]) == 0
    # Four within the cap; six count as the cap.
    assert "4 of 10 trials solved, mean ≥ 3,400 sequences" in capsys.readouterr().out.replace("\xa0", " ")


def test_trials_beyond_the_papers_are_said_to_stand_in_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for trial in (20, 21):
        Store(tmp_path).append(record(trial, 1000))
    arguments = ["run", "table9/6a", "--trials", "1", "--store", str(tmp_path), "--first"]
    assert main([*arguments, "20"]) == 0
    assert "in no table" not in capsys.readouterr().out
    assert main([*arguments, "21"]) == 0
    assert "trials beyond the paper's number count here, but in no table" in capsys.readouterr().out


def test_records_that_count_for_nothing_are_named(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(store).append(record(1, 5) | {"specification": "another"})
    Store(store).append(record(1, 5) | {"row": "table9/gone"})
    assert main(["table", "9", "--store", str(store)]) == 0
    out = capsys.readouterr().out
    assert f"records: {store / 'table9.jsonl'}" in out
    assert "left out: table9/6a (literal): 1 record of another specification" in out
    assert "left out: table9/gone (literal): 1 record of a row that this version does not have" in out
    assert main(["table", "9", "--store", str(store), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["left_out"]) == 2
    assert main(["run", "table9/6a", "--store", str(store), "--jobs", "1"]) == 0
    assert "left out: table9/6a (literal): 1 record of another" in capsys.readouterr().out
    assert main(["table", "8", "--store", str(store)]) == 0
    assert f"{store / 'table8.jsonl'}, which does not exist" in capsys.readouterr().out


def test_verify_sees_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = execute(job("table9/6a", "literal", 1, 600))
    one["test"]["mse"] *= 1 + 1e-15
    Store(tmp_path).append(one)
    verify = ["verify", "--sample", "1", "--store", str(tmp_path), "--jobs", "1"]
    assert main(verify) == 1
    captured = capsys.readouterr()
    assert "trial 1: differs" in captured.out
    assert "0 of 1 trial reproduced exactly" in captured.out
    assert "0 of 1 trial reproduced exactly" in captured.err
    assert main([*verify, "--json"]) == 1
    (found,) = read_json(capsys)
    assert found["same"] is False
    assert found["differences"]["test"]["recorded"] == one["test"]


def test_committed_records_parse_and_are_of_todays_specifications() -> None:
    from lstm97.net.reading import READINGS
    from lstm97.paths import RUNS

    n = 0
    for path in sorted(RUNS.glob("*.jsonl")):
        for one in Store().lines(path.stem):
            assert one["specification"] == row(one["row"]).under(READINGS[one["reading"]]).hash
            n += 1
    assert n > 0


def test_a_recorded_trial_is_reproduced_exactly(tmp_path: Path) -> None:
    """The cheapest recorded trial of each table's rows, again."""
    from lstm97.paths import RUNS

    shutil.copy(RUNS / "table9.jsonl", tmp_path)
    assert main(["verify", "--sample", "1", "--row", "table9/6a", "--store", str(tmp_path), "--jobs", "1"]) == 0


def test_tables_fit_the_terminal(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["table", "9", "--store", str(store)], ["rows"]):
        widths = {}
        for columns in ("80", "200"):
            monkeypatch.setenv("COLUMNS", columns)
            assert main(arguments) == 0
            lines = capsys.readouterr().out.split("\nsequences until")[0].splitlines()
            widths[columns] = max(map(len, lines))
            assert ("\n\n" in "\n".join(lines).strip()) == (columns == "80")
        assert widths["80"] <= 80 < widths["200"] <= 200


def test_blocks_hold_every_column_once_beside_the_names() -> None:
    table = Table(("a", "b", "word", "c", "last"), (("1", "22", "333", "4", "words"),) * 2, left=3, words_last=True)
    for width in range(1, 30):
        cut = blocks(table, 1, width)
        assert [name for one in cut for name in one.head[1:]] == list(table.head[1:])
        assert all(one.head[0] == "a" for one in cut)
        assert all(len(one.head) == 2 or max(map(len, repr(one).splitlines())) <= width for one in cut)
    assert [repr(one) for one in blocks(table, 1, 1000)] == [repr(table)]
    assert len(blocks(table, 1, 1)) == 4


def test_a_column_of_words_that_is_too_wide_goes_on_in_further_lines() -> None:
    words = " ".join(["words"] * 20)
    (cut,) = blocks(Table(("name", "words"), (("a", words), ("b", "few")), left=2), 1, 40)
    lines = repr(cut).splitlines()
    assert max(map(len, lines)) <= 40
    assert [line[:4].strip() for line in lines if line[0] != " "] == ["name", "a", "b"]
    assert sum(line.count("words") for line in lines[1:]) == 20


@pytest.mark.parametrize(
    "arguments",
    [
        ["rows", "--js\non"],
        ["run", "--task", "adding", "--learner", "x" * 100_000],
        ["run", "--learner", "bptt", "--task", f"adding:{'y' * 50_000}=1"],
        ["table", "9", "--store", "z" * 50_000],
        ["table", "9", "--store", "~nobody-of-that-name/x"],
    ],
)
def test_a_message_is_one_line_of_bearable_length(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert len(said) < 2000
    assert arguments[-1][:6].splitlines()[0] in said


def test_what_has_no_value_can_be_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As in the message on a bad one, which names it."""
    pair = ["run", "--task", "adding:T=30", "--trials", "1", "--cap", "10", "--jobs", "1", "--store", str(tmp_path)]
    assert main([*pair, "--learner", "bptt:k=0"]) == 2
    assert "or none" in capsys.readouterr().err.lower()
    assert main([*pair, "--learner", "bptt:k=none"]) == 0
    assert "tries/adding:T=30/bptt (literal)" in capsys.readouterr().out


def test_rows_without_records_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["verify", "--row", "table9/6a", "--store", str(tmp_path)]) == 2
    assert "table9/6a" in capsys.readouterr().err
