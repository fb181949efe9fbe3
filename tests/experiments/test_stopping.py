"""Every stopping rule fires at exactly the sequence at which a slow, plain check of its words fires."""

import itertools
import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.prose import numbers

from lstm97.experiments import row
from lstm97.experiments.stopping import (
    ST3,
    AllPredicted,
    CorrectInARow,
    ErrorsOnTestSet,
    FewWrong,
    StoppingRule,
    expected_wait,
)
from lstm97.tasks import Adding, Batch, EmbeddedReber, TwoSequence
from lstm97.tasks.reber import words

CHUNKS = st.lists(st.integers(1, 30), max_size=20)
SEEDS = st.integers(0, 2**32 - 1)

#: What a trial comes to: the names of the stops, each with the number of sequences presented; "" is the last.
Stops = list[tuple[str, int]]


def stops_of(rule: StoppingRule, errors: np.ndarray, correct: np.ndarray, chunks: list[int]) -> Stops:
    """Feed a trial's sequences in chunks, to a watch that is pickled in between; list what it finds."""
    watch, start, found = rule.watch(), 0, []
    for size in [*chunks, len(correct)]:
        stop = min(start + size, len(correct))
        if start == stop:
            break
        for reached in watch.observe(errors[start:stop], correct[start:stop]):
            found.append((reached.milestone, start + reached.after))
            if not reached.milestone:
                return found
        start = stop
        watch = pickle.loads(pickle.dumps(watch))
    return found


def only_stop(rule: StoppingRule, errors: np.ndarray, correct: np.ndarray, chunks: list[int]) -> int | None:
    """Return the number of sequences presented when a rule without milestones fires."""
    for milestone, presented in stops_of(rule, errors, correct, chunks):
        assert milestone == ""
        return presented
    return None


def none(n: int) -> np.ndarray:
    """Errors for rules that don't look at them."""
    return np.full((n, 1), np.nan)


# Sec. 5.4 and 5.6, Table 11: ST3


def st3_by_words(rule: ST3, errors: np.ndarray, correct: np.ndarray) -> int | None:
    """Check after every sequence: the last `window` all correct, and their mean error below beta."""
    measure = errors**2 if rule.average_error == "squared" else errors
    for i in range(rule.window, len(correct) + 1):
        last = slice(i - rule.window, i)
        if correct[last].all() and math.fsum(measure[last].mean(axis=1)) / rule.window < rule.beta:
            return i
    return None


def random_errors(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.0, 0.5, size=(200, 2)) * rng.uniform(0.1, 1.0, size=(200, 1))
    return errors, np.all(errors < 0.45, axis=1)


@given(SEEDS, st.integers(1, 12), st.floats(0.02, 0.4), CHUNKS, st.sampled_from(["absolute", "squared"]))
@settings(max_examples=200, deadline=None)
def test_st3_fires_where_the_words_say(seed, window, beta, chunks, average_error) -> None:
    errors, correct = random_errors(seed)
    rule = ST3(beta, window, average_error)
    assert only_stop(rule, errors, correct, chunks) == st3_by_words(rule, errors, correct)


def test_one_wrong_sequence_starts_the_window_anew() -> None:
    rule = ST3(beta=0.01)
    errors = np.full((5000, 1), 0.001)
    correct = np.ones(5000, dtype=bool)
    assert only_stop(rule, errors, correct, [500] * 10) == 2000
    correct[1999] = False
    assert only_stop(rule, errors, correct, [500] * 10) == 4000


def test_the_mean_error_alone_can_hold_training_up() -> None:
    rule = ST3(beta=0.01, window=10)
    errors = np.r_[np.full(30, 0.02), np.full(30, 0.001)][:, np.newaxis]
    fired = only_stop(rule, errors, np.ones(60, dtype=bool), [7] * 9)
    assert fired == st3_by_words(rule, errors, np.ones(60, dtype=bool))
    assert fired in range(31, 40)


