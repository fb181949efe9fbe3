"""A new file is enough: a row, a learner and a task that no list names are in everything that knows the others."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lstm97 import experiments, learners, tasks
from lstm97.discovery import FileError
from lstm97.experiments.pairs import PairError, make_pair

TESTS = Path(__file__).parents[1]
#: By package: a file's name, which says nothing, and what is in it.
FILES = {
    "tasks": (
        "first_seen",
        '''
"""Say at the end what came first."""

from dataclasses import dataclass

import numpy as np

from lstm97.tasks.base import Batch, Task, offsets_of


@dataclass(frozen=True)
class Echo(Task):
    T: int

    name = "echo"
    defaults = {"T": 5}
    like = "table4/T100-N3"
    right_is_enough = True
    n_inputs = n_outputs = 1
    tolerance = 0.4

    @property
    def minimal_length(self):
        return self.T

    @property
    def minimal_lag(self):
        return self.T - 1

    def sample(self, rng, n):
        values = rng.choice([-1.0, 1.0], size=(n * self.T, 1))
        offsets = offsets_of(np.full(n, self.T))
        return Batch(np.zeros(0, dtype=np.int64), values, offsets, (values[offsets[:-1]] + 1) / 2)
''',
    ),
    "learners": (
        "of_ones_own",
        '''
"""A learner that has its own name, and how it is built and drawn."""

import numpy as np

from lstm97.learners.elman import Elman
from lstm97.learners.recurrent import RecurrentTopology
from lstm97.learners.unfolded import TOP, Unfolded


class Mine(Elman):
    name = "my-own"
    title = "A system of one's own"
    unfolded = Unfolded(rows=("input", "own", "output"), same_step=(TOP,))

    @classmethod
    def for_task(cls, task, like, *, n_hidden: int = 2, strong: bool = False):
        topology = RecurrentTopology.conventional(task, n_hidden)
        return cls(topology, like.alpha(2.0 if strong else None), like.weight_range(None))
''',
    ),
    "experiments": (
        "whatever",
        '''
"""A row that no table of the paper has."""

from lstm97.experiments.base import CompetitorRow, Paper
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.learners.of_ones_own import Mine
from lstm97.learners.recurrent import RecurrentTopology
from lstm97.tasks.first_seen import Echo

ROWS = (
    CompetitorRow(
        name="own/echo",
        title="What came first",
        section="5.3",
        task=Echo(1),
        learner=Mine(RecurrentTopology(1, 2, 1), 0.5, 0.5),
        stop=ErrorsOnTestSet(beta=0.4, every=10, milestones=()),
        n_trials=2,
        cap=3_000,
        n_test=20,
        paper=Paper("nowhere", sequences=500, n_weights=8),
    ),
)
''',
    ),
}
PACKAGES: dict[str, ModuleType] = {"tasks": tasks, "learners": learners, "experiments": experiments}
#: Lets the packages have other folders, in this process and in those that it starts.
DRIVER = """
import sys
from pathlib import Path

from lstm97 import experiments, learners, tasks

for package in (experiments, learners, tasks):
    package.__path__.append(str(Path(__file__).parent / package.__name__.rpartition(".")[2]))

if __name__ == "__main__":
    exec(sys.argv.pop(1))
