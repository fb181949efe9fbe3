"""Nets trained by an extended Kalman filter."""

import dataclasses
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import batch_of, inputs_of, targets_of

from lstm97.experiments.pairs import make_pair
from lstm97.learners import BPTT, Kalman, RecurrentTopology, kalman
from lstm97.learners.kalman import KalmanNet
from lstm97.tasks import Batch, Parity

NETS = {
    "plain": RecurrentTopology(3, 2, 2),
    "biased, outputs see inputs": RecurrentTopology(3, 3, 2, outputs_see_inputs=True, biased=True),
}
each = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())
one_hot = pytest.mark.parametrize("one_hot", [False, True], ids=["values", "symbols"])


def textbook(learner: Any, start: KalmanNet, batch: Batch) -> tuple[list[Any], list[Any]]:
    """Filter one sequence with whole matrices and inverses; return all weights and covariances, unit by unit.

    Derivatives go forwards, as one array over all weights of the hidden layer.
    """
    net, (w, w_k) = learner.topology, (start.weights.w.copy(), start.weights.w_k.copy())
    n_hidden, n_sources = w.shape
    p, p_k = ([matrix.copy() for matrix in matrices] for matrices in start.covariances)
    one, first = [1.0] if net.biased else [], net.n_inputs if net.outputs_see_inputs else 0
    y, dy = np.zeros(n_hidden), np.zeros((n_hidden, n_hidden * n_sources))
    for x, target in zip(inputs_of(net, batch), targets_of(batch), strict=True):
        below = np.concatenate([x, y, one])
        own = np.kron(np.eye(n_hidden), below)
        y = oracle.logistic(w @ below)
        recurrent = w[:, net.n_inputs : net.n_inputs + n_hidden]
        dy = (y * (1 - y))[:, None] * (learner.discount * recurrent @ dy + own)
        if target is None:
            continue
        seen = np.concatenate([x, y, one] if net.outputs_see_inputs else [y, one])
        y_k = oracle.logistic(w_k @ seen)
        slope = y_k * (1 - y_k)
        h = (slope[:, None] * (w_k[:, first : first + n_hidden] @ dy)).reshape(len(y_k), n_hidden, n_sources)
        h_of = [h[:, i, :].T for i in range(n_hidden)] + [
            np.outer(slope[k] * seen, np.eye(len(y_k))[k]) for k in range(len(y_k))
        ]
        matrices = [*p, *p_k]
        inner = np.eye(len(y_k)) / learner.alpha + sum(a.T @ b @ a for a, b in zip(h_of, matrices, strict=True))
        gains = [b @ a @ np.linalg.inv(inner) for a, b in zip(h_of, matrices, strict=True)]
        for i, (gain, a, b) in enumerate(zip(gains, h_of, matrices, strict=True)):
            row = w[i] if i < n_hidden else w_k[i - n_hidden]
            row += gain @ (target - y_k)
            b -= gain @ a.T @ b - learner.drift * np.eye(len(b))
    return [*w, *w_k], [*p, *p_k]


def furthest(module: ModuleType, net: RecurrentTopology, every_step: bool, one_hot: bool, **settings: Any) -> float:
    """Train on a sequence; by how much does a weight or a covariance differ from the textbook's?"""
    batch = batch_of(net, every_step, one_hot, (6,))
    learner = module.Kalman(net, **({"alpha": 2.0, "weight_range": 1.0, "variance": 5.0, "drift": 0.01} | settings))
    trained = learner.start(np.random.default_rng(8))
    weights, covariances = textbook(learner, trained, batch)
    learner.train(trained, batch)
    found_weights = [*trained.weights.w, *trained.weights.w_k]
    found = [*trained.covariances.p, *trained.covariances.p_k]
    pairs = [*zip(found_weights, weights, strict=True), *zip(found, covariances, strict=True)]
    return max(float(np.abs(one - other).max()) for one, other in pairs)


@each
@one_hot
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("discount", [1.0, 0.6])
def test_it_is_the_textbooks_filter(net: RecurrentTopology, one_hot: bool, every_step: bool, discount: float) -> None:
    assert furthest(kalman, net, every_step, one_hot, discount=discount) < 1e-12


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("output_derivatives", "slope[k] * w_k[k, first + i]", "w_k[k, first + i]"),
        ("output_derivatives", "f_prime(y_k[k])", "1.0"),
        ("measure", "inverse[k, k] += h_k[k, m] * g_k[k, m]", "pass"),
        ("output_derivatives", "dy_dw[:, l]", "dy_dw[:, 0]"),
        ("measure", "add_products(h[l], 0, p[l], g[l])", "add_products(h[l], 0, p[0], g[l])"),
        ("measure", "add_products(h[l], 0, g_m, inverse)", "add_products(g[l], 0, g_m, inverse)"),
        ("correct", "add_products(g[l].T, 0, z[l], p[l])", "add_products(z[l].T, 0, z[l], p[l])"),
        ("invert_factor", "matrix[a, b] -= matrix[a, c] * matrix[b, c]", "pass"),
        ("invert_factor", "-matrix[a, a]", "matrix[a, a]"),
        ("correct", "v[a]", "v[0]"),
        ("correct", "a_kk += inverse[a, k] * inverse[a, k]", "a_kk = inverse[k, k] * inverse[k, k]"),
        ("correct", "p[l, m, m] += drift", "pass"),
        ("present", "dy_dw[i, l, m] *= discount", "pass"),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str) -> None:
    module = corrupted(kalman, function, old, new)
    assert furthest(module, NETS["biased, outputs see inputs"], True, False, discount=0.6) > 1e-6


