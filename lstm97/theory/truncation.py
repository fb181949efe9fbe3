r"""What the truncated gradient is, made measurable: App. A.1 between the equations.

The sign :math:`\approx_{tr}` replaces three derivatives by zero, those of the net inputs of a block's
cells, input gate and output gate by any activation of the step before; (11) does the same for conventional
hidden units. That is the same as to *freeze* these activations: write them down in an ordinary run, then
run the net again with those numbers in place of :math:`y^u(t-1)` wherever the hidden layer reads itself. A
changed weight now acts through the internal states, through gates and outputs of the same step, and no
other way. The derivative of the frozen run is the truncated gradient; that of the ordinary run is the full
one.

Learning uses none of this. It is for looking: `backward_pass` is what `lstm97.net.network.present` sums up,
`forward_derivatives` is the longer way of (10)-(15) to the same numbers, `numerical` asks the error itself.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.learners.base import check_work
from lstm97.learners.lstm import LSTM, Net
from lstm97.net import network
from lstm97.net.network import State, Weights, check_wiring
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

Floats = NDArray[np.float64]

#: Fields of `lstm97.net.network.Wiring` that these functions follow, or that a run without learning does not see.
KNOWN = (
    *("n_inputs", "n_in", "n_out", "n_recurrent", "outputs_see_inputs"),
    *("g_range", "g_low", "h_range", "h_low", "linear_outputs"),
    *("error_derivative", "error_scale", "initial_y", "update", "constant_unit"),
)
ONLY = {"output_delay": (0, "Reading.output_timing 'same step'")}


class Contributions(NamedTuple):
    r"""One sequence's contributions to the updates, summed over its steps, without alpha.

    Paper: App. A.1 (22), (26), (28): :math:`\sum_t \Delta w_{lm}(t) / \alpha`.

    Attributes
    ----------
    w : (n_units, n_sources) float64
        Of the weights into the hidden layer; 0 where there is no weight.
    w_k : (n_outputs, n_output_sources) float64
        Of the weights into the output units.
    """

    w: Floats
    w_k: Floats


def backward_pass(learner: LSTM, net: Net, batch: Batch) -> Contributions:
    """Sum up the contributions of one sequence by the backward pass, the way that learning goes.

    Paper: App. A.1 (19)-(28).

    Parameters
    ----------
    net : Net
        Left as it is.
    batch : Batch
        One sequence.

    Raises
    ------
    ValueError
        If the batch is not one sequence, outputs come one step later, or weights change within the sequence.
    """
    _check(learner, net.weights, batch)
    check_weights_stay(learner, batch)
    weights = learner.copy(net).weights
    for pending in (weights.dw, weights.dw_k, weights.due):
        pending[:] = 0.0
    network.present(
        learner.wiring._replace(update=network.IN_NEXT_SEQUENCE),  # leaves the contributions pending
        learner.topology.block_of_cell,
        weights,
        network.new_state(learner.topology),
        0.0,
        batch.symbols,
        batch.values,
        batch.offsets,
        batch.targets,
        batch.every_step,
        np.empty_like(batch.targets),
    )
    return Contributions(weights.dw * weights.exists, weights.dw_k)


def forward_derivatives(learner: LSTM, net: Net, batch: Batch) -> Floats:
    r"""Sum up the contributions to the hidden layer's weights from the outputs' truncated derivatives.

    Paper: App. A.1 (10)-(15), with (16), (17), and the factor of `Reading.error`.

    .. math:: \sum_t \sum_k (t^k(t) - y^k(t))\, \frac{\partial y^k(t)}{\partial w_{lm}}

    Parameters
    ----------
    learner, net, batch
        As in `backward_pass`, with the same errors, and one if output errors lack f'.

    Returns
    -------
    (n_units, n_sources) float64
        0 where there is no weight.
    """
    _check(learner, net.weights, batch)
    check_weights_stay(learner, batch)
    _check_error(learner)
    topology, wiring, weights = learner.topology, learner.wiring, net.weights
    dy_dw = np.zeros((topology.n_cells + topology.n_hidden, topology.n_units, topology.n_sources))
    dy_k_dw = np.zeros((topology.n_outputs, topology.n_units, topology.n_sources))
    total = np.zeros(weights.w.shape)
    for t, symbol, state in steps(learner, weights, batch):
        row = _target(batch, t)
        if row is None:
            continue
        network.hidden_layer_derivatives(
            wiring,
            topology.block_of_cell,
            state.sigma,
            state.h_c,
            state.ds_dw,
            symbol,
            batch.values,
            t,
            state.y_before,
            state.constants,
            dy_dw,
        )
        network.output_derivatives(wiring, weights.w_k, state.y_k, dy_dw, dy_k_dw)
        total += wiring.error_scale * np.tensordot(batch.targets[row] - state.y_k, dy_k_dw, axes=1)
    return total * weights.exists


def squared_error(learner: LSTM, weights: Weights, batch: Batch, frozen: Floats | None = None) -> float:
    r"""Compute the squared error of one sequence, of an ordinary or of a frozen run.

    Paper: App. A.1 (16), summed over the steps that have a target.

    .. math:: E = \sum_t \sum_k (t^k(t) - y^k(t))^2

    Parameters
    ----------
    batch : Batch
        One sequence.
    frozen : (n_steps, n_units) float64, optional
        What the hidden layer reads of itself at every step, from `recurrent_inputs`.
    """
    _check(learner, weights, batch)
    total = 0.0
    for t, _, state in steps(learner, weights, batch, frozen):
        row = _target(batch, t)
        if row is not None:
            total += float(((batch.targets[row] - state.y_k) ** 2).sum())
    return total


def recurrent_inputs(learner: LSTM, weights: Weights, batch: Batch) -> Floats:
    r"""Write down what the hidden layer reads of itself in an ordinary run, :math:`y^u(t-1)`.

    Parameters
    ----------
    batch : Batch
        One sequence.

    Returns
    -------
    (n_steps, n_units) float64
    """
    _check(learner, weights, batch)
    return np.array([state.y_before.copy() for _, _, state in steps(learner, weights, batch)])


def numerical(learner: LSTM, net: Net, batch: Batch, truncated: bool, step: float = 1e-5) -> Contributions:
    r"""Measure minus one half of the derivative of the squared error, by central differences.

    Paper: App. A.1 (16), (17). One half, because (19) lacks the factor 2 of the derivative of (16); with the factor
    of `Reading.error`.

    .. math:: -\frac12\, \frac{\partial E}{\partial w_{lm}} \approx
        -\frac{E(w_{lm} + \epsilon) - E(w_{lm} - \epsilon)}{4\,\epsilon}

    Parameters
    ----------
    learner, net, batch
        As in `backward_pass`, with the same errors, and one if output errors lack f'.
    truncated : bool
        Whether the run is frozen, which gives the truncated gradient, or ordinary, which gives the full one.
    step : float
        By how much a weight is changed to either side.
    """
    _check(learner, net.weights, batch)
    check_weights_stay(learner, batch)
    _check_error(learner)
    weights = learner.copy(net).weights
    frozen = recurrent_inputs(learner, weights, batch) if truncated else None
    found = Contributions(np.zeros_like(weights.w), np.zeros_like(weights.w_k))
    for values, derivatives, exists in (
        (weights.w, found.w, weights.exists != 0),
        (weights.w_k, found.w_k, np.ones(weights.w_k.shape, dtype=bool)),
    ):
        for place in zip(*np.nonzero(exists), strict=True):
            kept = values[place]
            errors = []
            for sign in (1.0, -1.0):
                values[place] = kept + sign * step
                errors.append(squared_error(learner, weights, batch, frozen))
            values[place] = kept
            derivatives[place] = -learner.wiring.error_scale * (errors[0] - errors[1]) / (4.0 * step)
    return found


def state_derivatives(learner: LSTM, net: Net, batch: Batch) -> tuple[Floats, Floats]:
    r"""Write down the derivatives of the internal states over one sequence.

    Paper: App. A.1 (25), (27): the only derivatives that learning carries from step to step.

    Parameters
    ----------
    learner, net, batch
        As in `backward_pass`, with the same errors.

    Returns
    -------
    ds_dw_in, ds_dw_c : (n_steps, n_cells, n_sources) float64
        By the weights into the input gate of the cell's block, and into the cell.
    """
    _check(learner, net.weights, batch)
    n_cells = learner.topology.n_cells
    ds_dw = np.array([state.ds_dw.copy() for _, _, state in steps(learner, net.weights, batch)])
    return ds_dw[:, :n_cells], ds_dw[:, n_cells:]


def cosine(one: Contributions, other: Contributions) -> float:
    """Compute the cosine of the angle between two gradients, over all weights.

    Returns
    -------
    float
        1 if they point in the same direction, 0 if one says nothing about the other.
    """
    a, b = (np.concatenate([part.w.ravel(), part.w_k.ravel()]) for part in (one, other))
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


class Complexity(NamedTuple):
    """The appendix's counts for a net.

    Attributes
    ----------
    weights : int
        W: K H + K C S + C S I + 2 C I + H I.
    steps : int
        Of the backward pass: K + 2 K H + K C + 2 K S C + H I + C I + 4 C S I.
    stored : int
        Derivatives that are kept: 2 C S I.
    """

    weights: int
    steps: int
    stored: int


def complexity(topology: Topology) -> Complexity:
    r"""Count weights, steps and storage by the formulas of the appendix.

    Paper: App. A.1 (29) and the paragraph around it. K outputs, H conventional hidden units, C blocks of
    S cells, and I sources of the hidden layer. W leaves out the biases of output units; others are in it,
    since the constant 1 is a source. The step count has one slip: (22) for the weights from cells to
    outputs needs K C S steps, not K C.

    Parameters
    ----------
    topology : Topology
        With both kinds of gates, and outputs that don't see the inputs.

    Raises
    ------
    ValueError
        If a gate is missing or outputs see inputs, as the formulas do not cover that.
    """
    if not topology.in_gates or not topology.out_gates or topology.outputs_see_inputs:
        raise ValueError("the formulas of the appendix need both gates, and outputs that don't see the inputs")
    k, h, i = topology.n_outputs, topology.n_hidden, topology.n_sources
    c, cs = topology.n_blocks, topology.n_cells
    return Complexity(
        weights=k * h + k * cs + cs * i + 2 * c * i + h * i,
        steps=k + 2 * k * h + k * c + 2 * k * cs + h * i + c * i + 4 * cs * i,
        stored=2 * cs * i,
    )


def _check(learner: LSTM, weights: Weights, batch: Batch) -> None:
    check_work(learner, Net(weights, network.new_state(learner.topology)), batch)
    if len(batch) != 1:
        raise ValueError(f"the batch holds {len(batch)} sequences: give one, for instance batch.first(1)")
    check_wiring(learner.wiring, "lstm97.theory.truncation", KNOWN, ONLY)


def check_weights_stay(learner: LSTM, batch: Batch) -> None:
    """Check that learning does not change the weights within a sequence, whose contributions are then one sum.

    Raises
    ------
    ValueError
        If weights change at every step, and every step has a target.
    """
    if learner.wiring.update == network.AT_EVERY_STEP and batch.every_step and batch.n_steps > 1:
        raise ValueError(
            "update is 'every step', and every step has a target: contributions are summed up for weights that stay; "
            "give Reading.update 'sequence end'"
        )


def _check_error(learner: LSTM) -> None:
    if not (learner.wiring.error_derivative or learner.wiring.linear_outputs):
        raise ValueError(
            "error_derivative is False, so learning does not follow the squared error, of which this is the "
            'derivative: give Reading.output_error "with f\'"'
        )


def _target(batch: Batch, t: int) -> int | None:
    """Return the row of the targets that belongs to step t, if there is one."""
    if batch.every_step:
        return t
    return 0 if t == batch.n_steps - 1 else None


def steps(
    learner: LSTM, weights: Weights, batch: Batch, frozen: Floats | None = None
) -> Iterator[tuple[int, int, State]]:
    """Run one sequence step by step; yields the step, its symbol, and the state, which goes on changing."""
    check_wiring(learner.wiring, "lstm97.theory.truncation", KNOWN, ONLY)
    block_of_cell, state = learner.topology.block_of_cell, network.new_state(learner.topology)
    for t, symbol in network.steps(
        learner.wiring, block_of_cell, weights, state, batch.symbols, batch.values, 0, batch.n_steps - 1, frozen
    ):
        yield t, symbol, state
