"""The parity of a sequence of bits."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from support.batches import SEEDS, broken, sequences

from lstm97.tasks import Batch, Parity


def broken_rules(batch: Batch, T: int, longest: int) -> set[str]:
    names = set()
    for i, bits in enumerate(sequences(batch, batch.values)):
        rules = {
            "length": T <= len(bits) <= longest,
            "bits": set(bits[:, 0]) <= {-1.0, 1.0},
            "target": (batch.targets[i, 0] == 1.0) == (np.prod(-bits) < 0.0),
            "targets": batch.targets[i, 0] in (0.0, 1.0),
        }
        names |= broken(rules)
    return names


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_parity(seed: int) -> None:
    for task, longest in ((Parity(1), 1), (Parity(3), 3), (Parity(50, 60), 60)):
        batch = task.sample(np.random.default_rng(seed), 40)
        assert broken_rules(batch, task.T, longest) == set()
    assert len(Parity(5).sample(np.random.default_rng(seed), 0)) == 0


def test_a_broken_rule_is_seen() -> None:
    batch = Parity(5, 8).sample(np.random.default_rng(0), 40)
    assert set(np.diff(batch.offsets)) == {5, 6, 7, 8}
    assert set(batch.targets[:, 0]) == {0.0, 1.0}
    assert "target" in broken_rules(dataclasses.replace(batch, targets=1.0 - batch.targets), 5, 8)
    assert "length" in broken_rules(batch, 5, 7)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="T is 0: give at least 1"):
        Parity(0)
    with pytest.raises(ValueError, match="longest is 4: give at least T, which is 5"):
        Parity(5, 4)
