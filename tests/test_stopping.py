"""ST3 fires at exactly the sequence at which a slow, plain check of its words fires."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm97.stopping import ST3, expected_wait


def stop_of(rule: ST3, errors: np.ndarray, correct: np.ndarray, chunks: list[int]) -> int | None:
    """Feed a trial's sequences in chunks; return the number presented when the rule fires."""
    watch, start = rule.watch(), 0
    for size in [*chunks, len(correct)]:
        stop = min(start + size, len(correct))
        if start == stop:
            break
        found = watch.observe(errors[start:stop], correct[start:stop])
        if found is not None:
            return start + found
        start = stop
    return None


def stop_by_words(rule: ST3, errors: np.ndarray, correct: np.ndarray) -> int | None:
    """Check after every sequence: the last `window` all correct, and their mean error below beta."""
    measure = errors**2 if rule.average_error == "squared" else errors
    for i in range(rule.window, len(correct) + 1):
        last = slice(i - rule.window, i)
        if correct[last].all() and math.fsum(measure[last].mean(axis=1)) / rule.window < rule.beta:
            return i
    return None


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.floats(0.02, 0.4),
    st.lists(st.integers(1, 30), max_size=20),
    st.sampled_from(["absolute", "squared"]),
)
@settings(max_examples=300, deadline=None)
def test_fires_where_the_words_say(seed, window, beta, chunks, average_error) -> None:
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.0, 0.5, size=(200, 2)) * rng.uniform(0.1, 1.0, size=(200, 1))
    correct: np.ndarray = np.all(errors < 0.45, axis=1)
    rule = ST3(beta, window, average_error)
    assert stop_of(rule, errors, correct, chunks) == stop_by_words(rule, errors, correct)


def test_one_wrong_sequence_starts_the_window_anew() -> None:
    rule = ST3(beta=0.01)
    errors = np.full((5000, 1), 0.001)
    correct = np.ones(5000, dtype=bool)
    assert stop_of(rule, errors, correct, [500] * 10) == 2000
    correct[1999] = False
    assert stop_of(rule, errors, correct, [500] * 10) == 4000


def test_the_mean_error_alone_can_hold_training_up() -> None:
    rule = ST3(beta=0.01, window=10)
    errors = np.r_[np.full(30, 0.02), np.full(30, 0.001)][:, np.newaxis]
    fired = stop_of(rule, errors, np.ones(60, dtype=bool), [7] * 9)
    assert fired == stop_by_words(rule, errors, np.ones(60, dtype=bool))
    assert fired in range(31, 40)


@pytest.mark.parametrize(("count", "reported"), [("inclusive", 5000), ("exclusive", 3000)])
def test_what_counts(count: str, reported: int) -> None:
    assert ST3(0.01, count=count).counted(5000) == reported


def test_expected_wait_against_a_simulation_and_known_values() -> None:
    rng = np.random.default_rng(0)
    waits = []
    for _ in range(3000):
        streak = n = 0
        while streak < 5:
            n += 1
            streak = 0 if rng.random() < 0.3 else streak + 1
        waits.append(n)
    error = np.std(waits) / np.sqrt(len(waits))
    assert abs(np.mean(waits) - expected_wait(0.3, 5)) < 4 * error
    assert abs(np.mean(waits) - expected_wait(0.3, 6)) > 4 * error  # negative control
    assert expected_wait(0.5, 1) == pytest.approx(2.0)
    assert expected_wait(0.0, 2000) == 2000.0
    assert expected_wait(1e-12, 2000) == pytest.approx(2000.0, rel=1e-6)


@pytest.mark.parametrize(("wrong", "window"), [(1.0, 5), (-0.1, 5), (0.1, 0)])
def test_expected_wait_refuses(wrong: float, window: int) -> None:
    with pytest.raises(ValueError, match="give a probability below 1"):
        expected_wait(wrong, window)
