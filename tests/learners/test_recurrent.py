"""RTRL and BPTT: one gradient by three routes, the paper's numbers of weights, and what they learn."""

import dataclasses
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import Updates, assert_same_updates, batch_of, difference, inputs_of, targets_of, updates

from lstm97.learners import BPTT, RTRL, RecurrentTopology, Window, bptt, recurrent, rtrl
from lstm97.tasks import Batch, LongLag

NETS = {
    "hidden layer": RecurrentTopology(3, 2, 2),
    "hidden layer, biased": RecurrentTopology(3, 4, 1, outputs_see_inputs=True, biased=True),
    "task 2a": RecurrentTopology(4, 1, 4, outputs_see_inputs=True),
    "fully recurrent": RecurrentTopology(3, 2, 2, fully_recurrent=True),
    "fully recurrent, biased": RecurrentTopology(1, 3, 1, fully_recurrent=True, biased=True),
}
named = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())
at_every_step = pytest.mark.parametrize("every_step", [False, True], ids=["end", "every step"])
one_hot = pytest.mark.parametrize("one_hot", [False, True], ids=["values", "symbols"])


def expected(net: RecurrentTopology, batch: Batch, k: int | None = None, initial_y: float = 0.0) -> Updates:
    """What the gradient of one sequence's error gives, by complex steps."""
    weights = BPTT(net, 1.0, 2.0).start(np.random.default_rng(8)).weights
    found = oracle.gradient(net, weights.w, weights.w_k, inputs_of(net, batch), targets_of(batch), k, initial_y)
    return -found[0], -found[1]


@named
@at_every_step
@one_hot
def test_three_routes_to_the_gradient(net: RecurrentTopology, every_step: bool, one_hot: bool) -> None:
    batch = batch_of(net, every_step, one_hot)
    for i in range(len(batch)):
        one = batch.part(i, i + 1)
        gradient = expected(net, one)
        by_rtrl, by_bptt = updates(RTRL(net, 1.0, 2.0), one), updates(BPTT(net, 1.0, 2.0), one)
        assert difference(by_rtrl, gradient) < 1e-12
        assert difference(by_bptt, gradient) < 1e-12
        assert difference(by_rtrl, by_bptt) < 1e-12
        assert difference(updates(BPTT(net, 1.0, 2.0, k=one.n_steps), one), by_bptt) < 1e-12


@named
@at_every_step
@pytest.mark.parametrize("k", [1, 3])
def test_truncated_bptt_is_the_gradient_of_the_last_k_steps(net: RecurrentTopology, every_step: bool, k: int) -> None:
    batch = batch_of(net, every_step, True, (7,))
    truncated = updates(BPTT(net, 1.0, 2.0, k=k), batch)
    assert difference(truncated, expected(net, batch, k)) < 1e-12
    assert difference(truncated, expected(net, batch)) > 1e-6


def gradient_differs(module: ModuleType, name: str, **settings: Any) -> bool:
    """Whether a changed module's learner misses the gradient in some net; at first that is what it computes."""
    differs = False
    for net in NETS.values():
        for one_hot in (False, True):
            batch = batch_of(net, True, one_hot, (6,))
            learner = getattr(module, name)(net, 1.0, 2.0, **settings)
            differs |= difference(updates(learner, batch), expected(net, batch)) > 1e-9
    return differs


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("advance_sensitivities", "add_products(w, wiring.n_inputs, ...)", "add_products(w, 0, ...)"),
        ("advance_sensitivities", "add_products(..., before, now)", "add_products(..., before[::-1], now)"),
        ("advance_sensitivities", "y_before[j]", "y[j]"),
        ("advance_sensitivities", "f_prime(y[i])", "f_prime(y_before[i])"),
        ("advance_sensitivities", "dy_dw[i, i, symbol] += 1.0", "dy_dw[i, i, symbol] = 1.0"),
        ("advance_sensitivities", "values[t, m]", "1.01 * values[t, m]"),
        ("advance_sensitivities", "dy_dw[i, i, wiring.n_inputs + n_units] += 1.0", "pass"),
        ("add_sensitivity_updates", "e_y[i]", "e_y[l]"),
    ],
)
def test_a_wrong_sensitivity_is_seen(function: str, old: str, new: str) -> None:
    assert gradient_differs(corrupted(rtrl, function, old, new), "RTRL")


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("propagate_back", "w[i, wiring.n_inputs + j]", "w[j, wiring.n_inputs + i]"),
        ("propagate_back", "y_at[t - first + 1, j]", "y_at[t - first, j]"),
        ("propagate_back", "y_at[t - first]", "y_at[t - first + 1]"),
        ("propagate_back", "back == 0 or all_errors", "back == 0"),
    ],
)
def test_a_wrong_error_is_seen(function: str, old: str, new: str) -> None:
    assert gradient_differs(corrupted(bptt, function, old, new), "BPTT")


