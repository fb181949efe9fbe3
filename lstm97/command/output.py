"""What the command prints: tables that fit the terminal, and JSON."""

import json
import math
import shutil
import sys
import textwrap
from typing import Any

import lstm97
from lstm97.command.streams import Stream
from lstm97.text import Table


def print_json(description: str, data: Any, **more: Any) -> None:
    """Print what a command found.

    Parameters
    ----------
    description : str
        What the data are.
    data : JSON values
        Numbers that are not finite become null.
    **more : JSON values
        What else there is to say, by name.
    """

    def without_nan(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: without_nan(entry) for key, entry in item.items()}
        if isinstance(item, list | tuple):
            return [without_nan(entry) for entry in item]
        return None if isinstance(item, float) and not math.isfinite(item) else item

    document = {"version": lstm97.__version__, "description": description, **more, "data": without_nan(data)}
    print(json.dumps(document, indent=2, allow_nan=False))


def print_table(table: Table, n_names: int = 1) -> None:
    """Print a table; on a terminal that is narrower, in several blocks of columns.

    Parameters
    ----------
    n_names : int
        Number of columns, from the first, that name the rows: every block has them.
    """
    # COLUMNS counts, too; what is no terminal has any width.
    width = shutil.get_terminal_size(fallback=(10**6, 24)).columns
    print("\n\n".join(map(repr, blocks(_plain(table), n_names, width))))


def _plain(table: Table) -> Table:
    """Replace what standard output can't show, before widths are counted."""
    out = sys.stdout
    if not isinstance(out, Stream):
        return table
    head, *rows = (tuple(map(out.plain, line)) for line in (table.head, *table.rows))
    return Table(head, tuple(rows), table.left, table.words_last)


def blocks(table: Table, n_names: int, width: int) -> list[Table]:
    """Cut a table into blocks of columns.

    Parameters
    ----------
    n_names : int
        See `print_table`.
    width : int
        That a block may have. Words of a single column that makes it wider go on in further lines.
    """
    lines = (table.head, *table.rows)
    widths = [2 + max(len(line[i]) for line in lines) for i in range(len(table.head))]
    names = list(range(n_names))
    groups: list[list[int]] = [[]]
    for column in range(n_names, len(widths)):
        if groups[-1] and sum(widths[i] for i in (*names, *groups[-1], column)) - 2 > width:
            groups.append([])
        groups[-1].append(column)
    last = len(widths) - 1
    room = max(20, width - sum(widths[:n_names]))
    return [
        Table(
            tuple(table.head[i] for i in names + group),
            tuple(
                part
                for row in table.rows
                for part in _in_lines(tuple(row[i] for i in names + group), room if len(group) == 1 else 10**6)
            ),
            left=n_names + sum(i < table.left for i in group),
            words_last=table.words_last and last in group,
        )
        for group in groups
    ]


def _in_lines(row: tuple[str, ...], room: int) -> list[tuple[str, ...]]:
    """Write a row in several lines if its last column has more words than there is room for."""
    first, *others = textwrap.wrap(row[-1], room) or [""]
    return [(*row[:-1], first)] + [(*("" for _ in row[:-1]), other) for other in others]
