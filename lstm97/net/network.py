r"""The network of 1997 and its learning rule, equation by equation.

Paper: Sec. 4 and App. A.1, (6)-(9), (14), (19)-(28). One function per group of equations, each of which Numba
compiles without fast-math; its ``.py_func`` is the plain Python that you read, and gives the same bits.

Order of work in a time step (Sec. 5): set the inputs, compute the hidden layer, compute the outputs. So
:math:`y^u(t-1)` in the appendix means the previous step for units of the hidden layer, the current step for input
units, and output units read the cells of the current step.

Arrays
------
U hidden-layer units (input gates, output gates, cells, conventional hidden units: `lstm97.net.topology`), C cells,
M sources (inputs, hidden layer, constants), K outputs. Derivatives of the internal states are stacked:
``ds_dw[:C]`` is :math:`\partial s_c / \partial w_{in}` and ``ds_dw[C:]`` is :math:`\partial s_c / \partial w_c`.
Two-dimensional arrays are column-major: a source's column is contiguous, so that a one-hot input touches one
column only and the units of a step are computed side by side.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import column_major, compiled
from lstm97.net.topology import Topology

Floats = NDArray[np.float64]

AT_SEQUENCE_END, AT_EVERY_STEP, IN_NEXT_SEQUENCE = 0, 1, 2


@column_major
class Weights(NamedTuple):
    """The weights of a net, and their pending updates.

    Attributes
    ----------
    w : (U, M) float64
        Weights into the hidden layer, ``w[to, from]``.
    w_k : (K, sources of the outputs) float64
        Weights into the output layer.
    dw, dw_k : float64, the same shapes
        Sum of the contributions to the next update, without the learning rate.
    exists : (U, M) float64
        1 where the topology has a weight, else 0.
    due : (1,) float64
        1 if a sequence is over whose update is to come in the next one (`IN_NEXT_SEQUENCE`), else 0.
    """

    w: Floats
    w_k: Floats
    dw: Floats
    dw_k: Floats
    exists: Floats
    due: Floats


@column_major
class State(NamedTuple):
    """What changes within a sequence; its size does not depend on the sequence's length.

    Attributes
    ----------
    y, y_before : (U,) float64
        Activations of the hidden layer at this step, and at the one before.
    constants : (M - inputs - recurrent units,) float64
        Activations of the constant sources at the step before: the bias, then the constant unit, if there are such.
        They are 1, but for the constant unit before a sequence's first step: it is reset like every other unit.
    s_c : (C,) float64
        Internal states.
    ds_dw : (2 C, M) float64
        Derivatives of the internal states (25), (27): rows ``[:C]`` for the input gate's weights, ``[C:]`` for the
        cell's.
    y_k : (K,) float64
        Activations of the output units.
    net, sigma : (U,) float64
        Net inputs, and their logistic sigmoids.
    g_c, h_c : (C,) float64
        Squashed cell net inputs and internal states.
    ds_dnet : (2 C,) float64
        Derivatives of this step's increment of the internal states by the net inputs of input gate and cell.
    e_k : (K,) float64
        Output units' errors (19).
    e_y : (C + H,) float64
        Errors arriving at the outputs of cells and conventional hidden units.
    """

    y: Floats
    y_before: Floats
    constants: Floats
    s_c: Floats
    ds_dw: Floats
    y_k: Floats
    net: Floats
    sigma: Floats
    g_c: Floats
    h_c: Floats
    ds_dnet: Floats
    e_k: Floats
    e_y: Floats


class Wiring(NamedTuple):
    """The sizes and switches that the equations need, from `Topology` and `Reading`.

    Attributes
    ----------
    n_inputs, n_in, n_out, n_recurrent : int
        Input units, input gates, output gates, hidden-layer units that the hidden layer sees.
    outputs_see_inputs : bool
        Whether input units feed output units.
    g_range, g_low : float
        Length and lower end of the range of g: 4 and -2 in the text.
    h_range, h_low : float
        The same of h: 2 and -1 in the text. A range of 0 stands for the identity, h(s) = s.
    linear_outputs : bool
        Whether output units are linear instead of logistic.
    error_derivative : bool
        Whether an output unit's error (19) has the factor f'.
    error_scale : float
        1 for (19) as printed, 2 for the derivative of (16).
    initial_y : float
        Activation of every hidden-layer unit before a sequence's first step.
    output_delay : int
        0 if output units read the layers below at the same step, 1 if at the step before. Then the outputs of a
        sequence's first step are those of the reset hidden layer, without input.
    update : int
        When weights change: `AT_SEQUENCE_END`, `AT_EVERY_STEP` or `IN_NEXT_SEQUENCE`: at the end of its first step,
        whose own contributions, made with the old weights, join the update.
    constant_unit : bool
        Whether the last constant source is a unit of the hidden layer: see `lstm97.net.topology.Topology`.
    """

    n_inputs: int
    n_in: int
    n_out: int
    n_recurrent: int
    outputs_see_inputs: bool
    g_range: float
    g_low: float
    h_range: float
    h_low: float
    linear_outputs: bool
    error_derivative: bool
    error_scale: float
    initial_y: float
    output_delay: int
    update: int
    constant_unit: bool


def check_wiring(
    wiring: Wiring, route: str, known: Collection[str], only: Mapping[str, tuple[Any, str]] | None = None
) -> None:
    """Refuse a net with a switch that another route to its numbers does not know.

    Whatever computes what these functions compute in another way says here which fields of `Wiring` it has thought
    of; so a new field is refused until that is done, even where it has its ordinary value.

    Parameters
    ----------
    route : str
        What the other route is called.
    known : names
        Fields that it follows, or that do not bear on what it computes.
    only : mapping from names to (value, setting)
        Fields of which it knows one value, each with the setting that gives it.

    Raises
    ------
    ValueError
        If a field is not among these, or has another value.
    """
    only = only or {}
    for name, value in wiring._asdict().items():
        if name in only:
            needed, setting = only[name]
            if value != needed:
                raise ValueError(f"{name} is {value}, but {route} knows {needed} only: give {setting}")
        elif name not in known:
            raise ValueError(
                f"{name} is unknown to {route}: let it follow this field of Wiring, and add it to what it knows"
            )


def _columns(*shape: int) -> Floats:
    return np.zeros(shape, order="F")


def zero_weights(topology: Topology) -> Weights:
    """Make the weights of a net, all zero."""
    hidden, output = (
        (topology.n_units, topology.n_sources),
        (topology.n_outputs, topology.n_output_sources),
    )
    exists = np.asfortranarray(topology.connected().astype(np.float64))
    return Weights(
        _columns(*hidden), _columns(*output), _columns(*hidden), _columns(*output), exists, due=np.zeros(1)
    )


def new_state(topology: Topology) -> State:
    """Make a state; `reset` sets it before each sequence."""
    n_units, n_cells, n_outputs = topology.n_units, topology.n_cells, topology.n_outputs
    return State(
        y=np.zeros(n_units),
        y_before=np.zeros(n_units),
        constants=np.ones(topology.n_constants),
        s_c=np.zeros(n_cells),
        ds_dw=_columns(2 * n_cells, topology.n_sources),
        y_k=np.zeros(n_outputs),
        net=np.zeros(n_units),
        sigma=np.zeros(n_units),
        g_c=np.zeros(n_cells),
        h_c=np.zeros(n_cells),
        ds_dnet=np.zeros(2 * n_cells),
        e_k=np.zeros(n_outputs),
        e_y=np.zeros(n_cells + topology.n_hidden),
    )


@compiled
def reset(wiring, y, constants, s_c, ds_dw):
    """Forget the sequence: activations, internal states and their derivatives.

    Paper: Sec. 5, common conditions; Sec. 4, s_c(0) = 0.

    Parameters
    ----------
    wiring : Wiring
    y : (U,) float64
    constants : (n_constants,) float64
    s_c : (C,) float64
    ds_dw : (2 C, M) float64
        All are set in place.
    """
    y[:] = wiring.initial_y
    if wiring.constant_unit:
        constants[constants.size - 1] = wiring.initial_y
    s_c[:] = 0.0
    ds_dw[:, :] = 0.0


@compiled
def net_inputs(wiring, w, symbol, values, t, y, constants, net):
    r"""Compute the net inputs of the hidden layer.

    Paper: App. A.1, first lines of (6)-(9).

    .. math:: net_l(t) = \sum_u w_{lu}\, y^u(t-1)

    Parameters
    ----------
    wiring : Wiring
    w : (U, M) float64
    symbol : int
        The one input unit that is 1, or -1 if the input is not one-hot. Only its column is looked up.
    values : (n_steps, n_inputs) or (n_steps, 0) float64
        Input activations of every step if the input is not one-hot.
    t : int
        The step, a row of `values`.
    y : (U,) float64
        Activations of the hidden layer at t-1.
    constants : (n_constants,) float64
        Activations of the constant sources at t-1.
    net : (U,) float64
        Result, in the order: inputs, hidden layer, constants.
    """
    n_units = net.size
    if symbol >= 0:
        for l in range(n_units):
            net[l] = w[l, symbol]
    else:
        for l in range(n_units):
            net[l] = w[l, 0] * values[t, 0]
        for m in range(1, values.shape[1]):
            x_m = values[t, m]
            for l in range(n_units):
                net[l] += w[l, m] * x_m
    for u in range(wiring.n_recurrent):
        y_u = y[u]
        for l in range(n_units):
            net[l] += w[l, wiring.n_inputs + u] * y_u
    first_constant = wiring.n_inputs + wiring.n_recurrent
    for n in range(constants.size):
        for l in range(n_units):
            net[l] += w[l, first_constant + n] * constants[n]


@compiled
def squash(wiring, net, sigma, g_c):
    r"""Squash the net inputs: :math:`f_l(net_l)` of every unit, and :math:`g(net_c)` of every cell.

    Paper: App. A.1 (3), (5), second lines of (6)-(8).

    Parameters
    ----------
    wiring : Wiring
    net : (U,) float64
    sigma : (U,) float64
        Result: the logistic sigmoid of every net input. It is a gate's or a conventional hidden unit's activation.
    g_c : (C,) float64
        Result: g of the cells' net inputs, with g(x) = g_range f(x) + g_low.
    """
    for l in range(net.size):
        sigma[l] = f(net[l])
    first_cell = wiring.n_in + wiring.n_out
    for v in range(g_c.size):
        g_c[v] = wiring.g_range * sigma[first_cell + v] + wiring.g_low


@compiled
def advance_derivatives(wiring, block_of_cell, symbol, values, t, y, constants, sigma, g_c, ds_dnet, ds_dw):
    r"""Advance the derivatives of the internal states, the only ones that are kept from step to step.

    Paper: App. A.1 (14), which is (25) for the input gate and (27) for the cell.

    .. math::
        \frac{\partial s_c(t)}{\partial w_{in\,m}} &= \frac{\partial s_c(t-1)}{\partial w_{in\,m}}
            + g(net_c(t))\, f'_{in}(net_{in}(t))\, y^m(t-1) \\
        \frac{\partial s_c(t)}{\partial w_{c\,m}} &= \frac{\partial s_c(t-1)}{\partial w_{c\,m}}
            + g'(net_c(t))\, y^{in}(t)\, y^m(t-1)

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    symbol, values, t
        Input at t, as in `net_inputs`. Of a one-hot input, one column changes.
    y, constants
        Activations at t-1, as in `net_inputs`.
    sigma : (U,) float64
    g_c : (C,) float64
    ds_dnet : (2 C,) float64
        Result: the factors before y^m(t-1).
    ds_dw : (2 C, M) float64
        Advanced in place.
    """
    n_cells, n_rows = g_c.size, ds_dnet.size
    first_cell = wiring.n_in + wiring.n_out
    for v in range(n_cells):
        g_prime = wiring.g_range * f_prime(sigma[first_cell + v])
        if wiring.n_in:
            y_in = sigma[block_of_cell[v]]
            ds_dnet[v] = g_c[v] * f_prime(y_in)
            ds_dnet[n_cells + v] = g_prime * y_in
        else:
            ds_dnet[v] = 0.0
            ds_dnet[n_cells + v] = g_prime
    if symbol >= 0:
        for r in range(n_rows):
            ds_dw[r, symbol] += ds_dnet[r]
    else:
        for m in range(values.shape[1]):
            x_m = values[t, m]
            for r in range(n_rows):
                ds_dw[r, m] += ds_dnet[r] * x_m
    for u in range(wiring.n_recurrent):
        y_u = y[u]
        for r in range(n_rows):
            ds_dw[r, wiring.n_inputs + u] += ds_dnet[r] * y_u
    first_constant = wiring.n_inputs + wiring.n_recurrent
    for n in range(constants.size):
        for r in range(n_rows):
            ds_dw[r, first_constant + n] += ds_dnet[r] * constants[n]


@compiled
def advance_cells(wiring, block_of_cell, sigma, g_c, s_c, h_c, y):
    r"""Advance the hidden layer: gates, memory cell blocks, conventional hidden units.

    Paper: Sec. 4; App. A.1 (6)-(9).

    .. math:: s_c(t) = s_c(t-1) + y^{in}(t)\, g(net_c(t)), \qquad y^c(t) = y^{out}(t)\, h(s_c(t))

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    sigma : (U,) float64
    g_c, s_c, h_c : (C,) float64
        g(net_c(t)); internal states, advanced in place; result h(s_c(t)).
    y : (U,) float64
        Result: activations of the hidden layer at t.
    """
    first_cell = wiring.n_in + wiring.n_out
    for v in range(s_c.size):
        y_in = sigma[block_of_cell[v]] if wiring.n_in else 1.0
        s_c[v] += y_in * g_c[v]
    for v in range(s_c.size):
        h_c[v] = wiring.h_range * f(s_c[v]) + wiring.h_low if wiring.h_range > 0.0 else s_c[v]
    for l in range(y.size):
        y[l] = sigma[l]
    for v in range(s_c.size):
        y_out = sigma[wiring.n_in + block_of_cell[v]] if wiring.n_out else 1.0
        y[first_cell + v] = y_out * h_c[v]


@compiled
def advance_hidden_layer(wiring, block_of_cell, w, state, symbol, values, t):
    """Take the hidden layer's part of a time step.

    Paper: Sec. 5, processing steps (1) and (2) of a time step; App. A.1 (6)-(9), (14).

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    w : (U, M) float64
    state : State
        After step t-1, with the constants as they were then; all of the hidden layer in it advances to t.
    symbol, values, t
        Input at t, as in `net_inputs`.
    """
    y, y_before, constants, s_c, ds_dw, _, net, sigma, g_c, h_c, ds_dnet, _, _ = state
    net_inputs(wiring, w, symbol, values, t, y, constants, net)
    squash(wiring, net, sigma, g_c)
    advance_derivatives(wiring, block_of_cell, symbol, values, t, y, constants, sigma, g_c, ds_dnet, ds_dw)
    for u in range(y.size):
        y_before[u] = y[u]
    advance_cells(wiring, block_of_cell, sigma, g_c, s_c, h_c, y)


@compiled
def output_units(wiring, w_k, symbol, values, t, y, y_k):
    r"""Compute the output units' activations.

    Paper: App. A.1, the unnumbered equations after (9).

    .. math:: net_k(t) = \sum_{u\ \text{not a gate}} w_{ku}\, y^u(t), \qquad y^k(t) = f(net_k(t))

    Parameters
    ----------
    wiring : Wiring
    w_k : (K, sources of the outputs) float64
        Columns: inputs (if seen), cells, conventional hidden units, the constant 1 (if biased).
    symbol, values, t
        Input at t, as in `net_inputs`.
    y : (U,) float64
        Activations of the hidden layer.
    y_k : (K,) float64
        Result.
    """
    first_cell = wiring.n_in + wiring.n_out
    n_hidden_sources = y.size - first_cell
    first = wiring.n_inputs if wiring.outputs_see_inputs else 0
    for k in range(y_k.size):
        y_k[k] = 0.0
    if wiring.outputs_see_inputs:
        if symbol >= 0:
            for k in range(y_k.size):
                y_k[k] += w_k[k, symbol]
        else:
            for m in range(values.shape[1]):
                for k in range(y_k.size):
                    y_k[k] += w_k[k, m] * values[t, m]
    for n in range(n_hidden_sources):
        for k in range(y_k.size):
            y_k[k] += w_k[k, first + n] * y[first_cell + n]
    for m in range(first + n_hidden_sources, w_k.shape[1]):
        for k in range(y_k.size):
            y_k[k] += w_k[k, m]
    if not wiring.linear_outputs:
        for k in range(y_k.size):
            y_k[k] = f(y_k[k])


@compiled
def output_errors(wiring, targets, row, y_k, e_k):
    r"""Compute the output units' errors.

    Paper: App. A.1 (19). The derivative of (16) has a factor of 2 that (19) lacks: `Reading.error`.

    .. math:: e_k(t) = f'_k(net_k(t))\,(t^k(t) - y^k(t))

    Parameters
    ----------
    wiring : Wiring
    targets : (n, K) float64
    row : int
        The row of `targets` that counts.
    y_k : (K,) float64
    e_k : (K,) float64
        Result.
    """
    for k in range(y_k.size):
        derivative = f_prime(y_k[k]) if wiring.error_derivative else 1.0
        e_k[k] = wiring.error_scale * derivative * (targets[row, k] - y_k[k])


@compiled
def hidden_layer_errors(wiring, w_k, e_k, e_y):
    r"""Propagate the output errors back to the outputs of cells and conventional hidden units.

    Paper: App. A.1, the sum that (20), (21) and (23) share.

    .. math:: e_{y^n}(t) = \sum_k w_{kn}\, e_k(t)

    Parameters
    ----------
    wiring : Wiring
    w_k : (K, sources of the outputs) float64
    e_k : (K,) float64
    e_y : (C + H,) float64
        Result.
    """
    first = wiring.n_inputs if wiring.outputs_see_inputs else 0
    for n in range(e_y.size):
        e_y[n] = 0.0
        for k in range(e_k.size):
            e_y[n] += w_k[k, first + n] * e_k[k]


@compiled
def add_output_updates(wiring, e_k, symbol, values, t, y, dw_k):
    r"""Add this step's contribution to the updates of the weights to output units.

    Paper: App. A.1 (22), l = k, with the source activations that the output units read.

    .. math:: \Delta w_{km}(t) = \alpha\, e_k(t)\, y^m(t)

    Parameters
    ----------
    wiring : Wiring
    e_k : (K,) float64
    symbol, values, t, y
        As in `output_units`.
    dw_k : (K, sources of the outputs) float64
        Sum of the contributions, without alpha; added to in place.
    """
    first_cell = wiring.n_in + wiring.n_out
    n_hidden_sources = y.size - first_cell
    first = 0
    if wiring.outputs_see_inputs:
        first = wiring.n_inputs
        for k in range(e_k.size):
            if symbol >= 0:
                dw_k[k, symbol] += e_k[k]
            else:
                for m in range(values.shape[1]):
                    dw_k[k, m] += e_k[k] * values[t, m]
    for n in range(n_hidden_sources):
        for k in range(e_k.size):
            dw_k[k, first + n] += e_k[k] * y[first_cell + n]
    for m in range(first + n_hidden_sources, dw_k.shape[1]):
        for k in range(e_k.size):
            dw_k[k, m] += e_k[k]


@compiled
def add_row_update(wiring, e_l, l, symbol, values, t, y_before, constants, dw):
    r"""Add this step's contribution to the updates of the weights to one gate or conventional hidden unit.

    Paper: App. A.1 (22).

    .. math:: \Delta w_{lm}(t) = \alpha\, e_l(t)\, y^m(t-1)

    Parameters
    ----------
    wiring : Wiring
    e_l : float
        The unit's error.
    l : int
        The unit's index in the hidden layer.
    symbol, values, t
        Input at t, as in `net_inputs`.
    y_before, constants : (U,), (n_constants,) float64
        Activations of the hidden layer and of the constant sources at t-1.
    dw : (U, M) float64
        Sum of the contributions, without alpha; row l is added to in place.
    """
    if symbol >= 0:
        dw[l, symbol] += e_l
    else:
        for m in range(values.shape[1]):
            dw[l, m] += e_l * values[t, m]
    for u in range(wiring.n_recurrent):
        dw[l, wiring.n_inputs + u] += e_l * y_before[u]
    first_constant = wiring.n_inputs + wiring.n_recurrent
    for n in range(constants.size):
        dw[l, first_constant + n] += e_l * constants[n]


@compiled
def add_hidden_updates(wiring, block_of_cell, e_y, sigma, symbol, values, t, y_before, constants, dw):
    r"""Add the contributions to the weights of conventional hidden units.

    Paper: App. A.1 (20), (22).

    .. math:: e_i(t) = f'_i(net_i(t)) \sum_k w_{ki}\, e_k(t)

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    e_y : (C + H,) float64
    sigma : (U,) float64
    symbol, values, t, y_before, constants, dw
        As in `add_row_update`.
    """
    first_cell = wiring.n_in + wiring.n_out
    for n in range(block_of_cell.size, e_y.size):
        l = first_cell + n
        add_row_update(wiring, f_prime(sigma[l]) * e_y[n], l, symbol, values, t, y_before, constants, dw)


@compiled
def add_out_gate_updates(wiring, block_of_cell, e_y, sigma, h_c, symbol, values, t, y_before, constants, dw):
    r"""Add the contributions to the weights of output gates.

    Paper: App. A.1 (21), (22).

    .. math:: e_{out_j}(t) = f'_{out_j}(net_{out_j}(t)) \sum_v h(s_{c_j^v}(t)) \sum_k w_{kc_j^v}\, e_k(t)

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    e_y : (C + H,) float64
    sigma : (U,) float64
    h_c : (C,) float64
    symbol, values, t, y_before, constants, dw
        As in `add_row_update`.
    """
    for j in range(wiring.n_out):
        error = 0.0
        for v in range(h_c.size):
            if block_of_cell[v] == j:
                error += h_c[v] * e_y[v]
        l = wiring.n_in + j
        add_row_update(wiring, f_prime(sigma[l]) * error, l, symbol, values, t, y_before, constants, dw)


@compiled
def h_derivative(wiring, h_c):
    r"""Differentiate h where its value is `h_c`.

    Paper: App. A.1 (4), as it enters (23).

    Parameters
    ----------
    wiring : Wiring
    h_c : float

    Returns
    -------
    float
    """
    if wiring.h_range > 0.0:
        return wiring.h_range * f_prime((h_c - wiring.h_low) / wiring.h_range)
    return 1.0


@compiled
def add_cell_updates(wiring, block_of_cell, e_y, sigma, h_c, ds_dw, dw):
    r"""Add the contributions to the weights of input gates and cells, through the internal states.

    Paper: App. A.1 (23), (26), (28).

    .. math::
        e_{s_{c_j^v}}(t) &= y^{out_j}(t)\, h'(s_{c_j^v}(t)) \sum_k w_{kc_j^v}\, e_k(t) \\
        \Delta w_{in_jm}(t) &= \alpha \sum_v e_{s_{c_j^v}}(t)\,
            \frac{\partial s_{c_j^v}(t)}{\partial w_{in_jm}}, \qquad
        \Delta w_{c_j^vm}(t) = \alpha\, e_{s_{c_j^v}}(t)\, \frac{\partial s_{c_j^v}(t)}{\partial w_{c_j^vm}}

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    e_y : (C + H,) float64
        The cells' entries become the errors of their internal states, e_s.
    sigma : (U,) float64
    h_c : (C,) float64
    ds_dw : (2 C, M) float64
    dw : (U, M) float64
        Sum of the contributions, without alpha; added to in place.
    """
    n_cells = h_c.size
    first_cell = wiring.n_in + wiring.n_out
    e_s = e_y  # the same memory: e_y has done its work
    for v in range(n_cells):
        j = block_of_cell[v]
        y_out = sigma[wiring.n_in + j] if wiring.n_out else 1.0
        h_prime = h_derivative(wiring, h_c[v])
        e_s[v] = y_out * h_prime * e_y[v]
    for v in range(n_cells):  # one row after the other: there are fewer cells than sources
        for m in range(dw.shape[1]):
            dw[first_cell + v, m] += e_s[v] * ds_dw[n_cells + v, m]
        if wiring.n_in:
            for m in range(dw.shape[1]):
                dw[block_of_cell[v], m] += e_s[v] * ds_dw[v, m]


@compiled
def apply_updates(w, w_k, dw, dw_k, exists, alpha):
    r"""Change the weights by the sum of the contributions, and forget the contributions.

    Paper: App. A.1, "each weight's total update"; (17).

    Parameters
    ----------
    w, w_k : float64
        Weights, changed in place.
    dw, dw_k : float64
        Sums of the contributions; zero afterwards.
    exists : (U, M) float64
        Which weights the topology has.
    alpha : float
        Learning rate.
    """
    # in the order of memory, as one row: a column is too short to fill vector registers
    w_row, dw_row, exists_row = w.T.reshape(w.size), dw.T.reshape(dw.size), exists.T.reshape(exists.size)
    for n in range(w_row.size):
        w_row[n] += alpha * (exists_row[n] * dw_row[n])
        dw_row[n] = 0.0
    for m in range(w_k.shape[1]):
        for k in range(w_k.shape[0]):
            w_k[k, m] += alpha * dw_k[k, m]
            dw_k[k, m] = 0.0


@compiled
def hidden_layer_derivatives(wiring, block_of_cell, sigma, h_c, ds_dw, symbol, values, t, y_before, constants, dy_dw):
    r"""Compute the truncated derivatives of cells and conventional hidden units by every weight of the hidden layer.

    Paper: App. A.1 (11), (13), (15); (12) has entered (14), which is `advance_derivatives`. Learning does not need
    this function, since the backward pass (19)-(28) gives the same update at less cost: a test holds the two to
    each other.

    .. math::
        \frac{\partial y^i}{\partial w_{lm}} \approx_{tr} \delta_{li}\, f'_i\, y^m(t-1), \qquad
        \frac{\partial y^c}{\partial w_{lm}} \approx_{tr}
            \delta_{out\,l}\, \frac{\partial y^{out}}{\partial w_{lm}}\, h(s_c)
            + (\delta_{in\,l} + \delta_{cl})\, h'(s_c)\, \frac{\partial s_c}{\partial w_{lm}}\, y^{out}

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    sigma : (U,) float64
    h_c : (C,) float64
    ds_dw : (2 C, M) float64
    symbol, values, t
        Input at t, as in `net_inputs`.
    y_before, constants : (U,), (n_constants,) float64
        Activations of the hidden layer and of the constant sources at t-1.
    dy_dw : (C + H, U, M) float64
        Result.
    """
    n_cells, n_sources = h_c.size, ds_dw.shape[1]
    first_cell = wiring.n_in + wiring.n_out
    first_constant = wiring.n_inputs + wiring.n_recurrent
    dy_dw[:, :, :] = 0.0
    for n in range(dy_dw.shape[0]):
        is_cell = n < n_cells
        j = block_of_cell[n] if is_cell else 0
        h_prime = 0.0
        l = first_cell + n
        factor = f_prime(sigma[l])
        if is_cell:
            h_prime = h_derivative(wiring, h_c[n])
            l = wiring.n_in + j
            factor = f_prime(sigma[l]) * h_c[n]
        for m in range(n_sources):
            if m >= first_constant:
                y_m = constants[m - first_constant]
            elif m >= wiring.n_inputs:
                y_m = y_before[m - wiring.n_inputs]
            elif symbol >= 0:
                y_m = 1.0 if m == symbol else 0.0
            else:
                y_m = values[t, m]
            if not is_cell or wiring.n_out:
                dy_dw[n, l, m] = factor * y_m
            if is_cell:
                y_out = sigma[wiring.n_in + j] if wiring.n_out else 1.0
                dy_dw[n, first_cell + n, m] = h_prime * ds_dw[n_cells + n, m] * y_out
                if wiring.n_in:
                    dy_dw[n, j, m] = h_prime * ds_dw[n, m] * y_out


@compiled
def output_derivatives(wiring, w_k, y_k, dy_dw, dy_k_dw):
    r"""Compute the truncated derivatives of the output units by every weight of the hidden layer.

    Paper: App. A.1 (10). The case l = k, weights to the output unit itself, is f' times the source's activation.

    .. math::
        \frac{\partial y^k}{\partial w_{lm}} \approx_{tr}
            f'_k(net_k) \sum_n w_{kn}\, \frac{\partial y^n}{\partial w_{lm}}

    Parameters
    ----------
    wiring : Wiring
    w_k : (K, sources of the outputs) float64
    y_k : (K,) float64
    dy_dw : (C + H, U, M) float64
        From `hidden_layer_derivatives`.
    dy_k_dw : (K, U, M) float64
        Result.
    """
    first = wiring.n_inputs if wiring.outputs_see_inputs else 0
    dy_k_dw[:, :, :] = 0.0
    for k in range(y_k.size):
        derivative = 1.0 if wiring.linear_outputs else f_prime(y_k[k])
        for n in range(dy_dw.shape[0]):
            for l in range(dy_dw.shape[1]):
                for m in range(dy_dw.shape[2]):
                    dy_k_dw[k, l, m] += derivative * w_k[k, first + n] * dy_dw[n, l, m]


@compiled
def finish_step(
    wiring, block_of_cell, weights, state, alpha, symbol, values, t, first, last, i, targets, every_step, outputs
):
    """Do what follows the hidden layer in a time step: outputs, errors and updates, where they are due.

    Paper: App. A.1, (19)-(28); Sec. 5, order of work in a time step.

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    weights : Weights
        Changed in place when they are due.
    state : State
        After the hidden layer's part of step t.
    alpha : float
        Learning rate.
    symbol, values, t
        Input at t, as in `net_inputs`.
    first, last : int
        The sequence's first and last step.
    i : int
        Number of the sequence.
    targets : (n, K) or (n_steps, K) float64
        A row for every sequence, or for every step.
    every_step : bool
        Which of the two.
    outputs : float64, the shape of targets
        Result: where there is a target, its row.
    """
    w, w_k, dw, dw_k, exists, due = weights
    y, y_before, constants, _, ds_dw, y_k, _, sigma, _, h_c, _, e_k, e_y = state
    if wiring.output_delay == 1 and t == first and (every_step or first == last):
        # outputs of the reset hidden layer, before any input: only weights to output units learn
        row = t if every_step else i
        output_units(wiring, w_k, -1, values[:, :0], t, y_before, y_k)
        for k in range(y_k.size):
            outputs[row, k] = y_k[k]
        output_errors(wiring, targets, row, y_k, e_k)
        add_output_updates(wiring, e_k, -1, values[:, :0], t, y_before, dw_k)
        if wiring.update == AT_EVERY_STEP:
            apply_updates(w, w_k, dw, dw_k, exists, alpha)
    target_step = t + wiring.output_delay
    if target_step == last or (every_step and target_step < last):
        row = target_step if every_step else i
        output_units(wiring, w_k, symbol, values, t, y, y_k)
        for k in range(y_k.size):
            outputs[row, k] = y_k[k]
        output_errors(wiring, targets, row, y_k, e_k)
        hidden_layer_errors(wiring, w_k, e_k, e_y)
        add_output_updates(wiring, e_k, symbol, values, t, y, dw_k)
        add_hidden_updates(wiring, block_of_cell, e_y, sigma, symbol, values, t, y_before, constants, dw)
        add_out_gate_updates(wiring, block_of_cell, e_y, sigma, h_c, symbol, values, t, y_before, constants, dw)
        add_cell_updates(wiring, block_of_cell, e_y, sigma, h_c, ds_dw, dw)
        if wiring.update == AT_EVERY_STEP:
            apply_updates(w, w_k, dw, dw_k, exists, alpha)
    if wiring.update == AT_SEQUENCE_END and t == last:
        apply_updates(w, w_k, dw, dw_k, exists, alpha)
    if wiring.update == IN_NEXT_SEQUENCE:
        if t == first and due[0] == 1.0:
            apply_updates(w, w_k, dw, dw_k, exists, alpha)
            due[0] = 0.0
        if t == last:
            due[0] = 1.0


@compiled
def present(wiring, block_of_cell, weights, state, alpha, symbols, values, offsets, targets, every_step, outputs):
    """Present sequences one after the other, and learn from each (on-line learning).

    Paper: Sec. 5, "What's common to Experiments 1-6"; App. A.1.

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
        Block of every cell.
    weights : Weights
        Changed in place. Contributions that a reading leaves pending stay in ``dw`` and ``dw_k``.
    state : State
    alpha : float
        Learning rate. If it is 0, nothing is learned and the derivatives are still advanced.
    symbols : (n_steps,) int64 or (0,)
        The active input unit of every step, if inputs are one-hot.
    values : (n_steps, n_inputs) or (n_steps, 0) float64
        Input activations of every step, if they are not.
    offsets : (n + 1,) int64
        Sequence i holds the steps ``offsets[i]`` to ``offsets[i + 1] - 1``.
    targets : (n, K) or (n_steps, K) float64
        Targets at the sequences' ends, or at every step.
    every_step : bool
        Which of the two.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    one_hot = symbols.size > 0
    symbol = -1
    for i in range(offsets.size - 1):
        reset(wiring, state.y, state.constants, state.s_c, state.ds_dw)
        first, last = offsets[i], offsets[i + 1] - 1
        for t in range(first, last + 1):
            if one_hot:
                symbol = symbols[t]
            advance_hidden_layer(wiring, block_of_cell, weights.w, state, symbol, values, t)
            finish_step(
                wiring,
                block_of_cell,
                weights,
                state,
                alpha,
                symbol,
                values,
                t,
                first,
                last,
                i,
                targets,
                every_step,
                outputs,
            )
            state.constants[:] = 1.0


