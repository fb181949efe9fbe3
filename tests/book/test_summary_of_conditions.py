"""Tables 10 and 11 made from the rows: every difference from the printed ones shows, and is one that is known."""

import dataclasses
from pathlib import Path

import pytest
from lstm97_book.pages import summary_of_conditions as conditions

from lstm97.experiments import lstm_row, lstm_rows
from lstm97.net.reading import READINGS
from lstm97.net.topology import Topology


def differing(lines: list[conditions.Line]) -> dict[str, set[str]]:
    return {line.task: set(line.differing) for line in lines if line.differing}


def test_table_10_differs_where_it_is_known_to() -> None:
    lines = conditions.table_10()
    assert [line.rows[0].name for line in lines] == list(lstm_rows())
    lengths = {"p_min_sequence_length", "lag"}
    known = {f"1-{i}": {*lengths, "input_gate_bias"} for i in range(1, 6)}
    known |= {f"2c-{i}": lengths for i in range(1, 10)} | dict.fromkeys(("2a", "2b", "3a", "3b", "3c"), {"lag"})
    assert differing(lines) == known
    without = [line.rows[0].name for line in lines if not line.printed]
    assert without == ["table4/T1000-N3", "table5/T1000-N1"]


def test_a_wrong_row_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dict(lstm_rows())
    name = "table9/6a"
    wrong[name] = dataclasses.replace(
        wrong[name], alpha=0.1, topology=Topology(8, (2, 1), 4), in_gate_bias=(-2.0, -3.0)
    )
    monkeypatch.setattr(conditions, "lstm_rows", lambda: wrong)
    seen = differing(conditions.table_10())["6a"]
    assert seen == {"block_size", "weights", "input_gate_bias", "learning_rate"}


def test_a_row_that_the_paper_does_not_have_stands_there_without_printed_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extended = {**lstm_rows(), "table12/new": dataclasses.replace(lstm_row("table9/6a"), name="table12/new")}
    monkeypatch.setattr(conditions, "lstm_rows", lambda: extended)
    lines = conditions.table_10()
    assert (lines[-1].task, lines[-1].printed, lines[-1].differing) == ("new", {}, [])
    assert conditions.marked(lines, conditions.NET).rows[-1][0] == "new \N{DAGGER}"
    assert sum(len(line.rows) for line in conditions.table_11()) == len(lstm_rows())
    assert any("new" in line[0].split(", ") for line in conditions.weights_by_reading().rows)


def test_table_11_differs_where_it_is_known_to() -> None:
    lines = conditions.table_11()
    assert [len(line.rows) for line in lines] == [5, 1, 1, 9, 3, 3, 2, 3, 1, 1, 1]
    assert sum(len(line.rows) for line in lines) == len(lstm_rows())
    assert differing(lines) == {"2a": {"test"}}
    stops = {line.task: (line.printed["criterion"], line.ours["stop"]) for line in lines}
    assert stops["4"] == ("ST3(0.01)", "ST3(0.01)")
    assert stops["2c"] == ("after 5 million exemplars", "next 10,000 correct")


def test_marks_and_tallies() -> None:
    lines = conditions.table_10()
    table = conditions.marked(lines, conditions.NET)
    assert table.head == ("Task", "p", "Lag", "b", "s", "in", "out", "w", "c")
    shown = {line[0]: line[1:] for line in table.rows}
    assert shown["1-1"][:3] == ("**8** (9)", "**5** (9)", "4")
    assert shown["6b"] == ("100", "24", "3", "2", "8", "8", "308", "F")
    assert shown["3a, T = 1000, N = 3 \N{DAGGER}"][1] == "997"
    units = {line[0]: line[1:] for line in conditions.marked(lines, conditions.UNITS).rows}
    assert units["1-4"] == ("−1, −2, −3, −4", "**r, ±0.2** (r)", "ga", "h1", "g2", "0.5")
    assert units["2a"] == ("no og", "none", "none", "id", "g1", "1")
    n, m, heads = conditions.tally(lines)
    assert (n, m, heads) == (14 * 28, sum(len(line.differing) for line in lines), "p, Lag, igb")
    [two_a] = [line for line in conditions.marked_11(conditions.table_11()).rows if line[0] == "2a"]
    assert two_a[3].endswith("(none)")


def test_the_caption_swaps_two_ranges() -> None:
    found = {line[0]: line[1:5] for line in conditions.ranges().rows}
    assert found["h1"] == ("[−2, 2]", "[−1, 1]", "[−1, 1]", "[−2, 2]")
    assert found["g2"] == ("[−1, 1]", "[−2, 2]", "[−2, 2]", "[−1, 1]")
    assert found["g1"] == ("[0, 1]",) * 4
    assert found["id"] == ("identity",) * 4


def test_weight_counts_under_readings() -> None:
    assert conditions.weights(lstm_row("table2/2a"), READINGS["literal"]) == 10_504
    assert conditions.weights(lstm_row("table2/2a"), READINGS["recurrent"]) == 10_508
    # 6p + 52 instead of 6p + 64
    assert conditions.weights(lstm_row("table3/q50-p50"), READINGS["cells-see-inputs"]) == 6 * 50 + 52
    table = conditions.weights_by_reading()
    assert "`wide-start`" not in table.head
    lines = {line[0]: dict(zip(table.head[1:], line[1:], strict=True)) for line in table.rows}
    assert lines["2a, 2b"]["`recurrent`"] == "**10,508**"
    assert {line["`literal`"] for line in lines.values()} == {line["Paper"] for line in lines.values()}


def test_other_readings_show_in_the_tables() -> None:
    lines = {line.task: line for line in conditions.table_10("cells-see-inputs")}
    assert lines["2c-1"].ours["weights"] == "352"
    assert "weights" in lines["2c-1"].differing
    assert "weights" not in lines["2a"].differing, "its cells see inputs only in any case"
    swapped = {line.task: line for line in conditions.table_10("ranges-of-table-10")}
    assert (swapped["4-1"].ours["g"], swapped["4-1"].ours["h"]) == ("h1", "g2")
    gates = {line.task: line.ours["input_gate_bias"] for line in conditions.table_10("gates-as-adding")}
    assert gates["5"] == gates["4-1"] == "\N{MINUS SIGN}3, \N{MINUS SIGN}6"
    wide = {line.task: line for line in conditions.table_11("wide-start")}
    assert wide["4"].differing == ["interval"]
    assert conditions.table_10("literal") == conditions.table_10()
    assert conditions.table_11("literal") == conditions.table_11()


def test_missing_tables_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(conditions, "PAPER", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"table10\.csv is missing.*in a copy of it"):
        conditions.table_10()
