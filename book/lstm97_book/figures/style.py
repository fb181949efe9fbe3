"""The look that all figures share.

One colour means one thing on every page: gates, internal state, cell output, error, the paper's value and our
trials keep the colours below. The greys can be read on a white and on a dark page, because figures are
transparent. Figures draw on axes that they are given and set no fonts or colours of their own.
"""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lstm97_book.figures.digest import digest_or_size

INPUT_GATE = "#0072B2"  # blue
OUTPUT_GATE = "#E69F00"  # orange
INTERNAL_STATE = "#009E73"  # bluish green: the carrousel
CELL_OUTPUT = "#56B4E9"  # sky blue
ERROR = "#D55E00"  # vermillion: error, gradient, failure
FAILURE = ERROR
PAPER = "#CC79A7"  # purple: the paper's value, always a diamond labelled "paper"
GREY = "#787878"
TRIALS = GREY
TARGET = GREY
LABEL = GREY
#: Dash patterns for the curves of one role, in the order in which they are used.
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 2)),
    (0, (1.5, 1.5)),
    (0, (6, 2, 1.5, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (9, 3)),
)


def use_style() -> None:
    """Give all figures drawn from now on the look of this project, whatever the user's own settings are.

    Their text form becomes their digest, so that a notebook stores it, and a comparison sees a change.
    """
    Figure.__repr__ = digest_or_size  # type: ignore[assignment,method-assign]
    plt.style.use(["default", "lstm97_book.figures.lstm97"])
