"""What noise allows: the limits against simulations, and looks that are those of the trial itself."""

import dataclasses
import math

import numpy as np
import pytest
from lstm97_book.pages import noise
from lstm97_book.pages.parameters import ParameterError

from lstm97.experiments import row
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.learners import LSTM
from lstm97.net.reading import READINGS, Reading
from lstm97.results import Evidence, evidence
from lstm97.tasks import TwoSequence
from lstm97.trials import run_trial


@pytest.mark.parametrize("N", [1, 3])
def test_the_limits_against_a_simulation(N: int) -> None:
    batch = TwoSequence(T=10, N=N, variant="3b").sample(np.random.default_rng(0), 400_000)
    total = batch.values[batch.offsets[:-1, np.newaxis] + np.arange(N), 0].sum(axis=1)
    is_1 = batch.targets[:, 0] == 1.0
    probability = 1.0 / (1.0 + np.exp(-2.0 * total / 0.2))
    for limit, share in (
        (noise.sign_limit(N), np.mean((total > 0) != is_1)),
        (noise.tolerance_limit(N, 0.2), np.mean(np.abs(probability - is_1) >= 0.2)),
    ):
        assert abs(share - limit) < 4 * math.sqrt(limit / len(batch))
    assert noise.sign_limit(N) < noise.tolerance_limit(N, 0.2) < noise.tolerance_limit(N, 0.1)


def test_the_probability_has_the_least_squared_error() -> None:
    batch = TwoSequence(T=10, N=1, variant="3b").sample(np.random.default_rng(0), 100_000)
    x, target = batch.values[batch.offsets[:-1], 0], batch.targets[:, 0]

    def squared(slope: float) -> float:
        return float(np.mean((1.0 / (1.0 + np.exp(-slope * x)) - target) ** 2))

    assert squared(10.0) < min(squared(7.0), squared(14.0))


def test_limits_refuse_a_tolerance_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"tolerance is 0\.5"):
        noise.tolerance_limit(1, 0.5)


@pytest.mark.parametrize("variant", ["3a", "3b", "3c"])
@pytest.mark.parametrize("seed", range(4))
def test_both_classes_differ_in_the_signal_alone(variant: str, seed: int) -> None:
    task = TwoSequence(T=20, N=3, variant=variant)
    both = noise.both_classes(task, np.random.default_rng(seed))
    one, two = np.split(both.values[:, 0], 2)
    np.testing.assert_array_equal(one[3:], two[3:])
    np.testing.assert_allclose(one[:3] - two[:3], 2.0)
    if variant != "3b":
        np.testing.assert_array_equal(one[:3], 1.0)
    assert both.targets[:, 0].tolist() == task.targets.tolist()
    assert task.classes_of(both).tolist() == [0, 1]


def test_heard_finds_the_elements_that_a_net_listens_to() -> None:
    entry = row("table5/T100-N3")
    learner = entry.under(Reading()).learner
    assert isinstance(learner, LSTM)
    net = learner.start(np.random.default_rng(0))
    batch = TwoSequence(T=10, N=3, variant="3b").sample(np.random.default_rng(1), 300)
    # The net of Experiment 3 has no way to tell elements apart at first: all weights are small.
    assert np.abs(noise.heard(learner, net, batch, 5)).max() < 0.2

    class Told:
        """Answers with a known weighted sum of the elements."""

        def predict(self, net: object, batch: object) -> np.ndarray:
            elements = values[starts[:, np.newaxis] + np.arange(5), 0]
            return (1.0 / (1.0 + np.exp(-(0.3 + elements @ wanted))))[:, np.newaxis]

    values, starts, wanted = batch.values, batch.offsets[:-1], np.array([2.0, 1.0, 0.5, 0.0, -0.25])
    np.testing.assert_allclose(noise.heard(Told(), net, batch, 5), wanted, atol=1e-9)  # type: ignore[arg-type]


def small(every: int = 10) -> tuple[noise.Specification, ErrorsOnTestSet]:
    entry = row("table4/T100-N3")
    rule = ErrorsOnTestSet(beta=0.3, every=every, size=16)
    entry = dataclasses.replace(entry, task=TwoSequence(T=10, N=3), stop=rule, n_test=8)
    return entry.under(READINGS["literal"]), rule


def test_looks_are_those_of_the_trial() -> None:
    specification, rule = small()
    outcome = run_trial(specification, 1, cap=4000)
    assert outcome.success
    looks = noise.looks(specification, 1, 4000)
    assert looks.sequences.tolist() == list(range(10, 4001, 10))
    assert looks.first(1) == outcome.sequences
    np.testing.assert_array_equal(looks.met, (looks.wrong <= rule.most_wrong) & (looks.errors < rule.beta))
    # Fewer looks never end training earlier, and every look that is taken is one of the others.
    assert looks.first(5) >= looks.first(1)
    assert looks.first(5) % 50 == 0
    assert math.isnan(noise.looks(specification, 1, outcome.sequences - 10).first(1))


def test_the_best_stretch_of_looks() -> None:
    wrong = np.array([5, 4, 0, 2, 1, 9])
    looks = noise.Looks(np.arange(6), wrong, np.zeros(6), np.zeros(6, dtype=bool))
    assert looks.best(3) == pytest.approx(1.0)
    assert looks.best(1) == 0
    assert math.isnan(looks.best(7))


def test_looks_are_for_rules_that_look() -> None:
    with pytest.raises(TypeError, match="ST3 looks at no test set"):
        noise.looks(row("table7/T100").under(Reading()), 1, 10)


def test_finds_the_row_of_a_task() -> None:
    found = [one for table in ("table4", "table5", "table6") for one in evidence(table)]
    [one] = noise.of_row(found, "3b", 100, 1)
    assert (one.row.name, one.row.milestone) == ("table5/T100-N1", "")
    for asked, words_ in (
        (("3d", 100, 3), "variant is '3d'; give one of '3a', '3b', '3c'"),
        (("3c", 1000, 3), "T is 1000; give one of 100"),
        (("3a", 1000, 1), "N is 1; give one of 3"),
    ):
        with pytest.raises(ParameterError, match=f"^{words_}$"):
            noise.of_row(found, *asked)


def test_ratios() -> None:
    found = evidence("table4")
    by_label = {one.row.label: one for one in found}
    ends = [one for one in found if not one.row.milestone]
    ratios = noise.compared(ends, by_label)
    hard, easy = by_label["table4/T100-N3"], by_label["table4/T100-N3 (ST1)"]
    paper, ours = ratios[f"{hard.row.title}: ST2 over ST1"]
    assert paper == hard.row.paper.sequences / easy.row.paper.sequences
    assert ours == hard.summary.mean / easy.summary.mean
    assert sum("N = 1 over N = 3" in name for name in ratios) == 1
    assert np.isnan(noise.ratio(hard, Evidence(easy.summary, []))[1])


def test_wrong_side_and_tolerance() -> None:
    one = row("table5/T100-N3")
    specification = one.under(READINGS["literal"])
    learner = specification.learner
    batch = specification.task_of(1).sample(np.random.default_rng(0), 200)
    net = learner.start(np.random.default_rng(0))  # type: ignore[union-attr]
    outputs, targets = learner.predict(net, batch)[:, 0], batch.targets[:, 0]  # type: ignore[union-attr]
    side, wrong = noise.wrong_and_misclassified(learner, net, batch, 0.2)  # type: ignore[arg-type]
    assert side == np.mean((outputs > 0.5) != (targets == 1.0))
    assert wrong == np.mean(abs(outputs - targets) >= 0.2)
    assert 0.2 < side < wrong, "an untrained net knows nothing, and is never sure"
