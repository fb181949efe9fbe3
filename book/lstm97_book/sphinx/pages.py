"""What the theme leaves open: equation numbers, captions, links to the sources, MathJax without a network."""

import json
import re
import shutil
import string
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.math import MathDomain
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

MATHJAX_FILES = ("tex-mml-chtml.js", "output/chtml", "input/tex/extensions")


def setup(app: Sphinx) -> None:
    app.add_transform(CaptionTables)
    app.add_enumerable_node(captioned_table, "table", html=(visit_captioned_table, depart_captioned_table))
    app.connect("doctree-read", number_equations)
    app.connect("html-page-context", tidy_page, priority=900)
    app.connect("build-finished", finish_html)


# Numbers of equations


def number_equations(app: Sphinx, doctree: nodes.document) -> None:
    """Give label `eq-N` the paper's number (N), and any other the page's number and a letter: (5.4a)."""
    docname = app.env.docname
    equations = cast(MathDomain, app.env.get_domain("math")).equations
    letters = iter(string.ascii_lowercase)
    for node in doctree.findall(nodes.math_block):
        if label := node.get("label"):
            of_paper = re.fullmatch(r"eq-(\d+)", label)
            node["number"] = of_paper[1] if of_paper else section_of(docname) + next(letters)
            equations[label] = (docname, node["number"])


def section_of(docname: str) -> str:
    """Return the paper's section that a page is named after.

    >>> section_of("executed/5-4-adding"), section_of("executed/a-1-truncated-gradient")
    ('5.4', 'A.1')
    """
    found = re.match(r"(?:[0-9]+|a)(?:-[0-9]+)*(?=-)", docname.rpartition("/")[2])
    return found[0].replace("-", ".").upper() if found else ""


# Captions of tables that a cell shows


class captioned_table(nodes.General, nodes.Element):
    """A table out of a code cell, numbered like the other tables."""


class CaptionTables(SphinxTransform):
    """Caption and number what a cell with metadata {"mystnb": {"table": {...}}} shows first."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        for cell in list(self.document.findall(is_code_cell)):
            options = cell["cell_metadata"].get("mystnb", {}).get("table")
            if not options:
                continue
            bundle = next(iter(cell.findall(is_mime_bundle)), None)
            if bundle is None or not options.get("caption"):
                logger.warning("a cell with a table caption needs a caption and an output", location=cell)
                continue
            table = captioned_table("", nodes.caption("", "", *inline(options["caption"])))
            if name := options.get("name"):
                table["names"].append(nodes.fully_normalize_name(name))
                self.document.note_explicit_target(table, table)
            else:
                self.document.note_implicit_target(table)
            bundle.replace_self(table)
            table += bundle


def is_code_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def is_mime_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def inline(text: str) -> list[nodes.Node]:
    """Turn a caption with $mathematics$ and `code` into nodes."""
    made: list[nodes.Node] = []
    for part in re.split(r"(\$[^$]+\$|`[^`]+`)", text):
        if part.startswith("$"):
            made.append(nodes.math(part, part[1:-1]))
        elif part.startswith("`"):
            made.append(nodes.literal(part, part[1:-1]))
        elif part:
            made.append(nodes.Text(part))
    return made


def visit_captioned_table(self: HTML5Translator, node: captioned_table) -> None:
    self.body.append(self.starttag(node, "figure", CLASS="captioned-table"))


def depart_captioned_table(self: HTML5Translator, node: captioned_table) -> None:
    self.body.append("</figure>\n")


# Links, scripts, files


def tidy_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Point the buttons at notebooks/ instead of the executed copy, and drop what would call another host."""
    for button in flat(context.get("header_buttons", [])):
        if "url" in button:
            button["url"] = button["url"].replace("book/executed/", "notebooks/")
    offer_executed_copy(app, pagename, context)
    # A script of sphinx-thebe is left behind, which names another host and declares a constant twice.
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in str(script) + str(getattr(script, "attributes", {}).get("body", ""))
    ]
    context["css_files"] = [file for file in context["css_files"] if "thebe" not in str(file)]


def offer_executed_copy(app: Sphinx, pagename: str, context: dict[str, Any]) -> None:
    """Add the executed copy of a notebook, which `finish_html` puts beside its page, to what can be downloaded."""
    for button in context.get("header_buttons", []):
        inner = button.get("buttons", [])
        of_source = next((one for one in inner if one.get("url", "").endswith(".ipynb")), None)
        if button.get("label") == "download-buttons" and pagename.startswith("executed/") and of_source:
            url = f"{pagename.rpartition('/')[2]}.ipynb"
            inner.insert(
                inner.index(of_source) + 1,
                of_source | {"url": url, "text": ".ipynb, executed", "tooltip": "Download with its results"},
            )


def filled(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return an executed notebook in which the numbers that a cell told stand in the prose.

    Raises
    ------
    KeyError
        If the prose asks for a number that no cell told.
    """
    told: dict[str, str] = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if name := output.get("metadata", {}).get("scrapbook", {}).get("name"):
                text = "".join(output["data"]["application/papermill.record/text/plain"])
                told[name] = text[1:-1] if text[:1] == text[-1:] in ("'", '"') else text
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            source = re.sub(r"\{glue:[a-z]+\}`([^`]+)`", lambda match: told[match[1]], source)
        cells.append(cell | {"source": source.splitlines(keepends=True)})
    return notebook | {"cells": cells}


def flat(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the buttons with those inside groups."""
    return [inner for button in buttons for inner in (button, *flat(button.get("buttons", [])))]


def finish_html(app: Sphinx, error: Exception | None) -> None:
    """Copy MathJax, and put the source notebooks where the download buttons look."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    spec = find_spec("sphinx-mathjax-offline")
    assert spec is not None
    assert spec.origin is not None
    mathjax = Path(spec.origin).parent / "static" / "mathjax"
    for name in MATHJAX_FILES:
        target = out / "_static" / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (mathjax / name).is_dir():
            shutil.copytree(mathjax / name, target, dirs_exist_ok=True)
        else:
            shutil.copy2(mathjax / name, target)
    for page in (out / "executed").glob("*.html"):
        source = Path(app.srcdir).parent / "notebooks" / f"{page.stem}.ipynb"
        download = out / "_sources" / "executed" / source.name
        if source.exists():
            shutil.copy2(source, download)
            executed = Path(app.srcdir) / "executed" / source.name
            copy = filled(json.loads(executed.read_text(encoding="utf-8")))
            (page.with_suffix(".ipynb")).write_text(json.dumps(copy, indent=1, ensure_ascii=False), encoding="utf-8")
        else:  # left from a build before the notebook was removed
            page.unlink()
            download.unlink(missing_ok=True)
            page.with_suffix(".ipynb").unlink(missing_ok=True)
