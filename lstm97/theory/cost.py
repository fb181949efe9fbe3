r"""What learning costs: operations that are counted while they happen, and storage.

Paper: App. A.1 (29) and the paragraph around it; Sec. 4, "Computational complexity" and footnote 3. The functions of
`lstm97.network` run here as plain Python on numbers that count. No clock is involved, so the result is the same on
every machine.
"""

from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97 import network
from lstm97.learners.lstm import LSTM
from lstm97.tasks import Batch
from lstm97.topology import Topology

Floats = NDArray[np.float64]

#: Functions of `lstm97.network` that learning needs besides the forward pass, in the order of a time step.
BACKWARD = (
    "advance_derivatives",
    "output_errors",
    "hidden_layer_errors",
    "add_output_updates",
    "add_hidden_updates",
    "add_out_gate_updates",
    "add_cell_updates",
)


class Counter:
    """Counts multiplications of its numbers."""

    def __init__(self) -> None:
        self.products = 0

    def array(self, values: Any) -> NDArray[Any]:
        """Make an array of numbers that count.

        Parameters
        ----------
        values : array-like

        Returns
        -------
        ndarray of object, the same shape
        """
        values = np.asarray(values, dtype=np.float64)
        counting = np.empty(values.shape, dtype=object)
        for place, value in np.ndenumerate(values):
            counting[place] = Number(float(value), self)
        return counting


