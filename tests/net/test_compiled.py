"""Machine code kept on disk follows every source that it depends on, wherever it lies, and is never in the way."""

import ast
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import numba
import numpy as np
import pytest

from lstm97.learners import LSTM
from lstm97.net import machine_code as own
from lstm97.net import network
from lstm97.net.compiled import Compiled
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

PACKAGE = Path(inspect.getfile(network)).parents[1]
FILES = sorted(PACKAGE.rglob("*.py"))

#: A function that calls one from another file: what it gives, and how often its machine code was found on disk.
SQUASH = """
import numpy as np
from lstm97 import LSTM, Topology
from lstm97.net import network
sigma, g_c = np.empty(1), np.empty(0)
network.squash(LSTM(Topology(1, (1,), 1), 0.1, 0.1).wiring, np.zeros(1), sigma, g_c)
print(sigma[0], sum(network.squash.dispatcher.stats.cache_hits.values()))
"""
#: One function for two types.
F = """
from lstm97.net.activations import f
print(f(0.0), f(1), sum(f.dispatcher.stats.cache_hits.values()))
"""
F_GIVES = "0.5 0.7310585786300049"


#: Root may write everywhere, unless he gives that up.
WITHOUT_POWERS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []


class Installed:
    """A copy of the package that may not be written."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.package = folder, folder / "lstm97"
        if WITHOUT_POWERS and not shutil.which("setpriv"):
            pytest.skip("root may write everywhere, and there is no setpriv")
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        for one in (self.package, *self.package.rglob("*")):
            one.chmod(0o555 if one.is_dir() else 0o444)

    def place(self, name: str) -> Path:
        """Make a folder that may be written."""
        made = self.folder / name
        made.mkdir(exist_ok=True)
        return made

    def change(self, file: str, old: str, new: str) -> None:
        path = self.package / file
        source = path.read_text(encoding="utf-8")
        assert source.count(old) == 1
        path.chmod(0o644)
        path.write_text(source.replace(old, new), encoding="utf-8")
        path.chmod(0o444)

    def run(self, code: str, env: Mapping[str, Path | str], prefix: Sequence[str] = ()) -> tuple[str, str]:
        """Run code with nothing in the environment but what is given; return what it prints, and its messages."""
        given = {name: str(value) for name, value in env.items()}
        given |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [*WITHOUT_POWERS, *prefix, sys.executable, "-c", code]
        current = self.place("current")
        done = subprocess.run(command, env=given, cwd=current, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr.strip()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    made = Installed(tmp_path)
    yield made
    for one in (made.package, *made.package.rglob("*")):  # so that it can be removed
        one.chmod(0o755)


PLACES: dict[str, dict[str, str]] = {
    "package": {},
    "named": {"NUMBA_CACHE_DIR": "named", "HOME": "home"},
    "home": {"HOME": "home"},
    "temporary": {"HOME": "/dev/null", "TMPDIR": "temporary"},
}


@pytest.mark.parametrize("where", PLACES)
def test_machine_code_follows_a_formula_in_another_file(installed: Installed, where: str) -> None:
    env = {name: installed.place(value) if value[0] != "/" else value for name, value in PLACES[where].items()}
    kept = installed.folder / where
    if where == "package":
        kept = installed.package / "__pycache__"
        installed.package.chmod(0o755)
    assert installed.run(SQUASH, env) == ("0.5 0", "")
    assert list(kept.rglob("*squash*.nbc"))
    assert installed.run(SQUASH, env) == ("0.5 1", "")
    installed.change("net/activations.py", "return 1.0 / (1.0 + e_r", "return 0.50 / (1.0 + e_r")
    assert installed.run(SQUASH, env) == ("0.25 0", "")


def test_an_edit_of_what_no_formula_imports_compiles_nothing(installed: Installed) -> None:
    env: dict[str, Path | str] = {"NUMBA_CACHE_DIR": installed.place("named"), "HOME": installed.place("home")}
    assert installed.run(SQUASH, env) == ("0.5 0", "")
    for file in ("results/summary.py", "learners/rtrl.py", "learners/lstm.py"):
        installed.change(file, "\nfrom dataclasses import", "\n# a word\nfrom dataclasses import")
    assert installed.run(SQUASH, env) == ("0.5 1", "")
    installed.change("net/activations.py", "import numpy as np\n", "import numpy as np  # a word\n")
    assert installed.run(SQUASH, env) == ("0.5 0", "")


def test_what_presents_sequences_is_compiled_once_for_all_sizes() -> None:
    """Nets with matrices of one row, of one column, and of neither."""
    sizes = (
        Topology(2, (2,), 3),
        Topology(2, (1,), 1),
        Topology(1, (), 1, n_hidden=1, biased="none", recurrent=False),
    )
    counts = []
    for topology in sizes:
        learner = LSTM(topology, 0.1, 0.1)
        net = learner.start(np.random.default_rng(0))
        values, targets = np.zeros((2, topology.n_inputs)), np.zeros((1, topology.n_outputs))
        batch = Batch(np.empty(0, dtype=np.int64), values, np.array([0, 2]), targets)
        learner.train(net, batch)
        learner.predict(net, batch)
        counts.append((len(network.present.dispatcher.signatures), len(network.respond.dispatcher.signatures)))
    assert counts[0] == counts[1] == counts[2]
    for part in (network.zero_weights, network.new_state):
        assert len({numba.typeof(part(topology)) for topology in sizes}) == 1
        assert len({numba.typeof(tuple(part(topology))) for topology in sizes}) > 1  # as Numba would have it


def test_a_matrix_that_is_not_column_major_is_not_taken_for_one() -> None:
    own.tell_types()
    weights = network.zero_weights(Topology(2, (2,), 3))
    by_rows = weights._replace(w=np.ascontiguousarray(weights.w))
    assert [numba.typeof(one).types[0].layout for one in (weights, by_rows)] == ["F", "C"]


NUMBAS_OWN = ("net/machine_code.py", "dispatcher._cache = kept", "dispatcher.enable_caching()")


def test_numbas_own_cache_keeps_the_old_formula(installed: Installed) -> None:
    installed.change(*NUMBAS_OWN)
    home = installed.place("home")
    assert installed.run(SQUASH, {"HOME": home}) == ("0.5 0", "")
    installed.change("net/activations.py", "return 1.0 / (1.0 + e_r", "return 0.50 / (1.0 + e_r")
    assert installed.run(SQUASH, {"HOME": home}) == ("0.5 1", "")


def test_runs_where_nothing_can_be_written(installed: Installed) -> None:
    temporary = installed.place("temporary")
    strangers = temporary / f"lstm97-{os.getuid()}"
    strangers.symlink_to(installed.place("strangers"))  # what lies there is not to be trusted
    printed, said = installed.run(F, {"HOME": "/dev/null", "TMPDIR": temporary})
    assert printed == f"{F_GIVES} 0"
    assert len(said.splitlines()) == 1
    assert "no folder for them can be written" in said
    assert not list((installed.folder / "strangers").iterdir())


def empty(indices: list[Path], data: list[Path]) -> None:
    for one in indices:
        os.truncate(one, 0)


def cut(indices: list[Path], data: list[Path]) -> None:
    for one in data:
        os.truncate(one, one.stat().st_size // 2)


def swap(indices: list[Path], data: list[Path]) -> None:
    for one, other in zip(data[::2], data[1::2], strict=True):
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)


def keep(indices: list[Path], data: list[Path]) -> None:
    assert (len(indices), len(data)) == (1, 2)


def test_broken_machine_code_is_compiled_anew(installed: Installed) -> None:
    home = installed.place("home")
    assert installed.run(F, {"HOME": home}) == (f"{F_GIVES} 0", "")
    for damage, usable in ((empty, 0), (cut, 0), (swap, 0), (keep, 2)):
        damage(*(sorted(home.rglob(f"activations.f-*.{kind}")) for kind in ("nbi", "nbc")))
        assert installed.run(F, {"HOME": home}) == (f"{F_GIVES} {usable}", ""), damage.__name__


def test_numbas_own_cache_stops_at_a_broken_file(installed: Installed) -> None:
    installed.change(*NUMBAS_OWN)
    home = installed.place("home")
    installed.run(F, {"HOME": home})
    empty(list(home.rglob("*.nbi")), [])
    with pytest.raises(AssertionError, match="EOFError"):
        installed.run(F, {"HOME": home})


def test_a_full_disk_is_said_once(installed: Installed) -> None:
    no_file_grows = ["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh"]
    printed, said = installed.run(F + SQUASH, {"HOME": installed.place("home")}, no_file_grows)
    assert printed.splitlines() == [f"{F_GIVES} 0", "0.5 0"]
    assert len(said.splitlines()) == 1
    assert "File too large" in said


# What a function depends on


def in_syntax(file: Path) -> set[Path]:
    """List the files of the package that a file imports, as Python's own parser sees it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {own._file(alias.name) for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: relative imports are not followed"
            found |= {own._file(f"{node.module}.{alias.name}") or own._file(str(node.module)) for alias in node.names}
    return {one for one in found if one}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_every_import_is_seen(file: Path) -> None:
    assert own._imported(file) == in_syntax(file)


def test_a_net_does_not_depend_on_a_learner_that_it_does_not_use() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in own._sources(PACKAGE / "net" / "network.py")}
    assert {"net/network.py", "net/activations.py", "net/compiled.py"} <= names
    assert not any(name.startswith("learners/") for name in names)
    assert PACKAGE / "engine" / "rows.py" in own._sources(PACKAGE / "engine" / "lanes.py")


def compiled_functions() -> list[Compiled]:
    modules = [".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts) for file in FILES]
    found = [vars(import_module(name)).values() for name in modules if not name.endswith("__")]
    return list({id(one): one for values in found for one in values if isinstance(one, Compiled)}.values())


def test_what_a_function_names_is_among_its_sources() -> None:
    """Functions, intrinsics, types: whatever tells where it was defined."""
    checked = 0
    for one in compiled_functions():
        function = one.py_func
        sources = own._sources(Path(inspect.getfile(function)))
        for name in function.__code__.co_names:
            used = function.__globals__.get(name)
            file = own._file(getattr(used, "__module__", "") or "")
            if file:
                assert file in sources, f"{function.__module__}.{function.__name__} uses {name}"
                checked += 1
    assert checked > 100
