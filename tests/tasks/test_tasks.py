"""The tasks follow every rule of the paper's text, for any seed."""

import dataclasses
import doctest
import importlib
import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.batches import SEEDS, broken, sequences

import lstm97.tasks
from lstm97.learners import LSTM
from lstm97.net.reading import Reading
from lstm97.net.topology import Topology
from lstm97.tasks import (
    Adding,
    Batch,
    Distractors,
    EmbeddedReber,
    LongLag,
    Multiplication,
    Task,
    TemporalOrder,
    TwoSequence,
    base,
)
from lstm97.tasks.base import absolute_errors, normal, offsets_of, uniform
from lstm97.tasks.reber import legal_successors
from lstm97.tasks.temporal_order import CLASSES, SYMBOLS
from lstm97.trials.trial import CHUNK

#: Task 6a's and 6b's class tables, typed from Sec. 5.6.
CLASS_TABLES = {
    2: {"XX": "Q", "XY": "R", "YX": "S", "YY": "U"},
    3: {"XXX": "Q", "XXY": "R", "XYX": "S", "XYY": "U", "YXX": "V", "YXY": "A", "YYX": "B", "YYY": "C"},
}
RELEVANT = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}


def broken_rules_of_adding(batch: Batch, T: int) -> set[str]:
    """Name every rule of Sec. 5.4 that a batch breaks."""
    return broken_rules(batch, T, -1.0, 0.0, lambda marked: 0.5 + marked.sum() / 4.0)


def broken_rules_of_multiplication(batch: Batch, T: int) -> set[str]:
    """Name every rule of Sec. 5.5 that a batch breaks."""
    return broken_rules(batch, T, 0.0, 1.0, np.prod)


def broken_rules(batch: Batch, T: int, low: float, neutral: float, target: Any) -> set[str]:
    names = set()
    for i, sequence in enumerate(sequences(batch, batch.values)):
        value, marker = sequence.T
        marked = np.flatnonzero(marker == 1.0)
        rules = {
            "length": T <= len(sequence) <= T + T // 10,
            "values": bool(((low <= value) & (value <= 1.0)).all()),
            "two marks": len(marked) == 2,
            "first mark among the first ten pairs": marked.size > 0 and marked[0] < 10,
            "second mark among the first T/2 pairs": marked.size > 1 and marked[1] < T // 2,
            "last marker": marker[-1] == -1.0,
            "first marker": marker[0] == (1.0 if 0 in marked else -1.0),
            "other markers": set(marker[1:-1]) <= {0.0, 1.0},
            "marked first pair": 0 not in marked or value[0] == neutral,
            "target": np.isclose(batch.targets[i, 0], target(value[marked]), rtol=0, atol=1e-15),
        }
        names |= broken(rules)
    return names


@given(SEEDS, st.sampled_from([22, 50, 100, 101, 500]))
@settings(max_examples=60, deadline=None)
def test_adding_follows_the_text(seed: int, T: int) -> None:
    batch = Adding(T).sample(np.random.default_rng(seed), 40)
    assert broken_rules_of_adding(batch, T) == set()
    assert batch.targets.shape == (40, 1)
    assert not batch.every_step


@pytest.mark.parametrize(
    ("rule", "corrupt"),
    [
        ("target", lambda batch: dataclasses.replace(batch, targets=batch.targets + 1e-6)),
        ("last marker", lambda batch: dataclasses.replace(batch, offsets=batch.offsets - np.r_[0, [1] * 40])),
        ("values", lambda batch: dataclasses.replace(batch, values=batch.values * [1.1, 1.0])),
        ("two marks", lambda batch: dataclasses.replace(batch, values=np.abs(batch.values))),
    ],
)
def test_a_broken_rule_of_adding_is_seen(rule, corrupt) -> None:
    batch = corrupt(Adding(100).sample(np.random.default_rng(1), 40))
    assert rule in broken_rules_of_adding(batch, 100)


@given(SEEDS, st.sampled_from([22, 100, 101]))
@settings(max_examples=40, deadline=None)
def test_multiplication_follows_the_text(seed: int, T: int) -> None:
    batch = Multiplication(T).sample(np.random.default_rng(seed), 40)
    assert broken_rules_of_multiplication(batch, T) == set()
    assert batch.targets.shape == (40, 1)
    assert not batch.every_step


