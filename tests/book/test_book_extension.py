"""The book's extension: what runs again when, how a failure ends, how numbers and captions are written."""

import gc
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from lstm97_book.equations.equations import EQUATIONS, Equation
from lstm97_book.sphinx import builds, execution, explorers, generated, pages
from support.prose import numbers, tells

NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def with_cell(source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": [source],
    }
    return NOTEBOOK | {"metadata": KERNEL, "cells": [cell]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one notebook, one module and one data file."""
    for name, text in {
        "requirements.lock": "",
        "lstm97/net/network.py": "x = 1\n",
        "data/runs/table9.jsonl": "{}\n",
        "notebooks/4-memory-cell.ipynb": json.dumps(NOTEBOOK),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "book").mkdir()
    return tmp_path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Replace papermill: note what is run, and store only the key."""
    seen: list[tuple[str, str]] = []

    def run_one(source: Path, target: Path, profile: str, key: str, until_end_of: int) -> str:
        seen.append((source.stem, profile))
        target.write_text(json.dumps(NOTEBOOK | {"metadata": {"lstm97": {"key": key}}}))
        return ""

    monkeypatch.setattr(execution, "run_one", run_one)
    monkeypatch.delenv("LSTM97_PROFILE", raising=False)
    return seen


def build(project: Path) -> None:
    app: Any = SimpleNamespace(srcdir=str(project / "book"))
    config: Any = None
    execution.run_notebooks(app, config)


def test_a_notebook_runs_once(project: Path, ran: list[tuple[str, str]]) -> None:
    build(project)
    build(project)
    assert ran == [("4-memory-cell", "quick")]


@pytest.mark.parametrize(
    "name",
    ["lstm97/net/network.py", "data/runs/table9.jsonl", "notebooks/4-memory-cell.ipynb", "requirements.lock"],
)
def test_a_notebook_runs_again_when_a_file_changed(project: Path, ran: list[tuple[str, str]], name: str) -> None:
    build(project)
    (project / name).write_text((project / name).read_text() + " ")
    build(project)
    assert len(ran) == 2


def test_a_notebook_runs_again_for_another_profile(
    project: Path, ran: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(project)
    monkeypatch.setenv("LSTM97_PROFILE", "full")
    build(project)
    assert [profile for _, profile in ran] == ["quick", "full"]


def test_an_unknown_profile_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSTM97_PROFILE", "fast")
    with pytest.raises(SystemExit, match="'fast'; it must be one of quick, full"):
        build(project)


def test_the_copy_of_a_removed_notebook_goes(project: Path, ran: list[tuple[str, str]]) -> None:
    build(project)
    (project / "notebooks" / "4-memory-cell.ipynb").unlink()
    build(project)
    assert list((project / "book" / "executed").iterdir()) == []


def test_a_raising_notebook_ends_the_build(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raising = with_cell("raise ValueError('no such gate')")
    (project / "notebooks" / "4-memory-cell.ipynb").write_text(json.dumps(raising))
    monkeypatch.delenv("LSTM97_PROFILE", raising=False)
    with pytest.raises(SystemExit, match=r"4-memory-cell\.ipynb raised(.|\n)*ValueError: no such gate"):
        build(project)
    assert list((project / "book" / "executed").iterdir()) == []


def test_a_users_settings_stay_out_of_the_book(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "matplotlibrc"
    settings.write_text("text.usetex: True\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(settings))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    shows = with_cell("import matplotlib; print(matplotlib.rcParams['text.usetex'])")
    (project / "notebooks" / "4-memory-cell.ipynb").write_text(json.dumps(shows))
    build(project)
    (executed,) = (project / "book" / "executed").iterdir()
    *_, last = json.loads(executed.read_text())["cells"]
    assert last["outputs"][0]["text"] in ("False\n", ["False\n"])


# Stopping, and two at once

BUILD = """
import sys
from types import SimpleNamespace
from lstm97_book.sphinx import builds, execution
builds.end_on_interrupt()
execution.run_notebooks(SimpleNamespace(srcdir=sys.argv[1]), None)
"""


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()


def until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait for something, but not longer than this; tell whether it happened."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc to look for processes")
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_a_stopped_build_leaves_nothing_behind(project: Path, sent: signal.Signals, status: int) -> None:
    started = project / "started"
    started.mkdir()
    sleeps = f"import os, time; open(f'{started}/{{os.getpid()}} {{os.getppid()}}', 'w'); time.sleep(600)"
    n_notebooks = 2 * (os.cpu_count() or 1)
    for number in range(n_notebooks):
        (project / "notebooks" / f"{number}.ipynb").write_text(json.dumps(with_cell(sleeps)))
    (project / "notebooks" / "4-memory-cell.ipynb").unlink()
    env = os.environ | {"PYTHONPATH": str(Path(execution.__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-c", BUILD, str(project / "book")], env=env)
    try:
        assert until(lambda: len(list(started.iterdir())) == n_notebooks // 2, 60)
        process.send_signal(sent)
        assert process.wait(5) == status
    finally:
        process.kill()
    both = [int(number) for file in started.iterdir() for number in file.name.split()]
    assert until(lambda: not any(is_alive(one) for one in both), 5)
    assert len(list(started.iterdir())) == n_notebooks // 2  # none was begun after that
    assert list((project / "book" / "executed").iterdir()) == []


class Begun:
    """A build as Sphinx has it, as far as it is asked here."""

    def __init__(self, project: Path) -> None:
        self.srcdir, self.outdir, self.doctreedir = (str(project / name) for name in ("book", "html", "doctrees"))
        self.listeners: dict[str, Callable[..., None]] = {}
        for folder in (self.outdir, self.doctreedir):
            Path(folder).mkdir(exist_ok=True)
        builds.setup(cast(Any, self))

    def connect(self, event: str, listener: Callable[..., None], priority: int = 500) -> None:
        self.listeners[event] = listener

    def emit(self, event: str, *arguments: object) -> None:
        self.listeners[event](self, *arguments)


def test_a_second_build_waits_for_the_first(project: Path) -> None:
    first, second = Begun(project), Begun(project)
    first.emit("config-inited", None)

    def build_too() -> None:
        second.emit("config-inited", None)
        second.emit("build-finished", None)

    waits = threading.Thread(target=build_too)
    waits.start()
    waits.join(0.5)
    assert waits.is_alive()
    first.emit("build-finished", None)
    waits.join(5)
    assert not waits.is_alive()


def test_pages_of_an_interrupted_build_are_made_anew(project: Path) -> None:
    remembered = project / "doctrees" / "environment.pickle"
    finished = Begun(project)
    remembered.touch()
    finished.emit("config-inited", None)
    finished.emit("builder-inited")
    finished.emit("build-finished", None)
    interrupted = Begun(project)
    interrupted.emit("config-inited", None)
    assert remembered.exists()
    interrupted.emit("builder-inited")
    del interrupted  # its process ends, and with it the lock
    gc.collect()
    Begun(project).emit("config-inited", None)
    assert not remembered.exists()


@pytest.mark.parametrize(
    ("page", "section"),
    [
        ("executed/3-1-exponentially-decaying-error", "3.1"),
        ("executed/4-memory-cell", "4"),
        ("executed/a-1-truncated-gradient", "A.1"),
        ("notation", ""),
        ("add-an-experiment", ""),
    ],
)
def test_section_of_a_page(page: str, section: str) -> None:
    assert pages.section_of(page) == section


def test_captions_hold_mathematics_and_code() -> None:
    kinds = [type(node).__name__ for node in pages.inline("States $s_c$ in `trace`.")]
    assert kinds == ["Text", "math", "Text", "literal", "Text"]


def test_every_equation_is_written_with_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Equation, "residual", lambda one: 0.5 if one.key == "9" else 2e-16)
    root = Path(__file__).parents[2]
    page = generated.equations(root)
    assert numbers(page.partition("\n")[0])[:2] == ["62", "63"]
    for one in EQUATIONS:
        assert f"### {one.title}\n\n```{{math}}\n{generated.in_lines(one.latex)}\n```\n\n{one.meaning}\n" in page
    residuals = re.findall(r"^- Residual\b.*?(\de-\d+).*?(\de-\d+)", page, flags=re.MULTILINE)
    assert [residual for residual, _ in residuals].count("2e-16") == 62
    assert [bound for residual, bound in residuals if residual == "5e-01"] == ["1e-12"]
    assert len(re.findall(r"/blob/main/tests/[a-z]+/test_", page)) == 63
    assert page.count("- Chapter: [](executed/") == 63
    assert "{py:meth}`tasks.adding.Adding.combine <lstm97.tasks.adding.Adding.combine>`" in page


def test_a_test_is_linked_at_its_line() -> None:
    link = generated.link_to_test(Path(__file__).parents[2], "book/test_equations.py::test_residual")
    line = int(link.rpartition("#L")[2].rstrip(")"))
    assert "def test_residual(" in Path(__file__).with_name("test_equations.py").read_text().splitlines()[line - 1]


def test_every_module_is_in_the_reference() -> None:
    root = Path(__file__).parents[2]
    blocks = [generated.BLOCK.findall(page.read_text()) for page in (root / "book" / "reference").glob("*.md")]
    named = {name for page in blocks for block in page for name in block.split()[1:]}
    packages = {
        ".".join(init.parent.relative_to(folder).parts)
        for folder, name in ((root, "lstm97"), (root / "book", "lstm97_book"))
        for init in (folder / name).rglob("__init__.py")
    }
    assert named == packages - {"lstm97_book.sphinx"}


def test_an_unknown_explorer_is_named() -> None:
    from docutils.core import publish_doctree
    from docutils.parsers.rst import directives

    directives.register_directive("explorer", explorers.Explorer)
    settings = {"halt_level": 5, "report_level": 5}
    said = publish_doctree(".. explorer:: error-flaw", settings_overrides=settings).astext()
    assert tells(said, "error-flaw", "train, memory-cell, error-flow")


def test_pictures_of_explorers_say_what_they_show(tmp_path: Path) -> None:
    for name in explorers.PICTURES:
        explorers.draw(name, tmp_path / f"{name}.svg")
        drawn = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        assert "<dc:description>" in drawn
        assert len(drawn) < 150_000


def test_a_formula_too_long_for_a_line_is_broken_between_its_parts() -> None:
    assert generated.in_lines(r"a = b, \qquad c = d") == r"a = b, \qquad c = d"
    long = "a = " + "b + " * 40 + r"c, \qquad d = e"
    assert generated.in_lines(long).splitlines()[1:3] == ["a = " + "b + " * 40 + r"c, \\", "d = e"]
    assert generated.in_lines(long.replace(r"\qquad", r"\quad")) == long.replace(r"\qquad", r"\quad")


def test_numbers_stand_in_the_executed_copy() -> None:
    record = {"application/papermill.record/text/plain": "'1,000'"}
    output = {"data": record, "metadata": {"scrapbook": {"name": "n"}}, "output_type": "display_data"}
    cells = [
        {"cell_type": "markdown", "source": ["After {glue:text}`n` sequences,\n", "or `n`."]},
        {"cell_type": "code", "source": ["pages.tell(n=n)"], "outputs": [output]},
    ]
    assert "".join(pages.filled({"cells": cells})["cells"][0]["source"]) == "After 1,000 sequences,\nor `n`."
    with pytest.raises(KeyError, match="m"):
        pages.filled({"cells": [{"cell_type": "markdown", "source": "{glue:text}`m`"}]})
