"""What is built and installed: sdist and wheel, outside any checkout."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Files that a build takes, besides the package and the data.
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
BUILD = "from setuptools import build_meta; build_meta.build_{}({!r})"


def built(kind: str, source: Path, target: Path) -> Path:
    """Build what `kind` says, `sdist` or `wheel`, as an installer does."""
    command = [sys.executable, "-c", BUILD.format(kind, str(target))]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = target.glob("*.tar.gz" if kind == "sdist" else "*.whl")
    return made


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the sdist, and unpack it as an installation does."""
    folder = tmp_path_factory.mktemp("build")
    checkout = folder / "checkout"
    checkout.mkdir()
    without = shutil.ignore_patterns("__pycache__", ".locks")
    shutil.copytree(ROOT / "lstm97", checkout / "lstm97", ignore=without)
    shutil.copytree(ROOT / "data", checkout / "data", ignore=without)
    for name in FILES:
        shutil.copy2(ROOT / name, checkout)
    with tarfile.open(built("sdist", checkout, folder)) as sdist:
        sdist.extractall(folder / "sdist", filter="data")
    (unpacked,) = (folder / "sdist").iterdir()
    site = folder / "site"
    with zipfile.ZipFile(built("wheel", unpacked, folder)) as wheel:
        wheel.extractall(site)
    return site


def run(site: Path, current: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-m", "lstm97", *arguments],
        cwd=current,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_core_alone_is_installed(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {"lstm97"}
    data = {path.parent.name for path in (installed / "lstm97" / "data").rglob("*") if path.is_file()}
    assert data == {"data", "paper", "runs", "sweeps"}


def test_tables_come_from_the_published_records(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "table", "9")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"records: {installed / 'lstm97' / 'data' / 'runs' / 'table9.jsonl'}" in done.stdout
    assert "20 of 20" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_published_records_are_verified(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "verify", "--row", "table6/T100-N3", "--sample", "1", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 trial reproduced exactly" in done.stdout


def test_what_is_run_goes_below_the_current_folder(installed: Path, tmp_path: Path) -> None:
    tried = ("run", "--task", "parity:T=3", "--learner", "guessing", "--trials", "1", "--cap", "100", "--jobs", "1")
    done = run(installed, tmp_path, *tried)
    assert done.returncode == 0, done.stderr
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl")] == ["data/tries/tries.jsonl"]
    done = run(installed, tmp_path, "run", "table9/6a", "--trials", "1", "--cap", "100", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "runs" / "table9.jsonl").is_file()


def test_the_examples_of_the_public_names_hold(installed: Path, tmp_path: Path) -> None:
    page = tmp_path / "public-names.md"
    shutil.copy2(ROOT / "book" / "public-names.md", page)
    env = dict(os.environ) | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "doctest", page.name]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_published_records_are_only_read(installed: Path, tmp_path: Path) -> None:
    code = "import lstm97; print(lstm97.__file__); lstm97.Store().prepare()"
    env = dict(os.environ) | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{installed / 'lstm97' / '__init__.py'}\n"
    assert "StoreError" in done.stderr
    assert "are only read: give another folder" in done.stderr


def test_a_project_of_others_around_it_is_not_its_own(installed: Path, tmp_path: Path) -> None:
    """As after an installation into a folder of somebody's project, which has data as well."""
    site = tmp_path / "project"
    shutil.copytree(installed, site)
    (site / "pyproject.toml").write_text("[project]\nname = 'another'\n")
    (site / "data" / "runs").mkdir(parents=True)
    done = run(site, tmp_path, "table", "9")
    assert f"records: {site / 'lstm97' / 'data' / 'runs' / 'table9.jsonl'}" in done.stdout


def test_what_is_missing_is_said_in_a_line(installed: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(installed, site)
    shutil.rmtree(site / "lstm97" / "data")
    done = run(site, tmp_path, "table", "9")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "there is no folder" in done.stderr
