"""What single chapters on the experiments compute beside their figures."""

import dataclasses

import numpy as np
import pytest
from lstm97_book import pages
from lstm97_book.pages import adding, blocks, inside, long_lags, multiplication, reber, temporal_order

from lstm97 import experiments
from lstm97.net.reading import READINGS
from lstm97.results import Evidence, evidence, summarise
from lstm97.results.record import Record
from lstm97.tasks import TemporalOrder
from lstm97.tasks.reber import words
from lstm97.tasks.temporal_order import CLASSES, SYMBOLS
from lstm97.trials.runner import Rerun, rerun


def of(name: str, reading: str = "literal") -> Evidence:
    table = name.partition("/")[0]
    return next(one for one in evidence(table) if one.row.label == name and one.reading == reading)


def made_up(name: str, records: list[Record]) -> Evidence:
    return Evidence(summarise([], experiments.row(name), "literal"), records)


# Blocks


def test_span() -> None:
    assert pages.span([2.0, 1.0, 1.5], 1) == "1.0 to 2.0"
    assert pages.span([1.01, 0.99], 1, " %") == "1.0 %"
    assert pages.span([]) == "–"


def test_runs_each_record_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = of("table1/3x2-0.5").records[:2]
    monkeypatch.setattr(blocks, "rerun", lambda record: Rerun(record, None, {}))  # type: ignore[arg-type]
    assert [again.record for again in pages.run_again([two, one, two])] == [two, one]


def test_refuses_a_rerun_that_differs_from_its_record() -> None:
    record = min(of("table1/3x2-0.5").solved, key=lambda record: record["steps"])
    [again] = pages.run_again([record])
    assert again.outcome.sequences == record["sequences"]
    with pytest.raises(ValueError, match=r"trial 5 of table1/3x2-0.5 \(literal\).* in sequences; 'lstm97 verify"):
        pages.run_again([record | {"sequences": record["sequences"] + 100}])


# Section 5.1


def test_training_sets() -> None:
    sets = reber.sets_of(experiments.row("table1/3x2-0.5"))
    strings = [word for task in experiments.row("table1/3x2-0.5").tasks for word in words(task.training)]  # type: ignore[attr-defined]
    # The symbols read second and asked for before last, as many steps apart as the string has symbols, less three.
    assert list(sets.lags) == [len(word) - 4 for word in strings]
    assert sets.shortest == 9 == min(map(len, strings))
    assert sets.share_shortest == pytest.approx(np.mean([len(word) == 9 for word in strings]))
    assert sets.n_shortest == 2 * len({"BTXSE", "BPVVE"})


def test_failed_trials() -> None:
    one = of("table1/3x2-0.5")
    ends = reber.ends_of_failed(one)
    assert len(ends) == len(one.records) - len(one.solved)
    assert all(0.0 < end <= 1.0 for end in ends)
    [(name, trial)] = reber.first_failed([one]).items()
    assert (name, trial) == ("table1/3x2-0.5", min(r["trial"] for r in one.records if r not in one.solved))
    assert reber.first_failed([Evidence(one.summary, one.solved)]) == {}


def test_shortest_solved() -> None:
    one = of("table1/3x2-0.5")
    least = min(one.solved, key=lambda record: record["steps"])
    assert reber.shortest_solved([one], least["steps"]) == [least]
    assert reber.shortest_solved([one], least["steps"] - 1) == []
    assert reber.shortest_solved([Evidence(one.summary, [])], 10**15) == []


def test_watches_a_trial_to_its_end() -> None:
    record = min(of("table1/3x2-0.5").solved, key=lambda record: record["steps"])
    again = rerun(record)
    seen = reber.course_of(again, [500, 10**9])
    assert [one.presented for one in seen] == [500, record["sequences"]]
    assert seen[0].outer.wrong.max() > 0.3
    assert not seen[1].outer.wrong.any(), "the criterion asks for every step of every string"
    [first] = reber.watch("table1/3x2-0.5", "literal", record["trial"], [500])
    assert np.array_equal(first.outer.wrong, seen[0].outer.wrong)
    failed = {"table1/3x2-0.5": record["trial"]}
    assert reber.ends_of(failed, "literal", 500, {record["trial"]: seen}, "table1/3x2-0.5")[0] is seen[0]
    [anew] = reber.ends_of(failed, "literal", 500, {record["trial"]: seen}, "table1/4x1-0.5")
    assert anew is not seen[0]
    assert np.array_equal(anew.outer.wrong, seen[0].outer.wrong)


# Section 5.2


def test_a_row_with_fewer_symbols() -> None:
    row = long_lags.with_symbols(experiments.lstm_row("table2/2a"), 10)
    assert (row.task.p, row.topology.n_inputs, row.topology.n_outputs) == (10, 11, 11)  # type: ignore[union-attr]
    one = long_lags.short_trial(experiments.lstm_row("table2/2a"), 4, "recurrent", 1, 2_000)
    assert (one.p, one.reading, one.outcome.net.full.weights.w_k.shape[0]) == (4, "recurrent", 5)
    assert one.held.y_in.shape == (1,)


