"""What an error measure can be: bounds that are reached, and the normal distribution."""

import numpy as np
import pytest

from lstm97.experiments import row
from lstm97.theory import measures


def test_the_bound_is_reached_and_never_passed() -> None:
    rng = np.random.default_rng(0)
    for wrong in (0, 3, 20):
        worst = np.full(20, 0.04)
        worst[:wrong] = 1.0
        bound = measures.largest_mse(wrong, 20, 0.04)
        assert np.mean(worst**2) == pytest.approx(bound)
        errors = np.where(np.arange(20) < wrong, rng.uniform(0.04, 1.0, 20), rng.uniform(0.0, 0.04, 20))
        assert np.mean(errors**2) < bound


def test_one_printed_number_can_not_be_a_mean_squared_error() -> None:
    first, last = row("table8/T100").stops
    possible = []
    for stop in (first, last):
        assert stop.paper.mse is not None
        assert stop.paper.wrong is not None
        possible.append(stop.paper.mse <= measures.largest_mse(stop.paper.wrong, stop.n_test, 0.04))
    assert possible == [True, False]
    with pytest.raises(ValueError, match="wrong is 3"):
        measures.largest_mse(3, 2, 0.04)


def test_normal_errors_against_a_simulation() -> None:
    errors = np.random.default_rng(0).normal(0.0, 0.02, 200_000)
    assert measures.share_beyond(0.04, 0.02) == pytest.approx(np.mean(np.abs(errors) > 0.04), rel=0.05)
    assert measures.root_mean_square(float(np.abs(errors).mean())) == pytest.approx(0.02, rel=0.01)
