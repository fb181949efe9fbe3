"""A trial stops at the right sequence, with the weights of that moment, and is the same every time."""

import dataclasses
import math

import numpy as np
import pytest

from lstm97.experiments import row
from lstm97.experiments.base import Specification
from lstm97.reading import READINGS, Reading
from lstm97.stopping import ST3
from lstm97.trials import run_trial
from lstm97.trials.trial import CHUNK, Curve, seed_sequence, unseen_sequences


def easy(beta: float = 0.5, window: int = 30) -> Specification:
    """Task 6a with a criterion that an untrained net meets soon: half of the sequences within 0.6."""
    specification = row("table9/6a").under(Reading())
    return dataclasses.replace(specification, stop=ST3(beta, window), n_test=50)


def adding(window: int, beta: float) -> Specification:
    specification = row("table7/T100").under(Reading())
    return dataclasses.replace(specification, stop=ST3(beta, window), n_test=50)


def test_stops_at_exactly_that_sequence_with_the_weights_of_that_moment() -> None:
    # Four of the 0.04 windows in a row come early in the adding problem, and within a chunk.
    specification = adding(window=3, beta=1.0)
    outcome = run_trial(specification, 1, 50_000)
    assert outcome.success
    assert outcome.sequences % CHUNK != 0

    # The same, one sequence at a time.
    weights_seed, training_seed, _ = seed_sequence(specification.row, 1).spawn(3)
    learner, task = specification.learner, specification.task
    net, rng, streak, presented = learner.start(np.random.default_rng(weights_seed)), None, 0, 0
    rng = np.random.default_rng(training_seed)
    while streak < 3:
        batch = task.sample(rng, CHUNK)
        for i in range(CHUNK):
            start, stop = batch.offsets[i : i + 2]
            one = dataclasses.replace(
                batch,
                values=batch.values[start:stop],
                offsets=np.array([0, stop - start]),
                targets=batch.targets[i : i + 1],
            )
            _, correct = task.score(one, learner.train(net, one))
            streak = streak + 1 if correct[0] else 0
            presented += 1
            if streak == 3:
                break
    assert presented == outcome.sequences
    for ours, theirs in zip(outcome.net.weights, net.weights, strict=True):
        assert (ours == theirs).all()


def test_the_cap_ends_a_trial_exactly() -> None:
    outcome = run_trial(easy(beta=0.0), 1, 750)
    assert not outcome.success
    assert outcome.sequences == 750
    assert 750 * 100 <= outcome.steps <= 750 * 110
    assert sum(1 for _ in outcome.curve["wrong"]) == math.ceil(750 / outcome.curve["window"])


def test_a_trial_depends_on_row_and_number_alone() -> None:
    first = run_trial(easy(beta=0.0), 1, 600)
    again = run_trial(easy(beta=0.0), 1, 600)
    other = run_trial(easy(beta=0.0), 2, 600)
    assert (first.test, first.curve, first.steps) == (again.test, again.curve, again.steps)
    assert first.test != other.test


def test_seeds_differ_between_rows_and_between_streams() -> None:
    states = {
        tuple(child.generate_state(4))
        for name in ("table9/6a", "table9/6b")
        for trial in (1, 2)
        for child in seed_sequence(name, trial).spawn(3)
    }
    assert len(states) == 12


def test_a_tolerance_is_a_strict_bound_on_every_output() -> None:
    task = row("table9/6a").tasks[0]
    batch = task.sample(np.random.default_rng(0), 3)
    outputs = batch.targets.copy()
    outputs[1] += 0.3
    outputs[2, 0] -= 0.31
    errors, correct = task.score(batch, outputs)
    assert correct.tolist() == [True, bool((errors[1] < 0.3).all()), False]


def test_a_curve_keeps_every_sequence_as_it_coarsens() -> None:
    rng = np.random.default_rng(0)
    errors = rng.uniform(size=(60_050, 2))
    correct = rng.uniform(size=60_050) < 0.5
    curve = Curve()
    for start in range(0, len(errors), 700):
        curve.add(errors[start : start + 700], correct[start : start + 700])
    record = curve.record()
    assert sum(record["wrong"]) == np.count_nonzero(~correct)
    assert len(record["wrong"]) == len(record["mean_absolute_error"]) == math.ceil(60_050 / record["window"])
    assert len(record["wrong"]) <= Curve.N_POINTS
    window = record["window"]
    assert record["mean_absolute_error"][3] == pytest.approx(errors[3 * window : 4 * window].mean(), rel=1e-3)


@pytest.mark.parametrize(("trial", "cap", "name"), [(0, 10, "trial is 0"), (1, 0, "cap is 0")])
def test_bad_numbers_are_refused(trial: int, cap: int, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        run_trial(easy(), trial, cap)


@pytest.mark.parametrize("name", READINGS)
def test_every_named_reading_trains(name: str) -> None:
    specification = dataclasses.replace(row("table9/6a").under(READINGS[name]), n_test=20)
    outcome = run_trial(specification, 1, 500)
    assert np.isfinite(outcome.net.weights.w).all()
    assert outcome.test["n"] == 20


def test_the_institutes_reading_changes_the_course() -> None:
    literal, institute = (
        run_trial(dataclasses.replace(row("table9/6a").under(READINGS[name]), n_test=20), 1, 500)
        for name in ("literal", "institute")
    )
    assert literal.curve != institute.curve


def test_unseen_sequences_are_those_of_the_trials_test() -> None:
    specification = easy()
    outcome = run_trial(specification, 2, cap=500)
    for trial, same in ((2, True), (3, False)):
        unseen = unseen_sequences(specification, trial)
        outputs = specification.learner.predict(outcome.net, unseen)
        errors, correct = specification.task_of(trial).score(unseen, outputs)
        found = math.fsum(errors.ravel()) / errors.size
        assert len(correct) == outcome.test["n"]
        assert (found == outcome.test["mean_absolute_error"]) == same
