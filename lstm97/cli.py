"""The ``lstm97`` command."""

import argparse
import dataclasses
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from lstm97.experiments import Row, RowFileError, find_rows, rows
from lstm97.pages import Table, at_least, number, sequences_in_paper, wrong_in_paper
from lstm97.reading import READINGS, Reading
from lstm97.trials import sweeps
from lstm97.trials.side_by_side import LANES
from lstm97.trials.slices import Job, WorkerError
from lstm97.trials.statistics import VERDICTS, Summary, summarise_table
from lstm97.trials.store import DEFAULT, Record, Store, StoreError, TornLineWarning
from lstm97.trials.sweeps import SWEEPS
from lstm97.trials.tries import LEARNERS, TASKS, PairError, Try, make_try

#: The records of tries, which are nobody's but the reader's.
TRIES = DEFAULT.with_name("tries")

USAGE_ERROR = 2
INTERRUPTED = 130


class UsageError(Exception):
    """Bad input; the message names it and the way out."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (try: {self.prog} --help)")


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def _reading(text: str) -> str:
    if text not in READINGS:
        near = get_close_matches(text, READINGS, n=1, cutoff=0.5) or sorted(READINGS)
        raise argparse.ArgumentTypeError(f"there is no reading {text!r}: did you mean {' or '.join(near)}?")
    return text


def _table(text: str) -> str:
    name = f"table{text.removeprefix('table')}"
    tables = list(dict.fromkeys(row.table for row in rows().values()))
    if name not in tables:
        numbers = ", ".join(table.removeprefix("table") for table in tables)
        raise argparse.ArgumentTypeError(f"there is no table {text!r} with rows of ours: give one of {numbers}")
    return name


def _print_json(value: Any) -> None:
    def without_nan(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: without_nan(entry) for key, entry in item.items()}
        if isinstance(item, list):
            return [without_nan(entry) for entry in item]
        return None if isinstance(item, float) and not math.isfinite(item) else item

    print(json.dumps(without_nan(value), indent=2, allow_nan=False))


def _rows(arguments: argparse.Namespace) -> None:
    if arguments.json:
        _print_json(
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
                        "weights": row.paper.n_weights,
                        "wrong": row.paper.wrong,
                        "least": row.paper.least,
                        "most": row.paper.most,
                    },
                }
                for row in rows().values()
            ]
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
    print(table)


@contextmanager
def _executor(arguments: argparse.Namespace, n_trials: int) -> Iterator[tuple[Executor, int]]:
    """Make what runs the trials, and say how many processes it has."""
    from lstm97.trials.executors import cluster, processes

    if arguments.dask:
        with cluster(arguments.dask) as (executor, n_threads):
            yield executor, arguments.jobs or n_threads
        return
    n_jobs = min(arguments.jobs or os.cpu_count() or 1, n_trials)
    with processes(n_jobs) as executor:
        yield executor, n_jobs


def _store(arguments: argparse.Namespace, directory: Path) -> Store:
    """Choose a store: the one that the user names, or else this one."""
    return Store(directory if Path(arguments.store) == DEFAULT else arguments.store)


def _changed(chosen: Sequence[Row], reading: str) -> Sequence[Row]:
    """Leave out the rows of which a reading changes nothing: they have the records of the literal one."""
    changed = [row for row in chosen if row.under(READINGS[reading]) != row.under(Reading())]
    if reading == "literal":
        return chosen
    if not changed:
        names = ", ".join(row.name for row in chosen)
        raise UsageError(f"the reading {reading} changes nothing about {names}: run the literal one")
    return changed


def _planned(arguments: argparse.Namespace) -> tuple[Sequence[Row | Try], list[Job], Store]:
    """Say what is to be run, and where its records go: those of tries and sweeps never among those of rows."""
    from lstm97.trials.runner import plan

    ways = [bool(arguments.row), arguments.task is not None, arguments.sweep is not None]
    if (arguments.task is None) != (arguments.learner is None) or sum(ways) != 1:
        raise UsageError("give rows such as table9/6a, or --task and --learner, or --sweep (try: lstm97 run --help)")
    chosen: Sequence[Row | Try]
    n_trials, cap = arguments.trials, arguments.cap
    if arguments.row:
        chosen, store = _changed(find_rows(arguments.row), arguments.reading), Store(arguments.store)
    elif arguments.task:
        chosen, store = [make_try(arguments.task, arguments.learner)], _store(arguments, TRIES)
    else:
        sweep = SWEEPS[arguments.sweep]
        chosen, store = list(sweep.pairs.values()), _store(arguments, sweeps.DIRECTORY)
        n_trials, cap = n_trials or sweep.n_trials, cap or sweep.cap
    return chosen, plan(chosen, arguments.reading, n_trials, arguments.first, cap), store


def _run(arguments: argparse.Namespace) -> None:
    from lstm97.trials.runner import run

    chosen, jobs, store = _planned(arguments)
    store.prepare()
    with _executor(arguments, len(jobs)) as (executor, n_jobs):
        new = run(jobs, store, executor, n_jobs, n_lanes=arguments.lanes, show=not arguments.json)
    if arguments.json:
        _print_json(sorted(new, key=lambda record: (record["row"], record["trial"])))
        return
    wanted = {(job.row, job.trial) for job in jobs}
    for row in chosen:
        records = [
            record
            for record in store.records(row.name, arguments.reading, row.under(READINGS[arguments.reading]).hash)
            if (record["row"], record["trial"]) in wanted
        ]
        solved = [record["sequences"] for record in records if record["success"]]
        mean = f", after {sum(solved) / len(solved):,.0f} sequences on average" if solved else ""
        print(f"{row.name} ({arguments.reading}): {len(solved)} of {len(records)} trials solved{mean}")


def _table_command(arguments: argparse.Namespace) -> None:
    summaries = summarise_table(arguments.table, Store(arguments.store))
    if arguments.json:
        figures = [entry.name for entry in dataclasses.fields(Summary) if entry.name not in ("row", "reading")]
        _print_json(
            [
                {
                    "row": one.row.label,
                    "reading": one.reading,
                    "trials": one.row.n_trials,
                    "cap": one.row.cap,
                    "paper": {"sequences": one.row.paper.sequences, "wrong": one.row.paper.wrong},
                    **{name: getattr(one, name) for name in figures},
                    "verdict_word": VERDICTS[one.verdict],
                }
                for one in summaries
            ]
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
                one.row.label,
                one.reading,
                f"{one.n_solved} of {one.n}",
                sequences_in_paper(one.row),
                at_least(one),
                f"{number(one.low)} to {number(one.high)}" if one.low < one.high else number(None),
                number(one.median),
                number(one.ratio, 2),
                number(one.wrong, 1),
                wrong_in_paper(one.row),
                f"{one.verdict} {VERDICTS[one.verdict]}".strip()
                if one.complete or not one.n
                else f"{one.n} of {one.row.n_trials} trials run",
            )
            for one in summaries
        ),
        left=2,
        words_last=True,
    )
    print(table)
    print(
        "\nsequences until success: the paper's mean and ours over all trials (a failed trial counts as its cap, then"
        "\nthe mean is a lower bound: ≥); wrong: test sequences, mean of the solved trials"
    )


def _verify(arguments: argparse.Namespace) -> int:
    from lstm97.trials.runner import differences, reproduce

    store = Store(arguments.store)
    records: list[Record] = []
    for row in find_rows(arguments.row or ["*"]):
        for name, reading in READINGS.items():
            records += store.records(row.name, name, row.under(reading).hash)
    for sweep in () if arguments.row else SWEEPS.values():
        records += [one for found in sweep.records(_store(arguments, sweeps.DIRECTORY)).values() for one in found]
    if not records:
        raise UsageError("there are no records to verify: run some with 'lstm97 run ROW'")
    if arguments.sample and arguments.sample < len(records):
        # Spread evenly over rows and readings, the same sample every time.
        step = len(records) / arguments.sample
        records = [records[int(i * step)] for i in range(arguments.sample)]
    failed = 0
    with _executor(arguments, len(records)) as (executor, n_jobs):
        for record, again in reproduce(records, executor, n_jobs, n_lanes=arguments.lanes):
            different = differences(record, again)
            failed += bool(different)
            name = f"{record['row']} ({record['reading']}) trial {record['trial']}"
            print(f"{name}: {'differs' if different else 'same'}", flush=True)
            for field, (recorded, now) in different.items():
                print(f"    {field}: recorded {recorded}, now {now}")
    print(f"{len(records) - failed} of {len(records)} trials reproduced exactly")
    return 1 if failed else 0


def _bench(arguments: argparse.Namespace) -> None:
    from lstm97.bench import bench

    result = bench()
    if arguments.json:
        _print_json(result)
        return
    print("nanoseconds per network step and trial, data and scoring included, one core; adding problem, T = 100")
    print(
        Table(
            ("engine", "ns", "times one trial", "largest difference"),
            tuple(
                (
                    one["engine"],
                    number(one["ns_per_step"]),
                    number(one["times"], 2),
                    f"{one['largest_difference']:.0e}",
                )
                for one in result["engines"]
            ),
        )
    )
    print("\nhow it grows: one trial by itself, and trials side by side in lanes")
    points = [(name, point) for name, points in result.items() if name != "engines" for point in points]
    print(
        Table(
            ("with", "at", "one trial", "lanes", "trials"),
            tuple(
                (
                    name,
                    number(point[name]),
                    number(point["one"]),
                    number(point["lanes"]),
                    number(point["n_lanes"]),
                )
                for name, point in points
            ),
        )
    )


def _parser() -> _Parser:
    parser = _Parser(
        prog="lstm97",
        description="Run the experiments of Hochreiter and Schmidhuber (1997), and compare with the paper's tables.",
        epilog="example: lstm97 run table9/6a && lstm97 table 9",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, action: Callable[[argparse.Namespace], int | None], about: str, example: str
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about, epilog=f"example: {example}")
        one.set_defaults(action=action)
        return one

    def store_option(one: argparse.ArgumentParser) -> None:
        one.add_argument(
            "--store", default=DEFAULT, metavar="DIR", help="folder of the records (default: %(default)s)"
        )

    def json_option(one: argparse.ArgumentParser) -> None:
        one.add_argument("--json", action="store_true", help="print JSON")

    def jobs_option(one: argparse.ArgumentParser) -> None:
        one.add_argument(
            "--jobs",
            type=_count,
            metavar="J",
            help="processes (default: one per core, or per thread of the cluster's workers)",
        )
        one.add_argument(
            "--lanes",
            type=_count,
            default=LANES,
            metavar="L",
            help="trials side by side in a process, 1 for none (default: %(default)s)",
        )
        one.add_argument("--dask", metavar="ADDRESS", help="run on the Dask cluster whose scheduler has this address")

    one = command("rows", _rows, "List every row with the paper's values.", "lstm97 rows --json")
    json_option(one)

    one = command(
        "run",
        _run,
        "Run the trials of rows that have no record yet, in parallel; stop it at any time and start it again.",
        "lstm97 run 'table7/*' --trials 3 --jobs 2",
    )
    one.add_argument(
        "row", nargs="*", metavar="ROW", help="a row such as table9/6a, or a wildcard such as 'table7/*'"
    )
    one.add_argument(
        "--task",
        metavar="TASK",
        help="instead of rows, try any task with any learner, such as --task adding:T=100 --learner bptt:k=10; "
        f"tasks: {', '.join(TASKS)}",
    )
    one.add_argument(
        "--learner",
        metavar="LEARNER",
        help=f"learners: {', '.join(LEARNERS)}; what is not given is as in the row whose task is most like it",
    )
    one.add_argument(
        "--sweep",
        choices=SWEEPS,
        metavar="NAME",
        help=f"instead of rows, all pairs of one of the book's sweeps: {', '.join(SWEEPS)}",
    )
    one.add_argument("--trials", type=_count, metavar="N", help="number of trials (default: the paper's; 3 of a try)")
    one.add_argument("--first", type=_count, default=1, metavar="K", help="number of the first trial (default: 1)")
    jobs_option(one)
    one.add_argument("--cap", type=_count, metavar="N", help="give a trial up after N sequences (default: the row's)")
    one.add_argument(
        "--reading",
        type=_reading,
        default="literal",
        metavar="NAME",
        help=f"one of {', '.join(READINGS)} (default: literal)",
    )
    store_option(one)
    json_option(one)

    one = command(
        "table", _table_command, "Print a table: the paper's values beside ours, with verdicts.", "lstm97 table 9"
    )
    one.add_argument("table", type=_table, metavar="N", help="number of the paper's table")
    store_option(one)
    json_option(one)

    one = command(
        "verify",
        _verify,
        "Run recorded trials again and compare exactly; exit code 1 on any difference.",
        "lstm97 verify --sample 5 --row table9/6a",
    )
    one.add_argument("--sample", type=_count, metavar="K", help="number of trials, spread evenly (default: all)")
    one.add_argument(
        "--row", action="append", metavar="ROW", help="only this row or wildcard, and no sweep; may be repeated"
    )
    jobs_option(one)
    store_option(one)

    one = command(
        "bench", _bench, "Time a network step on this package's engines and on others.", "lstm97 bench --json"
    )
    json_option(one)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; from the command line if not given.

    Returns
    -------
    int
        Exit code: 0, 1 if `verify` found a difference, 2 for bad input or lost workers, 130 after Ctrl-C.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", TornLineWarning)
            warnings.showwarning = lambda message, *_args, **_kwargs: print(f"lstm97: {message}", file=sys.stderr)
            parsed = _parser().parse_args(arguments)
            return parsed.action(parsed) or 0
    except (UsageError, PairError, RowFileError, StoreError, WorkerError) as error:
        print(f"lstm97: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyError as error:
        print(f"lstm97: {error.args[0]}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(
            "lstm97: interrupted; finished trials are recorded, the same command goes on from here", file=sys.stderr
        )
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
