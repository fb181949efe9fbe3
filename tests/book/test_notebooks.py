"""Every notebook against its stored output, and the habits that make this comparison worth something."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from lstm97_book.sphinx import refresh
from lstm97_book.sphinx.kernels import environment
from support.notebooks import show

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
#: A test that takes as long as a file of others: see `conftest.py`.
ALONE = pytest.mark.alone

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


#: Tags of a cell whose code the page does not show at once, the least share of lines that it must show, and the
#: greatest number of lines in a cell.
FOLDED, LEAST_SHOWN, LONGEST = {"hide-input", "hide-cell", "remove-input", "remove-cell"}, 0.6, 25


def hard_to_read(notebook: dict[str, Any]) -> list[str]:
    """Name everything that keeps a reader of the page from following its code."""
    found = []
    cells = [("".join(c["source"]), set(c["metadata"].get("tags", []))) for c in code_cells(notebook)]
    lines = [(len([line for line in source.splitlines() if line.strip()]), tags) for source, tags in cells]
    share = sum(n for n, tags in lines if not tags & FOLDED) / sum(n for n, _ in lines)
    if share < LEAST_SHOWN:
        found.append(f"{share:.0%} of the code lines show without a click; {LEAST_SHOWN:.0%} must")
    parameters: set[str] = set()
    for source, tags in cells:
        first = source.strip().splitlines()[0]
        if len(source.strip().splitlines()) > LONGEST:
            found.append(f"more than {LONGEST} lines in a cell: {first}")
        nodes = list(ast.walk(ast.parse(TransformerManager().transform_cell(source))))
        if any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in nodes):
            found.append(f"defines a function or a class, which belongs into lstm97_book.pages: {first}")
        if any(isinstance(node, ast.Assert) for node in nodes):
            found.append(f"asserts; call a function that raises, or show the result: {first}")
        inner = {id(node) for part in nodes if isinstance(part, ast.comprehension) for node in ast.walk(part.target)}
        assigned = {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in inner
        }
        if "parameters" in tags:
            parameters = assigned
        elif assigned & parameters:
            found.append(f"gives a parameter another value ({', '.join(assigned & parameters)}): {first}")
    return found


class Other(NamedTuple):
    """Parameters that a reader may set, what a page then says, and a value that it refuses.

    Attributes
    ----------
    parameters : dict
        Given to papermill.
    says : str
        Stands in the outputs; where it is empty, figures must differ from the stored ones.
    bad : (str, object)
        A parameter and a value that is refused.
    refusal : str
        What is said about it, choices included.
    """

    parameters: dict[str, object]
    says: str
    bad: tuple[str, object]
    refusal: str


OTHERS = {
    "5-1-embedded-reber-grammar": Other(
        {"net": "4x1-0.5", "reading": "institute", "trial": 4, "seed": 7},
        "'trial 4, solved'",
        ("net", "3x2"),
        "net is '3x2'; give one of '4x1-0.1', '3x2-0.1', '3x2-0.2', '4x1-0.5', '3x2-0.5'",
    ),
    "5-2-long-time-lags": Other(
        {"q": 50, "p": 50, "trial": 3, "seed": 7},
        "trial: 3",
        ("p", 50),
        "p is 50; give one of 100",
    ),
    "5-3-noise-and-signal": Other(
        {"variant": "3b", "N": 1, "trial": 9, "seed": 7},
        "trial 9 of table5/T100-N1 under the reading literal",
        ("trial", 11),
        "trial is 11; of table4/T100-N3 under the reading 'literal', give one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,",
    ),
    "5-4-adding": Other(
        {"T": 500, "reading": "wide-start", "trial": 3, "seed": 7},
        "trial 3 of table7/T500 under the reading wide-start",
        ("T", 200),
        "T is 200; give one of 100, 500, 1000",
    ),
    "5-5-multiplication": Other(
        {"reading": "institute", "trial": 2, "seed": 7},
        "trial 2 of the reading institute, as it was after",
        ("seed", -1),
        "seed is -1; give a whole number from 0 to 4294967295",
    ),
    "5-6-temporal-order": Other(
        {"variant": "6b", "reading": "institute", "trial": 9, "seed": 7},
        "trial 9 of table9/6b under the reading institute",
        ("reading", "wide-start"),
        "reading is 'wide-start'; give one of 'literal', 'institute'",
    ),
    "5-7-summary-of-conditions": Other(
        {"reading": "cells-see-inputs"},
        "**352** (364)",
        ("reading", "later"),
        "reading is 'later'; give one of 'literal', ",
    ),
    "2-previous-work": Other({"lag": 12, "seed": 3}, "", ("lag", 1), "lag is 1; give a whole number from 2 to 200"),
    "3-1-exponentially-decaying-error": Other(
        {"n": 4, "q_max": 20, "w_max": 0.5, "seed": 7}, "", ("n", 2), "n is 2; give a whole number from 3 to 40"
    ),
    "3-2-constant-error-flow": Other(
        {"lag": 25, "weight_range": 0.3, "n_steps": 200, "seed": 7},
        "",
        ("lag", 24),
        "lag is 24; give a whole number from 25 to 200",
    ),
    "4-memory-cell": Other(
        {"n_steps": 300, "lag": 10, "weight_range": 0.2, "seed": 7},
        "",
        ("lag", 0),
        "lag is 0; give a whole number from 1 to 100",
    ),
    "a-1-truncated-gradient": Other(
        {"weight_range": 0.3, "n_blocks": 3, "block_size": 1, "n_steps": 12, "seed": 7},
        "",
        ("weight_range", 0),
        "weight_range is 0; give a number from 0.01 to 10",
    ),
    "a-2-error-flow": Other(
        {"n_blocks": 4, "lag": 500, "full_lag": 50, "weight_range": 0.2, "seed": 7},
        "",
        ("lag", 99),
        "lag is 99; give a whole number from 100 to 100000",
    ),
    "engine": Other(
        {"bench": "mine.json"}, "", ("bench", "none.json"), "bench is 'none.json', which is no measurement"
    ),
}


def papermill(path: Path, folder: Path, parameters: dict[str, object]) -> tuple[str, str]:
    """Run a notebook in another folder; return what it gave and, if it raised, its last words."""
    executed = folder / f"executed-{path.stem}.ipynb"
    values = [word for name, value in parameters.items() for word in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", str(path), str(executed), "--cwd", str(folder), *values]
    command += ["-k", "python3", "--no-progress-bar"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment(ROOT))
    notebook: Any = nbformat.read(executed, as_version=4)
    return outputs(notebook), done.stderr.strip() if done.returncode else ""


def outputs(notebook: dict[str, Any]) -> str:
    """Return all that a notebook's cells gave, as text."""
    texts = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "") or output.get("evalue", "")
        for cell in code_cells(notebook)
        for output in cell["outputs"]
    ]
    return "\n".join("".join(text) for text in texts)


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
@ALONE
def test_prints_what_is_stored(path: Path) -> None:
    done = nbval(path)
    if done.returncode:
        pytest.fail(
            f"notebooks/{path.name} does not print what is stored. If the change is meant, say so in "
            f"CHANGELOG.md and run `make notebooks NAME={path.stem}`.\n{done.stdout}{done.stderr}",
            pytrace=False,
        )


