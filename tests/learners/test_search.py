"""Simulated annealing and multi-grid random search."""

import copy
import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import recurrent as oracle
from support.corruption import corrupted, uncompiled
from support.recurrent import batch_of, inputs_of

from lstm97.learners import Annealing, MultiGrid, RecurrentTopology, search
from lstm97.tasks import Batch, TwoSequence

NETS = {
    "hidden layer": RecurrentTopology(3, 2, 2, outputs_see_inputs=True, biased=True),
    "fully recurrent": RecurrentTopology(3, 2, 2, fully_recurrent=True),
}
NET = NETS["hidden layer"]
each = pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())
both = pytest.mark.parametrize("kind", [Annealing, MultiGrid])


def forward(net: RecurrentTopology, batch: Batch, point: Any) -> Any:
    """Compute the outputs of every step of the batch's sequences from the equations."""
    n = net.n_units * net.n_sources
    w, w_k = point[:n].reshape(net.n_sources, net.n_units).T, point[n:].reshape(net.output_shape[::-1]).T
    outputs, inputs = [], inputs_of(net, batch)
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        outputs += oracle.run(net, w, w_k, inputs[first:last], np.zeros(net.n_units))[1]
    return np.array(outputs)


@each
@pytest.mark.parametrize("one_hot", [False, True])
def test_outputs_are_those_of_the_point(net: RecurrentTopology, one_hot: bool) -> None:
    learner, batch = MultiGrid(net, 2.0), batch_of(net, True, one_hot)
    started = learner.start(np.random.default_rng(8))
    assert learner.n_weights == net.n_weights == len(started.w)
    assert learner.predict(started, batch) == pytest.approx(forward(net, batch, started.w), abs=1e-14)
    assert not np.allclose(learner.predict(started, batch), forward(net, batch, started.candidate))


def batches(n: int) -> list[Batch]:
    """Draw batches of sequences, one for each decision."""
    return [batch_of(NET, True, True, tuple(lengths)) for lengths in np.random.default_rng(0).integers(2, 6, (n, 4))]


def errors(point: Any, candidate: Any, batch: Batch) -> tuple[float, float]:
    """Mean squared errors on the batch, from the equations."""
    one, other = (((forward(NET, batch, w) - batch.targets) ** 2).mean() for w in (point, candidate))
    return float(one), float(other)


def test_annealing_is_what_corana_et_al_say() -> None:
    """Decision by decision, in plain words; 3 cycles through 24 weights, twice."""
    learner = Annealing(NET, 2.0, n_shown=4, temperature=0.02, cooling=0.5, cycles=3)
    net = learner.start(np.random.default_rng(1))
    n = learner.n_weights
    sizes, temperature, accepted = np.full(n, 2.0), 0.02, np.zeros(n)
    rises = 0
    for i, batch in enumerate(batches(6 * n)):
        turn, point, candidate = i % n, net.w.copy(), net.candidate.copy()
        assert np.flatnonzero(candidate != point).tolist() == [turn]
        assert abs(candidate[turn]) <= 2.0
        error, other = errors(point, candidate, batch)
        chance = copy.deepcopy(net.rng).random()  # drawn only if it is worse
        learner.train(net, batch)
        takes = other <= error or chance < math.exp(-(other - error) / temperature)
        rises += takes and other > error
        assert_array_equal(net.w, candidate if takes else point)
        accepted[turn] += takes
        if (i + 1) % (3 * n) == 0:
            for l, share in enumerate(accepted / 3):
                sizes[l] *= 1 + 2 * (share - 0.6) / 0.4 if share > 0.6 else 1
                sizes[l] /= 1 + 2 * (0.4 - share) / 0.4 if share < 0.4 else 1
            sizes, temperature, accepted = np.minimum(sizes, 4.0), temperature / 2, np.zeros(n)
            assert net.step_sizes == pytest.approx(sizes)
            assert len(np.unique(net.step_sizes)) > 2
            assert net.temperature == pytest.approx(temperature)
    assert 5 < rises < 4 * n


