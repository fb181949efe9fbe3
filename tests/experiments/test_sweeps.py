"""Series of pairs of task and learner: what they are made of, and their way through the command and back."""

import json
from pathlib import Path

import pytest
from support.records import record

from lstm97 import paths
from lstm97.cli import main
from lstm97.experiments import row, sweeps
from lstm97.experiments.sweeps import SWEEPS, Sweep
from lstm97.net.reading import Reading
from lstm97.results.store import Store
from lstm97.results.summary import sweep_records

SMALL = Sweep("small", "Two short lags", ("long-lag:p=2", "long-lag:p=3"), ("rtrl", "elman"), n_trials=2, cap=600)


@pytest.mark.parametrize("name", SWEEPS)
def test_every_pair_can_be_tried(name: str) -> None:
    sweep = SWEEPS[name]
    assert sweep.name == name
    assert len(sweep.pairs) == len(sweep.tasks) * len(sweep.learners)
    names = [pair.name for pair in sweep.pairs.values()]
    assert len(set(names)) == len(names)


def test_a_record_counts_if_it_answers_the_sweeps_question(tmp_path: Path) -> None:
    store, pair = Store(tmp_path), SMALL.pairs["long-lag:p=2", "rtrl"]
    given = {"row": pair.name, "specification": pair.under(Reading()).hash}
    store.append(record(1, 500) | given | {"cap": 1000})
    store.append(record(2, 300, success=False) | given | {"cap": 300})  # given up too early
    store.append(record(3, 500) | given | {"cap": 1000})  # more than the sweep asks for
    found = sweep_records(SMALL, store)
    assert [one["trial"] for one in found["long-lag:p=2", "rtrl"]] == [1]
    assert found["long-lag:p=3", "elman"] == []
    store.append(record(2, 600, success=False) | given | {"cap": 600})
    assert [one["trial"] for one in sweep_records(SMALL, store)["long-lag:p=2", "rtrl"]] == [1, 2]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make the small sweep the only one, and its folder a new one."""
    monkeypatch.setattr(sweeps, "SWEEPS", {"small": SMALL})
    monkeypatch.setattr(paths, "SWEEPS", tmp_path / "sweeps")
    return tmp_path / "sweeps"


def test_a_sweep_is_run_and_verified(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--sweep", "small", "--jobs", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["data"]) == 8
    assert {key: len(found) for key, found in sweep_records(SMALL, Store(small)).items()} == dict.fromkeys(
        SMALL.pairs, 2
    )
    assert main(["run", "--sweep", "small", "--jobs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"] == []  # nothing is run twice

    verify = ["verify", "--sweep", "small", "--jobs", "1"]
    assert main(verify) == 0
    assert "8 of 8 trials reproduced exactly" in capsys.readouterr().out
    path = small / "tries.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[3]["steps"] += 1
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(verify) == 1
    out = capsys.readouterr().out
    assert "7 of 8 trials reproduced exactly" in out
    assert f"steps: recorded {lines[3]['steps']}, now {lines[3]['steps'] - 1}" in out


def test_rows_tries_and_sweeps_are_not_mixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "table9/6a", "--sweep", "lag"]) == 2
    assert "or --sweep" in capsys.readouterr().err
    assert main(["run", "--sweep", "leg"]) == 2
    assert "lag" in capsys.readouterr().err


def test_a_reading_that_changes_nothing_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert row("table2/rtrl-p4-1").under(Reading()).learner_of(1).n_weights == 36
    run = ["run", "--reading", "wide-start", "--store", str(tmp_path), "--trials", "1", "--cap", "500", "--jobs", "1"]
    assert main([*run, "table2/rtrl-p4-1"]) == 2
    assert "wide-start changes nothing about table2/rtrl-p4-1" in capsys.readouterr().err
    assert main([*run, "table2/rtrl-p4-1", "table2/2a", "--json"]) == 0
    assert [one["row"] for one in json.loads(capsys.readouterr().out)["data"]] == ["table2/2a"]
