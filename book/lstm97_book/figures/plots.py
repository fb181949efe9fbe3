"""The look that all figures share, the figures that several pages share, and a digest of what a figure shows.

One colour means one thing on every page: gates, internal state, cell output, error, the paper's value and our
trials keep the colours below. The greys can be read on a white and on a dark page, because figures are
transparent. Every helper draws on axes it is given and sets no fonts or colours of its own.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, NullFormatter
from numpy.typing import ArrayLike, NDArray

# The Okabe-Ito palette, one role each.
INPUT_GATE = "#0072B2"  # blue
OUTPUT_GATE = "#E69F00"  # orange
INTERNAL_STATE = "#009E73"  # bluish green: the carrousel
CELL_OUTPUT = "#56B4E9"  # sky blue
ERROR = "#D55E00"  # vermillion: error, gradient, failure
FAILURE = ERROR
PAPER = "#CC79A7"  # purple: the paper's value, always a diamond labelled "paper"

# Greys that stand on white and on a dark page alike (contrast above 4 on both).
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
    """Give all figures drawn from now on the look of this project, whatever the user's own settings are."""
    plt.style.use(["default", "lstm97_book.figures.lstm97"])


# ---------------------------------------------------------------------------------------------------- digest


def digest(figure: Figure) -> str:
    """Describe all that a figure shows in a few lines of text.

    The text names, for every axes, its labels, scales and limits, and for every line, collection, patch
    and image the number of points, the first and the last point, and a hash over all points and the style.
    Numbers are rounded to 6 significant digits before they are hashed, so the text is the same on every
    machine; another value, colour, marker, label, scale or limit gives another text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, drawn or not: drawing does not change the digest.

    Returns
    -------
    str
        The first line holds a hash over everything; then one paragraph per axes. Beyond ten artists in one
        axes the rest share a line.

    Raises
    ------
    ValueError
        If the figure shows no finite data point, or holds an artist that the digest cannot describe.
    """
    n_points, paragraphs, full = 0, [], []
    for number, axes in enumerate(_all_axes(figure), start=1):
        points, lines, details = _describe_axes(axes)
        n_points += points
        paragraphs.append(f"axes {number}: " + "\n  ".join(lines))
        full.append(details)
    if n_points == 0:
        raise ValueError("digest: the figure holds no data; plot something finite before asking for its digest")
    outside = [_text(text) for text in [*figure.texts, *_suptitles(figure)] if text.get_text()]
    outside += [_legend(legend) for legend in figure.legends]
    size = " x ".join(_number(side) for side in figure.get_size_inches())
    total = _hash(repr((size, full, outside)))
    count = f"{len(paragraphs)} axes" + (f", {len(outside)} texts beside them" if outside else "")
    return "\n".join([f"figure {total}: {size} in, {count}, {n_points} points", *paragraphs])


def _all_axes(figure: Figure) -> list[Axes]:
    found: list[Axes] = []
    waiting: list[Any] = list(figure.axes)
    while waiting:
        axes = waiting.pop(0)
        found.append(axes)
        waiting = [*axes.child_axes, *waiting]
    return found


def _suptitles(figure: Figure) -> list[Text]:
    names = ("_suptitle", "_supxlabel", "_supylabel")
    return [text for text in (getattr(figure, name, None) for name in names) if text is not None]


def _describe_axes(axes: Axes) -> tuple[int, list[str], str]:
    scales = (axes.get_xscale(), axes.get_yscale())
    head = "; ".join(_describe_axis(axis) for axis in (axes.xaxis, axes.yaxis))
    titles = [axes.get_title(loc=where) for where in ("left", "center", "right")]
    head = "".join(f"{title!r}; " for title in titles if title) + head
    n_points, entries, texts = 0, [], []
    title_texts = {
        id(text) for text in (axes.title, getattr(axes, "_left_title", None), getattr(axes, "_right_title", None))
    }
    for artist in axes.get_children():
        if isinstance(artist, Spine | Axis | Axes) or artist is axes.patch or id(artist) in title_texts:
            continue
        if isinstance(artist, Text):
            texts.append(_text(artist))
        elif isinstance(artist, Legend):
            texts.append(_legend(artist))
        else:
            points, style = _points_and_style(artist)
            n_points += int(np.isfinite(points).all(axis=1).sum())
            entries.append(_entry(artist, points, style, scales))
    details = repr((head, bool(axes.axison), str(axes.get_aspect()), entries, texts))
    shown = (
        entries if len(entries) <= 11 else [*entries[:10], f"{len(entries) - 10} more: {_hash(repr(entries[10:]))}"]
    )
    if texts:
        shown = [*shown, f"{len(texts)} {'text' if len(texts) == 1 else 'texts'}: {_hash(repr(texts))}"]
    return n_points, [head, *shown], details


def _describe_axis(axis: Any) -> str:
    low, high = _rounded(np.array(axis.get_view_interval()), axis.get_scale())
    description = f"{axis.axis_name} {axis.get_label().get_text()!r} {axis.get_scale()} [{low}, {high}]"
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    places = np.asarray(locator() if isinstance(locator, FixedLocator) else [], dtype=np.float64)
    if places.size:
        description += " at " + ", ".join(_rounded(places, axis.get_scale()))
    if isinstance(formatter, FixedFormatter):
        description += " named " + ", ".join(repr(str(name)) for name in formatter.seq)
    elif isinstance(formatter, FuncFormatter) and places.size:
        description += " named " + ", ".join(repr(str(formatter(x, i))) for i, x in enumerate(places))
    return description


