"""What documents, docstrings and comments name is there: modules, functions, files."""

import importlib
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KINDS = (("lstm97", "py"), ("tests", "py"), *(("book", ending) for ending in ("py", "md", "js", "css")))
#: Not the changelog, which tells of old names as well.
NAMING = [
    *(path for folder, ending in KINDS for path in (ROOT / folder).rglob(f"*.{ending}")),
    *(ROOT / "notebooks").glob("*.ipynb"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "LICENSE")),
]
#: A name in backquotes, and a file; not those of tests, `file::test`, nor those that head an example.
NAME = re.compile(r"`(lstm97(?:_book)?(?:\.\w+)+)`")
FOLDERS, ENDINGS = "lstm97|book|tests|notebooks", "py|js|css|md|ipynb|cfg"
FILE = re.compile(rf"(?<![\w/.-])(?<!^# )((?:{FOLDERS})/[\w./-]*\w\.(?:{ENDINGS}))\b(?!::)", re.MULTILINE)


def dangling(text: str) -> list[str]:
    """List the names in backquotes that nothing in core and companion has, and the files that are not there."""
    names = [name for name in NAME.findall(text) if not is_there(name)]
    return names + [file for file in FILE.findall(text) if not (ROOT / file).exists()]


def is_there(name: str) -> bool:
    module, *attributes = name.split(".")
    while attributes and importlib.util.find_spec(f"{module}.{attributes[0]}") is not None:
        module = f"{module}.{attributes.pop(0)}"
        if not hasattr(importlib.import_module(module), "__path__"):
            break
    found: Any = importlib.import_module(module)
    for attribute in attributes:
        if not hasattr(found, attribute):
            return attribute in getattr(found, "__dataclass_fields__", ())
        found = getattr(found, attribute)
    return True


@pytest.mark.parametrize("path", NAMING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_named_exists(path: Path) -> None:
    assert dangling(path.read_text(encoding="utf-8")) == []


def test_a_dangling_name_is_seen() -> None:
    there = ("lstm97.net.network.present", "lstm97.net.reading.Reading.update", "lstm97_book.figures")
    assert dangling(f"`{'`, `'.join(there)}`, tests/conftest.py") == []
    gone = ["lstm97.net.network.absent", "lstm97.netto", "lstm97_book.figures.gone"]
    file = "/".join(("book", "gone.py"))
    assert dangling(f"`{'`, `'.join(gone)}`, {file}") == [*gone, file]
