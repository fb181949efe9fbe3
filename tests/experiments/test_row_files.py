"""Files with rows: whatever has ``ROWS`` counts, and what is wrong with one is said in one line."""

import dataclasses
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm97 import cli, experiments
from lstm97.discovery import FileError
from lstm97.experiments import CompetitorRow, LSTMRow, Paper, Row, find_rows, row, rows
from lstm97.experiments.stopping import AllPredicted
from lstm97.learners import RTRL, Chunker, RecurrentTopology
from lstm97.net.reading import Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Adding, EmbeddedReber, TemporalOrder
from lstm97.trials import run_trial

#: A row's file, with what may be changed in braces.
FILE = """from lstm97.experiments.base import LSTMRow, Paper
from lstm97.experiments.stopping import ST3
from lstm97.tasks import TemporalOrder
from lstm97.net.topology import Topology

ROWS = (
    LSTMRow(
        name="table12/mine",
        title="Mine",
        section="5.6",
        task=TemporalOrder(2),
        topology=Topology(n_inputs=8, block_sizes=(2,), n_outputs=4),
        alpha=0.5,
        weight_range=0.1,
        in_gate_bias=None,
        out_gate_bias=None,
        stop=ST3(beta=0.1),
        n_trials=2,
        cap=1_000,
        paper=Paper("mine", sequences=500, n_weights=100),
    ),
)
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a file with rows into a folder of the package's, with changes; afterwards all is as before."""
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(tmp_path)])
    before = set(sys.modules)

    def written(name: str, *changes: tuple[str, str]) -> Path:
        text = FILE
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        rows.cache_clear()
        return tmp_path / f"{name}.py"

    yield written
    for module in set(sys.modules) - before:
        parent, _, name = module.rpartition(".")
        if parent == experiments.__name__:
            del sys.modules[module]
            delattr(experiments, name)
    rows.cache_clear()


@pytest.mark.parametrize("name", ["table12", "mine", "a_new_one"])
def test_a_file_of_any_name_is_found_behind_the_papers_tables(name: str, write: Write) -> None:
    before = list(rows())
    write(name)
    assert list(rows()) == [*before, "table12/mine"]
    (mine,) = find_rows(["table12/mine"])
    assert run_trial(mine.under(Reading()), 1, 20).presented == 20


def test_tables_stand_in_the_order_of_their_numbers(write: Write) -> None:
    write("table3b", ("table12/mine", "table3b/mine"))
    tables = list(dict.fromkeys(entry.table for entry in rows().values()))
    assert tables[:5] == ["table1", "table2", "table3", "table3b", "table4"]


