"""Memory cells that are added during training: what is kept, what is new, and when (Sec. 5.2)."""

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from support.every_learner import same

from lstm97.experiments import row
from lstm97.learners import LSTM, Growing, Net
from lstm97.learners.growing import GrowingNet
from lstm97.learners.progress import WINDOW
from lstm97.net.reading import READINGS, Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, LongLag

TASK = LongLag(5)
#: The net of Tasks 2a and 2b, with fewer symbols.
NET = Topology(6, (1,), 6, biased="none", out_gates=False, recurrent=False, outputs_see_inputs=True)


def learner(addition: float = 0.01, alpha: float = 1.0, topology: Topology = NET, **reading: Any) -> Growing:
    return Growing(LSTM(topology, alpha, 0.2, reading=Reading(**reading), g="f", h="identity"), addition)


def sequences(n: int, seed: int = 0) -> Batch:
    return TASK.sample(np.random.default_rng(seed), n)


def start(one: Growing, seed: int = 0) -> GrowingNet:
    return one.start(np.random.default_rng(seed))


def train(one: Growing, net: GrowingNet, batch: Batch, chunks: list[int]) -> np.ndarray:
    """Train in chunks of these sizes, and then on the rest; return all outputs."""
    outputs, done = [], 0
    for size in [*chunks, len(batch)]:
        last = min(done + size, len(batch))
        outputs.append(one.train(net, batch.part(done, last)))
        done = last
    return np.concatenate(outputs)


# When


def mean_errors(outputs: np.ndarray, batch: Batch) -> list[float]:
    """Take each sequence's mean absolute error."""
    return [
        float(np.mean(np.abs(outputs[first:last] - batch.targets[first:last])))
        for first, last in zip(batch.offsets[:-1], batch.offsets[1:], strict=True)
    ]


