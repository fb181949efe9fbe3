"""Nets that differ from the literal one in a switch: every field of `Wiring`, every reading that changes one."""

from collections import namedtuple
from dataclasses import replace
from typing import Any

import numpy as np

from lstm97.learners import LSTM, Net
from lstm97.net.network import Wiring
from lstm97.net.reading import Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch

LITERAL = LSTM(Topology(3, (2, 1), 2), alpha=1.0, weight_range=1.0)


def with_topology(**changes: Any) -> LSTM:
    return replace(LITERAL, topology=replace(LITERAL.topology, **changes))


def with_reading(name: str, value: Any) -> LSTM:
    return replace(LITERAL, reading=Reading(**{name: value}))


#: Every choice of a reading that changes the wiring by itself, and what topologies and learners change.
VARIANTS: dict[str, LSTM] = {
    f"{switch['name']} {value}": with_reading(switch["name"], value)
    for switch in Reading.describe()
    for value in switch["alternatives"]
    if with_reading(switch["name"], value).wiring != LITERAL.wiring
} | {
    "two inputs": with_topology(n_inputs=2),
    "no input gates": with_topology(in_gates=False),
    "no output gates": with_topology(out_gates=False),
    "no recurrence": with_topology(recurrent=False),
    "outputs see inputs": with_topology(outputs_see_inputs=True),
    "constant unit": with_topology(constant_unit=True),
    "constant unit, reset to 0.5": replace(
        with_topology(constant_unit=True), reading=Reading(initial_activation=0.5)
    ),
    "g and h of Task 2a": replace(LITERAL, g="f", h="identity"),
}


def changed(learner: LSTM) -> set[str]:
    """Name the fields of a learner's wiring that differ from the literal one."""
    return {name for name, value in learner.wiring._asdict().items() if value != getattr(LITERAL.wiring, name)}


def problem(learner: LSTM, every_step: bool) -> tuple[Net, Batch]:
    """Make a net and one sequence for it, with a target at its end or at every step."""
    rng, n_steps = np.random.default_rng(6), 6
    net = learner.start(rng)
    values = rng.uniform(-1, 1, (n_steps, learner.n_inputs))
    targets = rng.uniform(0, 1, (n_steps if every_step else 1, learner.n_outputs))
    return net, Batch(np.empty(0, dtype=np.int64), values, np.array([0, n_steps]), targets, every_step)


def with_a_new_field(wiring: Wiring) -> Any:
    """Make a wiring that has one field more than those that anybody has thought of."""
    make: Any = namedtuple  # whose fields mypy wants spelled out
    return make("Wiring", (*wiring._fields, "new_switch"))(*wiring, False)