@pytest.mark.parametrize("beta", [0.01, np.nextafter(0.01, 1.0)])
@pytest.mark.parametrize("before", [0.0, 1.0, 1e200, math.inf])
def test_the_mean_error_is_compared_to_the_last_bit(beta: float, before: float) -> None:
    """Errors of 0.01 are not below 0.01, but below the next number, however large those before them were."""
    errors = np.r_[np.full(7, before), np.full(100, 0.01)][:, np.newaxis]
    correct = errors[:, 0] == 0.01
    fired = only_stop(ST3(beta, window=50), errors, correct, [13] * 9)
    assert fired == st3_by_words(ST3(beta, window=50), errors, correct)
    assert fired == (None if beta == 0.01 else 57)


# Sec. 5.2: correct during successive sequences


def run_by_words(n: int, correct: np.ndarray) -> int | None:
    """Find the first `n` successive sequences that were all correct; return where they end."""
    for start in range(len(correct) - n + 1):
        if all(correct[start : start + n]):
            return start + n
    return None


@given(SEEDS, st.integers(1, 25), st.floats(0.5, 1.0), CHUNKS)
@settings(max_examples=200, deadline=None)
def test_a_run_ends_where_the_words_say(seed, n, rate, chunks) -> None:
    correct = np.random.default_rng(seed).random(200) < rate
    assert only_stop(CorrectInARow(n), none(200), correct, chunks) == run_by_words(n, correct)


@pytest.mark.parametrize("chunks", [[], [1] * 60, [7, 13, 1, 30]])
def test_a_run_has_to_be_long_enough_and_without_a_break(chunks: list[int]) -> None:
    correct = np.ones(60, dtype=bool)
    correct[[4, 24, 45]] = False  # runs of 4, 19, 20 and 14
    assert only_stop(CorrectInARow(20), none(60), correct, chunks) == 45
    assert only_stop(CorrectInARow(19), none(60), correct, chunks) == 24  # negative controls
    assert only_stop(CorrectInARow(21), none(60), correct, chunks) is None


def test_the_sequences_before_the_run_count() -> None:
    """Table 2's mean of 5,040 is below the 10,000 of the run."""
    rule = row("table2/2a").stop
    assert rule == CorrectInARow(10_000)
    assert rule.counted(15_040) == 5_040
    assert CorrectInARow(run_count="inclusive").counted(15_040) == 15_040


# Sec. 5.5: fewer than n_seq of the most recent


def few_wrong_by_words(rule: FewWrong, correct: np.ndarray) -> Stops:
    """For each n_seq: the first sequence after which fewer than n_seq of the last `window` were wrong."""
    found = []
    for n_seq in rule.n_seq:
        for presented in range(rule.window, len(correct) + 1):
            if sum(not right for right in correct[presented - rule.window : presented]) < n_seq:
                found.append(("" if n_seq == rule.n_seq[-1] else f"n_seq = {n_seq}", presented))
                break
    return found


@given(
    SEEDS,
    st.integers(1, 30),
    st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
    st.sampled_from(["falling", "sudden", "steady"]),
    CHUNKS,
)
@settings(max_examples=200, deadline=None)
def test_few_wrong_are_found_where_the_words_say(seed, window, n_seq, course, chunks) -> None:
    rng = np.random.default_rng(seed)
    rates = {"falling": np.linspace(0.9, 0.0, 200), "sudden": np.repeat([0.9, 0.0], 100), "steady": np.full(200, 0.3)}
    correct = rng.random(200) >= rates[course]
    rule = FewWrong(tuple(sorted(n_seq, reverse=True)), window)
    assert stops_of(rule, none(200), correct, chunks) == few_wrong_by_words(rule, correct)