def _entry(artist: Any, points: NDArray[np.float64], style: tuple[object, ...], scales: tuple[str, str]) -> str:
    """One line for one artist: its kind, its number of points, the first and the last, and a hash."""
    columns = [_rounded(points[:, axis], scale) for axis, scale in enumerate(scales)]
    rounded = list(zip(*columns, strict=True))
    label = str(artist.get_label())
    name = type(artist).__name__ + (f" {label!r}" if label and not label.startswith("_") else "")
    ends = " to ".join("(" + ", ".join(point) + ")" for point in (rounded[:1] + rounded[-1:])[: len(rounded)])
    whole = _hash(repr((name, rounded, style)))
    return f"{name}: {len(rounded)} points{', ' + ends if ends else ''}, {whole}"


def _points_and_style(artist: Any) -> tuple[NDArray[np.float64], tuple[object, ...]]:
    """Return an artist's points (n, 2) in the coordinates it was given in, and all else that it shows."""
    common = (
        type(artist).__name__,
        artist.get_visible(),
        artist.get_zorder(),
        artist.get_alpha(),
        _anchors(artist),
    )
    if isinstance(artist, Line2D):
        points: NDArray[np.float64] = np.ma.filled(np.ma.asarray(artist.get_xydata(), dtype=float), np.nan)
        colours = (artist.get_color(), artist.get_markerfacecolor(), artist.get_markeredgecolor())
        dashes = repr(getattr(artist, "_unscaled_dash_pattern", None)) + str(artist.get_linestyle())
        marker = (str(artist.get_marker()), artist.get_markersize(), artist.get_markeredgewidth())
        return points, (
            *common,
            _colours(colours),
            dashes,
            artist.get_linewidth(),
            marker,
            artist.get_drawstyle(),
        )
    if isinstance(artist, Collection):
        return _collection(artist, common)
    if isinstance(artist, AxesImage):
        left, right, bottom, top = artist.get_extent()
        return np.array([[left, bottom], [right, top]]), (*common, _mapped(artist))
    if isinstance(artist, Patch) and not isinstance(artist, FancyArrowPatch):
        points = artist.get_patch_transform().transform(artist.get_path().vertices)
        edges = (artist.get_facecolor(), artist.get_edgecolor())
        look = (
            artist.get_fill(),
            artist.get_linewidth(),
            repr(artist.get_linestyle()),
            str(artist.get_hatch()),
        )
        return np.asarray(points, dtype=float), (*common, _colours(edges), look)
    raise ValueError(
        f"digest: the figure holds a {type(artist).__name__}, which the digest cannot describe; "
        "draw it with lines, collections, patches, images or annotations"
    )


def _collection(artist: Collection, common: tuple[object, ...]) -> tuple[NDArray[np.float64], tuple[object, ...]]:
    outlines = [np.asarray(path.vertices, dtype=float) for path in artist.get_paths()]
    joined = np.concatenate(outlines) if outlines else np.empty((0, 2))
    offsets: NDArray[np.float64] = np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=float), np.nan).reshape(
        -1, 2
    )
    look: tuple[object, ...] = (
        [round(float(width), 6) for width in np.atleast_1d(artist.get_linewidth())],
        repr(artist.get_linestyle()),
        str(artist.get_hatch()),
        [len(outline) for outline in outlines],
    )
    if artist.get_array() is None:
        look += (_colours([*artist.get_facecolor(), *artist.get_edgecolor()]),)
    else:
        look += (_mapped(artist),)
    if isinstance(artist, PathCollection):
        return offsets, (
            *common,
            look,
            _rounded(joined),
            _rounded(np.asarray(artist.get_sizes(), dtype=float)),
        )
    return joined, (*common, look, _rounded(offsets))


def _mapped(artist: Any) -> tuple[object, ...]:
    """Values that a colour map turns into colours, with the map and its limits."""
    values: NDArray[np.float64] = np.ma.filled(np.ma.asarray(artist.get_array(), dtype=float), np.nan)
    limits = [np.nan if limit is None else float(limit) for limit in artist.get_clim()]
    return (
        artist.get_cmap().name,
        type(artist.norm).__name__,
        _rounded(np.array(limits)),
        values.shape,
        _rounded(values),
    )


def _anchors(artist: Any) -> tuple[bool, ...]:
    """Whether x and y are the axes' data coordinates."""
    return tuple(artist.get_transform().contains_branch_seperately(artist.axes.transData)) if artist.axes else ()


def _text(text: Any) -> tuple[object, ...]:
    places = [*text.get_position()]
    coordinates: object = _anchors(text)
    if isinstance(text, Annotation):
        places += [*text.xy]
        coordinates = [
            kind if isinstance(kind, str | tuple) else type(kind).__name__ for kind in (text.xycoords, text.anncoords)
        ]
        coordinates = (coordinates, text.arrow_patch is not None)
    look = (
        text.get_color(),
        text.get_rotation(),
        text.get_fontsize(),
        text.get_ha(),
        text.get_va(),
        text.get_visible(),
    )
    return text.get_text(), _rounded(np.asarray(places, dtype=float)), coordinates, look


def _legend(legend: Legend) -> tuple[object, ...]:
    handles = [repr(_points_and_style(handle)[1]) for handle in legend.legend_handles if handle is not None]
    return [text.get_text() for text in legend.get_texts()], legend.get_title().get_text(), handles


def _colours(colours: Iterable[Any]) -> list[str]:
    return [
        to_hex(colour, keep_alpha=True) if not isinstance(colour, str) or colour != "none" else "none"
        for colour in colours
    ]


def _rounded(values: NDArray[np.float64], scale: str = "linear") -> list[str]:
    """Round to 6 significant digits, as text.

    On a linear scale what is below 1e-12 of the largest value counts as zero: it is rounding noise and cannot
    be seen. A nudge of 1e-9 keeps values with few decimals off the border between two roundings.
    """
    flat = np.asarray(values, dtype=float).ravel()
    finite = np.abs(flat[np.isfinite(flat)])
    if scale == "linear" and finite.size:
        flat = np.where(np.abs(flat) < 1e-12 * finite.max(), 0.0, flat)
    return [_number(value * (1 + 1e-9)) for value in flat.tolist()]


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# ---------------------------------------------------------------------------------------------------- labels


