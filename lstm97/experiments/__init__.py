"""The rows of the paper's tables, one file per table. Adding an experiment is adding a file with ``ROWS``."""

import importlib
import pkgutil
import re
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache

from lstm97.experiments.base import CompetitorRow, LSTMRow, Paper, Row, Specification

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
def rows() -> dict[str, Row]:
    """Collect every row, in the paper's order.

    Returns
    -------
    dict of str to Row
        By name, e.g. ``table9/6a``.
    """
    tables = [entry.name for entry in pkgutil.iter_modules(__path__) if entry.name.startswith("table")]
    tables.sort(key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    found: dict[str, Row] = {}
    for table in tables:
        for entry in importlib.import_module(f"{__name__}.{table}").ROWS:
            found[entry.name] = entry
    return found


def row(name: str) -> Row:
    """Find a row by its name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Row

    Raises
    ------
    KeyError
        If there is none of that name; the message has the nearest names.
    """
    if name not in rows():
        near = get_close_matches(name, rows(), n=3, cutoff=0.4) or list(rows())
        raise KeyError(f"there is no row {name!r}: did you mean {' or '.join(near)}?")
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

    Parameters
    ----------
    name : str

    Returns
    -------
    LSTMRow

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
