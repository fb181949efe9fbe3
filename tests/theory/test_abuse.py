"""Abuse of memory cells: what a net does with its cells, and adding cells."""

import numpy as np
import pytest

from lstm97.theory.abuse import cells, watch, with_more_cells
from lstm97.theory.carrousel import StoreAndRead

#: Nine training targets in ten are 1, and output units have no bias.
TASK = StoreAndRead(20, positive=0.9)
TEST = StoreAndRead(20).sample(np.random.default_rng(0), 20)


def test_an_only_cell_is_abused_and_released() -> None:
    seen = watch(cells(0.0), TASK, TEST, n=12_000, every=3000, seed=0)
    assert seen.presented.tolist() == [3000, 6000, 9000, 12_000]
    assert seen.constant[0, 0] > 0.7 > 0.1 > seen.varying[0, 0]
    assert seen.varying[-1, 0] > 0.5 > 0.1 > seen.constant[-1, 0]
    assert seen.wrong[0] > 0.0 == seen.wrong[-1]
    assert seen.added_after is None


def test_a_cell_is_added_once_the_error_has_stopped_decreasing() -> None:
    seen = watch(cells(0.0), TASK, TEST, n=4000, every=500, seed=0, larger=cells(0.0, 0.0))
    assert seen.added_after is not None
    assert seen.added_after in seen.presented[1:]
    there = ~np.isnan(seen.constant)
    assert there[:, 0].all()
    assert there[:, 1].tolist() == [presented > seen.added_after for presented in seen.presented]
    assert not there[:, 1].all()
    assert there[-1, 1]
    without = watch(cells(0.0), TASK, TEST, n=4000, every=500, seed=0)
    before = seen.presented <= seen.added_after
    np.testing.assert_array_equal(seen.varying[before, 0], without.varying[before, 0])
    assert (seen.varying[~before, 0] != without.varying[~before, 0]).any()


@pytest.mark.parametrize("recurrent", [False, True])
def test_what_a_net_does_stays_when_cells_are_added(recurrent: bool) -> None:
    """New weights to what was there before are set to 0 here; then outputs must stay, and not with other weights."""
    small, large = cells(0.0, recurrent=recurrent), cells(0.0, -1.0, recurrent=recurrent)
    rng = np.random.default_rng(3)
    net = small.start(rng)
    small.train(net, TASK.sample(rng, 500))
    full = with_more_cells(small, net, large, rng)
    names, sources = large.topology.unit_names, large.topology.source_names
    assert full.weights.w[names.index("out_2"), sources.index("1")] == pytest.approx(-1.0)
    assert 0.0 < np.abs(full.weights.w_k[0, 1]) <= 0.1

    def difference() -> float:
        return float(np.abs(large.predict(full, TEST) - small.predict(net, TEST)).max())

    full.weights.w_k[0, 1] = 0.0
    for name in ("in_2", "out_2", "c_2^1"):
        if recurrent:
            full.weights.w[:, sources.index(name)] = 0.0
    assert difference() < 1e-14
    full.weights.w[names.index("out_1"), sources.index("1")] += 0.1
    assert difference() > 1e-6
