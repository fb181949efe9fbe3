r"""A second route to the net of 1997: the textbook formulas in NumPy, for real and for complex numbers.

No formula here comes from `lstm97.net.network`. It is slow and is used by checks only: a complex number with a tiny
imaginary part goes in, and the imaginary part of what comes out is a derivative, exact to rounding. A net with a
switch that is not followed here is refused.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.learners.lstm import LSTM
from lstm97.net.network import check_wiring
from lstm97.tasks import Batch

STEP = 1e-30

#: Fields of `lstm97.net.network.Wiring` that `run` follows, and those of learning, which it does not do.
KNOWN = (
    *("n_inputs", "n_in", "n_out", "n_recurrent", "outputs_see_inputs"),
    *("g_range", "g_low", "h_range", "h_low", "linear_outputs", "initial_y", "constant_unit"),
    *("error_derivative", "error_scale", "update"),
)
ONLY = {"output_delay": (0, "Reading.output_timing 'same step'")}


class Run(NamedTuple):
    """All that happened in a run, real or complex.

    Attributes
    ----------
    net, y : (n_steps, n_units)
        Net inputs and activations of the hidden layer.
    read : (n_steps, n_units)
        What the hidden layer read of itself.
    s_c : (n_steps, n_cells)
        Internal states.
    net_k, y_k : (n_steps, n_outputs)
        Net inputs and activations of the output units.
    """

    net: NDArray[Any]
    y: NDArray[Any]
    read: NDArray[Any]
    s_c: NDArray[Any]
    net_k: NDArray[Any]
    y_k: NDArray[Any]


def logistic(x: Any) -> Any:
    """Compute the logistic sigmoid."""
    return 1.0 / (1.0 + np.exp(-x))


def run(
    learner: LSTM,
    w: NDArray[Any],
    w_k: NDArray[Any],
    batch: Batch,
    frozen: NDArray[Any] | None = None,
    **kicks: tuple[int, NDArray[Any]],
) -> Run:
    """Run one sequence, with weights and kicks of any kind of number.

    Paper: Sec. 4; App. A.1 (6)-(9).

    Parameters
    ----------
    learner : LSTM
        Its topology, and its switches.
    w, w_k : arrays
        Weights in the shapes of `lstm97.net.network.Weights`.
    batch : Batch
        One sequence.
    frozen : (n_steps, n_units), optional
        What the hidden layer reads of itself, in place of its own past.
    **kicks : (step, vector)
        What is added to ``net``, ``s_c``, ``y`` or ``net_k`` at one step.

    Raises
    ------
    ValueError
        If the net has a switch that is not followed here.
    """
    check_wiring(learner.wiring, "lstm97_book.equations.second_route", KNOWN, ONLY)
    topology, wiring = learner.topology, learner.wiring
    first, block = topology.first_cell, topology.block_of_cell
    cells = slice(first, first + topology.n_cells)
    inputs = np.eye(topology.n_inputs)[batch.symbols] if len(batch.symbols) else batch.values
    y: NDArray[Any] = np.full(topology.n_units, wiring.initial_y)
    s: NDArray[Any] = np.zeros(topology.n_cells)

    def kicked(name: str, t: int, value: NDArray[Any]) -> NDArray[Any]:
        return value + kicks[name][1] if name in kicks and kicks[name][0] == t else value

    rows = []
    for t, x in enumerate(inputs):
        read = y if frozen is None else frozen[t]
        constants = np.ones(topology.n_constants)
        if topology.constant_unit and t == 0:
            constants[-1] = wiring.initial_y  # reset like every other unit
        sources = np.concatenate([x, read[: topology.n_recurrent], constants])
        net = kicked("net", t, w @ sources)
        y = logistic(net)
        y_in = y[block] if topology.in_gates else 1.0
        y_out = y[topology.n_in + block] if topology.out_gates else 1.0
        s = kicked("s_c", t, s + y_in * (wiring.g_range * y[cells] + wiring.g_low))
        y = y.astype(np.result_type(y, s))
        y[cells] = y_out * (wiring.h_range * logistic(s) + wiring.h_low if wiring.h_range else s)
        y = kicked("y", t, y)
        below = np.concatenate([x[: topology.n_inputs * topology.outputs_see_inputs], y[first:]])
        below = np.concatenate([below, np.ones(topology.n_output_sources - len(below))])
        net_k = kicked("net_k", t, w_k @ below)
        rows.append((net, y, read, s, net_k, net_k if wiring.linear_outputs else logistic(net_k)))
    return Run(*(np.array(column) for column in zip(*rows, strict=True)))


def squared_error(outputs: NDArray[Any], batch: Batch) -> Any:
    """Compute the squared error of one sequence.

    Paper: App. A.1 (16), summed over the steps that have a target.

    Parameters
    ----------
    outputs : (n_steps, n_outputs)
    """
    return ((batch.targets - (outputs if batch.every_step else outputs[-1:])) ** 2).sum()


def by_weights(
    learner: LSTM, w: NDArray[Any], w_k: NDArray[Any], function: Callable[..., Any]
) -> NDArray[np.float64]:
    """Differentiate a function of the weights by each weight into the hidden layer, by complex steps.

    Parameters
    ----------
    w, w_k : float64
    function : callable
        Takes w and w_k; returns an array.

    Returns
    -------
    (..., n_units, n_sources) float64
        0 where there is no weight.
    """
    found = None
    for place in zip(*np.nonzero(learner.topology.connected()), strict=True):
        stepped = w.astype(complex)
        stepped[place] += 1j * STEP
        value = np.imag(function(stepped, w_k)) / STEP
        if found is None:
            found = np.zeros((*np.shape(value), *w.shape))
        found[(..., *place)] = value
    assert found is not None
    return found


def unit(size: int, i: int) -> NDArray[np.complex128]:
    """Make a vector whose entry i is a tiny imaginary number, and all others zero.

    Returns
    -------
    (size,) complex128
    """
    vector = np.zeros(size, dtype=complex)
    vector[i] = 1j * STEP
    return vector
