"""Tasks 3a, 3b and 3c follow every rule of Sec. 5.3, for any seed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from support.batches import SEEDS, broken, sequences

from lstm97.tasks import Batch, TwoSequence

#: Targets of class 1 and class 2, typed from Sec. 5.3.
TARGETS = {"3a": (1.0, 0.0), "3b": (1.0, 0.0), "3c": (0.2, 0.8)}


def draw(T: int, N: int, variant: str, n: int = 40, seed: int = 0) -> Batch:
    return TwoSequence(T, N, variant).sample(np.random.default_rng(seed), n)


def expected(batch: Batch) -> np.ndarray:
    return batch.targets if batch.expected is None else batch.expected


def broken_rules(batch: Batch, T: int, N: int, variant: str) -> set[str]:
    """Name every rule of Sec. 5.3 that a batch breaks; those of the noise are below."""
    names = set()
    for i, sequence in enumerate(sequences(batch, batch.values)):
        target = expected(batch)[i, 0]
        sign = 1.0 if target == TARGETS[variant][0] else -1.0
        rules = {
            "length": T <= len(sequence) <= T + T // 10,
            "one input line": sequence.shape[1] == 1,
            "targets": target in TARGETS[variant],
            "first N elements": variant == "3b" or bool((sequence[:N] == sign).all()),
            "later elements": not (np.abs(sequence[N:]) == 1.0).any(),
            "noise on elements": variant != "3b" or not (np.abs(sequence[:N]) == 1.0).any(),
        }
        names |= broken(rules)
    rules = {
        "noise on targets": (batch.expected is not None) == (variant == "3c"),
        "error signal at the end": not batch.every_step and batch.targets.shape == (len(batch), 1),
    }
    if variant == "3c":
        rules["noise on targets"] &= bool((batch.targets != batch.expected).all())
    return names | broken(rules)


@given(SEEDS, st.sampled_from([10, 25, 100]), st.sampled_from([1, 3]), st.sampled_from(list(TARGETS)))
@settings(max_examples=60, deadline=None)
def test_two_sequence_follows_the_text(seed: int, T: int, N: int, variant: str) -> None:
    assert broken_rules(draw(T, N, variant, seed=seed), T, N, variant) == set()


@pytest.mark.parametrize(
    ("rule", "variant", "corrupt"),
    [
        ("first N elements", "3a", lambda batch: dataclasses.replace(batch, targets=1.0 - batch.targets)),
        ("first N elements", "3a", lambda _: draw(100, 3, "3b")),
        ("first N elements", "3c", lambda batch: dataclasses.replace(batch, values=-batch.values)),
        ("later elements", "3a", lambda _: draw(100, 4, "3a")),
        ("noise on elements", "3b", lambda _: draw(100, 3, "3a")),
        ("noise on targets", "3c", lambda batch: dataclasses.replace(batch, targets=batch.expected)),
        ("targets", "3c", lambda batch: dataclasses.replace(batch, expected=None)),
        ("targets", "3c", lambda _: draw(100, 3, "3a")),
        ("length", "3a", lambda _: draw(90, 3, "3a")),
    ],
)
def test_a_broken_rule_is_seen(rule, variant, corrupt) -> None:
    assert rule in broken_rules(corrupt(draw(100, 3, variant)), 100, 3, variant)


def is_variance(noise: np.ndarray, variance: float) -> bool:
    """Whether a sample may come from a normal distribution of mean 0 and that variance."""
    shape = stats.kstest(noise, stats.norm(0.0, np.sqrt(variance)).cdf).pvalue > 1e-4
    width = abs(np.mean(noise**2) / variance - 1.0) < 4 * np.sqrt(2 / noise.size)
    return bool(shape and width)


def test_the_numbers_for_the_noise_are_variances() -> None:
    three_b, three_c = draw(100, 3, "3b", n=5000), draw(100, 3, "3c", n=20_000)
    later = np.concatenate([sequence[3:, 0] for sequence in sequences(three_b, three_b.values)])
    signs = 2.0 * three_b.targets - 1.0
    informative = np.array([sequence[:3, 0] for sequence in sequences(three_b, three_b.values)]) - signs
    on_targets = (three_c.targets - expected(three_c))[:, 0]
    for noise, variance in ((later, 0.2), (informative.ravel(), 0.2), (on_targets, 0.1)):
        assert is_variance(noise, variance)
        assert not is_variance(noise, variance**2)  # as if it were the standard deviation
        assert not is_variance(noise, 1.1 * variance)
    assert round(float(on_targets.std()), 2) == 0.32  # as Sec. 5.3 says


def test_noisy_targets_are_not_clipped() -> None:
    targets = draw(10, 1, "3c", n=1000).targets
    assert targets.min() < 0.0
    assert targets.max() > 1.0


def test_classes_are_equally_frequent_and_lengths_all_occur() -> None:
    batch = draw(100, 1, "3a", n=4000)
    assert abs(batch.targets.mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)
    assert set(np.diff(batch.offsets)) == set(range(100, 111))


def test_the_tasks_differ_in_the_noise_alone() -> None:
    plain, noisy = draw(50, 2, "3a"), draw(50, 2, "3b")
    assert (plain.targets == noisy.targets).all()
    for a, b in zip(sequences(plain, plain.values), sequences(noisy, noisy.values), strict=True):
        assert (a[2:] == b[2:]).all()
        assert (a[:2] != b[:2]).all()


def test_3c_is_judged_by_the_target_without_noise() -> None:
    task = TwoSequence(50, 1, "3c")
    batch = draw(50, 1, "3c", n=500)
    errors, correct = task.score(batch, expected(batch) + 0.09)
    assert correct.all()
    assert errors == pytest.approx(0.09)
    assert not task.score(batch, expected(batch) + 0.11)[1].any()
    _, by_noisy_targets = task.score(dataclasses.replace(batch, expected=None), expected(batch))
    assert 0.5 < np.mean(~by_noisy_targets) < 0.9


def test_tolerances() -> None:
    assert [TwoSequence(10, 1, variant).tolerance for variant in TARGETS] == [0.2, 0.2, 0.1]


def test_bad_sizes_are_refused() -> None:
    for N in (0, 11):
        with pytest.raises(ValueError, match=f"N is {N}: give a number from 1 to T, which is 10"):
            TwoSequence(10, N)
    with pytest.raises(ValueError, match="variant is '3d': give one of '3a', '3b', '3c'"):
        TwoSequence(10, 1, "3d")
