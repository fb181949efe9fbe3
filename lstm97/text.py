"""How numbers, durations and tables are written, in the command and on the book's pages."""

import math
from dataclasses import dataclass

import numpy as np


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thousands separated, and a dash for what is not known.

    Parameters
    ----------
    digits : int
        Decimals.
    """
    if value is None or math.isnan(value):
        return "–"
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def fraction(value: float | None) -> str:
    """Write a fraction with three significant digits, as in 0.000195, and a dash for what is not known."""
    if value is None or math.isnan(value):
        return number(None)
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it, with two significant digits, as in 3.2 hours."""
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0)):
        if seconds >= 1.5 * size:
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return "a second"


@dataclass(frozen=True)
class Table:
    """A table of text that a cell shows.

    Attributes
    ----------
    head : tuple of str
    rows : tuple of tuple of str
    left : int
        Number of columns, from the first, that hold words: they are left-aligned, the others right-aligned.
    words_last : bool
        Whether the last column holds words, too.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    words_last: bool = False

    def _is_left(self, column: int) -> bool:
        return column < self.left or (self.words_last and column == len(self.head) - 1)

    def __repr__(self) -> str:
        """Return the table as aligned text."""
        lines = [self.head, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        aligned = [
            [
                text.ljust(width) if self._is_left(i) else text.rjust(width)
                for i, (text, width) in enumerate(zip(line, widths, strict=True))
            ]
            for line in lines
        ]
        return "\n".join("  ".join(line).rstrip() for line in aligned)

    def _repr_markdown_(self) -> str:
        marks = tuple(":--" if self._is_left(i) else "--:" for i in range(len(self.head)))
        lines = [self.head, marks, *self.rows]
        return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