def _write_above(axes: Axes, x: float, text: str) -> None:
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
    axes : matplotlib.axes.Axes
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
    places = _spread(np.clip(wanted, 0.0, 1.0), gap)
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


def _spread(wanted: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
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


# ---------------------------------------------------------------------------------------------------- trials


def sequences_to_success(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Plot every trial's number of sequences to success beside the paper's mean.

    Solved trials are grey dots; their mean is a larger dot with its interval; a failed trial is an open
    triangle at the number of sequences where it was stopped; the paper's mean is a diamond labelled "paper".
    A row without trials shows the paper's mean and says that nothing was measured yet.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
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
        axes.plot(solved, lane - _jitter(solved.size), ls="", marker="o", ms=4, mfc=TRIALS, mec="none", alpha=0.8)
        axes.plot(failed, lane - _jitter(failed.size), ls="", marker="^", ms=6, mfc="none", mec=FAILURE, mew=1.3)
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
    _plain_thousands(axes.xaxis)


def _jitter(n: int) -> NDArray[np.float64]:
    """Heights in [0, 0.3) that keep n dots of one row apart, the same at every call."""
    return 0.3 * ((np.arange(n, dtype=np.float64) * 0.6180339887) % 1.0 - 0.5)


def _plain_thousands(axis: Axis) -> None:
    """Write 20,000 for 20000 on a logarithmic axis, at 1, 2 and 5 of every decade if it spans few decades."""
    low, high = axis.get_view_interval()
    few = np.log10(high / low) < 2.2
    axis.set_major_locator(mpl.ticker.LogLocator(base=10, subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_minor_formatter(NullFormatter())


def ratios_to_paper(axes: Axes, groups: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
    """Plot every trial's number of sequences over the paper's mean, one line per row, in groups with a heading.

    Solved trials are grey dots; a failed trial is an open triangle at its cap; the mean is an upright bar with its
    interval. The paper stands at 1. The two bands are the factors 1.5 and 3 of the verdicts, whose letters stand at
    the right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
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
            lanes = y + _jitter(solved.size), y + _jitter(failed.size)
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
    axes : matplotlib.axes.Axes
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
    axes : matplotlib.axes.Axes
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
    _plain_thousands(axes.xaxis)


def looks_at_test_sets(axes: Axes, sequences: ArrayLike, errors: ArrayLike, met: ArrayLike, criterion: float) -> None:
    """Plot the mean error of every look at a test set; looks that met the stopping criterion stand out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
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
    axes : matplotlib.axes.Axes
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


def outputs_beside_targets(
    axes: Axes, targets: ArrayLike, outputs: ArrayLike, classes: ArrayLike, expected: ArrayLike
) -> None:
    """Plot how noisy targets and a net's outputs are distributed, for each of two classes, all scaled to one height.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    targets, outputs : (n,) array-like
        Of every sequence.
    classes : (n,) array-like of int
        0 for class 1, 1 for class 2.
    expected : (2,) array-like
        Target of each class without noise, drawn as a dashed line.

    Raises
    ------
    ValueError
        If the arrays differ in length.
    """
    x, y, label = np.asarray(targets, dtype=float), np.asarray(outputs, dtype=float), np.asarray(classes)
    if not x.shape == y.shape == label.shape:
        raise ValueError(
            f"outputs_beside_targets: targets of shape {x.shape}, outputs of shape {y.shape} and classes of shape "
            f"{label.shape}; give one of each per sequence"
        )
    edges = np.linspace(min(x.min(), 0.0), max(x.max(), 1.0), 121)
    for number, level in enumerate(np.asarray(expected, dtype=float)):
        mine = label == number
        counts = [np.histogram(values[mine], edges)[0] for values in (x, y)]
        share = [count / max(count.max(), 1) for count in counts]
        axes.stairs(share[1], edges, fill=True, color=INTERNAL_STATE, alpha=0.8, lw=0)
        axes.stairs(share[0], edges, color=GREY, ls=DASHES[number], lw=1.2)
        axes.axvline(level, color=TARGET, lw=1.0, ls=DASHES[1])
        _write_above(axes, level, f"class {number + 1}: {level:g}")
    axes.set_xlabel("noisy target (outline), output of the net (filled)")
    axes.set_ylabel("frequency over the highest")


# ----------------------------------------------------------------------------------------------- sequences


def marked_values(axes_list: Sequence[Axes], values: ArrayLike, target: str) -> None:
    """Plot a sequence of pairs of value and marker; the two marked values are named X1 and X2.

    Parameters
    ----------
    axes_list : sequence of two Axes
        The values above, the markers below.
    values : (n_steps, 2) array-like
        Value and marker of every step; marked pairs carry the marker 1.
    target : str
        What to write beside the last step.

    Raises
    ------
    ValueError
        If there are not two axes, or the array is not (n_steps, 2).
    """
    pairs = np.asarray(values, dtype=float)
    if len(axes_list) != 2 or pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(
            f"marked_values: needs two axes and pairs (n_steps, 2), got {len(axes_list)} axes and an array of "
            f"shape {pairs.shape}"
        )
    above, below = axes_list
    steps = np.arange(1, len(pairs) + 1)
    marked = np.flatnonzero(pairs[:, 1] == 1.0)
    above.vlines(steps, 0.0, pairs[:, 0], colors=GREY, lw=0.7, alpha=0.6)
    above.plot(steps, pairs[:, 0], ls="", marker="o", ms=3, mfc=GREY, mec="none", alpha=0.6)
    above.plot(steps[marked], pairs[marked, 0], ls="", marker="o", ms=8, mfc=INTERNAL_STATE, mec="none")
    above.axhline(0.0, color=GREY, lw=0.8)
    low, high = min(0.0, 1.15 * pairs[:, 0].min()), 1.15 * pairs[:, 0].max()
    above.set_ylim(low, high + 0.22 * (high - low))
    above.set_yticks([-1.0, 0.0, 1.0] if low < 0 else [0.0, 0.5, 1.0])
    for number, i in enumerate(marked, start=1):
        above.axvline(steps[i], color=INTERNAL_STATE, lw=0.8, ls=DASHES[2], zorder=0.5)
        below.axvline(steps[i], color=INTERNAL_STATE, lw=0.8, ls=DASHES[2], zorder=0.5)
        late = number == len(marked)
        above.annotate(
            f"$X_{number}$ = {pairs[i, 0]:.2f}".replace("-", "\N{MINUS SIGN}"),
            (steps[i], 0.98),
            xycoords=("data", "axes fraction"),
            xytext=(5 if late else -5, 0),
            textcoords="offset points",
            ha="left" if late else "right",
            va="top",
        )
    below.step(steps, pairs[:, 1], where="mid", color=GREY, lw=1.2)
    below.set_yticks([-1, 0, 1])
    below.set_ylim(-1.35, 1.35)
    for axes, word in ((above, "value"), (below, "marker")):
        axes.set_ylabel(word)
    axes_list[0].set_xlim(1 - 0.16 * len(pairs), len(pairs) + 1)
    above.set_xticks([])
    below.set_xlim(above.get_xlim())
    below.set_xticks([1, *range(10, len(pairs), 10)])
    below.set_xlabel("time step")
    below.annotate(
        target,
        (len(pairs), 1.0),
        xytext=(0, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=9,
    )


def noisy_sequence(axes: Axes, values: ArrayLike, n_relevant: int, title: str) -> None:
    """Plot a sequence of numbers of which only the first few matter; these stand out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : (n_steps,) array-like
    n_relevant : int
        Number of elements that matter.
    title : str
        What to write above.

    Raises
    ------
    ValueError
        If there are fewer elements than matter.
    """
    y = np.asarray(values, dtype=float)
    if y.ndim != 1 or y.size < n_relevant:
        raise ValueError(
            f"noisy_sequence: values of shape {y.shape}, of which {n_relevant} matter; give at least that many"
        )
    steps = np.arange(1, y.size + 1)
    axes.axhline(0.0, color=GREY, lw=0.8)
    axes.vlines(steps, 0.0, y, colors=GREY, lw=0.7, alpha=0.6)
    axes.plot(steps[n_relevant:], y[n_relevant:], ls="", marker="o", ms=2.2, mfc=GREY, mec="none", alpha=0.7)
    axes.plot(steps[:n_relevant], y[:n_relevant], ls="", marker="o", ms=6, mfc=INTERNAL_STATE, mec="none")
    axes.set_title(title)
    axes.set_xlim(-1.5, y.size + 1.5)


def symbols_over_time(axes: Axes, symbols: ArrayLike, names: Sequence[str], relevant: str, target: str) -> None:
    """Plot a sequence of symbols, one height per symbol; the relevant ones stand out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    symbols : (n_steps,) array-like of int
        Index of the symbol of every step.
    names : sequence of str
        The symbols.
    relevant : str
        The symbols that matter, e.g. ``"XY"``.
    target : str
        What to write beside the last step.

    Raises
    ------
    ValueError
        If a symbol has no name.
    """
    index = np.asarray(symbols, dtype=np.int64)
    if index.size == 0 or index.min() < 0 or index.max() >= len(names):
        raise ValueError(f"symbols_over_time: symbols must be numbers from 0 to {len(names) - 1}, got {symbols!r}")
    steps = np.arange(1, index.size + 1)
    matters = np.isin(index, [i for i, name in enumerate(names) if name in relevant])
    axes.plot(steps[~matters], index[~matters], ls="", marker="s", ms=3.5, mfc=GREY, mec="none", alpha=0.75)
    axes.plot(steps[matters], index[matters], ls="", marker="o", ms=9, mfc=INTERNAL_STATE, mec="none")
    for step, i in zip(steps[matters], index[matters], strict=True):
        axes.axvline(step, color=INTERNAL_STATE, lw=0.8, ls=DASHES[2], zorder=0.5)
        axes.annotate(
            f"{names[i]} at step {step}",
            (step, i),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.annotate(
        target,
        (steps[-1], index[-1]),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        annotation_clip=False,
    )
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlim(0, steps[-1] + 1)
    axes.set_ylabel("symbol")
    axes.set_xlabel("time step")


# ---------------------------------------------------------------------------------------------- Experiment 1

#: Where the nodes of the Reber grammar stand, by their names in `lstm97.tasks.reber.REBER`.
REBER_PLACES: dict[str, tuple[float, float]] = {
    "0": (0.0, 0.0),
    "1": (1.1, 0.0),
    "2": (2.2, 0.75),
    "3": (2.2, -0.75),
    "4": (3.7, 0.75),
    "5": (3.7, -0.75),
    "6": (4.8, 0.0),
    "7": (5.9, 0.0),
}
#: Where the nodes around its two copies stand.
AROUND_PLACES: dict[str, tuple[float, float]] = {
    "begin": (-2.7, 0.0),
    "fork": (-1.5, 0.0),
    "join": (7.4, 0.0),
    "end": (8.6, 0.0),
}
HALF_APART = 1.95  # of the two copies


def grammar_places(grammar: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[float, float]]:
    """Say where every node of the Reber grammar or of the embedded one stands in its drawing.

    Parameters
    ----------
    grammar : mapping
        `lstm97.tasks.reber.REBER` or `EMBEDDED`.

    Returns
    -------
    dict of str to (float, float)

    Raises
    ------
    ValueError
        If a node is of neither.
    """
    copies = {
        outer + node: (x, y + height)
        for outer, height in (("T", HALF_APART), ("P", -HALF_APART))
        for node, (x, y) in REBER_PLACES.items()
    }
    known = REBER_PLACES | AROUND_PLACES | copies
    if unknown := sorted(set(grammar) - set(known)):
        raise ValueError(f"grammar_places: no place for the nodes {', '.join(unknown)}; give REBER or EMBEDDED")
    return {node: known[node] for node in grammar}


def draw_grammar(axes: Axes, grammar: Mapping[str, Mapping[str, str]], outer: str = "") -> None:
    """Draw the Reber grammar, or the embedded one, as a graph: a symbol at every edge, from left to right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its ticks and frame are switched off.
    grammar : mapping
        `lstm97.tasks.reber.REBER` or `EMBEDDED`: the edges of every node, from symbol to node.
    outer : str
        Symbols whose edges outside the copies stand out, such as ``"TP"``.
    """
    places = grammar_places(grammar)
    around = [node for node in grammar if node in AROUND_PLACES]
    for node, edges in grammar.items():
        for symbol, target in edges.items():
            (x0, y0), (x1, y1) = places[node], places[target]
            stands_out = symbol in outer and (node in around or target in around)
            colour = INTERNAL_STATE if stands_out else GREY
            if node == target:
                side = 1.0 if y0 >= np.mean([place[1] for place in _copy_of(node, places)]) else -1.0
                turn = np.linspace(-0.3 * np.pi, 1.3 * np.pi, 40)
                axes.plot(x0 + 0.26 * np.cos(turn), y0 + side * (0.34 + 0.24 * np.sin(turn)), color=colour, lw=1.2)
                where = (x0, y0 + side * 0.79)
            else:
                length = float(np.hypot(x1 - x0, y1 - y0))
                ux, uy = (x1 - x0) / length, (y1 - y0) / length
                start, end = (x0 + 0.17 * ux, y0 + 0.17 * uy), (x1 - 0.17 * ux, y1 - 0.17 * uy)
                axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.2})
                where = ((x0 + x1) / 2 - 0.22 * uy, (y0 + y1) / 2 + 0.22 * ux)
            axes.text(*where, symbol, ha="center", va="center", fontsize=10, color=colour if stands_out else LABEL)
    x, y = np.array(list(places.values())).T
    axes.plot(x, y, ls="", marker="o", ms=7, mfc=GREY, mec="none", zorder=3)
    for name in around and "TP":
        inside = np.array([places[node] for node in grammar if node[0] == name and node not in around])
        left, low = inside.min(axis=0) - (0.35, 1.0)
        right, high = inside.max(axis=0) + (0.35, 1.0)
        axes.add_patch(Rectangle((left, low), right - left, high - low, fill=False, ec=GREY, lw=0.8, zorder=1))
        axes.text(left + 0.1, high - 0.1, "Reber grammar", ha="left", va="top", fontsize=8)
    axes.set_aspect("equal")
    axes.set_xlim(x.min() - 0.4, x.max() + 0.4)
    axes.set_ylim(y.min() - 1.05, y.max() + 1.05)
    axes.set_axis_off()


def _copy_of(node: str, places: Mapping[str, tuple[float, float]]) -> list[tuple[float, float]]:
    """Places of the nodes that belong to the same copy of the grammar as a node."""
    return [place for name, place in places.items() if name[:-1] == node[:-1] and name not in AROUND_PLACES]


def string_and_successors(
    axes: Axes, symbols: ArrayLike, legal: ArrayLike, names: Sequence[str], pair: tuple[int, int]
) -> None:
    """Plot a string of a grammar: what is read at every step, and what may come next.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    symbols : (n_steps,) array-like of int
        Index of the symbol read at every step.
    legal : (n_steps, n_symbols) array-like of bool
        Which symbols may follow.
    names : sequence of str
        The symbols.
    pair : (int, int)
        The step at which something has to be remembered, and the step at which it is asked for, from 1.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    index, may_follow = np.asarray(symbols, dtype=np.int64), np.asarray(legal, dtype=bool)
    if may_follow.shape != (index.size, len(names)):
        raise ValueError(
            f"string_and_successors: {index.size} symbols and legal successors of shape {may_follow.shape}; give "
            f"({index.size}, {len(names)})"
        )
    steps = np.arange(1, index.size + 1)
    for step in pair:
        axes.axvline(step, color=INTERNAL_STATE, lw=0.8, ls=DASHES[2], zorder=0.5)
    at, symbol = np.nonzero(may_follow)
    axes.plot(at + 1, symbol, ls="", marker="s", ms=11, mfc="none", mec=GREY, mew=1.3)
    axes.plot(steps, index, ls="", marker="o", ms=6, mfc=GREY, mec="none")
    matters = np.array(pair) - 1
    axes.plot(steps[matters[:1]], index[matters[:1]], ls="", marker="o", ms=8, mfc=INTERNAL_STATE, mec="none")
    asked = may_follow[matters[1]].argmax()
    axes.plot([pair[1]], [asked], ls="", marker="s", ms=11, mfc="none", mec=INTERNAL_STATE, mew=2.2)
    for step, word in zip(pair, ("remember", "asked for"), strict=True):
        _write_above(axes, step, word)
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0.4, index.size + 0.6)
    axes.set_xticks(steps)
    axes.set_ylabel("symbol")
    axes.set_xlabel("time step: read (dot), may follow (square)")


# ------------------------------------------------------------------------------------- in the course of training


def labelled_curves(axes: Axes, x: ArrayLike, curves: Sequence[tuple[str, ArrayLike, str]], ylabel: str) -> None:
    """Plot curves over sequence presentations, each with its label at its end and a dash pattern of its own.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    x : (n,) array-like
        Sequence presentations.
    curves : sequence of (label, values, colour)
        Values of shape (n,), and one of this module's colours.
    ylabel : str
        What the values are.

    Raises
    ------
    ValueError
        If there are no curves, or one has not as many values as `x`.
    """
    presented = np.asarray(x, dtype=float)
    if not curves:
        raise ValueError("labelled_curves: no curves; give at least one")
    labels = []
    for i, (label, values, colour) in enumerate(curves):
        y = np.asarray(values, dtype=float)
        if y.shape != presented.shape:
            raise ValueError(f"labelled_curves: {label!r} has values of shape {y.shape} for x of {presented.shape}")
        axes.plot(presented, y, color=colour, ls=DASHES[i % len(DASHES)], lw=1.4, marker="o", ms=2.5)
        labels.append((float(y[-1]), label))
    axes.set_xlabel("sequence presentations")
    axes.set_ylabel(ylabel)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0.01)
    label_lines(axes, labels, size=8.5)


#: Markers of the readings in a figure that shows several of them, in the order in which they are used.
READING_MARKERS = ("o", "s", "v", "P", "X")


def scaling(axes: Axes, series: Sequence[Mapping[str, Any]], xlabel: str) -> None:
    """Plot how the number of sequences until success grows with a quantity, on logarithmic axes.

    The paper's means are diamonds joined by a line. Under every reading a solved trial is a small mark and a failed
    one an open triangle at its cap; a line joins the means, in which a failed trial counts as its cap. Readings
    stand a little beside each other.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
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
                place * (1.0 + 0.35 * _jitter(solved.size)),
                solved,
                ls="",
                marker=marker,
                ms=3.5,
                mfc=TRIALS if filled else "none",
                mec="none" if filled else TRIALS,
                alpha=0.8,
            )
            axes.plot(
                place * (1.0 + 0.35 * _jitter(failed.size)),
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
    _plain_thousands(axes.yaxis)
    label_lines(axes, ends)


# ------------------------------------------------------------------------------- a trained net, a topology


def gates_and_states(
    axes_list: Sequence[Axes],
    trace: Any,
    marks: Mapping[int, str] | None = None,
    targets: ArrayLike | None = None,
) -> None:
    """Plot a net's gates, internal states, cell outputs and output units over the steps of one sequence.

    Parameters
    ----------
    axes_list : sequence of four Axes
        From top to bottom: gates, internal states, cell outputs, output units. Share the horizontal axis.
    trace : object
        With the arrays ``y_in``, ``y_out``, ``s_c``, ``y_c`` and ``y_k``, each (n_steps, ...).
    marks : mapping from step to text, optional
        Steps to point out, counted from 1, such as the relevant inputs.
    targets : (K,) array-like, optional
        Targets of the output units at the last step, drawn as dashes.

    Raises
    ------
    ValueError
        If there are not four axes, or the arrays differ in their number of steps.
    """
    if len(axes_list) != 4:
        raise ValueError(
            f"gates_and_states: needs four axes (gates, states, cell outputs, outputs), got {len(axes_list)}"
        )
    arrays = {name: np.asarray(getattr(trace, name), dtype=float) for name in ("y_in", "y_out", "s_c", "y_c", "y_k")}
    n_steps = len(arrays["y_k"])
    wrong = {name: len(array) for name, array in arrays.items() if len(array) != n_steps and array.size}
    if wrong:
        raise ValueError(f"gates_and_states: y_k has {n_steps} steps, but {wrong}; give a trace of one sequence")
    panels: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
        ("gates", (("y_in", INPUT_GATE, "in"), ("y_out", OUTPUT_GATE, "out"))),
        ("internal state", (("s_c", INTERNAL_STATE, "cell"),)),
        ("cell output", (("y_c", CELL_OUTPUT, "cell"),)),
        ("output", (("y_k", LABEL, "output"),)),
    )
    steps = np.arange(1, n_steps + 1)
    for axes, (title, parts) in zip(axes_list, panels, strict=True):
        axes.set_ylabel(title)
        labels = []
        for name, colour, word in parts:
            columns = arrays[name].reshape(n_steps, -1).T if arrays[name].size else np.empty((0, n_steps))
            for i, column in enumerate(columns):
                axes.plot(steps, column, color=colour, ls=DASHES[i % len(DASHES)], lw=1.4)
                labels.append((float(column[-1]), f"{word} {i + 1}"))
        if title == "output" and targets is not None:
            start = n_steps - 0.08 * n_steps
            levels = np.unique(np.asarray(targets, dtype=float))
            for target in levels:
                axes.plot([start, n_steps], [target, target], color=TARGET, lw=1.2, ls=DASHES[2])
            axes.annotate(
                "targets" if levels.size > 1 else "target",
                (start, levels[-1]),
                xytext=(-3, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=8.5,
            )
        axes.set_xlim(1, n_steps)
        label_lines(axes, labels, size=8.5)
        for step in marks or {}:
            axes.axvline(step, color=GREY, lw=0.8, ls=DASHES[2], zorder=0.5)
    for step, text in (marks or {}).items():
        _write_above(axes_list[0], step, text)
    axes_list[-1].set_xlabel("time step")


def states_side_by_side(
    axes_list: Sequence[Axes],
    traces: Sequence[Any],
    labels: Sequence[str],
    block_of_cell: ArrayLike,
    marks: Iterable[int] = (),
) -> None:
    """Plot every cell's internal state over several sequences: a panel per cell, a dash pattern per sequence.

    Parameters
    ----------
    axes_list : sequence of Axes
        One per cell.
    traces : sequence of objects
        With the array ``s_c`` (n_steps, n_cells), all of one length.
    labels : sequence of str
        A name for every trace.
    block_of_cell : (n_cells,) array-like of int
        The block of every cell, from 0.
    marks : iterable of int
        Steps to point out, counted from 1.

    Raises
    ------
    ValueError
        If there is not one panel per cell or one label per trace, or the lengths differ.
    """
    states = [np.asarray(trace.s_c, dtype=float) for trace in traces]
    blocks = np.asarray(block_of_cell, dtype=np.int64)
    shapes = {state.shape for state in states}
    if len(shapes) != 1 or len(labels) != len(states) or len(axes_list) != blocks.size:
        raise ValueError(
            f"states_side_by_side: {len(axes_list)} panels for {blocks.size} cells, {len(labels)} labels for "
            f"{len(states)} traces of shapes {sorted(shapes)}; give one panel per cell, one label per trace, and "
            "traces of one length"
        )
    steps = np.arange(1, len(states[0]) + 1)
    marks = list(marks)
    for cell, axes in enumerate(axes_list):
        for i, state in enumerate(states):
            axes.plot(steps, state[:, cell], color=INTERNAL_STATE, ls=DASHES[i % len(DASHES)], lw=1.4)
        axes.axhline(0.0, color=GREY, lw=0.8, zorder=0.5)
        for step in marks:
            axes.axvline(step, color=GREY, lw=0.8, ls=DASHES[2], zorder=0.5)
        within = cell - int(np.flatnonzero(blocks == blocks[cell])[0]) + 1
        axes.set_title(f"block {blocks[cell] + 1}, cell {within}")
        axes.set_xlim(1, len(steps))
        label_lines(
            axes,
            [(float(state[-1, cell]), label) for state, label in zip(states, labels, strict=True)],
            size=8.5,
        )


def draw_cell(axes: Axes) -> None:
    """Draw a memory cell with its two gates, from the net input on the left to the output on the right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its ticks and frame are switched off.
    """
    y, gate_y, source_y = 2.0, 0.55, -0.55
    axes.add_patch(Rectangle((1.0, 1.25), 7.0, 2.0, fill=False, ec=GREY, lw=1.0, zorder=1))
    axes.text(1.08, 3.17, "memory cell", ha="left", va="top", fontsize=9)
    nodes: tuple[tuple[float, float, str, str, str, float, str], ...] = (
        (1.7, y, "s", GREY, "$g$", 24, "white"),
        (3.0, y, "o", GREY, "\u00d7", 17, "white"),
        (4.5, y, "o", INTERNAL_STATE, "$s_c$", 32, "white"),
        (6.0, y, "s", GREY, "$h$", 24, "white"),
        (7.3, y, "o", GREY, "\u00d7", 17, "white"),
        (3.0, gate_y, "o", INPUT_GATE, "$in$", 30, "white"),
        (7.3, gate_y, "o", OUTPUT_GATE, "$out$", 30, "black"),
    )
    arrows = (
        ((0.1, y), (1.4, y), GREY),
        ((2.0, y), (2.77, y), GREY),
        ((3.23, y), (4.08, y), GREY),
        ((4.92, y), (5.7, y), INTERNAL_STATE),
        ((6.3, y), (7.07, y), GREY),
        ((7.53, y), (9.0, y), CELL_OUTPUT),
        ((3.0, gate_y + 0.4), (3.0, y - 0.22), INPUT_GATE),
        ((7.3, gate_y + 0.4), (7.3, y - 0.22), OUTPUT_GATE),
        ((3.0, source_y), (3.0, gate_y - 0.38), GREY),
        ((7.3, source_y), (7.3, gate_y - 0.38), GREY),
    )
    for start, end, colour in arrows:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.4})
    turn = np.linspace(-0.22 * np.pi, 1.14 * np.pi, 60)
    axes.plot(4.5 + 0.36 * np.cos(turn), 2.58 + 0.26 * np.sin(turn), color=INTERNAL_STATE, lw=1.6)
    tip = (4.5 + 0.36 * np.cos(turn[-1]), 2.58 + 0.26 * np.sin(turn[-1]))
    axes.annotate(
        "",
        (tip[0] + 0.06, tip[1] - 0.16),
        (tip[0] - 0.005, tip[1] + 0.03),
        arrowprops={"arrowstyle": "-|>", "color": INTERNAL_STATE, "lw": 1.4},
    )
    axes.text(4.98, 2.72, "1.0", ha="left", va="center", fontsize=9, color=INTERNAL_STATE)
    for x, height, marker, colour, name, size, ink in nodes:
        axes.plot([x], [height], ls="", marker=marker, ms=size, mfc=colour, mec="none", zorder=3)
        axes.text(x, height, name, color=ink, ha="center", va="center_baseline", fontsize=11, zorder=4)
    words = (
        (0.1, 2.14, "$net_c$", "left"),
        (8.12, 2.14, "$y^c$", "left"),
        (3.12, 1.36, "$y^{in}$", "left"),
        (7.42, 1.36, "$y^{out}$", "left"),
        (3.12, -0.2, "$net_{in}$", "left"),
        (7.42, -0.2, "$net_{out}$", "left"),
    )
    for x, height, name, side in words:
        axes.text(x, height, name, ha=side, va="bottom", fontsize=10.5)
    axes.set_xlim(0.0, 9.1)
    axes.set_ylim(source_y - 0.05, 3.35)
    axes.set_axis_off()


def draw_topology(axes: Axes, topology: Any) -> None:
    """Draw a net: inputs below, the hidden layer with its memory cell blocks in the middle, outputs on top.

    Gates stand beside the cells they guard. Only a part of the connections is drawn: those from the inputs
    into the first block, those from one cell back into the first block if there are any, and those from all
    cells to the outputs.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its ticks and frame are switched off.
    topology : object
        With ``n_inputs``, ``block_sizes``, ``n_outputs``, ``in_gates``, ``out_gates``, ``n_hidden``,
        ``recurrent``, ``cells_see_hidden``, ``outputs_see_inputs`` and ``n_weights``.
    """
    shown: list[tuple[str, int]] = []  # the hidden layer from left to right: kind and block
    for block, size in enumerate(topology.block_sizes):
        shown += [("in", block)] if topology.in_gates else []
        shown += [("cell", block)] * size
        shown += [("out", block)] if topology.out_gates else []
    shown += [("hidden", -1)] * topology.n_hidden
    blocks = np.array([block for _, block in shown])
    gaps = np.concatenate([[0.0], np.where(np.diff(blocks) != 0, 1.7, 1.0)])
    x_hidden = np.cumsum(gaps) - np.sum(gaps) / 2
    half = max(x_hidden[-1] + 0.5, 3.2)
    x_inputs, skipped_in = _row(topology.n_inputs, half)
    x_outputs, skipped_out = _row(topology.n_outputs, half)
    kinds = np.array([kind for kind, _ in shown])
    y_low, y_mid, y_top = 0.0, 1.5, 3.0

    links = [((x, y_low), (target, y_mid)) for target in x_hidden[blocks == 0] for x in x_inputs]
    from_units = (kinds == "cell") | (kinds == "hidden")
    links += [((x, y_mid), (target, y_top)) for x in x_hidden[from_units] for target in x_outputs]
    axes.add_collection(LineCollection(links, colors=GREY, linewidths=0.6, alpha=0.45, zorder=1))
    if topology.outputs_see_inputs:
        side = half + 0.5
        for x in x_outputs[-1:]:
            _curve(
                axes,
                [(x_inputs[-1], y_low), (side + 0.6, y_low + 0.6), (side + 0.6, y_top - 0.6), (x, y_top)],
                GREY,
            )
    sender = x_hidden[np.flatnonzero(kinds == "cell")[-1]]
    sees_hidden = topology.recurrent & ((kinds != "cell") | topology.cells_see_hidden)
    for target in x_hidden[(blocks == 0) & (x_hidden != sender) & sees_hidden]:
        depth = 0.7 + 0.03 * abs(sender - target)
        _curve(
            axes,
            [(sender, y_mid), (sender, y_mid - depth), (target, y_mid - depth), (target, y_mid)],
            CELL_OUTPUT,
        )

    for block in range(len(topology.block_sizes)):
        inside = x_hidden[blocks == block]
        left, right = inside.min() - 0.55, inside.max() + 0.55
        axes.add_patch(Rectangle((left, y_mid - 0.45), right - left, 0.9, fill=False, ec=GREY, lw=1.0, zorder=2))
        axes.text(left, y_mid + 0.48, f"block {block + 1}", fontsize=8.5, ha="left", va="bottom")
    looks = {
        "in": (INPUT_GATE, "s", "white"),
        "out": (OUTPUT_GATE, "s", "black"),
        "cell": (INTERNAL_STATE, "o", "white"),
        "hidden": (GREY, "o", "white"),
    }
    for kind, (colour, marker, ink) in looks.items():
        place = x_hidden[kinds == kind]
        if place.size:
            height = np.full(place.size, y_mid)
            axes.plot(place, height, ls="", marker=marker, ms=18, mfc=colour, mec="none", zorder=3)
            for x in place:
                axes.text(x, y_mid, kind, fontsize=7, color=ink, ha="center", va="center_baseline", zorder=4)
    for x in x_hidden[kinds == "cell"]:
        turn = np.linspace(-0.25 * np.pi, 1.25 * np.pi, 40)
        axes.plot(x + 0.17 * np.cos(turn), y_mid + 0.27 + 0.1 * np.sin(turn), color=INTERNAL_STATE, lw=1.3, zorder=3)
    rows = (
        (x_inputs, y_low, skipped_in, topology.n_inputs, "input"),
        (x_outputs, y_top, skipped_out, topology.n_outputs, "output"),
    )
    for places, y, skipped, n, word in rows:
        axes.plot(places, np.full(places.size, y), ls="", marker="o", ms=8, mfc=GREY, mec="none", zorder=3)
        if skipped is not None:
            axes.text(skipped, y, "· · ·", ha="center", va="center")
        axes.text(-half - 0.5, y, f"{n} {word}{'s' * (n != 1)}", ha="right", va="center")
    axes.text(-half - 0.5, y_mid, "hidden layer", ha="right", va="center")
    weights = f"{topology.n_weights:,} weights"
    axes.text(1.0, 0.0, weights, transform=axes.transAxes, ha="right", va="bottom")
    axes.set_xlim(-half - 3.0, half + 2.2)
    axes.set_ylim(-0.35, 3.35)
    axes.set_axis_off()


def _row(n: int, half: float) -> tuple[NDArray[np.float64], float | None]:
    """Return places for n units side by side; beyond 12 only the first seven and the last two."""
    spread = min(0.9, 2 * half / max(min(n, 12) - 1, 1))
    if n <= 12:
        return spread * (np.arange(n, dtype=np.float64) - (n - 1) / 2), None
    places = spread * (np.array([0, 1, 2, 3, 4, 5, 6, 9, 10], dtype=np.float64) - 5)
    return places, float(spread * 2.5)


def _curve(axes: Axes, corners: Sequence[tuple[float, float]], colour: str) -> None:
    path = Path(np.asarray(corners, dtype=float), [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(PathPatch(path, fill=False, ec=colour, lw=1.1, zorder=1.5))


# ------------------------------------------------------------------------------------------- the benchmark


def engines_compared(axes: Axes, engines: Sequence[Mapping[str, Any]]) -> None:
    """Plot the time of a network step on several engines, one line each, on a logarithmic axis.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
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
    axes : matplotlib.axes.Axes
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
