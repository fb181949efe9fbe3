"""The hierarchical chunker: what each level reads, when it learns, and whose prediction counts."""

import dataclasses
import pickle
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy.special import expit
from support.corruption import corrupted
from support.every_learner import same

from lstm97.learners import RTRL, Hierarchy, hierarchy
from lstm97.learners.hierarchy import HierarchyNet, predicted_symbols, unpredicted
from lstm97.learners.progress import WINDOW
from lstm97.tasks import Adding, Batch, LongLag
from lstm97.tasks.base import offsets_of, one_hot

Array = NDArray[np.float64]
TASK = LongLag(4, "2b")


def batch_of(n: int, seed: int = 0) -> Batch:
    return TASK.sample(np.random.default_rng(seed), n)


def taught(seed: int = 0) -> tuple[Hierarchy, HierarchyNet]:
    """A net with three levels; the lower two have learned Task 2a, so they are often sure, if wrong in 2b."""
    learner = Hierarchy(5, 2, 1.0, 1.0, improvement=0.9999)
    net = learner.start(np.random.default_rng(seed))
    learner.train(net, LongLag(4).sample(np.random.default_rng(seed), 1_000))
    assert net.training == 2
    return learner, net


# What a level predicts, and what the one above reads


def test_the_predicted_symbol() -> None:
    outputs = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5], [0.9, 0.3], [0.7, 0.1], [0.8, 0.0], [np.nan, 0.0]])
    assert predicted_symbols(outputs, 0.2).tolist() == [0, 1, -1, -1, -1, 0, -1]
    assert predicted_symbols(outputs, 0.4).tolist() == [0, 1, -1, 0, 0, 0, -1]
    assert predicted_symbols(outputs, 0.05).tolist() == [-1] * 7


def reduced_by_words(batch: Batch, failed: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """What is read and what is to be predicted from it, sequence by sequence."""
    found = []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        word = [*batch.symbols[first:last], batch.targets[last - 1].argmax()]
        expected = [False, *~failed[first:last]]
        left = [symbol for symbol, skip in zip(word, expected, strict=True) if not skip]
        found.append(list(zip(left[:-1], left[1:], strict=True)))
    return found


def pairs(batch: Batch) -> list[list[tuple[int, int]]]:
    steps = list(zip(batch.symbols, batch.targets.argmax(axis=1), strict=True))
    return [steps[first:last] for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True)]


def ragged(lengths: list[int], rng: np.random.Generator) -> Batch:
    """Sequences of various lengths, in which every target is the next symbol."""
    words = [rng.integers(0, 4, size=n + 1) for n in lengths]
    symbols = np.concatenate([word[:-1] for word in words])
    targets = one_hot(np.concatenate([word[1:] for word in words]), 4)
    return Batch(symbols, np.zeros((len(symbols), 0)), offsets_of(np.array(lengths)), targets, every_step=True)


def misreads(module: ModuleType, lengths: list[int], share: float, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    batch = ragged(lengths, rng)
    failed = rng.random(batch.n_steps) < share
    above = module.unpredicted(batch, failed)
    assert len(above) == len(batch)
    assert above.n_steps == failed.sum()
    return pairs(above) != reduced_by_words(batch, failed)


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.2, 0.7, 1.0]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_the_net_above_reads_what_was_not_predicted(lengths: list[int], share: float, seed: int) -> None:
    assert not misreads(hierarchy, lengths, share, seed)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("unpredicted", "steps[again - 1] + 1", "steps[again - 1]"),
        ("unpredicted", "sequence[1:] == sequence[:-1]", "sequence[1:] >= sequence[:-1]"),
        ("unpredicted", "batch.targets[steps]", "batch.targets[read]"),
    ],
)
def test_a_wrong_reduction_is_seen(function: str, old: str, new: str) -> None:
    assert misreads(corrupted(hierarchy, function, old, new), [4, 2, 5, 3], 0.6, 3)


# Whose prediction counts


