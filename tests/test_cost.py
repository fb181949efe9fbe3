"""Counted operations and storage: (29), and footnote 3 of the paper."""

import tracemalloc

import numpy as np
import pytest

from lstm97 import network
from lstm97.learners.lstm import LSTM
from lstm97.tasks import Batch
from lstm97.theory import cost, error_flow, truncation
from lstm97.theory.cost import bptt, products_of, products_per_step, rtrl
from lstm97.theory.equation_checks import nets_to_count
from lstm97.topology import Topology


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


def test_interpreted_functions_learn_the_same() -> None:
    functions = cost.interpreted()
    learner = LSTM(Topology(2, (2,), 1, n_hidden=1), 0.1, 1.0)
    rng = np.random.default_rng(0)
    net = learner.start(rng)
    batch = Batch(np.empty(0, dtype=np.int64), rng.uniform(size=(4, 2)), np.array([0, 4]), rng.uniform(size=(1, 1)))
    nets = [learner.copy(net), learner.copy(net)]
    for present, one in zip((network.present, functions["present"]), nets, strict=True):
        present(
            learner.wiring, learner.topology.block_of_cell, one.weights, one.state, 0.1,
            batch.symbols, batch.values, batch.offsets, batch.targets, False, np.empty((1, 1)),
        )  # fmt: skip
    assert np.array_equal(nets[0].weights.w, nets[1].weights.w)


def test_rtrl_and_bptt_give_the_same_gradient() -> None:
    sequence = cost.random_sequence(5, 8)
    forwards, backwards = rtrl(sequence), bptt(sequence)
    np.testing.assert_allclose(forwards.dw, backwards.dw, rtol=1e-12, atol=1e-15)
    injected = sequence.f_prime * sequence.error
    found = error_flow.backpropagate(sequence.w, sequence.y, sequence.f_prime, injected)
    np.testing.assert_allclose(found, forwards.dw, rtol=1e-12, atol=1e-15)
    assert np.abs(found).max() > 1e-6


def test_exponents() -> None:
    sizes = [12, 16, 20]
    assert cost.exponent(sizes, [products_of(rtrl, n) for n in sizes]) == pytest.approx(4.0, abs=0.2)
    assert cost.exponent(sizes, [products_of(bptt, n) for n in sizes]) == pytest.approx(2.0, abs=0.1)


def test_what_is_stored() -> None:
    for n_steps in (2, 20):
        sequence = cost.random_sequence(4, n_steps)
        assert rtrl(sequence).stored == 4**3
        assert bptt(sequence).stored == (n_steps + 1) * 4


def test_storage_does_not_depend_on_the_length() -> None:
    learner = LSTM(Topology(2, (2, 2), 1), 0.1, 0.1)
    assert cost.bytes_kept(learner, 100) == cost.bytes_kept(learner, 100_000)


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
