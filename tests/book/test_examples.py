"""The complete examples of how to add a row, a learning system and a page: they run as they stand in the book."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from lstm97_book.sphinx.kernels import environment

from lstm97.results.record import Record

ROOT = Path(__file__).parents[2]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "book" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


#: Adds files to packages, in this process and in those that it starts, and runs the command.
START = """
import sys
import lstm97.experiments, lstm97.learners
from lstm97.cli import main

for package in (lstm97.experiments, lstm97.learners):
    package.__path__.append({folder!r} + "/" + package.__name__.rpartition(".")[2])
if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture
def with_files(tmp_path: Path) -> Path:
    """Write the files of the pages into a folder, and a start file that adds them to the package."""
    for page in ("add-an-experiment.md", "add-a-learner.md"):
        for block in blocks(page, "python"):
            path = re.match(r"# (lstm97/\S+)\n", block)
            if path:
                file = tmp_path / path[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block)
    (tmp_path / "start.py").write_text(START.format(folder=str(tmp_path / "lstm97")))
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, str(folder / "start.py"), *arguments]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def records(folder: Path, name: str) -> list[Record]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def test_a_row_file_is_enough(with_files: Path) -> None:
    """For the command that lists rows, the one that runs them, and the one that prints a table."""
    assert "short-adding/T50" in run(with_files, "rows")
    store = ("--store", str(with_files / "runs"))
    run(with_files, "run", "short-adding/T50", "--trials", "1", "--cap", "300", "--jobs", "1", *store)
    assert [one["row"] for one in records(with_files / "runs", "short-adding")] == ["short-adding/T50"]
    assert "short-adding/T50" in run(with_files, "table", "short-adding", *store)


def test_a_learners_file_is_enough(with_files: Path) -> None:
    pair = ("--task", "adding:T=30", "--learner", "mean")
    store = ("--store", str(with_files / "tries"))
    out = run(with_files, "run", *pair, "--trials", "2", "--cap", "500", "--jobs", "1", *store)
    assert "0 of 2 trials solved" in out
    assert [one["success"] for one in records(with_files / "tries", "tries")] == [False, False]


def test_commands_of_the_pages_name_what_the_examples_add() -> None:
    commands = "".join(blocks("add-an-experiment.md", "bash") + blocks("add-a-learner.md", "bash"))
    assert "lstm97 run short-adding/T50 " in commands
    assert "--learner mean " in commands


def cells() -> list[Any]:
    made = []
    for block in blocks("write-a-page.md", "python"):
        marked = re.match(r"# (tags|figure): (.+)\n", block)
        assert marked
        cell = nbformat.v4.new_code_cell(block.removeprefix(marked[0]).rstrip())
        if marked[1] == "tags":
            cell.metadata["tags"] = marked[2].split(", ")
        else:
            cell.metadata["mystnb"] = {"figure": {"caption": marked[2]}}
        made.append(cell)
    return made


@pytest.mark.parametrize("lag", [20, 3])
def test_the_page_runs(lag: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(ROOT).items():
        monkeypatch.setenv(name, value)
    page = tmp_path / "page.ipynb"
    notebook = nbformat.v4.new_notebook(cells=cells())
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, page)
    done = papermill.execute_notebook(str(page), None, {"lag": lag}, progress_bar=False)
    texts = [
        "".join(out.get("data", {}).get("text/plain", "")) for cell in done.cells for out in cell.get("outputs", ())
    ]
    assert any(text.startswith("figure ") and f"{lag + 1} points" in text for text in texts)
    assert any(f"left: {0.25**lag:.0e}" in text for text in texts)


def test_a_bad_parameter_of_the_page_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match="lag is 0"):
        test_the_page_runs(0, tmp_path, monkeypatch)
