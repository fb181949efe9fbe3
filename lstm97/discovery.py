"""Finding what the files of a package declare, so that a new file is enough: rows, tasks, learning systems."""

import importlib
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from lstm97.checks import shown

#: What the command calls tasks and learning systems: names stand in names of pairs, beside ``/``, ``:`` and ``,``.
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class FileError(Exception):
    """A file of rows, a task or a learning system that can't be used; the message names file, line and reason."""


def modules(
    package: str, path: Iterable[str], place: Callable[[str], Any] = lambda module: module
) -> Iterator[tuple[ModuleType, Path]]:
    """Import every module of a package.

    Parameters
    ----------
    path : iterable of str
        The package's ``__path__``.
    place : callable
        Gives the key that modules' names are sorted by.

    Yields
    ------
    module : module
    file : pathlib.Path

    Raises
    ------
    FileError
        If a file can't be imported.
    """
    for finder, name, _ in sorted(pkgutil.iter_modules(path), key=lambda module: place(module.name)):
        file = Path(finder.path) / f"{name}.py"  # type: ignore[union-attr]
        yield _imported(f"{package}.{name}", file), file


def _imported(module: str, file: Path) -> ModuleType:
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        reason = " ".join(str(error).splitlines())
        if isinstance(error, SyntaxError) and error.filename == str(file):
            lines, reason = [error.lineno], error.msg
        where = f"{file}, line {lines[-1]}" if lines else str(file)
        raise FileError(f"{where}: {type(error).__name__}: {reason}") from error


def declared(
    package: str, path: Iterable[str], is_meant: Callable[[Any], bool], lacks: Callable[[Any], Iterable[str]]
) -> dict[str, Any]:
    """Collect the classes that declare what the command calls them.

    Parameters
    ----------
    package, path
        As in `modules`.
    is_meant : callable
        Tells whether a class is one of those that have to declare it.
    lacks : callable
        Lists the attributes, besides ``name``, that a class should have and doesn't.

    Returns
    -------
    dict of str to type
        By ``name``, in alphabetical order.

    Raises
    ------
    FileError
        If a file can't be imported, or a class lacks an attribute, or has the name of another.
    """
    found: dict[str, tuple[type, Path]] = {}
    for module, file in modules(package, path):
        for cls in vars(module).values():
            if not isinstance(cls, type) or cls.__module__ != module.__name__ or not is_meant(cls):
                continue
            name = vars(cls).get("name")
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise FileError(
                    f"{file}: {cls.__name__} has {'no name' if name is None else f'the name {shown(name)}'} for the "
                    "command: give one of small letters, digits and hyphens, as in name = 'my-own'"
                )
            if missing := " and no ".join(lacks(cls)):
                raise FileError(f"{file}: {cls.__name__} has no {missing}: declare it in the class")
            if name in found:
                raise FileError(f"{file}: {found[name][1]} has {name!r}, too: give {cls.__name__} another name")
            found[name] = cls, file
    return {name: found[name][0] for name in sorted(found)}
