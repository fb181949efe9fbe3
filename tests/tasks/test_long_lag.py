"""Tasks 2a and 2b follow every rule of Sec. 5.2, for any seed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from support.batches import SEEDS, broken, sequences

from lstm97.experiments.base import canonical
from lstm97.tasks import Batch, LongLag


def draw(p: int, variant: str, n: int = 40, seed: int = 0, noise: float = 0.0) -> Batch:
    return LongLag(p, variant, noise).sample(np.random.default_rng(seed), n)


def broken_rules(batch: Batch, p: int, variant: str, noise: float = 0.0) -> set[str]:
    """Name every rule of Sec. 5.2, Tasks 2a and 2b, that a batch breaks; with noise, those of 2b and one more."""
    names, symbols = set(), LongLag(p).symbols
    variant = "2b" if noise else variant
    targets = sequences(batch, batch.targets)
    for i, sequence in enumerate(sequences(batch, batch.symbols)):
        word = [symbols[s] for s in sequence]
        successors = [symbols[target.argmax()] for target in targets[i]]
        alphabet = [f"a_{k}" for k in range(1, p)]
        rules = {
            "p symbols are read": len(word) == p,
            "first symbol": word[0] in ("x", "y"),
            "last symbol": successors[-1] == word[0],
            "every next symbol": successors[:-1] == word[1:],
            "one-hot": targets[i].sum() == len(targets[i]) and set(targets[i].ravel()) <= {0.0, 1.0},
            "inner symbols": word[1:] == alphabet if variant == "2a" else set(word[1:]) <= set(alphabet),
        }
        if noise:
            rules["last inner symbol"] = word[-1] == alphabet[-1]
        if batch.expected is not None and variant == "2b":
            rules["judged by the last symbol"] = batch.expected[i].tolist() == targets[i][-1].tolist()
        names |= broken(rules)
    judged = "every step" if batch.expected is None else f"{len(batch.expected)} sequences"
    rules = {
        "errors at every step": batch.every_step and len(batch.targets) == batch.n_steps,
        "judged": judged == ("every step" if variant == "2a" else f"{len(batch)} sequences"),
    }
    return names | broken(rules)


@given(SEEDS, st.sampled_from([2, 4, 10, 30]), st.sampled_from(["2a", "2b"]))
@settings(max_examples=60, deadline=None)
def test_long_lag_follows_the_text(seed: int, p: int, variant: str) -> None:
    assert broken_rules(draw(p, variant, seed=seed), p, variant) == set()


@given(SEEDS, st.sampled_from([2, 4, 30]), st.sampled_from([0.01, 0.5, 1.0]))
@settings(max_examples=30, deadline=None)
def test_noise_replaces_inner_symbols_only(seed: int, p: int, noise: float) -> None:
    batch = draw(p, "2a", seed=seed, noise=noise)
    assert broken_rules(batch, p, "2a", noise) == set()
    assert "judged" in broken_rules(batch, p, "2a")  # not as Task 2a itself
    assert ("last inner symbol" in broken_rules(draw(p, "2b"), p, "2a", noise)) == (p > 2)


@pytest.mark.parametrize(
    ("rule", "variant", "corrupt"),
    [
        ("inner symbols", "2a", lambda _: draw(10, "2b")),
        ("judged", "2a", lambda _: draw(10, "2b")),
        ("judged", "2b", lambda _: draw(10, "2a")),
        ("inner symbols", "2b", lambda batch: dataclasses.replace(batch, symbols=np.maximum(batch.symbols, 9))),
        ("last symbol", "2a", lambda batch: dataclasses.replace(batch, targets=np.roll(batch.targets, 1, axis=0))),
        ("every next symbol", "2b", lambda batch: dataclasses.replace(batch, targets=batch.targets[::-1])),
        ("one-hot", "2b", lambda batch: dataclasses.replace(batch, targets=batch.targets / 2)),
        ("judged by the last symbol", "2b", lambda b: dataclasses.replace(b, expected=1.0 - b.expected)),
        ("errors at every step", "2a", lambda batch: dataclasses.replace(batch, every_step=False)),
        ("p symbols are read", "2a", lambda _: draw(9, "2a")),
    ],
)
def test_a_broken_rule_is_seen(rule, variant, corrupt) -> None:
    assert rule in broken_rules(corrupt(draw(10, variant)), 10, variant)


def test_the_alphabet_has_the_order_of_the_text() -> None:
    task = LongLag(4)
    assert task.symbols == ("a_1", "a_2", "a_3", "x", "y")
    assert (task.n_inputs, task.n_outputs, task.tolerance) == (5, 5, 0.25)


def test_2a_has_two_sequences_and_2b_very_many() -> None:
    for variant, n_different in (("2a", 2), ("2b", 500)):
        batch = draw(20, variant, n=500)
        assert len({tuple(sequence) for sequence in sequences(batch, batch.symbols)}) == n_different


@pytest.mark.parametrize("variant", ["2a", "2b"])
def test_both_classes_are_equally_frequent(variant: str) -> None:
    batch = draw(5, variant, n=4000)
    assert abs((batch.symbols[batch.offsets[:-1]] == 5).mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)


def test_inner_symbols_of_2b_are_uniform() -> None:
    p = 8
    batch = draw(p, "2b", n=3000)
    inside = np.concatenate([sequence[1:] for sequence in sequences(batch, batch.symbols)])
    assert stats.chisquare(np.bincount(inside, minlength=p - 1)).pvalue > 1e-4
    assert stats.chisquare(np.bincount(np.minimum(inside, p - 3), minlength=p - 2)).pvalue < 1e-4


def replaced(batch: Batch, p: int) -> np.ndarray:
    """Tell which inner symbols but the last are not those of Task 2a, one row a sequence."""
    return np.array(sequences(batch, batch.symbols))[:, 1:-1] != np.arange(p - 2)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.6, 1.0])
def test_the_share_of_noise(noise: float) -> None:
    """A random symbol is the old one in 1 of p - 1 cases; every position is drawn for itself."""
    p, n = 8, 3000
    rows = replaced(draw(p, "2a", n=n, noise=noise), p)
    share = noise * (1 - 1 / (p - 1))

    def fits(share: float) -> bool:
        each = np.abs(rows.mean(axis=0) - share).max() <= 4.5 * np.sqrt(share * (1 - share) / n)
        together = abs((rows[:, 0] & rows[:, 1]).mean() - share**2) <= 4.5 * np.sqrt(share**2 / n)
        return bool(each and together)

    assert fits(share)
    assert not fits(share + 0.1)


def test_with_full_noise_inner_symbols_are_uniform() -> None:
    """As in Task 2b, but for the last one."""
    p = 8
    for noise, uniform in ((1.0, True), (0.8, False)):
        fourth = draw(p, "2a", n=3000, noise=noise).symbols.reshape(-1, p)[:, 4]
        assert (stats.chisquare(np.bincount(fourth, minlength=p - 1)).pvalue > 1e-4) == uniform


def test_without_noise_nothing_is_new() -> None:
    """Neither the sequences nor what records know of the task."""
    assert canonical(LongLag(100)) == canonical(LongLag(100, noise=0.0)) == {"LongLag": {"p": 100}}
    assert canonical(LongLag(100, noise=0.3)) == {"LongLag": {"p": 100, "noise": 0.3}}
    rng = np.random.default_rng(0)
    batch = LongLag(5).sample(rng, 40)
    again = np.random.default_rng(0)
    assert batch.symbols[::5].tolist() == (4 + again.integers(0, 2, size=40)).tolist()
    assert rng.random() == again.random()  # no other number was drawn


def test_2a_is_judged_at_every_step_and_2b_at_the_end() -> None:
    for variant, correct_after in (("2a", {"first": False, "last": False}), ("2b", {"first": True, "last": False})):
        task, batch = LongLag(6, variant), draw(6, variant, n=5)
        errors, correct = task.score(batch, batch.targets + 0.2)
        assert correct.all()
        assert errors.shape == (5, 7)
        assert errors == pytest.approx(0.2)
        for where, step in (("first", batch.offsets[2]), ("last", batch.offsets[3] - 1)):
            outputs = batch.targets.copy()
            outputs[step, 3] += 0.3
            errors, correct = task.score(batch, outputs)
            as_text = correct_after[where]
            assert correct.tolist() == [True, True, as_text, True, True]
            assert errors[2, 3] == pytest.approx(0.0 if as_text else 0.3)
            assert np.count_nonzero(errors) == (not as_text)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="p is 1: give at least 2"):
        LongLag(1)
    with pytest.raises(ValueError, match="variant is '2c': give one of '2a', '2b'"):
        LongLag(5, "2c")
    for noise in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="give a probability, from 0 to 1"):
            LongLag(5, noise=noise)
    with pytest.raises(ValueError, match="all inner symbols of Task 2b are random; give variant '2a'"):
        LongLag(5, "2b", noise=0.5)


@pytest.mark.parametrize("task", [LongLag(3), LongLag(7, "2b"), LongLag(7, noise=0.3)])
def test_a_test_set_in_parts_is_the_test_set(task: LongLag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm97.tasks.long_lag.MOST_TARGETS", 200)
    generators = [np.random.default_rng(3) for _ in range(2)]
    whole, parts = task.unseen(generators[0], 50), list(task.unseen_in_parts(generators[1], 50))
    assert generators[0].bit_generator.state == generators[1].bit_generator.state
    assert sum(map(len, parts)) == 50
    assert len(parts) > 1
    assert max(part.targets.size for part in parts) <= 200
    done = 0
    for part in parts:
        expected = whole.part(done, done + len(part))
        for name in ("symbols", "values", "offsets", "targets", "every_step", "expected"):
            assert np.array_equal(getattr(part, name), getattr(expected, name)), name
        done += len(part)
