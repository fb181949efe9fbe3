"""Counted operations and storage: (29), and footnote 3 of the paper."""

import tracemalloc

import numpy as np
import pytest
from lstm97_book.equations.equation_checks import nets_to_count

from lstm97.learners import BPTT, LSTM, RTRL
from lstm97.net import network
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.theory import cost, truncation
from lstm97.theory.cost import bptt_products_per_step, products_per_step, rtrl_products_per_step


def test_products_grow_in_proportion_to_the_papers_steps() -> None:
    nets = nets_to_count()
    steps = [truncation.complexity(net).steps for net in nets]
    products = [products_per_step(net) for net in nets]
    slope, _, r_squared = cost.line_fit(steps, products)
    assert slope == pytest.approx(1.0, abs=0.1)
    assert r_squared > 0.999
    # negative control: the product of the number of units and the number of weights is no straight line
    wrong = [net.n_units * net.n_weights for net in nets]
    assert cost.line_fit(wrong, products)[2] < 0.99


def test_products_per_weight_stay_bounded() -> None:
    for size in (1, 4, 16, 64):
        net = Topology(size, (2,) * size, 2)
        assert 1.0 < products_per_step(net) / truncation.complexity(net).weights < 4.0


def test_counting_by_hand() -> None:
    """One cell, one input, one output, nothing else: every product can be counted on paper."""
    net = Topology(1, (1,), 1, biased="none", recurrent=False)
    # (25), (27): f'_in, g' (2), g_c f'_in, g' y_in; two products with x. (19): f', scale, times. (20)-(23), sum: 1.
    # (22): output 1, output gate: f' error 1, h e_y 1, f' 1, row 1. (23): y_out h' e_y (2), h' (3 with the division).
    # (28), (26): one each.
    by_hand = (1 + 2 + 1 + 1 + 2) + (1 + 2) + 1 + 1 + (1 + 1 + 1 + 1) + (2 + 3) + 2
    assert products_per_step(net) == by_hand


def test_counting_by_hand_in_a_fully_recurrent_net() -> None:
    """Two units, one input: three sources. RTRL has 2 * 2 * 3 sensitivities."""
    # w times sensitivity: 2 for each; f': 1 for each unit; times f', alpha and error: 3 for each sensitivity
    assert rtrl_products_per_step(2) == 2 * 12 + 2 + 3 * 12
    # f', times f': 2 for each unit; times alpha and source: 2 for each weight; from the step after: 1 for each pair
    assert bptt_products_per_step(2, n_steps=1) == 2 * 2 + 2 * 6
    assert bptt_products_per_step(2, n_steps=2) == 2 * 2 + 2 * 6 + 4 / 2


def test_plain_functions_learn_the_same() -> None:
    learner = LSTM(Topology(2, (2,), 1, n_hidden=1), 0.1, 1.0)
    rng = np.random.default_rng(0)
    net = learner.start(rng)
    batch = Batch(np.empty(0, dtype=np.int64), rng.uniform(size=(4, 2)), np.array([0, 4]), rng.uniform(size=(1, 1)))
    nets = [learner.copy(net), learner.copy(net)]
    for present, one in zip((network.present, cost.plain_functions(network)["present"]), nets, strict=True):
        present(
            learner.wiring, learner.topology.block_of_cell, one.weights, one.state, 0.1,
            batch.symbols, batch.values, batch.offsets, batch.targets, False, np.empty((1, 1)),
        )  # fmt: skip
    assert np.array_equal(nets[0].weights.w, nets[1].weights.w)


def test_exponents() -> None:
    sizes = [8, 12, 16]
    weights = [cost.fully_recurrent(n).n_weights for n in sizes]
    assert cost.exponent(weights, [rtrl_products_per_step(n) for n in sizes]) == pytest.approx(2.0, abs=0.1)
    assert cost.exponent(weights, [bptt_products_per_step(n) for n in sizes]) == pytest.approx(1.0, abs=0.05)


def test_storage_does_not_depend_on_the_length() -> None:
    learner = LSTM(Topology(2, (2, 2), 1), 0.1, 0.1)
    assert cost.bytes_kept(learner, 100) == cost.bytes_kept(learner, 100_000)


def test_what_others_keep() -> None:
    """RTRL's n * n * (n + 1) sensitivities whatever the length; BPTT's activations and errors of every step."""
    net = cost.fully_recurrent(4)
    state = 8 * (4 * 4 + 2)  # y, y_before, net, e_y; y_k, e_k
    for n_steps in (2, 20):
        assert cost.bytes_kept(RTRL(net, 0.1, 0.1), n_steps) == state + 8 * 4 * 4 * 5
        assert cost.bytes_kept(BPTT(net, 0.1, 0.1), n_steps) == state + 8 * 4 * (2 * n_steps + 2)


def test_nothing_is_allocated_while_a_long_sequence_is_learned() -> None:
    learner = LSTM(Topology(2, (2, 2), 1), 0.1, 0.1)
    net, peaks = learner.start(np.random.default_rng(0)), []
    for n_steps in (100, 100, 100_000):  # the first one compiles
        batch = Batch(np.empty(0, dtype=np.int64), np.ones((n_steps, 2)), np.array([0, n_steps]), np.zeros((1, 1)))
        tracemalloc.start()
        learner.train(net, batch)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 10_000


def test_line_fit() -> None:
    assert cost.line_fit([1, 2, 3], [3, 5, 7]) == pytest.approx((2.0, 1.0, 1.0))
