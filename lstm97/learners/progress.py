"""When a net has stopped improving: the mean error of a window of sequences against that of the window before."""

import math

import numpy as np
from numpy.typing import NDArray

from lstm97.net.compiled import compiled
from lstm97.tasks import Batch

WINDOW = 200  # number of sequences whose mean error is compared with that of as many before


def mean_errors(batch: Batch, outputs: NDArray[np.float64]) -> list[float]:
    """Compute the mean absolute error of every sequence.

    Parameters
    ----------
    outputs : float64, the shape of ``batch.targets``

    Returns
    -------
    list of float
        0 for a sequence without targets.
    """
    total = np.empty(len(batch.targets))
    _add_up(batch.targets, outputs, total)
    errors = total / batch.targets.shape[1]
    if batch.every_step:
        lengths = np.diff(batch.offsets)
        # adds up step after step, on every machine and wherever a sequence stands in its batch
        sums = np.bincount(np.repeat(np.arange(len(batch)), lengths), errors, len(batch))
        errors = sums / np.maximum(lengths, 1)
    return [float(error) for error in errors]


@compiled
def _add_up(targets, outputs, total):
    """Add up each row's absolute errors, unit after unit on every machine."""
    for t in range(total.size):
        of_units = 0.0
        for k in range(targets.shape[1]):
            of_units += abs(targets[t, k] - outputs[t, k])
        total[t] = of_units


def until_comparison(errors: list[float]) -> int:
    """Count the sequences that are missing from a window.

    Parameters
    ----------
    errors : list of float
        See `has_stopped_improving`.

    Returns
    -------
    int
        At least 1.
    """
    return WINDOW - len(errors) % WINDOW


def has_stopped_improving(errors: list[float], share: float) -> bool:
    """Tell whether a window's mean error is less than a share below that of the window before.

    Parameters
    ----------
    errors : list of float
        Of the sequences of the window before, if there was one, and of those presented since. Once both windows are
        complete, the first one is removed.

    Returns
    -------
    bool
        False as long as a window is incomplete.
    """
    if len(errors) < 2 * WINDOW:
        return False
    before, now = math.fsum(errors[:WINDOW]), math.fsum(errors[WINDOW:])
    del errors[:WINDOW]
    return now > (1.0 - share) * before
