"""What is timed is what it is said to be. Times themselves are not tested."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from lstm97_book.bench import engines
from lstm97_book.bench.engines import _grown, _one_trial, task_of

from lstm97.experiments.pairs import PairError
from lstm97.learners import Cascade
from lstm97.tasks import EmbeddedReber

ROOT = Path(__file__).parents[2]


def test_what_a_system_learns_while_it_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured last, and of a system that is in no list, whatever it can learn."""
    measured = json.loads((ROOT / "data" / "bench.json").read_text())["data"]["systems"]
    assert {name: task_of(name) for name in measured} == {
        name: points[0]["task"] for name, points in measured.items()
    }
    monkeypatch.setattr(engines, "OTHERWISE", {"hierarchy": ("adding",)})
    assert {name: task_of(name) for name in ("window", "hierarchy")} == {
        "window": "adding",
        "hierarchy": "long-lag:p=20",
    }
    with pytest.raises(PairError, match="nobody can learn neither adding nor long-lag"):
        task_of("nobody")


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
