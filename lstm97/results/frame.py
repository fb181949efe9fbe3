"""All recorded trials as one table of data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lstm97.experiments import Row, rows
from lstm97.experiments.pairs import Pair
from lstm97.experiments.sweeps import SWEEPS
from lstm97.net.reading import READINGS, Reading
from lstm97.paths import PUBLISHED_SWEEPS
from lstm97.results.record import Record, is_done, presented
from lstm97.results.store import Store

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """A column: its type as pandas names it, and what it holds."""

    dtype: str
    meaning: str


#: The columns of `records`, in their order.
COLUMNS: Mapping[str, Column] = {
    "table": Column("string", "number of the paper's table, or the name of a sweep"),
    "row": Column("string", "name of the row, or of the pair of task and learner"),
    "title": Column("string", "the row's title; missing for a pair"),
    "reading": Column("string", "how the paper is read"),
    "trial": Column("Int64", "number of the trial, from 1"),
    "counts": Column("boolean", "whether it counts in tables and figures: see the scoreboard"),
    "success": Column("boolean", "whether the stopping criterion was met within the cap"),
    "sequences": Column("Int64", "training sequences until then; the cap if it was not met"),
    "presented": Column("Int64", "training sequences presented, where the reading counts fewer"),
    "cap": Column("Int64", "training sequences after which the trial was given up"),
    "steps": Column("Int64", "time steps of all training sequences"),
    "first_stop": Column("Int64", "training sequences until the earlier of two stops, where the paper prints both"),
    "test": Column("Int64", "sequences in the test set"),
    "wrong": Column("Int64", "wrong ones among them"),
    "mean_absolute_error": Column("Float64", "on the test set; missing where it is no finite number"),
    "mse": Column("Float64", "mean squared error on the test set; missing where it is no finite number"),
    "paper_sequences": Column("Float64", "the paper's mean number of sequences, of all trials of the row"),
    "paper_wrong": Column("Float64", "the paper's mean number of wrong test sequences"),
    "seconds": Column("Float64", "computing time on one core"),
    "specification": Column("string", "hash of all that the trial depends on"),
    "seed": Column("string", "entropy of its seeds, in decimal digits; the spawn key is the trial's number"),
    "commit": Column("string", "of the code that ran it; missing where it was not known"),
    "versions": Column("string", "of Python and the packages that ran it"),
}


def records(runs: Store | None = None, sweeps: Store | None = None) -> pd.DataFrame:
    """Read every recorded trial that this version would run again: rows under all readings, and sweeps.

    Learning curves are left out; `Store.records` has them.

    Parameters
    ----------
    runs, sweeps : Store, optional
        The published ones if not given.

    Returns
    -------
    pandas.DataFrame
        One line a trial, with the columns of `COLUMNS`: literal reading first, in the paper's order.

    Raises
    ------
    ModuleNotFoundError
        If pandas is not installed.
    StoreError
        If records can't be read.

    Examples
    --------
    >>> import lstm97
    >>> trials = lstm97.records().query("table == '9' and counts")
    >>> trials.groupby(["row", "reading"]).success.sum()["table9/6a", "literal"]
    np.int64(20)
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("records: pandas is not installed: pip install pandas") from error
    lines = [*_of_rows(runs or Store()), *_of_sweeps(sweeps or Store(PUBLISHED_SWEEPS))]
    return pd.DataFrame(
        {
            name: pd.array([line[name] for line in lines], dtype=column.dtype)  # type: ignore[call-overload]
            for name, column in COLUMNS.items()
        }
    )


def _of_rows(store: Store) -> Iterator[dict[str, Any]]:
    for table in dict.fromkeys(row.table for row in rows().values()):
        for name, reading in READINGS.items():
            for row in rows().values():
                if row.table == table:
                    for record in store.records(row.name, name, row.under(reading).hash):
                        yield _line(record, str(row.table_number or table), row, row.n_trials, row.cap)


def _of_sweeps(store: Store) -> Iterator[dict[str, Any]]:
    for sweep in SWEEPS.values():
        for pair in sweep.pairs.values():
            for record in store.records(pair.name, "literal", pair.under(Reading()).hash):
                yield _line(record, sweep.name, pair, sweep.n_trials, sweep.cap)


def _line(record: Record, table: str, of: Row | Pair, n_trials: int, cap: int) -> dict[str, Any]:
    paper = of.paper if isinstance(of, Row) else None
    test, first = record["test"], next(iter(record.get("milestones", {}).values()), None)
    return {
        **{name: record[name] for name in ("row", "reading", "trial", "success", "sequences", "cap", "steps")},
        "table": table,
        "title": of.title if isinstance(of, Row) else None,
        "counts": record["trial"] <= n_trials and is_done(record, cap),
        "presented": presented(record),
        "first_stop": first["sequences"] if first else None,
        "test": test["n"],
        **{name: test[name] for name in ("wrong", "mean_absolute_error", "mse")},
        "paper_sequences": paper.sequences if paper else None,
        "paper_wrong": paper.wrong if paper else None,
        "seconds": record["seconds"],
        "specification": record["specification"],
        "seed": record["seeds"]["entropy"],
        "commit": record["commit"],
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(record["versions"].items())),
    }
