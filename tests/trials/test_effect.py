"""Which readings change what about which rows: what the comparison says, and what training gives."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from lstm97.cli import main
from lstm97.experiments import LSTMRow, Specification, row, rows
from lstm97.learners import LSTM, Growing
from lstm97.net.reading import READINGS, Reading
from lstm97.trials.effect import same_effect


def trained(specification: Specification) -> list[Any]:
    """Train on a few sequences: outputs and weights, at the beginning and with memory cells added."""
    task, learner = specification.task_of(1), specification.learner_of(1)
    found: list[Any] = []
    learners: list[Any] = [learner, learner.lstm] if isinstance(learner, Growing) else [learner]
    for one in learners:
        batch = task.sample(np.random.default_rng(1), 30)
        net = one.start(np.random.default_rng(2))
        found += [batch.values, batch.symbols, batch.targets, one.train(net, batch)]
        if isinstance(one, LSTM):
            found += list(net.weights)
    return found


@pytest.mark.parametrize("name", [name for name, entry in rows().items() if isinstance(entry, LSTMRow)])
def test_a_reading_has_an_effect_if_training_shows_one(name: str) -> None:
    """Every named reading on every row on LSTM; what only shows late is compared as data."""
    literal = row(name).under(Reading())
    expected = trained(literal)
    for reading in READINGS.values():
        other = row(name).under(reading)
        found = trained(other)
        same = len(found) == len(expected) and all(map(np.array_equal, found, expected))
        late = (literal.task, literal.stop) != (other.task, other.stop)
        assert same_effect(literal, other) == (same and not late)
        assert same_effect(other, literal) == same_effect(literal, other)


@pytest.mark.parametrize("name", [name for name, entry in rows().items() if not isinstance(entry, LSTMRow)])
def test_on_other_systems_only_task_and_stopping_rule_count(name: str) -> None:
    literal = row(name).under(Reading())
    for reading in READINGS.values():
        assert same_effect(literal, row(name).under(reading)) == (literal == row(name).under(reading))


def test_any_switch_that_no_named_reading_has_is_seen_where_it_counts() -> None:
    literal = row("table7/T100").under(Reading())
    switches: list[tuple[str, Any]] = [
        ("error", "(16)"),
        ("output_timing", "one step later"),
        ("initial_activation", 0.5),
        ("gate_bias", "added"),
        ("average_error", "squared"),
        ("first_pair", "keep marker"),
        ("count", "exclusive"),
    ]
    for switch, value in switches:
        other = row("table7/T100").under(dataclasses.replace(Reading(), **{switch: value}))
        assert not same_effect(literal, other), switch


def test_what_is_run_under_a_reading_is_what_it_changes(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "--store", str(tmp_path), "--trials", "1", "--cap", "200", "--jobs", "1", "--reading"]
    assert main([*run, "gates-as-adding", "table9/6a", "table7/T100"]) == 2
    assert "the reading gates-as-adding changes nothing about table7/T100, table9/6a" in capsys.readouterr().err
    assert main([*run, "recurrent", "--task", "adding:T=30", "--learner", "bptt"]) == 2
    assert "the reading recurrent changes nothing about tries/adding:T=30/bptt" in capsys.readouterr().err
