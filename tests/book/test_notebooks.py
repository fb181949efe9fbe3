"""Every notebook against its stored output, and the habits that make this comparison worth something."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lstm97_book.sphinx import refresh
from lstm97_book.sphinx.kernels import environment

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


#: How a figure and its digest begin, as text.
FIGURE_SHOWN, DIGEST = re.compile(r"<Figure"), re.compile(r"figure [0-9a-f]{8,}: ")


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()]


def complaints(notebook: dict[str, Any]) -> list[str]:
    """Name everything by which nbval could pass this notebook without looking."""
    found = []
    cells = code_cells(notebook)
    parameters = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    if len(parameters) != 1:
        found.append(f"{len(parameters)} cells tagged `parameters`; there must be exactly one")
    elif not re.search(r"^profile = \"quick\"$", "".join(parameters[0]["source"]), re.MULTILINE):
        found.append('the `parameters` cell must hold the line: profile = "quick"')
    for cell in cells:
        source = "".join(cell["source"])
        first = source.strip().splitlines()[0]
        if cell["execution_count"] is None:
            found.append(f"never run: {first}")
        if source.rstrip().endswith(";"):
            found.append(f"ends in a semicolon, which nbval does not obey; assign the value to _ instead: {first}")
        if "print(" in source and not cell["outputs"]:
            found.append(f"prints, but nothing is stored: {first}")
        stored = [mime for output in cell["outputs"] for mime in output.get("data", {})]
        if any(mime.startswith("image/") for mime in stored):
            found.append(f"stores an image: {first}")
        shown = ["".join(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"]]
        is_figure = "figure" in cell["metadata"].get("mystnb", {}) or any(map(FIGURE_SHOWN.match, shown))
        if is_figure and not any(map(DIGEST.match, shown)):
            found.append(f"draws a figure, but no digest is stored: {first}")
    return found


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[Path, Future[subprocess.CompletedProcess[str]]]]:
    """Start nbval on every notebook that was asked for, as many at a time as there are cores."""
    tests: list[Any] = [item for item in request.session.items if test_prints_what_is_stored.__name__ in item.name]
    pool = ThreadPoolExecutor(os.cpu_count())
    yield {path: pool.submit(nbval, path) for path in (item.callspec.params["path"] for item in tests)}
    pool.shutdown(cancel_futures=True)


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
    command += ["--nbval-sanitize-with", str(ROOT / "tests" / "nbval.cfg"), "-q", "--color=no", "--tb=short"]
    # The project's own pytest settings are for its tests, not for the kernel's libraries.
    command += ["-c", os.devnull, "--rootdir", str(path.parent), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment(ROOT))


@EACH
def test_can_be_compared(path: Path) -> None:
    found = complaints(json.loads(path.read_text(encoding="utf-8")))
    assert not found, f"\nnotebooks/{path.name} (`make notebooks NAME={path.stem}` stores outputs):\n" + "\n".join(
        found
    )


@EACH
def test_prints_what_is_stored(path: Path, runs: dict[Path, Future[subprocess.CompletedProcess[str]]]) -> None:
    done = runs[path].result()
    if done.returncode:
        pytest.fail(
            f"notebooks/{path.name} does not print what is stored. If the change is meant, say so in "
            f"CHANGELOG.md and run `make notebooks NAME={path.stem}`.\n{done.stdout}{done.stderr}",
            pytrace=False,
        )


# Negative controls: notebooks that must not pass.


def notebook(*sources: str, **last: Any) -> dict[str, Any]:
    """Make a notebook of cells that ran and printed "digest", the last one changed as given."""
    output = {"output_type": "stream", "name": "stdout", "text": ["digest\n"]}
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "execution_count": number,
            "metadata": {},
            "outputs": [output],
            "source": [source],
        }
        for number, source in enumerate(('profile = "quick"\nprint("digest")', *sources), start=1)
    ]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    cells[-1] |= last
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}


FIGURE = {"metadata": {"mystnb": {"figure": {"caption": "A line."}}}}
IMAGE = {"outputs": [{"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {}}]}


DIGEST_STORED = {
    "outputs": [
        {"output_type": "display_data", "data": {"text/plain": "figure 0123456789ab: 7 x 4 in"}, "metadata": {}}
    ]
}
NO_DIGEST = {
    "outputs": [{"output_type": "display_data", "data": {"text/plain": "<Figure size 7x4>"}, "metadata": {}}]
}


def test_accepts_a_good_notebook() -> None:
    assert complaints(notebook('print("digest")')) == []
    assert complaints(notebook("plot()", **FIGURE, **DIGEST_STORED)) == []


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (notebook("1 + 1", execution_count=None), "never run"),
        (notebook('print("digest")', outputs=[]), "nothing is stored"),
        (notebook("plot();"), "semicolon"),
        (notebook("plot()", **IMAGE), "stores an image"),
        (notebook("plot()", **FIGURE), "no digest"),
        (notebook("plot()", **NO_DIGEST), "no digest"),
        (notebook("x = 1", metadata={"tags": ["parameters"]}), "2 cells tagged"),
        (notebook(metadata={}), "0 cells tagged"),
        (notebook(source=["profile = 1"], metadata={"tags": ["parameters"]}), "profile ="),
    ],
)
def test_finds_a_notebook_that_would_pass_unseen(bad: dict[str, Any], word: str) -> None:
    assert word in "\n".join(complaints(bad))


@pytest.mark.parametrize(("printed", "passes"), [("digest", True), ("digest.", False)])
def test_comparison_sees_a_changed_output(tmp_path: Path, printed: str, passes: bool) -> None:
    path = tmp_path / "made.ipynb"
    path.write_text(json.dumps(notebook(f"print({printed!r})")), encoding="utf-8")
    done = nbval(path)
    assert (done.returncode == 0) == passes, done.stdout + done.stderr


# A user's own settings


SHOWS_SETTINGS = ('import matplotlib\nmatplotlib.rcParams["text.usetex"]', "1\n2")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a user's settings for Matplotlib and IPython, and a notebook that would show them."""
    profile = tmp_path / "user" / "profile_default"
    profile.mkdir(parents=True)
    (profile.parent / "matplotlibrc").write_text("text.usetex: True\n")
    (profile / "ipython_config.py").write_text("get_config().InteractiveShell.ast_node_interactivity = 'all'\n")
    (profile / "startup").mkdir()
    (profile / "startup" / "first.py").write_text("print('started')\n")
    for name in ("IPYTHONDIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(profile.parent))
    monkeypatch.setenv("MATPLOTLIBRC", str(profile.parent / "matplotlibrc"))
    path = tmp_path / "notebooks" / "made.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(notebook(*SHOWS_SETTINGS)), encoding="utf-8")
    return path


def shown(path: Path) -> list[str]:
    """Return what the notebook's last two cells gave."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"][-2:]
    return ["".join(output["data"]["text/plain"]) for cell in cells for output in cell["outputs"]]


def test_a_users_settings_do_not_come_in_when_notebooks_are_refreshed(settings: Path) -> None:
    refresh.refresh(settings)
    assert shown(settings) == ["False", "2"]
    done = nbval(settings)
    assert done.returncode == 0, done.stdout


def test_a_users_settings_would_come_in(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "environment", lambda root: dict(os.environ))
    refresh.refresh(settings)
    assert shown(settings) == ["True", "1", "2"]
    assert nbval(settings).returncode
