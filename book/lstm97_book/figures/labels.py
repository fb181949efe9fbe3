"""Labels beside what they name."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from lstm97_book.figures.style import LABEL


def write_above(axes: Axes, x: float, text: str) -> None:
    """Write a word above the axes, over a place on their x axis."""
    axes.annotate(
        text,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8.5,
    )


def label_lines(axes: Axes, labels: Sequence[tuple[float, str]], size: float = 9.0) -> None:
    """Write labels to the right of the axes, each at the height of its curve's end, without overlaps.

    Call it after everything is plotted: it fixes the limits of the vertical axis.

    Parameters
    ----------
    labels : sequence of (float, str)
        The height in data coordinates, and the text.
    size : float
        Font size in points.
    """
    if not labels:
        return
    axes.set_ylim(axes.get_ylim())
    figure = axes.get_figure(root=True)
    assert figure is not None
    height = axes.get_position().height * figure.get_size_inches()[1] * 72
    gap = 1.25 * size / height
    x = axes.get_xlim()[1]
    to_axes = axes.transData + axes.transAxes.inverted()
    wanted = np.array([to_axes.transform((x, y))[1] for y, _ in labels])
    places = spread(np.clip(wanted, 0.0, 1.0), gap)
    for place, (_, text) in zip(places, labels, strict=True):
        axes.annotate(
            text,
            (1.0, place),
            xycoords="axes fraction",
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            fontsize=size,
            color=LABEL,
            annotation_clip=False,
        )


def spread(wanted: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Move places apart, keeping their order, until neighbours are at least `gap` from each other."""
    order = np.argsort(wanted, kind="stable")
    places = wanted[order]
    for _ in range(100):
        overlap = gap - np.diff(places)
        if not (overlap > 1e-6).any():
            break
        for i, amount in enumerate(overlap):
            if amount > 0:
                places[i] -= amount / 2
                places[i + 1] += amount / 2
    spread = np.empty_like(places)
    spread[order] = places
    return spread


def jitter(n: int) -> NDArray[np.float64]:
    """Heights in [0, 0.3) that keep n dots of one row apart, the same at every call."""
    return 0.3 * ((np.arange(n, dtype=np.float64) * 0.6180339887) % 1.0 - 0.5)


def plain_thousands(axis: Axis) -> None:
    """Write 20,000 for 20000 on a logarithmic axis, at 1, 2 and 5 of every decade if it spans few decades."""
    low, high = axis.get_view_interval()
    few = np.log10(high / low) < 2.2
    axis.set_major_locator(mpl.ticker.LogLocator(base=10, subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_minor_formatter(NullFormatter())
