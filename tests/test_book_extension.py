"""The book's extension: what runs again when, how a failure ends, how numbers and captions are written."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lstm97_book import execution, explorers, generated, pages

from lstm97.theory.equations import EQUATIONS, Equation

NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one notebook, one module and one data file."""
    for name, text in {
        "requirements.lock": "",
        "lstm97/network.py": "x = 1\n",
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

    def run_one(source: Path, target: Path, profile: str, key: str) -> str:
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
    ["lstm97/network.py", "data/runs/table9.jsonl", "notebooks/4-memory-cell.ipynb", "requirements.lock"],
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
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
    }
    raising = NOTEBOOK | {"cells": [cell | {"source": ["raise ValueError('no such gate')"]}]}
    raising["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (project / "notebooks" / "4-memory-cell.ipynb").write_text(json.dumps(raising))
    monkeypatch.delenv("LSTM97_PROFILE", raising=False)
    with pytest.raises(SystemExit, match=r"4-memory-cell\.ipynb raised(.|\n)*ValueError: no such gate"):
        build(project)
    assert list((project / "book" / "executed").iterdir()) == []


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
    root = Path(__file__).parents[1]
    page = generated.equations(root)
    assert page.startswith("**62 of 63 equations** agree")
    for one in EQUATIONS:
        assert f"### {one.title}\n\n```{{math}}\n{generated.in_lines(one.latex)}\n```\n\n{one.meaning}\n" in page
    assert page.count("- Residual: 2e-16; it may be up to 1e-") == 62
    assert page.count("- Residual: 5e-01; it may be up to 1e-12") == 1
    assert page.count("/blob/main/tests/test_") == 63
    assert page.count("- Chapter: [](executed/") == 63
    assert "{py:meth}`tasks.adding.Adding.combine <lstm97.tasks.adding.Adding.combine>`" in page


def test_a_test_is_linked_at_its_line() -> None:
    link = generated.link_to_test(Path(__file__).parents[1], "test_equations.py::test_residual")
    line = int(link.rpartition("#L")[2].rstrip(")"))
    assert "def test_residual(" in (Path(__file__).parent / "test_equations.py").read_text().splitlines()[line - 1]


def test_every_module_is_in_the_reference() -> None:
    root = Path(__file__).parents[1]
    blocks = [generated.BLOCK.findall(page.read_text()) for page in (root / "book" / "reference").glob("*.md")]
    named = {name for page in blocks for block in page for name in block.split()[1:]}
    packages = {".".join(init.parent.relative_to(root).parts) for init in (root / "lstm97").rglob("__init__.py")}
    assert named == packages


def test_an_unknown_explorer_is_named() -> None:
    from docutils.core import publish_doctree
    from docutils.parsers.rst import directives

    directives.register_directive("explorer", explorers.Explorer)
    settings = {"halt_level": 5, "report_level": 5}
    said = publish_doctree(".. explorer:: error-flaw", settings_overrides=settings).astext()
    assert "no explorer 'error-flaw'; there are: train, memory-cell, error-flow" in said


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
