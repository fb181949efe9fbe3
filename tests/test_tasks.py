"""The tasks follow every rule of the paper's text, for any seed."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm97.tasks import Adding, Batch, TemporalOrder
from lstm97.tasks.temporal_order import CLASSES, SYMBOLS

SEEDS = st.integers(0, 2**32 - 1)
#: Task 6a's and 6b's class tables, typed from Sec. 5.6.
CLASS_TABLES = {
    2: {"XX": "Q", "XY": "R", "YX": "S", "YY": "U"},
    3: {"XXX": "Q", "XXY": "R", "XYX": "S", "XYY": "U", "YXX": "V", "YXY": "A", "YYX": "B", "YYY": "C"},
}
RELEVANT = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}


def sequences(batch: Batch, array: np.ndarray) -> list[np.ndarray]:
    return [array[batch.offsets[i] : batch.offsets[i + 1]] for i in range(len(batch))]


def broken_rules_of_adding(batch: Batch, T: int) -> set[str]:
    """Name every rule of Sec. 5.4 that a batch breaks."""
    broken = set()
    for i, sequence in enumerate(sequences(batch, batch.values)):
        value, marker = sequence.T
        marked = np.flatnonzero(marker == 1.0)
        rules = {
            "length": T <= len(sequence) <= T + T // 10,
            "values": bool((np.abs(value) <= 1.0).all()),
            "two marks": len(marked) == 2,
            "first mark among the first ten pairs": marked.size > 0 and marked[0] < 10,
            "second mark among the first T/2 pairs": marked.size > 1 and marked[1] < T // 2,
            "last marker": marker[-1] == -1.0,
            "first marker": marker[0] == (1.0 if 0 in marked else -1.0),
            "other markers": set(marker[1:-1]) <= {0.0, 1.0},
            "marked first pair": 0 not in marked or value[0] == 0.0,
            "target": np.isclose(batch.targets[i, 0], 0.5 + value[marked].sum() / 4.0, rtol=0, atol=1e-15),
        }
        broken |= {rule for rule, holds in rules.items() if not holds}
    return broken


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


def test_the_first_sequences_of_a_batch() -> None:
    batch = TemporalOrder(2).sample(np.random.default_rng(0), 5)
    few = batch.first(2)
    assert len(few) == 2
    assert few.n_steps == batch.offsets[2] == len(few.symbols)
    assert (few.targets == batch.targets[:2]).all()


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="T is 21: give at least 22"):
        Adding(21)
    with pytest.raises(ValueError, match="n_relevant is 4"):
        TemporalOrder(4)
