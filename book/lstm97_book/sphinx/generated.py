"""Text that is made while pages are read and never stored: a block in a page

    ```{generated} NAME ARGUMENT...
    ```

is replaced by what the function NAME below returns, in the book's own Markdown.
"""

import importlib
import json
import math
import pkgutil
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.ext.autodoc import FunctionDocumenter

from lstm97.text import Table

from .execution import digest, package_and_data, stored_run
from .rooms import architecture

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
    return digest(
        [
            root / "pyproject.toml",
            *package_and_data(root),
            *executed_notebooks(root),
            *Path(__file__).parent.glob("*.py"),
        ]
    )


def executed_notebooks(root: Path) -> list[Path]:
    return sorted((root / "book" / "executed").glob("*.ipynb"))


# Tables


def table(caption: str, name: str, head: list[str], rows: Iterable[Iterable[Any]], left: int | None = None) -> str:
    """Write a numbered Markdown table; `left` columns, or all, hold words, and so does the last one."""
    cells = tuple(tuple(str(cell).replace("\n", " ") for cell in row) for row in rows)
    return framed(
        caption, name, Table(tuple(head), cells, len(head) if left is None else left, True)._repr_markdown_()
    )


def framed(caption: str, name: str, body: str) -> str:
    """Give a Markdown table a caption, a number and the name by which it is referred to."""
    return f":::{{table}} {caption}\n:name: {name}\n:class: compact\n:align: left\n\n{body}\n:::\n"


# The scoreboard


def scores() -> list[Any]:
    """Return the evidence of every row: under the literal reading, and under whatever else has records."""
    tables = dict.fromkeys(row.table for row in importlib.import_module("lstm97.experiments").rows().values())
    evidence = importlib.import_module("lstm97.results").evidence
    return [one for name in tables for one in evidence(name)]


def verdicts(root: Path, name: str = "tab-verdicts") -> str:
    """How many rows have which verdict, reading by reading."""
    body = importlib.import_module("lstm97_book.pages.blocks").verdict_counts(scores())._repr_markdown_()
    caption = (
        "Number of rows by verdict, under every reading that was run: A reproduced, B within a factor of 3, C "
        "ordering only, N not reproduced, U undecided. A row with two stops counts twice."
    )
    return framed(caption, name, body)


