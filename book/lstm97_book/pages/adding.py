"""Where the time goes in Experiment 4: on the way to a low mean error, and then to 2000 correct sequences in a row.

Paper: Sec. 5.4.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from lstm97.results import Evidence
from lstm97.results.summary import first_below


class Halves(NamedTuple):
    """The two halves of the stopping criterion: medians over a row's solved trials, NaN if there are none.

    Attributes
    ----------
    error : float
        Sequences until the mean error of a window of the learning curve was first below the bound.
    end : float
        Sequences until both halves were met.
    window : int
        Sequences in a window, at most.
    """

    error: float
    end: float
    window: int


def halves(one: Evidence) -> Halves:
    """Separate the two halves of the stopping criterion.

    Paper: Sec. 5.4, "Training"; Table 7.

    Parameters
    ----------
    one : Evidence
        With the stopping rule `lstm97.experiments.stopping.ST3`.
    """
    if not one.solved:
        return Halves(math.nan, math.nan, 0)
    stop: Any = one.row.stop
    return Halves(
        float(np.median([first_below(record, stop.beta) for record in one.solved])),
        float(np.median([record["sequences"] for record in one.solved])),
        max(record["curve"]["window"] for record in one.solved),
    )