@pytest.mark.parametrize(
    ("rule", "corrupt"),
    [
        ("target", lambda batch: dataclasses.replace(batch, targets=batch.targets + 1e-6)),
        ("values", lambda batch: dataclasses.replace(batch, values=batch.values - [0.5, 0.0])),
        ("marked first pair", lambda batch: dataclasses.replace(batch, values=batch.values * [0.5, 1.0])),
        ("target", lambda _: Adding(100).sample(np.random.default_rng(1), 40)),
    ],
)
def test_a_broken_rule_of_multiplication_is_seen(rule, corrupt) -> None:
    batch = corrupt(Multiplication(100).sample(np.random.default_rng(1), 40))
    assert rule in broken_rules_of_multiplication(batch, 100)


def test_multiplication_marks_the_pairs_that_adding_marks() -> None:
    """ "Like the task in Section 5.4": with the same numbers, the same lengths and markers."""
    adding, multiplication = (task(50).sample(np.random.default_rng(5), 300) for task in (Adding, Multiplication))
    assert (adding.offsets == multiplication.offsets).all()
    assert (adding.values[:, 1] == multiplication.values[:, 1]).all()


def test_multiplication_sets_a_marked_first_pair_to_1() -> None:
    for how, first in (("set input", [1.0, 1.0]), ("keep marker", [1.0, -1.0])):
        batch = Multiplication(50, first_pair=how).sample(np.random.default_rng(3), 500)
        opens = batch.values[batch.offsets[:-1], 0] == 1.0
        assert 20 < opens.sum() < 200
        assert (batch.values[batch.offsets[:-1]][opens] == first).all()


def positions_of_marks(task: Adding, n: int = 40_000) -> tuple[Counter[int], Counter[int]]:
    """Count the positions (0-based) of the earlier and the later mark."""
    batch = task.sample(np.random.default_rng(7), n)
    earlier, later = Counter[int](), Counter[int]()
    for sequence in sequences(batch, batch.values):
        marked = np.flatnonzero(sequence[:, 1] == 1.0)
        earlier[int(marked[0])] += 1
        later[int(marked[-1])] += 1
    return earlier, later


def test_the_later_mark_reaches_the_minimal_lag_of_half_the_length() -> None:
    _, later = positions_of_marks(Adding(30))
    assert max(later) == 15 - 1  # position T/2
    _, later = positions_of_marks(Adding(30, second_mark="position"))
    assert max(later) == 14 - 1  # position T/2 - 1


def test_the_first_pair_is_marked_as_often_as_the_text_implies() -> None:
    T, n = 100, 40_000
    earlier, _ = positions_of_marks(Adding(T), n)
    expected = 0.1 + 0.9 / (T / 2 - 1)
    assert abs(earlier[0] / n - expected) < 4 * np.sqrt(expected / n)


def test_readings_of_the_marked_first_pair() -> None:
    drawn = {
        how: Adding(50, first_pair=how).sample(np.random.default_rng(3), 500)
        for how in ("set input", "keep marker", "ignore value")
    }
    text = drawn["set input"]
    opens = text.values[text.offsets[:-1], 1] == 1.0
    assert 20 < opens.sum() < 200
    first = {how: batch.values[batch.offsets[:-1]][opens] for how, batch in drawn.items()}
    assert (first["set input"] == [0.0, 1.0]).all()
    assert (first["keep marker"] == [0.0, -1.0]).all()
    assert (first["ignore value"][:, 1] == 1.0).all()
    assert (first["ignore value"][:, 0] != 0.0).all()
    for batch in drawn.values():
        assert (batch.targets == text.targets).all()


