"""``lstm97 bench``: time a network step."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from lstm97.command.output import print_json, print_table
from lstm97.text import Table, number

GROWTH = ("trials", "lag", "weights", "symbols")


def add(command: Callable[..., argparse.ArgumentParser], add_json: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add ``bench`` to the commands: see `lstm97.command.arguments.parser`."""
    one = command(
        "bench",
        measure,
        "Time a network step on this package's engines and on others, and of every learning system.",
        "lstm97 bench --json",
        "nothing was changed",
    )
    one.add_argument(
        "--quick", action="store_true", help="one short round of everything: shows what is measured, no more"
    )
    add_json(one)


def measure(arguments: argparse.Namespace) -> None:
    """Time a network step of every engine and of every learning system."""
    from lstm97_book.bench.engines import FULL, QUICK, bench  # here, since the command names it at every start

    start = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - start:4.0f} s: {text}", file=sys.stderr, flush=True)

    say("a quick look, whose numbers mean little" if arguments.quick else "about five minutes, on one core")
    found = bench(QUICK if arguments.quick else FULL, say)
    if arguments.json:
        print_json(
            "Nanoseconds per network step and trial on one core, data and scoring included: the engines on the "
            "adding problem, T = 100; every row of LSTM; growth with trials side by side, lag, weights, symbols; all "
            "learning systems. And ratios of times, with what they should be at most.",
            found,
        )
        return
    for title, table, n_names in sections(found):
        print(f"\n{title}")
        print_table(table, n_names)


def sections(found: dict[str, Any]) -> list[tuple[str, Table, int]]:
    """Make the tables of all that was measured.

    Parameters
    ----------
    found : dict
        From `lstm97_book.bench.engines.bench`.

    Returns
    -------
    list of (str, Table, int)
        Title, table, and number of columns that name the rows.
    """
    engines = Table(
        ("engine", "ns", "times one trial", "largest difference"),
        tuple(
            (
                one["engine"],
                number(one["ns_per_step"]),
                number(one["times"], 2),
                f"{one['largest_difference']:.0e}",
            )
            for one in found["engines"]
        ),
    )
    targets = Table(
        ("time of", "over that of", "ratio", "at most"),
        tuple(
            (
                one["what"],
                one["over"],
                "not measured" if one["ratio"] is None else number(one["ratio"], 3),
                number(one["most"], 2),
            )
            for one in found["targets"]
        ),
        left=2,
    )
    costs = Table(("row", "ns"), tuple((one["row"], number(one["ns_per_step"])) for one in found["costs"]))
    growth = Table(
        ("with", "at", "one trial", "lanes", "trials"),
        tuple(
            (name, *(number(point[key]) for key in (name, "one", "lanes", "n_lanes")))
            for name in GROWTH
            for point in found[name]
        ),
    )
    systems = Table(
        ("system", "task", "hidden units", "weights", "ns"),
        tuple(
            (name, point["task"], *(number(point[key]) for key in ("hidden", "weights", "ns_per_step")))
            for name, points in found["systems"].items()
            for point in points
        ),
        left=2,
    )
    return [
        (
            "nanoseconds per network step and trial, data and scoring included, one core; adding problem, T = 100",
            engines,
            1,
        ),
        ("how near it is to what can be reached: ratios of times, and what they should be at most", targets, 2),
        ("every row of LSTM, as it is run, up to 16 trials side by side: nanoseconds per step of a trial", costs, 1),
        ("how it grows: one trial by itself, and trials side by side in lanes", growth, 2),
        ("every learning system, by the size of its hidden layer: nanoseconds per step of one trial", systems, 2),
    ]