@EACH
def test_fetches_the_project_where_it_is_missing(path: Path) -> None:
    """On Colab nothing is there: the first cell installs both packages from the repository; here it does nothing."""
    first = code_cells(json.loads(path.read_text(encoding="utf-8")))[0]
    url = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    source = "".join(first["source"])
    assert source.index('if importlib.util.find_spec("lstm97_book") is None:\n    %pip install') > 0
    assert f'"lstm97[book] @ git+{url}" "lstm97-book @ git+{url}#subdirectory=book"' in source
    assert first["outputs"] == []


@EACH
def test_can_be_read(path: Path) -> None:
    found = hard_to_read(json.loads(path.read_text(encoding="utf-8")))
    assert not found, f"\nnotebooks/{path.name}:\n" + "\n".join(found)


@EACH
@ALONE
def test_shows_what_other_parameters_ask_for(path: Path, tmp_path: Path) -> None:
    measured = (ROOT / "data" / "bench.json").read_text(encoding="utf-8")
    (tmp_path / "mine.json").write_text(re.sub(r'("(?:ns_per_step|one|lanes)": )(\d)', r"\g<1>1\2", measured))
    shown, error = show(path, tmp_path, OTHERS[path.stem].parameters)
    says = OTHERS[path.stem].says
    assert not error, error
    stored = outputs(json.loads(path.read_text(encoding="utf-8")))
    assert set(DIGEST.findall(shown)) - set(DIGEST.findall(stored)) or says
    assert says in shown
    assert not says or says not in stored, "the published page says it, too: no sign of another parameter"


