"""The reading `institute` against the simulator's rules, written a second time in plain Python."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from oracles import institute as oracle
from support import nets
from support.plain_lanes import plain_lanes

from lstm97.experiments import lstm_row
from lstm97.learners import LSTM, Growing, Net, Work
from lstm97.net.reading import READINGS
from lstm97.net.topology import Topology
from lstm97.tasks import Adding, Batch, LongLag, Task

TOLERANCE = 1e-13
INSTITUTE = READINGS["institute"]


def of_row(name: str, biased: str | None = None, constant_unit: bool | None = None) -> tuple[LSTM, Task]:
    """Take a row's net under the reading, perhaps with other biases, and its task."""
    specification = lstm_row(name).under(INSTITUTE)
    learner = specification.learner_of(1)
    learner = learner.lstm if isinstance(learner, Growing) else learner
    assert isinstance(learner, LSTM)
    topology = learner.topology
    if biased is not None:
        topology = dataclasses.replace(topology, biased=biased, constant_unit=bool(constant_unit))
        learner = dataclasses.replace(learner, topology=topology, in_gate_bias=None, out_gate_bias=None)
    return learner, specification.task_of(1)


def of_task_2b(p: int) -> tuple[LSTM, Task]:
    """Take the row's net under the reading for a shorter lag, its cell being there from the start."""
    learner = of_row("table2/2b")[0]
    topology = dataclasses.replace(learner.topology, n_inputs=p + 1, n_outputs=p + 1)
    return dataclasses.replace(learner, topology=topology), LongLag(p=p, variant="2b")


CASES: dict[str, tuple[LSTM, Task]] = {
    "adding": (of_row("table7/T100")[0], Adding(T=22)),
    "embedded Reber": of_row("table1/4x1-0.5"),
    "embedded Reber without biases": of_row("table1/3x2-0.5", "none"),
    "embedded Reber with all biases and the constant unit": of_row("table1/3x2-0.2", "all", True),
    "Task 2b": of_task_2b(p=8),
    "Task 6a": of_row("table9/6a"),
}
#: Those that have the constant unit, and those with a target at the first step.
WITH_CONSTANT = ("adding", "embedded Reber with all biases and the constant unit", "Task 6a")
AT_EVERY_STEP = (
    "embedded Reber",
    "embedded Reber without biases",
    "embedded Reber with all biases and the constant unit",
    "Task 2b",
)
named = pytest.mark.parametrize("name", CASES)


def net_of(learner: LSTM) -> oracle.Net:
    topology = learner.topology
    blocks: dict[str, list[str]] = {str(j + 1): [] for j in range(topology.n_blocks)}
    for cell in topology.unit_names[topology.first_cell : topology.first_cell + topology.n_cells]:
        blocks[cell[2:].partition("^")[0]].append(cell)
    return oracle.Net(
        blocks=blocks,
        hidden=[name for name in topology.unit_names if name.startswith("i_")],
        outputs=[f"k_{k + 1}" for k in range(topology.n_outputs)],
        in_gates=topology.in_gates,
        out_gates=topology.out_gates,
        identity_h=learner.h == "identity",
        narrow_g=learner.g == "f",
    )


def sequences_of(learner: LSTM, batch: Batch) -> oracle.Sequences:
    inputs = np.eye(learner.topology.n_inputs)[batch.symbols] if len(batch.symbols) else batch.values
    sequences = []
    for i, (first, end) in enumerate(zip(batch.offsets[:-1], batch.offsets[1:], strict=True)):
        rows = range(first, end)
        targets = [batch.targets[t] if batch.every_step else batch.targets[i] if t == end - 1 else None for t in rows]
        sequences.append([(inputs[t].tolist(), target) for t, target in zip(rows, targets, strict=True)])
    return sequences


def by_name(learner: LSTM, net: Net) -> tuple[oracle.Weights, oracle.Weights]:
    """Name the weights, and the pending contributions."""
    weights = net.weights
    return nets.by_name(learner.topology, weights.w, weights.w_k), nets.by_name(
        learner.topology, weights.dw * weights.exists, weights.dw_k
    )


def discrepancy(name: str, n: int, in_lanes: bool = False, **control: Any) -> float:
    """Train on n sequences by both ways; return the largest difference in a weight or a pending contribution."""
    learner, task = CASES[name]
    net, batch = learner.start(np.random.default_rng(1)), task.sample(np.random.default_rng(2), n)
    before = by_name(learner, net)[0]
    if in_lanes:
        others = [learner.start(np.random.default_rng(seed)) for seed in range(3, 6)]
        plain = plain_lanes()
        lanes = plain.Lanes(plain.kind_of(learner, batch), 4)
        for lane, one in enumerate([*others, net]):
            lanes.load(lane, Work(learner, one, batch))
        finished: list[int] = []
        while 3 not in finished:
            finished = lanes.run()
            for lane in finished:
                lanes.unload(lane)
    else:
        half = len(batch) // 2
        learner.train(net, batch.first(half))  # what waits has to outlast the call
        learner.train(net, batch.part(half, len(batch)))
    expected = oracle.train(net_of(learner), before, learner.alpha, sequences_of(learner, batch), **control)
    found = by_name(learner, net)
    assert found[0] != before
    return max(
        abs(one[connection] - other[connection])
        for one, other in zip(found, expected, strict=True)
        for connection in other
    )


@named
@pytest.mark.parametrize("in_lanes", [False, True], ids=["one trial", "lanes"])
@pytest.mark.parametrize("n_updates", [1, 10, 100])
def test_weights_are_those_of_the_simulators_rules(name: str, n_updates: int, in_lanes: bool) -> None:
    """A sequence's update comes in the next one: n updates take one sequence more."""
    assert discrepancy(name, n_updates + 1, in_lanes) < TOLERANCE


@pytest.mark.parametrize("name", WITH_CONSTANT)
@pytest.mark.parametrize("in_lanes", [False, True])
def test_a_constant_unit_that_is_not_reset_is_seen(name: str, in_lanes: bool) -> None:
    assert discrepancy(name, 2, in_lanes, reset_one=1.0) > 1e-7


@pytest.mark.parametrize("name", AT_EVERY_STEP)
@pytest.mark.parametrize("in_lanes", [False, True])
def test_an_update_before_the_first_steps_outputs_is_seen(name: str, in_lanes: bool) -> None:
    assert discrepancy(name, 2, in_lanes, late=False) > 1e-7


def test_sequences_of_one_step() -> None:
    """The first step is the last one: its own contributions join the update of the sequence before."""
    learner = LSTM(Topology(2, (2,), 1, constant_unit=True), 0.5, 0.5, reading=INSTITUTE)
    net, rng = learner.start(np.random.default_rng(3)), np.random.default_rng(4)
    values, targets = rng.uniform(-1, 1, (9, 2)), rng.uniform(size=(4, 1))
    batch = Batch(np.zeros(0, dtype=np.int64), values, np.array([0, 1, 2, 8, 9]), targets)
    before = by_name(learner, net)[0]
    learner.train(net, batch)
    expected = oracle.train(net_of(learner), before, 0.5, sequences_of(learner, batch))
    for found, wanted in zip(by_name(learner, net), expected, strict=True):
        assert found == pytest.approx(wanted, abs=TOLERANCE)
