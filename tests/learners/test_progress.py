"""When a net has stopped improving."""

import numpy as np
import pytest

from lstm97.learners.progress import WINDOW, has_stopped_improving, mean_errors, until_comparison
from lstm97.tasks import Batch


def test_mean_errors_of_sequences() -> None:
    targets = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    outputs = np.array([[0.5, 0.0], [0.5, 0.5], [1.0, 0.25]])
    batch = Batch(np.zeros(3, dtype=int), np.zeros((3, 0)), np.array([0, 2, 2, 3]), targets, every_step=True)
    assert mean_errors(batch, outputs) == [0.375, 0.0, 0.125]
    ends = Batch(np.zeros(9, dtype=int), np.zeros((9, 0)), np.array([0, 4, 6, 9]), targets)
    assert mean_errors(ends, outputs) == [0.25, 0.5, 0.125]


@pytest.mark.parametrize(("now", "stopped"), [(0.97, False), (0.985, False), (0.995, True), (1.0, True), (2.0, True)])
def test_two_windows_are_compared(now: float, stopped: bool) -> None:
    errors: list[float] = []
    for i in range(2 * WINDOW):
        assert until_comparison(errors) == WINDOW - i % WINDOW
        assert not has_stopped_improving(errors, 0.01)
        errors.append(1.0 if i < WINDOW else now)
    assert has_stopped_improving(errors, 0.01) == stopped
    assert errors == [now] * WINDOW
    assert not has_stopped_improving(errors, 0.01)