@given(SEEDS, st.sampled_from([2, 3]))
@settings(max_examples=60, deadline=None)
def test_temporal_order_follows_the_text(seed: int, n_relevant: int) -> None:
    batch = TemporalOrder(n_relevant).sample(np.random.default_rng(seed), 40)
    for i, sequence in enumerate(sequences(batch, batch.symbols)):
        word = "".join(SYMBOLS[symbol] for symbol in sequence)
        assert 100 <= len(word) <= 110
        assert word[0] == "E"
        assert word[-1] == "B"
        relevant = [t for t, symbol in enumerate(word, start=1) if symbol in "XY"]
        assert len(relevant) == n_relevant
        for t, (low, high) in zip(relevant, RELEVANT[n_relevant], strict=True):
            assert low <= t <= high
        assert set(word[1:-1]) <= set("abcdXY")
        name = CLASS_TABLES[n_relevant]["".join(word[t - 1] for t in relevant)]
        target = np.zeros(len(CLASSES[n_relevant]))
        target[CLASSES[n_relevant].index(name)] = 1.0
        assert (batch.targets[i] == target).all()


def test_temporal_order_reaches_every_position_length_and_class() -> None:
    batch = TemporalOrder(3).sample(np.random.default_rng(0), 4000)
    assert set(np.diff(batch.offsets)) == set(range(100, 111))
    assert set(batch.targets.argmax(axis=1)) == set(range(8))
    positions = np.array([np.flatnonzero(s >= SYMBOLS.index("X")) + 1 for s in sequences(batch, batch.symbols)])
    for column, (low, high) in zip(positions.T, RELEVANT[3], strict=True):
        assert set(column) == set(range(low, high + 1))


ONE_STEP_EACH = Batch(np.arange(3), np.zeros((3, 0)), np.arange(4), np.eye(3), True, np.eye(3) + 1.0)
TASKS: dict[str, Task] = {
    "adding": Adding(22),
    "temporal order": TemporalOrder(2),
    "3c": TwoSequence(20, 3, "3c"),
    "2a": LongLag(5),
    "2b": LongLag(5, "2b"),
    "2c": Distractors(4, 3),
    "embedded Reber": EmbeddedReber(),
}


@pytest.mark.parametrize(
    "batch", [*(task.sample(np.random.default_rng(0), 7) for task in TASKS.values()), ONE_STEP_EACH]
)
def test_picked_sequences_are_those_sequences(batch: Batch) -> None:
    indices = np.array([2, 0, 2, 1])
    picked = batch.take(indices)
    assert len(picked) == 4
    parts = {"symbols": True, "values": True, "targets": batch.every_step, "expected": batch.every_step}
    if batch.expected is not None and len(batch.expected) == len(batch):
        parts["expected"] = False
    for name, per_step in parts.items():
        array, drawn = getattr(picked, name), getattr(batch, name)
        if drawn is None or not len(drawn):
            assert array is drawn
        elif per_step:
            for i, part in zip(indices, sequences(picked, array), strict=True):
                assert (part == sequences(batch, drawn)[i]).all()
        else:
            assert (array == drawn[indices]).all()
    few, same = batch.first(3), batch.take(np.arange(3))
    for field in dataclasses.fields(Batch):
        assert np.array_equal(getattr(few, field.name), getattr(same, field.name))


@pytest.mark.parametrize(
    "batch", [*(task.sample(np.random.default_rng(0), 7) for task in TASKS.values()), ONE_STEP_EACH]
)
def test_parts_of_a_batch_are_those_sequences(batch: Batch) -> None:
    for first, last in ((0, 3), (1, 3), (2, 2), (0, len(batch)), (0, 0)):
        part, picked = batch.part(first, last), batch.take(np.arange(first, last))
        assert len(part) == last - first
        assert part.offsets[0] == 0
        assert part.n_steps == batch.offsets[last] - batch.offsets[first]
        for field in dataclasses.fields(Batch):
            ours, theirs = getattr(part, field.name), getattr(picked, field.name)
            assert np.array_equal(ours, theirs)
            if isinstance(ours, np.ndarray) and ours.size and field.name != "offsets":
                assert np.shares_memory(ours, getattr(batch, field.name))
    middle = batch.part(1, 3)
    for field in dataclasses.fields(Batch):  # a part of a part
        assert np.array_equal(getattr(middle.part(1, 2), field.name), getattr(batch.part(2, 3), field.name))
    assert np.shares_memory(middle.targets, batch.part(2, 3).targets)
    assert not np.shares_memory(middle.targets, batch.part(0, 1).targets)  # negative control


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_of_a_sequence_judged_at_every_step_the_largest_error_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    offsets = offsets_of(rng.integers(1, 6, size=5))
    targets, outputs = rng.normal(size=(2, int(offsets[-1]), 3))
    outputs[rng.random(outputs.shape) < 0.03] = np.nan
    outputs[rng.random(outputs.shape) < 0.03] = np.inf
    batch = Batch(np.zeros(len(targets), dtype=np.int64), np.zeros((len(targets), 0)), offsets, targets, True)
    with np.errstate(invalid="ignore"):
        expected = [np.abs(targets - outputs)[a:b].max(axis=0) for a, b in itertools.pairwise(offsets)]
        assert np.array_equal(absolute_errors(batch, outputs), expected, equal_nan=True)
        judged = dataclasses.replace(batch, expected=np.zeros_like(targets))
        expected = [np.abs(outputs[a:b]).max(axis=0) for a, b in itertools.pairwise(offsets)]
        assert np.array_equal(absolute_errors(judged, outputs), expected, equal_nan=True)


