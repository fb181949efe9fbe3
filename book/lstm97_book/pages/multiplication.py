"""Experiment 5: how far initial states drift, and what the printed "MSE" may be.

Paper: Sec. 5.5, Table 8.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.experiments import LSTMRow
from lstm97.net.reading import READINGS
from lstm97.results import Evidence
from lstm97.results.record import Record
from lstm97_book.pages.inside import initial_net, saturation


class Drift(NamedTuple):
    """Internal states at the end of 20 sequences, in the initial nets of all of a row's trials.

    Attributes
    ----------
    s_c : (n, n_cells) float64
        Internal states.
    left : (n, n_cells) float64
        Share of an error that h lets through: see `lstm97_book.pages.inside.saturation`.
    """

    s_c: NDArray[np.float64]
    left: NDArray[np.float64]


def initial_drift(row: LSTMRow, reading: str) -> Drift:
    """Measure how far internal states have moved before training.

    Paper: Sec. 4, "Internal state drift".
    """
    specification = row.under(READINGS[reading])
    learner: Any = specification.learner
    sequences = specification.task_of(1).sample(np.random.default_rng(1997), 20)
    pairs = [
        saturation(learner, initial_net(specification, trial), sequences) for trial in range(1, row.n_trials + 1)
    ]
    s_c, left = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return Drift(s_c, left)


def errors_of(one: Evidence) -> dict[str, float]:
    """Average three measures of the test errors over the nets that reached a stop.

    Paper: Table 8, column "MSE".

    Parameters
    ----------
    one : Evidence
        With at least one solved trial.
    """
    tests = [record["test"] for record in one.solved]
    squared = np.array([test["mse"] for test in tests])
    return {
        "MSE": float(squared.mean()),
        "mean absolute error": float(np.mean([test["mean_absolute_error"] for test in tests])),
        "root of MSE": float(np.sqrt(squared).mean()),
    }


def nearest(measured: dict[str, float], printed: float) -> str:
    """Say which of several measures is nearest a printed number, as a ratio."""
    return min(measured, key=lambda name: abs(np.log(measured[name] / printed)))


def sequences_of(record: Record, one: Evidence) -> int:
    """Count the training sequences of a trial: until it was solved or given up.

    Parameters
    ----------
    one : Evidence
        That it belongs to.
    """
    return int(record["sequences"] if record in one.solved else record["cap"])
