"""A switch of the network is followed, or refused, by everything that computes the same numbers in another way.

A new field of `Wiring`, or a new choice of a reading, turns this red until someone has decided for each of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lstm97_book.equations import second_route
from oracles import network as oracles
from support import nets
from support.nets import Setting
from support.plain_lanes import plain_lanes
from support.switches import LITERAL, VARIANTS, changed, problem, with_a_new_field

from lstm97.learners import LSTM, Net, Work
from lstm97.net import network
from lstm97.net.network import AT_EVERY_STEP, IN_NEXT_SEQUENCE, Wiring
from lstm97.tasks import Batch
from lstm97.theory import carrousel, cell_error_flow, truncation

#: What a route computes, and the same by `lstm97.net.network`.
Pairs = list[tuple[Any, Any]]


def learned(learner: LSTM, net: Net, batch: Batch, **changes: Any) -> tuple[Any, Any]:
    """Return by how much learning, pending updates included, changes the weights; alpha is 1."""
    weights = learner.copy(net).weights
    network.present(
        learner.wiring._replace(**changes),
        learner.topology.block_of_cell,
        weights,
        network.new_state(learner.topology),
        1.0,
        batch.symbols,
        batch.values,
        batch.offsets,
        batch.targets,
        batch.every_step,
        np.empty_like(batch.targets),
    )
    exists = weights.exists
    return weights.w - net.weights.w + weights.dw * exists, weights.w_k - net.weights.w_k + weights.dw_k


def lanes(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    plain = plain_lanes()
    side_by_side, one = plain.Lanes(plain.kind_of(learner, batch), 1), learner.copy(net)
    side_by_side.load(0, Work(learner, one, batch))
    assert side_by_side.run() == [0]
    outputs, other = side_by_side.unload(0), learner.copy(net)
    expected = learner.train(other, batch)
    assert outputs.tobytes() == expected.tobytes()
    return list(zip(one.weights, other.weights, strict=True))


def backward_pass(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    return list(zip(truncation.backward_pass(learner, net, batch), learned(learner, net, batch), strict=True))


def forward_derivatives(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    return [(truncation.forward_derivatives(learner, net, batch), learned(learner, net, batch)[0])]


def numerical(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    found = truncation.numerical(learner, net, batch, truncated=True)
    return list(zip(found, learned(learner, net, batch), strict=True))


def second(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    run, trace = second_route.run(learner, net.weights.w, net.weights.w_k, batch), learner.trace(net, batch, 0)
    outputs = run.y_k if batch.every_step else run.y_k[-1:]
    return [(outputs, learner.predict(net, batch)), (run.s_c, trace.s_c)]


def error_flow(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    """What errors do within the hidden layer, for the output errors of the net: weights stay."""
    flow, trace, topology = (
        cell_error_flow.record(learner, net, batch),
        learner.trace(net, batch, 0),
        learner.topology,
    )
    e_k = np.zeros(trace.y_k.shape)
    for row, t in enumerate(range(batch.n_steps) if batch.every_step else (batch.n_steps - 1,)):
        network.output_errors(learner.wiring, batch.targets, row, trace.y_k[t], e_k[t])
    cells = topology.n_inputs * topology.outputs_see_inputs + np.arange(topology.n_cells)
    errors = cell_error_flow.carry_back(flow, e_k @ net.weights.w_k[:, cells], truncated=True)
    read = truncation.recurrent_inputs(learner, net.weights, batch)
    constants = np.ones((batch.n_steps, topology.n_constants))
    if topology.constant_unit:
        constants[0, -1] = learner.wiring.initial_y
    sources = np.hstack([batch.values, read[:, : topology.n_recurrent], constants])
    return [(errors.net.T @ sources, learned(learner, net, batch, update=IN_NEXT_SEQUENCE)[0])]


def conflicts(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    split, (w, w_k) = carrousel.updates_with_gates(learner, net, batch), learned(learner, net, batch)
    topology = learner.topology
    cells = topology.first_cell + np.arange(topology.n_cells)
    return [(split.into.sum(0), w[cells, : topology.n_inputs]), (split.out.sum(0), w_k[:, : topology.n_cells])]


def oracle(learner: LSTM, net: Net, batch: Batch) -> Pairs:
    """Take minus one half of the derivative, times the factor that belongs to it: the oracle gives (16)."""
    wiring = learner.wiring
    ranges = (wiring.g_range, wiring.h_range)
    setting = Setting(
        learner.topology,
        every_step=batch.every_step,
        squashing={(4.0, 2.0): "text", (2.0, 4.0): "swapped", (1.0, 0.0): "task 2a"}[ranges],
        **{name: getattr(wiring, name) for name in ("output_delay", "initial_y", "linear_outputs")},
        **{name: getattr(wiring, name) for name in ("error_derivative", "error_scale", "update")},
    )
    sequence = nets.Sequences(batch.symbols, batch.values, batch.offsets, batch.targets)
    gradient = oracles.gradient(nets.example(setting, net.weights, sequence))
    expected = nets.by_name(learner.topology, *learned(learner, net, batch, update=IN_NEXT_SEQUENCE))
    found = {name: -0.5 * wiring.error_scale * value for name, value in gradient.items()}
    assert found.keys() == expected.keys()
    return [(np.array(list(found.values())), np.array([expected[name] for name in found]))]


#: Every other way to the numbers, with the fields of which it refuses other values than the literal one.
ROUTES: dict[str, tuple[Callable[[LSTM, Net, Batch], Pairs], set[str]]] = {
    "lanes": (lanes, set()),
    "backward pass": (backward_pass, {"output_delay"}),
    "forward derivatives": (forward_derivatives, {"output_delay", "error_derivative"}),
    "numerical": (numerical, {"output_delay", "error_derivative"}),
    "second route": (second, {"output_delay"}),
    "cell error flow": (error_flow, {"output_delay"}),
    "carrousel": (
        conflicts,
        {"output_delay", "error_derivative", "error_scale", "linear_outputs", "outputs_see_inputs"},
    ),
    "oracle": (oracle, set()),
}
SUMS = ("backward pass", "forward derivatives", "numerical", "carrousel")  # for weights that stay
routes = pytest.mark.parametrize("route", ROUTES)


def refused(route: str, learner: LSTM, every_step: bool) -> set[str]:
    """Name the switches of a learner that a route refuses."""
    fields = changed(learner) & ROUTES[route][1]
    if learner.wiring.linear_outputs and route != "carrousel":
        fields.discard("error_derivative")  # f' is 1
    if every_step and learner.wiring.update == AT_EVERY_STEP and route in SUMS:
        fields.add("update")
    return fields


def gap(pairs: Pairs) -> float:
    return max(float(np.abs(found - expected).max()) for found, expected in pairs)


def test_every_field_is_walked() -> None:
    assert set().union(*map(changed, VARIANTS.values())) == set(Wiring._fields)


@routes
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("every_step", [False, True], ids=["at the end", "every step"])
def test_a_switch_is_followed_or_refused(route: str, variant: str, every_step: bool) -> None:
    learner, (compute, _) = VARIANTS[variant], ROUTES[route]
    net, batch = problem(learner, every_step)
    if fields := refused(route, learner, every_step):
        with pytest.raises(ValueError, match=rf"^({'|'.join(fields)}) is .*: .*give "):
            compute(learner, net, batch)
    else:
        pairs = compute(learner, net, batch)
        assert gap(pairs) < (1e-8 if route == "numerical" else 1e-12)
        assert all(np.abs(expected).max() > 1e-3 for _, expected in pairs[:2])


@routes
def test_a_new_field_is_refused(route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = VARIANTS["two inputs"]
    net, batch = problem(learner, every_step=False)
    new = with_a_new_field(learner.wiring)
    monkeypatch.setitem(vars(learner), "wiring", new)
    monkeypatch.setattr(Setting, "wiring", lambda setting: new)
    with pytest.raises(ValueError, match="^new_switch is unknown to .*: let it follow"):
        ROUTES[route][0](learner, net, batch)


def test_a_switch_that_is_ignored_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its check a route gives other numbers."""
    learner = VARIANTS["output_timing one step later"]
    net, batch = problem(learner, every_step=True)
    monkeypatch.setattr(second_route, "check_wiring", lambda *_: None)
    assert gap(second(learner, net, batch)) > 1e-3
    assert gap(second(LITERAL, *problem(LITERAL, every_step=True))) < 1e-12
