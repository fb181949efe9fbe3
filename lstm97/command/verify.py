"""``lstm97 verify``: run recorded trials again, and compare exactly."""

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase

from lstm97.command.errors import UsageError
from lstm97.command.output import print_json
from lstm97.command.run import executor_of, rows_of
from lstm97.command.stores import folders_to_read, named_store
from lstm97.experiments import rows, sweeps
from lstm97.experiments.pairs import PREFIX, PairError, find
from lstm97.net.reading import READINGS
from lstm97.results.record import Record
from lstm97.results.store import Store
from lstm97.text import duration
from lstm97.trials.bar import Bar
from lstm97.trials.runner import differences, reproduce

DIFFERENT = 1


def _stores(arguments: argparse.Namespace) -> list[Store]:
    if arguments.store is not None:
        return [named_store(arguments.store, folders_to_read().rows)]
    return [Store(folder) for folder in folders_to_read() if folder.is_dir()]


def _names(arguments: argparse.Namespace, store: Store) -> list[str]:
    """List the rows and pairs that are asked for and may have records in a store."""
    patterns = arguments.row or ([] if arguments.sweep else ["*"])
    of_rows = [pattern for pattern in patterns if not pattern.startswith(PREFIX)]
    names = [row.name for row in rows_of(of_rows)]
    recorded = dict.fromkeys(record["row"] for record in store.lines(PREFIX.rstrip("/")))
    in_sweeps = {pair.name for name in arguments.sweep or () for pair in sweeps.SWEEPS[name].pairs.values()}
    names += [
        name for name in recorded if name in in_sweeps or any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    return names


def chosen_records(arguments: argparse.Namespace) -> tuple[list[Record], int]:
    """Find the records that are asked for.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``store``, ``row`` and ``sweep``.

    Returns
    -------
    records : list of dict
        By row, reading and trial.
    n_others : int
        Number of records that this version would not make: of another row, specification or reading.
    """
    records: list[Record] = []
    n_others = 0
    for store in _stores(arguments):
        hashes = {name: _hashes(name) for name in _names(arguments, store)}
        asks_for_all = not (arguments.row or arguments.sweep)
        for table in dict.fromkeys(name.partition("/")[0] for name in hashes):
            for record in store.lines(table):
                if record["row"] not in hashes:
                    n_others += asks_for_all  # a row that this version does not have
                elif hashes[record["row"]].get(record["reading"]) == record["specification"]:
                    records.append(record)
                else:
                    n_others += 1
    return records, n_others


def _hashes(name: str) -> dict[str, str]:
    """Return the specification of a row or a pair under each reading; none of a pair that can't be made any more."""
    try:
        row = find(name)
        return {name: row.under(reading).hash for name, reading in READINGS.items()}
    except PairError:
        return {}


def _sampled(records: Sequence[Record], n: int | None) -> list[Record]:
    """Take a sample that is spread evenly over rows and readings, the same one every time."""
    places = {name: i for i, name in enumerate([*rows(), *READINGS])}
    ordered = sorted(
        records,
        key=lambda record: (
            places.get(record["row"], len(places)),
            record["row"],
            places[record["reading"]],
            record["trial"],
            record["cap"],
        ),
    )
    if n is None or n >= len(ordered):
        return ordered
    step = len(ordered) / n
    return [ordered[int(i * step)] for i in range(n)]


def verify(arguments: argparse.Namespace) -> int:
    """Run recorded trials again, and compare exactly.

    Returns
    -------
    int
        1 if any differs, else 0.
    """
    if arguments.all and (arguments.sample or arguments.row or arguments.sweep):
        raise UsageError("--all goes with neither --sample, --row nor --sweep: give one or the other")
    recorded, n_others = chosen_records(arguments)
    searched = ", ".join(str(store.directory) for store in _stores(arguments)) or "no folder"
    others = f"; {n_others} of another row, specification or reading can't be" if n_others else ""
    if not recorded:
        asked = ", ".join([*(arguments.row or ()), *(arguments.sweep or ())])
        of = f" of {asked}" if asked else ""
        raise UsageError(f"there are no records{of} to verify in {searched}{others}: run some with 'lstm97 run ROW'")
    records = _sampled(recorded, arguments.sample)
    seconds = sum(record["seconds"] for record in records)
    if not (arguments.all or arguments.sample or arguments.row or arguments.sweep):
        raise UsageError(
            f"there are {len(records):,} recorded trials, which took {duration(seconds)} of computing: "
            "give --sample K, --row ROW, --sweep NAME, or --all"
        )
    results = []
    with executor_of(arguments, len(records)) as (executor, n_jobs):
        if not arguments.json:
            print(
                f"{_trials(len(records))} to run again, from {searched}{others}; "
                f"about {duration(seconds / n_jobs)}, as recorded",
                file=sys.stderr,
            )
        bar = Bar(len(records), 0, show=not arguments.json)
        try:
            for record, again in reproduce(records, executor, n_jobs, n_lanes=arguments.lanes):
                different = differences(record, again)
                results.append((record, different))
                bar.advance()
                if not arguments.json:
                    bar.say("\n".join(_lines(record, different)), out=True)
        finally:
            bar.close()
    n_same = sum(not different for _, different in results)
    if arguments.json:
        print_json("Recorded trials, run again and compared exactly.", [_entry(*result) for result in results])
    last = f"{n_same} of {_trials(len(records))} reproduced exactly"
    if not arguments.json:
        print(last, flush=True)
    if n_same < len(records):
        print(f"lstm97: {last}", file=sys.stderr)
        return DIFFERENT
    return 0


def _trials(n: int) -> str:
    return f"{n} {'trial' if n == 1 else 'trials'}"


def _lines(record: Record, different: dict[str, tuple[object, object]]) -> list[str]:
    name = f"{record['row']} ({record['reading']}) trial {record['trial']}"
    return [f"{name}: {'differs' if different else 'same'}"] + [
        f"    {field}: recorded {recorded}, now {now}" for field, (recorded, now) in different.items()
    ]


def _entry(record: Record, different: dict[str, tuple[object, object]]) -> dict[str, object]:
    return {
        "row": record["row"],
        "reading": record["reading"],
        "trial": record["trial"],
        "cap": record["cap"],
        "same": not different,
        "differences": {field: {"recorded": old, "now": now} for field, (old, now) in different.items()},
    }
