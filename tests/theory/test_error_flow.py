"""Tests of lstm97.theory.error_flow: Section 3.1, each number by two routes, each bound on random nets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import error_flow as oracles
from scipy.special import expit

from lstm97.learners import RTRL, RecurrentTopology
from lstm97.tasks import Batch
from lstm97.theory import error_flow as ef

SIZES = [(n, q) for n in (1, 2, 3, 4) for q in (1, 2, 3, 6)]


def random_net(n, q, seed=0, w_max=3.0):
    rng = np.random.default_rng((seed, n, q))
    return rng.uniform(-w_max, w_max, (n, n)), rng.uniform(0.0, 0.25, (q, n))


def pairs(n):
    return [(u, v) for u in range(n) for v in range(n)]


@pytest.mark.parametrize(("n", "q"), SIZES)
def test_recursion_equals_sum_over_paths_and_matrix_form(n, q):
    w, f_prime = random_net(n, q)
    factors = ef.error_factors(w, f_prime)
    for u, v in pairs(n):
        scale = np.abs(ef.path_products(w, f_prime, u, v)).sum()
        assert abs(ef.sum_over_paths(w, f_prime, u, v) - factors[q - 1, u, v]) <= 1e-12 * scale
        if q > 1:
            assert abs(ef.matrix_form(w, f_prime, u, v) - factors[q - 1, u, v]) <= 1e-12 * scale


def test_lags_share_one_recursion():
    w, f_prime = random_net(3, 6)
    for q in range(1, 7):
        np.testing.assert_array_equal(ef.error_factors(w, f_prime)[:q], ef.error_factors(w, f_prime[:q]))


@pytest.mark.parametrize("q", [1, 2, 3, 5])
def test_printed_index_order_differs_unless_w_is_symmetric(q):
    w, f_prime = random_net(4, q)
    right = [ef.sum_over_paths(w, f_prime, u, v) for u, v in pairs(4)]
    printed = [ef.sum_over_paths(w.T, f_prime, u, v) for u, v in pairs(4)]
    assert np.abs(np.subtract(right, printed)).max() > 0.1 * np.abs(right).max()
    symmetric = w + w.T
    np.testing.assert_allclose(
        [ef.sum_over_paths(symmetric.T, f_prime, u, v) for u, v in pairs(4)],
        ef.error_factors(symmetric, f_prime)[q - 1].ravel(),
        rtol=1e-12,
        atol=1e-12,
    )


def test_columns_by_rows_would_break_the_matrix_form():
    w, f_prime = random_net(4, 3)
    factors = ef.error_factors(w, f_prime)[2]
    transposed = [[ef.matrix_form(w.T, f_prime, u, v) for v in range(4)] for u in range(4)]
    assert np.abs(factors - transposed).max() > 0.1 * np.abs(factors).max()


@pytest.mark.parametrize("q", [1, 2, 7, 30])
def test_factors_equal_an_error_carried_back_step_by_step(q):
    rng = np.random.default_rng(q)
    n, n_steps = 5, q + 2
    w, y_start = rng.uniform(-4, 4, (n, n)), rng.uniform(size=n)
    net = ef.run(w, y_start, n_steps)
    f_prime = ef.derivatives_on_the_way_back(net, q)
    factors = ef.error_factors(w, f_prime)[q - 1]
    nets = oracles.run(w.tolist(), y_start, n_steps)
    np.testing.assert_allclose(net, nets, rtol=1e-12, atol=1e-13)
    backwards = [oracles.bptt(w.tolist(), nets, u, q) for u in range(n)]
    np.testing.assert_allclose(factors, backwards, rtol=1e-10, atol=1e-12 * np.abs(factors).max())
    sensitivities = [oracles.forward_sensitivity(w.tolist(), y_start, n_steps, u, v, q) for u, v in pairs(n)]
    forwards = np.reshape(sensitivities, (n, n))
    np.testing.assert_allclose(factors, forwards, rtol=1e-10, atol=1e-12 * np.abs(factors).max())
    step = np.eye(n)
    for row in f_prime:
        step = np.array([ef.hidden_error(row, w, error) for error in step])
    np.testing.assert_allclose(factors, step, rtol=1e-10, atol=1e-12 * np.abs(factors).max())
    # negative control: the derivatives of one step later
    late = ef.error_factors(w, ef.logistic_prime(net[-1 : -1 - q : -1]))[q - 1]
    assert np.abs(late - backwards).max() > 1e-6 * np.abs(factors).max()


def test_the_whole_run_can_be_walked_back():
    net = ef.run(np.eye(2), [0.1, 0.9], 6)
    np.testing.assert_array_equal(ef.derivatives_on_the_way_back(net, 5), ef.logistic_prime(net[4::-1]))
    np.testing.assert_array_equal(ef.derivatives_on_the_way_back(net, 4), ef.logistic_prime(net[4:0:-1]))


def test_output_error_is_the_slope_of_half_the_squared_error():
    net, target, h = np.array([0.3, -1.2]), np.array([1.0, 0.0]), 1e-30

    def loss(x):
        return 0.5 * (target - 1 / (1 + np.exp(-x))) ** 2

    error = ef.output_error(ef.logistic_prime(net), target, expit(net))
    np.testing.assert_allclose(error, -loss(net + 1j * h).imag / h, rtol=1e-12)
    assert not np.allclose(error, -2 * loss(net + 1j * h).imag / h)


def test_global_error_flow_adds_the_output_units():
    factors = ef.error_factors(*random_net(4, 5))
    np.testing.assert_allclose(ef.global_error_factors(factors, [1, 3]), factors[:, 1] + factors[:, 3])


@pytest.mark.parametrize("w", [0.9, 1.1])
def test_one_linear_unit_scales_by_its_weight_per_step(w):
    factors = ef.error_factors([[w]], np.ones((200, 1)))[:, 0, 0]
    slope = np.polyfit(np.arange(1, 201), np.log(factors), 1)[0]
    assert slope == pytest.approx(np.log(w), abs=1e-10)


def test_sensitivity_forwards_is_the_factor_backwards():
    rng = np.random.default_rng(4)
    w, start, q = rng.uniform(-3, 3, (4, 4)), rng.uniform(size=4), 5
    net = ef.run(w, start, q + 1)
    factors = ef.error_factors(w, ef.derivatives_on_the_way_back(net, q))[-1]
    for v in range(4):
        found = ef.sensitivity(w, net, np.eye(4)[v])
        np.testing.assert_allclose(found[-1], ef.logistic_prime(net[-1]) * factors[:, v], rtol=1e-12, atol=1e-16)
    assert found.shape == (6, 4)


def test_decay_rate_is_the_slope_of_the_logarithm():
    assert ef.decay_rate(3.0 * 0.7 ** np.arange(1, 20)) == pytest.approx(np.log(0.7), rel=1e-12)
    assert ef.decay_rate(1.2 ** np.arange(1, 20)) == pytest.approx(np.log(1.2), rel=1e-12)


def test_mean_factor_per_step_is_a_geometric_mean():
    factors = ef.error_factors([[0.9, 0.0], [0.0, 0.5]], np.ones((7, 2)))
    assert ef.mean_factor_per_step(factors) == pytest.approx(0.9, rel=1e-13)
    assert ef.mean_factor_per_step(ef.global_error_factors(factors, [1])) == pytest.approx(0.5, rel=1e-13)


def test_offset_is_added_to_every_net_input():
    assert (ef.run([[4.0]], [0.5], 20, offset=-2.0) == 0.0).all()
    assert (ef.run([[4.0]], [0.5], 20) > 1.9).all()


def test_error_flow_is_constant_where_slope_times_weight_is_one():
    factors = ef.error_factors([[4.0]], np.full((1000, 1), 0.25))
    assert (factors == 1.0).all()
    assert ef.error_factors([[4.0]], np.full((1000, 1), 0.2499))[-1, 0, 0] < 0.7


# ---- bounds

numbers = st.floats(-20, 20, allow_subnormal=False)
nets = st.tuples(st.integers(1, 6), st.integers(2, 12)).flatmap(
    lambda size: st.tuples(
        arrays(np.float64, (size[0], size[0]), elements=numbers),
        arrays(np.float64, (size[1], size[0]), elements=st.floats(0, 0.25, allow_subnormal=False)),
    )
)
ROUNDING = 1 + 1e-12
UNDERFLOW = np.finfo(np.float64).tiny  # a product below it has lost digits, or is 0


@settings(max_examples=150, deadline=None)
@given(nets)
def test_no_net_exceeds_the_bounds(net):
    w, f_prime = net
    q, n = f_prime.shape
    factors = np.abs(ef.error_factors(w, f_prime)[q - 1])
    weak = ef.weak_bound(w, f_prime)
    assert factors.max() <= weak * ROUNDING + UNDERFLOW
    for u, v in pairs(n):
        bound = ef.factor_bound(w, f_prime, u, v)
        assert factors[u, v] <= bound * ROUNDING + UNDERFLOW
        assert bound <= weak * ROUNDING + UNDERFLOW


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 8), st.integers(1, 50), st.floats(0.01, 0.999), st.integers(0, 2**32 - 1))
def test_small_weights_force_exponential_decay(n, q, tau, seed):
    rng = np.random.default_rng(seed)
    w_max = 4.0 * tau / n
    w = rng.uniform(-w_max, w_max, (n, n))
    f_prime = ef.derivatives_on_the_way_back(ef.run(w, rng.uniform(size=n), q + 1), q)
    factors = np.abs(ef.error_factors(w, f_prime)).max(axis=(1, 2))
    assert ef.decay_per_step(n, w_max) == pytest.approx(tau)
    assert (factors <= ef.exponential_bound(n, w_max, np.arange(1, q + 1)) * ROUNDING).all()


@pytest.mark.parametrize(("n", "q"), [(2, 3), (3, 5), (5, 9)])
def test_equal_weights_attain_the_first_bound_and_catch_a_smaller_one(n, q):
    w, f_prime = np.full((n, n), 0.7), np.full((q, n), 0.25)
    factor = ef.error_factors(w, f_prime)[q - 1, 0, n - 1]
    first, weak = ef.factor_bound(w, f_prime, 0, n - 1), ef.weak_bound(w, f_prime)
    assert factor == pytest.approx(first, rel=1e-12)
    assert weak == pytest.approx(n**2 * first, rel=1e-12)
    assert factor > 0.99 * first  # so a bound that is 1 % too small would fail
    # negative control: the greatest entry instead of the row sum is no bound
    assert factor > n * (0.25 * np.abs(w).max()) ** q


def test_half_of_tau_is_no_bound():
    n, w_max, q = 4, 0.9, np.arange(1, 31)
    factors = ef.error_factors(np.full((n, n), w_max), np.full((30, n), 0.25)).max(axis=(1, 2))
    assert (factors <= ef.exponential_bound(n, w_max, q) * ROUNDING).all()
    assert (factors > ef.exponential_bound(n, w_max / 2, q))[-1]


def test_helper_inequality_needs_the_papers_pair_of_norms():
    w = np.array([[1.0, 1.0], [0.0, 0.0]])
    left, right = ef.helper_inequality(w, 0, incoming=True)
    assert left <= right
    left, right = ef.helper_inequality(w, 0, incoming=True, norm="sum")
    assert (left, right) == (2.0, 1.0)
    left, right = ef.helper_inequality(w, 1, incoming=False, norm="sum")
    assert left <= right


@given(arrays(np.float64, (2, 5), elements=numbers))
def test_scalar_product_bound(vectors):
    x, y = vectors
    assert abs(x @ y) <= ef.scalar_product_bound(x, y) * ROUNDING
    assert ef.scalar_product_bound(np.ones(5), np.ones(5)) == 5.0


def test_backpropagation_through_time_equals_real_time_recurrent_learning():
    learner = RTRL(RecurrentTopology(n_inputs=1, n_hidden=3, n_outputs=1, fully_recurrent=True), 1.0, 1.0)
    trained, n_steps = learner.start(np.random.default_rng(4)), 9
    w = trained.weights.w[:, 1:].copy()  # the input is silent: its column does not matter
    target = np.random.default_rng(5).uniform(size=(n_steps, 1))
    silent = np.zeros((n_steps, 1))
    learner.train(trained, Batch(np.empty(0, dtype=np.int64), silent, np.array([0, n_steps]), target, True))
    expected = trained.weights.w[:, 1:] - w
    net = ef.run(w, np.zeros(4), n_steps)
    f_prime, y = ef.logistic_prime(net), np.vstack([np.zeros(4), expit(net)])
    injected = np.zeros((n_steps, 4))
    injected[:, 3:] = ef.output_error(f_prime[:, 3:], target, y[1:, 3:])
    found = ef.backpropagate(w, y, f_prime, injected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    late = ef.backpropagate(w, np.roll(y, -1, axis=0), f_prime, injected)
    assert np.abs(late - expected).max() > 1e-3 * np.abs(expected).max()


# ---- one step of a logistic unit


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("y", "offset"), [(1.0, 0.0), (0.5, 0.3), (-0.7, 1.0), (0.1, -6.0), (0.9, 8.0)])
def test_the_coth_condition_gives_the_greatest_factor(y, offset, sign):
    w = ef.weight_of_greatest_factor(y, offset, sign)
    net = w * y + offset
    assert np.sign(net) == np.sign(w * y) == sign
    assert w == pytest.approx(float(ef.coth_weight(net, y)), rel=1e-9)
    side = np.sign(w) * np.linspace(0, 4 * abs(w) + 40, 400_001)
    grid = ef.single_factor(side, y, offset)
    assert side[grid.argmax()] == pytest.approx(w, abs=abs(side[1]))
    assert ef.single_factor(w, y, offset) >= grid.max() * (1 - 1e-12)
    other = 1.1 * w  # the condition is not met elsewhere
    assert abs(float(ef.coth_weight(other * y + offset, y)) - other) > 0.01 * abs(w)


@given(st.floats(-3.999, 3.999), st.floats(-5, 5), st.floats(-30, 30))
def test_below_four_every_factor_is_below_one(w, y, offset):
    assert ef.single_factor(w, y, offset) < 1.0


def test_four_is_the_threshold():
    assert ef.single_factor(4.0, 1.0, -4.0) == pytest.approx(1.0)
    assert ef.single_factor(4.01, 1.0, -4.01) > 1.0


def test_great_weights_make_the_factor_vanish():
    factors = ef.single_factor([10.0, 100.0, 1000.0], 1.0)
    assert (np.diff(factors) < 0).all()
    assert factors[-1] < 1e-300
    assert np.isfinite(ef.logistic_prime([-1e4, 1e4])).all()


# ---- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ef.error_factors(np.ones((2, 3)), np.ones((1, 3))), r"w has shape \(2, 3\)"),
        (lambda: ef.error_factors(np.ones((2, 2)), np.ones((1, 3))), r"f_prime has shape \(1, 3\)"),
        (lambda: ef.error_factors(np.ones((2, 2)), np.ones((0, 2))), r"f_prime has shape \(0, 2\)"),
        (
            lambda: ef.path_products(np.ones((2, 2)), np.ones((1, 2)), 2, 0),
            "u is 2; the net's units are 0 to 1",
        ),
        (lambda: ef.matrix_form(np.ones((2, 2)), np.ones((2, 2)), 0, -1), "v is -1"),
        (lambda: ef.path_products(np.ones((9, 9)), np.ones((9, 9)), 0, 0), "use error_factors"),
        (lambda: ef.matrix_form(np.ones((2, 2)), np.ones((1, 2)), 0, 0), "q > 1"),
        (lambda: ef.factor_bound(np.ones((2, 2)), np.ones((1, 2)), 0, 0), "q > 1"),
        (lambda: ef.run(np.ones((2, 2)), [1.0], 3), r"y_start has shape \(1,\)"),
        (lambda: ef.run(np.ones((1, 1)), [1.0], 0), "n_steps is 0"),
        (lambda: ef.backpropagate(np.ones((1, 1)), [[1.0]], [[1.0]], [[1.0]]), r"y has shape \(1, 1\)"),
        (lambda: ef.helper_inequality(np.ones((1, 1)), 0, True, "1"), "norm is '1'"),
        (lambda: ef.helper_inequality(np.ones((1, 1)), 1, True), "u is 1"),
        (lambda: ef.derivatives_on_the_way_back(np.ones((3, 1)), 3), "q is 3"),
        (lambda: ef.weight_of_greatest_factor(0.0), "y is 0"),
        (lambda: ef.weight_of_greatest_factor(1.0, sign=0), "sign is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