@compiled
def respond(wiring, block_of_cell, weights, state, symbols, values, offsets, every_step, outputs):
    """Compute the outputs for sequences without learning: the forward pass of `present`.

    Paper: App. A.1, forward pass.

    Parameters
    ----------
    wiring : Wiring
    block_of_cell : (C,) int64
    weights : Weights
    state : State
    symbols, values, offsets, every_step, outputs
        As in `present`.
    """
    w, w_k = weights.w, weights.w_k
    y, _, constants, s_c, ds_dw, y_k, net, sigma, g_c, h_c, _, _, _ = state
    one_hot = symbols.size > 0
    symbol = -1
    for i in range(offsets.size - 1):
        reset(wiring, y, constants, s_c, ds_dw[:, :0])
        first, last = offsets[i], offsets[i + 1] - 1
        for t in range(first, last + 1):
            if wiring.output_delay == 1 and (every_step or t == last):
                # outputs of the step before; at the first step those of the reset hidden layer, without input
                row = t if every_step else i
                if t == first:
                    output_units(wiring, w_k, -1, values[:, :0], t, y, y_k)
                else:
                    output_units(wiring, w_k, symbol, values, t - 1, y, y_k)
                for k in range(y_k.size):
                    outputs[row, k] = y_k[k]
            if one_hot:
                symbol = symbols[t]
            net_inputs(wiring, w, symbol, values, t, y, constants, net)
            squash(wiring, net, sigma, g_c)
            advance_cells(wiring, block_of_cell, sigma, g_c, s_c, h_c, y)
            constants[:] = 1.0
            if wiring.output_delay == 0 and (every_step or t == last):
                row = t if every_step else i
                output_units(wiring, w_k, symbol, values, t, y, y_k)
                for k in range(y_k.size):
                    outputs[row, k] = y_k[k]


