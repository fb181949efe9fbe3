"""What the tasks show to a net, and what it answers."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from lstm97_book.figures.labels import write_above
from lstm97_book.figures.style import DASHES, GREY, INTERNAL_STATE, LABEL, TARGET


def outputs_beside_targets(
    axes: Axes, targets: ArrayLike, outputs: ArrayLike, classes: ArrayLike, expected: ArrayLike
) -> None:
    """Plot how noisy targets and a net's outputs are distributed, for each of two classes, all scaled to one height.

    Parameters
    ----------
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
        write_above(axes, level, f"class {number + 1}: {level:g}")
    axes.set_xlabel("noisy target (outline), output of the net (filled)")
    axes.set_ylabel("frequency over the highest")


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
        write_above(axes, step, word)
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0.4, index.size + 0.6)
    axes.set_xticks(steps)
    axes.set_ylabel("symbol")
    axes.set_xlabel("time step: read (dot), may follow (square)")
