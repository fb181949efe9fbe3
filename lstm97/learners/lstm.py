"""Long Short-Term Memory as of 1997: settings around the equations of `lstm97.net.network`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import choice, instance, not_negative, real, shown
from lstm97.learners.base import Arrays, Learner, Like, check_net, check_work
from lstm97.learners.unfolded import LOOP, TOP, Unfolded
from lstm97.net import network
from lstm97.net.reading import Reading, check_choices
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, Task
from lstm97.tasks.base import check

UPDATES = {
    "sequence end": network.AT_SEQUENCE_END,
    "every step": network.AT_EVERY_STEP,
    "next sequence": network.IN_NEXT_SEQUENCE,
}
#: Length and lower end of the ranges that the paper uses for g and h; a length of 0 stands for the identity.
SQUASHING = {"4f-2": (4.0, -2.0), "2f-1": (2.0, -1.0), "f": (1.0, 0.0), "identity": (0.0, 0.0)}
SWAPPED = {"4f-2": "2f-1", "2f-1": "4f-2"}  # by the caption of Table 10
GRID = 2000  # number of values of the institute's grid of initial weights


@dataclass
class Net:
    """A net of 1997: its weights, and the state within a sequence."""

    weights: network.Weights
    state: network.State


@dataclass(frozen=True)
class Trace:
    """What happened inside a net over one sequence.

    Attributes
    ----------
    y_in, y_out : (n_steps, n_blocks) float64
        Gate activations; 1 where the topology has no such gates.
    s_c, h_c, y_c : (n_steps, n_cells) float64
        Internal states, internal states squashed by h, and cell outputs.
    y_k : (n_steps, n_outputs) float64
        Output activations.
    """

    y_in: NDArray[np.float64]
    y_out: NDArray[np.float64]
    s_c: NDArray[np.float64]
    h_c: NDArray[np.float64]
    y_c: NDArray[np.float64]
    y_k: NDArray[np.float64]


@dataclass(frozen=True)
class LSTM:
    """The paper's learning system.

    Paper: Sec. 4; App. A.1; initial weights and biases: Sec. 5 and Tables 10, 11.

    Parameters
    ----------
    topology : Topology
    alpha : float
        Learning rate.
    weight_range : float
        Initial weights are drawn uniformly from [-weight_range, weight_range].
    in_gate_bias, out_gate_bias : tuple of float, or None
        Initial bias of every block's gate; None leaves it random like every other weight.
    reading : Reading
    g, h : str
        What squashes cells' net inputs and internal states: keys of `SQUASHING`. The identity is for h only.

    Raises
    ------
    ValueError
        If there is not one bias for every gate, or `g` or `h` is not one of its choices.
    """

    topology: Topology
    alpha: float
    weight_range: float
    in_gate_bias: tuple[float, ...] | None = None
    out_gate_bias: tuple[float, ...] | None = None
    reading: Reading = Reading()
    g: str = "4f-2"
    h: str = "2f-1"

    #: What it reads of the reading, with the choices that it knows.
    reads: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "error": ("(19)", "(16)"),
        "output_timing": ("same step", "one step later"),
        "update": tuple(UPDATES),
        "initial_activation": (0.0, 0.5),
        "ranges": ("text", "Table 10"),
        "gate_bias": ("set", "added"),
        "initial_weights": ("uniform", "grid"),
        "output_unit": ("logistic", "linear"),
        "output_error": ("with f'", "without f'"),
    }

    name = "lstm"
    title = "LSTM"
    unfolded = Unfolded(errors=(TOP, LOOP), constant=(LOOP,))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        alpha: float | None = None,
        weight_range: float | None = None,
    ) -> Learner:
        """Build what the row has for a task, perhaps a `Growing`: see `lstm97.learners.base.System.for_task`."""
        return like.lstm(task.n_inputs, task.n_outputs, like.alpha(alpha), like.weight_range(weight_range))

    def __post_init__(self) -> None:
        instance("topology", self.topology, "Topology", "block_sizes")
        instance("reading", self.reading, "Reading", "output_unit")
        check_choices(self.reads, self.reading)
        for name, choices in (("g", tuple(SQUASHING)[:-1]), ("h", tuple(SQUASHING))):
            choice(name, getattr(self, name), choices)
        not_negative("alpha", self.alpha)
        not_negative("weight_range", self.weight_range)
        for name, n_gates in (("in_gate_bias", self.topology.n_in), ("out_gate_bias", self.topology.n_out)):
            bias = getattr(self, name)
            if not isinstance(bias, tuple | None):
                raise ValueError(f"{name} is {shown(bias)}: give a tuple, a number for each gate, or None")
            if bias is not None and len(bias) != n_gates:
                raise ValueError(f"{name} has {len(bias)} values for {n_gates} gates: give one for each, or None")
            for value in bias or ():
                real(name, value)

    @cached_property
    def wiring(self) -> network.Wiring:
        """The sizes and switches that the equations need."""
        swapped = SWAPPED if self.reading.ranges == "Table 10" else {}
        (g_range, g_low), (h_range, h_low) = (SQUASHING[swapped.get(name, name)] for name in (self.g, self.h))
        linear = self.reading.output_unit == "linear"
        return network.Wiring(
            n_inputs=self.topology.n_inputs,
            n_in=self.topology.n_in,
            n_out=self.topology.n_out,
            n_recurrent=self.topology.n_recurrent,
            outputs_see_inputs=self.topology.outputs_see_inputs,
            g_range=g_range,
            g_low=g_low,
            h_range=h_range,
            h_low=h_low,
            linear_outputs=linear,
            error_derivative=self.reading.output_error == "with f'" and not linear,
            error_scale=1.0 if self.reading.error == "(19)" else 2.0,
            initial_y=float(self.reading.initial_activation),
            output_delay=int(self.reading.output_timing == "one step later"),
            update=UPDATES[self.reading.update],
            constant_unit=self.topology.constant_unit,
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
    def n_weights(self) -> int:
        """Number of weights."""
        return self.topology.n_weights

    def start(self, rng: np.random.Generator) -> Net:
        """Make a net with initial weights."""
        weights = network.zero_weights(self.topology)
        for w in (weights.w, weights.w_k):
            if self.reading.initial_weights == "grid":
                w[:] = (rng.integers(0, GRID, size=w.shape) * (2.0 / GRID) - 1.0) * self.weight_range
            else:
                w[:] = rng.uniform(-self.weight_range, self.weight_range, size=w.shape)
        bias = self.topology.n_inputs + self.topology.n_recurrent
        for given, first in ((self.in_gate_bias, 0), (self.out_gate_bias, self.topology.n_in)):
            for j, value in enumerate(given or ()):
                added = weights.w[first + j, bias] if self.reading.gate_bias == "added" else 0.0
                weights.w[first + j, bias] = value + added
        weights.w[:] *= weights.exists
        return Net(weights, network.new_state(self.topology))

    def copy(self, net: Net) -> Net:
        """Copy a net, so that later training leaves the copy alone."""
        weights = network.Weights(*(array.copy(order="F") for array in net.weights))
        return Net(weights, network.new_state(self.topology))

    def without_block(self, net: Net, j: int) -> Net:
        """Copy a net and cut everything that leaves one memory cell block: its cells and its gates.

        Parameters
        ----------
        net : Net
            Left as it is.
        j : int
            Which block, from 0.

        Raises
        ------
        ValueError
            If there is no such block.
        """
        check_net(self, net)
        topology = self.topology
        if not isinstance(j, int | np.integer) or not 0 <= j < topology.n_blocks:
            raise ValueError(f"block {shown(j)} does not exist: give a number from 0 to {topology.n_blocks - 1}")
        cells = np.flatnonzero(topology.block_of_cell == j)
        gates = [j] * topology.in_gates + [topology.n_in + j] * topology.out_gates
        units = np.array([*gates, *(topology.first_cell + cells)])
        cut = self.copy(net)
        if topology.recurrent:
            cut.weights.w[:, topology.n_inputs + units] = 0.0
        cut.weights.w_k[:, topology.n_inputs * topology.outputs_see_inputs + cells] = 0.0
        return cut

    def self_connections(self, net: Net) -> NDArray[np.float64]:
        """Read the weight from every cell's output to its own input, the paper's w_{c c}.

        Returns
        -------
        (n_cells,) float64
            Zeros if the hidden layer has no recurrent connections.
        """
        check_net(self, net)
        topology = self.topology
        if not topology.recurrent:
            return np.zeros(topology.n_cells)
        cells = topology.first_cell + np.arange(topology.n_cells)
        return net.weights.w[cells, topology.n_inputs + cells].copy()

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        check(batch, self.n_inputs, self.n_outputs)

    @cached_property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of a net's weights and state."""
        return tuple(
            array.shape for part in (network.zero_weights, network.new_state) for array in part(self.topology)
        )

    def arrays(self, net: Net) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        names = (*net.weights._fields, *net.state._fields)
        return zip(names, (*net.weights, *net.state), self._shapes, strict=True)

    def train(self, net: Net, batch: Batch) -> NDArray[np.float64]:
        """Present every sequence once, in order, learning from each.

        Parameters
        ----------
        net : Net
            Changed in place.

        Returns
        -------
        float64, the shape of ``batch.targets``
            Activations of the output units where there is a target, each before learning from it.
        """
        check_work(self, net, batch)
        return self.learn(net, batch)

    def learn(self, net: Net, batch: Batch) -> NDArray[np.float64]:
        """Train a net on a batch, both of which have been checked: see `train`."""
        outputs = np.empty_like(batch.targets)
        network.present(
            self.wiring,
            self.topology.block_of_cell,
            net.weights,
            net.state,
            self.alpha,
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            batch.every_step,
            outputs,
        )
        return outputs

    def predict(self, net: Net, batch: Batch) -> NDArray[np.float64]:
        """Compute the outputs without learning.

        Parameters
        ----------
        net : Net
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        check_work(self, net, batch)
        return self.outputs(net, batch)

    def outputs(self, net: Net, batch: Batch) -> NDArray[np.float64]:
        """Compute the outputs of a net and a batch that have been checked: see `predict`."""
        outputs = np.empty_like(batch.targets)
        network.respond(
            self.wiring,
            self.topology.block_of_cell,
            net.weights,
            network.new_state(self.topology),
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.every_step,
            outputs,
        )
        return outputs

    def trace(self, net: Net, batch: Batch, i: int) -> Trace:
        """Run one sequence without learning, and write down what happens inside.

        Parameters
        ----------
        net : Net
            Left as it is.
        i : int
            Which sequence.

        Raises
        ------
        ValueError
            If there is no such sequence, or net or batch don't fit the learner.
        """
        check_work(self, net, batch)
        if not isinstance(i, int | np.integer) or not 0 <= i < len(batch):
            raise ValueError(f"sequence {shown(i)} does not exist: give a number from 0 to {len(batch) - 1}")
        topology, state = self.topology, network.new_state(self.topology)
        first, end = int(batch.offsets[i]), int(batch.offsets[i + 1])
        rows: list[tuple[NDArray[np.float64], ...]] = []
        for _ in network.steps(
            self.wiring, topology.block_of_cell, net.weights, state, batch.symbols, batch.values, first, end - 1
        ):
            rows.append((state.y.copy(), state.s_c.copy(), state.h_c.copy(), state.y_k.copy()))
        y, s_c, h_c, y_k = (np.array(column) for column in zip(*rows, strict=True))
        always_open = np.ones((len(y), topology.n_blocks))
        return Trace(
            y_in=y[:, : topology.n_in] if topology.in_gates else always_open,
            y_out=y[:, topology.n_in : topology.first_cell] if topology.out_gates else always_open,
            s_c=s_c,
            h_c=h_c,
            y_c=y[:, topology.first_cell : topology.first_cell + topology.n_cells],
            y_k=y_k,
        )