@pytest.mark.parametrize("name", ["2a", "2b", "embedded Reber", "adding"])
def test_an_output_that_is_no_number_is_never_correct(name: str) -> None:
    """Wherever the net has run away; without that the outputs are correct."""
    task = TASKS[name]
    batch = task.sample(np.random.default_rng(0), 4)
    outputs = batch.targets.copy()
    if isinstance(task, EmbeddedReber):
        outputs = legal_successors(batch).astype(np.float64)
    assert task.score(batch, outputs)[1].all()
    last = batch.offsets[3] - 1 if batch.every_step else 2
    outputs[last, 0] = np.nan
    assert task.score(batch, outputs)[1].tolist() == [True, True, False, True]


def test_the_first_sequences_of_a_batch() -> None:
    batch = TemporalOrder(2).sample(np.random.default_rng(0), 5)
    few = batch.first(2)
    assert len(few) == 2
    assert few.n_steps == batch.offsets[2] == len(few.symbols)
    assert (few.targets == batch.targets[:2]).all()


def test_bad_sizes_are_refused() -> None:
    for task in (Adding, Multiplication):
        with pytest.raises(ValueError, match="T is 21: give at least 22"):
            task(21)
    with pytest.raises(ValueError, match="n_relevant is 4"):
        TemporalOrder(4)


