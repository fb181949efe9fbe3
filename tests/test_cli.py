"""The command: what it prints, and one clear line and exit code 2 for every bad input."""

import json
import shutil
from pathlib import Path

import pytest
from records import execute, record

from lstm97.cli import main
from lstm97.experiments import LSTMRow, row, rows
from lstm97.pages import number
from lstm97.trials.slices import Job
from lstm97.trials.store import Store

TEST = {"n": 2560, "wrong": 7, "mean_absolute_error": 0.02, "mse": 0.002}
COMMANDS = ("rows", "run", "table", "verify", "bench")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for trial in range(1, 21):
        Store(tmp_path).append(record(trial, 30_000 + 100 * trial))
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example: lstm97 {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["tables", "9"], "tables"),
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
        (["run", "table9/6a", "--store", "{file}/runs"], "give another folder with --store"),
        (["table", "9", "--store", "{broken}"], "line 1"),
        (["verify", "--store", "{empty}"], "run some with 'lstm97 run ROW'"),
    ],
)
def test_bad_input_gives_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {name: tmp_path / name for name in ("file", "broken", "empty")}
    places["file"].write_text("")
    places["broken"].mkdir()
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
    listed = {entry["row"]: entry for entry in json.loads(capsys.readouterr().out)}
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
    assert main(["table", "table9", "--store", str(store), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["row"], first["mean"], first["verdict"]) == ("table9/6a", 31_050, "A")
    assert (second["row"], second["mean"], second["verdict"]) == ("table9/6b", None, "")


@pytest.mark.parametrize("table", sorted({entry.table for entry in rows().values()}))
def test_every_table_with_and_without_records(table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stops = [stop for entry in rows().values() if entry.table == table for stop in entry.stops]
    arguments = ["table", table, "--store", str(tmp_path)]
    assert main(arguments) == 0
    lines = {one.split("  ")[0]: one for one in capsys.readouterr().out.splitlines()}
    for stop in stops:
        assert "0 of 0" in lines[stop.label]
        assert lines[stop.label].endswith("not measured yet")
        assert number(stop.paper.sequences) in lines[stop.label]
    assert main([*arguments, "--json"]) == 0
    assert [entry["row"] for entry in json.loads(capsys.readouterr().out)] == [stop.label for stop in stops]

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
    found = {one["row"]: one for one in json.loads(capsys.readouterr().out)}
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
    assert "0 of 2 trials solved" in captured.out
    assert captured.err.startswith("2 trials to run, 0 recorded; ")
    assert "if each takes the paper's mean number of sequences" in captured.err
    assert "2/2" in captured.err
    assert main(["run", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []  # nothing left to run
    assert main(["verify", "--store", str(tmp_path), "--jobs", "2", "--lanes", "1"]) == 0
    assert "2 of 2 trials reproduced exactly" in capsys.readouterr().out


def test_verify_sees_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = execute(Job("table9/6a", "literal", 1, 600))
    one["test"]["mse"] *= 1 + 1e-15
    Store(tmp_path).append(one)
    assert main(["verify", "--sample", "1", "--store", str(tmp_path), "--jobs", "1"]) == 1
    captured = capsys.readouterr().out
    assert "trial 1: differs" in captured
    assert "0 of 1 trials reproduced exactly" in captured


def test_committed_records_parse_and_are_of_todays_specifications() -> None:
    from lstm97.reading import READINGS
    from lstm97.trials.store import DEFAULT

    n = 0
    for path in sorted(DEFAULT.glob("*.jsonl")):
        for one in Store().lines(path.stem):
            assert one["specification"] == row(one["row"]).under(READINGS[one["reading"]]).hash
            n += 1
    assert n > 0


def test_a_recorded_trial_is_reproduced_exactly(tmp_path: Path) -> None:
    """The cheapest recorded trial of each table's rows, again."""
    from lstm97.trials.store import DEFAULT

    shutil.copy(DEFAULT / "table9.jsonl", tmp_path)
    assert main(["verify", "--sample", "1", "--row", "table9/6a", "--store", str(tmp_path), "--jobs", "1"]) == 0
