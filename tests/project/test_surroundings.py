"""The command in other people's surroundings: another current folder, no home, spaces in names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Copy the package and records of one table into a folder with spaces and an umlaut in its name."""
    made = tmp_path / "a Prüfung of it"
    shutil.copytree(ROOT / "lstm97", made / "lstm97", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "pyproject.toml", made)
    (made / "data" / "runs").mkdir(parents=True)
    for path in (ROOT / "data" / "runs").glob("table9*.jsonl"):
        shutil.copy2(path, made / "data" / "runs")
    return made


def run(package: Path, current: Path, *arguments: str) -> str:
    """Run the command, told nothing but where Python and the package are; return what it prints."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(package), "HOME": "/dev/null"}
    command = [sys.executable, "-c", "import sys; from lstm97.cli import main; sys.exit(main())", *arguments]
    done = subprocess.run(
        command, cwd=current, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_command_needs_neither_its_folder_nor_a_home(elsewhere: Path, tmp_path: Path) -> None:
    current = tmp_path / "some where"
    current.mkdir()
    table, _, folder = run(elsewhere, current, "table", "9").rpartition("records: ")
    assert "6a" in table
    assert "not measured yet" not in table
    assert folder == f"{elsewhere / 'data' / 'runs' / 'table9.jsonl'}\n"
    assert table == run(ROOT, ROOT, "table", "9").rpartition("records: ")[0]
    assert run(elsewhere, current, "rows") == run(ROOT, ROOT, "rows")
    assert list(current.iterdir()) == []
