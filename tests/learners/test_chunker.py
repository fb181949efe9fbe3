"""The neural sequence chunker of two nets."""

import dataclasses
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import difference

from lstm97.learners import RTRL, Chunker, chunker
from lstm97.learners.chunker import MIMICS, ChunkerNet
from lstm97.learners.rtrl import RTRLNet
from lstm97.net.activations import f
from lstm97.tasks import Adding, Batch, LongLag

Array = NDArray[np.float64]
Updates = tuple[Array, Array]
TASK = LongLag(5, "2b")
both_ways = pytest.mark.parametrize("mimics", MIMICS)


def batch_of(n: int = 1) -> Batch:
    return TASK.sample(np.random.default_rng(4), n)


def started(learner: Any) -> Any:
    return learner.start(np.random.default_rng(1))


def updates(module: ModuleType, surprise: float, mimics: str, batch: Batch, alpha: float) -> list[Updates]:
    """Train on the batch, and return how much the weights of the lower and of the upper net have changed."""
    learner = module.Chunker(6, 2, alpha, 2.0, surprise, mimics)
    net, before = started(learner), started(learner)
    learner.train(net, batch)
    return changes(net, before)


def changes(net: Any, before: Any) -> list[Updates]:
    return [
        (now.weights.w - then.weights.w, now.weights.w_k - then.weights.w_k)
        for now, then in ((net.lower, before.lower), (net.upper, before.upper))
    ]


def surprises(mimics: str) -> list[float]:
    """Bounds at which the sequence's predictions all fail, and at which some do."""
    learner, batch = Chunker(6, 2, 1.0, 2.0, mimics=mimics), batch_of()
    errors = np.abs(learner.predict(started(learner), batch) - batch.targets).max(axis=1)
    return [0.0, float(np.sort(errors)[1:3].mean())]


# First route: as the learning rate falls, both nets follow the gradients of what they read


def gradients(surprise: float, mimics: str, batch: Batch) -> list[Updates]:
    """What the description says of one sequence, by complex steps: two nets with the sequences that each reads."""
    learner = Chunker(6, 2, 1.0, 2.0, mimics=mimics)
    net, zeros = started(learner), np.zeros(2)
    inputs, symbols = list(np.eye(6)[batch.symbols]), list(batch.targets)
    form, weights = learner.lower.topology, net.lower.weights
    predictions = [y[:6] for y in oracle.run(form, weights.w, weights.w_k, inputs, zeros)[1]]
    fails = [np.abs(y - target).max() >= surprise for y, target in zip(predictions, symbols, strict=True)]
    reads = [True, *fails[:-1]]  # the first symbol, and every one that was not predicted
    above, upper = learner.upper.topology, net.upper.weights
    read = [x for x, unexpected in zip(inputs, reads, strict=True) if unexpected]
    to_come: list[Any] = [target for target, fail in zip(symbols, fails, strict=True) if fail]
    to_come += [None] * (len(read) - len(to_come))
    layer, outputs = oracle.run(above, upper.w, upper.w_k, read, zeros)
    states = [np.concatenate([h, o]) if mimics == "state" else h for h, o in zip(layer, outputs, strict=True)]
    wanted = [np.concatenate([y, states[n - 1]]) for y, n in zip(symbols, np.cumsum(reads), strict=True)]
    of_lower = oracle.gradient(form, weights.w, weights.w_k, inputs, wanted)
    of_upper = oracle.gradient(above, upper.w, upper.w_k, read, to_come)
    return [(-of_lower[0], -of_lower[1]), (-of_upper[0], -of_upper[1])]


def misses_the_gradient(module: ModuleType, alpha: float = 1e-7) -> bool:
    return any(
        difference((w / alpha, w_k / alpha), other) > 1e-6
        for mimics in MIMICS
        for surprise in surprises(mimics)
        for (w, w_k), other in zip(
            updates(module, surprise, mimics, batch_of(), alpha),
            gradients(surprise, mimics, batch_of()),
            strict=True,
        )
    )


# Second route: step by step with two nets trained by RTRL, whatever the learning rate