def scoreboard(root: Path) -> str:
    """Every row under every reading, the paper beside measured: a section for each of the paper's tables."""
    pages = importlib.import_module("lstm97_book.pages.blocks")
    parts = []
    for heading, rows in pages.by_table(scores()):
        found = [one for _, one in rows]
        whose = "" if found[0].row.table_number is None else "The paper's "
        caption = (
            f"{whose}{heading.partition(':')[0]}: sequence presentations until success, its mean beside ours. "
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
    measured = [one for one in literal if one.records and not math.isnan(one.row.paper.sequences)]  # what is drawn
    if not measured:
        return verdicts(root, "tab-results")
    draw_results(literal, root / "book" / "executed" / "results.svg")
    off = sum(one.summary.verdict not in ("A", "B") for one in measured)
    # The stops of a row share their trials.
    trials = sum(one.summary.n for one in measured if not one.row.milestone)
    picture = (
        "```{figure} executed/results.svg\n:name: fig-results\n"
        f":alt: Measured over the paper, row by row, with bands around the paper's value: {len(measured) - off} of "
        f"{len(measured)} rows have the verdict A or B.\n\n"
        f"All {trials:,} trials of rows with a printed number under the literal reading, as multiples of it (dots; a "
        "triangle is a trial given up at the cap). Bars: our mean with its 95 % bootstrap interval, a failed trial "
        "counting as its cap. Bands: factors of 1.5 and 3. Right: the verdict, or how many trials there are so far."
        "\n```\n\n"
    )
    return picture + verdicts(root, "tab-results")


def draw_results(found: list[Any], path: Path) -> None:
    """Draw the rows that have records, over the paper's means, in the paper's order; the SVG holds its digest."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    figures = importlib.import_module("lstm97_book.figures")
    groups = importlib.import_module("lstm97_book.pages.blocks").ratios_of(found)
    figures.use_style()
    n_lines = sum(1 + len(rows) for _, rows in groups)
    figure, axes = pyplot.subplots(figsize=(7.4, 1.0 + 0.2 * n_lines))
    figures.ratios_to_paper(axes, groups)
    figure.savefig(path, metadata={"Date": None, "Description": figures.digest(figure)})
    pyplot.close(figure)


# Readings


def readings(root: Path) -> str:
    """Every switch of `Reading`: its meaning, its literal default, the alternatives and the passage."""
    reading = importlib.import_module("lstm97.net.reading")
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

PARTS = {
    "Sec. 3.1": "Section 3.1: exponentially decaying error",
    "Sec. 3.2": "Section 3.2: constant error flow",
    "Sec. 4": "Section 4: memory cells",
    "Sec. 5.2": "Section 5: tasks",
    "Sec. 5.4": "Section 5: tasks",
    "Sec. 5.5": "Section 5: tasks",
    "App. A.1": "Appendix A.1: the algorithm",
    "App. A.2": "Appendix A.2: error flow",
}


def equations(root: Path) -> str:
    """Every equation with its meaning, code, check, residual, test and chapter; the residuals are computed now."""
    entries = importlib.import_module("lstm97_book.equations.equations").EQUATIONS
    shown = {number for path in executed_notebooks(root) for number in labelled(path)}
    residuals = {one.key: one.residual() for one in entries}
    agree = sum(residuals[one.key] <= one.bound for one in entries)
    parts = [
        f"**{agree} of {len(entries)} equations** agree with their second route: 41 with a number of the paper's, "
        f"{len(entries) - 41} without. For {sum(value < 1e-14 for value in residuals.values())} of them the "
        "residual is below 1e-14.\n"
    ]
    for heading in dict.fromkeys(PARTS.values()):
        parts.append(f"## {heading}\n")
        parts += [entry(root, one, residuals[one.key], shown) for one in entries if PARTS[one.section] == heading]
    return "\n".join(parts)


def entry(root: Path, one: Any, residual: float, shown: set[int]) -> str:
    """Write one equation with everything that belongs to it."""
    check = getattr(importlib.import_module("lstm97_book.equations.equation_checks"), one.check)
    second_route = " ".join((check.__doc__ or "").split("\n\n")[0].split())
    code = ", ".join(role(dotted) for dotted in one.functions)
    number = f", {{eq}}`eq-{one.key}`" if one.numbered and int(one.key) in shown else ""
    lines = [
        f"### {one.title}\n",
        f"```{{math}}\n{in_lines(one.latex)}\n```\n",
        f"{one.meaning}\n",
        f"- Code: {code}",
        f"- Second route: {second_route}",
        f"- Residual: {scientific(residual)}; it may be up to {scientific(one.bound)}",
        f"- Test: {link_to_test(root, one.test)}",
        f"- Chapter: [](executed/{one.notebook}.ipynb){number}",
    ]
    if one.slip:
        lines.append(f"- In print: {one.slip}")
    return "\n".join([*lines, ""])


def in_lines(latex: str) -> str:
    """Put the parts of a formula that is too long for a line below each other."""
    parts = latex.split(r", \qquad ")
    if len(latex) < 120 or len(parts) == 1 or r"\begin" in latex:
        return latex
    return "\\begin{gathered}\n" + ", \\\\\n".join(parts) + "\n\\end{gathered}"


def role(dotted: str) -> str:
    """Link to a function's or a method's docstring, which leads on to its source."""
    kind = "meth" if dotted.split(".")[-2][:1].isupper() else "func"
    return f"{{py:{kind}}}`{dotted} <lstm97.{dotted}>`"


def scientific(value: float) -> str:
    """Write a residual with one digit."""
    return "0" if value == 0.0 else f"{value:.0e}"


def link_to_test(root: Path, test: str) -> str:
    """Link to the line of a test in the repository."""
    file, _, name = test.partition("::")
    repository = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]
    lines = (root / "tests" / file).read_text(encoding="utf-8").splitlines()
    line = next(i for i, text in enumerate(lines, start=1) if text.startswith(f"def {name}("))
    return f"[`{name}`]({repository['url']}/blob/{repository['branch']}/tests/{file}#L{line})"


def errata(root: Path) -> str:
    """What the paper gets wrong in print, each with the number that decides it."""
    rows = [
        [f"[{one.where}](executed/{one.page}.ipynb)", one.printed, one.right, one.decides]
        for one in importlib.import_module("lstm97_book.equations.errata").errata()
    ]
    head = ["Where", "In print", "Right", "What decides"]
    return table("Slips in the paper's print, each with a number that decides it.", "tab-errata", head, rows)


def labelled(notebook: Path) -> set[int]:
    """Return the numbers N of the labels eq-N that a notebook sets."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return {int(number) for number in re.findall(r"(?::label: |\$\$ *\()eq-(\d+)\b", text)}


def columns(root: Path) -> str:
    """The columns of the records as a data frame."""
    described = importlib.import_module("lstm97.results.frame").COLUMNS
    rows = [[f"`{name}`", f"`{column.dtype}`", column.meaning] for name, column in described.items()]
    return table("Columns of the records as a table.", "tab-columns", ["Column", "Type", "What it holds"], rows)


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
    times = table("The notebooks' last run.", "tab-times", ["Notebook", "Seconds", "Profile"], rows, left=1)
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
        found = (entry.name for entry in pkgutil.iter_modules(top.__path__) if not entry.ispkg)
        leaves = [name for name in found if name != "__main__"]
        for module in [package, *(f"{package}.{leaf}" for leaf in leaves)]:
            if not importlib.import_module(module).__doc__:
                continue
            # A function of the package can have a module's name: then the function owns the name.
            shadowed = callable(getattr(top, module.removeprefix(f"{package}."), None))
            options = "   :members:\n   :ignore-module-all:\n" + "   :no-index:\n" * shadowed
            parts.append(f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n")
    return "\n".join(parts)


MAKERS: dict[str, Callable[..., str]] = {
    made.__name__: made
    for made in (scoreboard, verdicts, results, readings, equations, errata, columns, statistics, architecture, api)
}
