"""Set-up of the virtual environment: once for what it is made from, whatever the dates, and one process at a time."""

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("requirements.lock", "pyproject.toml", "book/pyproject.toml")


@pytest.fixture
def set_up() -> Any:
    spec = importlib.util.spec_from_file_location("set_up", ROOT / ".ci" / "set_up.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project in a folder with a space in its name."""
    made = tmp_path / "a project"
    made.mkdir()
    (made / "book").mkdir()
    for name in FILES:
        (made / name).write_text(name)
    return made


@pytest.fixture
def installed(set_up: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the installation by a short wait, and note when it ended."""
    ends: list[float] = []

    def install(*_: object) -> None:
        time.sleep(0.3)
        ends.append(time.monotonic())

    monkeypatch.setattr(set_up, "install", install)
    return ends


def test_sets_up_again_when_contents_change_not_dates(set_up: Any, project: Path, installed: list[float]) -> None:
    set_up.set_up(project)
    tomorrow = time.time() + 86400
    os.utime(project / "requirements.lock", (tomorrow, tomorrow))
    set_up.set_up(project)
    assert len(installed) == 1
    for number, name in enumerate(FILES, start=2):
        (project / name).write_text("changed")
        os.utime(project / name, (0, 0))
        set_up.set_up(project)
        assert len(installed) == number


def test_a_second_process_waits_and_finds_it_done(set_up: Any, project: Path, installed: list[float]) -> None:
    both = [threading.Thread(target=set_up.set_up, args=[project]) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(installed) == 1


def test_a_broken_set_up_is_not_taken_for_one(
    set_up: Any, project: Path, installed: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up.set_up(project)
    (project / "requirements.lock").write_text("changed")
    monkeypatch.setattr(set_up, "install", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        set_up.set_up(project)
    (project / "requirements.lock").write_text("requirements.lock")
    with pytest.raises(ZeroDivisionError):
        set_up.set_up(project)


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize(
    ("python", "said"),
    [("no-such-python", 'There is no "no-such-python"'), ("old", "lstm97 needs Python 3.11, 3.12 or 3.13, and")],
)
def test_a_python_that_will_not_do_is_named(tmp_path: Path, python: str, said: str) -> None:
    shutil.copy2(ROOT / "Makefile", tmp_path)
    (tmp_path / ".ci").mkdir()
    script = (ROOT / ".ci" / "set_up.py").read_text(encoding="utf-8")
    if python == "old":
        python = sys.executable
        script = script.replace("(3, 11) <= sys.version_info[:2]", "(3, 11) <= (3, 10)")
    (tmp_path / ".ci" / "set_up.py").write_text(script)
    done = subprocess.run(
        ["make", "book", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert said in done.stdout + done.stderr
    assert not (tmp_path / ".venv").exists()
