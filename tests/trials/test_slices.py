"""What a trial gives depends neither on slices nor on groups, processes or lanes; groups are as they should be."""

import dataclasses

import pytest
from support.records import job
from support.small_rows import SMALL, Here, references, small_jobs, small_row

from lstm97.engine import side_by_side
from lstm97.experiments import find_rows, lstm_row, row
from lstm97.net.reading import READINGS
from lstm97.net.topology import Topology
from lstm97.trials import slices
from lstm97.trials.executors import processes
from lstm97.trials.runner import differences, plan, reproduce
from lstm97.trials.slices import Job, Slice, WorkerError, in_slices

__all__ = ["small_row"]


@pytest.fixture
def one_of_each(small_row: None) -> list[Job]:
    """Two trials of a row of every table, tested on few sequences."""
    return plan(find_rows(["small/*"]), "literal", 2, 1, 620) + small_jobs(4)


def test_neither_slices_nor_groups_nor_lanes_change_a_record(one_of_each: list[Job]) -> None:
    expected = references(one_of_each)
    assert any(record["success"] for record in expected.values())
    for n_jobs, n_lanes, seconds in ((1, 32, 0.0), (3, 3, 0.02), (2, 1, 0.0)):
        again = list(reproduce(list(expected.values()), executor := Here(), n_jobs, n_lanes=n_lanes, seconds=seconds))
        assert len(again) == len(expected)
        for record, other in again:
            assert differences(record, other) == {}
        assert max(map(len, executor.groups)) <= n_lanes
        if seconds == 0.0:
            assert len(executor.groups) > len(one_of_each) / n_lanes  # trials went through several slices


def test_processes_give_the_same(one_of_each: list[Job]) -> None:
    expected = references(one_of_each)
    with processes(2) as executor:
        again = list(reproduce(list(expected.values()), executor, 2, n_lanes=4, seconds=0.1))
    assert len(again) == len(expected)
    for record, other in again:
        assert differences(record, other) == {}


def test_a_weight_that_changes_between_slices_is_noticed(small_row: None) -> None:
    def nudge(result: Slice) -> Slice:
        for trial in result.trials:
            trial.net.weights.w_k[0, 0] += 1e-12
        return result

    (expected,) = references([job("table9/6a", "literal", 1, 1200)]).values()
    assert [differences(*pair) for pair in reproduce([expected], Here(), 1, seconds=0.0)] == [{}]
    ((_, other),) = reproduce([expected], Here(nudge), 1, seconds=0.0)
    assert set(differences(expected, other)) == {"test"}


def test_trials_are_spread_over_processes(small_row: None) -> None:
    def first(n: int, n_jobs: int, n_lanes: int) -> list[int]:
        executor = Here()
        list(in_slices(small_jobs(n), executor, n_jobs, n_lanes))
        return [len(group) for group in executor.groups]

    assert first(7, 3, 32) == [3, 3, 1]
    assert first(2, 4, 32) == [1, 1]
    assert first(20, 2, 4) == [4, 4, 4, 4, 2, 2]
    assert first(3, 1, 1) == [1, 1, 1]


def test_groups_fill_blocks_of_lanes(small_row: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials that are too few for a block take turns with the others, and don't run by themselves at the end."""
    monkeypatch.setattr(slices, "block_size", lambda: 4)
    long = dataclasses.replace(row("table9/6a"), n_test=10)
    executor = Here()
    list(in_slices(plan([long], "literal", 6, 1, 1500), executor, 1, 32, seconds=0.0))
    assert [len(group) for group in executor.groups[:3]] == [4, 4, 4]
    assert len({entry for group in executor.groups[:3] for entry in group}) == 6
    executor = Here()
    list(in_slices(plan([long], "literal", 20, 1, 1500), executor, 1, 4, seconds=0.0))
    assert set(executor.groups[0]) == set(executor.groups[1])  # many wait: those under way go on


def test_without_lanes_trials_end_in_the_order_of_their_jobs() -> None:
    long = dataclasses.replace(row("table9/6a"), n_test=10)
    executor = Here()
    list(in_slices(plan([long], "literal", 3, 1, 1500), executor, 1, 1, seconds=0.0))
    numbers = [number for group in executor.groups for _, number in group]
    assert numbers == sorted(numbers)
    assert len(numbers) > 3  # some took several slices


def test_a_kind_that_fills_its_lanes_goes_first(small_row: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "block_size", lambda: 4)
    executor = Here()
    list(in_slices([*plan([row("table9/6a")], "literal", 2, 1, 20), *small_jobs(4)], executor, 1, 32))
    assert [len(group) for group in executor.groups] == [4, 2]


def test_groups_are_of_one_kind_and_the_first_in_line_comes_first() -> None:
    names = ["table1/3x2-0.5", "table7/T100", "table9/6a", "table8/T100"]
    chosen = [row(names[0]), *(dataclasses.replace(row(name), n_test=10) for name in names[1:])]
    executor = Here()
    list(in_slices(plan(chosen, "literal", 2, 1, 20), executor, 1))
    assert executor.groups == [
        [("table1/3x2-0.5", 1), ("table1/3x2-0.5", 2)],
        [("table7/T100", 1), ("table7/T100", 2), ("table8/T100", 1), ("table8/T100", 2)],
        [("table9/6a", 1), ("table9/6a", 2)],
    ]


def test_rows_with_the_same_net_and_switches_share_lanes() -> None:
    def kind(name: str, reading: str = "literal") -> object:
        return job(name, reading, 1, 1).kind

    assert kind("table7/T100") == kind("table8/T100") == kind("table7/T1000", "gates-as-adding")
    assert kind("table7/T100", "wide-start") == kind("table8/T100", "wide-start")
    assert kind("table7/T100") != kind("table7/T100", "wide-start")  # without f'
    assert kind("table7/T100") != kind("table7/T100", "institute")  # a constant unit more
    assert kind("table7/T100") != kind("table4/T100-N3")
    assert kind("table2/2a") is None
    assert kind("table1/3x2-0.5") == kind("table1/3x2-0.1")


def test_places_of_finished_trials_are_filled(small_row: None) -> None:
    jobs = plan([row(SMALL)], "literal", 6, 1, 1500)
    executor = Here()
    progress = list(in_slices(jobs, executor, 1, 2, seconds=0.0))
    assert [len(group) for group in executor.groups[:-1]] == [2] * (len(executor.groups) - 1)
    assert sum(len(one.finished) for one in progress) == len(jobs)
    assert sum(one.steps for one in progress) == sum(one.outcome.steps for p in progress for one in p.finished)


def test_a_worker_of_another_version_is_refused(small_row: None) -> None:
    def other(result: Slice) -> Slice:
        return result._replace(software=result.software | {"numpy": "1.0"})

    with pytest.raises(WorkerError, match=r"another version of numpy \(1\.0\).* install the same everywhere"):
        list(in_slices(small_jobs(1), Here(other), 1))
    changed = slices.versions() | {"source": "0"}
    with pytest.raises(WorkerError, match="another source of lstm97"):
        list(in_slices(small_jobs(1), Here(lambda result: result._replace(software=changed)), 1))


def test_nets_that_are_too_large_for_lanes_run_by_themselves() -> None:
    large = dataclasses.replace(lstm_row("table7/T100"), topology=Topology(2, (2,) * 11, 1), in_gate_bias=None)
    for entry, shares in ((row("table7/T100"), True), (row("table9/6b"), True), (large, False)):
        specification = entry.under(READINGS["literal"])
        assert (side_by_side.kind(specification.learner_of(1), specification.task_of(1)) is not None) == shares