def by_words(learner: Hierarchy, net: HierarchyNet, batch: Batch) -> Array:
    """Let all levels read symbol after symbol, as the description says."""

    def predicted(y: Array) -> int | None:
        near = [k for k in range(5) if np.abs(y - np.eye(5)[k]).max() < learner.surprise]
        return near[0] if near else None

    found = []
    for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        levels = net.levels[: net.training + 1]
        hidden = [np.zeros(2) for _ in levels]
        shown: list[Array | None] = [None for _ in levels]
        for symbol in batch.symbols[first:last]:
            for i, level in enumerate(levels):
                before = shown[i]
                hidden[i] = expit(level.weights.w[:, symbol] + level.weights.w[:, 5:] @ hidden[i])
                shown[i] = expit(level.weights.w_k[:, symbol] + level.weights.w_k[:, 5:] @ hidden[i])
                if before is not None and predicted(before) == symbol:
                    break  # expected: the level above does not read it
            current = [y for y in shown if y is not None]
            sure = [y for y in current if predicted(y) is not None]
            found.append((sure or current)[0 if sure else -1])
    return np.array(found)


def mistaken(module: ModuleType) -> bool:
    wrong, n_lowest, n_all = False, 0, 0
    for seed in range(4):
        learner, net = taught(seed)
        batch = LongLag(4, noise=0.8).sample(np.random.default_rng(seed), 50)
        outputs, expected = as_of(module, learner).predict(net, batch), by_words(learner, net, batch)
        wrong |= not np.allclose(outputs, expected, atol=1e-12)
        lowest = learner.level.predict(net.levels[0], batch)
        n_lowest, n_all = n_lowest + int(np.isclose(lowest, expected).all(axis=1).sum()), n_all + batch.n_steps
    assert 0.2 < n_lowest / n_all < 0.8
    return wrong


def as_of(module: ModuleType, learner: Hierarchy) -> Any:
    """The same settings, as a learner of another module."""
    return module.Hierarchy(**{entry.name: getattr(learner, entry.name) for entry in dataclasses.fields(learner)})


def test_the_lowest_level_that_knows_is_heard() -> None:
    assert not mistaken(hierarchy)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("Hierarchy._present", "outputs[symbols < 0] = above[symbols[failed] < 0]", "outputs[failed] = above"),
        ("Hierarchy._present", "outputs[symbols < 0] = above[symbols[failed] < 0]", "pass"),
        ("Hierarchy._present", "symbols != batch.targets.argmax(axis=1)", "symbols < 0"),
    ],
)
def test_another_choice_is_seen(function: str, old: str, new: str) -> None:
    assert mistaken(corrupted(hierarchy, function, old, new))


def test_no_step_is_given_its_own_target() -> None:
    learner, net = taught()
    batch = batch_of(50)
    outputs = learner.predict(net, batch)
    last = batch.offsets[1:] - 1
    changed = batch.targets.copy()
    changed[last] = np.roll(changed[last], 1, axis=1)
    again = learner.predict(net, Batch(batch.symbols, batch.values, batch.offsets, changed, every_step=True))
    assert_array_equal(again, outputs)


# When which level learns


def train(learner: Hierarchy, net: HierarchyNet, batch: Batch, chunks: tuple[int, ...] = ()) -> Array:
    outputs, done = [], 0
    for size in (*chunks, len(batch)):
        last = min(done + size, len(batch))
        outputs.append(learner.train(net, batch.part(done, last)))
        done = last
    return np.concatenate(outputs)


def eager(improvement: float = 0.9999) -> tuple[Hierarchy, HierarchyNet]:
    """A net whose level has stopped improving whenever it is asked."""
    learner = Hierarchy(5, 1, 0.5, 9.0, improvement=improvement)
    return learner, learner.start(np.random.default_rng(1))


def test_one_level_learns_and_those_below_are_frozen() -> None:
    learner, net = eager()
    batch = batch_of(1_400)
    alone = [learner.level.copy(level) for level in net.levels]
    outputs = learner.train(net, batch)
    assert net.training == 2
    first, then, rest = batch.first(400), batch.part(400, 800), batch.part(800, 1_400)
    assert_array_equal(outputs[: first.n_steps], learner.level.train(alone[0], first))
    for part, level in ((then, 1), (rest, 2)):
        for i in range(level):
            below = predicted_symbols(learner.level.predict(alone[i], part), learner.surprise)
            part = unpredicted(part, below != part.targets.argmax(axis=1))
        assert 0 < part.n_steps < batch.n_steps
        learner.level.train(alone[level], part)
    for one, expected in zip(net.levels, alone, strict=True):
        assert_array_equal(one.weights.w, expected.weights.w)
        assert_array_equal(one.weights.w_k, expected.weights.w_k)