#: What may be wrong with a file: the changes, the line that the message names, what it says.
WRONG: dict[str, tuple[tuple[tuple[str, str], ...], int | None, str]] = {
    "a name twice": ((("table12/mine", "table9/6a"),), None, "table9.py has a row table9/6a, too: give another name"),
    "no Python": ((("ROWS = (", "ROWS = ("), ("alpha=0.5,", "alpha=0.5")), 13, "SyntaxError: "),
    "a missing import": (
        (("from lstm97.experiments.stopping import ST3\n", "\n"),),
        17,
        "NameError: name 'ST3' is not defined",
    ),
    "an import of nothing": ((("import ST3", "import ST4"),), 2, "ImportError: cannot import name 'ST4'"),
    "a parameter too much": ((("alpha=0.5", "alfa=0.5"),), 7, "TypeError: "),
    "a bad parameter": ((("beta=0.1", "beta='x'"),), 17, "ValueError: beta is 'x': give 0 or a positive number"),
    "no rows": ((("LSTMRow(\n", "dict(\n"),), None, "ROWS is something else than a tuple of rows"),
    "seven inputs": ((("n_inputs=8", "n_inputs=7"),), None, "n_inputs is 7: TemporalOrder has 8 input units; give"),
    "two outputs": ((("n_outputs=4", "n_outputs=2"),), None, "n_outputs is 2: TemporalOrder has 4 output units"),
    "a negative rate": (
        (("alpha=0.5", "alpha=-0.5"),),
        None,
        "table12/mine: alpha is -0.5: give 0 or a positive number",
    ),
    "another rule": (
        (("import ST3", "import AllPredicted"), ("ST3(beta=0.1)", "AllPredicted()")),
        None,
        "stop: AllPredicted is a rule for EmbeddedReber, not for TemporalOrder",
    ),
    "a name in one part": ((('"table12/mine"', '"mine"'),), 7, "name is 'mine': give TABLE/ROW"),
    "a task's class": ((("task=TemporalOrder(2)", "task=TemporalOrder"),), 7, "task is <class"),
    "no task": ((("task=TemporalOrder(2)", "task=()"),), 7, "task is (): give at least one"),
    "a rule's class": ((("stop=ST3(beta=0.1)", "stop=ST3"),), 7, "stop is <class"),
    "no rule": ((("stop=ST3(beta=0.1)", "stop=None"),), 7, "stop is None: give a stopping rule"),
    "no title": ((("title=", "title=None and "),), 7, "title is None: give text"),
    "no paper": ((("paper=", "paper=None and "),), 7, "paper is None: give a Paper"),
    "no topology": ((("topology=", "topology=None and "),), None, "table12/mine: AttributeError: "),
    "a long name": ((('"table12/mine"', '"table12/" + 100 * "x"'),), 7, "give at most 100 characters"),
    "an error of many lines": ((("ROWS = (", "raise ValueError('one\\ntwo')\nROWS = ("),), 6, "ValueError: one two"),
    "an end": ((("ROWS = (", "raise SystemExit(7)\nROWS = ("),), 6, "SystemExit: 7"),
    "a name beside the store": ((('"table12/mine"', '"../mine"'),), 7, "name is '../mine': give TABLE/ROW"),
    "no cap": (
        (("cap=1_000", "cap=0"),),
        7,
        "ValueError: cap is 0: give at least 1",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_file_is_said_in_one_line(
    what: str, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, line, says = WRONG[what]
    file = write("table12", *changes)
    with pytest.raises(FileError) as caught:
        rows()
    assert str(caught.value).startswith(f"{file}, line {line}: " if line else f"{file}: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    for command in (["rows"], ["run", "table9/6a"], ["table", "9"], ["verify"]):  # and no command goes on without it
        assert cli.main(command) == 2
        shown = capsys.readouterr()
        assert shown.err == f"lstm97: {caught.value}\n"


def changed(of: str, **changes: Any) -> Any:
    return dataclasses.replace(row(of), **changes)


SMALL = RecurrentTopology(7, 2, 7)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: changed("table9/6a", task=TemporalOrder(3)),
            "table9/6a: n_outputs is 4: TemporalOrder has 8 output",
        ),
        (lambda: changed("table7/T100", task=EmbeddedReber()), "n_inputs is 2: EmbeddedReber has 7 input units"),
        (lambda: changed("table1/3x2-0.1", n_test=2560), "n_test is 2560: the test set has 256 strings"),
        (lambda: changed("table7/T100", stop=AllPredicted()), "a rule for EmbeddedReber, not for Adding"),
        (
            lambda: changed("table1/elman-15", learner=(RTRL(SMALL, 0.1, 0.1), Chunker(6, 1, 0.1, 0.1))),
            "n_inputs is 6",
        ),
        (
            lambda: CompetitorRow(
                name="mine/one",
                title="",
                section="",
                task=Adding(30),
                learner=Chunker(2, 1, 0.1, 0.1),
                stop=AllPredicted(),
                n_trials=1,
                cap=1,
                paper=Paper("", 1, 1),
            ),
            "mine/one: n_outputs is 2: Adding has 1 output units; give the learner as many",
        ),
        (lambda: changed("table9/6a", in_gate_bias=(-1.0,)), "in_gate_bias has 1 values for 2 gates"),
        (
            lambda: changed("table9/6a", topology=Topology(8, (1,), 4), in_gate_bias=None, alpha=np.nan),
            "alpha is nan",
        ),
    ],
)
def test_a_learner_that_does_not_fit_its_task_is_named(make: Callable[[], Row], says: str) -> None:
    one = make()
    with pytest.raises(ValueError, match=says):
        one.under(Reading())


def test_one_hot_tasks_only_for_what_predicts_symbols() -> None:
    class Dense(Adding):
        n_outputs = 2

    one = changed("table2/chunker-p100", task=Dense(30), learner=Chunker(2, 1, 0.1, 0.1), name="mine/dense")
    with pytest.raises(ValueError, match="mine/dense: batch: a chunker predicts the next symbol at every step"):
        one.under(Reading())


@pytest.mark.parametrize("name", ["tries/x", "a/b/c", "a b/c", "/x", "x/", "", 3, "-x/y", ".x/y", "ä/x"])
def test_names_that_no_record_can_stand_under(name: Any) -> None:
    with pytest.raises(ValueError, match="^name is .*: give TABLE/ROW"):
        changed("table9/6a", name=name)
    assert isinstance(changed("table9/6a", name="My_table.2/row-1.0"), LSTMRow)
