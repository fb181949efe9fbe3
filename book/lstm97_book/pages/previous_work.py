"""The learning systems that the paper compares LSTM with, beside each other: drawings, outcomes, what a step costs.

Paper: Sec. 2 and 5; Tables 1 and 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lstm97.experiments.sweeps import LAGS, SWEEPS
from lstm97.learners import Learner, learners
from lstm97.learners.unfolded import Link, Unfolded
from lstm97.results.record import under_cap
from lstm97.results.summary import Summary, sweep_records
from lstm97.tasks import Batch, LongLag
from lstm97_book.figures import DASHES, ERROR, FAILURE, GREY, INPUT_GATE, INTERNAL_STATE, LABEL, label_lines

#: Of every trial, whether it was solved, and its number of sequences.
Outcomes = list[tuple[bool, float]]

#: The order in which the page speaks of systems; others that declare a drawing follow.
_FIRST = (
    *("bptt", "rtrl", "elman", "window", "time-constants", "additive", "chunker", "guessing", "annealing"),
    *("multi-grid", "narx", "second-order", "naive-carrousel", "cascade", "kalman", "hierarchy", "lstm"),
)


@dataclass(frozen=True)
class Drawing:
    """A learning system to be drawn.

    Attributes
    ----------
    title : str
    unfolded : Unfolded
    """

    title: str
    unfolded: Unfolded


def _drawings() -> dict[str, Drawing]:
    """Take the drawings from the learners that declare one."""
    of_learners = {
        name: Drawing(cls.title, unfolded)
        for name, cls in learners().items()
        if (unfolded := getattr(cls, "unfolded", None)) is not None
    }
    order = [name for name in (*_FIRST, *of_learners) if name in of_learners]
    return {name: of_learners[name] for name in order}


#: By the name that `lstm97 run --learner` knows.
DRAWINGS: Mapping[str, Drawing] = _drawings()
N_STEPS = 5


def title(learner: str) -> str:
    """Name a system for a reader.

    Parameters
    ----------
    learner : str
        As `lstm97 run --learner` takes it.

    Returns
    -------
    str
        Of a system with settings of its own, with these in brackets.

    Examples
    --------
    >>> title("chunker:n_hidden=3,mimics=state")
    'Chunker (n_hidden=3, mimics=state)'
    """
    name, _, given = learner.partition(":")
    return learners()[name].title + (f" ({given.replace(',', ', ')})" if given else "")


def draw(axes: Axes, drawing: Drawing) -> None:
    """Draw a system unfolded in time, with the target at the last step.

    Links are grey; those that an error goes back along are vermillion and dashed, those along which derivatives are
    carried forward blue, those that hold a value by themselves green.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its frame is switched off.
    """
    unfolded = drawing.unfolded

    def arrow(link: Link, step: int, colour: str, back: bool = False, bend: float = 0.0) -> None:
        start, end = (step, link[0]), (step + link[2], link[1])
        if back:
            start, end = end, start
        axes.annotate(
            "",
            end,
            start,
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "lw": 1.6 if colour != GREY else 0.8,
                "ls": "--" if back else "-",
                "shrinkA": 7,
                "shrinkB": 7,
                "connectionstyle": f"arc3,rad={bend}",
            },
        )

    for kind, colour in ((unfolded.links, GREY), (unfolded.constant, INTERNAL_STATE)):
        for link in kind:
            for step in range(1, N_STEPS + 1 - link[2]):
                if not {(link[0], step), (link[1], step + link[2])} & set(unfolded.silent):
                    arrow(link, step, colour, bend=-0.35 if link[2] > 1 and link[0] == link[1] else 0.0)
    for link in unfolded.carried:
        for step in range(1, N_STEPS + 1 - link[2]):
            arrow(link, step, INPUT_GATE, bend=-0.45)
    for link in unfolded.errors:
        for step in range(1, N_STEPS + 1 - link[2]):
            if link[2] or step == N_STEPS:
                arrow(link, step, ERROR, back=True, bend=-0.35)
    for link in unfolded.same_step:
        arrow(link, N_STEPS - link[2], ERROR, back=True, bend=-0.35)
    for row in range(len(unfolded.rows)):
        steps = [step for step in range(1, N_STEPS + 1) if (row, step) not in unfolded.silent]
        axes.plot(steps, [row] * len(steps), ls="", marker="o", ms=8, mfc="none", mec=GREY, mew=1.0)
    axes.set_yticks(range(len(unfolded.rows)), unfolded.rows)
    axes.set_xticks([1, N_STEPS], ["first input", "target"])
    axes.set_xlim(0.5, N_STEPS + 0.5)
    axes.set_ylim(-0.5, len(unfolded.rows) - 0.4)
    axes.tick_params(length=0, labelsize=8)
    axes.set_title(drawing.title, fontsize=9, color=LABEL)
    for spine in axes.spines.values():
        spine.set_visible(False)


#: What is special about learners of the sweep ``rtrl``, in words.
CONDITIONS: Mapping[str, str] = {
    "online=yes": "on-line",
    "resets=no": "no resets",
    "weight_range=2": "weights within 2",
    "n_hidden=2": "2 hidden units",
    "n_hidden=4": "4 hidden units",
}

#: The tasks of the sweep ``guessing``, in words.
SEARCHED = (
    "3a\nT = 100",
    "3a\nT = 500",
    "latch\nT = 500",
    "parity\n500 bits",
    "2c\nq = 50",
    "3b\nT = 100",
    "3c\nT = 100",
    "4\nT = 100",
    "5\nT = 100",
    "6a",
)


def condition(learner: str) -> str:
    """Name what is special about a learner of the sweep ``rtrl``.

    Examples
    --------
    >>> condition("rtrl:alpha=1,online=yes")
    'learning rate 1, on-line'
    """
    alpha, *others = learner.removeprefix("rtrl:alpha=").split(",")
    return ", ".join([f"learning rate {alpha}", *(CONDITIONS[other] for other in others)])


def outcomes(sweep: str) -> dict[str, list[Outcomes]]:
    """Read how the recorded trials of a sweep came out.

    Parameters
    ----------
    sweep : str
        One of `lstm97.experiments.sweeps.SWEEPS`.

    Returns
    -------
    dict of str to list of list of (bool, float)
        By learner, for every task of the sweep: of each trial, whether it was solved, and its number of sequences.
    """
    of, recorded = SWEEPS[sweep], sweep_records(SWEEPS[sweep])
    return {
        learner: [[under_cap(record, of.cap) for record in recorded[task, learner]] for task in of.tasks]
        for learner in of.learners
    }


def furthest(learner: str, found: Mapping[str, Mapping[str, Sequence[Outcomes]]], cascade: Summary) -> str:
    """Say how far a system got: in the sweep over lags, else on the tasks that it was given.

    Parameters
    ----------
    learner : str
        As `lstm97 run --learner` takes it.
    found : mapping of str to mapping
        By sweep, what `outcomes` gives: of ``lag``, ``guessing`` and ``other-tasks``.
    cascade : Summary
        Of the cascade's row in Table 1, which is all that it was given.

    Returns
    -------
    str
        One or two sentences.
    """
    if learner == "cascade":
        return f"Of its trials in Table 1, {cascade.n_solved} of {cascade.n} were solved."
    if learner in found["lag"]:
        trials = dict(zip(LAGS, found["lag"][learner], strict=True))
        solved = {lag: sum(success for success, _ in of_lag) for lag, of_lag in trials.items()}
        if not any(solved.values()):
            return "No trial of the sweep over lags was solved."
        lag = max(lag for lag, n in solved.items() if n)
        return f"The longest lag with a solved trial was {lag} ({solved[lag]} of {len(trials[LAGS[0]])} trials)."
    searched = learner in found["guessing"]
    if not searched and learner not in found["other-tasks"]:
        return "Not measured yet."
    tasks = SEARCHED if searched else ("adding", "temporal order")
    sorted_out: dict[bool, list[str]] = {True: [], False: []}
    for task, of_task in zip(tasks, found["guessing" if searched else "other-tasks"][learner], strict=True):
        sorted_out[any(success for success, _ in of_task)].append(task.replace("\n", ", "))
    lists = {success: "; ".join(names) or "none" for success, names in sorted_out.items()}
    return f"Tasks with a solved trial: {lists[True]}. Without: {lists[False]}."


def exponents(points: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Compute by which power of the number of hidden units, and of weights, the time of a step grows.

    Parameters
    ----------
    points : sequence of mapping
        A system in `data/bench.json`, from its smallest net to its largest.

    Returns
    -------
    of_units, of_weights : float
        Slopes of the logarithm of the time, without the smallest net. NaN for weights where inputs are one-hot
        symbols: these bring many weights, of which a step uses few.
    """
    units, weights, time = (
        np.log([float(point[key]) for point in points[1:]]) for key in ("hidden", "weights", "ns_per_step")
    )
    of_weights = float(np.polyfit(weights, time, 1)[0]) if points[0]["task"] == "adding" else np.nan
    return float(np.polyfit(units, time, 1)[0]), of_weights


