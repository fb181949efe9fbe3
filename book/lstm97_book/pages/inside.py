"""What a net has learned, or what keeps it from learning, read off by cutting blocks and watching gates and states.

Paper: Sec. 4, "Internal state drift"; Sec. 5.1, 5.2; Sec. 5.6, "Typical solutions".
"""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm97.experiments import Specification
from lstm97.experiments.stopping import CorrectInARow
from lstm97.learners import LSTM, Net, Trace
from lstm97.net import network
from lstm97.tasks import Batch
from lstm97.tasks.reber import SYMBOLS, legal_successors, predicted
from lstm97.trials.trial import CHUNK, Trial


def right_class(batch: Batch, outputs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which sequences have their largest output at the right class, whatever its size.

    Parameters
    ----------
    batch : Batch
        With one target per sequence, 1 for its class and 0 for the others.
    outputs : (n, n_outputs) float64

    Returns
    -------
    (n,) bool
    """
    return np.asarray(outputs.argmax(axis=1) == batch.targets.argmax(axis=1))


def without_each_block(learner: LSTM, net: Net, batch: Batch) -> NDArray[np.float64]:
    """Cut one memory cell block after the other, and count the sequences that keep their class.

    Paper: Sec. 5.6, solutions that need only one block.

    Parameters
    ----------
    net : Net
        Left as it is.
    batch : Batch
        With one class per sequence.

    Returns
    -------
    (n_blocks,) float64
        Share of sequences in which the largest output is the right one, without block 1, without block 2, ...
    """
    return np.array(
        [
            right_class(batch, learner.predict(learner.without_block(net, j), batch)).mean()
            for j in range(learner.topology.n_blocks)
        ]
    )


@dataclass(frozen=True)
class OrderCode:
    """How a net codes the temporal order of two or three symbols, each X or Y.

    Attributes
    ----------
    y_in : (n_orders, n_relevant, n_blocks) float64
        Input gates at the relevant symbols, for XX, XY, YX, YY, or XXX, XXY, ...
    s_c : (n_orders, n_cells) float64
        Internal states at the sequence's end.
    gate_contrast : (n_blocks,) float64
        Greatest difference between activations of a block's input gate at one and the same symbol, whatever came
        before: nothing, an X, a Y. Near 0 the gate sees the symbol only; near 1 what is stored decides whether the
        symbol gets in (the paper's solution type 1).
    w_cc : (n_cells,) float64
        Weight from each cell's output to its own input (positive in the paper's solution type 2).
    """

    y_in: NDArray[np.float64]
    s_c: NDArray[np.float64]
    gate_contrast: NDArray[np.float64]
    w_cc: NDArray[np.float64]


def order_code(learner: LSTM, net: Net, batch: Batch, steps: ArrayLike) -> OrderCode:
    """Watch a net over all orders of the relevant symbols.

    Paper: Sec. 5.6, solution types 1 and 2.

    Parameters
    ----------
    batch : Batch
        One sequence for each order, with all else equal: `lstm97.tasks.TemporalOrder.all_orders`.
    steps : (n_relevant,) array-like of int
        The steps of the relevant symbols, counted from 1.

    Raises
    ------
    ValueError
        If the batch does not hold a sequence for each order.
    """
    at = np.asarray(steps, dtype=np.int64) - 1
    if len(batch) != 2 ** len(at):
        raise ValueError(
            f"order_code: the batch holds {len(batch)} sequences for {len(at)} relevant symbols; give every order"
        )
    traces = [learner.trace(net, batch, i) for i in range(len(batch))]
    y_in = np.array([trace.y_in[at] for trace in traces])
    symbols = batch.symbols[batch.offsets[:-1, np.newaxis] + at]
    contrast = np.max([np.ptp(y_in[symbols == symbol], axis=0) for symbol in np.unique(symbols)], axis=0)
    s_c = np.array([trace.s_c[-1] for trace in traces])
    return OrderCode(y_in, s_c, contrast, learner.self_connections(net))


def saturation(learner: LSTM, net: Net, batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure how far the internal states have left the middle of h at the sequences' ends.

    Paper: Sec. 4, "Internal state drift": where h'(s_c) is small, little of the error gets into the cell.

    Parameters
    ----------
    learner : LSTM
        With h = 2f - 1, range [-1, 1].
    net : Net
        Left as it is.

    Returns
    -------
    s_c : (n, n_cells) float64
        Internal states at the last step.
    left : (n, n_cells) float64
        h'(s_c) over its largest value, h'(0): the share of the error that h lets through.
    """
    ends = [(trace.s_c[-1], trace.h_c[-1]) for trace in (learner.trace(net, batch, i) for i in range(len(batch)))]
    s_c, h_c = (np.array(column) for column in zip(*ends, strict=True))
    middle = learner.wiring.h_low + learner.wiring.h_range / 2.0
    return s_c, _slope(learner, h_c) / _slope(learner, np.array(middle))


def _slope(learner: LSTM, h_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute h'(s_c) where h(s_c) is given."""
    return np.asarray(np.vectorize(lambda value: network.h_derivative(learner.wiring, value))(h_c))


def initial_net(specification: Specification, trial: int) -> Net:
    """Make the net that a trial starts from.

    Parameters
    ----------
    specification : Specification
        Of a learner that starts with all its cells.
    trial : int
        From 1.
    """
    net: Net = Trial(specification, trial, cap=1).net
    return net


def states_at_end(learner: LSTM, net: Net, batch: Batch) -> NDArray[np.float64]:
    """Collect the internal states at the last step of every sequence.

    Parameters
    ----------
    net : Net
        Left as it is.

    Returns
    -------
    (n, n_cells) float64
    """
    return np.array([learner.trace(net, batch, i).s_c[-1] for i in range(len(batch))])


def marked_pair_values(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read the two marked values of every sequence, in their order in time.

    Parameters
    ----------
    batch : Batch
        Of `lstm97.tasks.Adding` or `lstm97.tasks.Multiplication`.

    Returns
    -------
    x_1, x_2 : (n,) float64
    """
    marked = batch.values[batch.values[:, 1] == 1.0, 0].reshape(-1, 2)
    return marked[:, 0], marked[:, 1]


def explained(states: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Compute the share of a quantity's variance that a weighted sum of states, plus a constant, explains.

    Parameters
    ----------
    states : (n, n_cells) float64
    values : (n,) float64

    Returns
    -------
    float
        1 if the states tell the quantity exactly, 0 if they tell nothing about it.
    """
    design = np.column_stack([np.ones(len(states)), states])
    rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(1.0 - rest.var() / values.var())


def drift_per_step(learner: LSTM, net: Net, batch: Batch, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Measure by how much the internal states move per step after the last relevant input, without being asked to.

    Paper: Sec. 4, "Internal state drift"; Sec. 5.4, point (3) of the results.

    Parameters
    ----------
    steps : (n,) int64
        For each sequence the step of its last relevant input, counted from 1.

    Returns
    -------
    (n, n_cells) float64
        Change per step from that step to the last but one; the last step may carry a signal of its own.
    """
    return np.array([_drift(learner.trace(net, batch, i).s_c, int(step)) for i, step in enumerate(steps)])


def _drift(s_c: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """Change per step from a step, counted from 1, to the last but one."""
    return np.asarray((s_c[-2] - s_c[step - 1]) / (len(s_c) - 1 - step))


# ------------------------------------------------------------------------------------- in the course of training


def snapshots(specification: Specification, trial: int, moments: Iterable[int]) -> Iterator[tuple[int, Any]]:
    """Train a trial's net and stop at several moments to look at it.

    The net is the one that the trial itself has at that moment; what the stopping rule says plays no part.

    Parameters
    ----------
    trial : int
        From 1.
    moments : iterable of int
        Rising numbers of training sequences, each a multiple of 500; 0 is the net with initial weights.

    Yields
    ------
    presented : int
        Training sequences so far.
    net : object
        The learner's net; training goes on with it afterwards, so copy what is to be kept.

    Raises
    ------
    ValueError
        If there are no moments, or they do not rise, or one is not a multiple of 500.
    """
    moments = list(moments)
    if not moments or moments[0] < 0 or any(moment % CHUNK for moment in moments) or sorted(set(moments)) != moments:
        raise ValueError(f"snapshots: moments is {moments}: give rising multiples of {CHUNK}")
    never = dataclasses.replace(specification, stop=CorrectInARow(n=int(moments[-1]) + 1))
    running = Trial(never, trial, cap=moments[-1] + 1)  # so that it does not end
    for moment in moments:
        while running.presented < moment:
            work = running.work()
            assert work is not None
            running.take(work.do())
        yield moment, running.net


# --------------------------------------------------------------------------------- Experiment 1, the outer symbol

#: Kinds of steps in a string of the embedded Reber grammar: see `kinds_of_step`.
OUTER, INNER, FRAME = range(3)


def kinds_of_step(batch: Batch) -> NDArray[np.int64]:
    """Tell what has to be predicted at every step of strings of the embedded Reber grammar.

    Paper: Sec. 5.1.

    Parameters
    ----------
    batch : Batch
        Strings of the embedded Reber grammar.

    Returns
    -------
    (n_steps,) int64
        `OUTER` where the symbol before last is asked for, the one to be remembered; `INNER` for the symbols of the
        inner string but its first, which is always B; `FRAME` for what the grammar around it says.
    """
    kinds = np.full(batch.n_steps, INNER)
    first, last = batch.offsets[:-1], batch.offsets[1:] - 1
    kinds[np.concatenate([first, first + 1, last])] = FRAME
    kinds[last - 1] = OUTER
    return kinds


def with_other_outer_symbol(batch: Batch) -> Batch:
    """Exchange T and P where they stand around the inner string; the inner strings stay the same.

    Paper: Sec. 5.1, Figure 4.

    Parameters
    ----------
    batch : Batch
        Strings of the embedded Reber grammar.

    Returns
    -------
    Batch
        Strings of the grammar as well.
    """
    symbols, targets = batch.symbols.copy(), batch.targets.copy()
    first, last = batch.offsets[:-1], batch.offsets[1:] - 1
    t, p = (SYMBOLS.index(symbol) for symbol in "TP")
    for steps in (first + 1, last):
        symbols[steps] = t + p - symbols[steps]
    for steps in (first, last - 1):
        targets[steps, t], targets[steps, p] = targets[steps, p], targets[steps, t]
    return dataclasses.replace(batch, symbols=symbols, targets=targets)


@dataclass(frozen=True)
class OuterSymbol:
    """What a net makes of strings of the embedded Reber grammar, and of their outer symbol.

    To see what a net does with the outer symbol, every string is compared with the one that has the other outer
    symbol and the same inner string. Differences are absolute, the largest among the cells, averaged over strings.

    Attributes
    ----------
    wrong : (3,) float64
        Share of the steps that are predicted wrongly, by kind: see `kinds_of_step`.
    written : float
        Difference of internal states right after the outer symbol was read.
    kept : float
        The same at the step that asks for it.
    squashed : float
        Difference of h(s_c) at that step: what the output gates could let out.
    shown : float
        Difference of cell outputs at that step: all that the output units can see of it.
    size : float
        Mean absolute internal state at that step.
    slope : float
        Median h'(s_c) at that step.
    """

    wrong: NDArray[np.float64]
    written: float
    kept: float
    squashed: float
    shown: float
    size: float
    slope: float


def outer_symbol(learner: LSTM, net: Net, batch: Batch) -> OuterSymbol:
    """Find out where a net errs on strings of the embedded Reber grammar, and what becomes of the outer symbol.

    Paper: Sec. 5.1, "to correctly predict the symbol before last".

    Parameters
    ----------
    net : Net
        Left as it is.
    batch : Batch
        Strings of the embedded Reber grammar.
    """
    kinds = kinds_of_step(batch)
    right = predicted(legal_successors(batch), learner.predict(net, batch))
    other = with_other_outer_symbol(batch)
    one, two = ([learner.trace(net, part, i) for i in range(len(batch))] for part in (batch, other))
    s_c, s_other = (np.array([trace.s_c[[1, -2]] for trace in traces]) for traces in (one, two))
    h_c, h_other = (np.array([trace.h_c[-2] for trace in traces]) for traces in (one, two))
    y_c, y_other = (np.array([trace.y_c[-2] for trace in traces]) for traces in (one, two))

    def difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
        return float(np.abs(first - second).max(axis=1).mean())

    return OuterSymbol(
        wrong=np.array([1.0 - right[kinds == kind].mean() for kind in (OUTER, INNER, FRAME)]),
        written=difference(s_c[:, 0], s_other[:, 0]),
        kept=difference(s_c[:, 1], s_other[:, 1]),
        squashed=difference(h_c, h_other),
        shown=difference(y_c, y_other),
        size=float(np.abs(s_c[:, 1]).mean()),
        slope=float(np.median(_slope(learner, h_c))),
    )


# ----------------------------------------------------------------------------- Experiment 2, holding on for long


@dataclass(frozen=True)
class Holding:
    """What happens to the internal states while nothing relevant comes in: means over sequences.

    Attributes
    ----------
    drift : (n_cells,) float64
        Absolute change per step between the relevant input and the last step.
    size : (n_cells,) float64
        Absolute internal state at the end.
    slope : (n_cells,) float64
        h'(s_c) at the end: the factor by which an error that arrives at a cell's output gets into the cell.
    y_in, y_out : (n_blocks,) float64
        Gate activations over the same steps.
    let_in : (n_cells,) float64
        What all of these steps together let into the cell, as a share of what the relevant input did (absolute).
    """

    drift: NDArray[np.float64]
    size: NDArray[np.float64]
    slope: NDArray[np.float64]
    y_in: NDArray[np.float64]
    y_out: NDArray[np.float64]
    let_in: NDArray[np.float64]


def holding(learner: LSTM, net: Net, batch: Batch, step: int) -> Holding:
    """Watch a net while it should hold what it was given.

    Paper: Sec. 4, "Internal state drift"; Sec. 5.2.

    Parameters
    ----------
    net : Net
        Left as it is.
    step : int
        The step of the relevant input in every sequence, counted from 1.
    """
    traces = [learner.trace(net, batch, i) for i in range(len(batch))]
    s_end, h_end = (
        np.array(states) for states in zip(*((trace.s_c[-1], trace.h_c[-1]) for trace in traces), strict=True)
    )

    def mean(values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.asarray(np.mean(values, axis=0))

    def given(trace: Trace) -> NDArray[np.float64]:
        before = trace.s_c[step - 2] if step > 1 else np.zeros_like(trace.s_c[0])
        return np.abs(trace.s_c[step - 1] - before)

    return Holding(
        drift=mean([np.abs(_drift(trace.s_c, step)) for trace in traces]),
        size=np.abs(s_end).mean(axis=0),
        slope=_slope(learner, h_end).mean(axis=0),
        y_in=mean([trace.y_in[step:-1].mean(axis=0) for trace in traces]),
        y_out=mean([trace.y_out[step:-1].mean(axis=0) for trace in traces]),
        let_in=mean([np.abs(np.diff(trace.s_c[step - 1 : -1], axis=0)).sum(axis=0) for trace in traces])
        / np.maximum(mean([given(trace) for trace in traces]), np.finfo(float).tiny),
    )


def least_error_when_solved(p: int, tolerance: float) -> float:
    r"""Bound from below what a net that solves Task 2b pays at the steps before the last.

    The net of Task 2b has one memory cell with :math:`g > 0` and an input gate: its internal state never decreases.
    An output unit's net input at step t is a weight from the symbol read at t plus :math:`w_{kc}\,s_c(t)`. The units
    for x and y must answer to the state in opposite ways at the end, so one of them, say k, has :math:`w_{kc} < 0`.
    At the end of its own class it is above 1 - tolerance, whatever symbol comes last. The state was smaller at all
    steps before, so with the same symbols the unit was at least as active there, where its target is 0. Only the
    first step, with the symbols x and y, is different.

    Paper: Sec. 5.2, Task 2b; Sec. 6, limitation on counting time steps.

    Parameters
    ----------
    p : int
        Number of symbols that the net reads.
    tolerance : float
        The criterion's bound on the absolute error.

    Returns
    -------
    float
        Least sum of the squared errors of this one unit over a sequence of its class. Always answering 0 costs 1.
    """
    return (p - 2) * (1.0 - tolerance) ** 2
