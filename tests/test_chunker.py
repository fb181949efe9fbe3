"""The neural sequence chunker of two nets."""

from types import ModuleType
from typing import Any

import numpy as np
import oracles_recurrent as oracle
import pytest
from corruption import corrupted, interpreted
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from test_recurrent import difference

from lstm97.learners import RTRL, Chunker, chunker
from lstm97.tasks import Adding, Batch, LongLag

Updates = tuple[NDArray[np.float64], NDArray[np.float64]]
TASK = LongLag(5, "2b")


def batch_of(n: int = 1) -> Batch:
    return TASK.sample(np.random.default_rng(4), n)


def updates(module: ModuleType, surprise: float, batch: Batch) -> tuple[Updates, Updates]:
    """Train on the batch, and return how much the weights of the lower and of the upper net have changed."""
    learner = module.Chunker(6, 2, 1.0, 2.0, surprise)
    net = learner.start(np.random.default_rng(1))
    before = learner.copy(net)
    learner.train(net, batch)
    lower, upper = (
        (now.weights.w - then.weights.w, now.weights.w_k - then.weights.w_k)
        for now, then in ((net.lower, before.lower), (net.upper, before.upper))
    )
    return lower, upper


def expected(surprise: float, batch: Batch) -> tuple[Updates, Updates]:
    """What the description says, by complex steps: two nets with the sequences that each of them reads."""
    learner = Chunker(6, 2, 1.0, 2.0)
    net, zeros = learner.start(np.random.default_rng(1)), np.zeros(2)
    inputs, symbols = list(np.eye(6)[batch.symbols]), list(batch.targets)
    form, weights = learner.lower.topology, net.lower.weights
    predictions = [y[:6] for y in oracle.run(form, weights.w, weights.w_k, inputs, zeros)[1]]
    fails = [np.abs(y - target).max() >= surprise for y, target in zip(predictions, symbols, strict=True)]
    reads = [True, *fails[:-1]]  # the first symbol, and every one that was not predicted
    above, upper = learner.upper.topology, net.upper.weights
    read = [x for x, unexpected in zip(inputs, reads, strict=True) if unexpected]
    to_come: list[Any] = [target for target, fail in zip(symbols, fails, strict=True) if fail]
    to_come += [None] * (len(read) - len(to_come))
    layer = oracle.run(above, upper.w, upper.w_k, read, zeros)[0]
    states = [layer[n - 1] for n in np.cumsum(reads)]
    wanted = [np.concatenate([target, state]) for target, state in zip(symbols, states, strict=True)]
    of_lower = oracle.gradient(form, weights.w, weights.w_k, inputs, wanted)
    of_upper = oracle.gradient(above, upper.w, upper.w_k, read, to_come)
    return (-of_lower[0], -of_lower[1]), (-of_upper[0], -of_upper[1])


def surprises() -> list[float]:
    """Bounds at which the sequence's predictions all fail, and at which some do."""
    learner, batch = Chunker(6, 2, 1.0, 2.0), batch_of()
    errors = np.abs(learner.predict(learner.start(np.random.default_rng(1)), batch) - batch.targets).max(axis=1)
    return [0.0, float(np.sort(errors)[1:3].mean())]


def misses(module: ModuleType) -> bool:
    batch = batch_of()
    return any(
        difference(one, other) > 1e-12
        for surprise in surprises()
        for one, other in zip(updates(module, surprise, batch), expected(surprise, batch), strict=True)
    )


def test_both_nets_follow_the_gradients_of_what_they_read() -> None:
    assert not misses(chunker)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("unexpected, read = True, -1", "unexpected, read = False, 0"),
        ("                read = symbol\n", "                read = symbols[offsets[s]]\n"),
        ("wanted[0, n_outputs + i] = upper_state.y[i]", "wanted[0, n_outputs + i] = upper_state.y_before[i]"),
        ("if unexpected:  # this", "if not unexpected:  # this"),
    ],
)
def test_a_wrong_step_is_seen(old: str, new: str) -> None:
    assert misses(corrupted(chunker, old, new))


def test_if_nothing_is_predicted_the_upper_net_reads_everything() -> None:
    """Then it is a net trained by RTRL; and if everything is, it learns nothing."""
    batch = batch_of(3)
    learner = Chunker(6, 2, 1.0, 2.0, surprise=0.0)
    net = learner.start(np.random.default_rng(1))
    alone = learner.upper.copy(net.upper)
    learner.train(net, batch)
    RTRL(learner.upper.topology, 1.0, 2.0).train(alone, batch)
    assert_array_equal(net.upper.weights.w, alone.weights.w)
    assert_array_equal(net.upper.weights.w_k, alone.weights.w_k)
    (w, w_k), (upper_w, upper_w_k) = updates(chunker, 2.0, batch)
    assert w.any()
    assert w_k.any()
    assert not upper_w.any()
    assert not upper_w_k.any()


def test_interpreted_and_compiled_give_the_same_bits() -> None:
    for surprise in surprises():
        compiled, plain = (updates(module, surprise, batch_of(3)) for module in (chunker, interpreted(chunker)))
        for one, other in zip(compiled, plain, strict=True):
            for a, b in zip(one, other, strict=True):
                assert_array_equal(a, b)


def test_predicting_changes_nothing_and_training_does() -> None:
    learner, batch = Chunker(6, 1, 0.5, 0.2), batch_of(4)
    net = learner.start(np.random.default_rng(0))
    first = learner.predict(net, batch)
    assert_array_equal(learner.predict(net, batch), first)
    assert_array_equal(learner.train(learner.copy(net), batch)[:5], first[:5])
    assert_array_equal(learner.predict(net, batch), first)
    learner.train(net, batch)
    assert not np.array_equal(learner.predict(net, batch), first)


def test_a_lag_is_bridged_that_rtrl_does_not_bridge() -> None:
    """Nine steps (Task 2a, p = 10), if the upper net's hidden unit tells the first symbols apart from the beginning.

    The same net without an upper one, trained by RTRL, fails.
    """
    task, rng = LongLag(10), np.random.default_rng(103)
    batch, test = task.sample(rng, 30_000), task.sample(rng, 100)
    learner = Chunker(11, 1, 1.0, 4.0)
    alone = RTRL(learner.upper.topology, 1.0, 4.0)
    net = learner.start(np.random.default_rng(3))
    learner.train(net, batch)
    assert task.score(test, learner.predict(net, test))[1].all()
    for one in (learner.start(np.random.default_rng(3)).upper, alone.start(np.random.default_rng(3))):
        alone.train(one, batch)
        assert not task.score(test, alone.predict(one, test))[1].all()


def test_numbers_of_weights() -> None:
    """Table 2 prints 10,506; that is the lower net alone."""
    learner = Chunker(101, 1, 1.0, 0.2)
    assert (learner.lower.topology.n_weights, learner.upper.topology.n_weights) == (10_506, 10_404)
    assert learner.n_weights == 20_910


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="n_hidden is 0: give at least 1"):
        Chunker(3, 0, 1.0, 0.2)
    learner = Chunker(2, 1, 1.0, 0.2)
    with pytest.raises(ValueError, match="give a task that asks for that"):
        learner.train(learner.start(np.random.default_rng(0)), Adding(30).sample(np.random.default_rng(0), 1))
