"""The rows of the paper's tables, one file per table; pairs of task and learner, and sweeps, beyond the tables.

Here: experiments as data. Adding one is adding a file with ``ROWS``. Not here: running them, and what came out.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType

from lstm97.checks import shown
from lstm97.discovery import FileError, modules
from lstm97.experiments.base import CompetitorRow, LSTMRow, Paper, Row, Specification
from lstm97.net.reading import Reading

__all__ = [
    "CompetitorRow",
    "LSTMRow",
    "Paper",
    "Row",
    "Specification",
    "find_rows",
    "lstm_row",
    "lstm_rows",
    "row",
    "rows",
]


@cache
def rows() -> Mapping[str, Row]:
    """Collect every row: first those of the paper's tables, in their order.

    Returns
    -------
    mapping of str to Row
        By name, e.g. ``table9/6a``. It can't be written: a row of one's own is a file in this package.

    Raises
    ------
    FileError
        If a file can't be imported, its ``ROWS`` are no rows, a row's learner doesn't fit its task, or two rows have
        the same name.
    """
    found: dict[str, Row] = {}
    file_of: dict[str, Path] = {}
    for module, file in modules(__name__, __path__, _place):
        for entry in _rows_of(module, file):
            if entry.name in found:
                raise FileError(f"{file}: {file_of[entry.name]} has a row {entry.name}, too: give another name")
            found[entry.name], file_of[entry.name] = entry, file
    return MappingProxyType(found)


def _place(module: str) -> tuple[bool, list[int], str]:
    """Sort tables by their numbers, and what is no table behind them."""
    return not module.startswith("table"), [int(number) for number in re.findall(r"\d+", module)], module


def _rows_of(module: ModuleType, file: Path) -> tuple[Row, ...]:
    """Take a file's rows, none if it is there for other files, and check that each can be run."""
    entries = getattr(module, "ROWS", ())
    if not isinstance(entries, tuple | list) or not all(isinstance(entry, Row) for entry in entries):
        raise FileError(f"{file}: ROWS is something else than a tuple of rows: give LSTMRow or CompetitorRow")
    for entry in entries:
        try:
            entry.under(Reading())
        except Exception as error:  # whatever a part of another kind makes of itself
            reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            named = reason.startswith(entry.name)
            raise FileError(f"{file}: {reason}" if named else f"{file}: {entry.name}: {reason}") from error
    return tuple(entries)


def row(name: str) -> Row:
    """Find a row by its name.

    Raises
    ------
    KeyError
        If there is none of that name; the message has the nearest names.
    """
    if name not in rows():
        near = get_close_matches(name, rows(), n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "'lstm97 rows' lists them"
        raise KeyError(f"there is no row {shown(name)}: {hint}")
    return rows()[name]


def lstm_rows() -> dict[str, LSTMRow]:
    """Collect the rows on LSTM: those that Tables 10 and 11 are about.

    Returns
    -------
    dict of str to LSTMRow
        As from `rows`.
    """
    return {name: entry for name, entry in rows().items() if isinstance(entry, LSTMRow)}


def lstm_row(name: str) -> LSTMRow:
    """Find a row on LSTM by its name.

    Raises
    ------
    KeyError
        If there is none of that name.
    ValueError
        If the row is on another learning system.
    """
    found = row(name)
    if not isinstance(found, LSTMRow):
        raise ValueError(f"{name} is no row on LSTM: give one of {', '.join(lstm_rows())}")
    return found


def find_rows(patterns: list[str]) -> list[Row]:
    """Find the rows that match any of several names or wildcards.

    Parameters
    ----------
    patterns : list of str
        E.g. ``["table9/6a", "table7/*"]``.

    Returns
    -------
    list of Row
        Each once, in the paper's order.

    Raises
    ------
    KeyError
        If a pattern matches nothing.
    """
    chosen: set[str] = set()
    for pattern in patterns:
        matching = [name for name in rows() if fnmatchcase(name, pattern)]
        chosen.update(matching or [row(pattern).name])
    return [entry for name, entry in rows().items() if name in chosen]