def test_drift_at_the_start_and_in_training() -> None:
    row = experiments.lstm_row("table3/q50-p50")
    held = long_lags.held_at_start(row, "literal", 2)
    literal, inputs = (
        np.median([one.drift for one in long_lags.held_at_start(row, name)])
        for name in ("literal", "cells-see-inputs")
    )
    assert len(held) == 2
    assert literal > 2 * inputs, "what the page says of connections from the gates"
    seen = long_lags.drift_in_training(row, "cells-see-inputs", 1, [0, 500])
    assert [one.presented for one in seen] == [0, 500]
    assert not np.array_equal(seen[0].held.drift, seen[1].held.drift)
    assert 0.0 <= seen[1].wrong <= 1.0


# Section 5.4


def test_halves_of_the_criterion() -> None:
    one = of("table7/T100")
    halves = adding.halves(one)
    assert halves.end == np.median([record["sequences"] for record in one.solved])
    assert halves.error < halves.end / 5
    assert np.isnan(adding.halves(Evidence(one.summary, [])).end)


# Section 5.5


def test_measures_of_the_error() -> None:
    tests = [{"mse": 0.04, "mean_absolute_error": 0.1}, {"mse": 0.16, "mean_absolute_error": 0.2}]
    records = [
        {"trial": i, "success": True, "sequences": 10, "cap": 20, "test": test} for i, test in enumerate(tests, 1)
    ]
    three = multiplication.errors_of(made_up("table8/T100", records))
    assert three == pytest.approx({"MSE": 0.1, "mean absolute error": 0.15, "root of MSE": 0.3})
    assert multiplication.nearest(three, 0.14) == "mean absolute error"
    assert multiplication.nearest(three, 0.11) == "MSE"


def test_sequences_of_a_trial() -> None:
    solved, failed = ({"trial": i, "success": i == 1, "sequences": 10, "cap": 20} for i in (1, 2))
    one = made_up("table8/T100", [solved, failed])
    assert [multiplication.sequences_of(record, one) for record in one.records] == [10, 20]


def test_initial_drift_is_that_of_the_initial_nets() -> None:
    row = dataclasses.replace(experiments.lstm_row("table8/T100"), n_trials=2)
    s_c, left = multiplication.initial_drift(row, "literal")
    assert s_c.shape == left.shape == (2 * 20, 4)
    specification = row.under(READINGS["literal"])
    net = inside.initial_net(specification, 2)
    batch = row.task.sample(np.random.default_rng(1997), 20)  # type: ignore[union-attr]
    assert np.array_equal(s_c[20:], inside.states_at_end(specification.learner, net, batch))  # type: ignore[arg-type]
    closed = multiplication.initial_drift(row, "gates-as-adding")
    assert np.abs(closed.s_c).mean() < np.abs(s_c).mean()


# Section 5.6


def test_relevant_symbols() -> None:
    for n in (2, 3):
        batch = TemporalOrder(n).all_orders(np.random.default_rng(5))
        names = temporal_order.relevant_symbols(batch, "XY", SYMBOLS)
        assert len(names) == len(CLASSES[n])
        assert names == sorted(names)
        assert set("".join(names)) == {"X", "Y"}


def solution(**changes: object) -> temporal_order.Solution:
    one = temporal_order.Solution(np.array([0.25, 0.995]), 0, 0.1, np.array([1.0, 2.0]), ("+-", "--"))
    return one._replace(**changes)  # type: ignore[arg-type]


def test_kinds_of_solution() -> None:
    one = solution()
    assert (one.kept, one.uses_gate, one.uses_weights, one.uses_signs) == (0.995, False, True, True)
    assert solution(gate_contrast=0.6).uses_gate
    assert not solution(w_cc=np.array([1.0, -0.1])).uses_weights
    assert not solution(signs=("+-", "+-")).uses_signs


@pytest.mark.parametrize("name", ["table9/6a", "table9/6b"])
def test_a_solution_names_the_block_that_is_missed(name: str) -> None:
    row = experiments.lstm_row(name)
    specification = row.under(READINGS["literal"])
    learner, task = specification.learner, specification.task_of(1)
    net = inside.initial_net(specification, 1)
    orders = task.all_orders(np.random.default_rng(6))  # type: ignore[attr-defined]
    steps = np.flatnonzero(orders.symbols[: orders.offsets[1]] >= SYMBOLS.index("X")) + 1
    unseen = task.sample(np.random.default_rng(1), 50)
    found = temporal_order.solution(learner, net, unseen, orders, steps)  # type: ignore[arg-type]
    assert np.array_equal(found.left, inside.without_each_block(learner, net, unseen))  # type: ignore[arg-type]
    assert found.block == found.left.argmin()
    assert list(map(len, found.signs)) == [2, 2]
    assert found.w_cc.shape == (2,)
