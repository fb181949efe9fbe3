"""Trials, learning curves, ratios to the paper, and what a step costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import ArrayLike

from lstm97_book.figures.labels import jitter, label_lines, plain_thousands
from lstm97_book.figures.style import DASHES, ERROR, FAILURE, GREY, INTERNAL_STATE, LABEL, PAPER, TARGET, TRIALS


def sequences_to_success(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Plot every trial's number of sequences to success beside the paper's mean.

    Solved trials are grey dots; their mean is a larger dot with its interval; a failed trial is an open
    triangle at the number of sequences where it was stopped; the paper's mean is a diamond labelled "paper".
    A row without trials shows the paper's mean and says that nothing was measured yet.

    Parameters
    ----------
    rows : sequence of mappings
        From top to bottom, each with the keys ``label`` (text at the left), ``successes`` and ``failures``
        (sequences of each solved trial, caps of each failed one), ``mean``, ``low``, ``high`` (of all trials,
        failed ones at their caps; None to show none, NaN for no interval) and ``paper`` (the printed mean, or None).

    Raises
    ------
    ValueError
        If there are no rows, a row has neither a trial nor the paper's mean, or a count is not positive.
    """
    if not rows:
        raise ValueError("sequences_to_success: no rows; give at least one")

    def beside(text: str, x: float, y: float) -> None:
        axes.annotate(
            text,
            (x, y),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=LABEL,
            annotation_clip=False,
        )

    for y, row in enumerate(rows):
        solved = np.asarray(row["successes"], dtype=float)
        failed = np.asarray(row["failures"], dtype=float)
        trials = np.concatenate([solved, failed])
        if trials.size == 0 and row["paper"] is None:
            raise ValueError(f"sequences_to_success: row {row['label']!r} has no trial; leave the row out or run it")
        if not (trials > 0).all():
            raise ValueError(
                f"sequences_to_success: row {row['label']!r} has a trial of {trials.min():g} sequences; "
                "every count must be positive"
            )
        lane = y - 0.18
        if trials.size == 0:
            axes.annotate(
                "not measured yet",
                (1.0, lane),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="center",
                fontsize=8.5,
                color=LABEL,
            )
        axes.plot(solved, lane - jitter(solved.size), ls="", marker="o", ms=4, mfc=TRIALS, mec="none", alpha=0.8)
        axes.plot(failed, lane - jitter(failed.size), ls="", marker="^", ms=6, mfc="none", mec=FAILURE, mew=1.3)
        if failed.size:
            beside(f"{len(failed)} of {len(trials)} failed", float(failed.max()), lane)
        if row["mean"] is not None:
            axes.plot([row["low"], row["high"]], [y + 0.12, y + 0.12], color=TRIALS, lw=2.4)
            axes.plot([row["mean"]], [y + 0.12], ls="", marker="o", ms=8, mfc=TRIALS, mec="none")
            end = row["mean"] if np.isnan(row["high"]) else row["high"]
            beside("mean, at least" if failed.size else "mean", float(end), y + 0.12)
        if row["paper"] is not None:
            axes.plot([row["paper"]], [y + 0.34], ls="", marker="D", ms=7, mfc=PAPER, mec="none")
            beside("paper", float(row["paper"]), y + 0.34)
    axes.set_xscale("log")
    axes.set_xlabel("sequence presentations until success")
    axes.set_yticks(range(len(rows)), [str(row["label"]) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    plain_thousands(axes.xaxis)


def ratios_to_paper(axes: Axes, groups: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
    """Plot every trial's number of sequences over the paper's mean, one line per row, in groups with a heading.

    Solved trials are grey dots; a failed trial is an open triangle at its cap; the mean is an upright bar with its
    interval. The paper stands at 1. The two bands are the factors 1.5 and 3 of the verdicts, whose letters stand at
    the right.

    Parameters
    ----------
    groups : sequence of (heading, rows)
        From top to bottom. Rows are mappings with the keys of `sequences_to_success`, with ``paper`` given, and
        ``verdict``, a short text.

    Raises
    ------
    ValueError
        If there are no groups, or a row has no trial.
    """
    if not groups:
        raise ValueError("ratios_to_paper: no groups; give at least one")
    places: list[float] = []
    labels: list[str] = []
    y = -1.0
    for heading, rows in groups:
        y += 1.0
        left: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "annotation_clip": False}
        axes.annotate(
            heading, (0.0, y), xytext=(-4, 0), textcoords="offset points", ha="right", weight="bold", **left
        )
        for row in rows:
            y += 1.0
            paper = float(row["paper"])
            solved = np.asarray(row["successes"], dtype=float) / paper
            failed = np.asarray(row["failures"], dtype=float) / paper
            if solved.size + failed.size == 0:
                raise ValueError(f"ratios_to_paper: row {row['label']!r} has no trial; leave the row out or run it")
            lanes = y + jitter(solved.size), y + jitter(failed.size)
            axes.plot(solved, lanes[0], ls="", marker="o", ms=3, mfc=TRIALS, mec="none", alpha=0.6)
            axes.plot(failed, lanes[1], ls="", marker="^", ms=4.5, mfc="none", mec=FAILURE, mew=1.0)
            axes.plot([row["low"] / paper, row["high"] / paper], [y, y], color=LABEL, lw=2.0)
            axes.plot([row["mean"] / paper], [y], ls="", marker="|", ms=10, mec=LABEL, mew=2.2)
            axes.annotate(row["verdict"], (1.0, y), xytext=(6, 0), textcoords="offset points", ha="left", **left)
            places.append(y)
            labels.append(str(row["label"]))
    axes.axvline(1.0, color=PAPER, lw=1.4, zorder=0.6)
    for factor in (3.0, 1.5):
        axes.axvspan(1 / factor, factor, color=GREY, alpha=0.12, lw=0, zorder=0.4)
    axes.plot([1.0], [-1.0], ls="", marker="D", ms=7, mfc=PAPER, mec="none")
    note: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "va": "center", "color": LABEL}
    axes.annotate("paper", (1.0, -1.0), xytext=(8, 0), **note)
    for text, x, side in (("\u2190 fewer", 0.0, "left"), ("more \u2192", 1.0, "right")):
        axes.annotate(text, (x, -1.0), xycoords=("axes fraction", "data"), xytext=(0, 0), ha=side, **note)
    axes.set_xscale("log")
    axes.set_xlabel("sequence presentations until success, ours over the paper's mean")
    axes.set_yticks(places, labels)
    axes.set_ylim(y + 0.7, -1.7)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    ticks = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
    low, high = axes.get_xlim()
    low, high = min(low, 0.3), max(high, 3.3)
    axes.set_xlim(low, high)
    ticks = ticks[(ticks >= low) & (ticks <= high)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())


def learning_curves(
    axes: Axes,
    curves: Sequence[tuple[ArrayLike, ArrayLike, bool]],
    ylabel: str = "mean absolute error",
    criterion: float | None = None,
) -> None:
    """Plot one thin line per trial: solved ones grey, failed ones vermillion, dashed, ending in a triangle.

    Parameters
    ----------
    curves : sequence of (sequences, errors, solved)
        For each trial the sequence presentations so far (n,), the training error (n,), and whether it was
        solved.
    ylabel : str
        What the errors are.
    criterion : float, optional
        The error below which training may stop, drawn as a dashed line.

    Raises
    ------
    ValueError
        If there are no curves, or a curve's two arrays differ in shape or are empty.
    """
    if not curves:
        raise ValueError("learning_curves: no curves; give at least one trial")
    last: dict[bool, float] = {}
    counts = {True: 0, False: 0}
    longest: dict[bool, float] = {True: 0.0, False: 0.0}
    for number, (sequences, errors, solved) in enumerate(curves):
        x, y = np.asarray(sequences, dtype=float), np.asarray(errors, dtype=float)
        if x.ndim != 1 or x.shape != y.shape or x.size == 0:
            raise ValueError(
                f"learning_curves: curve {number} has sequences of shape {x.shape} and errors of shape "
                f"{y.shape}; both must be one-dimensional, equally long and not empty"
            )
        solved = bool(solved)
        counts[solved] += 1
        colour, marker = (TRIALS, "o") if solved else (FAILURE, "^")
        axes.plot(x, y, color=colour, lw=0.8, alpha=0.75, ls="-" if solved else DASHES[1])
        axes.plot(
            x[-1:],
            y[-1:],
            ls="",
            marker=marker,
            ms=4 if solved else 6,
            mfc=colour if solved else "none",
            mec=colour,
        )
        if x[-1] > longest[solved]:
            longest[solved], last[solved] = x[-1], y[-1]
    axes.set_xlabel("sequence presentations")
    axes.set_ylabel(ylabel)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0.01)
    if criterion is not None:
        axes.axhline(criterion, color=TARGET, lw=1.0, ls=DASHES[1])
        label_lines(axes, [(criterion, "criterion")])
    for solved, word in ((True, "solved"), (False, "failed")):
        if counts[solved]:
            axes.annotate(
                f"{counts[solved]} {word}",
                (longest[solved], last[solved]),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=LABEL,
                annotation_clip=False,
            )


