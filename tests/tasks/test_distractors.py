"""Task 2c follows every rule of Sec. 5.2, for any seed."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from support.batches import SEEDS, broken, sequences

from lstm97.tasks import Batch, Distractors


def draw(q: int, p: int, n: int = 40, seed: int = 0) -> Batch:
    return Distractors(q, p).sample(np.random.default_rng(seed), n)


def broken_rules(batch: Batch, q: int, p: int) -> set[str]:
    """Name every rule of Sec. 5.2, Task 2c, that a batch breaks."""
    names, symbols = set(), Distractors(q, p).symbols
    for i, sequence in enumerate(sequences(batch, batch.symbols)):
        word = [symbols[s] for s in sequence]
        rules = {
            "first symbol": word[0] == "b",
            "second symbol": word[1] in ("x", "y"),
            "trigger": word[-1] == "e",
            "distractors": {symbol[:2] for symbol in word[2:-1]} <= {"a_"},
            "length": len(word) + 1 >= q + 4,  # the last symbol is not an input
            "target": batch.targets[i].tolist() == [float(word[1] == "x"), float(word[1] == "y")],
        }
        names |= broken(rules)
    return names | broken({"error signal at the end": not batch.every_step and len(batch.targets) == len(batch)})


@given(SEEDS, st.sampled_from([0, 1, 10, 50]), st.sampled_from([1, 3, 50]))
@settings(max_examples=60, deadline=None)
def test_distractors_follow_the_text(seed: int, q: int, p: int) -> None:
    assert broken_rules(draw(q, p, seed=seed), q, p) == set()


@pytest.mark.parametrize(
    ("rule", "corrupt"),
    [
        ("target", lambda batch: dataclasses.replace(batch, targets=1.0 - batch.targets)),
        ("first symbol", lambda batch: dataclasses.replace(batch, symbols=np.roll(batch.symbols, 1))),
        ("trigger", lambda batch: dataclasses.replace(batch, offsets=batch.offsets - np.r_[0, [1] * 40])),
        (
            "distractors",
            lambda batch: dataclasses.replace(batch, symbols=np.where(batch.symbols == 0, 5, batch.symbols)),
        ),
        ("second symbol", lambda batch: dataclasses.replace(batch, symbols=np.minimum(batch.symbols, 6))),
        ("length", lambda _: draw(8, 5)),
    ],
)
def test_a_broken_rule_is_seen(rule, corrupt) -> None:
    assert rule in broken_rules(corrupt(draw(10, 5)), 10, 5)


def test_the_alphabet_has_the_order_of_the_text() -> None:
    assert Distractors(1, 3).symbols == ("a_1", "a_2", "a_3", "e", "b", "x", "y")
    assert (Distractors(1, 3).n_inputs, Distractors(1, 3).n_outputs, Distractors(1, 3).tolerance) == (7, 2, 0.2)


def expected_length(q: int) -> Fraction:
    """Sum the series of Sec. 5.2, 4 + sum over k of (1/10) (9/10)^k (q + k), with the sums of a geometric series."""
    r = Fraction(9, 10)
    return 4 + (1 - r) * (q / (1 - r) + r / (1 - r) ** 2)


def test_the_expected_length_is_the_printed_series_not_the_printed_sum() -> None:
    assert expected_length(50) == 50 + 13  # the paper prints q + 14
    n, q = 40_000, 5
    lengths = np.diff(draw(q, 2, n=n).offsets) + 1
    error = np.sqrt(0.9) / 0.1 / np.sqrt(n)  # standard deviation of the geometric distribution
    assert abs(lengths.mean() - expected_length(q)) < 4 * error
    assert abs(lengths.mean() - (q + 14)) > 10 * error
    assert lengths.min() == q + 4


def test_the_suffix_is_geometric() -> None:
    suffix = np.diff(draw(5, 2, n=40_000).offsets) - 8
    counts = np.bincount(np.minimum(suffix, 40))
    probabilities = np.append(0.1 * 0.9 ** np.arange(40), 0.9**40)
    assert stats.chisquare(counts, probabilities * 40_000).pvalue > 1e-4
    shorter = np.append(0.11 * 0.89 ** np.arange(40), 0.89**40)
    assert stats.chisquare(counts, shorter * 40_000).pvalue < 1e-4


def test_distractors_are_uniform_and_do_not_tell_the_class() -> None:
    p = 7
    batch = draw(20, p, n=3000)
    for is_class in (batch.targets[:, 0] == 1.0, batch.targets[:, 1] == 1.0):
        assert abs(is_class.mean() - 0.5) < 4 * 0.5 / np.sqrt(3000)
        words = [word for word, take in zip(sequences(batch, batch.symbols), is_class, strict=True) if take]
        inside = np.concatenate([word[2:-1] for word in words])
        assert stats.chisquare(np.bincount(inside, minlength=p)).pvalue > 1e-4
        assert stats.chisquare(np.bincount(np.minimum(inside, p - 2), minlength=p - 1)).pvalue < 1e-4
    # (q + 9)/p of each in a sequence; the paper prints (q + 10)/p
    per_sequence = (batch.symbols < p).sum() / len(batch) / p
    assert per_sequence == pytest.approx((20 + 9) / p, rel=0.02)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="q is -1: give at least 0"):
        Distractors(-1, 3)
    with pytest.raises(ValueError, match="p is 0: give at least 1"):
        Distractors(3, 0)
