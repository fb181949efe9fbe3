"""Random nets and sequences, in the arrays of `lstm97.net.network` and in the dictionaries of `oracles`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import network as oracles

from lstm97.net import network
from lstm97.net.network import Weights, Wiring, check_wiring, new_state, zero_weights
from lstm97.net.topology import Topology

Floats = NDArray[np.float64]

#: Fields of `Wiring` that the oracle follows, and two that whoever asks it takes into account.
KNOWN = (
    *("n_inputs", "n_in", "n_out", "n_recurrent", "outputs_see_inputs", "g_range", "g_low", "h_range", "h_low"),
    *("linear_outputs", "error_derivative", "initial_y", "output_delay", "constant_unit"),
    *("error_scale", "update"),
)


@dataclass(frozen=True)
class Setting:
    """A topology, the readings that the equations depend on, and the kind of sequence."""

    topology: Topology
    one_hot: bool = False
    every_step: bool = False
    n_steps: int = 6
    output_delay: int = 0
    initial_y: float = 0.0
    squashing: str = "text"
    linear_outputs: bool = False
    error_derivative: bool = True
    error_scale: float = 1.0
    update: int = network.IN_NEXT_SEQUENCE  # leaves the contributions pending

    @property
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Length and lower end of the ranges of g and of h; a length of 0 is the identity."""
        return {
            "text": ((4.0, -2.0), (2.0, -1.0)),
            "swapped": ((2.0, -1.0), (4.0, -2.0)),
            "task 2a": ((1.0, 0.0), (0.0, 0.0)),
        }[self.squashing]

    def wiring(self, **changes: Any) -> Wiring:
        net = self.topology
        wiring = Wiring(
            n_inputs=net.n_inputs,
            n_in=net.n_in,
            n_out=net.n_out,
            n_recurrent=net.n_recurrent,
            outputs_see_inputs=net.outputs_see_inputs,
            g_range=self.ranges[0][0],
            g_low=self.ranges[0][1],
            h_range=self.ranges[1][0],
            h_low=self.ranges[1][1],
            linear_outputs=self.linear_outputs,
            error_derivative=self.error_derivative and not self.linear_outputs,
            error_scale=self.error_scale,
            initial_y=self.initial_y,
            output_delay=self.output_delay,
            update=self.update,
            constant_unit=net.constant_unit,
        )
        return wiring._replace(**changes)


@dataclass(frozen=True)
class Sequences:
    """What `present` takes: inputs as symbols or values, where sequences begin, targets."""

    symbols: NDArray[np.int64]
    values: Floats
    offsets: NDArray[np.int64]
    targets: Floats

    def dense(self, n_inputs: int) -> "Sequences":
        """Write one-hot inputs out as vectors."""
        return replace(self, symbols=np.empty(0, dtype=np.int64), values=np.eye(n_inputs)[self.symbols])

    def only(self, i: int, every_step: bool) -> "Sequences":
        """Take one of the sequences."""
        first, last = self.offsets[i], self.offsets[i + 1]
        steps = slice(first, last)
        return Sequences(
            self.symbols[steps].copy(),
            self.values[steps].copy(),
            np.array([0, last - first]),
            self.targets[steps].copy() if every_step else self.targets[i : i + 1].copy(),
        )


def random_weights(topology: Topology, rng: np.random.Generator, width: float = 1.0) -> Weights:
    weights = zero_weights(topology)
    weights.w[:] = rng.uniform(-width, width, weights.w.shape) * weights.exists
    weights.w_k[:] = rng.uniform(-width, width, weights.w_k.shape)
    return weights


def copy(weights: Weights) -> Weights:
    return Weights(*(part.copy(order="F") for part in weights))


