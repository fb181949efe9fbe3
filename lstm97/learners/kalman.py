r"""A recurrent net whose weights are estimated by an extended Kalman filter.

Puskorius and Feldkamp (1994); in the paper Sec. 2, "Kalman filters". The weights are the state to be estimated, and
the targets what is measured. Their covariance says how far each weight may move, and in company with which others.
It is decoupled by nodes: there is one matrix P for each unit, over the weights into it.

At every step with targets, with :math:`H_i` the derivatives of the outputs by the weights into unit i,

.. math::
    A &= \Big(r\, I + \sum_i H_i^T P_i H_i\Big)^{-1} \\
    w_i &\leftarrow w_i + P_i H_i A\, (t - y) \\
    P_i &\leftarrow P_i - P_i H_i A\, H_i^T P_i + q\, I

The derivatives are those of RTRL, carried along in time, and discounted:

.. math::
    \frac{\partial y^i(t)}{\partial w_{lm}} = f'_i(net_i(t)) \Big(
        \gamma \sum_j w_{ij}\, \frac{\partial y^j(t-1)}{\partial w_{lm}} + \delta_{il}\, y^m(t-1) \Big)
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from lstm97.checks import not_negative, positive, real
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import (
    Floats,
    Recurrent,
    RecurrentNet,
    RecurrentTopology,
    add_output_updates,
    net_inputs,
    show_outputs,
)
from lstm97.learners.rtrl import advance_sensitivities
from lstm97.learners.unfolded import LOOP, TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.net.products import add_products
from lstm97.tasks import Batch, Task

#: With more numbers in the covariance matrices than this a step takes longer than anybody wants to wait.
MOST_COVARIANCES = 2_000_000


class Covariances(NamedTuple):
    """How uncertain the weights are.

    Attributes
    ----------
    p : (H, M, M) float64
        Of the weights into each hidden unit; symmetric.
    p_k : (K, S, S) float64
        Of the weights into each output unit.
    """

    p: Floats
    p_k: Floats


class Memory(NamedTuple):
    """Working memory.

    Attributes
    ----------
    dy_dw, dy_dw_before : (H, H, M) float64
        Sensitivities, now and one step earlier.
    h, g : (H, K, M) float64
        Derivatives of the outputs by the weights into hidden units, and their products with the covariances.
    h_k, g_k : (K, S) float64
        The same of the weights into output units: each has an influence on its own output only.
    dk_dy : (K, H) float64
        Derivatives of the outputs by the hidden units' activations.
    g_m : (M, K) float64
        A part of `g`, by the weight from m.
    gap, v : (K,) float64
        Target minus output; the same weighted by A.
    inverse : (K, K) float64
        Inverse of the Cholesky factor of 1/A.
    """

    dy_dw: Floats
    dy_dw_before: Floats
    h: Floats
    g: Floats
    h_k: Floats
    g_k: Floats
    dk_dy: Floats
    g_m: Floats
    gap: Floats
    v: Floats
    inverse: Floats


@compiled
def output_derivatives(wiring, w_k, y_k, slope, dk_dy, dy_dw, symbol, values, t, y, h, h_k):
    r"""Compute the derivatives of the outputs by all weights.

    .. math::
        \frac{\partial y^k}{\partial w_{lm}} = f'_k \sum_i w_{ki}\, \frac{\partial y^i}{\partial w_{lm}}, \qquad
        \frac{\partial y^k}{\partial w_{km}} = f'_k\, y^m

    Parameters
    ----------
    wiring : RecurrentWiring
    w_k : (K, S) float64
    y_k : (K,) float64
    slope : (K,) float64
    dk_dy : (K, H) float64
        Working memory.
    dy_dw : (H, H, M) float64
        Of hidden unit i by the weight to l from m.
    symbol, values, t, y
        As in `lstm97.learners.recurrent.compute_outputs`.
    h : (H, K, M) float64
        Result, by the weight to l from m.
    h_k : (K, S) float64
        Result, by the weights into that output unit.
    """
    first = wiring.n_inputs if wiring.outputs_see_inputs else 0
    n_hidden, n_outputs, _ = h.shape
    for k in range(n_outputs):
        slope[k] = f_prime(y_k[k])
        for i in range(n_hidden):
            dk_dy[k, i] = slope[k] * w_k[k, first + i]
    h[:, :, :] = 0.0
    for l in range(n_hidden):
        add_products(dk_dy, 0, dy_dw[:, l], h[l])
    h_k[:, :] = 0.0
    add_output_updates(wiring, 1.0, slope, symbol, values, t, y, h_k)


@compiled
def invert_factor(matrix):
    r"""Replace a symmetric positive matrix by the inverse of its Cholesky factor.

    .. math:: M = L L^T, \qquad M^{-1} = (L^{-1})^T L^{-1}

    Parameters
    ----------
    matrix : (K, K) float64
        Only its lower triangle is read, and becomes that of :math:`L^{-1}`; the rest is left alone.
    """
    for a in range(matrix.shape[0]):
        for b in range(a + 1):
            for c in range(b):
                matrix[a, b] -= matrix[a, c] * matrix[b, c]
            if b < a:
                matrix[a, b] /= matrix[b, b]
        matrix[a, a] = np.sqrt(matrix[a, a])
    for b in range(matrix.shape[0]):
        matrix[b, b] = 1.0 / matrix[b, b]
        for a in range(b + 1, matrix.shape[0]):
            matrix[a, b] *= matrix[b, b]
            for c in range(b + 1, a):
                matrix[a, b] += matrix[a, c] * matrix[c, b]
            matrix[a, b] /= -matrix[a, a]


@compiled
def measure(p, p_k, h, h_k, g, g_k, g_m, noise, gap, inverse, v):
    r"""Compute A, and how much each output's error is to count.

    .. math:: 1/A = r\, I + \sum_i H_i^T P_i H_i, \qquad v = A\, (t - y)

    Parameters
    ----------
    p, p_k, h, h_k, gap
        As in `Covariances` and `Memory`.
    g : (H, K, M) float64
        Result: :math:`P_i H_i`.
    g_k : (K, S) float64
        Result: the same of output units.
    g_m : (M, K) float64
        Working memory.
    noise : float
        Variance of what is measured, r.
    inverse : (K, K) float64
        Result: inverse of the Cholesky factor of 1/A, a lower triangle.
    v : (K,) float64
        Result.
    """
    n_hidden, n_outputs, n_sources = h.shape
    g[:, :, :] = 0.0
    g_k[:, :] = 0.0
    inverse[:, :] = 0.0
    for k in range(n_outputs):
        add_products(h_k[k : k + 1], 0, p_k[k], g_k[k : k + 1])  # P is symmetric
        inverse[k, k] = noise
        for m in range(g_k.shape[1]):
            inverse[k, k] += h_k[k, m] * g_k[k, m]
    for l in range(n_hidden):
        add_products(h[l], 0, p[l], g[l])
        for m in range(n_sources):
            for k in range(n_outputs):
                g_m[m, k] = g[l, k, m]
        add_products(h[l], 0, g_m, inverse)
    invert_factor(inverse)
    for k in range(n_outputs):
        v[k] = 0.0
    for a in range(n_outputs):
        part = 0.0
        for b in range(a + 1):
            part += inverse[a, b] * gap[b]
        for b in range(a + 1):
            v[b] += inverse[a, b] * part


@compiled
def correct(w, w_k, p, p_k, g, g_k, z, drift, inverse, v):
    r"""Move the weights to where the measurement says, and make their covariances smaller.

    The covariances lose a product of a matrix with its own transpose, so they stay symmetric to the last bit. What
    they gain keeps them positive, and the filter awake.

    .. math:: w_i \leftarrow w_i + G_i v, \qquad
        P_i \leftarrow P_i - Z_i Z_i^T + q\, I, \qquad Z_i = G_i (L^{-1})^T

    Parameters
    ----------
    w, w_k : float64
        Weights, changed in place.
    p, p_k : float64
        As in `Covariances`, changed in place.
    g, g_k, inverse, v
        From `measure`; `g` becomes minus `z`.
    z : (H, K, M) float64
        Working memory.
    drift : float
        Variance that every weight gains, q.
    """
    n_hidden, n_outputs, n_sources = g.shape
    z[:, :, :] = 0.0
    for l in range(n_hidden):
        for a in range(n_outputs):
            for m in range(n_sources):
                w[l, m] += g[l, a, m] * v[a]
            add_products(inverse[a : a + 1], 0, g[l, : a + 1], z[l, a : a + 1])
        for a in range(n_outputs):
            for m in range(n_sources):
                g[l, a, m] = -z[l, a, m]
        add_products(g[l].T, 0, z[l], p[l])
        for m in range(n_sources):
            p[l, m, m] += drift
    for k in range(n_outputs):
        a_kk = 0.0
        for a in range(k, n_outputs):
            a_kk += inverse[a, k] * inverse[a, k]
        for m in range(g_k.shape[1]):
            w_k[k, m] += g_k[k, m] * v[k]
            for n in range(m + 1):
                p_k[k, m, n] -= a_kk * g_k[k, m] * g_k[k, n]
                p_k[k, n, m] = p_k[k, m, n]
            p_k[k, m, m] += drift


@compiled
def present(
    wiring,
    transposed,
    state,
    covariances,
    memory,
    noise,
    drift,
    discount,
    symbols,
    values,
    offsets,
    targets,
    every_step,
    outputs,
):
    """Present sequences one after the other, and learn at every step with targets.

    Parameters
    ----------
    wiring : RecurrentWiring
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    state : RecurrentState
    covariances : Covariances
        Changed in place.
    memory : Memory
    noise, drift, discount : float
        See `Kalman`.
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k = transposed.w.T, transposed.w_k.T
    y, y_before, net, y_k, slope, _ = state
    p, p_k = covariances
    dy_dw, dy_dw_before, h, g, h_k, g_k, dk_dy, g_m, gap, v, inverse = memory
    symbol = -1
    for s in range(offsets.size - 1):
        y[:] = wiring.initial_y
        dy_dw[:, :, :] = 0.0
        last = offsets[s + 1] - 1
        for t in range(offsets[s], last + 1):
            if symbols.size > 0:
                symbol = symbols[t]
            net_inputs(wiring, w, symbol, values, t, y, net)
            for i in range(y.size):
                y_before[i] = y[i]
                y[i] = f(net[i])
                if discount != 1.0:
                    for l in range(y.size):
                        for m in range(w.shape[1]):
                            dy_dw[i, l, m] *= discount
            advance_sensitivities(wiring, w, symbol, values, t, y_before, y, dy_dw, dy_dw_before)
            if every_step or t == last:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row)
                for k in range(y_k.size):
                    gap[k] = targets[row, k] - y_k[k]
                output_derivatives(wiring, w_k, y_k, slope, dk_dy, dy_dw, symbol, values, t, y, h, h_k)
                measure(p, p_k, h, h_k, g, g_k, g_m, noise, gap, inverse, v)
                correct(w, w_k, p, p_k, g, g_k, h, drift, inverse, v)