def addition_by_words(errors: list[float], addition: float) -> int | None:
    """After every 200 sequences: is their mean error less than the share below that of the 200 before?"""
    for n in range(400, len(errors) + 1, 200):
        before, now = float(np.mean(errors[n - 400 : n - 200])), float(np.mean(errors[n - 200 : n]))
        if (before - now) / before < addition:
            return n
    return None


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.01, 0.1, 0.3, 0.5]),
    st.sampled_from([0.03, 0.1, 1.0]),
    st.lists(st.integers(1, 450), max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_cells_are_added_where_the_words_say_whatever_the_chunks(seed, addition, alpha, chunks) -> None:
    growing, batch = learner(addition, alpha), sequences(1_500, seed)
    net, whole = start(growing, seed), start(growing, seed)
    train(growing, net, batch, chunks)
    growing.train(whole, batch)
    assert same(net, whole)
    alone = growing.small.start(np.random.default_rng(seed))  # the small net for itself, all the way
    alone.weights.w_k[:] = start(growing, seed).small.weights.w_k  # type: ignore[union-attr]
    errors = mean_errors(growing.small.train(alone, batch), batch)
    assert net.added_after == addition_by_words(errors, addition)
    assert (net.small is None) == (net.added_after is not None)


def test_the_rules_share_decides() -> None:
    """Negative control: the same course, another share, another time."""
    added = []
    for addition in (0.01, 0.1, 0.3):
        growing = learner(addition, alpha=0.03)
        net = start(growing)
        growing.train(net, sequences(6_000))
        added.append(net.added_after)
    assert added == sorted(added, key=lambda n: -(n or 10_000))
    assert len(set(added)) == 3
    assert all(n is None or n % WINDOW == 0 for n in added)


def test_not_before_two_windows() -> None:
    growing = learner(addition=0.9999)  # no error ever falls by so much
    for n, added in ((399, None), (400, 400), (401, 400)):
        net = start(growing)
        growing.train(net, sequences(n))
        assert net.added_after == added
        assert net.presented == n - (n > 400)


def test_errors_at_sequence_ends() -> None:
    """Batches with one target per sequence are watched as well."""
    growing, batch = learner(addition=0.9999), sequences(450)
    ends = batch.targets[batch.offsets[1:] - 1]
    batch = dataclasses.replace(batch, targets=ends, every_step=False)
    net, chunked = start(growing), start(growing)
    outputs = growing.train(net, batch)
    assert_array_equal(train(growing, chunked, batch, [7, 300, 92]), outputs)
    assert same(net, chunked)
    assert net.added_after == 400
    partly = start(growing)
    errors = np.abs(ends[:100] - growing.train(partly, batch.first(100))).mean(axis=1)
    assert partly.errors == pytest.approx(errors.tolist(), rel=1e-14)


# What


def cut(growing: Growing, full: Net) -> Net:
    """Close the input gate for good and cut the cell off: what is left is the net without memory cells."""
    net = growing.lstm.copy(full)
    net.weights.w[0, : growing.lstm.topology.n_inputs] = -1e6
    net.weights.w_k[:, growing.lstm.topology.n_inputs] = 0.0
    return net


@pytest.mark.parametrize(
    "reading", [{}, {"update": "every step"}, {"update": "next sequence"}, {"recurrence": "always"}]
)
def test_the_small_net_is_the_full_one_with_the_cell_cut(reading: dict[str, Any]) -> None:
    topology = dataclasses.replace(NET, recurrent="recurrence" in reading)
    growing, batch = learner(topology=topology, **reading), sequences(300)
    net = start(growing)
    whole = cut(growing, net.full)
    assert net.small is not None
    n = topology.n_inputs
    assert_array_equal(net.small.weights.w_k, whole.weights.w_k[:, :n])
    assert_array_equal(growing.train(net, batch), growing.lstm.train(whole, batch))
    assert_array_equal(net.small.weights.w_k, whole.weights.w_k[:, :n])
    assert np.abs(whole.weights.w_k[:, n:]).max() < 1e-300
    intact = growing.lstm.copy(start(growing).full)  # negative control
    assert not np.array_equal(growing.lstm.train(intact, batch)[-1], growing.predict(start(growing), batch)[-1])
    assert not np.array_equal(intact.weights.w_k[:, :n], net.small.weights.w_k)


def test_the_net_without_cells_has_a_weight_from_every_input_to_every_output() -> None:
    small = learner().small.topology
    assert (small.n_units, small.n_weights) == (0, 36)
    assert small.output_source_names == tuple(f"x_{i}" for i in range(1, 7))


@pytest.mark.parametrize("update", ["sequence end", "next sequence"])
@pytest.mark.parametrize("biased", ["none", "all"])
def test_weights_are_kept_and_new_ones_are_initial_ones(update: str, biased: str) -> None:
    topology = dataclasses.replace(NET, biased=biased)
    growing, batch = learner(addition=0.9999, topology=topology, update=update), sequences(1_000)
    initial, net = start(growing), start(growing)
    growing.train(net, batch.first(399))
    assert net.small is not None
    small = growing.small.copy(net.small)
    growing.small.train(small, batch.part(399, 400))
    assert_array_equal(net.full.weights.w_k, initial.full.weights.w_k)  # of no use so far
    growing.train(net, batch.part(399, 400))
    assert (net.small, net.added_after, net.errors) == (None, 400, [])
    names = topology.output_source_names
    cell = names.index("c_1^1")
    kept = [m for m in range(len(names)) if m != cell]
    assert len(kept) == small.weights.w_k.shape[1]
    assert_array_equal(net.full.weights.w_k[:, kept], small.weights.w_k)
    assert_array_equal(net.full.weights.w_k[:, cell], initial.full.weights.w_k[:, cell])
    assert_array_equal(net.full.weights.w, initial.full.weights.w)
    # what a reading leaves pending is kept as well
    assert_array_equal(net.full.weights.dw_k[:, kept], small.weights.dw_k)
    assert net.full.weights.due[0] == small.weights.due[0] == (update == "next sequence")
    assert small.weights.dw_k.any() == (update == "next sequence")
    assert not np.array_equal(small.weights.w_k, initial.full.weights.w_k[:, kept])  # negative control
    # and from there on it is an ordinary net
    ordinary = growing.lstm.copy(net.full)
    rest = batch.part(400, 1_000)
    assert_array_equal(growing.train(net, rest), growing.lstm.train(ordinary, rest))
    assert_array_equal(net.full.weights.w, ordinary.weights.w)
    assert not np.array_equal(net.full.weights.w, initial.full.weights.w)
    assert net.presented == 400


# As every learner


@pytest.mark.parametrize("n", [0, 150, 390, 410])
def test_copies_and_pickled_nets_go_on_alike_and_apart(n: int) -> None:
    growing, batch = learner(addition=0.9999), sequences(700)
    net = start(growing)
    growing.train(net, batch.first(n))
    others = [growing.copy(net), pickle.loads(pickle.dumps(net))]
    before = pickle.dumps(net)
    rest = batch.part(n, 700)
    for other in others:
        assert same(other, net)
        growing.train(other, rest)
        assert other.added_after == 400
        assert same(net, pickle.loads(before))  # the original is left alone
        assert not same(other, net)
    growing.train(net, rest)
    assert same(net, others[0])
    assert same(net, others[1])


def test_predicting_changes_nothing() -> None:
    growing, batch = learner(addition=0.9999), sequences(600)
    net = start(growing)
    for n in (100, 500):
        growing.train(net, batch.first(n))
        copy = growing.copy(net)
        outputs = growing.predict(net, batch)
        assert same(net, copy)
        part = growing.lstm.predict(net.full, batch) if net.small is None else growing.small.predict(net.small, batch)
        assert_array_equal(outputs, part)
    assert net.small is None


def test_no_sequences_give_no_outputs() -> None:
    growing, batch = learner(), sequences(3)
    assert growing.train(start(growing), batch.first(0)).shape == (0, 6)


def test_weights_of_tasks_2a_and_2b() -> None:
    """10,504 by the text; the hidden layer's recurrent connections would make four more."""
    for name in ("table2/2a", "table2/2b"):
        counts = []
        for reading in ("literal", "recurrent"):
            one = row(name).under(READINGS[reading]).learner
            assert isinstance(one, Growing)
            weights = one.start(np.random.default_rng(0)).full.weights
            n_weights = np.count_nonzero(weights.w) + np.count_nonzero(weights.w_k)
            assert n_weights == one.lstm.topology.n_weights
            assert one.small.topology.n_weights == 101 * 101
            counts.append(n_weights)
        assert counts == [10_504, 10_508]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"outputs_see_inputs": False}, "without memory cells its output units see nothing"),
        ({"n_hidden": 1}, "its conventional hidden units would lose their weights"),
    ],
)
def test_bad_input_is_named(changes: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        learner(topology=dataclasses.replace(NET, **changes))