"""
#: Performs commands one after the other, with a form feed after each.
COMMANDS = """
import json
from lstm97.cli import main
for words in json.loads(sys.argv[1]):
    if main(words):
        sys.exit("failed")
    print("\\f")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the three files, each into a folder that is called like its package."""
    folder = tmp_path_factory.mktemp("new")
    (folder / "driver.py").write_text(DRIVER)
    for package, (name, text) in FILES.items():
        (folder / package).mkdir()
        (folder / package / f"{name}.py").write_text(text)
    return folder


def python(folder: Path, code: str, *arguments: str) -> str:
    """Run code where the new files are found; return what it printed."""
    command = [sys.executable, str(folder / "driver.py"), code, *arguments]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=TESTS.parent)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def commands(folder: Path, *commands: tuple[str, ...]) -> list[str]:
    """Perform commands where the new files are found, in one process; return what each printed."""
    *printed, last = python(folder, COMMANDS, json.dumps(commands)).split("\f\n")
    assert last == ""
    return printed


def test_the_command_knows_the_row(folder: Path) -> None:
    store = str(folder / "store")
    listed, run, verified, table = commands(
        folder,
        ("rows", "--json"),
        ("run", "own/*", "--store", store, "--jobs", "1"),
        ("verify", "--row", "own/*", "--store", store),
        ("table", "own", "--store", store),
    )
    rows = json.loads(listed)["data"]
    assert rows[-1]["row"] == "own/echo"
    assert rows[-1]["weights"] == 8
    assert "own/echo (literal): 2 of 2 trials solved" in run
    assert "own/echo (literal) trial 1: same" in verified
    assert "2 of 2" in table
    board = python(
        folder,
        "from lstm97.results import Store, scoreboard\n"
        "print(*((one['row'], one['n_solved']) for one in scoreboard(Store(sys.argv[1]))), sep='\\n')",
        store,
    )
    assert board.splitlines()[-1] == "('own/echo', 2)"


def test_the_command_knows_learner_and_task(folder: Path) -> None:
    pairs = (("echo:T=1", "my-own:n_hidden=3,strong=yes"), ("echo:T=5", "lstm"), ("parity:T=2", "my-own"))
    rest = ("--store", str(folder / "pairs"), "--jobs", "1", "--trials", "1", "--cap", "30")
    runs = (("run", "--task", task, "--learner", learner, *rest) for task, learner in pairs)
    about, *printed = commands(folder, ("run", "--help"), *runs)
    listed = "".join(about.split())  # however its lines are broken
    assert "distractors,echo,latch" in listed
    assert "multi-grid,my-own,naive-carrousel" in listed
    for (task, learner), shown in zip(pairs, printed, strict=True):
        assert f"tries/{task}/{learner} (literal): " in shown


def test_a_learner_that_raises_is_named_before_its_traceback(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "learners" / f"{FILES['learners'][0]}.py"
    wrong = "    def train(self, net, batch):\n        return 1 / 0\n"
    file.write_text(file.read_text().replace("    @classmethod\n", f"{wrong}\n    @classmethod\n"))
    code = (
        "from lstm97.cli import main\n"
        "code = main(['run', '--task', 'echo', '--learner', 'my-own', '--jobs', '1', '--store', sys.argv[1]])\n"
        "print('exit code', code)"
    )
    code = code.replace("from lstm97", "sys.stderr = sys.stdout\nfrom lstm97", 1)
    first, *traceback = python(tmp_path, code, str(tmp_path / "store")).splitlines()
    line = file.read_text().splitlines().index("        return 1 / 0") + 1
    named = f"lstm97: {file}, line {line}: Mine.train raised ZeroDivisionError: division by zero; mend the learner"
    assert first == named
    assert traceback[0] == "Traceback (most recent call last):"
    assert traceback[-2:] == ["ZeroDivisionError: division by zero", "exit code 2"]


def test_the_checks_of_learners_are_of_this_one_too(folder: Path) -> None:
    of_all = "tests/learners/test_learners.py", "tests/learners/test_memory.py", "tests/project/test_checks.py"
    chosen = "(promises and my-own) or (what_fits_is_presented and Mine) or (test_checks and Mine- and alpha)"
    code = "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    shown = python(folder, code, "-q", "-p", "no:cacheprovider", "-k", chosen, *of_all)
    assert "4 passed" in shown


def test_chapter_2_draws_it_and_the_benchmark_measures_it(folder: Path) -> None:
    code = (
        "from lstm97_book.pages.previous_work import DRAWINGS, draw, title\n"
        "from lstm97_book.bench.engines import task_of\n"
        "import matplotlib.pyplot as plt\n"
        "_, axes = plt.subplots()\n"
        "draw(axes, DRAWINGS['my-own'])\n"
        "print(axes.get_title(), len(axes.lines), list(DRAWINGS)[-1], title('my-own:strong=yes'), task_of('my-own'))"
    )
    assert python(folder, code).strip() == (
        "A system of one's own 3 my-own A system of one's own (strong=yes) adding"
    )


def test_without_the_files_nothing_knows_them() -> None:
    with pytest.raises(PairError, match="there is no task 'echo'"):
        make_pair("echo", "lstm")
    with pytest.raises(PairError, match="there is no learner 'my-own'"):
        make_pair("adding", "my-own")
    with pytest.raises(KeyError, match="there is no row 'own/echo'"):
        experiments.row("own/echo")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Return what finds tasks and learners, as if nothing had been found before; afterwards all is as it was."""
    before = set(sys.modules)
    finders: dict[str, Any] = {"tasks": tasks.tasks, "learners": learners.learners}
    for finder in finders.values():
        finder.cache_clear()
    yield finders
    for module in set(sys.modules) - before:
        parent, _, name = module.rpartition(".")
        if parent in (tasks.__name__, learners.__name__):
            del sys.modules[module]
            delattr(sys.modules[parent], name)
    for finder in finders.values():
        finder.cache_clear()


