"""A record names the commit of this package's source, and of nothing else."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lstm97.results import provenance

ROOT = Path(__file__).parents[2]


def git(folder: Path, *command: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *command], cwd=folder, env=env, capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def recorded() -> str | None:
    """Return what a record would say now."""
    provenance.commit.cache_clear()
    return provenance.commit()


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    provenance.commit.cache_clear()


def committed(folder: Path) -> str:
    """Make a repository of a folder's files and return its commit."""
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "All")
    return git(folder, "rev-parse", "--short=12", "HEAD")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the package lie in a folder with its project file and a record; it is no repository yet."""
    made = tmp_path / "a checkout"
    for name in ("pyproject.toml", ".gitignore", "lstm97/text.py"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, made / name)
    (made / "data").mkdir()
    (made / "data" / "table9.jsonl").write_text("{}\n")
    monkeypatch.setattr(provenance, "_PACKAGE", made / "lstm97")
    return made


def test_a_checkout_names_its_commit_and_says_if_the_package_was_changed(checkout: Path) -> None:
    own = committed(checkout)
    assert recorded() == own
    (checkout / "data" / "table9.jsonl").write_text("{}\n{}\n")
    (checkout / "data" / "table7.jsonl").write_text("{}\n")
    assert recorded() == own
    added = checkout / "lstm97" / "table12.py"
    added.write_text("ROWS = ()\n")
    assert recorded() == f"{own}-dirty"
    added.unlink()
    module = checkout / "lstm97" / "text.py"
    module.write_text(module.read_text() + "\n")
    assert recorded() == f"{own}-dirty"


def test_another_repository_around_the_package_is_not_named(checkout: Path, tmp_path: Path) -> None:
    committed(tmp_path)
    assert recorded() is None
    (checkout / "pyproject.toml").unlink()
    assert recorded() is None


def test_a_repository_of_another_project_is_not_named(checkout: Path) -> None:
    project = checkout / "pyproject.toml"
    project.write_text(project.read_text().replace('name = "lstm97"', 'name = "another"'))
    committed(checkout)
    assert recorded() is None


def test_another_repository_in_the_environment_is_not_asked(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("")
    others = committed(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert recorded() is None
    own = committed(checkout)
    assert recorded() == own != others


def test_without_git_no_commit_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed(checkout)
    monkeypatch.setenv("PATH", "")
    assert recorded() is None
