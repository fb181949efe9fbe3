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


def test_errors_are_added_up_unit_after_unit() -> None:
    """When cells are added hangs on the last bit, so the order of the sum is part of what a trial is."""
    rng = np.random.default_rng(0)
    targets, outputs = rng.random((2, 300, 101))
    total, backwards = np.zeros((2, 300))
    for k in range(101):
        total += np.abs(targets[:, k] - outputs[:, k])
        backwards += np.abs(targets[:, 100 - k] - outputs[:, 100 - k])
    batch = Batch(np.zeros(300, dtype=int), np.zeros((300, 0)), np.arange(301), targets)
    assert mean_errors(batch, outputs) == (total / 101).tolist()
    assert mean_errors(batch, outputs) != (backwards / 101).tolist()  # negative control


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