def test_a_multi_grid_is_what_it_says() -> None:
    learner = MultiGrid(NET, 2.0, n_shown=4, tries=3)
    net = learner.start(np.random.default_rng(1))
    half_side, failed, moves, widths = 2.0, 0, 0, set()
    for batch in batches(120):
        point, candidate = net.w.copy(), net.candidate.copy()
        widths.add(half_side)
        assert 0.5 * half_side < np.abs(candidate - point).max() <= half_side
        error, other = errors(point, candidate, batch)
        learner.train(net, batch)
        assert_array_equal(net.w, candidate if other < error else point)
        if other < error:
            half_side, failed, moves = min(2 * half_side, 2.0), 0, moves + 1
        else:
            failed += 1
        if failed == 3:
            half_side, failed = half_side / 2, 0
        assert net.half_side == half_side
    assert moves > 5
    assert len(widths) > 3


@both
def test_interpreted_and_compiled_give_the_same_bits(kind: type) -> None:
    plain, nets = getattr(uncompiled(search), kind.__name__), []
    for learner in (kind(NET, 2.0, 4), plain(NET, 2.0, 4)):
        nets.append(learner.start(np.random.default_rng(1)))
        for batch in batches(20):
            learner.train(nets[-1], batch)
    assert_array_equal(nets[0].w, nets[1].w)


@both
def test_unfinished_comparisons_go_on_with_the_next_batch(kind: type) -> None:
    learner, task = kind(RecurrentTopology(1, 2, 1, biased=True), 2.0, 7), TwoSequence(T=10, N=3)
    batch, nets, rest = task.sample(np.random.default_rng(2), 200), [], []
    for ends in ((0, 200), (0, 3, 4, 14, 100, 199, 200)):
        net = learner.start(np.random.default_rng(1))
        parts = [learner.train(net, batch.part(i, k)) for i, k in zip(ends[:-1], ends[1:], strict=True)]
        nets.append(net)
        rest.append(np.concatenate(parts))
    assert_array_equal(rest[0], rest[1])
    assert_array_equal(nets[0].w, nets[1].w)
    assert nets[0].squares == nets[1].squares > 0.0
    assert nets[0].n_shown == 200 % 7


def latch_learned(learner: Any, n: int) -> float:
    task, rng = TwoSequence(T=10, N=3), np.random.default_rng(0)
    net = learner.start(np.random.default_rng(1))
    learner.train(net, task.sample(rng, n))
    test = task.sample(rng, 200)
    return float(task.score(test, learner.predict(net, test))[1].mean())


@both
def test_a_short_latch_is_learned(kind: type) -> None:
    """Bengio et al.'s 2-sequence problem, with ten steps; not if what is compared is not the error."""
    topology = RecurrentTopology(1, 1, 1, biased=True)
    assert latch_learned(kind(topology), 40_000) > 0.9
    wrong = corrupted(
        search, "Search.train", "add_squares(net.squares, found, ...)", "add_squares(net.squares, others, ...)"
    )
    assert latch_learned(getattr(wrong, kind.__name__)(topology), 4000) < 0.9


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Annealing(NET, 0.0), "weight_range is 0.0: give a positive number"),
        (lambda: MultiGrid(NET, n_shown=0), "n_shown is 0: give at least 1"),
        (lambda: Annealing(NET, temperature=0.0), "temperature is 0.0: give a positive number"),
        (lambda: Annealing(NET, cooling=1.1), "cooling is 1.1: give a positive number up to 1"),
        (lambda: Annealing(NET, cycles=0), "cycles is 0: give at least 1"),
        (lambda: MultiGrid(NET, tries=0), "tries is 0: give at least 1"),
    ],
)
def test_bad_input_is_named(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_settings_are_data() -> None:
    assert dataclasses.replace(MultiGrid(NET), tries=5) == MultiGrid(NET, tries=5)
