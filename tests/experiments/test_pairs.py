"""Pairs of task and learner that no row has."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from support.pairs import REFUSED
from support.records import execute, job

from lstm97 import paths
from lstm97.cli import main
from lstm97.command import stores
from lstm97.experiments import row, rows
from lstm97.experiments.pairs import PREFIX, PairError, find, make_pair
from lstm97.experiments.stopping import AllPredicted, CorrectInARow
from lstm97.learners import BPTT, RTRL, Elman, Guessing, learners
from lstm97.net.reading import READINGS, Reading
from lstm97.tasks import Adding, tasks
from lstm97.trials.runner import REPRODUCIBLE
from lstm97.trials.size import check_size


@pytest.mark.parametrize("learner", learners())
@pytest.mark.parametrize("task", tasks())
def test_every_pair_can_be_built_or_is_refused(task: str, learner: str) -> None:
    if (task, learner) in REFUSED:
        with pytest.raises(PairError, match=REFUSED[task, learner]):
            make_pair(task, learner)
        return
    made = make_pair(task, learner)
    assert find(made.name) == made
    specification = made.under(Reading())
    assert specification.row == made.name
    batch = specification.task_of(1).sample(np.random.default_rng(0), 2)
    net = specification.learner_of(1).start(np.random.default_rng(0))
    assert specification.learner_of(1).predict(net, batch).shape == batch.targets.shape
    assert made.cap >= 100_000


def test_the_rows_own_pair_has_the_rows_conditions() -> None:
    """But for the name, on which seeds depend, and for three pairs of sets in Table 1."""
    pairs = {
        "table2/2a": "long-lag:p=100",
        "table2/2b": "long-lag:p=100,variant=2b",
        "table3/q50-p50": "distractors:q=50,p=50",
        "table4/T100-N3": "two-sequence:T=100,N=3",
        "table7/T100": "adding:T=100",
        "table8/T100": "multiplication:T=100",
        "table9/6a": "temporal-order",
        "table9/6b": "temporal-order:n_relevant=3",
    }
    for reading in READINGS.values():
        for name, task in pairs.items():
            ours = make_pair(task, "lstm").under(reading)
            assert dataclasses.replace(ours, row=name) == row(name).under(reading)


def test_defaults_are_the_papers() -> None:
    """Table 1, rows 1 and 3; Table 2; initial weights and stopping rules of the task's row."""
    learners = [
        make_pair(*pair).under(Reading()).learner_of(1)
        for pair in (("reber", "rtrl"), ("reber", "elman"), ("long-lag", "rtrl"))
    ]
    assert [one.topology.n_weights for one in learners] == [170, 435, 10_404]  # type: ignore[attr-defined]
    assert isinstance(learners[1], Elman)
    assert isinstance(learners[2], RTRL)
    assert (learners[2].alpha, learners[2].weight_range) == (1.0, 0.2)
    assert make_pair("long-lag", "rtrl").under(Reading()).stop == CorrectInARow()
    assert make_pair("reber", "rtrl").under(Reading()).stop == AllPredicted()
    guessing = make_pair("two-sequence", "guessing").under(Reading()).learner
    assert guessing == Guessing(1, 1, 1, tolerance=0.2)


def test_settings_reach_task_and_learner() -> None:
    made = make_pair("long-lag:p=4", "rtrl:alpha=4,online=yes,resets=no,n_hidden=2,weight_range=0.5")
    learner = made.under(Reading()).learner
    assert isinstance(learner, RTRL)
    assert (learner.alpha, learner.update, learner.resets, learner.weight_range) == (4.0, "every step", False, 0.5)
    assert (learner.topology.n_hidden, learner.topology.n_inputs) == (2, 5)
    institute = make_pair("adding", "lstm").under(dataclasses.replace(Reading(), second_mark="position"))
    assert institute.task.second_mark == "position"  # type: ignore[union-attr]


