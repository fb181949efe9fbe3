r"""What learning costs: operations that are counted while they happen, and storage.

Paper: App. A.1 (29) and the paragraph around it; Sec. 4, "Computational complexity" and footnote 3. The functions
that learn, those of `lstm97.net.network` and of the learners, run here as plain Python on numbers that count. No
clock is involved, so the result is the same on every machine.
"""

from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm97.learners import BPTT, LSTM, RTRL, RecurrentTopology, bptt, rtrl
from lstm97.net import network
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

#: Functions of `lstm97.net.network` that learning needs besides the forward pass, in the order of a time step.
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
        """Make an array of numbers that count."""
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


def plain_functions(module: ModuleType) -> dict[str, Any]:
    """Make plain Python functions of the compiled ones that a module has and that call each other.

    Parameters
    ----------
    module : module
        `lstm97.net.network`, or a learner's.

    Returns
    -------
    dict
        Functions by name.
    """
    namespace: dict[str, Any] = dict(vars(module))
    for name in vars(module):
        function = getattr(namespace[name], "py_func", None)
        if function is not None and name != "f":  # which stays compiled: it works on the bits of a number
            namespace[name] = FunctionType(function.__code__, namespace, name)
    return namespace


def products_per_step(topology: Topology) -> int:
    r"""Count the multiplications of one time step's backward pass, with an error at that step.

    Paper: App. A.1, (19)-(28). Inputs are real-valued, so that no column is skipped.
    """
    learner = LSTM(topology, alpha=1.0, weight_range=0.1)
    net = learner.start(np.random.default_rng(0))
    functions, counter, wiring = plain_functions(network), Counter(), learner.wiring
    _, w_k, dw, dw_k, _, _ = (counter.array(part) for part in net.weights)
    state = network.State(*(counter.array(np.full(part.shape, 0.5)) for part in net.state))
    y, sigma, h_c, ds_dw, y_k, e_k, e_y = (
        getattr(state, name) for name in ("y", "sigma", "h_c", "ds_dw", "y_k", "e_k", "e_y")
    )
    x, targets = counter.array(np.full((1, topology.n_inputs), 0.5)), counter.array(np.ones((1, topology.n_outputs)))
    block, source = topology.block_of_cell, (-1, x, 0)
    read = (*source, state.y_before, state.constants)
    arguments = {
        "advance_derivatives": (block, *read, sigma, state.g_c, state.ds_dnet, ds_dw),
        "output_errors": (targets, 0, y_k, e_k),
        "hidden_layer_errors": (w_k, e_k, e_y),
        "add_output_updates": (e_k, *source, y, dw_k),
        "add_hidden_updates": (block, e_y, sigma, *read, dw),
        "add_out_gate_updates": (block, e_y, sigma, h_c, *read, dw),
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


def fully_recurrent(n: int) -> RecurrentTopology:
    """Make a fully recurrent net with one input unit, whose last unit is the output unit.

    Paper: Sec. 4, footnote 3, and App. A.1, end of "Computational complexity".

    Parameters
    ----------
    n : int
        Number of units; the net has n (n + 1) weights.
    """
    return RecurrentTopology(n_inputs=1, n_hidden=n - 1, n_outputs=1, fully_recurrent=True)


def rtrl_products_per_step(n: int) -> int:
    """Count the multiplications of one time step's update by real-time recurrent learning, with an error there.

    Paper: Sec. 4, "Computational complexity" and footnote 3: local in time, not in space.

    Parameters
    ----------
    n : int
        See `fully_recurrent`.
    """
    learner, counter, functions = RTRL(fully_recurrent(n), 1.0, 0.1), Counter(), plain_functions(rtrl)
    net = learner.start(np.random.default_rng(0))
    w, _, dw, _ = (counter.array(part) for part in net.weights)
    y, y_before, _, _, _, e_y = (counter.array(np.full(part.shape, 0.5)) for part in net.state)
    dy_dw, dy_dw_before = counter.array(net.dy_dw), counter.array(net.dy_dw)
    functions["advance_sensitivities"](
        learner.wiring, w, -1, counter.array([[0.5]]), 0, y_before, y, dy_dw, dy_dw_before
    )
    functions["add_sensitivity_updates"](1.0, e_y, dy_dw, dw)
    return counter.products


def bptt_products_per_step(n: int, n_steps: int = 10) -> float:
    """Count the multiplications of backpropagation through time, per time step, with an error at every step.

    Paper: Sec. 3.1; Sec. 4, "Computational complexity" and footnote 3: local in space, not in time.

    Parameters
    ----------
    n : int
        See `fully_recurrent`.
    """
    learner, counter = BPTT(fully_recurrent(n), 1.0, 0.1), Counter()
    w, _, dw, _ = (counter.array(part) for part in learner.start(np.random.default_rng(0)).weights)
    y_at, e_y_at, theta = (counter.array(np.full(part.shape, 0.5)) for part in learner.memory(n_steps))
    x, symbols = counter.array(np.full((n_steps, 1), 0.5)), np.empty(0, dtype=np.int64)
    plain_functions(bptt)["propagate_back"](
        learner.wiring, w, symbols, x, 0, n_steps - 1, n_steps, True, y_at, e_y_at, theta.copy(), theta, dw
    )
    return counter.products / n_steps


def exponent(sizes: Any, counts: Any) -> float:
    """Fit the exponent of a power law: the slope of log(count) over log(size).

    Parameters
    ----------
    sizes, counts : (n,) array-like
    """
    return line_fit(np.log(np.asarray(sizes, dtype=np.float64)), np.log(np.asarray(counts, dtype=np.float64)))[0]


def bytes_kept(learner: LSTM | RTRL | BPTT, n_steps: int) -> int:
    """Train a net on one sequence of random inputs, and measure what it keeps from step to step.

    Paper: App. A.1, "LSTM's storage complexity"; Sec. 4, footnote 3.

    Returns
    -------
    int
        Bytes of the state after the run, with RTRL's sensitivities and BPTT's stack; weights and the sequence itself
        are not in it.
    """
    rng = np.random.default_rng(n_steps)
    net: Any = learner.start(rng)
    topology = learner.topology
    values = rng.uniform(-1.0, 1.0, (n_steps, topology.n_inputs))
    targets = rng.uniform(size=(1, topology.n_outputs))
    learner.train(net, Batch(np.empty(0, dtype=np.int64), values, np.array([0, n_steps]), targets))
    kept = list(net.state)
    if isinstance(learner, RTRL):
        kept.append(net.dy_dw)
    if isinstance(learner, BPTT):
        kept += learner.memory(n_steps)
    return sum(part.nbytes for part in kept)
