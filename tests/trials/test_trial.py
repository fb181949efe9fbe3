"""A trial stops at the right sequence, with the weights of that moment, and is the same every time."""

import dataclasses
import json
import math
import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from lstm97.experiments import row
from lstm97.experiments.base import Specification
from lstm97.experiments.pairs import make_pair
from lstm97.experiments.stopping import ST3, AllPredicted, CorrectInARow, ErrorsOnTestSet, FewWrong, StoppingRule
from lstm97.learners import LSTM, RTRL, Growing, RecurrentTopology
from lstm97.learners.growing import GrowingNet
from lstm97.net.reading import READINGS, Reading
from lstm97.net.topology import Topology
from lstm97.tasks import Adding, Batch, EmbeddedReber, LongLag
from lstm97.tasks.reber import legal_successors, predicted
from lstm97.trials import Outcome, run_trial
from lstm97.trials import trial as trial_module
from lstm97.trials.trial import Curve, Trial, seed_sequence, unseen_sequences


def easy(beta: float = 0.5, window: int = 30) -> Specification:
    """Task 6a with a criterion that an untrained net meets soon: half of the sequences within 0.6."""
    specification = row("table9/6a").under(Reading())
    return dataclasses.replace(specification, stop=ST3(beta, window), n_test=50)


# A trial beside a plain loop that presents one sequence after the other and checks the words after each


def alone(batch: Batch, i: int) -> Batch:
    """Cut one sequence out."""
    steps = slice(batch.offsets[i], batch.offsets[i + 1])
    targets = batch.targets[steps] if batch.every_step else batch.targets[i : i + 1]
    expected = batch.expected
    if expected is not None:
        expected = expected[i : i + 1] if len(expected) == len(batch) else expected[steps]
    offsets = np.array([0, steps.stop - steps.start])
    return Batch(batch.symbols[steps], batch.values[steps], offsets, targets, batch.every_step, expected)


@dataclass
class Plain:
    """What the loop has seen, and what came out."""

    specification: Specification
    number: int
    errors: list[np.ndarray] = field(default_factory=list)
    correct: list[bool] = field(default_factory=list)
    steps: int = 0
    n_looks: int = 0
    milestones: dict[str, dict[str, Any]] = field(default_factory=dict)
    success: bool = False
    test: dict[str, Any] = field(default_factory=dict)
    net: Any = None

    def __post_init__(self) -> None:
        weights, _, test, looks = seed_sequence(self.specification.row, self.number).spawn(4)
        self.task = self.specification.task_of(self.number)
        self.net = self.specification.learner_of(1).start(np.random.default_rng(weights))
        self.looks = np.random.default_rng(looks)
        self.unseen = self.task.unseen(np.random.default_rng(test), self.specification.n_test)

    def run(self, cap: int) -> "Plain":
        """Present sequences, drawn a chunk at a time, until the last stop or the cap."""
        _, training, _ = seed_sequence(self.specification.row, self.number).spawn(3)
        rng = np.random.default_rng(training)
        while len(self.correct) < cap and not self.success:
            i = len(self.correct) % trial_module.CHUNK
            if i == 0:
                batch = self.task.sample(rng, trial_module.CHUNK)
            one = alone(batch, i)
            errors, correct = self.task.score(one, self.specification.learner_of(1).train(self.net, one))
            self.errors.append(errors[0])
            self.correct.append(bool(correct[0]))
            self.steps += one.n_steps
            for name in self.met():
                if name == "":
                    self.success = True
                elif name not in self.milestones:
                    self.milestones[name] = {"sequences": self.counted(), "test": self.tested()}
        self.test = self.tested()
        return self

    def met(self) -> list[str]:
        """Name the stops whose words hold after the last sequence; a milestone again and again."""
        rule, n = self.specification.stop, len(self.correct)
        if isinstance(rule, ST3):
            last = self.errors[-rule.window :]
            holds = n >= rule.window and all(self.correct[-rule.window :]) and np.mean(last) < rule.beta
            return [""] if holds else []
        if isinstance(rule, CorrectInARow):
            return [""] if n >= rule.n and all(self.correct[-rule.n :]) else []
        if isinstance(rule, FewWrong):
            wrong = self.correct[-rule.window :].count(False)
            names = [*(f"n_seq = {bound}" for bound in rule.n_seq[:-1]), ""]
            return [name for name, bound in zip(names, rule.n_seq, strict=True) if n >= rule.window and wrong < bound]
        if n % rule.every:
            return []
        self.n_looks += 1
        if isinstance(rule, ErrorsOnTestSet):
            errors, correct = self.look(self.task.sample(self.looks, rule.size))
            if np.count_nonzero(~correct) > rule.most_wrong:
                return []
            return [*rule.milestones, *([""] if errors.mean() < rule.beta else [])]
        assert isinstance(self.task, EmbeddedReber)
        both = (self.task.training, self.task.test)
        return [""] if all(self.look(strings)[1].all() for strings in both) else []

    def look(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        return self.task.score(batch, self.specification.learner_of(1).predict(self.net, batch))

    def tested(self) -> dict[str, Any]:
        errors, correct = self.look(self.unseen)
        mean, mse = math.fsum(errors.ravel()) / errors.size, math.fsum((errors**2).ravel()) / errors.size
        wrong = int(np.count_nonzero(~correct))
        return {"n": self.specification.n_test, "wrong": wrong, "mean_absolute_error": mean, "mse": mse}

    def counted(self) -> int:
        """Count the sequences, without the run of correct ones where only those before it count."""
        rule = self.specification.stop
        if isinstance(rule, CorrectInARow) and rule.run_count == "exclusive":
            return len(self.correct) - rule.n
        if isinstance(rule, ST3) and rule.count == "exclusive":
            return len(self.correct) - rule.window
        return len(self.correct)

    @property
    def presented(self) -> int:
        return len(self.correct)


def weights_of(net: Any) -> list[np.ndarray]:
    parts = [net.full, net.small] if isinstance(net, GrowingNet) else [net]
    return [array for part in parts if part is not None for array in part.weights]


def differences(outcome: Outcome, plain: Plain, cap: int) -> set[str]:
    """Name what of an outcome is not as in the loop."""
    curve, wrong = outcome.curve, plain.correct.count(False)
    ours, theirs = weights_of(outcome.net), weights_of(plain.net)
    rules = {
        "success": outcome.success == plain.success,
        "presented": outcome.presented == plain.presented,
        "sequences": outcome.sequences == (plain.counted() if plain.success else cap),
        "steps": outcome.steps == plain.steps,
        "milestones": outcome.milestones == plain.milestones,
        "test": outcome.test == plain.test,
        "curve": sum(curve["wrong"]) == wrong and len(curve["wrong"]) == math.ceil(plain.presented / curve["window"]),
        "weights": len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs)),
    }
    return {name for name, holds in rules.items() if not holds}