#: Small, with the topologies of Table 10.
SMALL: dict[str, tuple[Any, Topology]] = {
    "1": (EmbeddedReber(), Topology(7, (2, 2, 2), 7, biased="ga")),
    "2a": (LongLag(6), Topology(7, (1,), 7, biased="none", out_gates=False, outputs_see_inputs=True)),
    "2b": (LongLag(6, "2b"), Topology(7, (1,), 7, biased="none", out_gates=False, outputs_see_inputs=True)),
    "2c": (Distractors(10, 8), Topology(12, (1, 1), 2, biased="none")),
    "3a": (TwoSequence(20, 3), Topology(1, (1, 1, 1), 1, biased="b1")),
    "3b": (TwoSequence(20, 1, "3b"), Topology(1, (1, 1, 1), 1, biased="b1")),
    "3c": (TwoSequence(20, 1, "3c"), Topology(1, (1, 1, 1), 1, biased="b1")),
    "5": (Multiplication(22), Topology(2, (2, 2), 1)),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("update", ["sequence end", "every step"])
def test_a_net_learns_from_a_chunk_of_every_task(name: str, update: str) -> None:
    task, topology = SMALL[name]
    assert (task.n_inputs, task.n_outputs) == (topology.n_inputs, topology.n_outputs)
    learner = LSTM(topology, 0.1, 0.2, reading=Reading(update=update))
    net = learner.start(np.random.default_rng(0))
    before = net.weights.w.copy()
    batch = task.sample(np.random.default_rng(1), CHUNK)
    outputs = learner.train(net, batch)
    assert outputs.shape == batch.targets.shape == (batch.n_steps if batch.every_step else CHUNK, task.n_outputs)
    assert ((outputs > 0.0) & (outputs < 1.0)).all()
    assert np.isfinite(net.weights.w).all()
    assert (net.weights.w != before).any()
    errors, correct = task.score(batch, outputs)
    assert errors.shape == (CHUNK, task.n_outputs)
    assert correct.shape == (CHUNK,)


@pytest.mark.parametrize("name", lstm97.tasks.tasks())
def test_every_task_has_worked_examples(name: str) -> None:
    module = importlib.import_module(lstm97.tasks.tasks()[name].__module__)
    assert any(found.examples for found in doctest.DocTestFinder().find(module))


LENGTHS_AND_LAGS = [
    (Adding(T=100), 100, 50),
    (Multiplication(T=40), 40, 20),
    (TemporalOrder(2), 100, 40),
    (TemporalOrder(3), 100, 24),
    (TwoSequence(T=20, N=3), 20, 17),
    (LongLag(p=6), 6, 5),
    (Distractors(q=5, p=3), 8, 6),
    (EmbeddedReber(), 8, 5),
]


@pytest.mark.parametrize(("task", "length", "lag"), LENGTHS_AND_LAGS, ids=lambda value: str(value))
def test_no_sequence_is_shorter_than_the_minimal_length(task: Task, length: int, lag: int) -> None:
    assert (task.minimal_length, task.minimal_lag) == (length, lag)
    lengths = np.diff(task.sample(np.random.default_rng(0), 2000).offsets)
    assert lengths.min() == length


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda batch: batch.take(np.array([-1])), "indices: give numbers from 0 to 4, not -1 to -1"),
        (lambda batch: batch.take(np.array([5])), "indices: give numbers from 0 to 4, not 5 to 5"),
        (lambda batch: batch.take(np.array([True] * 5)), "indices are bool of shape"),
        (lambda batch: batch.take(np.array(1)), "give a list of whole numbers"),
        (lambda batch: batch.first(-2), "sequences 0 to -2: give numbers from 0 to 5"),
        (lambda batch: batch.first(99), "sequences 0 to 99"),
        (lambda batch: batch.part(3, 2), "sequences 3 to 2"),
    ],
)
def test_sequences_that_a_batch_does_not_have(call: Any, says: str) -> None:
    batch = TemporalOrder(2).sample(np.random.default_rng(1), 5)
    with pytest.raises(ValueError, match=says):
        call(batch)
    assert len(batch.take(np.array([4, 0, 0]))) == 3
    assert len(batch.first(0)) == 0


@pytest.mark.parametrize("draw", ["as they are called", "compiled", "interpreted"])
@pytest.mark.parametrize("n", [0, 1, 7, 100_000])
def test_numbers_drawn_by_compiled_code_are_numpys(n: int, draw: str) -> None:
    """Seeds mean what NumPy's generator makes of them: the same bits, and the same numbers after these."""
    for called, compiled, name, parameters in (
        (uniform, base._fill_uniform, "uniform", (-1.0, 1.0)),
        (uniform, base._fill_uniform, "uniform", (0.0, 1.0)),
        (normal, base._fill_normal, "normal", (0.0, float(np.sqrt(0.2)))),
    ):
        fill = {"as they are called": called, "compiled": compiled, "interpreted": compiled.py_func}[draw]
        ours, theirs, values = np.random.default_rng(n), np.random.default_rng(n), np.zeros((n, 2))
        fill(ours, *parameters, values[:, 0])
        assert values[:, 0].tobytes() == getattr(theirs, name)(*parameters, size=n).tobytes()
        assert not values[:, 1].any()
        assert ours.bit_generator.state == theirs.bit_generator.state
        assert ours.integers(0, 10, size=5).tolist() == theirs.integers(0, 10, size=5).tolist()


def test_other_numbers_are_seen() -> None:
    """Negative control for the test above: the same distribution, drawn in another way."""
    ours, theirs, values = np.random.default_rng(1), np.random.default_rng(1), np.zeros(100)
    base._fill_uniform(ours, 1.0, -1.0, values)
    assert values.tobytes() != theirs.uniform(-1.0, 1.0, size=100).tobytes()
    assert ours.bit_generator.state == theirs.bit_generator.state
    normal(ours, 0.0, 1.0, values[1:])
    assert values.tobytes() != theirs.standard_normal(100).tobytes()
    assert ours.bit_generator.state != theirs.bit_generator.state
