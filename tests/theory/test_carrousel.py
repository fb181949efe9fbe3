"""The constant error carrousel without gates: the single unit, and the measured conflicts."""

import dataclasses

import numpy as np
import pytest

from lstm97.learners import LSTM, NaiveCarrousel, RecurrentTopology
from lstm97.net.topology import Topology
from lstm97.theory import carrousel
from lstm97.theory.carrousel import StoreAndRead


def test_error_stays_only_if_slope_times_weight_is_one() -> None:
    assert (carrousel.error_back(np.full(1000, 0.25), 4.0, 0.3) == 0.3).all()
    assert carrousel.error_back(np.full(1000, 0.25), 3.99, 0.3)[-1] < 0.1
    assert carrousel.error_back(np.full(1000, 0.25), 4.01, 0.3)[-1] > 1.0


def test_constant_of_integration_moves_the_activation() -> None:
    assert (carrousel.hold(0.7, 1.0, 1000) == 0.7).all()
    assert carrousel.hold(0.7, 2.0, 1000, constant=0.5)[-1] == pytest.approx(0.7 + 1000 * 0.25)


@pytest.mark.parametrize("every_step", [True, False])
def test_steps_add_up_to_the_update(every_step: bool) -> None:
    rng = np.random.default_rng(1)
    task = StoreAndRead(7, every_step)
    naive = NaiveCarrousel(RecurrentTopology(3, 2, 2, biased=True), alpha=0.5, weight_range=1.0)
    net, batch = naive.start(rng), task.sample(rng, 1)
    batch = dataclasses.replace(batch, targets=np.hstack([batch.targets, 0.3 - 0.2 * batch.targets]))  # two outputs
    found, trained = carrousel.updates_without_gates(naive, net, batch), naive.copy(net)
    naive.train(trained, batch)
    change_k = trained.weights.w_k - net.weights.w_k
    assert trained.weights.w - net.weights.w == pytest.approx(0.5 * found.into.sum(axis=0))
    assert change_k[:, :-1] == pytest.approx(0.5 * found.out.sum(axis=0))

    gated = LSTM(Topology(3, (2,), 2), alpha=0.5, weight_range=1.0)
    start = gated.start(rng)
    split, after = carrousel.updates_with_gates(gated, start, batch), gated.copy(start)
    gated.train(after, batch)
    change = after.weights.w - start.weights.w
    assert change[2:, :3] == pytest.approx(0.5 * split.into.sum(axis=0), abs=1e-14)
    assert after.weights.w_k[:, :2] - start.weights.w_k[:, :2] == pytest.approx(
        0.5 * split.out.sum(axis=0), abs=1e-14
    )


@pytest.mark.parametrize("lag", [10, 100])
def test_noise_adds_up_to_what_the_normal_distribution_says(lag: int) -> None:
    """The best a sum can do: the sign of 1 + noise of variance lag / 3."""
    learner, net = carrousel.storing_without_gates()
    batch = StoreAndRead(lag).sample(np.random.default_rng(5), 4000)
    wrong = float((np.abs(learner.predict(net, batch) - batch.targets) >= 0.5).mean())
    assert wrong == pytest.approx(carrousel.least_wrong_for_a_sum(lag), abs=0.03)
    gated, gated_net = carrousel.storing_with_gates()
    # 0.5 would not tell an open output gate from a closed one, behind which all outputs are nearly 0.5.
    assert (np.abs(gated.predict(gated_net, batch) - batch.targets) < 0.4).all()


@pytest.mark.parametrize("lag", [1, 30])
def test_the_task_is_what_it_says(lag: int) -> None:
    for every_step in (True, False):
        task = StoreAndRead(lag, every_step)
        batch = task.sample(np.random.default_rng(0), 3)
        line, store, read = batch.values.reshape(3, lag + 1, 3).transpose(2, 0, 1)
        last = batch.targets.reshape(3, -1)[:, -1]
        assert (line[:, 0] == 2 * last - 1).all()
        assert (store[:, 0] == 1).all()
        assert (read[:, -1] == 1).all()
        assert store.sum() == read.sum() == 3
        assert batch.every_step == every_step
        assert (task.minimal_lag, task.minimal_length) == (lag, lag + 1)
    with pytest.raises(ValueError, match="lag is 0"):
        StoreAndRead(0)


def test_opposing_share() -> None:
    assert carrousel.opposing_share([1.0, 2.0, 3.0], 0) == 0.0
    assert carrousel.opposing_share([1.0, -2.0, 1.0], 0) == 0.5
    assert carrousel.opposing_share([1.0, -2.0, 1.0], 1) == 0.5
    assert carrousel.opposing_share([-1.0, 3.0], 0) == 0.75
    assert carrousel.opposing_share([0.0, 0.0], 0) == 0.0


def test_conflicts_grow_with_the_lag_and_gates_remove_them() -> None:
    short, long = (carrousel.conflict_shares(lag, 30, np.random.default_rng(7)) for lag in (5, 100))
    bare, in_gate, both = carrousel.WITHOUT_GATES, carrousel.INPUT_GATE_ONLY, carrousel.BOTH_GATES
    assert 0.2 < short[0][bare] < long[0][bare]
    assert long[0][bare] > 0.4
    assert max(long[0][in_gate], long[0][both]) < 0.01
    assert 0.5 < short[1][in_gate] < long[1][in_gate]
    assert long[1][in_gate] > 0.9
    assert long[1][both] < 0.01