def growth(of_units: float, of_weights: float) -> str:
    """Say in a sentence how the cost of a step grows.

    Parameters
    ----------
    of_units, of_weights : float
        See `exponents`.

    Examples
    --------
    >>> growth(1.96, np.nan)
    'Cost of a step: hidden units to the power of 2.0.'
    """
    weights = "" if np.isnan(of_weights) else f", weights to the power of {of_weights:.1f}"
    return f"Cost of a step: hidden units to the power of {of_units:.1f}{weights}."


def left_of_the_first_symbol(learner: Learner, p: int, n_nets: int, seed: int = 0) -> NDArray[np.float64]:
    """Measure how much of the first symbol of Task 2a is left in the outputs, step by step, before training.

    Two sequences differ in their first symbol only. What is left is the largest difference that this makes to an
    output unit.

    Parameters
    ----------
    learner : Learner
        With p + 1 inputs and outputs.
    n_nets : int
        Number of nets with initial weights.
    seed : int
        Of the first net; the others have the seeds that follow.

    Returns
    -------
    (n_nets, p) float64
        At steps 1, ..., p.
    """
    batch = both_sequences(p)
    left = []
    for number in range(n_nets):
        outputs = learner.predict(learner.start(np.random.default_rng(seed + number)), batch)
        left.append(np.abs(outputs[:p] - outputs[p:]).max(axis=1))
    return np.array(left)