@named
@one_hot
@pytest.mark.parametrize("learner", ["RTRL", "RTRL on-line", "BPTT", "BPTT truncated"])
def test_interpreted_and_compiled_give_the_same_bits(learner: str, net: RecurrentTopology, one_hot: bool) -> None:
    name, _, variant = learner.partition(" ")
    module = {"RTRL": rtrl, "BPTT": bptt}[name]
    variants: dict[str, dict[str, Any]] = {"": {}, "on-line": {"update": "every step"}, "truncated": {"k": 2}}
    settings = variants[variant]
    compiled, plain = (getattr(one, name)(net, 0.5, 2.0, **settings) for one in (module, uncompiled(module)))
    assert_same_updates(compiled, plain, batch_of(net, True, one_hot))


@named
@one_hot
def test_outputs_are_those_of_the_equations(net: RecurrentTopology, one_hot: bool) -> None:
    batch = batch_of(net, True, one_hot)
    learner = BPTT(net, 1.0, 2.0)
    start = learner.start(np.random.default_rng(8))
    first, inputs, zeros = batch.offsets[1], inputs_of(net, batch), np.zeros(net.n_units)
    outputs = [
        y
        for part in (inputs[:first], inputs[first:])
        for y in oracle.run(net, start.weights.w, start.weights.w_k, part, zeros)[1]
    ]
    assert learner.predict(start, batch) == pytest.approx(np.array(outputs), abs=1e-14)
    # before learning from it: the first sequence's outputs, and with weights that stay all of them
    trained = learner.train(learner.copy(start), batch)
    assert_array_equal(trained[:first], learner.predict(start, batch)[:first])
    assert not np.array_equal(trained, learner.predict(start, batch))
    stills: list[Any] = [BPTT(net, 0.0, 2.0), RTRL(net, 0.0, 2.0), RTRL(net, 0.0, 2.0, "every step")]
    for still in stills:
        again = still.start(np.random.default_rng(8))
        assert_array_equal(still.train(again, batch), learner.predict(start, batch))


@named
@one_hot
def test_the_forward_pass_interpreted_and_changed(net: RecurrentTopology, one_hot: bool) -> None:
    batch = batch_of(net, True, one_hot)
    learner = BPTT(net, 1.0, 2.0)
    start = learner.start(np.random.default_rng(8))
    outputs = learner.predict(start, batch)
    changed = corrupted(recurrent, "net_inputs", "w[i, wiring.n_inputs + j]", "w[j, wiring.n_inputs + i]")
    modules = uncompiled(recurrent), changed
    plain, wrong = (module.Recurrent(net, 1.0, 2.0).predict(start, batch) for module in modules)
    assert_array_equal(plain, outputs)
    assert np.array_equal(wrong, outputs) == (net.n_units == 1)


def test_on_line_and_off_line() -> None:
    """With an error at a sequence's one last step they are the same; else weights change in between."""
    net = NETS["fully recurrent"]
    for every_step in (False, True):
        batch = batch_of(net, every_step, True)
        learners = RTRL(net, 0.5, 2.0), RTRL(net, 0.5, 2.0, "every step")
        off_line, on_line = (one.train(one.start(np.random.default_rng(8)), batch) for one in learners)
        assert np.allclose(off_line, on_line, atol=1e-12) == (not every_step)


def test_on_line_updates_tend_to_the_gradient() -> None:
    """As the learning rate falls: the sum over the steps of a sequence is then by the same weights."""
    net, alpha = NETS["hidden layer"], 1e-7
    batch = batch_of(net, True, True, (7,))
    w, w_k = updates(RTRL(net, alpha, 2.0, "every step"), batch)
    assert difference((w / alpha, w_k / alpha), expected(net, batch)) < 1e-6


