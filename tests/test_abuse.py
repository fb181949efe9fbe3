"""Abuse of memory cells: the measure, and what a net does with its only cell."""

import pytest

from lstm97.learners.lstm import LSTM
from lstm97.theory.abuse import constant_share, watch
from lstm97.theory.carrousel import StoreAndRead
from lstm97.topology import Topology


def test_constant_share() -> None:
    assert constant_share([0.3, 0.3]) == pytest.approx(1.0)
    assert constant_share([1.0, -1.0]) == 0.0
    assert constant_share([1.0, 0.0]) == 0.5
    assert constant_share([0.0, 0.0]) == 1.0
    assert constant_share([[1.0, 2.0], [-1.0, 2.0]]).tolist() == [0.0, 1.0]


def test_an_only_cell_is_abused_and_released() -> None:
    """Nine targets in ten are 1, and output units have no bias."""
    topology = Topology(3, (1,), 1, biased="b1", recurrent=False)
    learner = LSTM(topology, alpha=0.5, weight_range=0.1, in_gate_bias=(-3.0,), out_gate_bias=(0.0,))
    seen = watch(learner, StoreAndRead(20, positive=0.9), n=12_000, every=3000, seed=0)
    assert seen.presented.tolist() == [3000, 6000, 9000, 12_000]
    assert seen.constant[0, 0] > 0.99
    assert seen.constant[-1, 0] < 0.95
    assert seen.wrong[0] > 0.0 == seen.wrong[-1]
    assert seen.size.shape == (4, 1)
