"""Experiment 2 with shorter lags, and what its trials show at several moments.

Paper: Sec. 5.2.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lstm97.experiments import LSTMRow
from lstm97.learners import Growing
from lstm97.net.reading import READINGS
from lstm97.tasks import LongLag
from lstm97.trials.trial import Outcome, run_trial
from lstm97_book.pages.inside import Holding, holding, initial_net, snapshots


def with_symbols(row: LSTMRow, p: int) -> LSTMRow:
    """Make a row of Task 2a or 2b with another number of symbols.

    Parameters
    ----------
    p : int
        Number of symbols that the net reads in a sequence; the time lag is one less.

    Returns
    -------
    LSTMRow
        No row of the paper, under the name of the one that it comes from.
    """
    topology = dataclasses.replace(row.topology, n_inputs=p + 1, n_outputs=p + 1)
    task: Any = row.task
    return dataclasses.replace(row, task=dataclasses.replace(task, p=p), topology=topology)


class Short(NamedTuple):
    """A trial of Task 2a with few symbols.

    Attributes
    ----------
    p : int
    reading : str
    learner : Growing
    outcome : Outcome
    held : Holding
        What the trained net holds of the first symbol.
    """

    p: int
    reading: str
    learner: Growing
    outcome: Outcome
    held: Holding


def short_trial(row: LSTMRow, p: int, reading: str, trial: int, cap: int) -> Short:
    """Run a trial of Task 2a with few symbols, and see what its net holds.

    Paper: Sec. 5.2, Task 2a.

    Parameters
    ----------
    row : LSTMRow
        Of Task 2a.
    cap : int
        Sequences after which it is given up.
    """
    specification = with_symbols(row, p).under(READINGS[reading])
    learner: Any = specification.learner
    outcome = run_trial(specification, trial, cap)
    sequences = LongLag(p=p).sample(np.random.default_rng(0), 20)
    return Short(p, reading, learner, outcome, holding(learner.lstm, outcome.net.full, sequences, step=1))


def held_at_start(row: LSTMRow, reading: str, n_trials: int = 10) -> list[Holding]:
    """See what the initial nets of a row of Task 2c hold of the relevant symbol, over one sequence.

    Paper: Sec. 5.2, Task 2c.

    Parameters
    ----------
    n_trials : int
        The first of this many trials are looked at.
    """
    specification = row.under(READINGS[reading])
    learner: Any = specification.learner
    batch = specification.task_of(1).sample(np.random.default_rng(11), 1)
    nets = (initial_net(specification, trial) for trial in range(1, n_trials + 1))
    return [holding(learner, net, batch, step=2) for net in nets]


class Moment(NamedTuple):
    """A net of Task 2c at one moment of its training.

    Attributes
    ----------
    presented : int
        Training sequences so far.
    held : Holding
        What it holds of the relevant symbol.
    wrong : float
        Share of fresh sequences that it gets wrong.
    """

    presented: int
    held: Holding
    wrong: float


def drift_in_training(row: LSTMRow, reading: str, trial: int, moments: Sequence[int]) -> list[Moment]:
    """Train a trial's net of Task 2c, and look at it now and then.

    Paper: Sec. 5.2, Task 2c.

    Parameters
    ----------
    moments : sequence of int
        See `lstm97_book.pages.inside.snapshots`.
    """
    specification = row.under(READINGS[reading])
    learner: Any = specification.learner
    task = specification.task_of(trial)
    batch, fresh = task.sample(np.random.default_rng(12), 10), task.sample(np.random.default_rng(13), 500)
    seen = []
    for presented, net in snapshots(specification, trial, moments):
        held = holding(learner, net, batch, step=2)
        _, correct = task.score(fresh, learner.predict(net, fresh))
        seen.append(Moment(presented, held, float(1.0 - correct.mean())))
    return seen
