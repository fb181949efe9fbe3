"""``lstm97 rows`` and ``lstm97 table``: what is there, without running anything."""

import argparse

from lstm97.command.output import print_json, print_table
from lstm97.command.stores import folders_to_read, named_store
from lstm97.experiments import rows
from lstm97.results.scoreboard import data_of, line_of, sequences_in_paper, wrong_in_paper
from lstm97.results.summary import left_out, summarise_table
from lstm97.text import Table, number


def show_rows(arguments: argparse.Namespace) -> None:
    """List every row with the paper's values."""
    if arguments.json:
        print_json(
            "The rows of the paper's tables: the number of trials and weights, the cap, and what the paper prints: "
            "mean number of sequences until success, wrong test sequences, share of solved trials (null: not in "
            "numbers), extremes.",
            [
                {
                    "row": row.name,
                    "title": row.title,
                    "section": row.section,
                    "weights": row.n_weights,
                    "trials": row.n_trials,
                    "cap": row.cap,
                    "paper": {
                        "place": row.paper.place,
                        "sequences": row.paper.sequences,
                        "solved": row.paper.solved,
                        "weights": row.paper.n_weights,
                        "wrong": row.paper.wrong,
                        "least": row.paper.least,
                        "most": row.paper.most,
                    },
                }
                for row in rows().values()
            ],
        )
        return
    table = Table(
        ("row", "title", "trials", "weights", "cap", "paper: sequences", "paper: wrong"),
        tuple(
            (
                row.name,
                row.title,
                str(row.n_trials),
                number(row.n_weights),
                f"{row.cap:,}",
                sequences_in_paper(row),
                f"{wrong_in_paper(row)} of {row.n_test}" if row.paper.wrong is not None else number(None),
            )
            for row in rows().values()
        ),
        left=2,
    )
    print_table(table)


def show_table(arguments: argparse.Namespace) -> None:
    """Print one of the paper's tables beside ours."""
    store = named_store(arguments.store, folders_to_read().rows)
    summaries = summarise_table(arguments.table, store)
    others = [str(one) for one in left_out(arguments.table, store)]
    if arguments.json:
        print_json(
            "A table of the paper beside ours, per row and reading: numbers of sequences until success are over all "
            "trials, a failed one counted as its cap, unless the paper's mean leaves failures out.",
            [data_of(summary) for summary in summaries],
            store=str(store.directory),
            left_out=others,
        )
        return
    table = Table(
        (
            "row",
            "reading",
            "solved",
            "paper",
            "mean",
            "95 % interval",
            "median",
            "ratio",
            "wrong",
            "paper",
            "verdict",
        ),
        tuple(
            (
                line.row,
                line.reading,
                line.solved,
                line.paper,
                line.mean,
                line.interval,
                number(summary.median),
                line.ratio,
                number(summary.wrong, 1),
                wrong_in_paper(summary.row),
                f"{line.verdict} {line.word}".strip(),
            )
            for summary, line in ((summary, line_of(summary)) for summary in summaries)
        ),
        left=2,
        words_last=True,
    )
    print_table(table, n_names=2)
    print(
        "\nsequences until success: the paper's mean and ours over all trials (a failed trial counts as its cap, then"
        "\nthe mean is a lower bound: ≥); wrong: test sequences, mean of the solved trials"
    )
    path = store.path(arguments.table)
    print(f"records: {path}{'' if path.exists() else ', which does not exist'}")
    for records in others:
        print(f"left out: {records}")