class Number:
    """A number that reports every multiplication it takes part in; additions go along with them uncounted."""

    def __init__(self, value: float, counter: Counter) -> None:
        self.value, self.counter = value, counter

    def _with(self, value: float) -> "Number":
        return Number(value, self.counter)

    def __add__(self, other: Any) -> "Number":
        return self._with(self.value + _value(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Number":
        return self._with(self.value - _value(other))

    def __rsub__(self, other: Any) -> "Number":
        return self._with(_value(other) - self.value)

    def __mul__(self, other: Any) -> "Number":
        self.counter.products += 1
        return self._with(self.value * _value(other))

    __rmul__ = __mul__

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > _value(other))

    def __truediv__(self, other: Any) -> "Number":
        self.counter.products += 1
        return self._with(self.value / _value(other))


def _value(number: Any) -> float:
    return number.value if isinstance(number, Number) else float(number)


def interpreted() -> dict[str, Any]:
    """Make plain Python functions of the compiled ones in `lstm97.network`, which call each other.

    Returns
    -------
    dict
        Functions by name.
    """
    namespace: dict[str, Any] = dict(vars(network))
    for name in network.__dict__:
        function = getattr(namespace[name], "py_func", None)
        # f stays compiled: it works on the bits of a number
        if function is not None and (function.__module__ == network.__name__ or name == "f_prime"):
            namespace[name] = FunctionType(function.__code__, namespace, name)
    return namespace


def products_per_step(topology: Topology) -> int:
    r"""Count the multiplications of one time step's backward pass, with an error at that step.

    Paper: App. A.1, (19)-(28). Inputs are real-valued, so that no column is skipped.

    Parameters
    ----------
    topology : Topology

    Returns
    -------
    int
    """
    learner = LSTM(topology, alpha=1.0, weight_range=0.1)
    net = learner.start(np.random.default_rng(0))
    functions, counter, wiring = interpreted(), Counter(), learner.wiring
    weights = [counter.array(part) for part in net.weights]
    y, y_before, _, ds_dw, y_k, _, sigma, g_c, h_c, ds_dnet, e_k, e_y = (
        counter.array(np.full(part.shape, 0.5)) for part in net.state
    )
    _, w_k, dw, dw_k, _ = weights
    x, targets = counter.array(np.full((1, topology.n_inputs), 0.5)), counter.array(np.ones((1, topology.n_outputs)))
    block, source = topology.block_of_cell, (-1, x, 0)
    arguments = {
        "advance_derivatives": (block, *source, y_before, sigma, g_c, ds_dnet, ds_dw),
        "output_errors": (targets, 0, y_k, e_k),
        "hidden_layer_errors": (w_k, e_k, e_y),
        "add_output_updates": (e_k, *source, y, dw_k),
        "add_hidden_updates": (block, e_y, sigma, *source, y_before, dw),
        "add_out_gate_updates": (block, e_y, sigma, h_c, *source, y_before, dw),
        "add_cell_updates": (block, e_y, sigma, h_c, ds_dw, dw),
    }
    for name in BACKWARD:
        functions[name](wiring, *arguments[name])
    return counter.products


def line_fit(x: Any, y: Any) -> tuple[float, float, float]:
    """Fit a straight line by least squares.

    Parameters
    ----------
    x, y : (n,) array-like

    Returns
    -------
    slope, intercept, r_squared : float
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept), float(1.0 - (y - slope * x - intercept).var() / y.var())


# ---------------------------------------------------------------------------- two others, in a fully recurrent net


class Recurrent(NamedTuple):
    r"""One sequence of a fully recurrent net, as the counted algorithms need it.

    Attributes
    ----------
    w : (n, n)
        ``w[to, from]``.
    y : (n_steps + 1, n)
        Activations at the steps 0, ..., n_steps.
    f_prime : (n_steps, n)
        :math:`f'(net)` at the steps 1, ..., n_steps.
    error : (n_steps, n)
        :math:`d_k - y^k` at the same steps; 0 for units without a target.
    """

    w: NDArray[Any]
    y: NDArray[Any]
    f_prime: NDArray[Any]
    error: NDArray[Any]


class Gradient(NamedTuple):
    """What an algorithm computed, and what it kept for it.

    Attributes
    ----------
    dw : (n, n)
        Sum of the contributions to the updates, without alpha.
    stored : int
        Numbers that had to be kept from step to step, without weights and their updates.
    """

    dw: NDArray[Any]
    stored: int


def rtrl(sequence: Recurrent) -> Gradient:
    r"""Compute the gradient forwards in time, by real-time recurrent learning.

    Paper: Sec. 1, Sec. 4, footnote 3: local in time, not in space.

    .. math:: p^i_{lm}(t) = f'_i \Big( \sum_j w_{ij}\, p^j_{lm}(t-1) + \delta_{il}\, y^m(t-1) \Big), \qquad
        \Delta w_{lm} \propto \sum_t \sum_i (d_i - y^i)\, p^i_{lm}(t)

    Parameters
    ----------
    sequence : Recurrent

    Returns
    -------
    Gradient
    """
    w, y, f_prime, error = sequence
    n = len(w)
    p = np.zeros((n, n, n), dtype=w.dtype)
    dw = np.zeros((n, n), dtype=w.dtype)
    for t in range(len(f_prime)):
        advanced = np.zeros((n, n, n), dtype=w.dtype)
        for i in range(n):
            for l in range(n):
                for m in range(n):
                    total = y[t, m] if i == l else 0.0
                    for j in range(n):
                        total = total + w[i, j] * p[j, l, m]
                    advanced[i, l, m] = f_prime[t, i] * total
                    dw[l, m] = dw[l, m] + error[t, i] * advanced[i, l, m]
        p = advanced
    return Gradient(dw, p.size)


def bptt(sequence: Recurrent) -> Gradient:
    r"""Compute the gradient backwards in time, by backpropagation through time.

    Paper: Sec. 3.1; Sec. 4, footnote 3: local in space, not in time. Every step's activations wait on a stack.

    Parameters
    ----------
    sequence : Recurrent

    Returns
    -------
    Gradient
    """
    w, y, f_prime, error = sequence
    n = len(w)
    dw = np.zeros((n, n), dtype=w.dtype)
    later = np.zeros(n, dtype=w.dtype)
    for t in range(len(f_prime) - 1, -1, -1):
        theta = np.zeros(n, dtype=w.dtype)
        for j in range(n):
            total = error[t, j]
            for i in range(n):
                total = total + w[i, j] * later[i]
            theta[j] = f_prime[t, j] * total
            for l in range(n):
                dw[j, l] = dw[j, l] + theta[j] * y[t, l]
        later = theta
    return Gradient(dw, y.size)


def random_sequence(n: int, n_steps: int, seed: int = 0) -> Recurrent:
    """Run a net of n logistic units with random weights; its last unit has a target at every step.

    Parameters
    ----------
    n, n_steps, seed : int

    Returns
    -------
    Recurrent
    """
    rng = np.random.default_rng((seed, n, n_steps))
    w, y = rng.uniform(-1.0, 1.0, (n, n)), np.zeros((n_steps + 1, n))
    y[0] = rng.uniform(size=n)
    for t in range(n_steps):
        y[t + 1] = 1.0 / (1.0 + np.exp(-(w @ y[t])))
    error = np.zeros((n_steps, n))
    error[:, -1] = rng.uniform(size=n_steps) - y[1:, -1]
    return Recurrent(w, y, y[1:] * (1.0 - y[1:]), error)


def products_of(algorithm: Any, n: int, n_steps: int = 2) -> float:
    """Count an algorithm's multiplications per time step in a fully recurrent net.

    Parameters
    ----------
    algorithm : callable
        `rtrl` or `bptt`.
    n : int
        Number of units; the net has n * n weights.
    n_steps : int

    Returns
    -------
    float
    """
    counter = Counter()
    algorithm(Recurrent(*(counter.array(part) for part in random_sequence(n, n_steps))))
    return counter.products / n_steps


def exponent(sizes: Any, counts: Any) -> float:
    """Fit the exponent of a power law: the slope of log(count) over log(size).

    Parameters
    ----------
    sizes, counts : (n,) array-like

    Returns
    -------
    float
    """
    return line_fit(np.log(np.asarray(sizes, dtype=np.float64)), np.log(np.asarray(counts, dtype=np.float64)))[0]


def bytes_kept(learner: LSTM, n_steps: int) -> int:
    """Train a net on one sequence of random inputs, and measure what it keeps from step to step.

    Paper: App. A.1, "LSTM's storage complexity".

    Parameters
    ----------
    learner : LSTM
    n_steps : int

    Returns
    -------
    int
        Bytes of the state after the run, derivatives included; weights and the sequence itself are not in it.
    """
    rng = np.random.default_rng(n_steps)
    net, topology = learner.start(rng), learner.topology
    values = rng.uniform(-1.0, 1.0, (n_steps, topology.n_inputs))
    targets = rng.uniform(size=(1, topology.n_outputs))
    learner.train(net, Batch(np.empty(0, dtype=np.int64), values, np.array([0, n_steps]), targets))
    return sum(part.nbytes for part in net.state)
