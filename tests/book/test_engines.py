"""What is timed is what it is said to be. Times themselves are not tested."""

import dataclasses

import numpy as np
import pytest
from lstm97_book.bench.engines import SYSTEMS, _grown, _one_trial
from lstm97_book.pages.previous_work import DRAWINGS

from lstm97.experiments.pairs import LEARNERS
from lstm97.learners import Cascade
from lstm97.tasks import EmbeddedReber


def test_every_system_is_timed_once() -> None:
    timed = [name for names in SYSTEMS.values() for name in names]
    assert sorted(timed) == sorted(LEARNERS) == sorted(DRAWINGS)


@pytest.mark.parametrize("n_hidden", [1, 5])
def test_a_grown_cascade_trains_candidates(n_hidden: int) -> None:
    task = EmbeddedReber(1)
    learner = Cascade(task.n_inputs, task.n_outputs, n_sequences=20)
    net = _grown(learner, n_hidden)
    assert net.n_hidden == n_hidden
    assert not np.triu(net.w[:, task.n_inputs : -1], 1).any()  # no unit reads a later one
    assert net.pool is not None
    before = dataclasses.replace(net.pool, w=net.pool.w.copy())
    learner.train(net, task.sample(np.random.default_rng(2), 60))  # three epochs; the first only finds signs
    assert (net.pool.w != before.w).any(axis=1).all()


def test_a_round_tells_its_steps() -> None:
    task = EmbeddedReber(1)
    learner = Cascade(task.n_inputs, task.n_outputs)
    steps = _one_trial(task, learner, 20_000)()
    assert 0.5 < steps / 20_000 < 2.0