def test_without_resets_a_sequence_goes_on_from_the_one_before() -> None:
    net = NETS["task 2a"]
    batch = batch_of(net, True, True)
    as_one = dataclasses.replace(batch, offsets=batch.offsets[[0, 2]])
    learner = RTRL(net, 0.5, 2.0, "every step", resets=False)
    nets = [learner.start(np.random.default_rng(8)) for _ in range(3)]
    outputs = learner.train(nets[0], batch)
    assert_array_equal(outputs, RTRL(net, 0.5, 2.0, "every step").train(nets[1], as_one))
    assert_array_equal(nets[0].weights.w, nets[1].weights.w)
    # a copy goes on as the net itself would, also from one batch to the next
    parts = [learner.train(nets[2], batch.first(1)), learner.train(learner.copy(nets[2]), batch.part(1, 2))]
    assert_array_equal(np.concatenate(parts), outputs)
    assert_array_equal(learner.predict(nets[0], batch), learner.predict(nets[0], as_one))
    assert not np.array_equal(learner.predict(nets[0], batch), RTRL(net, 0.5, 2.0).predict(nets[0], batch))


@pytest.mark.parametrize(
    ("net", "n_weights"),
    [
        *(
            (RecurrentTopology(p + 1, 1, p + 1, outputs_see_inputs=True), n)
            for p, n in ((4, 36), (10, 144), (100, 10_404))
        ),
        (RecurrentTopology(7, 3, 7, fully_recurrent=True), 170),
        (RecurrentTopology(7, 12, 7, fully_recurrent=True), 494),
        (RecurrentTopology(7, 15, 7), 435),
    ],
)
def test_numbers_of_weights_in_tables_1_and_2(net: RecurrentTopology, n_weights: int) -> None:
    assert net.n_weights == n_weights


def test_initial_weights() -> None:
    learner = RTRL(NETS["fully recurrent"], 1.0, 0.2)
    weights = learner.start(np.random.default_rng(0)).weights
    assert weights.w.all()
    assert 0.15 < np.abs(weights.w).max() <= 0.2
    assert weights.w_k.size == 0
    assert_array_equal(learner.start(np.random.default_rng(0)).weights.w, weights.w)
    assert not np.array_equal(learner.start(np.random.default_rng(1)).weights.w, weights.w)


@pytest.mark.parametrize(
    ("learner", "variant", "p"),
    [
        (RTRL, {"update": "every step"}, 2),
        (RTRL, {}, 2),
        (BPTT, {}, 2),
        (BPTT, {"k": 2}, 2),
    ],
)
def test_a_lag_of_one_step_is_learned(learner: type, variant: dict[str, Any], p: int) -> None:
    """Task 2a with the fewest symbols: the paper has RTRL solve p = 4, slowly."""
    task = LongLag(p=p)
    trained = learner(RecurrentTopology(p + 1, 1, p + 1, outputs_see_inputs=True), 4.0, 0.2, **variant)
    net, rng = trained.start(np.random.default_rng(1)), np.random.default_rng(2)
    test = task.sample(rng, 100)
    assert not task.score(test, trained.predict(net, test))[1].any()
    trained.train(net, task.sample(rng, 30_000))
    assert task.score(test, trained.predict(net, test))[1].mean() == 1.0


def test_without_recurrence_that_lag_is_not_learned() -> None:
    """The control: what forgets the step before can be right about one of the two classes only."""
    task = LongLag(p=2)
    blind = Window(3, 2, 3, window=1, alpha=4.0, weight_range=0.2)
    net, test = blind.start(np.random.default_rng(1)), task.sample(np.random.default_rng(3), 100)
    blind.train(net, task.sample(np.random.default_rng(2), 30_000))
    assert not task.score(test, blind.predict(net, test))[1].all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RecurrentTopology(0, 1, 1), "n_inputs is 0: give at least 1"),
        (
            lambda: RecurrentTopology(1, 1, 1, fully_recurrent=True, outputs_see_inputs=True),
            "let outputs_see_inputs be false",
        ),
        (
            lambda: RTRL(NETS["task 2a"], 1.0, 1.0, "always"),
            "update is 'always': give one of 'sequence end', 'every step'",
        ),
        (lambda: RTRL(RecurrentTopology(100, 200, 1), 1.0, 1.0), "n_hidden is 200: RTRL would carry .* take BPTT"),
        (lambda: BPTT(NETS["task 2a"], 1.0, 1.0, k=0), "k is 0: give at least 1, or None for full BPTT"),
    ],
)
def test_bad_input_is_named(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