def step_by_step(learner: Chunker, net: ChunkerNet, batch: Batch) -> Array:
    """Train the nets as the description says, and return the lower one's predictions."""
    lower, upper = (dataclasses.replace(one, resets=False) for one in (learner.lower, learner.upper))

    def train(one: RTRL, on: RTRLNet, symbol: int, target: Array) -> Array:
        return one.train(on, Batch(np.array([symbol]), np.zeros((1, 0)), np.array([0, 1]), target[None], True))[0]

    outputs = []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        for one in (net.lower, net.upper):
            one.state.y[:] = 0.0
            one.dy_dw[:] = 0.0
        unexpected = True
        for t in range(first, last):
            if unexpected:
                read = batch.symbols[t]
                after = upper.copy(net.upper)
                shown = train(upper, after, read, np.zeros(learner.n_symbols))
                state = np.concatenate([after.state.y, shown]) if learner.mimics == "state" else after.state.y
            outputs.append(train(lower, net.lower, batch.symbols[t], np.concatenate([batch.targets[t], state])))
            outputs[-1] = outputs[-1][: learner.n_symbols]
            unexpected = bool(np.abs(outputs[-1] - batch.targets[t]).max() >= learner.surprise)
            if unexpected:
                train(upper, net.upper, read, batch.targets[t])
    return np.array(outputs)


def misses_a_step(module: ModuleType) -> bool:
    batch = batch_of(4)
    for mimics in MIMICS:
        for surprise in surprises(mimics):
            learner = Chunker(6, 2, 1.0, 2.0, surprise, mimics)
            net, before = started(learner), started(learner)
            step_by_step(learner, net, batch)
            found = updates(module, surprise, mimics, batch, 1.0)
            if any(difference(*pair) > 1e-12 for pair in zip(found, changes(net, before), strict=True)):
                return True
    return False


def test_both_nets_learn_from_what_they_read() -> None:
    assert not misses_the_gradient(chunker)
    assert not misses_a_step(chunker)


@pytest.mark.parametrize(
    ("function", "old", "new", "only_seen_step_by_step"),
    [
        ("present", "unexpected, read = True, -1", "unexpected, read = False, 0", False),
        ("present", "read = symbol", "read = symbols[offsets[s]]", False),
        ("present", "upper_state.y[i]", "upper_state.y_before[i]", False),
        ("present", "upper_state.y_k[k]", "targets[t, k]", False),
        ("present", "if unexpected:\n    learn(...)", "if not unexpected:\n    learn(...)", False),
        ("present", "upper_state.y[:] = wiring.initial_y", "pass", True),
        ("present", "lower_dy_dw[:, :, :] = 0.0", "pass", True),
    ],
)
def test_a_wrong_step_is_seen(function: str, old: str, new: str, only_seen_step_by_step: bool) -> None:
    changed = corrupted(chunker, function, old, new)
    assert misses_a_step(changed)
    assert misses_the_gradient(changed) != only_seen_step_by_step


@both_ways
def test_outputs_are_those_before_learning(mimics: str) -> None:
    learner, batch = Chunker(6, 2, 1.0, 2.0, 0.5, mimics), batch_of(4)
    outputs = learner.train(started(learner), batch)
    np.testing.assert_allclose(outputs, step_by_step(learner, started(learner), batch), rtol=1e-12)
    still = dataclasses.replace(learner, alpha=0.0)
    assert_array_equal(still.train(started(still), batch), still.predict(started(still), batch))


@both_ways
def test_if_nothing_is_predicted_the_upper_net_reads_everything(mimics: str) -> None:
    """Then it is a net trained by RTRL; and if everything is, it learns nothing."""
    batch = batch_of(3)
    learner = Chunker(6, 2, 1.0, 2.0, 0.0, mimics)
    net = started(learner)
    alone = learner.upper.copy(net.upper)
    learner.train(net, batch)
    learner.upper.train(alone, batch)
    assert_array_equal(net.upper.weights.w, alone.weights.w)
    assert_array_equal(net.upper.weights.w_k, alone.weights.w_k)
    (w, w_k), (upper_w, upper_w_k) = updates(chunker, 2.0, mimics, batch, 1.0)
    assert w.any()
    assert w_k.any()
    assert not upper_w.any()
    assert not upper_w_k.any()