@pytest.mark.parametrize("chunk", [1, 500, 6000])
def test_the_two_stops_of_table_8(chunk: int) -> None:
    """Wrong are the first 1000; so 140 and 13 are met when all but 139 and 12 of them have left the last 2000."""
    correct = np.arange(6000) >= 1000
    rule = row("table8/T100").stop
    chunks = [chunk] * (6000 // chunk)
    assert rule == FewWrong((140, 13))
    assert stops_of(rule, none(6000), correct, chunks) == [("n_seq = 140", 2861), ("", 2988)]
    almost = FewWrong((141, 14))  # negative control
    assert stops_of(almost, none(6000), correct, chunks) == [("n_seq = 141", 2860), ("", 2987)]
    assert rule.counted(2988) == 2988


def test_before_the_window_is_full_nothing_is_found() -> None:
    correct = np.ones(1999, dtype=bool)
    assert stops_of(FewWrong((140, 13)), none(1999), correct, [500] * 4) == []
    both_at_once = [("n_seq = 140", 2000), ("", 2000)]
    assert stops_of(FewWrong((140, 13)), none(2000), np.ones(2000, dtype=bool), [500] * 4) == both_at_once


# Sec. 5.3: ST1 and ST2 on a test set


def looks(
    rule: ErrorsOnTestSet, seen: list[tuple[np.ndarray, np.ndarray]], parts: tuple[int, ...] = ()
) -> Iterator[tuple[int, str]]:
    """Let a watch look at one test set after the other; yield every stop with the look's number, from 0.

    A look is given its set in parts that end after so many sequences; a watch may say before the last what it found.
    """
    watch = rule.watch()
    for i, (errors, correct) in enumerate(seen):
        assert watch.observe(np.zeros((5, 1)), np.ones(5, dtype=bool)) == []  # training errors play no part
        for start, end in itertools.pairwise((0, *parts, len(correct))):
            found = watch.look(errors[start:end], correct[start:end])
            watch = pickle.loads(pickle.dumps(watch))
            if found is not None:
                break
        assert found is not None
        for reached in found:
            yield i, reached.milestone
            if not reached.milestone:
                return


def looks_by_words(fewer_than: int, beta: float, milestone: bool, seen: Any) -> list[tuple[int, str]]:
    """ST1: fewer than so many wrong. ST2: besides, the mean error of the set is below beta."""
    st1 = [sum(not right for right in correct) < fewer_than for _, correct in seen]
    st2 = [met and float(np.mean(errors)) < beta for met, (errors, _) in zip(st1, seen, strict=True)]
    found = [(st1.index(True), "ST1")] if milestone and any(st1) else []
    return found + ([(st2.index(True), "")] if any(st2) else [])


def sets(seed: int, n: int = 40, size: int = 20) -> list[tuple[np.ndarray, np.ndarray]]:
    """Make test sets' errors; a sequence is wrong from 0.2 on."""
    rng = np.random.default_rng(seed)
    scales = rng.uniform(0.05, 0.3, size=n)
    return [(errors, errors[:, 0] < 0.2) for errors in (rng.uniform(0.0, scale, (size, 1)) for scale in scales)]


@given(SEEDS, st.integers(0, 6), st.floats(0.03, 0.12), st.booleans(), st.sets(st.integers(1, 19), max_size=4))
@settings(max_examples=200, deadline=None)
def test_st1_and_st2_are_found_where_the_words_say(seed, most_wrong, beta, milestone, parts) -> None:
    rule = ErrorsOnTestSet(beta, 100, most_wrong, ("ST1",) if milestone else (), size=20)
    seen = sets(seed)
    assert list(looks(rule, seen, tuple(sorted(parts)))) == looks_by_words(most_wrong + 1, beta, milestone, seen)


def test_other_words_give_other_looks() -> None:
    """Negative control: "at most" for "fewer than", or another bound, would be seen in the test above."""
    rule = ErrorsOnTestSet(0.06, 100, 2, size=20)
    for fewer_than, beta in ((2, 0.06), (4, 0.06), (3, 0.05)):
        assert any(list(looks(rule, sets(i))) != looks_by_words(fewer_than, beta, True, sets(i)) for i in range(100))


@pytest.mark.parametrize(
    ("name", "wrong", "mean", "met"),
    [
        ("table4/T100-N3", 0, 0.5, ["ST1"]),
        ("table4/T100-N3", 1, 0.001, []),
        ("table4/T100-N3", 0, 0.009, ["ST1", ""]),
        ("table4/T100-N3", 0, 0.01, ["ST1"]),
        ("table5/T100-N3", 5, 0.5, ["ST1"]),
        ("table5/T100-N3", 6, 0.001, []),
        ("table5/T100-N3", 5, 0.039, ["ST1", ""]),
        ("table5/T100-N3", 5, 0.04, ["ST1"]),
        ("table6/T100-N3", 0, 0.5, []),
        ("table6/T100-N3", 1, 0.001, []),
        ("table6/T100-N3", 0, 0.0149, [""]),
        ("table6/T100-N3", 0, 0.015, []),
    ],
)
def test_the_bounds_of_the_text(name: str, wrong: int, mean: float, met: list[str]) -> None:
    """3a: none of 256, below 0.01; 3b: less than 6, below 0.04; 3c: none, below 0.015, and one stop only."""
    rule = row(name).stop
    assert isinstance(rule, ErrorsOnTestSet)
    assert rule.size == 256
    seen = [(np.full((256, 1), mean), np.arange(256) >= wrong)]
    assert [milestone for _, milestone in looks(rule, seen)] == met


def parts_of_looks(rule: ErrorsOnTestSet, wrong: list[set[int]]) -> tuple[list[list[Batch]], Any]:
    """Let a watch look at test sets of which these sequences are wrong; give each look's parts, and the generator."""
    task, watch, rng = TwoSequence(20, 3), rule.watch(), np.random.default_rng(0)
    looked: list[list[Batch]] = []
    for of_look in wrong:
        found, parts = None, []
        while found is None:
            parts.append(watch.sequences(task, rng, True))
            n = sum(map(len, parts))
            correct = np.array([i not in of_look for i in range(n - len(parts[-1]), n)])
            found = watch.look(np.full((len(correct), 1), 0.5), correct)
            watch = pickle.loads(pickle.dumps(watch))
        looked.append(parts)
    return looked, rng.bit_generator.state


@pytest.mark.parametrize("test_set", ["fresh", "fixed"])
@pytest.mark.parametrize("size", [1, 16, 30, 64, 256])
def test_the_parts_are_the_test_set_which_is_fresh_or_the_same_at_every_look(size: int, test_set: str) -> None:
    """However early looks end, what they see and how far the generator has come are those of whole sets."""
    rule = ErrorsOnTestSet(0.1, 100, size=size, test_set=test_set)
    whole: list[Batch] = []
    rng, nothing = np.random.default_rng(0), set[int]()
    for i in range(3):
        whole.append(TwoSequence(20, 3).sample(rng, size) if not i or test_set == "fresh" else whole[0])
    for wrong in ([nothing] * 3, [{0}, nothing, {size - 1}], [{size - 1}, {0}, {0}]):
        looked, state = parts_of_looks(rule, wrong)
        assert state == rng.bit_generator.state
        for parts, batch, of_look in zip(looked, whole, wrong, strict=True):
            seen = np.concatenate([part.values for part in parts])
            n = sum(map(len, parts))
            assert np.array_equal(seen, batch.first(n).values)
            assert n == size or min(of_look) < n  # nothing is left out unless it can't matter


@pytest.mark.parametrize(
    ("most_wrong", "wrong", "sizes"),
    [
        (0, set(), [16, 48, 192]),
        (0, {15}, [16]),
        (0, {16}, [16, 48]),
        (0, {255}, [16, 48, 192]),
        (5, {0, 1, 2, 3, 4}, [16, 48, 192]),  # negative control: as many may be wrong
        (5, {0, 1, 2, 3, 4, 5}, [16]),
        (5, {0, 1, 2, 3, 4, 63}, [16, 48]),
    ],
)
def test_a_look_ends_once_too_many_are_wrong(most_wrong: int, wrong: set[int], sizes: list[int]) -> None:
    [parts], _ = parts_of_looks(ErrorsOnTestSet(0.1, 100, most_wrong), [wrong])
    assert list(map(len, parts)) == sizes
    whole = ErrorsOnTestSet(0.1, 100).watch().sequences(TwoSequence(20, 3), np.random.default_rng(0), False)
    assert len(whole) == 256  # for a net that carries something from sequence to sequence


# Sec. 5.1: all symbols of both sets


def looks_at_strings(wrong_at: list[set[str]], task: EmbeddedReber, in_parts: bool = True) -> int | None:
    """Let `AllPredicted` look at the sets while the strings of `wrong_at` are wrong; return the look that ends it."""
    watch, rng = AllPredicted().watch(), np.random.default_rng(0)
    for i, wrong in enumerate(wrong_at):
        assert watch.observe(none(5), np.ones(5, dtype=bool)) == []
        found, seen = None, list[str]()
        while found is None:
            batch = watch.sequences(task, rng, in_parts)
            found = watch.look(none(len(batch)), np.array([word not in wrong for word in words(batch)]))
            seen += words(batch)
            watch = pickle.loads(pickle.dumps(watch))
        every = words(task.distinct)
        assert seen[-len(every) :] == every or (in_parts and wrong & set(seen))  # nothing left out that may matter
        assert len(seen) <= len(every) + 1
        if found:
            assert [reached.milestone for reached in found] == [""]
            return i
    return None


def test_looks_at_strings_end_with_the_first_part_in_which_one_is_wrong() -> None:
    task, watch, rng = EmbeddedReber(1), AllPredicted().watch(), np.random.default_rng(0)
    n = len(task.distinct)
    for wrong, sizes in ((3, [16]), (3, [1]), (20, [1, 16, 48]), (20, [1]), (n - 1, [1, 16, 48, n - 64]), (None, [])):
        found, seen = None, []
        while found is None:
            batch = watch.sequences(task, rng, True)
            seen.append(len(batch))
            correct = np.ones(len(batch), dtype=bool)
            if wrong is not None:
                correct = np.array([word != words(task.distinct)[wrong] for word in words(batch)])
            found = watch.look(none(len(batch)), correct)
        assert seen == sizes or wrong is None
        assert bool(found) == (wrong is None)


@given(SEEDS, st.floats(0.0, 3.0))
@settings(max_examples=30, deadline=None)
def test_all_strings_of_both_sets_have_to_be_predicted_at_one_look(seed, mean) -> None:
    task, rng = EmbeddedReber(1), np.random.default_rng(seed)
    strings = words(task.distinct)
    wrong_at = [set(rng.choice(strings, size=rng.poisson(mean))) for _ in range(12)]
    by_words = next((i for i, wrong in enumerate(wrong_at) if not wrong), None)
    assert looks_at_strings(wrong_at, task) == looks_at_strings(wrong_at, task, in_parts=False) == by_words


@pytest.mark.parametrize("which", ["training", "test"])
def test_one_string_of_either_set_holds_training_up(which: str) -> None:
    task = EmbeddedReber(2)
    strings = words(getattr(task, which))
    assert looks_at_strings([{strings[0]}, {strings[-1]}, {strings[7]}, set()], task) == 3
    assert looks_at_strings([{"BTBTXSETEE"}, set()], task) == 0  # negative control: a string of neither set


def test_all_predicted_is_for_strings_only() -> None:
    with pytest.raises(TypeError, match="a rule for EmbeddedReber, not for Adding"):
        AllPredicted().watch().sequences(Adding(100), np.random.default_rng(0), True)


def test_rules_without_a_test_set_are_never_asked_for_one() -> None:
    for rule in (ST3(0.1), CorrectInARow(), FewWrong((2, 1))):
        watch = rule.watch()
        assert rule.every == 0
        with pytest.raises(AssertionError, match="training errors only"):
            watch.look(none(1), np.ones(1, dtype=bool))
        with pytest.raises(AssertionError, match="training errors only"):
            watch.sequences(Adding(100), np.random.default_rng(0), True)


# What tables say, and the expected wait


def test_rules_in_words() -> None:
    said: dict[StoppingRule, list[str]] = {
        ST3(0.01): ["0.01", "2,000"],
        CorrectInARow(): ["10,000"],
        FewWrong((140, 13)): ["140", "13", "2,000"],
        ErrorsOnTestSet(0.01, 100): ["256", "0.01"],
        ErrorsOnTestSet(0.04, 100, 5): ["5", "256", "0.04"],
        AllPredicted(): [],
    }
    assert {rule: numbers(rule.criterion) for rule in said} == said
    assert "test" in ErrorsOnTestSet(0.01, 100).criterion
    assert "test" not in ST3(0.01).criterion


@pytest.mark.parametrize(("count", "reported"), [("inclusive", 5000), ("exclusive", 3000)])
def test_what_counts(count: str, reported: int) -> None:
    assert ST3(0.01, count=count).counted(5000) == reported
    for rule in (FewWrong((2, 1)), ErrorsOnTestSet(0.1, 100), AllPredicted()):
        assert rule.counted(5000) == 5000


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