def milestones(
    axes: Axes,
    trials: Sequence[tuple[str, float, float, bool]],
    words: tuple[str, str],
    paper: float | None = None,
) -> None:
    """Plot for every trial when it reached a first mark and when it ended, one line per trial.

    The first mark is an open dot; the end is a filled dot, or an open triangle if the trial failed.

    Parameters
    ----------
    trials : sequence of (label, first, end, solved)
        From top to bottom; `first` is NaN where the mark was never reached.
    words : (str, str)
        What the first mark and the end are; written over the topmost line.
    paper : float, optional
        The paper's value, drawn as a diamond above the lines.

    Raises
    ------
    ValueError
        If there are no trials.
    """
    if not trials:
        raise ValueError("milestones: no trials; give at least one")
    ends = {True: ("o", TRIALS, TRIALS), False: ("^", "none", FAILURE)}
    for y, (_, first, end, solved) in enumerate(trials):
        marker, face, edge = ends[bool(solved)]
        axes.plot([first, end], [y, y], color=TRIALS, lw=0.8, alpha=0.75)
        axes.plot([first], [y], ls="", marker="o", ms=6, mfc="none", mec=ERROR, mew=1.3)
        axes.plot([end], [y], ls="", marker=marker, ms=6, mfc=face, mec=edge, mew=1.3)
    note: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "color": LABEL}
    _, first, end, _ = trials[0]
    for word, x, side in zip(words, (first, end), ("left", "right"), strict=True):
        if np.isfinite(x):
            shift = -4 if side == "left" else 4
            axes.annotate(word, (x, 0), xytext=(shift, 8), ha=side, annotation_clip=False, **note)
    top = -1.0
    if paper is not None:
        top = -2.1
        axes.plot([paper], [-1.6], ls="", marker="D", ms=7, mfc=PAPER, mec="none")
        axes.annotate("paper", (paper, -1.6), xytext=(8, 0), va="center", **note)
    axes.set_xscale("log")
    axes.set_xlabel("sequence presentations")
    axes.set_yticks(range(len(trials)), [label for label, *_ in trials])
    axes.set_ylim(len(trials) - 0.5, top)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    plain_thousands(axes.xaxis)