@EACH
def test_refuses_a_bad_parameter_with_its_choices(path: Path, tmp_path: Path) -> None:
    shown, error = show(path, tmp_path, dict([OTHERS[path.stem].bad]))
    assert error, "not refused"
    assert not shown, "not in the first cell after the parameters"
    assert error.startswith("ParameterError: " + OTHERS[path.stem].refusal)


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


LINE = "x = 1\n"
HIDDEN = {"metadata": {"tags": ["hide-input"]}}


def test_accepts_a_notebook_that_can_be_read() -> None:
    assert hard_to_read(notebook(LINE * 25)) == []
    assert hard_to_read(notebook(LINE * 4, LINE * 4, **HIDDEN)) == []
    assert hard_to_read(notebook("%pip list\nnames = [profile for profile in range(3)]")) == []


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (notebook(LINE * 3, LINE * 4, **HIDDEN), "56% of the code lines show"),
        (notebook(LINE * 3, LINE * 4, metadata={"tags": ["remove-cell"]}), "56% of"),
        (notebook(LINE * 26), "more than 25 lines"),
        (notebook("def f():\n    pass"), "defines a function"),
        (notebook("if True:\n    class A:\n        pass"), "defines a function or a class"),
        (notebook("x = 1\nassert x"), "asserts"),
        (notebook('for profile in ("a", "b"):\n    pass'), "gives a parameter another value (profile)"),
    ],
)
def test_finds_a_notebook_that_is_hard_to_read(bad: dict[str, Any], word: str) -> None:
    assert word in "\n".join(hard_to_read(bad))


def test_parameters_reach_the_notebook_and_a_refusal_the_reader(tmp_path: Path) -> None:
    check = 'from lstm97_book.pages import parameters\nparameters.profile(profile)\nprint("now", profile)'
    path = tmp_path / "made.ipynb"
    path.write_text(json.dumps(notebook(check)), encoding="utf-8")
    assert papermill(path, tmp_path, {"profile": "full"}) == ("digest\n\nnow full\n", "")
    shown, error = papermill(path, tmp_path, {"profile": "slow"})
    assert "now" not in shown
    assert "\nParameterError: profile is 'slow'; give one of 'quick', 'full'" in error


def test_the_same_without_a_kernel(tmp_path: Path) -> None:
    check = 'from lstm97_book.pages import parameters\nparameters.profile(profile)\nprint("now", profile)'
    path = tmp_path / "made.ipynb"
    path.write_text(json.dumps(notebook(check, "import os\nos.environ['LEFT'] = 'x'")), encoding="utf-8")
    assert show(path, tmp_path, {"profile": "full"}) == ("digest\n\nnow full\n", "")
    assert "LEFT" not in os.environ
    shown, error = show(path, tmp_path, {"profile": "slow"})
    assert shown == "digest\n"
    assert error == "ParameterError: profile is 'slow'; give one of 'quick', 'full'"
    assert show(path, tmp_path, {"profiles": "full"}) == ("", "unknown parameters: profiles")


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
