"""The naive constant error carrousel as a learner."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import (
    assert_outputs,
    assert_same_updates,
    batch_of,
    inputs_of,
    misses_the_gradient,
)

from lstm97.learners import BPTT, LSTM, NaiveCarrousel, RecurrentTopology, naive_carrousel
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, LongLag, TemporalOrder

NETS = {
    "as in the paper": RecurrentTopology(3, 2, 2, biased=True),
    "outputs that see inputs": RecurrentTopology(3, 2, 2, outputs_see_inputs=True),
}
each = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())


def forward(learner: Any, batch: Batch, w: Any, w_k: Any) -> list[Any]:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    net, outputs, inputs = learner.topology, [], inputs_of(learner.topology, batch)
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        for t in range(first, last):
            s = w @ np.sum(inputs[first : t + 1], axis=0)
            seen = [inputs[t]] if net.outputs_see_inputs else []
            outputs.append(oracle.logistic(w_k @ np.concatenate([*seen, s, [1.0] if net.biased else []])))
    return outputs


def missed(module: ModuleType, every_step: bool = True, one_hot: bool = True) -> list[bool]:
    """In which of the nets the gradient is missed."""
    return [
        misses_the_gradient(module.NaiveCarrousel(net, 1.0, 1.0), batch_of(net, every_step, one_hot, (6,)), forward)
        for net in NETS.values()
    ]


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
def test_gradient_is_that_of_the_equations(every_step: bool, one_hot: bool) -> None:
    assert missed(naive_carrousel, every_step, one_hot) == [False, False]


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_are_those_of_the_equations(net: RecurrentTopology, one_hot: bool) -> None:
    assert_outputs(NaiveCarrousel(net, 1.0, 1.0), batch_of(net, True, one_hot), forward)


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
    assert missed(corrupted(naive_carrousel, function, old, new), one_hot=one_hot) == [True, True]


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_interpreted_and_compiled_give_the_same_bits(net: RecurrentTopology, one_hot: bool) -> None:
    plain = uncompiled(naive_carrousel).NaiveCarrousel(net, 0.5, 1.0)
    assert_same_updates(NaiveCarrousel(net, 0.5, 1.0), plain, batch_of(net, True, one_hot))


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
