"""A line of the scoreboard: the paper's numbers and ours as they are written wherever they stand."""

import dataclasses
import math
from typing import Any, NamedTuple

from lstm97.experiments import Row, rows
from lstm97.results.store import Store
from lstm97.results.summary import VERDICTS, Summary, summarise_table
from lstm97.text import number


def share(value: float | None) -> str:
    """Write the share of solved trials that the paper prints, in percent.

    Parameters
    ----------
    value : float or None
        None is what it calls "some fraction".
    """
    return "some" if value is None else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def sequences_in_paper(row: Row) -> str:
    """Write the paper's number of sequences: after > where none was solved by then, or with the share that was."""
    value = number(row.paper.sequences)
    if row.paper.leaves_failures_out:
        return f"{value} ({share(row.paper.solved)})"
    return f">\N{NO-BREAK SPACE}{value}" if row.paper.solved == 0.0 and not math.isnan(row.paper.sequences) else value


def weights_in_paper(row: Row) -> str:
    """Write the number of weights that the paper prints, or the range."""
    most = row.paper.most_weights
    return number(row.paper.n_weights) + (f"\N{EN DASH}{number(most)}" if most is not None else "")


def wrong_in_paper(row: Row) -> str:
    """Write the paper's mean number of wrong test sequences.

    Returns
    -------
    str
        With a decimal where the paper prints a fraction of the test set that makes one.
    """
    value = row.paper.wrong
    return number(value, 0 if value is None or value == int(value) else 1)


def at_least(summary: Summary) -> str:
    """Write a row's mean number of sequences; after ≥ where failed trials make it a lower bound."""
    return ("≥\N{NO-BREAK SPACE}" if summary.is_bound else "") + number(summary.mean)


class Line(NamedTuple):
    """A line of the scoreboard, as it is written: a row under a reading, the paper's numbers beside ours.

    Attributes
    ----------
    row, reading : str
    solved, rate : str
        Number of solved trials, and the 95 % interval of their share; a dash and nothing if nothing was measured.
    paper, mean, interval : str
        Numbers of sequences until success.
    ratio : str
        Our mean over the paper's.
    verdict, word : str
        The letter, empty if there is none yet, and what it stands for or what is missing.
    """

    row: str
    reading: str
    solved: str
    rate: str
    paper: str
    mean: str
    interval: str
    ratio: str
    verdict: str
    word: str


def line_of(summary: Summary) -> Line:
    """Write a line of the scoreboard."""
    n, row = summary.n, summary.row
    low, high = f"{100 * summary.rate_low:.0f}", f"{100 * summary.rate_high:.0f}"
    return Line(
        row=row.label,
        reading=summary.reading,
        solved=f"{summary.n_solved} of {n}" if n else number(None),
        rate=f"{low}\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}{high}\N{NO-BREAK SPACE}%" if n else "",
        paper=sequences_in_paper(row),
        mean=at_least(summary),
        interval=(
            f"{number(summary.low)}\N{EN DASH}{number(summary.high)}" if summary.low < summary.high else number(None)
        ),
        ratio=number(summary.ratio, 2),
        verdict=summary.verdict,
        word=f"{n} of {row.n_trials} trials so far" if n and not summary.verdict else VERDICTS[summary.verdict],
    )


#: A summary's figures that stand in a line as they are.
FIGURES = [entry.name for entry in dataclasses.fields(Summary) if entry.name not in ("row", "reading")]


def data_of(summary: Summary) -> dict[str, Any]:
    """Give what a line of the scoreboard says as numbers.

    Returns
    -------
    dict
        ``row, title, table, reading, trials, cap, paper`` (a dict of ``sequences`` and ``wrong``), the attributes of
        `Summary` from ``n`` on, and ``verdict_word``.
    """
    row = summary.row
    return {
        "row": row.label,
        "title": row.title,
        "table": row.table,
        "reading": summary.reading,
        "trials": row.n_trials,
        "cap": row.cap,
        "paper": {"sequences": row.paper.sequences, "wrong": row.paper.wrong},
        **{name: getattr(summary, name) for name in FIGURES},
        "verdict_word": VERDICTS[summary.verdict],
    }


def scoreboard(store: Store | None = None) -> list[dict[str, Any]]:
    """Summarise all rows of all tables.

    Parameters
    ----------
    store : Store, optional

    Returns
    -------
    list of dict
        See `data_of`; what ``lstm97 table N --json`` prints of one table.
    """
    tables = dict.fromkeys(row.table for row in rows().values())
    return [data_of(summary) for table in tables for summary in summarise_table(table, store or Store())]