def both_sequences(p: int) -> Batch:
    """Make the two sequences of Task 2a.

    Returns
    -------
    Batch
        The one with x first, then the one with y.
    """
    task = LongLag(p=p)
    batch = task.sample(np.random.default_rng(0), 64)
    first = batch.symbols[batch.offsets[:-1]]
    return batch.take(np.array([int(np.argmin(first)), int(np.argmax(first))]))


def left_over_steps(axes: Axes, left: Mapping[str, NDArray[np.float64]]) -> None:
    """Plot what is left of the first symbol over the steps, one line for each system, on a logarithmic axis.

    Parameters
    ----------
    left : mapping of str to (p,) float64
        By system; what is below 1e-16 is left out.

    Raises
    ------
    ValueError
        If there is no system.
    """
    if not left:
        raise ValueError("left_over_steps: no system; give at least one")
    ends: list[tuple[float, float, str]] = []
    for number, (name, values) in enumerate(left.items()):
        shown = np.flatnonzero(values > 1e-16)
        colour = INTERNAL_STATE if name == "LSTM" else GREY
        axes.plot(shown + 1, values[shown], color=colour, ls=DASHES[number % len(DASHES)], lw=1.4)
        if shown.size:
            ends.append((float(shown[-1] + 1), float(values[shown[-1]]), name))
    longest = max(len(values) for values in left.values())
    for x, y, names in _close([end for end in ends if end[0] < longest]):
        text = "\n".join(names)
        axes.annotate(text, (x, y), (4, 2), textcoords="offset points", fontsize=8, color=LABEL, va="bottom")
    axes.set_yscale("log")
    axes.set_xlim(1, longest)
    axes.set_xlabel("step")
    axes.set_ylabel("difference in the outputs")
    label_lines(axes, [(y, name) for x, y, name in ends if x == longest], 8.0)
    axes.grid(axis="y")


def _close(ends: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, list[str]]]:
    """Put the names of curves together that end within three steps and a factor of ten of each other."""
    together: list[tuple[float, float, list[str]]] = []
    for x, y, name in sorted(ends):
        if together and x - together[-1][0] <= 3 and 0.1 < y / together[-1][1] < 10:
            together[-1] = (x, y, [*together[-1][2], name])
        else:
            together.append((x, y, [name]))
    return together


def solved_by_lag(
    axes: Axes,
    columns: Sequence[float | str],
    found: Mapping[str, Sequence[Sequence[tuple[bool, float]]]],
    xlabel: str,
) -> None:
    """Show how many trials each system solved at each lag, and after how many sequences, as a table of tiles.

    A tile is the fuller of colour the more trials were solved. It says how many, and the median number of sequences
    of the solved ones, in thousands. An open triangle stands where none was solved.

    Parameters
    ----------
    columns : sequence of float or str
        Their names, such as lags.
    found : mapping of str to sequence of sequence of (bool, float)
        By system, for every column: whether each trial was solved, and its number of sequences. Columns without
        trials stay empty.
    xlabel : str
        What the columns are.

    Raises
    ------
    ValueError
        If there is no system, or one has not as many columns as are named.
    """
    if not found or any(len(trials) != len(columns) for trials in found.values()):
        raise ValueError("solved_by_lag: give at least one system, and for every one as many columns as named")
    for y, of_system in enumerate(found.values()):
        for x, trials in enumerate(of_system):
            solved = [sequences for success, sequences in trials if success]
            if not trials:
                continue
            share = len(solved) / len(trials)
            if not solved:
                axes.plot([x], [y], ls="", marker="^", ms=7, mfc="none", mec=FAILURE, mew=1.2)
                continue
            axes.add_patch(Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, fc=_tint(share), ec="none"))
            thousands = float(np.median(solved)) / 1000
            on_tile: dict[str, Any] = {"ha": "center", "va": "center", "color": "#1A1A1A"}
            axes.text(x, y - 0.16, f"{len(solved)}/{len(trials)}", fontsize=8, **on_tile)
            text = f"{thousands:,.0f}k" if thousands >= 10 else f"{thousands:.1f}k"
            axes.text(x, y + 0.2, text, fontsize=7, **on_tile)
    axes.set_xticks(range(len(columns)), [one if isinstance(one, str) else f"{one:g}" for one in columns])
    axes.set_yticks(range(len(found)), list(found))
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.tick_params(length=0)
    axes.set_xlabel(xlabel)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _tint(share: float) -> tuple[float, float, float]:
    """Mix a tile's colour: light enough for dark text, on a light page and on a dark one."""
    weight = 0.15 + 0.4 * share
    red, green, blue = to_rgb(INTERNAL_STATE)
    return 1 - weight * (1 - red), 1 - weight * (1 - green), 1 - weight * (1 - blue)
