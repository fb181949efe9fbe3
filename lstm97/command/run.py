"""``lstm97 run``: run trials that have no record yet, and say what came out."""

import argparse
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager

from lstm97.command.errors import UsageError
from lstm97.command.output import print_json
from lstm97.command.stores import folders_to_write, new_store
from lstm97.experiments import Row, find_rows, sweeps
from lstm97.experiments.pairs import Pair, make_pair
from lstm97.net.reading import READINGS, Reading
from lstm97.results.record import LAST_TRIAL, under_cap
from lstm97.results.store import Store
from lstm97.results.summary import left_out
from lstm97.text import number
from lstm97.trials.effect import same_effect
from lstm97.trials.executors import available_cores, cluster, processes
from lstm97.trials.runner import plan, run
from lstm97.trials.size import check_size
from lstm97.trials.slices import Job

#: More processes than this for every core only take memory from each other.
JOBS_PER_CORE = 4


@contextmanager
def executor_of(arguments: argparse.Namespace, n_trials: int) -> Iterator[tuple[Executor, int]]:
    """Make what runs the trials.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``jobs`` and ``dask``.

    Yields
    ------
    executor : concurrent.futures.Executor
    n_jobs : int
        Number of processes, or of the cluster's threads.

    Raises
    ------
    UsageError
        If more processes are wanted than make sense.
    """
    if arguments.dask is not None:
        if not arguments.dask:
            raise UsageError("--dask '' is no address: give the one that the cluster's scheduler prints")
        with cluster(arguments.dask) as (executor, n_threads):
            yield executor, arguments.jobs or n_threads
        return
    n_cores = available_cores()
    if (arguments.jobs or 0) > JOBS_PER_CORE * n_cores:
        raise UsageError(
            f"--jobs {arguments.jobs} is more than {JOBS_PER_CORE} for each core, and there are {n_cores} for this "
            f"process: give at most {JOBS_PER_CORE * n_cores}"
        )
    n_jobs = min(arguments.jobs or n_cores, n_trials)
    with processes(n_jobs) as executor:
        yield executor, n_jobs


def _changed(chosen: Sequence[Row | Pair], name: str) -> Sequence[Row | Pair]:
    """Leave out the rows of which a reading changes nothing: they have the records of the literal one."""
    if name == "literal":
        return chosen
    reading = READINGS[name]
    changed = [row for row in chosen if not same_effect(row.under(reading), row.under(Reading()))]
    if not changed:
        names = ", ".join(row.name for row in chosen)
        raise UsageError(f"the reading {name} changes nothing about {names}: run the literal one")
    return changed


def _planned(arguments: argparse.Namespace) -> tuple[Sequence[Row | Pair], list[Job], Store]:
    """Say what is to be run, and where its records go: those of pairs and sweeps never among those of rows."""
    ways = [bool(arguments.row), arguments.task is not None, arguments.sweep is not None]
    if (arguments.task is None) != (arguments.learner is None) or sum(ways) != 1:
        raise UsageError("give rows such as table9/6a, or --task and --learner, or --sweep (try: lstm97 run --help)")
    chosen: Sequence[Row | Pair]
    n_trials, cap, places = arguments.trials, arguments.cap, folders_to_write()
    if arguments.row:
        chosen = _changed(rows_of(arguments.row), arguments.reading)
        store = new_store(arguments.store, places.rows, (places.sweeps, places.tries))
    elif arguments.task is not None:
        chosen = _changed([make_pair(arguments.task, arguments.learner)], arguments.reading)
        store = new_store(arguments.store, places.tries, (places.rows, places.sweeps))
        for pair in chosen:
            assert isinstance(pair, Pair)
            check_size(pair, READINGS[arguments.reading])
    else:
        if arguments.reading != "literal":
            raise UsageError("--reading: sweeps are run under the literal reading only")
        sweep = sweeps.SWEEPS[arguments.sweep]
        chosen = list(sweep.pairs.values())
        store = new_store(arguments.store, places.sweeps, (places.rows, places.tries))
        n_trials, cap = n_trials or sweep.n_trials, cap or sweep.cap
    most = n_trials or max(row.n_trials for row in chosen)
    if arguments.first + most - 1 > LAST_TRIAL:
        raise UsageError(f"--first {arguments.first} with {most} trials: trials go up to {LAST_TRIAL:,}; give less")
    return chosen, plan(chosen, arguments.reading, n_trials, arguments.first, cap), store


