"""What becomes of the outer symbol in Experiment 1, in trials that solve the task and in trials that do not.

Paper: Sec. 5.1.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.experiments import Row, Specification, row
from lstm97.net.reading import READINGS
from lstm97.results import Evidence
from lstm97.results.record import Record
from lstm97.results.summary import course
from lstm97.tasks.reber import draw_strings, words
from lstm97.trials.runner import Rerun, cheapest
from lstm97_book.pages.inside import OuterSymbol, outer_symbol, snapshots


class Sets(NamedTuple):
    """Lengths and time lags in the training sets of a row, all pairs together.

    Attributes
    ----------
    shortest : int
        Symbols of the shortest strings.
    share_shortest : float
        Share of the training strings that are so short: the mean over the pairs.
    n_shortest : int
        How many different ones of that length the grammar has.
    lags : (n,) int64
        Steps between reading the outer symbol and having to give it, in every training string.
    """

    shortest: int
    share_shortest: float
    n_shortest: int
    lags: NDArray[np.int64]


def sets_of(of: Row) -> Sets:
    """Measure the training strings of a row.

    Parameters
    ----------
    of : Row
        Of Table 1.
    """
    tasks: Any = of.tasks
    lengths = [np.array([len(word) for word in words(task.training)]) for task in tasks]
    shortest = min(int(of_pair.min()) for of_pair in lengths)
    drawn = set(words(draw_strings(np.random.default_rng(0), 2000)))
    return Sets(
        shortest,
        float(np.mean([np.mean(of_pair == of_pair.min()) for of_pair in lengths])),
        sum(len(word) == shortest for word in drawn),
        np.concatenate([np.diff(task.training.offsets) - 3 for task in tasks]),
    )


def ends_of_failed(one: Evidence) -> list[float]:
    """List the shares of the training strings that were still wrong in the last windows of failed trials."""
    return [float(course(record)[2][-1]) for record in one.records if record not in one.solved]


def shortest_solved(found: Sequence[Evidence], n_steps: int) -> list[Record]:
    """Choose of every row the solved trial that takes the fewest time steps, if it takes no more than given."""
    shortest = [cheapest(one.solved, 1)[0] for one in found if one.solved]
    return [record for record in shortest if record["steps"] <= n_steps]


def first_failed(found: Sequence[Evidence]) -> dict[str, int]:
    """Find the first failed trial of every row that has one.

    Returns
    -------
    dict of str to int
        The trial's number by the row's name.
    """
    failed = {one.row.name: [r["trial"] for r in one.records if r not in one.solved] for one in found}
    return {name: trials[0] for name, trials in failed.items() if trials}


class Seen(NamedTuple):
    """A trial's net at one moment: what it makes of all different strings of both sets.

    Attributes
    ----------
    row, trial
        Which trial.
    presented : int
        Strings presented so far.
    outer : OuterSymbol
    """

    row: str
    trial: int
    presented: int
    outer: OuterSymbol


def watch(name: str, reading: str, trial: int, moments: Iterable[int]) -> list[Seen]:
    """Train a trial's net, and look at it now and then.

    Paper: Sec. 5.1.

    Parameters
    ----------
    name, reading : str
        Of a row of Table 1, and of a reading.
    moments : iterable of int
        See `lstm97_book.pages.inside.snapshots`; none gives an empty list.
    """
    moments = list(moments)
    specification = row(name).under(READINGS[reading])
    nets = snapshots(specification, trial, moments) if moments else ()
    return [Seen(name, trial, n, _outer(specification, trial, net)) for n, net in nets]


def at_end(again: Rerun) -> Seen:
    """Look at the net of a trial that was run again, as it was when training ended."""
    record = again.record
    specification = row(record["row"]).under(READINGS[record["reading"]])
    outer = _outer(specification, record["trial"], again.outcome.net)
    return Seen(record["row"], record["trial"], record["sequences"], outer)


def course_of(again: Rerun, moments: Sequence[int]) -> list[Seen]:
    """Look at the net of a trial that was run again, now and then and at its end.

    Parameters
    ----------
    moments : sequence of int
        Those after the trial's end are left out.
    """
    record = again.record
    before = [n for n in moments if n < record["sequences"]]
    return [*watch(record["row"], record["reading"], record["trial"], before), at_end(again)]


def ends_of(
    failed: Mapping[str, int], reading: str, moment: int, seen: Mapping[int, Sequence[Seen]], name: str
) -> list[Seen]:
    """Look at failed trials after so many strings.

    Parameters
    ----------
    failed : dict of str to int
        From `first_failed`.
    seen : dict of int to sequence of Seen
        Trials of row `name` that were watched up to this moment already.
    """
    ends = []
    for of_row, trial in failed.items():
        known = [one for one in seen.get(trial, ()) if of_row == name and one.presented == moment]
        ends += known or watch(of_row, reading, trial, [moment])
    return ends


def _outer(specification: Specification, trial: int, net: Any) -> OuterSymbol:
    learner: Any = specification.learner
    task: Any = specification.task_of(trial)
    return outer_symbol(learner, net, task.distinct)
