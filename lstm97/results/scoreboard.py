"""A line of the scoreboard: the paper's numbers and ours as they are written wherever they stand."""

import math
from typing import Any

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


def scoreboard(store: Store | None = None) -> list[dict[str, Any]]:
    """Summarise all rows of all tables.

    Parameters
    ----------
    store : Store, optional

    Returns
    -------
    list of dict
        ``row, title, table, reading, n, n_solved, n_trials, mean, low, high, paper, ratio, verdict, verdict_word``.
    """
    tables = list(dict.fromkeys(row.table for row in rows().values()))
    return [
        {
            "row": one.row.label,
            "title": one.row.title,
            "table": one.row.table,
            "reading": one.reading,
            "n": one.n,
            "n_solved": one.n_solved,
            "n_trials": one.row.n_trials,
            "mean": one.mean,
            "low": one.low,
            "high": one.high,
            "paper": one.row.paper.sequences,
            "ratio": one.ratio,
            "verdict": one.verdict,
            "verdict_word": VERDICTS[one.verdict],
        }
        for table in tables
        for one in summarise_table(table, store or Store())
    ]