def looks_at_test_sets(axes: Axes, sequences: ArrayLike, errors: ArrayLike, met: ArrayLike, criterion: float) -> None:
    """Plot the mean error of every look at a test set; looks that met the stopping criterion stand out.

    Parameters
    ----------
    sequences, errors : (n,) array-like
        Training sequences before each look, and mean absolute error at it.
    met : (n,) array-like of bool
    criterion : float
        The bound on the mean error, drawn as a dashed line.

    Raises
    ------
    ValueError
        If the arrays differ in shape or are empty.
    """
    x, y = np.asarray(sequences, dtype=float), np.asarray(errors, dtype=float)
    fine = np.asarray(met, dtype=bool)
    if x.ndim != 1 or x.size == 0 or x.shape != y.shape or x.shape != fine.shape:
        raise ValueError(
            f"looks_at_test_sets: arrays of shapes {x.shape}, {y.shape} and {fine.shape}; all must be "
            "one-dimensional, equally long and not empty"
        )
    axes.plot(x, y, color=TRIALS, lw=0.7, alpha=0.7)
    axes.plot(x[~fine], y[~fine], ls="", marker="^", ms=3.5, mfc="none", mec=FAILURE, mew=0.8)
    axes.plot(x[fine], y[fine], ls="", marker="o", ms=4, mfc=INTERNAL_STATE, mec="none")
    axes.axhline(criterion, color=TARGET, lw=1.0, ls=DASHES[1])
    axes.set_yscale("log")
    axes.set_xlabel("sequence presentations")
    axes.set_ylabel("mean absolute error")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0.01)
    label_lines(axes, [(criterion, "criterion")], size=8.5)