def random_sequences(setting: Setting, rng: np.random.Generator, lengths: tuple[int, ...]) -> Sequences:
    topology, n_steps = setting.topology, sum(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    symbols = rng.integers(topology.n_inputs, size=n_steps if setting.one_hot else 0)
    values = rng.uniform(-1, 1, (n_steps, 0 if setting.one_hot else topology.n_inputs))
    n_targets = n_steps if setting.every_step else len(lengths)
    targets = rng.uniform(0, 1, (n_targets, topology.n_outputs))
    return Sequences(symbols, values, offsets, targets)


def present(
    setting: Setting,
    weights: Weights,
    sequences: Sequences,
    alpha: float = 0.0,
    state: network.State | None = None,
    module: Any = network,
) -> Floats:
    """Call `present` and return the outputs; NaN where it wrote none."""
    outputs = np.full(sequences.targets.shape, np.nan)
    module.present(
        setting.wiring(),
        setting.topology.block_of_cell,
        weights,
        new_state(setting.topology) if state is None else state,
        alpha,
        sequences.symbols,
        sequences.values,
        sequences.offsets,
        sequences.targets,
        setting.every_step,
        outputs,
    )
    return outputs


def example(setting: Setting, weights: Weights, sequence: Sequences) -> oracles.Example:
    """Translate a net and one sequence for the oracle."""
    check_wiring(setting.wiring(), "the oracle", KNOWN)
    net = setting.topology
    n_steps = int(sequence.offsets[1])
    inputs = sequence.dense(net.n_inputs).values if setting.one_hot else sequence.values
    targets: list[Any] = [None] * n_steps
    if setting.every_step:
        targets = sequence.targets.tolist()
    else:
        targets[-1] = sequence.targets[0].tolist()
    return oracles.Example(
        n_inputs=net.n_inputs,
        block_sizes=net.block_sizes,
        n_outputs=net.n_outputs,
        n_hidden=net.n_hidden,
        weights=by_name(net, weights.w, weights.w_k),
        in_gates=net.in_gates,
        out_gates=net.out_gates,
        inputs=inputs.tolist(),
        targets=targets,
        g=setting.ranges[0],
        h=setting.ranges[1],
        linear_outputs=setting.linear_outputs,
        error_derivative=setting.error_derivative,
        initial_y=setting.initial_y,
        output_delay=setting.output_delay,
    )


def by_name(topology: Topology, into_hidden: Floats, into_outputs: Floats) -> dict[tuple[str, str], float]:
    """Name the entries of two arrays in the shape of the weights, those that exist."""
    exists = topology.connected()
    named = {
        (unit, source): float(into_hidden[to, m])
        for to, unit in enumerate(topology.unit_names)
        for m, source in enumerate(topology.source_names)
        if exists[to, m]
    }
    for k in range(topology.n_outputs):
        for m, source in enumerate(topology.output_source_names):
            named[f"k_{k + 1}", source] = float(into_outputs[k, m])
    return named


def pending_updates(
    setting: Setting, weights: Weights, sequence: Sequences, module: ModuleType = network
) -> dict[tuple[str, str], float]:
    """Present one sequence after another one, and return its contributions to the updates, without alpha.

    The other sequence goes first so that the state holds what must be forgotten.
    """
    rng = np.random.default_rng(7)
    state = new_state(setting.topology)
    weights = copy(weights)
    # an ordinary run with other weights first: activations, states and derivatives are then far from zero
    lengths = (setting.n_steps + 1,)
    present(setting, copy(weights), random_sequences(setting, rng, lengths), state=state, module=module)
    weights.dw[:], weights.dw_k[:], weights.due[:] = 0.0, 0.0, 0.0
    present(setting, weights, sequence, state=state, module=module)
    return by_name(setting.topology, weights.dw, weights.dw_k)


def largest_difference(one: dict[Any, float], other: dict[Any, float]) -> float:
    """Compare two named sets of numbers, relative to the largest of the second."""
    if one.keys() != other.keys():
        raise ValueError(f"different names: {sorted(one.keys() ^ other.keys())}")
    scale = max(abs(value) for value in other.values())
    difference = max(abs(one[name] - other[name]) for name in one)
    return difference / scale if scale else difference


def fingerprint() -> str:
    """Train two small nets for a few sequences, and write down every bit of weights and outputs."""
    parts = []
    for setting in (
        Setting(Topology(3, (1, 2), 2, n_hidden=1), one_hot=True, every_step=True),
        Setting(Topology(2, (2,), 1, outputs_see_inputs=True), initial_y=0.5),
    ):
        setting = replace(setting, update=network.AT_SEQUENCE_END)
        rng = np.random.default_rng(5)
        weights = random_weights(setting.topology, rng)
        outputs = present(setting, weights, random_sequences(setting, rng, (4, 2, 5)), alpha=0.5)
        parts += [weights.w, weights.w_k, outputs]
    return " ".join(np.ascontiguousarray(part).tobytes().hex() for part in parts)


#: Settings that meet every branch of the equations; hypothesis mixes more.
SETTINGS = {
    "one cell": Setting(Topology(1, (1,), 1)),
    "adding": Setting(Topology(2, (2, 2), 1)),
    "temporal order": Setting(Topology(8, (2, 2), 4), one_hot=True),
    "task 2a": Setting(
        Topology(5, (1,), 5, biased="none", out_gates=False, recurrent=False, outputs_see_inputs=True),
        one_hot=True,
        every_step=True,
    ),
    "reber": Setting(Topology(7, (2, 2, 2), 7, biased="ga"), one_hot=True, every_step=True),
    "task 3": Setting(Topology(1, (1, 1, 1), 1, biased="b1")),
    "mixed blocks": Setting(Topology(2, (1, 3, 2), 2), every_step=True),
    "hidden units": Setting(Topology(2, (2, 1), 2, n_hidden=2), every_step=True),
    "hidden units only": Setting(Topology(3, (), 2, n_hidden=3, outputs_see_inputs=True), one_hot=True),
    "input gates only": Setting(Topology(2, (1, 2), 2, out_gates=False)),
    "output gates only": Setting(Topology(2, (1, 2), 2, in_gates=False), every_step=True),
    "no gates": Setting(Topology(2, (2,), 1, in_gates=False, out_gates=False, n_hidden=1, biased="b1")),
    "constant unit": Setting(Topology(3, (2,), 2, constant_unit=True), one_hot=True, initial_y=0.5, every_step=True),
    "no recurrence": Setting(Topology(2, (2, 1), 2, n_hidden=1, recurrent=False), every_step=True),
    "swapped ranges": Setting(Topology(2, (2,), 2), squashing="swapped"),
    "h is the identity": Setting(
        Topology(5, (1,), 5, biased="none", out_gates=False, outputs_see_inputs=True),
        one_hot=True,
        every_step=True,
        squashing="task 2a",
    ),
    "no hidden layer": Setting(Topology(4, (), 4, biased="none", outputs_see_inputs=True), one_hot=True),
    "cells see inputs": Setting(Topology(6, (1, 1), 2, biased="none", cells_see_hidden=False), one_hot=True),
    "linear outputs": Setting(Topology(2, (2,), 2, n_hidden=1), linear_outputs=True),
    "error without f'": Setting(Topology(2, (2,), 2), every_step=True, error_derivative=False),
    "one step later": Setting(
        Topology(2, (1, 2), 2, n_hidden=1, outputs_see_inputs=True),
        output_delay=1,
        initial_y=0.5,
        every_step=True,
    ),
    "one step later, at the end": Setting(Topology(3, (2,), 1, biased="b1"), one_hot=True, output_delay=1),
    "a single step": Setting(Topology(2, (2,), 1), n_steps=1),
    "a single step, one later": Setting(Topology(2, (2,), 1), n_steps=1, output_delay=1, initial_y=0.5),
}


@st.composite
def random_settings(draw: Callable[..., Any]) -> Setting:
    block_sizes = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
    flags = {
        name: draw(st.booleans())
        for name in (
            "in_gates",
            "out_gates",
            "recurrent",
            "outputs_see_inputs",
            "cells_see_hidden",
            "constant_unit",
        )
    }
    topology = Topology(
        n_inputs=draw(st.integers(1, 3)),
        block_sizes=block_sizes,
        n_outputs=draw(st.integers(1, 3)),
        n_hidden=draw(st.integers(0 if block_sizes else 1, 2)),
        biased=draw(st.sampled_from(["none", "ga", "b1", "all"])),
        **flags,
    )
    return Setting(
        topology,
        one_hot=draw(st.booleans()),
        every_step=draw(st.booleans()),
        n_steps=draw(st.integers(1, 8)),
        output_delay=draw(st.integers(0, 1)),
        initial_y=draw(st.sampled_from([0.0, 0.5])),
        squashing=draw(st.sampled_from(["text", "swapped", "task 2a"])),
        linear_outputs=draw(st.booleans()),
        error_derivative=draw(st.booleans()),
    )