def rows_of(patterns: list[str]) -> list[Row]:
    """Find rows by names or wildcards.

    Raises
    ------
    UsageError
        If one of them matches nothing.
    """
    try:
        return find_rows(patterns)
    except KeyError as error:
        raise UsageError(error.args[0]) from error


def run_trials(arguments: argparse.Namespace) -> None:
    """Run the trials of rows, of a pair or of a sweep that have no record yet."""
    chosen, jobs, store = _planned(arguments)
    store.prepare()
    with executor_of(arguments, len(jobs)) as (executor, n_jobs):
        new = run(jobs, store, executor, n_jobs, n_lanes=arguments.lanes, show=not arguments.json)
    if arguments.json:
        print_json(
            "The records of the trials that this command ran; not those that were recorded before.",
            sorted(new, key=lambda record: (record["row"], record["trial"])),
        )
        return
    print("\n".join(summary(chosen, jobs, store)))


def summary(chosen: Sequence[Row | Pair], jobs: Sequence[Job], store: Store) -> list[str]:
    """Say what came out of trials, as ``lstm97 table`` counts: all of them as if given up at the cap asked for.

    Parameters
    ----------
    jobs : sequence of Job
        All of their trials, under one reading and with one cap for each.

    Returns
    -------
    list of str
        A line for each, and a last one on what it means.
    """
    lines, bounded, beyond = [], False, False
    for row in chosen:
        of_row = {job.trial: job for job in jobs if job.row == row.name}
        job = next(iter(of_row.values()))
        records = store.records(row.name, job.reading, job.specification.hash)
        outcomes = [under_cap(record, job.cap) for record in records if record["trial"] in of_row]
        text, bound = mean_of(outcomes, isinstance(row, Row) and row.paper.leaves_failures_out)
        n_solved = sum(success for success, _ in outcomes)
        lines.append(
            f"{row.name} ({job.reading}): {n_solved} of {len(outcomes)} trials solved, mean {text} sequences"
        )
        bounded |= bound
        beyond |= isinstance(row, Row) and max(of_row) > row.n_trials
    if bounded:
        lines.append("a failed trial counts as its cap, then the mean is a lower bound: ≥")
    if beyond:
        lines.append("trials beyond the paper's number count here, but in no table")
    lines.append(f"records: {store.directory}")
    chosen_names = {row.name for row in chosen if isinstance(row, Row)}
    for table in dict.fromkeys(name.partition("/")[0] for name in chosen_names):
        others = [
            entry for entry in left_out(table, store) if entry.row in chosen_names and entry.reason == "specification"
        ]
        lines += [f"left out: {entry}" for entry in others]
    return lines


def mean_of(outcomes: Sequence[tuple[bool, float]], leaves_failures_out: bool) -> tuple[str, bool]:
    """Write the mean number of sequences until success.

    Parameters
    ----------
    outcomes : sequence of (bool, float)
        From `lstm97.results.record.under_cap`.
    leaves_failures_out : bool
        Whether failed trials don't count where others were solved: see `lstm97.experiments.Paper`.

    Returns
    -------
    text : str
        After ≥ where failed trials make it a lower bound.
    is_bound : bool
    """
    solved = [sequences for success, sequences in outcomes if success]
    counted = solved if leaves_failures_out and solved else [sequences for _, sequences in outcomes]
    is_bound = len(counted) > len(solved)
    mean = math.fsum(counted) / len(counted) if counted else math.nan
    return ("≥\N{NO-BREAK SPACE}" if is_bound else "") + number(mean), is_bound
