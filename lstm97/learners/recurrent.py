r"""A conventional recurrent net of logistic units: what RTRL, BPTT and Elman's procedure share.

Paper: Sec. 3.1 and 5.2, "Architectures". Every unit squashes its net input with the logistic sigmoid f.

.. math::
    y^i(t) = f\Big(\sum_m w_{im}\, x^m(t) + \sum_j w_{ij}\, y^j(t-1)\Big), \qquad
    y^k(t) = f\Big(\sum_m w_{km}\, y^m(t)\Big)

The recurrent layer reads the inputs of the same step and itself one step earlier. Output units are either a layer
above it, which reads the same step, or part of it. There the way from an input through a hidden unit to an output
unit takes two steps (Williams and Zipser 1992; Smith and Zipser 1989).

Errors are those of App. A.1 (19), without the factor of 2, so that a learning rate means what it means for LSTM.

Layers and weights
------------------
U units of the recurrent layer, hidden units first, M sources (inputs, the layer itself, the constant 1 if biased),
K output units. Weights are ``w[to, from]``, column-major. If output units are part of the layer, ``w_k`` is empty.
`respond` and the learners' functions ``present`` take them transposed: the memory order of ``w.T`` looks the same to
Numba for every shape, so each is compiled once.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import MOST_WEIGHTS, flag, instance, not_negative, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, EmbeddedReber, LongLag, Task
from lstm97.tasks.base import check

Floats = NDArray[np.float64]
#: Number of hidden units of a net that the paper gives no number for.
N_HIDDEN = 8


@dataclass(frozen=True)
class RecurrentTopology:
    """Which unit of a conventional recurrent net feeds which.

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int
        Numbers of units.
    fully_recurrent : bool
        Whether output units are part of the recurrent layer, as in Smith and Zipser (1989), or a layer above it.
    outputs_see_inputs : bool
        Whether input units feed an output layer. Output units in the recurrent layer always see them.
    biased : bool
        Whether all units have a bias weight.

    Raises
    ------
    ValueError
        If a number is below 1, or `outputs_see_inputs` is given for output units that see them anyway.
    """

    n_inputs: int
    n_hidden: int
    n_outputs: int
    fully_recurrent: bool = False
    outputs_see_inputs: bool = False
    biased: bool = False

    @classmethod
    def conventional(cls, task: Task, n_hidden: int | None = None, fully_recurrent: bool = False) -> Self:
        """Make the topology that the paper gives a conventional net for a task, or else a plain one.

        Paper: Table 1, rows 1 to 3, and Table 2, rows 1 to 6.

        Parameters
        ----------
        n_hidden : int or None
            None for the paper's number, or `N_HIDDEN`.
        fully_recurrent : bool
            Whether the output units are part of the recurrent layer.
        """
        numbers = {LongLag: 1, EmbeddedReber: 3 if fully_recurrent else 15}
        return cls(
            task.n_inputs,
            numbers.get(type(task), N_HIDDEN) if n_hidden is None else n_hidden,
            task.n_outputs,
            fully_recurrent=fully_recurrent,
            outputs_see_inputs=isinstance(task, LongLag),
            biased=not isinstance(task, LongLag | EmbeddedReber),
        )

    def __post_init__(self) -> None:
        for name in ("n_inputs", "n_hidden", "n_outputs"):
            whole(name, getattr(self, name), most=MOST_WEIGHTS)
        for name in ("fully_recurrent", "outputs_see_inputs", "biased"):
            flag(name, getattr(self, name))
        if self.outputs_see_inputs and self.fully_recurrent:
            raise ValueError(
                "output units in the recurrent layer see the inputs anyway: let outputs_see_inputs be false"
            )

    @property
    def n_units(self) -> int:
        """Number of units U of the recurrent layer."""
        return self.n_hidden + self.n_outputs * self.fully_recurrent

    @property
    def n_sources(self) -> int:
        """Number of sources M of the recurrent layer."""
        return self.n_inputs + self.n_units + self.biased

    @property
    def output_shape(self) -> tuple[int, int]:
        """Shape of the weights into the output layer; no rows if output units are part of the recurrent layer."""
        n_sources = self.n_inputs * self.outputs_see_inputs + self.n_hidden + self.biased
        return (0 if self.fully_recurrent else self.n_outputs, n_sources)

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        n_rows, n_columns = self.output_shape
        return self.n_units * self.n_sources + n_rows * n_columns


class RecurrentWeights(NamedTuple):
    """Weights and their pending updates.

    Attributes
    ----------
    w : (U, M) float64
        Weights into the recurrent layer, ``w[to, from]``.
    w_k : (K, sources of the outputs) float64
        Weights into the output layer; no rows if output units are part of the recurrent layer.
    dw, dw_k : float64, the same shapes
        Sum of the contributions to the next update, without the learning rate.
    """

    w: Floats
    w_k: Floats
    dw: Floats
    dw_k: Floats

    def transposed(self) -> "RecurrentWeights":
        """Make views on the same arrays, indexed by source first."""
        return RecurrentWeights(*(array.T for array in self))


def check_size(shape: tuple[int, int], output_shape: tuple[int, int]) -> None:
    """Check that weights fit into memory.

    Parameters
    ----------
    shape, output_shape : (int, int)
        Shapes of ``w`` and ``w_k``.

    Raises
    ------
    ValueError
        If they don't.
    """
    n = shape[0] * shape[1] + output_shape[0] * output_shape[1]
    if n > MOST_WEIGHTS:
        raise ValueError(f"n_hidden: the net would have {n:,} weights, more than {MOST_WEIGHTS:,}; give fewer units")


def random_weights(
    rng: np.random.Generator, weight_range: float, shape: tuple[int, int], output_shape: tuple[int, int]
) -> RecurrentWeights:
    """Draw weights uniformly, without pending updates.

    Parameters
    ----------
    weight_range : float
        Weights are drawn from [-weight_range, weight_range].
    shape, output_shape : (int, int)
        Shapes of ``w`` and ``w_k``.
    """
    w, w_k = (rng.uniform(-weight_range, weight_range, size=one) for one in (shape, output_shape))
    arrays = (w, w_k, np.zeros_like(w), np.zeros_like(w_k))
    return RecurrentWeights(*map(np.asfortranarray, arrays))


class RecurrentState(NamedTuple):
    """Activations and errors.

    Attributes
    ----------
    y, y_before : (U,) float64
        Activations of the recurrent layer at this step, and at the one before.
    net : (U,) float64
        Net inputs.
    y_k, e_k : (K,) float64
        Activations and errors of the output units.
    e_y : (U,) float64
        Errors arriving at the outputs of the recurrent layer's units.
    """

    y: Floats
    y_before: Floats
    net: Floats
    y_k: Floats
    e_k: Floats
    e_y: Floats


class RecurrentWiring(NamedTuple):
    """The sizes and switches that the equations need.

    Attributes
    ----------
    n_inputs : int
    outputs_see_inputs, biased : bool
        See `RecurrentTopology`.
    initial_y : float
        Activation of the recurrent layer before a sequence's first step.
    resets : bool
        Whether activations are reset before each sequence, or only before the first.
    """

    n_inputs: int
    outputs_see_inputs: bool
    biased: bool
    initial_y: float
    resets: bool


@compiled
def net_inputs(wiring, w, symbol, values, t, y, net):
    r"""Compute the net inputs of the recurrent layer.

    .. math:: net_i(t) = \sum_m w_{im}\, x^m(t) + \sum_j w_{ij}\, y^j(t-1)

    Parameters
    ----------
    wiring : RecurrentWiring
    w : (U, M) float64
    symbol : int
        The one input unit that is 1, or -1 if the input is not one-hot.
    values : (n_steps, n_inputs) or (n_steps, 0) float64
        Input activations of every step if the input is not one-hot.
    t : int
        The step, a row of `values`.
    y : (U,) float64
        Activations of the layer at t-1.
    net : (U,) float64
        Result.
    """
    n_units = net.size
    for i in range(n_units):
        net[i] = w[i, symbol] if symbol >= 0 else 0.0
    if symbol < 0:
        for m in range(values.shape[1]):
            x_m = values[t, m]
            for i in range(n_units):
                net[i] += w[i, m] * x_m
    for j in range(n_units):
        y_j = y[j]
        for i in range(n_units):
            net[i] += w[i, wiring.n_inputs + j] * y_j
    if wiring.biased:
        for i in range(n_units):
            net[i] += w[i, wiring.n_inputs + n_units]


@compiled
def compute_outputs(wiring, w_k, symbol, values, t, y, y_k):
    """Compute the output units' activations, or read them where they are part of the recurrent layer.

    Parameters
    ----------
    wiring : RecurrentWiring
    w_k : (K, sources of the outputs) float64
        Columns: inputs (if seen), recurrent layer, the constant 1 (if biased).
    symbol, values, t
        Input at t, as in `net_inputs`.
    y : (U,) float64
        Activations of the recurrent layer at t.
    y_k : (K,) float64
        Result.
    """
    if w_k.shape[0] == 0:
        for k in range(y_k.size):
            y_k[k] = y[y.size - y_k.size + k]
    else:
        for k in range(y_k.size):
            y_k[k] = 0.0
        first = 0
        if wiring.outputs_see_inputs:
            first = wiring.n_inputs
            if symbol >= 0:
                for k in range(y_k.size):
                    y_k[k] += w_k[k, symbol]
            else:
                for m in range(values.shape[1]):
                    for k in range(y_k.size):
                        y_k[k] += w_k[k, m] * values[t, m]
        for j in range(y.size):
            for k in range(y_k.size):
                y_k[k] += w_k[k, first + j] * y[j]
        if wiring.biased:
            for k in range(y_k.size):
                y_k[k] += w_k[k, first + y.size]
        for k in range(y_k.size):
            y_k[k] = f(y_k[k])


@compiled
def show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row):
    """Compute the output units' activations, and write them down: see `compute_outputs`.

    Parameters
    ----------
    wiring, w_k, symbol, values, t, y, y_k
        As in `compute_outputs`.
    outputs : (n, K) float64
        Result, in one row.
    row : int
        Which one.
    """
    compute_outputs(wiring, w_k, symbol, values, t, y, y_k)
    for k in range(y_k.size):
        outputs[row, k] = y_k[k]


@compiled
def compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y):
    r"""Compute the output units' errors, and what arrives at the outputs of the recurrent layer.

    Paper: App. A.1 (19), and the sum in (20).

    .. math:: e_k(t) = f'_k\,(t^k(t) - y^k(t)), \qquad e_{y^i}(t) = \sum_k w_{ki}\, e_k(t)

    An output unit in the recurrent layer receives its difference from the target directly.

    Parameters
    ----------
    wiring : RecurrentWiring
    w_k : (K, sources of the outputs) float64
    targets : (n, K) float64
    row : int
        The row of `targets` that counts.
    y_k : (K,) float64
    e_k : (K,) float64
        Result.
    e_y : (U,) float64
        Result.
    """
    n_units = e_y.size
    for i in range(n_units):
        e_y[i] = 0.0
    if w_k.shape[0] == 0:
        for k in range(y_k.size):
            e_y[n_units - y_k.size + k] = targets[row, k] - y_k[k]
    else:
        for k in range(y_k.size):
            e_k[k] = f_prime(y_k[k]) * (targets[row, k] - y_k[k])
        first = wiring.n_inputs if wiring.outputs_see_inputs else 0
        for i in range(n_units):
            for k in range(e_k.size):
                e_y[i] += w_k[k, first + i] * e_k[k]


@compiled
def add_output_updates(wiring, scale, e_k, symbol, values, t, y, into):
    r"""Add this step's contribution to the weights into the output layer, or to their updates.

    Paper: App. A.1 (22).

    .. math:: \Delta w_{km}(t) = \alpha\, e_k(t)\, y^m(t)

    Parameters
    ----------
    wiring : RecurrentWiring
    scale : float
        The learning rate if `into` are the weights, 1 if it is the sum of the contributions.
    e_k : (K,) float64
    symbol, values, t, y
        As in `compute_outputs`.
    into : (K, sources of the outputs) float64
        Added to in place; without rows if output units are part of the recurrent layer.
    """
    first = 0
    n_rows = into.shape[0]
    if wiring.outputs_see_inputs:
        first = wiring.n_inputs
        for k in range(n_rows):
            if symbol >= 0:
                into[k, symbol] += scale * e_k[k]
            else:
                for m in range(values.shape[1]):
                    into[k, m] += scale * e_k[k] * values[t, m]
    for j in range(y.size):
        for k in range(n_rows):
            into[k, first + j] += scale * e_k[k] * y[j]
    if wiring.biased:
        for k in range(n_rows):
            into[k, first + y.size] += scale * e_k[k]


@compiled
def add_layer_updates(wiring, scale, theta, symbol, values, t, y_before, into):
    r"""Add the contribution of one step's errors to the weights into the recurrent layer, or to their updates.

    Paper: Sec. 3.1, the unnumbered equation after the error signals.

    .. math:: \Delta w_{im}(t) = \alpha\, \vartheta_i(t)\, y^m(t-1)

    Parameters
    ----------
    wiring : RecurrentWiring
    scale : float
        As in `add_output_updates`.
    theta : (U,) float64
        Errors of the net inputs.
    symbol, values, t
        Input at t, as in `net_inputs`.
    y_before : (U,) float64
        Activations of the layer at t-1.
    into : (U, M) float64
        Added to in place.
    """
    n_units = theta.size
    if symbol >= 0:
        for i in range(n_units):
            into[i, symbol] += scale * theta[i]
    else:
        for m in range(values.shape[1]):
            for i in range(n_units):
                into[i, m] += scale * theta[i] * values[t, m]
    for j in range(n_units):
        m = wiring.n_inputs + j
        for i in range(n_units):
            into[i, m] += scale * theta[i] * y_before[j]
    if wiring.biased:
        m = wiring.n_inputs + n_units
        for i in range(n_units):
            into[i, m] += scale * theta[i]


@compiled
def apply_updates(w, w_k, dw, dw_k, alpha):
    """Change the weights by the sum of the contributions, and forget the contributions.

    Parameters
    ----------
    w, w_k : float64
        Weights, changed in place.
    dw, dw_k : float64
        Sums of the contributions; zero afterwards.
    alpha : float
        Learning rate.
    """
    for m in range(w.shape[1]):
        for i in range(w.shape[0]):
            w[i, m] += alpha * dw[i, m]
            dw[i, m] = 0.0
    for m in range(w_k.shape[1]):
        for k in range(w_k.shape[0]):
            w_k[k, m] += alpha * dw_k[k, m]
            dw_k[k, m] = 0.0


@compiled
def respond(wiring, transposed, state, symbols, values, offsets, every_step, outputs):
    """Compute the outputs for sequences without learning.

    Parameters
    ----------
    wiring : RecurrentWiring
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`.
    state : RecurrentState
    symbols, values, offsets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of the batch's targets
        Result.
    """
    w, w_k = transposed.w.T, transposed.w_k.T
    y, _, net, y_k, _, _ = state
    symbol = -1
    y[:] = wiring.initial_y
    for s in range(offsets.size - 1):
        if wiring.resets:
            y[:] = wiring.initial_y
        for t in range(offsets[s], offsets[s + 1]):
            if symbols.size > 0:
                symbol = symbols[t]
            net_inputs(wiring, w, symbol, values, t, y, net)
            for i in range(y.size):
                y[i] = f(net[i])
            if every_step or t == offsets[s + 1] - 1:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row)


@dataclass
class RecurrentNet:
    """A conventional recurrent net: its weights, and its activations.

    Attributes
    ----------
    weights : RecurrentWeights
    state : RecurrentState
    """

    weights: RecurrentWeights
    state: RecurrentState


@dataclass(frozen=True)
class Recurrent:
    """What the learners have in common that train a conventional recurrent net.

    Parameters
    ----------
    topology : RecurrentTopology
    alpha : float
        Learning rate.
    weight_range : float
        Initial weights are drawn uniformly from [-weight_range, weight_range].
    """

    topology: RecurrentTopology
    alpha: float
    weight_range: float

    #: What all of them share is no learning system by itself.
    name: ClassVar[str | None] = None
    #: Activation of the recurrent layer before a sequence's first step.
    initial_y: ClassVar[float] = 0.0
    #: Whether activations are reset before each sequence.
    resets = True

    def __post_init__(self) -> None:
        instance("topology", self.topology, "RecurrentTopology", "output_shape")
        not_negative("alpha", self.alpha)
        not_negative("weight_range", self.weight_range)
        check_size(self.layer_shape, self.topology.output_shape)

    @classmethod
    def topology_for(cls, task: Task, n_hidden: int | None) -> RecurrentTopology:
        """Choose the topology for a task: see `RecurrentTopology.conventional`."""
        return RecurrentTopology.conventional(task, n_hidden)

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int | None = None,
        alpha: float | None = None,
        weight_range: float | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        return cls(cls.topology_for(task, n_hidden), like.alpha(alpha), like.weight_range(weight_range))

    @cached_property
    def wiring(self) -> RecurrentWiring:
        """The sizes and switches that the equations need."""
        return RecurrentWiring(
            self.topology.n_inputs,
            self.topology.outputs_see_inputs,
            self.topology.biased,
            self.initial_y,
            self.resets,
        )

    @property
    def n_inputs(self) -> int:
        """Number of input units."""
        return self.topology.n_inputs

    @property
    def n_outputs(self) -> int:
        """Number of output units."""
        return self.topology.n_outputs

    @property
    def layer_shape(self) -> tuple[int, int]:
        """Shape of the weights into the recurrent layer."""
        return (self.topology.n_units, self.topology.n_sources)

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        return sum(n_rows * n_columns for n_rows, n_columns in (self.layer_shape, self.topology.output_shape))

    def new_state(self) -> RecurrentState:
        """Make a state with activations as before a first sequence."""
        n_units, n_outputs = self.topology.n_units, self.topology.n_outputs
        return RecurrentState(
            y=np.full(n_units, self.initial_y),
            y_before=np.full(n_units, self.initial_y),
            net=np.zeros(n_units),
            y_k=np.zeros(n_outputs),
            e_k=np.zeros(n_outputs),
            e_y=np.zeros(n_units),
        )

    def start(self, rng: np.random.Generator) -> RecurrentNet:
        """Make a net with initial weights."""
        weights = random_weights(rng, self.weight_range, self.layer_shape, self.topology.output_shape)
        return RecurrentNet(weights, self.new_state())

    def copy(self, net: RecurrentNet) -> RecurrentNet:
        """Copy a net, so that later training leaves the copy alone."""
        weights = RecurrentWeights(*(array.copy(order="F") for array in net.weights))
        return RecurrentNet(weights, RecurrentState(*(array.copy() for array in net.state)))

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        check(batch, self.n_inputs, self.n_outputs)

    @cached_property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of a net's weights and state."""
        weights = (self.layer_shape, self.topology.output_shape) * 2
        return (*weights, *(array.shape for array in self.new_state()))

    def arrays(self, net: RecurrentNet) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        names = (*net.weights._fields, *net.state._fields)
        return zip(names, (*net.weights, *net.state), self._shapes, strict=True)

    def predict(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Compute the outputs without learning.

        Parameters
        ----------
        net : RecurrentNet
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``

        Raises
        ------
        ValueError
            If net or batch don't fit the learner.
        """
        check_work(self, net, batch)
        return self.outputs(net, batch)

    def outputs(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Compute the outputs of a net and a batch that have been checked: see `predict`."""
        outputs = np.empty_like(batch.targets)
        respond(
            self.wiring,
            net.weights.transposed(),
            self.new_state(),
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.every_step,
            outputs,
        )
        return outputs
