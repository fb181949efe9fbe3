"""Figures of the chapters on theory, in the look of `lstm97_book.figures.style`."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from numpy.typing import ArrayLike

from lstm97_book.figures.labels import label_lines
from lstm97_book.figures.style import DASHES, ERROR, GREY, LABEL


def unfolded_net(
    axes: Axes, rows: Sequence[tuple[str, ArrayLike]], links: Sequence[tuple[int, int, int]], colour: str = ERROR
) -> None:
    """Draw a net unfolded in time, every unit shaded by how much of a quantity it has.

    Paper: Sec. 3.1 and 4; the picture is that of figures 4.1 and 4.4 in Graves' book of 2012, with computed shades.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its frame is switched off.
    rows : sequence of (name, values)
        From bottom to top; values of shape (n_steps,), between 0 and 1.
    links : sequence of (from, to, steps)
        Which row feeds which, and how many steps later.
    colour : str
        Of the shade.

    Raises
    ------
    ValueError
        If there are no rows, their lengths differ, or a value is outside of 0 to 1.
    """
    shades = [np.asarray(values, dtype=float) for _, values in rows]
    if not shades or len({shade.shape for shade in shades}) != 1:
        raise ValueError("unfolded_net: give rows of one length")
    if min(shade.min() for shade in shades) < 0.0 or max(shade.max() for shade in shades) > 1.0:
        raise ValueError("unfolded_net: values must lie between 0 and 1")
    n_steps = len(shades[0])
    for start, end, steps in links:
        for t in range(n_steps - steps):
            axes.annotate(
                "",
                (t + 1 + steps, end),
                (t + 1, start),
                arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 0.7, "shrinkA": 9, "shrinkB": 9, "alpha": 0.7},
            )
    steps_drawn = np.arange(1, n_steps + 1)
    for height, shade in enumerate(shades):
        fills = [to_rgba(colour, float(value)) for value in shade]
        axes.scatter(steps_drawn, np.full(n_steps, height), s=210, c=fills, edgecolors=GREY, linewidths=1.0, zorder=3)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_xticks(steps_drawn)
    axes.set_xlim(0.5, n_steps + 0.5)
    axes.set_ylim(-0.5, len(rows) - 0.5)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def errors_over_lag(axes: Axes, curves: Sequence[tuple[str, ArrayLike, str]], ylabel: str) -> None:
    """Plot absolute values against the lag on a logarithmic axis, each curve with its label at its end.

    Parameters
    ----------
    curves : sequence of (label, values, colour)
        Values from lag 0 on; the lengths may differ.

    Raises
    ------
    ValueError
        If there are no curves.
    """
    if not curves:
        raise ValueError("errors_over_lag: no curves; give at least one")
    labels, used = [], dict.fromkeys([colour for _, _, colour in curves], 0)
    for label, values, colour in curves:
        shown = np.abs(np.asarray(values, dtype=float))
        axes.plot(np.arange(len(shown)), shown, color=colour, ls=DASHES[used[colour] % len(DASHES)])
        used[colour] += 1
        labels.append((float(shown[-1]), label))
    axes.set_yscale("log")
    axes.set_xlim(0, max(len(np.asarray(values)) for _, values, _ in curves) - 1)
    axes.set_xlabel("lag (time steps back)")
    axes.set_ylabel(ylabel)
    label_lines(axes, labels)


def updates_over_time(axes: Axes, updates: ArrayLike, step: int, title: str, colour: str) -> None:
    """Draw the per-step updates of one weight as bars: those that agree with one step filled, the others hollow.

    Parameters
    ----------
    updates : (n_steps,) array-like
    step : int
        Whose update the others are compared with.
    """
    values = np.asarray(updates, dtype=float)
    agrees = values * np.sign(values[step]) >= 0.0
    steps = np.arange(1, len(values) + 1)
    axes.bar(steps[agrees], values[agrees], width=0.7, linewidth=0.9, color=colour, edgecolor=colour)
    against = ~agrees
    axes.bar(
        steps[against], values[against], width=0.7, linewidth=0.9, facecolor="none", edgecolor=ERROR, hatch="////"
    )
    axes.axhline(0.0, color=GREY, lw=0.8)
    axes.set_title(title)
    axes.set_xlim(0.3, len(values) + 0.7)


def against_lag(axes: Axes, lags: ArrayLike, curves: Sequence[tuple[str, ArrayLike, str]], ylabel: str) -> None:
    """Plot quantities against the lag, on a logarithmic lag axis and a linear one from 0 on.

    Parameters
    ----------
    lags : (n,) array-like
    curves : sequence of (label, values, colour)
    """
    places, labels = np.asarray(lags, dtype=float), []
    for dashes, (label, values, colour) in zip(DASHES, curves, strict=False):
        shown = np.asarray(values, dtype=float)
        axes.plot(places, shown, color=colour, ls=dashes, marker="o", ms=4)
        labels.append((float(shown[-1]), label))
    axes.set_xscale("log")
    axes.set_xticks(places, [f"{lag:g}" for lag in places])
    axes.minorticks_off()
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_xlabel("lag (time steps)")
    axes.set_ylabel(ylabel)
    label_lines(axes, labels)


def counts_against_size(
    axes: Axes, curves: Sequence[tuple[str, ArrayLike, ArrayLike, str]], xlabel: str, ylabel: str
) -> None:
    """Plot counted operations against the size of a net, both on logarithmic axes.

    Parameters
    ----------
    curves : sequence of (label, sizes, counts, colour)
    """
    labels, right = [], 0.0
    for dashes, (label, sizes, counts, colour) in zip(DASHES, curves, strict=False):
        x, y = np.asarray(sizes, dtype=float), np.asarray(counts, dtype=float)
        axes.plot(x, y, color=colour, ls=dashes, marker="o", ms=4)
        labels.append((float(y[-1]), label))
        right = max(right, float(x[-1]))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(right=1.05 * right)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    label_lines(axes, labels)


def marks_on_steps(axes: Axes, marks: Mapping[int, str]) -> None:
    """Write words above steps.

    Parameters
    ----------
    marks : mapping
        Step, counted from 1, to word.
    """
    for step, word in marks.items():
        axes.annotate(
            word,
            (step, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=LABEL,
        )