def small(stop: StoppingRule, n_test: int = 20) -> Specification:
    """Table 7's net on short sequences; its untrained outputs are correct about every tenth time."""
    specification = row("table7/T100").under(Reading())
    return dataclasses.replace(specification, task=Adding(22), stop=stop, n_test=n_test)


def without_resets() -> Specification:
    """A net that carries its activations from sequence to sequence, so that a test set can't come in parts."""
    rtrl = RTRL(RecurrentTopology(2, 2, 1), 0.1, 1.0, resets=False)
    stop = ErrorsOnTestSet(beta=0.0, every=30, most_wrong=15, size=20)
    return dataclasses.replace(small(stop), learner=rtrl)


def growing() -> Specification:
    learner = LSTM(
        Topology(7, (1,), 7, biased="none", out_gates=False, recurrent=False, outputs_see_inputs=True), 1.0, 0.2
    )
    return Specification("table2/2a", LongLag(6), Growing(learner, 0.1), CorrectInARow(1000), 20)


@dataclass(frozen=True)
class FirstThree(EmbeddedReber):
    """Judges the first three symbols of a string only, which a net learns soon."""

    def score(self, batch: Batch, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        right = predicted(legal_successors(batch), outputs)
        errors, _ = super().score(batch, outputs)
        return errors, right[batch.offsets[:-1, np.newaxis] + np.arange(3)].all(axis=1)


def strings() -> Specification:
    specification = row("table1/3x2-0.5").under(Reading())
    return dataclasses.replace(specification, task=tuple(map(FirstThree, (1, 2, 3))), stop=AllPredicted(30))


TEST_SET: dict[str, Any] = {"beta": 0.12, "most_wrong": 2, "size": 3}
#: A rule, the cap, the size of the chunks in which a trial works.
CASES: dict[str, tuple[Specification, int, int]] = {
    "ST3": (small(ST3(beta=0.03, window=3)), 20_000, 50),
    "ST3, exclusive": (small(ST3(beta=1.0, window=3, count="exclusive")), 3_000, 500),
    "correct in a row": (small(CorrectInARow(3)), 3_000, 50),
    "correct in a row, all count": (small(CorrectInARow(3, run_count="inclusive")), 3_000, 500),
    "few wrong": (small(FewWrong((17, 14), window=20)), 6_000, 50),
    "few wrong, three stops": (small(FewWrong((19, 17, 15), window=20)), 3_000, 500),
    "few wrong, all at once": (small(FewWrong((1000, 999), window=20)), 3_000, 50),
    "few wrong, the cap first": (small(FewWrong((17, 1), window=20)), 333, 50),
    "test set, chunks cut": (small(ErrorsOnTestSet(every=7, **TEST_SET)), 3_000, 50),
    "test set, between chunks": (small(ErrorsOnTestSet(every=50, **TEST_SET)), 3_000, 50),
    "test set, over chunks": (small(ErrorsOnTestSet(every=130, **TEST_SET)), 6_000, 50),
    "test set, in parts": (small(ErrorsOnTestSet(beta=0.12, every=7, most_wrong=13, size=20)), 3_000, 50),
    "test set, one stop": (small(ErrorsOnTestSet(every=7, milestones=(), **TEST_SET)), 3_000, 50),
    "test set, a look at the cap": (small(ErrorsOnTestSet(beta=0.0, every=130, most_wrong=2, size=3)), 390, 50),
    "test set, the cap between looks": (small(ErrorsOnTestSet(beta=0.0, every=130, most_wrong=2, size=3)), 777, 50),
    "test set, the cap before the first look": (small(ErrorsOnTestSet(every=130, **TEST_SET)), 129, 500),
    "strings": (strings(), 3_000, 50),
    "cells added in a chunk": (growing(), 1_130, 500),
    "no resets, the cap first": (without_resets(), 700, 50),
}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("case", CASES)
def test_a_trial_is_the_plain_loop(case: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    specification, cap, chunk = CASES[case]
    monkeypatch.setattr(trial_module, "CHUNK", chunk)
    outcome, plain = run_trial(specification, number, cap), Plain(specification, number).run(cap)
    assert differences(outcome, plain, cap) == set()
    assert outcome.success == (not case.startswith("cells") and ", the cap" not in case and ", a look" not in case)
    if outcome.success and specification.stop.every == 0:
        assert outcome.presented % chunk or case == "few wrong, all at once"
    if case == "strings":
        assert outcome.presented == 30 * plain.n_looks
    if "look" in case:
        assert plain.n_looks == cap // specification.stop.every
        assert set(outcome.milestones) <= {"ST1"}


@pytest.mark.parametrize(
    ("case", "stop", "different"),
    [
        ("ST3", ST3(beta=0.03, window=4), "sequences"),
        ("correct in a row, all count", CorrectInARow(3), "sequences"),
        ("few wrong, three stops", FewWrong((18, 17, 15), window=20), "milestones"),
        ("test set, over chunks", ErrorsOnTestSet(every=131, **TEST_SET), "sequences"),
        ("test set, chunks cut", ErrorsOnTestSet(every=7, milestones=(), **TEST_SET), "milestones"),
        ("test set, in parts", ErrorsOnTestSet(beta=0.12, every=7, most_wrong=12, size=20), "sequences"),
    ],
)
def test_another_rule_is_seen(case: str, stop: StoppingRule, different: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control for the test above."""
    specification, cap, chunk = CASES[case]
    monkeypatch.setattr(trial_module, "CHUNK", chunk)
    plain = Plain(dataclasses.replace(specification, stop=stop), 1).run(cap)
    assert different in differences(run_trial(specification, 1, cap), plain, cap)


@pytest.mark.parametrize("case", ["few wrong", "test set, over chunks", "test set, between chunks", "strings"])
def test_a_stop_at_the_cap_itself_counts(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specification, cap, chunk = CASES[case]
    monkeypatch.setattr(trial_module, "CHUNK", chunk)
    outcome = run_trial(specification, 1, cap)
    same = run_trial(specification, 1, outcome.presented)
    assert (same.success, same.sequences, same.test) == (True, outcome.sequences, outcome.test)
    less = run_trial(specification, 1, outcome.presented - 1)
    assert (less.success, less.sequences) == (False, outcome.presented - 1)


@pytest.mark.parametrize("learner", ["lstm", "rtrl:resets=no"])
@pytest.mark.parametrize("n_targets", [1, 7 * 30, 500_000])
def test_a_test_in_parts_is_the_test(learner: str, n_targets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts of 1, 7 and all sequences; a learner that does not reset is given all at once."""
    specification = make_pair("long-lag:p=5,variant=2b", learner).under(Reading())
    specification = dataclasses.replace(specification, n_test=40)
    monkeypatch.setattr("lstm97.tasks.long_lag.MOST_TARGETS", n_targets)
    plain = Plain(specification, 1).run(60)
    assert run_trial(specification, 1, 60).test == plain.test
    if learner != "lstm":  # negative control: it would notice
        monkeypatch.setattr(trial_module, "takes_parts", lambda learner: True)
        assert (run_trial(specification, 1, 60).test == plain.test) == (n_targets == 500_000)


def test_a_milestone_is_tested_with_the_weights_of_that_very_moment() -> None:
    """Both stops lie within one chunk; the net of the chunk's end, or of the next sequence, tests differently."""
    specification = small(FewWrong((17, 14), window=20))
    number = next(i for i in range(1, 50) if run_trial(specification, i, 500).success)
    outcome = run_trial(specification, number, 500)
    [(name, reached)] = outcome.milestones.items()
    assert name == "n_seq = 17"
    assert reached["sequences"] < outcome.sequences < trial_module.CHUNK
    for presented, same in (
        (reached["sequences"], True),
        (reached["sequences"] + 1, False),
        (reached["sequences"] - 1, False),
        (outcome.sequences, False),
    ):
        plain = Plain(dataclasses.replace(specification, stop=CorrectInARow(1000)), number).run(presented)
        assert (plain.test == reached["test"]) == same
        assert (plain.test == outcome.test) == (presented == outcome.sequences)


def test_sequences_that_do_not_count_were_presented() -> None:
    outcome = run_trial(small(CorrectInARow(3)), 1, 3_000)
    assert outcome.presented == outcome.sequences + 3
    assert 22 * outcome.presented <= outcome.steps <= 24 * outcome.presented
    failed = run_trial(small(CorrectInARow(300)), 1, 700)
    assert (failed.success, failed.sequences, failed.presented) == (False, 700, 700)


@pytest.mark.parametrize("case", ["few wrong", "test set, in parts", "strings", "cells added in a chunk"])
def test_a_trial_goes_on_elsewhere(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickled after every `take`, it comes to the same; a trial whose random numbers are lost does not."""
    specification, cap, chunk = CASES[case]
    monkeypatch.setattr(trial_module, "CHUNK", chunk)
    outcome, n_works = run_trial(specification, 2, cap), 0
    trial = Trial(specification, 2, cap)
    while (work := trial.work()) is not None:
        trial.take(work.do())
        n_works += 1
        trial = pickle.loads(pickle.dumps(trial))
    assert n_works > 1
    assert trial.outcome is not None
    assert all(map(np.array_equal, weights_of(trial.outcome.net), weights_of(outcome.net)))
    for name in ("success", "sequences", "presented", "steps", "test", "curve", "milestones"):
        assert getattr(trial.outcome, name) == getattr(outcome, name)
    assert trial.work() is None

    other = Trial(specification, 2, cap)
    while (work := other.work()) is not None:
        other.take(work.do())
        other._training_rng = np.random.default_rng(0)
    assert other.outcome is not None
    assert other.outcome.curve != outcome.curve


def test_a_fixed_test_set_stays_with_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_module, "CHUNK", 50)
    specification = small(ErrorsOnTestSet(beta=0.0, every=30, test_set="fixed"))
    trial, seen = Trial(specification, 1, 200), []
    while (work := trial.work()) is not None:
        if not work.learn:
            seen.append(work.batch.values)
        trial.take(work.do())
        trial = pickle.loads(pickle.dumps(trial))
    assert len(seen) == 6
    assert all(np.array_equal(values, seen[0]) for values in seen)


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
        outputs = specification.learner_of(1).predict(outcome.net, unseen)
        errors, correct = specification.task_of(trial).score(unseen, outputs)
        found = math.fsum(errors.ravel()) / errors.size
        assert len(correct) == outcome.test["n"]
        assert (found == outcome.test["mean_absolute_error"]) == same


def test_a_net_that_runs_away_gives_a_record_that_can_be_written() -> None:
    specification = dataclasses.replace(row("table7/T100").under(READINGS["wide-start-linear"]), n_test=20)
    assert isinstance(specification.learner, LSTM)
    learner = dataclasses.replace(specification.learner, alpha=1e200)
    with np.errstate(all="ignore"):
        outcome = run_trial(dataclasses.replace(specification, learner=learner), 1, 300)
    assert outcome.test["mean_absolute_error"] is None
    assert None in outcome.curve["mean_absolute_error"]
    json.dumps([outcome.test, outcome.curve], allow_nan=False)
    assert np.isnan(np.asarray(outcome.curve["mean_absolute_error"], dtype=float)).any()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((1, True), "cap is True: give a whole number"),
        ((1.5, 10), "trial is 1.5: give a whole number"),
        ((1, 0), "cap is 0: give at least 1"),
    ],
)
def test_numbers_of_a_trial_that_are_none(arguments: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        run_trial(row("table9/6a").under(Reading()), *arguments)


def test_a_row_is_no_specification() -> None:
    with pytest.raises(ValueError, match="specification is a LSTMRow: give a row's"):
        run_trial(row("table9/6a"), 1, 10)  # type: ignore[arg-type]
