"""Error flow through a memory cell: what holds exactly, what the truncation leaves out, and bad input."""

import numpy as np
import pytest
from lstm97_book.equations import errata, second_route
from lstm97_book.equations.equation_checks import FlowExample, gap

from lstm97.learners.lstm import LSTM, Net
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.theory import cell_error_flow
from lstm97.theory.cell_error_flow import Flow


def problem(topology: Topology, n_steps: int = 5, h: str = "2f-1") -> tuple[LSTM, Net, Batch, Flow]:
    rng = np.random.default_rng(3)
    learner = LSTM(topology, alpha=0.1, weight_range=1.0, h=h)
    net = learner.start(rng)
    values = rng.uniform(-1, 1, (n_steps, topology.n_inputs))
    batch = Batch(np.empty(0, dtype=np.int64), values, np.array([0, n_steps]), np.zeros((1, topology.n_outputs)))
    return learner, net, batch, cell_error_flow.record(learner, net, batch)


def test_one_step_from_state_to_state() -> None:
    """In full the factor is not 1, so a check of 1 could fail."""
    example = FlowExample()
    full = cell_error_flow.state_factors(example.flow, truncated=False)
    assert np.abs(full - 1.0).max() > 0.01
    assert (cell_error_flow.state_factors(example.flow, truncated=True) == 1.0).all()


def test_an_error_in_the_carrousel_stays_the_same_number() -> None:
    flow = FlowExample(n_steps=1001).flow
    at_cells = np.zeros((1001, 3))
    at_cells[-1] = 1.0
    cut, whole = (cell_error_flow.carry_back(flow, at_cells, truncated).s_c[:, 0] for truncated in (True, False))
    assert abs(cut[-1]) > 1e-3
    assert len(np.unique(cut)) == 1
    assert len(np.unique(whole)) > 100


def test_errors_in_full_are_not_counted_twice() -> None:
    once, twice = errata.counted_twice()
    assert once < 1e-12
    assert twice > 0.05


def test_the_way_through_a_cell_does_not_depend_on_its_length() -> None:
    """The same two ends, with other steps in between."""
    _, _, _, flow = problem(Topology(2, (1,), 1), n_steps=20)
    short = Flow(*flow[:4], *(np.concatenate([part[:1], part[-1:]]) for part in flow[4:]))
    assert cell_error_flow.factors_through_cell(flow, 0, 19) == cell_error_flow.factors_through_cell(short, 0, 1)


def test_a_random_net_is_drawn_from_its_seed_and_its_input_gates_are_biased() -> None:
    topology = Topology(3, (1, 1), 1)
    flow = cell_error_flow.of_random_net(topology, 0.5, 30, in_gate_bias=-6.0, seed=1)
    again = cell_error_flow.of_random_net(topology, 0.5, 30, in_gate_bias=-6.0, seed=1)
    other = cell_error_flow.of_random_net(topology, 0.5, 30, in_gate_bias=-6.0, seed=2)
    np.testing.assert_array_equal(flow.h, again.h)
    assert (flow.h != other.h).any()
    assert np.abs(flow.w).max() <= 0.5
    assert flow.y_in.shape == (30, 2)
    assert flow.y_in.max() < 0.05  # nearly shut
    assert cell_error_flow.of_random_net(topology, 0.5, 30, in_gate_bias=0.0, seed=1).y_in.min() > 0.1


@pytest.mark.parametrize(
    ("topology", "h"),
    [
        (Topology(2, (2, 1), 1, n_hidden=2), "2f-1"),
        (Topology(2, (2,), 1, in_gates=False), "2f-1"),
        (Topology(2, (1, 1), 1, out_gates=False), "identity"),
        (Topology(2, (2,), 1, recurrent=False), "2f-1"),
    ],
)
@pytest.mark.parametrize("truncated", [True, False])
def test_carrying_back_with_gates_lacking(topology: Topology, h: str, truncated: bool) -> None:
    learner, net, batch, flow = problem(topology, h=h)
    at_cells = np.random.default_rng(1).normal(size=flow.g.shape)
    found = cell_error_flow.carry_back(flow, at_cells, truncated)
    w, w_k = net.weights.w, net.weights.w_k
    frozen = second_route.run(learner, w, w_k, batch).read if truncated else None
    for t in range(batch.n_steps):
        for u in range(topology.n_units):
            kick = {"net": (t, second_route.unit(topology.n_units, u))}
            run = second_route.run(learner, w, w_k, batch, frozen, **kick)
            expected = np.imag((at_cells * run.y[:, flow.cell]).sum()) / second_route.STEP
            assert found.net[t, u] == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("recurrent", [True, False])
def test_forwards_and_backwards_agree(recurrent: bool) -> None:
    _, _, _, flow = problem(Topology(3, (2, 1), 1, n_hidden=1, recurrent=recurrent))
    for u in range(8):
        kick = np.eye(8)[u]
        dy, ds = cell_error_flow.sensitivity(flow, kick)
        for c in range(3):
            at_cells = np.zeros(flow.g.shape)
            at_cells[-1, c] = 1.0
            backwards = cell_error_flow.carry_back(flow, at_cells, truncated=False).net[0, u]
            assert dy[-1, flow.cell[c]] == pytest.approx(backwards, abs=1e-14)
    assert ds.shape == (5, 3)


def test_sensitivity_is_the_derivative_of_the_states() -> None:
    example = FlowExample()
    _, ds = cell_error_flow.sensitivity(example.flow, np.eye(8)[5])
    kick = (0, second_route.unit(8, 5))
    assert gap(ds, example.derivative(lambda run: run.s_c, False, net=kick)) < 1e-13


def test_bad_input_is_named() -> None:
    learner, net, batch, flow = problem(Topology(2, (1,), 1))
    two = Batch(batch.symbols, batch.values, np.array([0, 2, 5]), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="holds 2 sequences"):
        cell_error_flow.record(learner, net, two)
    with pytest.raises(ValueError, match="q is 5; a run of 5 steps allows 0 to 4"):
        cell_error_flow.factor_to_state(flow, 0, 5)
    with pytest.raises(ValueError, match="q is -1"):
        cell_error_flow.factors_through_cell(flow, 0, -1)
