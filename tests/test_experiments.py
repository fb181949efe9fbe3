"""Rows say what the paper's tables say, and their hashes change with everything that matters."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from lstm97.experiments import find_rows, row, rows
from lstm97.experiments.base import canonical
from lstm97.reading import READINGS, Reading, named
from lstm97.stopping import ST3

PAPER = Path(__file__).parents[1] / "data" / "paper"


def table(name: str) -> list[dict[str, str]]:
    with open(PAPER / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_against_the_papers_tables() -> None:
    printed = {f"table7/T{line['T']}": line for line in table("table07")}
    printed |= {f"table9/{line['task']}": line for line in table("table09")}
    assert set(printed) == set(rows())
    for name, line in printed.items():
        paper = row(name).paper
        assert paper.sequences == float(line["success_after_mean"])
        assert paper.wrong == int(line["wrong_of_2560_mean"])
        assert paper.n_weights == int(line["weights"]) == row(name).topology.n_weights
        assert row(name).n_trials == int(line["trials"])
        assert row(name).n_test == int(line["test_set"])
        for ours, key in ((paper.least, "success_after_min"), (paper.most, "success_after_max")):
            assert ours == (float(line[key]) if line.get(key) else None)


def test_rows_against_tables_10_and_11() -> None:
    conditions = {line["task"]: line for line in table("table10")}
    selection = {line["task"]: line for line in table("table11")}
    tasks = {"table7/T100": "4-1", "table7/T500": "4-2", "table7/T1000": "4-3", "table9/6a": "6a", "table9/6b": "6b"}
    assert set(tasks) == set(rows())
    for name, task in tasks.items():
        entry, line = row(name), conditions[task]
        assert entry.topology.n_blocks == int(line["blocks"])
        assert set(entry.topology.block_sizes) == {int(line["block_size"])}
        assert entry.topology.n_inputs == entry.task.n_inputs == int(line["inputs"])
        assert entry.topology.n_outputs == entry.task.n_outputs == int(line["outputs"])
        assert entry.topology.biased == line["biased_units"]
        assert entry.alpha == float(line["learning_rate"])
        assert entry.in_gate_bias == tuple(float(value) for value in line["input_gate_bias"].split(";"))
        assert (entry.out_gate_bias is None) == (line["output_gate_bias"] == "r")
        line = selection[task.partition("-")[0]]
        assert entry.weight_range == float(line["init_high"]) == -float(line["init_low"])
        assert entry.stop == ST3(float(line["stop_beta"]))
        assert entry.task.tolerance == float(line["success_abs_threshold"])
        assert entry.cap >= entry.paper.sequences * 5


def test_hashes_differ_between_rows_and_readings_that_differ() -> None:
    hashes = {(name, reading): row(name).under(READINGS[reading]).hash for name in rows() for reading in READINGS}
    assert len(set(hashes.values())) == len(hashes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("error", "(16)"),
        ("output_timing", "one step later"),
        ("update", "every step"),
        ("initial_activation", 0.5),
        ("ranges", "Table 10"),
        ("gate_bias", "added"),
        ("initial_weights", "grid"),
        ("output_bias", "constant unit"),
        ("initial_range", 0.5),
        ("output_unit", "linear"),
        ("output_error", "without f'"),
        ("cell_sources", "inputs"),
        ("recurrence", "always"),
        ("addition", 0.1),
        ("test_set", "fixed"),
        ("run_count", "inclusive"),
        ("second_mark", "position"),
        ("first_pair", "keep marker"),
        ("average_error", "squared"),
        ("count", "exclusive"),
    ],
)
def test_every_switch_changes_the_specification(field: str, value: Any) -> None:
    literal = row("table7/T100").under(Reading())
    other = row("table7/T100").under(dataclasses.replace(Reading(), **{field: value}))
    assert literal.hash != other.hash


def test_every_switch_is_in_the_test_above() -> None:
    marks = test_every_switch_changes_the_specification.pytestmark
    assert {field for field, _ in marks[0].args[1]} == {entry["name"] for entry in Reading.describe()}


def test_defaults_leave_a_hash_alone_and_everything_else_changes_it() -> None:
    specification = row("table9/6a").under(Reading())
    text = str(canonical(specification))
    assert "window" not in text
    assert "average_error" not in text
    changed = dataclasses.replace(specification, stop=dataclasses.replace(specification.stop, window=1999))
    assert changed.hash != specification.hash
    assert dataclasses.replace(specification, n_test=2559).hash != specification.hash


def test_recorded_hashes_still_stand() -> None:
    """A change of a hash throws away every record: it has to be wanted."""
    assert row("table9/6a").under(Reading()).hash == "b3c532b16ad98b62"
    assert row("table7/T100").under(READINGS["institute"]).hash == "1896c0eb2d2b3e98"


def test_rows_are_found_by_name_and_wildcard() -> None:
    assert [entry.name for entry in find_rows(["table9/*", "table7/T100"])] == [
        "table7/T100",
        "table9/6a",
        "table9/6b",
    ]
    with pytest.raises(KeyError, match=r"no row 'table9/6c': did you mean table9/6"):
        find_rows(["table9/6c"])


def test_readings_are_found_by_name() -> None:
    assert named("literal") == Reading()
    with pytest.raises(KeyError, match="did you mean literal"):
        named("literall")
    with pytest.raises(ValueError, match="count is 'none': give one of 'inclusive', 'exclusive'"):
        Reading(count="none")
    assert dict(Reading().differences()) == {}
    assert dict(READINGS["institute"].differences())["initial_activation"] == 0.5
