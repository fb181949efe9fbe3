"""What a trained net has learned, read off by cutting blocks and by watching gates and states.

Paper: Sec. 5.6, "Typical solutions".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lstm97 import activations
from lstm97.experiments import Specification
from lstm97.learners import LSTM, Net
from lstm97.tasks import Batch
from lstm97.trials.trial import Trial


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
    learner : LSTM
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
    """How a net codes the temporal order of two symbols, X and Y.

    Attributes
    ----------
    y_in : (4, 2, n_blocks) float64
        Input gates at the first and at the second relevant symbol, for XX, XY, YX, YY.
    s_c : (4, n_cells) float64
        Internal states at the sequence's end.
    gate_contrast : (n_blocks,) float64
        Greatest difference between activations of a block's input gate at one and the same symbol: when nothing came
        before, after an X, after a Y. Near 0 the gate sees the symbol only; near 1 what is stored decides whether the
        symbol gets in (the paper's solution type 1).
    w_cc : (n_cells,) float64
        Weight from each cell's output to its own input (positive in the paper's solution type 2).
    """

    y_in: NDArray[np.float64]
    s_c: NDArray[np.float64]
    gate_contrast: NDArray[np.float64]
    w_cc: NDArray[np.float64]


def order_code(learner: LSTM, net: Net, batch: Batch, steps: tuple[int, int]) -> OrderCode:
    """Watch a net over the four orders of two relevant symbols.

    Paper: Sec. 5.6, solution types 1 and 2.

    Parameters
    ----------
    learner : LSTM
    net : Net
    batch : Batch
        XX, XY, YX, YY with all else equal: `lstm97.tasks.TemporalOrder.all_orders`.
    steps : (int, int)
        The steps of the two relevant symbols, counted from 1.

    Returns
    -------
    OrderCode

    Raises
    ------
    ValueError
        If the batch does not hold four sequences.
    """
    if len(batch) != 4:
        raise ValueError(f"order_code: the batch holds {len(batch)} sequences; give XX, XY, YX, YY")
    traces = [learner.trace(net, batch, i) for i in range(4)]
    y_in = np.array([trace.y_in[[step - 1 for step in steps]] for trace in traces])
    xx, xy, yx, yy = y_in
    contrast = np.max([np.ptp([xx[0], xx[1], yx[1]], axis=0), np.ptp([yy[0], xy[1], yy[1]], axis=0)], axis=0)
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
    batch : Batch

    Returns
    -------
    s_c : (n, n_cells) float64
        Internal states at the last step.
    left : (n, n_cells) float64
        h'(s_c) over its largest value, h'(0): the share of the error that h lets through.
    """
    s_c = states_at_end(learner, net, batch)
    return s_c, np.vectorize(activations.h_prime)(s_c) / activations.h_prime(0.0)


def initial_net(specification: Specification, trial: int) -> Net:
    """Make the net that a trial starts from.

    Parameters
    ----------
    specification : Specification
        Of a learner that starts with all its cells.
    trial : int
        From 1.

    Returns
    -------
    Net
    """
    net: Net = Trial(specification, trial, cap=1).net
    return net


def states_at_end(learner: LSTM, net: Net, batch: Batch) -> NDArray[np.float64]:
    """Collect the internal states at the last step of every sequence.

    Parameters
    ----------
    learner : LSTM
    net : Net
        Left as it is.
    batch : Batch

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
    learner : LSTM
    net : Net
    batch : Batch
    steps : (n,) int64
        For each sequence the step of its last relevant input, counted from 1.

    Returns
    -------
    (n, n_cells) float64
        Change per step from that step to the last but one; the last step may carry a signal of its own.
    """
    moved = []
    for i, step in enumerate(steps):
        s_c = learner.trace(net, batch, i).s_c
        moved.append((s_c[-2] - s_c[step - 1]) / (len(s_c) - 1 - step))
    return np.array(moved)