def test_a_pair_has_one_name() -> None:
    names = {
        make_pair(*pair).name
        for pair in (
            ("adding:T=100", "bptt:k=5,alpha=0.5"),
            ("adding", "bptt:alpha=.5,k=5"),
            ("adding:T=100", "bptt:alpha=0.50,k=5"),
        )
    }
    assert names == {"tries/adding:T=100/bptt:alpha=0.5,k=5"}
    assert make_pair("long-lag", "rtrl:online=no").name == make_pair("long-lag", "rtrl").name
    assert not any(name.startswith(PREFIX) for name in rows())


@pytest.mark.parametrize(
    ("task", "learner", "says"),
    [
        ("adding", "btt", "there is no learner 'btt': did you mean bptt? There are additive, annealing"),
        ("addition", "bptt", "there is no task 'addition': did you mean adding? There are adding, distractors"),
        ("xyz", "bptt", "there is no task 'xyz': give one of adding, distractors"),
        ("adding:p=3", "bptt", "adding has no parameter 'p=3': write parameter=value; it has T"),
        ("adding:second_mark=position", "bptt", "it has T"),  # the reading's to choose
        ("adding:T", "bptt", "adding has no parameter 'T': write parameter=value"),
        ("adding:T=ten", "bptt", "adding: T is 'ten': give a whole number"),
        ("adding:T=10", "bptt", "adding:T=10: T is 10: give at least 22"),
        ("long-lag:p=4,p=5", "bptt", "long-lag is given p twice: give it once"),
        ("adding", "bptt:alpha=high", "bptt: alpha is 'high': give a number"),
        ("adding", "bptt:alpha=nan", "bptt: alpha is 'nan': give a number"),
        ("adding", "rtrl:online=maybe", "rtrl: online is 'maybe': give yes or no"),
        ("adding", "rtrl:k=5", "rtrl has no parameter 'k=5': write parameter=value; it has n_hidden, alpha"),
        ("adding", "bptt:k=0", "bptt:k=0 can't learn adding:T=100: k is 0: give at least 1"),
        ("long-lag:p=1000", "rtrl:n_hidden=50", "RTRL would carry 2,627,500 sensitivities"),
        ("reber", "guessing", "the task has no tolerance: give tolerance"),
        ("parity", "guessing:net=A3", "net is 'A3': give one of 'A1', 'A2'"),
    ],
)
def test_bad_pairs_are_refused_with_the_way_out(
    task: str, learner: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--task", task, "--learner", learner, "--store", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [[], ["--task", "adding"], ["--learner", "bptt"], ["table9/6a", "--task", "adding", "--learner", "bptt"]],
)
def test_rows_or_a_pair(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *arguments]) == 2
    assert "give rows such as table9/6a, or --task and --learner" in capsys.readouterr().err


def test_run_a_pair_and_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "run",
        "--task",
        "parity:T=3",
        "--learner",
        "guessing:net=A2",
        "--store",
        str(tmp_path),
        "--jobs",
        "1",
    ]
    assert main([*arguments, "--trials", "2", "--cap", "300"]) == 0
    captured = capsys.readouterr()
    assert "tries/parity:T=3/guessing:net=A2 (literal): " in captured.out
    assert "2 trials to run, 0 recorded; " in captured.err
    assert "if all go to their caps" in captured.err
    assert "the paper's mean" not in captured.err
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["tries.jsonl"]
    assert main([*arguments, "--trials", "3", "--cap", "300", "--json"]) == 0
    (new,) = json.loads(capsys.readouterr().out)["data"]
    assert new["trial"] == 3  # the first two are recorded
    assert new["row"] == "tries/parity:T=3/guessing:net=A2"