@pytest.mark.parametrize(
    ("package", "old", "new", "says"),
    [
        ("tasks", '    name = "echo"\n', "", "Echo has no name for the command: give one of small letters"),
        ("tasks", '"echo"', '"an/echo"', "Echo has the name 'an/echo' for the command"),
        ("tasks", '{"T": 5}', "[1]", "Echo has no field defaults"),
        ("tasks", '{"T": 5}', '{"zz": 1}', "Echo has no field zz"),
        ("tasks", "    n_inputs = n", "    reads = 5\n    n_inputs = n", "Echo has no field reads"),
        ("tasks", "(frozen=True)", "", "Echo has no hash (is it a frozen dataclass?)"),
        ("tasks", "import numpy as np", "raise SystemExit(7)", "line 6: SystemExit: 7"),
        ("tasks", '"echo"', '"adding"', "adding.py has 'adding', too: give Echo another name"),
        ("tasks", '    like = "table4/T100-N3"\n', "", "Echo has no like: declare it in the class"),
        ("tasks", "import numpy as np", "import nummpy as np", "line 6: ModuleNotFoundError: No module named"),
        ("learners", '    name = "my-own"\n', "", "Mine has no name for the command"),
        ("learners", '"my-own"', '"elman"', "elman.py has 'elman', too: give Mine another name"),
        ("learners", "(Elman)", "(Plain)", "Mine has no title and no n_inputs"),
        ("learners", "n_hidden: int = 2", "n_hidden: int", "Mine has no default of its setting n_hidden"),
        ("learners", "    unfolded =", "    __hash__ = None\n    unfolded =", "Mine has no hash"),
        ("learners", "(Elman)", "", "Mine has no n_inputs and no n_outputs and no n_weights and no start"),
        ("learners", "class Mine", "class Mine:\n    x = (\n\n\nclass Other", "SyntaxError: "),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(
    package: str,
    old: str,
    new: str,
    says: str,
    found: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, text = FILES[package]
    assert text.count(old) >= 1
    text = text.replace(old, new)
    if "(Plain)" in text:
        text = text.replace('    title = "A system of one\'s own"\n', "").replace(
            "class Mine", "class Plain:\n    train = start = None\n    name = None\n\n\nclass Mine"
        )
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(PACKAGES[package], "__path__", [*PACKAGES[package].__path__, str(tmp_path)])
    importlib.invalidate_caches()
    with pytest.raises(FileError) as caught:
        found[package]()
    assert str(caught.value).startswith(str(tmp_path / name)) or "too: give" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_task_that_is_like_no_row_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.Adding, "like", "table7/T99")
    with pytest.raises(PairError, match="adding is like 'table7/T99': there is no row 'table7/T99': did you mean"):
        make_pair("adding", "lstm")
    monkeypatch.setattr(tasks.Adding, "like", "table1/cascade")
    with pytest.raises(PairError, match="adding is like 'table1/cascade': table1/cascade is no row on LSTM"):
        make_pair("adding", "lstm")