def test_the_last_level_goes_on_learning_and_one_level_is_rtrl() -> None:
    learner = Hierarchy(5, 1, 0.5, 9.0, n_levels=1, improvement=0.9999)
    net = learner.start(np.random.default_rng(1))
    alone, batch = learner.level.copy(net.levels[0]), batch_of(1_000)
    assert_array_equal(learner.train(net, batch), learner.level.train(alone, batch))
    assert net.training == 0


def test_a_level_that_improves_goes_on() -> None:
    learner, net = eager(improvement=-1e9)  # as if it always did
    learner.train(net, batch_of(2_000))
    assert net.training == 0
    assert len(net.errors) == WINDOW


@pytest.mark.parametrize("chunks", [(7, 300, 92), (400,), (399, 2), (1, 1, 1_000)])
def test_chunks_change_nothing(chunks: tuple[int, ...]) -> None:
    learner, net = eager()
    batch, other = batch_of(1_100), learner.copy(net)
    assert_array_equal(train(learner, other, batch, chunks), learner.train(net, batch))
    assert same(net, other)


@pytest.mark.parametrize("n", [0, 150, 390, 410])
def test_copies_and_pickled_nets_go_on_alike_and_apart(n: int) -> None:
    learner, net = eager()
    batch = batch_of(700)
    learner.train(net, batch.first(n))
    others = [learner.copy(net), pickle.loads(pickle.dumps(net))]
    before = pickle.dumps(net)
    for other in others:
        assert same(other, net)
        learner.train(other, batch.part(n, 700))
        assert other.training == 1
        assert same(net, pickle.loads(before))
    learner.train(net, batch.part(n, 700))
    assert all(same(net, other) for other in others)


def test_predicting_changes_nothing() -> None:
    learner, net = eager()
    batch = batch_of(600)
    for n in (100, 500):
        learner.train(net, batch.first(n))
        copy = learner.copy(net)
        first = learner.predict(net, batch)
        assert_array_equal(learner.predict(net, batch), first)
        assert same(net, copy)
    assert learner.train(net, batch.first(0)).shape == (0, 5)


# What it learns


def solves(task: LongLag, learner: Any, seed: int) -> bool:
    batch, test = (task.sample(np.random.default_rng([seed, i]), n) for i, n in enumerate((8_000, 100)))
    net = learner.start(np.random.default_rng(seed))
    learner.train(net, batch)
    return bool(task.score(test, learner.predict(net, test))[1].all())


def test_a_long_lag_is_bridged_where_symbols_in_between_are_predictable() -> None:
    """Task 2a with p = 20 in every trial, Task 2b in none; and RTRL alone fails at both."""
    learner = Hierarchy(21, 1, 1.0, 0.2)
    for seed in range(3):
        assert solves(LongLag(20), learner, seed)
        assert not solves(LongLag(20, "2b"), learner, seed)
        assert not solves(LongLag(20), learner.level, seed)


def test_numbers_of_weights() -> None:
    assert Hierarchy(101, 1, 1.0, 0.2, n_levels=2).n_weights == 2 * 10_404
    assert isinstance(Hierarchy(101, 1, 1.0, 0.2).level, RTRL)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="n_levels is 0: give at least 1"):
        Hierarchy(3, 1, 1.0, 0.2, n_levels=0)
    with pytest.raises(ValueError, match="n_hidden is 0: give at least 1"):
        Hierarchy(3, 0, 1.0, 0.2)
    learner = Hierarchy(2, 1, 1.0, 0.2)
    net, batch = learner.start(np.random.default_rng(0)), Adding(30).sample(np.random.default_rng(0), 1)
    for use in (learner.train, learner.predict):
        with pytest.raises(ValueError, match="give a task that asks for that"):
            use(net, batch)
