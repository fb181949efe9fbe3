"""What the tests of the tasks share."""

import numpy as np
from hypothesis import strategies as st

from lstm97.tasks import Batch

SEEDS = st.integers(0, 2**32 - 1)


def sequences(batch: Batch, array: np.ndarray) -> list[np.ndarray]:
    """Cut an array with a row for every step into the batch's sequences."""
    return [array[batch.offsets[i] : batch.offsets[i + 1]] for i in range(len(batch))]


def broken(rules: dict[str, bool]) -> set[str]:
    """Name the rules that do not hold."""
    return {rule for rule, holds in rules.items() if not holds}