@both_ways
def test_interpreted_and_compiled_give_the_same_bits(mimics: str) -> None:
    for surprise in surprises(mimics):
        modules = chunker, uncompiled(chunker)
        compiled, plain = (updates(module, surprise, mimics, batch_of(3), 1.0) for module in modules)
        for one, other in zip(compiled, plain, strict=True):
            for a, b in zip(one, other, strict=True):
                assert_array_equal(a, b)


@both_ways
def test_predicting_changes_nothing_and_training_does(mimics: str) -> None:
    learner, batch = Chunker(6, 1, 0.5, 0.2, mimics=mimics), batch_of(4)
    net = started(learner)
    first = learner.predict(net, batch)
    assert_array_equal(learner.predict(net, batch), first)
    assert_array_equal(learner.train(learner.copy(net), batch)[:1], first[:1])
    assert_array_equal(learner.predict(net, batch), first)
    learner.train(net, batch)
    assert not np.array_equal(learner.predict(net, batch), first)
    assert learner.train(net, batch.first(0)).shape == (0, 6)


def solves(task: LongLag, net: RTRL | Chunker, seed: int, n: int) -> tuple[bool, Any]:
    """Train on n sequences, and tell whether all are right then."""
    batch, test = (task.sample(np.random.default_rng([seed, i]), size) for i, size in enumerate((n, 50)))
    trained: Any = net.start(np.random.default_rng(seed))
    net.train(trained, batch)
    return bool(task.score(test, net.predict(trained, test))[1].all()), trained


def test_a_lag_that_rtrl_does_not_bridge() -> None:
    """Nineteen steps, as in Schmidhuber's (1992b) experiment, in fewer sequences than his slowest trial's 35,000."""
    learner = Chunker(21, 3, 1.0, 0.2, mimics="state")
    assert all(solves(LongLag(20), learner, seed, 10_000)[0] for seed in range(3))
    assert not any(solves(LongLag(20), learner.upper, seed, 10_000)[0] for seed in range(3))


def test_what_the_lower_net_is_told() -> None:
    """With one hidden unit, five steps (p = 6) are bridged in most trials if the lower net is told the upper's state.

    They are not if it is told the hidden unit alone: that hardly tells x from y, while the output units do.
    """
    x_and_y = Batch(np.array([5, 6]), np.zeros((2, 0)), np.arange(3), np.zeros((2, 7)), every_step=True)
    n_solved = dict.fromkeys(MIMICS, 0)
    for mimics in MIMICS:
        learner = Chunker(7, 1, 1.0, 0.2, mimics=mimics)
        for seed in range(5):
            solved, net = solves(LongLag(6), learner, seed, 15_000)
            n_solved[mimics] += solved
            x, y = f(net.upper.weights.w[0, 5]), f(net.upper.weights.w[0, 6])
            assert abs(x - y) < 0.05
            assert np.ptp(learner.upper.predict(net.upper, x_and_y)[:, 5:], axis=0).min() > 0.8
    assert n_solved["state"] >= 3
    assert n_solved["hidden"] == 0


def test_numbers_of_weights() -> None:
    """Table 2 prints 10,506; that is the lower net alone."""
    literal, whole = (Chunker(101, 1, 1.0, 0.2, mimics=mimics) for mimics in MIMICS)
    assert (literal.lower.topology.n_weights, literal.upper.topology.n_weights) == (10_506, 10_404)
    assert literal.n_weights == 20_910
    assert whole.lower.topology.n_weights == 10_506 + 101 * 102


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="n_hidden is 0: give at least 1"):
        Chunker(3, 0, 1.0, 0.2)
    with pytest.raises(ValueError, match="mimics is 'outputs': give one of 'hidden', 'state'"):
        Chunker(3, 1, 1.0, 0.2, mimics="outputs")
    learner = Chunker(2, 1, 1.0, 0.2)
    with pytest.raises(ValueError, match="give a task that asks for that"):
        learner.train(started(learner), Adding(30).sample(np.random.default_rng(0), 1))
    with pytest.raises(ValueError, match="symbols has 5: give input units from 0 to 1"):
        learner.train(started(learner), batch_of())
