"""The latch problem."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats
from support.batches import SEEDS, broken, sequences

from lstm97.tasks import Batch, Latch


def broken_rules(batch: Batch, T: int, longest: int) -> set[str]:
    names = set()
    for i, sequence in enumerate(sequences(batch, batch.values)):
        rules = {
            "length": T <= len(sequence) <= longest,
            "first element": sequence[0, 0] == (1.0 if batch.targets[i, 0] == 1.0 else -1.0),
            "later elements": not (np.abs(sequence[1:]) == 1.0).any(),
            "targets": batch.targets[i, 0] in (0.0, 1.0),
        }
        names |= broken(rules)
    return names


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_latch(seed: int) -> None:
    for task, longest in ((Latch(2), 2), (Latch(50, 60), 60)):
        batch = task.sample(np.random.default_rng(seed), 40)
        assert broken_rules(batch, task.T, longest) == set()
    assert len(Latch(5).sample(np.random.default_rng(seed), 0)) == 0


def test_a_broken_rule_is_seen() -> None:
    batch = Latch(5, 8).sample(np.random.default_rng(0), 40)
    assert set(np.diff(batch.offsets)) == {5, 6, 7, 8}
    assert set(batch.targets[:, 0]) == {0.0, 1.0}
    assert "first element" in broken_rules(dataclasses.replace(batch, targets=1.0 - batch.targets), 5, 8)
    assert "later elements" in broken_rules(dataclasses.replace(batch, values=np.ones_like(batch.values)), 5, 8)
    assert "length" in broken_rules(batch, 5, 7)


def test_noise_has_the_stated_variance() -> None:
    batch = Latch(100).sample(np.random.default_rng(1), 200)
    noise = np.delete(batch.values[:, 0], batch.offsets[:-1])
    assert stats.kstest(noise, stats.norm(0.0, np.sqrt(0.2)).cdf).pvalue > 1e-3
    assert stats.kstest(noise, stats.norm(0.0, 0.2).cdf).pvalue < 1e-3  # 0.2 is no standard deviation


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="T is 1: give at least 2"):
        Latch(1)
    with pytest.raises(ValueError, match="longest is 4: give at least T, which is 5"):
        Latch(5, 4)
