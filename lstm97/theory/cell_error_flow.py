r"""Error flow through a memory cell: App. A.2, (30)-(41), truncated and in full.

An error that arrives at a cell's output at step t is carried back. Where the paper writes a derivative of one error
by another, the functions here return that factor; the errors themselves come from `carry_back`, which puts the
pieces together for a whole run. Everything rests on a `Flow`: the derivatives that errors meet in one run of a net.
Steps are counted from 0 in arrays.

In print (33) is only right for the truncated rule. In full, the factor from state to state in (30) already holds the
way through the cell's own output, and so does the error (31): taken together they count that way twice. `carry_back`
leaves it in (31) alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm97.learners.lstm import LSTM, Net
from lstm97.net.network import check_wiring
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.theory.by_hand import one_sequence
from lstm97.theory.truncation import steps

Floats = NDArray[np.float64]

#: Fields of `lstm97.net.network.Wiring` that errors within the hidden layer meet, and those that lie behind it.
KNOWN = (
    *("n_inputs", "n_in", "n_out", "n_recurrent", "g_range", "g_low", "h_range", "h_low"),
    *("initial_y", "constant_unit"),
    *("outputs_see_inputs", "linear_outputs", "error_derivative", "error_scale", "update"),
)
ONLY = {"output_delay": (0, "Reading.output_timing 'same step'")}


class Flow(NamedTuple):
    r"""What errors meet on their way back through one run of a net.

    Attributes
    ----------
    w : (n_units, n_units) float64
        Weights among the units of the hidden layer, ``w[to, from]``.
    in_gate, out_gate, cell : (n_cells,) int64
        For every cell the index of its input gate, its output gate and itself in the hidden layer; -1 for a gate
        that the topology lacks.
    f_prime : (n_steps, n_units) float64
        :math:`f'(net)` of gates and conventional hidden units; 0 for cells, which have :math:`g'`.
    y_in, y_out : (n_steps, n_cells) float64
        Activations of every cell's gates; 1 for a gate that is lacking.
    f_prime_in, f_prime_out : (n_steps, n_cells) float64
        Their derivatives; 0 for a gate that is lacking.
    g, g_prime, h, h_prime : (n_steps, n_cells) float64
        :math:`g(net_c)`, :math:`g'(net_c)`, :math:`h(s_c)`, :math:`h'(s_c)`.
    """

    w: Floats
    in_gate: NDArray[np.int64]
    out_gate: NDArray[np.int64]
    cell: NDArray[np.int64]
    f_prime: Floats
    y_in: Floats
    y_out: Floats
    f_prime_in: Floats
    f_prime_out: Floats
    g: Floats
    g_prime: Floats
    h: Floats
    h_prime: Floats


class Errors(NamedTuple):
    r"""Errors at every step of a run, as `carry_back` returns them.

    Attributes
    ----------
    net : (n_steps, n_units) float64
        :math:`\vartheta` at the net inputs of the hidden layer's units.
    s_c : (n_steps, n_cells) float64
        :math:`\vartheta_{s_c}` at the internal states.
    """

    net: Floats
    s_c: Floats


def record(learner: LSTM, net: Net, batch: Batch) -> Flow:
    """Run one sequence and write down the derivatives that errors meet.

    Paper: App. A.2.

    Parameters
    ----------
    net : Net
        Left as it is.
    batch : Batch
        One sequence.

    Raises
    ------
    ValueError
        If the batch is not one sequence, or outputs come one step later.
    """
    check_wiring(learner.wiring, "lstm97.theory.cell_error_flow", KNOWN, ONLY)
    if len(batch) != 1:
        raise ValueError(f"the batch holds {len(batch)} sequences: give one, for instance batch.first(1)")
    topology, wiring = learner.topology, learner.wiring
    first, n_cells, block = topology.first_cell, topology.n_cells, topology.block_of_cell
    rows = [
        (state.sigma.copy(), state.g_c.copy(), state.h_c.copy()) for _, _, state in steps(learner, net.weights, batch)
    ]
    sigma, g, h = (np.array(column) for column in zip(*rows, strict=True))
    cells = slice(first, first + n_cells)
    f_prime = sigma * (1.0 - sigma)
    g_prime = wiring.g_range * f_prime[:, cells]
    f_prime[:, cells] = 0.0
    if wiring.h_range:
        f_of_s = (h - wiring.h_low) / wiring.h_range
        h_prime = wiring.h_range * f_of_s * (1.0 - f_of_s)
    else:
        h_prime = np.ones_like(h)
    w = np.zeros((topology.n_units, topology.n_units))
    if topology.recurrent:
        w[:] = net.weights.w[:, topology.n_inputs : topology.n_inputs + topology.n_units]
    none, ones, zeros = np.full(n_cells, -1), np.ones_like(g), np.zeros_like(g)
    in_gate = block if topology.in_gates else none
    out_gate = topology.n_in + block if topology.out_gates else none
    return Flow(
        w=w,
        in_gate=in_gate,
        out_gate=out_gate,
        cell=np.arange(first, first + n_cells),
        f_prime=f_prime,
        y_in=sigma[:, in_gate] if topology.in_gates else ones,
        y_out=sigma[:, out_gate] if topology.out_gates else ones,
        f_prime_in=f_prime[:, in_gate] if topology.in_gates else zeros,
        f_prime_out=f_prime[:, out_gate] if topology.out_gates else zeros,
        g=g,
        g_prime=g_prime,
        h=h,
        h_prime=h_prime,
    )


def of_random_net(topology: Topology, weight_range: float, n_steps: int, in_gate_bias: float, seed: int) -> Flow:
    """Write down what errors meet in a net of random weights that reads noise.

    Parameters
    ----------
    topology : Topology
        With one output unit.
    weight_range : float
        Weights are drawn within it.
    n_steps : int
        Steps of noise, uniform between -1 and 1.
    in_gate_bias : float
        Added to the biases of all input gates.
    seed : int
        Of weights and noise.
    """
    rng = np.random.default_rng(seed)
    learner = LSTM(topology, 0.1, weight_range, in_gate_bias=(in_gate_bias,) * topology.n_in)
    net = learner.start(rng)
    return record(learner, net, one_sequence(rng.uniform(-1.0, 1.0, (n_steps, topology.n_inputs))))


def state_factors(flow: Flow, truncated: bool) -> Floats:
    r"""Compute the factor from every internal state to the one a step earlier, for all steps of a run.

    Paper: App. A.2 (30), (35). Of the sums over all units u only u = c is left, the cell itself: nothing else of the
    step before depends on the cell's state of the step before.

    .. math::
        \frac{\partial s_c(t)}{\partial s_c(t-1)} = 1
        + \Big[\frac{\partial y^{in}(t)}{\partial y^c(t-1)} \frac{\partial y^c(t-1)}{\partial s_c(t-1)}\Big]
          g(net_c(t))
        + y^{in}(t)\, g'(net_c(t))
          \Big[\frac{\partial net_c(t)}{\partial y^c(t-1)} \frac{\partial y^c(t-1)}{\partial s_c(t-1)}\Big]
        \approx_{tr} 1

    Parameters
    ----------
    truncated : bool
        Whether the derivatives in brackets are replaced by zero.

    Returns
    -------
    (n_steps - 1, n_cells) float64
        Row t: from step t + 1 to step t.
    """
    if truncated:
        return np.ones((len(flow.g) - 1, len(flow.cell)))
    return 1.0 + flow.y_out[:-1] * flow.h_prime[:-1] * returning_factors(flow)


def returning_factors(flow: Flow) -> Floats:
    r"""Compute how an error at a state returns to the cell's own output one step earlier, for all steps of a run.

    Paper: App. A.2 (34), before truncation, which replaces it by zero. The error leaves the cell through its net
    input or its input gate and comes back along the weights from the cell's output.

    .. math::
        \frac{\partial \vartheta_c(t)}{\partial \vartheta_{s_c}(t+1)}
        = w_{c\,c}\, y^{in}(t+1)\, g'(net_c(t+1)) + w_{in\,c}\, f'_{in}(net_{in}(t+1))\, g(net_c(t+1))
        \approx_{tr} 0

    Returns
    -------
    (n_steps - 1, n_cells) float64
        Row t: from the state at step t + 1 to the output at step t.
    """
    w_cc, w_in_c = flow.w[flow.cell, flow.cell], flow.w[flow.in_gate, flow.cell]
    through_cell = cell_error(flow.g_prime[1:], flow.y_in[1:], 1.0)
    through_gate = in_gate_error(flow.f_prime_in[1:], flow.g[1:], 1.0)
    return w_cc * through_cell + w_in_c * through_gate


def arriving_error(w: ArrayLike, later: ArrayLike) -> Floats:
    r"""Collect the error that arrives at the units' outputs from the step after.

    Paper: App. A.2 (31).

    .. math:: \vartheta_j(t) := \sum_i w_{ic_j}\, \vartheta_i(t+1)

    Parameters
    ----------
    w : (n, n) array-like
        ``w[to, from]``.
    later : (n,) array-like
        :math:`\vartheta_i(t+1)` at the net inputs.

    Returns
    -------
    (n,) float64
    """
    return np.asarray(later, dtype=np.float64) @ np.asarray(w, dtype=np.float64)


def out_gate_error(f_prime_out: ArrayLike, h: ArrayLike, error: ArrayLike) -> Floats:
    r"""Compute the error at the output gate's net input.

    Paper: App. A.2 (32). A block's gate gets the sum over its cells.

    .. math:: \vartheta_{out}(t) \approx_{tr} f'_{out}(net_{out}(t))\, h(s_c(t))\, \vartheta_c(t)

    Parameters
    ----------
    error : array-like
        What arrives at the cell's output.

    Returns
    -------
    float64, the common shape
    """
    return np.asarray(f_prime_out) * np.asarray(h) * np.asarray(error)


def state_error(
    factor: ArrayLike, later: ArrayLike, y_out: ArrayLike, h_prime: ArrayLike, error: ArrayLike
) -> Floats:
    r"""Compute the error at the internal state.

    Paper: App. A.2 (33).

    .. math::
        \vartheta_{s_c}(t) = \frac{\partial s_c(t+1)}{\partial s_c(t)}\, \vartheta_{s_c}(t+1)
        + y^{out}(t)\, h'(s_c(t))\, \vartheta_c(t)

    Parameters
    ----------
    factor : array-like
        From state to state: 1, see `carry_back`.
    later : array-like
        :math:`\vartheta_{s_c}(t+1)`.
    error : array-like
        What arrives at the cell's output.

    Returns
    -------
    float64, the common shape
    """
    return np.asarray(factor) * np.asarray(later) + np.asarray(y_out) * np.asarray(h_prime) * np.asarray(error)


def cell_error(g_prime: ArrayLike, y_in: ArrayLike, error_s: ArrayLike) -> Floats:
    r"""Compute the error at the cell's net input.

    Paper: App. A.2 (36).

    .. math:: \vartheta_c(t) = g'(net_c(t))\, y^{in}(t)\, \vartheta_{s_c}(t)

    Returns
    -------
    float64, the common shape
    """
    return np.asarray(g_prime) * np.asarray(y_in) * np.asarray(error_s)


def in_gate_error(f_prime_in: ArrayLike, g: ArrayLike, error_s: ArrayLike) -> Floats:
    r"""Compute the error at the input gate's net input.

    Paper: App. A.2 (37). A block's gate gets the sum over its cells.

    .. math:: \vartheta_{in}(t) \approx_{tr} f'_{in}(net_{in}(t))\, g(net_c(t))\, \vartheta_{s_c}(t)

    Returns
    -------
    float64, the common shape
    """
    return np.asarray(f_prime_in) * np.asarray(g) * np.asarray(error_s)


def external_error(f_prime: ArrayLike, arriving: ArrayLike) -> Floats:
    r"""Compute the error that comes to a gate or a conventional hidden unit from outside.

    Paper: App. A.2 (38); the sum is that of (31).

    .. math:: \vartheta^e_v(t) = f'_v(net_v(t)) \sum_l w_{lv}\, \vartheta_l(t+1)

    Parameters
    ----------
    arriving : array-like
        From `arriving_error`.

    Returns
    -------
    float64, the common shape
    """
    return np.asarray(f_prime) * np.asarray(arriving)


def external_factors(flow: Flow, c: int, v: int) -> Floats:
    r"""Compute how an error at a cell's output would reach another unit from outside, one step earlier.

    Paper: App. A.2 (39), before truncation, which replaces it by zero.

    .. math::
        \frac{\partial \vartheta^e_v(t-1)}{\partial \vartheta_c(t)} = f'_v(net_v(t-1)) \Big(
        \frac{\partial\vartheta_{out}(t)}{\partial\vartheta_c(t)}\, w_{out\,v}
        + \frac{\partial\vartheta_{in}(t)}{\partial\vartheta_c(t)}\, w_{in\,v}
        + \frac{\partial\vartheta_{c_j}(t)}{\partial\vartheta_c(t)}\, w_{c\,v} \Big) \approx_{tr} 0

    Parameters
    ----------
    c : int
        The cell, counted from 0.
    v : int
        A gate or a conventional hidden unit, by its index in the hidden layer.

    Returns
    -------
    (n_steps - 1,) float64
        Row t: from the cell at step t + 1 to the unit at step t.
    """
    later = slice(1, None)
    into_state = flow.y_out[later, c] * flow.h_prime[later, c]
    returned = (
        out_gate_error(flow.f_prime_out[later, c], flow.h[later, c], 1.0) * flow.w[flow.out_gate[c], v]
        + in_gate_error(flow.f_prime_in[later, c], flow.g[later, c], into_state) * flow.w[flow.in_gate[c], v]
        + cell_error(flow.g_prime[later, c], flow.y_in[later, c], into_state) * flow.w[flow.cell[c], v]
    )
    return external_error(flow.f_prime[:-1, v], returned)


def factor_to_state(flow: Flow, c: int, q: int) -> float:
    r"""Compute the factor from a cell's output at the last step to its internal state q steps earlier.

    Paper: App. A.2 (40), truncated. In print the state of the first case stands at t - q + 1; it has to be t.

    .. math::
        \frac{\partial \vartheta_{s_c}(t-q)}{\partial \vartheta_c(t)} \approx_{tr} \begin{cases}
        \partial y^c(t) / \partial s_c(t) & q = 0 \\
        \frac{\partial s_c(t-q+1)}{\partial s_c(t-q)}\,
        \frac{\partial \vartheta_{s_c}(t-q+1)}{\partial \vartheta_c(t)} & q > 0
        \end{cases}

    Parameters
    ----------
    c : int
        The cell, counted from 0.
    q : int
        Steps back.

    Raises
    ------
    ValueError
        If the run has no step that far back.
    """
    _check_lag(flow, q)
    factor = float(flow.y_out[-1, c] * flow.h_prime[-1, c])
    by_step = state_factors(flow, truncated=True)[:, c]
    for m in range(1, q + 1):
        factor *= float(by_step[len(by_step) - m])
    return factor


def factors_through_cell(flow: Flow, c: int, q: int) -> tuple[float, float]:
    r"""Compute the factor from a cell's output at the last step to its two inputs q steps earlier.

    Paper: App. A.2 (41), truncated.

    .. math::
        \frac{\partial \vartheta_v(t-q)}{\partial \vartheta_c(t)} \approx_{tr} y^{out}(t)\, h'(s_c(t)) \begin{cases}
        g'(net_c(t-q))\, y^{in}(t-q) & v = c \\
        g(net_c(t-q))\, f'_{in}(net_{in}(t-q)) & v = in
        \end{cases}

    Parameters
    ----------
    flow, c, q
        As in `factor_to_state`, with the same errors.

    Returns
    -------
    to_cell, to_in_gate : float
        It depends on the two ends of the way, and not on how long it is.
    """
    _check_lag(flow, q)
    entering, leaving = flow.y_out[-1, c] * flow.h_prime[-1, c], len(flow.g) - 1 - q
    return (
        float(entering * flow.g_prime[leaving, c] * flow.y_in[leaving, c]),
        float(entering * flow.g[leaving, c] * flow.f_prime_in[leaving, c]),
    )


def carry_back(flow: Flow, at_cells: ArrayLike, truncated: bool) -> Errors:
    r"""Carry errors that arrive at the cells' outputs back through a whole run.

    Paper: App. A.2 (31)-(33), (36)-(38), step by step.

    Parameters
    ----------
    at_cells : (n_steps, n_cells) array-like
        Errors that come to the cells' outputs from output units.
    truncated : bool
        Whether errors that leave cells, gates or conventional hidden units into the past are cut. If not, they go
        on to whatever unit they came from.
    """
    at_cells = np.asarray(at_cells, dtype=np.float64)
    n_steps, n_units = flow.f_prime.shape
    net, s_c = np.zeros((n_steps, n_units)), np.zeros((n_steps, len(flow.cell)))
    later, later_s = np.zeros(n_units), np.zeros(len(flow.cell))
    for t in range(n_steps - 1, -1, -1):
        arriving = np.zeros(n_units) if truncated else arriving_error(flow.w, later)
        error = at_cells[t] + arriving[flow.cell]
        s_c[t] = state_error(1.0, later_s, flow.y_out[t], flow.h_prime[t], error)
        net[t] = external_error(flow.f_prime[t], arriving)
        net[t, flow.cell] = cell_error(flow.g_prime[t], flow.y_in[t], s_c[t])
        to_out = out_gate_error(flow.f_prime_out[t], flow.h[t], error)
        to_in = in_gate_error(flow.f_prime_in[t], flow.g[t], s_c[t])
        for c in range(len(flow.cell)):
            if flow.out_gate[c] >= 0:
                net[t, flow.out_gate[c]] += to_out[c]
            if flow.in_gate[c] >= 0:
                net[t, flow.in_gate[c]] += to_in[c]
        later, later_s = net[t], s_c[t]
    return Errors(net, s_c)


def sensitivity(flow: Flow, kick: ArrayLike) -> tuple[Floats, Floats]:
    r"""Follow a small change of the first step's net inputs forwards through a run: errors the other way round.

    Not in the paper: what a net still feels of its first input, which is what error flow is about.

    Parameters
    ----------
    kick : (n_units,) array-like
        Change of every net input at the first step, for instance the weights from one input unit.

    Returns
    -------
    dy : (n_steps, n_units) float64
        Change of the activations.
    ds : (n_steps, n_cells) float64
        Change of the internal states.
    """
    n_steps, n_units = flow.f_prime.shape
    dy, ds = np.zeros((n_steps, n_units)), np.zeros((n_steps, len(flow.cell)))
    d_net, d_s = np.asarray(kick, dtype=np.float64), np.zeros(len(flow.cell))
    for t in range(n_steps):
        dy[t] = flow.f_prime[t] * d_net
        d_in = flow.f_prime_in[t] * d_net[flow.in_gate]
        d_out = flow.f_prime_out[t] * d_net[flow.out_gate]
        d_s = d_s + d_in * flow.g[t] + flow.y_in[t] * flow.g_prime[t] * d_net[flow.cell]
        dy[t, flow.cell] = d_out * flow.h[t] + flow.y_out[t] * flow.h_prime[t] * d_s
        ds[t] = d_s
        d_net = flow.w @ dy[t]
    return dy, ds


def _check_lag(flow: Flow, q: int) -> None:
    if not 0 <= q < len(flow.g):
        raise ValueError(f"q is {q}; a run of {len(flow.g)} steps allows 0 to {len(flow.g) - 1} steps back")
