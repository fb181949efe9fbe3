"""The naive constant error carrousel as a learner."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import batch_of, difference, inputs_of, targets_of, updates

from lstm97.learners import BPTT, LSTM, NaiveCarrousel, RecurrentTopology, naive_carrousel
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, LongLag, TemporalOrder

NETS = {
    "as in the paper": RecurrentTopology(3, 2, 2, biased=True),
    "outputs that see inputs": RecurrentTopology(3, 2, 2, outputs_see_inputs=True),
}
each = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())


def forward(net: RecurrentTopology, batch: Batch, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    outputs, inputs = [], inputs_of(net, batch)
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        for t in range(first, last):
            s = w @ np.sum(inputs[first : t + 1], axis=0)
            seen = [inputs[t]] if net.outputs_see_inputs else []
            outputs.append(oracle.logistic(w_k @ np.concatenate([*seen, s, [1.0] if net.biased else []])))
    return outputs


def misses_the_gradient(module: ModuleType, every_step: bool = True, one_hot: bool = True) -> list[bool]:
    missed = []
    for net in NETS.values():
        batch = batch_of(net, every_step, one_hot, (6,))
        learner = module.NaiveCarrousel(net, 1.0, 1.0)
        weights = learner.start(np.random.default_rng(8)).weights

        def of(w: Any, w_k: Any, net: RecurrentTopology = net, batch: Batch = batch) -> Any:
            return oracle.error(forward(net, batch, w, w_k), targets_of(batch))

        found = oracle.complex_steps(weights.w, weights.w_k, of)
        missed.append(difference(updates(learner, batch), (-found[0], -found[1])) > 1e-12)
    return missed


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
def test_gradient_is_that_of_the_equations(every_step: bool, one_hot: bool) -> None:
    assert misses_the_gradient(naive_carrousel, every_step, one_hot) == [False, False]


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_are_those_of_the_equations(net: RecurrentTopology, one_hot: bool) -> None:
    batch, learner = batch_of(net, True, one_hot), NaiveCarrousel(net, 1.0, 1.0)
    start = learner.start(np.random.default_rng(8))
    expected = np.array(forward(net, batch, start.weights.w, start.weights.w_k))
    outputs = learner.predict(start, batch)
    assert outputs == pytest.approx(expected, abs=1e-14)
    at_end = Batch(batch.symbols, batch.values, batch.offsets, batch.targets[:2])
    assert_array_equal(learner.predict(start, at_end), outputs[batch.offsets[1:] - 1])


@pytest.mark.parametrize(
    ("function", "old", "new", "one_hot"),
    [
        ("present", "e_y[j] * x_sum[i]", "e_y[j]", True),
        ("present", "x_sum[symbol] += 1.0", "x_sum[symbol] = 1.0", True),
        ("present", "x_sum[i] += values[t, i]", "x_sum[i] = values[t, i]", False),
        ("present", "s_j[j] += w[j, symbol]", "s_j[j] = w[j, symbol]", True),
    ],
)
def test_a_wrong_term_is_seen(function: str, old: str, new: str, one_hot: bool) -> None:
    assert misses_the_gradient(corrupted(naive_carrousel, function, old, new), one_hot=one_hot) == [True, True]


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_interpreted_and_compiled_give_the_same_bits(net: RecurrentTopology, one_hot: bool) -> None:
    batch = batch_of(net, True, one_hot)
    plain = updates(uncompiled(naive_carrousel).NaiveCarrousel(net, 0.5, 1.0), batch)
    for one, other in zip(updates(NaiveCarrousel(net, 0.5, 1.0), batch), plain, strict=True):
        assert_array_equal(one, other)


def test_a_sum_knows_no_order() -> None:
    """X before Y and Y before X leave the same sum; gates tell them apart."""
    task = TemporalOrder(n_relevant=2)
    batch = task.all_orders(np.random.default_rng(0))
    learner = NaiveCarrousel(RecurrentTopology(task.n_inputs, 3, task.n_outputs, biased=True), 0.1, 1.0)
    _, xy, yx, yy = learner.predict(learner.start(np.random.default_rng(1)), batch)
    assert xy == pytest.approx(yx, abs=1e-13)
    assert np.abs(xy - yy).max() > 1e-6
    gated = LSTM(Topology(task.n_inputs, (2,), task.n_outputs), 0.1, 1.0)
    _, xy, yx, _ = gated.predict(gated.start(np.random.default_rng(1)), batch)
    assert np.abs(xy - yx).max() > 1e-6


def test_local_codes_that_do_not_repeat_are_learned() -> None:
    """Sec. 3.2: there the naive approach works. A conventional net with one hidden unit is far from it by then."""
    task = LongLag(p=10)
    test = task.sample(np.random.default_rng(3), 100)
    net = RecurrentTopology(11, 1, 11, outputs_see_inputs=True, biased=True)
    correct = []
    for learner in (NaiveCarrousel(net, 1.0, 0.2), BPTT(net, 1.0, 0.2)):
        trained = learner.start(np.random.default_rng(1))
        learner.train(trained, task.sample(np.random.default_rng(2), 3000))
        correct.append(task.score(test, learner.predict(trained, test))[1].all())
    assert correct == [True, False]


def test_weights_are_those_of_the_inputs_only() -> None:
    learner = NaiveCarrousel(RecurrentTopology(5, 3, 2, biased=True), 1.0, 0.5)
    weights = learner.start(np.random.default_rng(0)).weights
    assert weights.w.shape == (3, 5)
    assert learner.n_weights == weights.w.size + weights.w_k.size == 3 * 5 + 2 * 4


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="let fully_recurrent be false"):
        NaiveCarrousel(RecurrentTopology(3, 2, 2, fully_recurrent=True), 1.0, 1.0)
