"""Text that is made while pages are read and never stored: a block in a page

    ```{generated} NAME ARGUMENT...
    ```

is replaced by what the function NAME below returns, in the book's own Markdown.
"""

import ast
import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.ext.autodoc import FunctionDocumenter

from .execution import digest, package_and_data, stored_run

BLOCK = re.compile(r"^```\{generated\} (.+)\n```$", re.MULTILINE)
MADE_FROM = "generated blocks made from"


def setup(app: Sphinx) -> None:
    app.add_autodocumenter(CompiledFunctionDocumenter)
    app.connect("autodoc-skip-member", skip_field_of_named_tuple)
    app.connect("source-read", fill_in)
    app.connect("env-get-outdated", outdated)


def fill_in(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the generated blocks of a page that was just read."""
    root = Path(app.srcdir).parent

    def made(block: re.Match[str]) -> str:
        name, *arguments = block[1].split()
        if name not in MAKERS:
            raise ExtensionError(f"{docname}: no generated block {name!r}; there are: {', '.join(MAKERS)}")
        return MAKERS[name](root, *arguments)

    if docname.startswith("executed/"):
        return
    filled = BLOCK.sub(made, source[0])
    if filled != source[0]:
        source[0] = filled
        app.env.metadata[docname][MADE_FROM] = made_from(root)


def outdated(app: Sphinx, env: BuildEnvironment, *changes: set[str]) -> list[str]:
    """Name the pages whose generated blocks were made from other files than those of now."""
    now = made_from(Path(app.srcdir).parent)
    return [name for name, metadata in env.metadata.items() if metadata.get(MADE_FROM, now) != now]


def made_from(root: Path) -> str:
    """Hash everything that generated blocks are made from."""
    return digest([*package_and_data(root), *executed_notebooks(root), *Path(__file__).parent.glob("*.py")])


def executed_notebooks(root: Path) -> list[Path]:
    return sorted((root / "book" / "executed").glob("*.ipynb"))


# Tables


def table(caption: str, name: str, head: list[str], rows: Iterable[Iterable[Any]], right: str = "") -> str:
    """Write a numbered Markdown table; `right` holds the letters of the right-aligned columns."""
    marks = ["--:" if chr(ord("a") + column) in right else ":--" for column in range(len(head))]
    lines = [
        head,
        marks,
        *([str(cell).replace("|", r"\|").replace("\n", " ") for cell in row] for row in rows),
    ]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return framed(caption, name, body)


def framed(caption: str, name: str, body: str) -> str:
    """Give a Markdown table a caption, a number and the name by which it is referred to."""
    return f":::{{table}} {caption}\n:name: {name}\n:class: compact\n:align: left\n\n{body}\n:::\n"


# The scoreboard


def scores() -> list[Any]:
    """Return the evidence of every row: under the literal reading, and under whatever else has records."""
    tables = dict.fromkeys(row.table for row in importlib.import_module("lstm97.experiments").rows().values())
    evidence = importlib.import_module("lstm97.trials").evidence
    return [one for name in tables for one in evidence(name)]


def verdicts(root: Path, name: str = "tab-verdicts") -> str:
    """How many rows have which verdict, reading by reading."""
    body = importlib.import_module("lstm97.pages").verdict_counts(scores())._repr_markdown_()
    caption = (
        "Number of rows by verdict, under every reading that was run: A reproduced, B within a factor of 3, C "
        "ordering only, N not reproduced. A row with two stops counts twice."
    )
    return framed(caption, name, body)


def scoreboard(root: Path) -> str:
    """Every row under every reading, the paper beside measured: a section for each of the paper's tables."""
    pages = importlib.import_module("lstm97.pages")
    parts = []
    for heading, rows in pages.by_table(scores()):
        found = [one for _, one in rows]
        caption = (
            f"The paper's {heading.partition(':')[0]}: sequence presentations until success, its mean beside ours. "
            "Solved: with the 95 % Wilson interval. The other interval is the 95 % bootstrap interval of the mean; "
            "after \u2265, failed trials count as caps."
        )
        body = pages.comparison(found)._repr_markdown_()
        parts.append(f"## {heading}\n\n{framed(caption, f'tab-scoreboard-{found[0].row.table}', body)}")
    return "\n".join(parts)


def results(root: Path) -> str:
    """The index page's answer: the measured rows of the literal reading in one figure, and the verdicts counted."""
    found = scores()
    literal = [one for one in found if one.reading == "literal"]
    measured = [one for one in literal if one.records]
    if not measured:
        return verdicts(root, "tab-results")
    draw_results(literal, root / "book" / "executed" / "results.svg")
    off = sum(one.summary.verdict not in ("A", "B") for one in measured)
    # The stops of a row share their trials.
    trials = sum(one.summary.n for one in measured if not one.row.milestone)
    picture = (
        "```{figure} executed/results.svg\n:name: fig-results\n"
        f":alt: Measured over the paper, row by row: {len(measured) - off} of {len(measured)} rows stand within the "
        "bands around the paper's value, the others beside them or without a verdict yet.\n\n"
        f"All {trials:,} trials under the literal reading, row by row, as multiples of the paper's mean (dots; a "
        "triangle is a trial given up at the cap). Bars: our mean with its 95 % bootstrap interval, a failed trial "
        "counting as its cap. Bands: factors of 1.5 and 3. Right: the verdict, or how many trials there are so far."
        "\n```\n\n"
    )
    return picture + verdicts(root, "tab-results")


def draw_results(found: list[Any], path: Path) -> None:
    """Draw the rows that have records, over the paper's means, in the paper's order; the SVG holds its digest."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    plots = importlib.import_module("lstm97.plots")
    groups = importlib.import_module("lstm97.pages").ratios_of(found)
    plots.use_style()
    n_lines = sum(1 + len(rows) for _, rows in groups)
    figure, axes = pyplot.subplots(figsize=(7.4, 1.0 + 0.2 * n_lines))
    plots.ratios_to_paper(axes, groups)
    figure.savefig(path, metadata={"Date": None, "Description": plots.digest(figure)})
    pyplot.close(figure)


# Readings


def readings(root: Path) -> str:
    """Every switch of `Reading`: its meaning, its literal default, the alternatives and the passage."""
    reading = importlib.import_module("lstm97.reading")
    parts = []
    for field in reading.Reading.describe():
        listed = ", ".join(f"`{choice}`" for choice in field["alternatives"])
        parts.append(
            f"## `{field['name']}`\n\n{field['meaning']}\n\n"
            f"- Literal: `{field['default']}`\n- Alternatives: {listed}\n"
            f"- Passage: {field['passage']}\n"
        )
    names = [field["name"] for field in reading.Reading.describe()]
    named = reading.READINGS
    rows = [[f"`{name}`", *(f"`{getattr(made, name)}`" for made in named.values())] for name in names]
    head = ["Switch", *(f"`{name}`" for name in named)]
    return table("The named readings, switch by switch.", "tab-readings", head, rows) + "\n" + "\n".join(parts)


# Equations


def equations(root: Path) -> str:
    """Each of the paper's numbered equations: the chapter that shows it, and the functions that cite it."""
    shown = {number: path for path in executed_notebooks(root) for number in labelled(path)}
    cited = citations(root)
    rows = []
    for number in range(1, 42):
        if number in shown or number in cited:
            stem = shown[number].stem if number in shown else ""
            rows.append(
                [
                    f"{{eq}}`eq-{number}`" if stem else f"({number})",
                    "Sec. 3.1" if number < 3 else "App. A.1" if number < 30 else "App. A.2",
                    f"[](executed/{stem}.ipynb)" if stem else "",
                    ", ".join(
                        f"{{py:func}}`{name} <{name}>`".replace("`lstm97.", "`") for name in cited.get(number, [])
                    ),
                ]
            )
    if not rows:
        return "*No equations yet.*\n"
    return table("The paper's numbered equations.", "tab-equations", ["Number", "Section", "Chapter", "Code"], rows)


def labelled(notebook: Path) -> set[int]:
    """Return the numbers N of the labels eq-N that a notebook sets."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return {int(number) for number in re.findall(r"(?::label: |\$\$ *\()eq-(\d+)\b", text)}


def citations(root: Path) -> dict[int, list[str]]:
    """Return, for every equation, the functions whose docstring names it after the word "Paper:"."""
    found: dict[int, list[str]] = {}
    for path in sorted((root / "lstm97").rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                place = re.search(r"^Paper:(.*?)(?:\n\n|\Z)", ast.get_docstring(node) or "", re.MULTILINE | re.DOTALL)
                for first, last in re.findall(r"\((\d+)\)(?:\s?[-\u2013]\s?\((\d+)\))?", place[1] if place else ""):
                    for number in range(int(first), int(last or first) + 1):
                        names = found.setdefault(number, [])
                        names += [name for name in [f"{module}.{node.name}"] if name not in names]
    return found


# Execution statistics


def statistics(root: Path) -> str:
    """Which notebook ran how long, under which profile, with which versions."""
    runs = {path: stored_run(path) for path in executed_notebooks(root)}
    if not runs:
        return "*No notebooks yet.*\n"
    rows = [
        [f"[{path.stem}](executed/{path.name})", f"{run['seconds']:.1f}", run["profile"]]
        for path, run in runs.items()
    ]
    seconds = sum(run["seconds"] for run in runs.values())
    rows.append(["together", f"{seconds:.1f}", ""])
    times = table("The notebooks' last run.", "tab-times", ["Notebook", "Seconds", "Profile"], rows, right="b")
    # Executed at different times, notebooks can have run under different versions: name each set once.
    sets = sorted({json.dumps(run["versions"]) for run in runs.values()})
    rows = [[name, *(json.loads(made)[name] for made in sets)] for name in json.loads(sets[0])]
    versions = table("What they ran on.", "tab-versions", ["Package", *("Version" for _ in sets)], rows)
    return times + "\n" + versions


# The reference from docstrings


class CompiledFunctionDocumenter(FunctionDocumenter):
    """Documents a function that Numba compiles as the function that it is."""

    objtype = "compiledfunction"
    directivetype = "function"
    priority = FunctionDocumenter.priority + 10

    @classmethod
    def can_document_member(cls, member: Any, membername: str, isattr: bool, parent: Any) -> bool:
        return callable(member) and hasattr(member, "py_func")


def skip_field_of_named_tuple(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out "Alias for field number 0": the class's docstring describes its fields."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def api(root: Path, *packages: str) -> str:
    """The docstrings of the modules in the given packages, a section each."""
    parts = []
    for package in packages:
        top = importlib.import_module(package)
        leaves = [found.name for found in pkgutil.iter_modules(top.__path__) if not found.ispkg]
        for module in [package, *(f"{package}.{leaf}" for leaf in leaves)]:
            if not importlib.import_module(module).__doc__:
                continue
            # A function of the package can have a module's name: then the function owns the name.
            shadowed = callable(getattr(top, module.removeprefix(f"{package}."), None))
            options = "   :members:\n   :ignore-module-all:\n" + "   :no-index:\n" * shadowed
            parts.append(f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n")
    return "\n".join(parts)


MAKERS: dict[str, Callable[..., str]] = {
    made.__name__: made for made in (scoreboard, verdicts, results, readings, equations, statistics, api)
}