@each
@one_hot
def test_derivatives_are_those_of_the_outputs(net: RecurrentTopology, one_hot: bool) -> None:
    """With a variance as small as this, the first correction is a gradient step."""
    batch, small = batch_of(net, False, one_hot, (6,)), 1e-9
    learner = Kalman(net, 1.0, 1.0, variance=small, drift=0.0)
    trained = learner.start(np.random.default_rng(8))
    before = learner.copy(trained).weights

    def of(w: Any, w_k: Any) -> Any:
        (y_k,) = oracle.run(net, w, w_k, inputs_of(net, batch), np.zeros(net.n_units))[1][-1:]
        return ((batch.targets[0] - y_k) ** 2).sum() / 2

    found = oracle.complex_steps(before.w, before.w_k, of)
    learner.train(trained, batch)
    for after, start, gradient in zip(trained.weights[:2], before[:2], found, strict=True):
        assert (after - start) / small == pytest.approx(-gradient, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("n", [1, 5])
def test_inverse_of_the_factor(n: int) -> None:
    root = np.random.default_rng(0).normal(size=(n, n))
    matrix = root @ root.T + np.eye(n)
    found = matrix.copy()
    kalman.invert_factor(found)
    lower = np.tril(found)
    assert lower == pytest.approx(np.linalg.inv(np.linalg.cholesky(matrix)), abs=1e-13)
    assert_array_equal(np.triu(found, 1), np.triu(matrix, 1))


@each
@one_hot
def test_interpreted_and_compiled_give_the_same_bits(net: RecurrentTopology, one_hot: bool) -> None:
    batch, nets = batch_of(net, True, one_hot), []
    for module in (kalman, uncompiled(kalman)):
        learner = module.Kalman(net, 1.0, 1.0)
        nets.append(learner.start(np.random.default_rng(8)))
        learner.train(nets[-1], batch)
    for one, other in zip(
        (*nets[0].weights, *nets[0].covariances), (*nets[1].weights, *nets[1].covariances), strict=True
    ):
        assert_array_equal(one, other)


def parity_learned(learner: Any, n: int) -> bool:
    task, rng = Parity(T=3), np.random.default_rng(0)
    net = learner.start(np.random.default_rng(1))
    learner.train(net, task.sample(rng, n))
    if isinstance(net, KalmanNet):
        for matrix in (*net.covariances.p, *net.covariances.p_k):
            assert_array_equal(matrix, matrix.T)
            assert np.linalg.eigvalsh(matrix).min() > 0.0
    test = task.sample(rng, 200)
    return bool(task.score(test, learner.predict(net, test))[1].all())


def test_parity_of_three_bits_is_learned_in_few_sequences() -> None:
    """In far fewer than by gradient descent."""
    net = RecurrentTopology(1, 8, 1, biased=True)
    assert parity_learned(Kalman(net, 1.0, 0.1), 1000)
    assert not parity_learned(BPTT(net, 1.0, 0.1), 1000)


def test_covariances_stay_symmetric_and_positive() -> None:
    """After 100,000 steps with targets, however little is left to be learned."""
    net = RecurrentTopology(1, 3, 1, biased=True)
    learner, task = Kalman(net, 10.0, 0.1, variance=1e4, drift=0.0), Parity(T=2)
    trained = learner.start(np.random.default_rng(1))
    learner.train(trained, task.sample(np.random.default_rng(0), 100_000))
    for matrix in (*trained.covariances.p, *trained.covariances.p_k):
        assert_array_equal(matrix, matrix.T)
        assert np.linalg.eigvalsh(matrix).min() > 0.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"alpha": 0.0}, "alpha is 0.0: give a positive number"),
        ({"variance": -1.0}, "variance is -1.0: give a positive number"),
        ({"drift": -1.0}, "drift is -1.0: give 0 or a positive number"),
        ({"discount": 1.1}, "discount is 1.1: give a number from 0 to 1"),
        ({"topology": RecurrentTopology(3, 2, 2, fully_recurrent=True)}, "let fully_recurrent be false"),
        (
            {"topology": RecurrentTopology(100, 200, 1)},
            "n_hidden is 200, with .*: the filter would carry .* covariances",
        ),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(Kalman(NETS["plain"], 1.0, 1.0), **changes)


def test_too_many_covariances_are_refused_with_what_makes_them() -> None:
    says = (
        r"n_hidden is 1, with 1001 inputs .*: the filter would carry [\d,]+ covariances, [\d,]+ MB, .*fewer symbols"
    )
    with pytest.raises(ValueError, match=says):
        make_pair("long-lag:p=1000", "kalman:n_hidden=1")
