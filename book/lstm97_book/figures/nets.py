"""Nets, and what goes on in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike, NDArray

from lstm97_book.figures.labels import label_lines, write_above
from lstm97_book.figures.style import (
    CELL_OUTPUT,
    DASHES,
    GREY,
    INPUT_GATE,
    INTERNAL_STATE,
    LABEL,
    OUTPUT_GATE,
    TARGET,
)


def labelled_curves(axes: Axes, x: ArrayLike, curves: Sequence[tuple[str, ArrayLike, str]], ylabel: str) -> None:
    """Plot curves over sequence presentations, each with its label at its end and a dash pattern of its own.

    Parameters
    ----------
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
        write_above(axes_list[0], step, text)
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