def errors_against_targets(axes: Axes, targets: ArrayLike, errors: ArrayLike, tolerance: float) -> None:
    """Plot each sequence's signed error against its target, those beyond the tolerance as triangles.

    Parameters
    ----------
    targets, errors : (n,) array-like
        Target, and output minus target.
    tolerance : float
        Drawn as dashed lines on either side of zero.

    Raises
    ------
    ValueError
        If the two arrays differ in shape or are empty.
    """
    x, y = np.asarray(targets, dtype=float), np.asarray(errors, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise ValueError(
            f"errors_against_targets: targets of shape {x.shape} and errors of shape {y.shape}; both must be "
            "one-dimensional, equally long and not empty"
        )
    wrong = np.abs(y) >= tolerance
    axes.plot(x[~wrong], y[~wrong], ls="", marker="o", ms=2.2, mfc=TRIALS, mec="none", alpha=0.35)
    axes.plot(x[wrong], y[wrong], ls="", marker="^", ms=5, mfc="none", mec=FAILURE, mew=1.1)
    axes.axhline(0.0, color=GREY, lw=0.8)
    for bound in (-tolerance, tolerance):
        axes.axhline(bound, color=TARGET, lw=1.0, ls=DASHES[1])
    axes.set_xlabel("target")
    axes.set_ylabel("output minus target")
    label_lines(axes, [(tolerance, "wrong above"), (-tolerance, "wrong below")], size=8.5)


#: Markers of the readings in a figure that shows several of them, in the order in which they are used.
READING_MARKERS = ("o", "s", "v", "P", "X")


def scaling(axes: Axes, series: Sequence[Mapping[str, Any]], xlabel: str) -> None:
    """Plot how the number of sequences until success grows with a quantity, on logarithmic axes.

    The paper's means are diamonds joined by a line. Under every reading a solved trial is a small mark and a failed
    one an open triangle at its cap; a line joins the means, in which a failed trial counts as its cap. Readings
    stand a little beside each other.

    Parameters
    ----------
    series : sequence of mappings
        The first is the paper: ``x`` and ``paper`` (both (n,)). Each other one is a reading: ``label``, ``x`` (n,),
        ``trials`` (n lists of (sequences, solved)), ``means`` (n,).
    xlabel : str
        What the quantity is.

    Raises
    ------
    ValueError
        If there is no series, or a number is not positive.
    """
    if not series:
        raise ValueError("scaling: no series; give the paper's at least")
    numbers = [value for one in series for name in ("x", "paper", "means") for value in one.get(name, ())]
    numbers += [value for one in series for trials in one.get("trials", ()) for value, _ in trials]
    if not all(value > 0 for value in numbers):
        raise ValueError("scaling: every number must be positive: the axes are logarithmic")
    paper, *readings = series
    axes.plot(paper["x"], paper["paper"], color=PAPER, lw=1.2, ls=DASHES[1], marker="D", ms=7, mec="none")
    ends: list[tuple[float, str]] = [(float(paper["paper"][-1]), "paper")]
    for number, one in enumerate(readings):
        beside = 1.14 ** (number - (len(readings) - 1) / 2)
        marker, filled = READING_MARKERS[number % len(READING_MARKERS)], number == 0
        for x, trials in zip(one["x"], one["trials"], strict=True):
            solved = np.array([value for value, success in trials if success], dtype=float)
            failed = np.array([value for value, success in trials if not success], dtype=float)
            place = x * beside
            axes.plot(
                place * (1.0 + 0.35 * jitter(solved.size)),
                solved,
                ls="",
                marker=marker,
                ms=3.5,
                mfc=TRIALS if filled else "none",
                mec="none" if filled else TRIALS,
                alpha=0.8,
            )
            axes.plot(
                place * (1.0 + 0.35 * jitter(failed.size)),
                failed,
                ls="",
                marker="^",
                ms=5,
                mfc="none",
                mec=FAILURE,
                mew=1.0,
            )
        if len(one["x"]):
            axes.plot(np.asarray(one["x"]) * beside, one["means"], color=TRIALS, lw=1.2, ls=DASHES[2 * number])
            ends.append((float(one["means"][-1]), one["label"]))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(xlabel)
    axes.set_ylabel("sequence presentations until success")
    places = sorted({float(x) for one in series for x in one["x"]})
    axes.set_xlim(places[0] / 1.25, places[-1] * 1.25)
    axes.set_xticks(places, [f"{x:,g}" for x in places])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y")
    plain_thousands(axes.yaxis)
    label_lines(axes, ends)


def engines_compared(axes: Axes, engines: Sequence[Mapping[str, Any]]) -> None:
    """Plot the time of a network step on several engines, one line each, on a logarithmic axis.

    Parameters
    ----------
    engines : sequence of mappings
        Per engine: ``engine``, ``ns_per_step``, ``times``, as from `lstm97_book.bench.engines.engines`.

    Raises
    ------
    ValueError
        If there is no engine.
    """
    if not engines:
        raise ValueError("engines_compared: no engines; give at least one")
    ordered = sorted(engines, key=lambda one: float(one["ns_per_step"]))
    for y, one in enumerate(ordered):
        ours = one["engine"].startswith("lstm97")
        axes.plot(
            [one["ns_per_step"]], [y], ls="", marker="o", ms=8, mfc=INTERNAL_STATE if ours else TRIALS, mec="none"
        )
        times = one["times"]
        axes.annotate(
            f"{times:,.0f}×" if times >= 10 else f"{times:.2f}×",
            (one["ns_per_step"], y),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            color=LABEL,
        )
    axes.set_yticks(range(len(ordered)), [one["engine"] for one in ordered])
    axes.set_ylim(len(ordered) - 0.4, -0.6)
    axes.set_xscale("log")
    axes.set_xlim(right=4.0 * max(one["ns_per_step"] for one in ordered))
    axes.set_xlabel("nanoseconds per network step and trial")
    axes.grid(axis="x")


def cost_growth(axes: Axes, points: Sequence[Mapping[str, Any]], abscissa: str, xlabel: str) -> None:
    """Plot how the time of a network step grows with a quantity, for one trial by itself and for lanes.

    Parameters
    ----------
    points : sequence of mappings
        As from `lstm97_book.bench.engines.growth`: ``one`` and ``lanes`` in nanoseconds, and the abscissa.
    abscissa : str
        Under which name each point has it.
    xlabel : str
        What it is.

    Raises
    ------
    ValueError
        If there are no points.
    """
    if not points:
        raise ValueError("cost_growth: no points; give at least one")
    x = [float(point[abscissa]) for point in points]
    ends: list[tuple[float, str]] = []
    for name, colour, dash, label in (
        ("one", TRIALS, DASHES[1], "one trial"),
        ("lanes", INTERNAL_STATE, DASHES[0], "in lanes"),
    ):
        y = [float(point[name]) for point in points]
        axes.plot(x, y, color=colour, ls=dash, marker="o", ms=5)
        ends.append((y[-1], label))
    axes.set_xscale("log")
    axes.set_xlim(x[0] / 1.25, x[-1] * 1.25)
    axes.set_xticks(x, [f"{value:,g}" for value in x])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0.0, 1.15 * max(float(point[name]) for point in points for name in ("one", "lanes")))
    axes.set_xlabel(xlabel)
    axes.set_ylabel("ns per step and trial")
    axes.grid(axis="y")
    label_lines(axes, ends)