def steps(
    wiring: Wiring,
    block_of_cell: NDArray[np.int64],
    weights: Weights,
    state: State,
    symbols: NDArray[np.int64],
    values: Floats,
    first: int,
    last: int,
    frozen: Floats | None = None,
) -> Iterator[tuple[int, int]]:
    """Run one sequence step by step without learning, for whoever wants to look: the loop of `present`, interpreted.

    Paper: App. A.1, forward pass, with (14).

    Parameters
    ----------
    wiring, block_of_cell, weights, state, symbols, values
        As in `present`; the state goes on changing.
    first, last : int
        The sequence's first and last step.
    frozen : (last - first + 1, U) float64, optional
        What the hidden layer reads of itself at every step, in place of its own past.

    Yields
    ------
    t, symbol : int
        The step that is done, and its input unit if inputs are one-hot, else -1. The constants in the state are still
        those that the step has read.
    """
    reset(wiring, state.y, state.constants, state.s_c, state.ds_dw)
    symbol, without_input = -1, values[:, :0]
    for t in range(first, last + 1):
        if wiring.output_delay:
            before = (symbol, values, t - 1) if t > first else (-1, without_input, t)
            output_units(wiring, weights.w_k, *before, state.y, state.y_k)
        if frozen is not None:
            state.y[:] = frozen[t - first]
        if symbols.size:
            symbol = int(symbols[t])
        advance_hidden_layer(wiring, block_of_cell, weights.w, state, symbol, values, t)
        if not wiring.output_delay:
            output_units(wiring, weights.w_k, symbol, values, t, state.y, state.y_k)
        yield t, symbol
        state.constants[:] = 1.0