def test_records_of_tries_and_sweeps_never_go_among_those_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor those of rows among these, whatever way the folder is written."""
    monkeypatch.chdir(tmp_path)
    places = stores.Folders(tmp_path / "runs", tmp_path / "sweeps", tmp_path / "tries")
    for name, folder in (("RUNS", places.rows), ("SWEEPS", places.sweeps), ("TRIES", places.tries)):
        monkeypatch.setattr(paths, name, folder)
        if name != "TRIES":
            monkeypatch.setattr(paths, f"PUBLISHED_{name}", folder)
    a_try = ["--task", "parity:T=2", "--learner", "window:window=2"]
    refused = [
        (a_try, ("runs", "sweeps")),
        (["--sweep", "lag"], ("runs", "tries")),
        (["table9/6a"], ("sweeps", "tries")),
    ]
    for given, others in refused:
        for other in others:
            for written in (other, f"./{other}/", str(tmp_path / other), f"{other}/../{other}"):
                assert main(["run", *given, "--store", written]) == 2
                assert "records of another kind" in capsys.readouterr().err
    assert main(["run", *a_try, "--trials", "1", "--cap", "100", "--jobs", "1"]) == 0
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl")] == ["tries/tries.jsonl"]
    assert main(["verify", "--row", "tries/parity*", "--jobs", "1"]) == 0
    assert "1 of 1 trial reproduced exactly" in capsys.readouterr().out


def test_the_folders_are_three() -> None:
    assert len(set(stores.folders_to_write())) == 3


@pytest.mark.parametrize(
    ("task", "learner", "message"),
    [
        ("", "", "there is no task ''"),
        ("adding", "", "there is no learner ''"),
        ("adding", "lstm:weight_range=-1", "weight_range is '-1': give a number from 0 to"),
        ("adding", "lstm:weight_range=1e308", "weight_range is '1e308': give a number from 0 to"),
        ("adding", "guessing:tolerance=nan", "tolerance is 'nan': give a number"),
        ("adding", "annealing:weight_range=-1", "weight_range is '-1'"),
        ("adding:T=1000000000000", "lstm", "T is 1000000000000: give at most"),
        ("adding:T=" + "9" * 400, "lstm", "T is '999999999999999999999999999...': give a whole number"),
        ("adding:T=" + "9" * 5000, "lstm", "give a whole number"),
        ("long-lag:p=1000000000", "lstm", "p is 1000000000: give at most"),
        ("adding", "rtrl:n_hidden=100000000", "n_hidden is 100000000: give at most"),
        ("adding", "bptt:n_hidden=1000000000", "n_hidden is 1000000000: give at most"),
    ],
)
def test_what_can_not_begin_is_said_in_a_line(
    task: str, learner: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--task", task, "--learner", learner, "--store", str(tmp_path / "store")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("lstm97: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_sequences_that_the_memory_can_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    one = make_pair("adding:T=1000", "lstm")
    check_size(one, Reading())
    monkeypatch.setattr("lstm97.trials.size._memory", lambda: 50e6)
    with pytest.raises(PairError, match=r"adding:T=1000 is too large: .* this machine has 0.05 GB"):
        check_size(one, Reading())


@pytest.mark.parametrize("error", [MemoryError(), OverflowError("high - low"), ValueError("high - low")])
def test_what_numpy_refuses_is_said_with_the_pair(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    one = make_pair("adding", "bptt")
    for cls, message in ((BPTT, "bptt can't be started for adding"), (Adding, "adding:T=100 can't be drawn")):
        monkeypatch.setattr(cls, "start" if cls is BPTT else "sample", fail)
        with pytest.raises(PairError, match=message):
            check_size(one, Reading())


@pytest.mark.parametrize(
    ("task", "learner"), [("adding:T=30", "lstm"), ("long-lag:p=3", "bptt"), ("two-sequence:T=10,N=3", "guessing")]
)
def test_processes_and_lanes_change_nothing(task: str, learner: str, tmp_path: Path) -> None:
    """Five trials in lanes, where the learner has them, and one by itself."""
    arguments = ["run", "--task", task, "--learner", learner, "--trials", "5", "--cap", "300", "--jobs", "1"]
    assert main([*arguments, "--store", str(tmp_path)]) == 0
    recorded = [json.loads(line) for line in (tmp_path / "tries.jsonl").read_text().splitlines()]
    assert len(recorded) == 5
    for one in recorded:
        again = execute(job(make_pair(task, learner).name, "literal", one["trial"], 300))
        assert {name: one.get(name) for name in REPRODUCIBLE} == {name: again.get(name) for name in REPRODUCIBLE}