@dataclass
class KalmanNet(RecurrentNet):
    """A net with the covariances of its weights.

    Attributes
    ----------
    covariances : Covariances
    """

    covariances: Covariances


@dataclass(frozen=True)
class Kalman(Recurrent):
    """Estimate the weights of a conventional recurrent net by an extended Kalman filter, decoupled by nodes.

    Where gradient descent takes one learning rate for all weights, the filter remembers what it has seen of each of
    a unit's weights, in company with its others. So it needs fewer sequences. A step costs what it costs with RTRL;
    with targets, also the square of the number of weights into each unit, and the cube of the number of outputs.

    Weights change at every step with targets, while sensitivities still hold derivatives by earlier weights, as in
    on-line RTRL. What no derivative reaches is not learned by the filter either: derivatives over many steps vanish,
    and Puskorius and Feldkamp discount them on top of that. Here they don't, unless `discount` is below 1. They also
    let their variances r and q fall in the course of training; here they stay the same.

    Paper: Sec. 2, "Kalman filters".

    Parameters
    ----------
    topology, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    alpha : float
        A learning rate: the variance r of what is measured is 1 / alpha.
    variance : float
        Of every weight before learning, on the diagonals of the matrices P.
    drift : float
        Variance q that every weight gains at every step with targets.
    discount : float
        Factor gamma of the sensitivities at every step; 1 for exact derivatives.

    Raises
    ------
    ValueError
        If one of the numbers is out of range, if output units are part of the recurrent layer, or if the matrices
        would be too large.
    """

    variance: float = 100.0
    drift: float = 1e-4
    discount: float = 1.0

    name = "kalman"
    title = "Extended Kalman filter"
    unfolded = Unfolded(same_step=(TOP,), carried=(LOOP,))

    @classmethod
    def for_task(  # type: ignore[override]  # alpha has a default of its own
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int | None = None,
        alpha: float = 1.0,
        weight_range: float | None = None,
        variance: float = 100.0,
        drift: float = 1e-4,
        discount: float = 1.0,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden)
        # No step along a gradient: the row's learning rate doesn't apply.
        return cls(topology, alpha, like.weight_range(weight_range), variance, drift, discount)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.topology.fully_recurrent:
            raise ValueError("topology: the filter is for a net with an output layer; let fully_recurrent be false")
        positive("alpha", self.alpha)
        positive("variance", self.variance)
        not_negative("drift", self.drift)
        real("discount", self.discount, "a number from 0 to 1", lambda x: 0.0 <= x <= 1.0)
        n = sum(n_rows * n_columns**2 for n_rows, n_columns in (self.layer_shape, self.topology.output_shape))
        if n > MOST_COVARIANCES:
            topology = self.topology
            raise ValueError(
                f"n_hidden is {topology.n_hidden}, with {topology.n_inputs} inputs and {topology.n_outputs} outputs: "
                f"the filter would carry {n:,} covariances, {8 * n / 1e6:,.0f} MB, and takes at most "
                f"{MOST_COVARIANCES:,}; give fewer hidden units, or a task with fewer symbols"
            )

    def start(self, rng: np.random.Generator) -> KalmanNet:
        """Make a net with initial weights: see `Recurrent.start`."""
        net = super().start(rng)
        matrices = (
            np.tile(self.variance * np.eye(n_columns), (n_rows, 1, 1))
            for n_rows, n_columns in (self.layer_shape, self.topology.output_shape)
        )
        return KalmanNet(net.weights, net.state, Covariances(*matrices))

    def copy(self, net: RecurrentNet) -> KalmanNet:
        """Copy a net, so that later training leaves the copy alone: see `Recurrent.copy`."""
        assert isinstance(net, KalmanNet)
        copied = super().copy(net)
        return KalmanNet(copied.weights, copied.state, Covariances(*(one.copy() for one in net.covariances)))

    def arrays(self, net: Any) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        yield from super().arrays(net)
        shapes = self.layer_shape, self.topology.output_shape
        for name, matrices, (n_rows, n_columns) in zip(("p", "p_k"), net.covariances, shapes, strict=True):
            yield name, matrices, (n_rows, n_columns, n_columns)

    def train(self, net: KalmanNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        present(
            self.wiring,
            net.weights.transposed(),
            net.state,
            net.covariances,
            self._new_memory(),
            1.0 / self.alpha,
            self.drift,
            self.discount,
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            batch.every_step,
            outputs,
        )
        return outputs

    def _new_memory(self) -> Memory:
        n_hidden, n_sources = self.layer_shape
        n_outputs, n_below = self.topology.output_shape
        return Memory(
            dy_dw=np.empty((n_hidden, n_hidden, n_sources)),
            dy_dw_before=np.empty((n_hidden, n_hidden, n_sources)),
            h=np.empty((n_hidden, n_outputs, n_sources)),
            g=np.empty((n_hidden, n_outputs, n_sources)),
            h_k=np.empty((n_outputs, n_below)),
            g_k=np.empty((n_outputs, n_below)),
            dk_dy=np.empty((n_outputs, n_hidden)),
            g_m=np.empty((n_sources, n_outputs)),
            gap=np.empty(n_outputs),
            v=np.empty(n_outputs),
            inverse=np.empty((n_outputs, n_outputs)),
        )
