"""Rows say what the paper's tables say, and their hashes change with everything that matters."""

import csv
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm97.engine.side_by_side import kind
from lstm97.experiments import CompetitorRow, Paper, find_rows, lstm_rows, rows
from lstm97.experiments import lstm_row as row
from lstm97.experiments.base import canonical
from lstm97.experiments.stopping import ST3, AllPredicted, CorrectInARow, ErrorsOnTestSet, FewWrong, StoppingRule
from lstm97.learners import BPTT, RTRL, Cascade, Chunker, Elman
from lstm97.net.reading import READINGS, Reading, named
from lstm97.tasks import Adding, Distractors, EmbeddedReber, Multiplication, TemporalOrder, TwoSequence
from lstm97.tasks.temporal_order import SYMBOLS

PAPER = Path(__file__).parents[2] / "data" / "paper"


def table(name: str) -> list[dict[str, str]]:
    with open(PAPER / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def lines(name: str, task: str, *keys: str) -> dict[str, dict[str, str]]:
    """Read a table, by the names of its rows here, made from some of its columns."""
    return {task.format(*(line[key] for key in keys)): line for line in table(name)}


#: The lines of the paper's tables that are about LSTM, by our rows.
PRINTED: dict[str, dict[str, str]] = {
    **{
        f"table1/{line['blocks']}x{line['block_size']}-{line['learning_rate']}": line
        for line in table("table01")
        if line["method"] == "LSTM"
    },
    "table2/2a": table("table02")[-1],
    "table2/2b": table("section5_2_task2b")[0],
    **lines("table03", "table3/q{}-p{}", "q", "p"),
    **lines("table04", "table4/T{}-N{}", "T", "N"),
    **lines("table05", "table5/T{}-N{}", "T", "N"),
    **lines("table06", "table6/T{}-N{}", "T", "N"),
    **lines("table07", "table7/T{}", "T"),
    "table8/T100": table("table08")[1],
    **lines("table09", "table9/{}", "task"),
}
#: The same for the stops before the last one.
MILESTONES: dict[str, dict[str, str]] = {
    **{f"{name} (ST1)": PRINTED[name] for name in PRINTED if name.startswith(("table4/", "table5/"))},
    "table8/T100 (n_seq = 140)": table("table08")[0],
}
#: The lines of Table 10. It has none for T = 1000 in Experiment 3: like T = 100, says Sec. 5.3.
TABLE_10 = {line["task"]: line for line in table("table10")}
TASK = {
    **dict(
        zip([name for name in PRINTED if name.startswith("table1/")], [f"1-{i}" for i in range(1, 6)], strict=True)
    ),
    "table2/2a": "2a",
    "table2/2b": "2b",
    **dict(
        zip([name for name in PRINTED if name.startswith("table3/")], [f"2c-{i}" for i in range(1, 10)], strict=True)
    ),
    **{name: "3" + "abc"[int(name[5]) - 4] for name in PRINTED if name[:6] in ("table4", "table5", "table6")},
    **{"table7/T100": "4-1", "table7/T500": "4-2", "table7/T1000": "4-3", "table8/T100": "5"},
    **{"table9/6a": "6a", "table9/6b": "6b"},
}
TABLE_11 = {line["task"]: line for line in table("table11")}


#: The lines on other learning systems.
COMPETITORS: dict[str, dict[str, str]] = {
    **dict(
        zip(
            ("table1/rtrl-3", "table1/rtrl-12", "table1/elman-15", "table1/cascade"),
            table("table01")[:4],
            strict=True,
        )
    ),
    **{
        "table2/" + name: line
        for name, line in zip(
            ("rtrl-p4-1", "rtrl-p4-4", "rtrl-p4-10", "rtrl-p10", "rtrl-p100", "bptt-p100", "chunker-p100"),
            table("table02")[:7],
            strict=True,
        )
    },
    "table2/2b-chunker": table("section5_2_task2b")[1],
    "table2/2b-rtrl": table("section5_2_task2b")[2],
    "table2/2b-bptt": table("section5_2_task2b")[3],
}


def optional(line: dict[str, str], key: str) -> float | None:
    return float(line[key]) if line.get(key) else None


def wrong_of(line: dict[str, str]) -> float | None:
    """Read the mean number of wrong test sequences, of 2560 where a fraction is printed."""
    for key in ("fraction_misclassified_after_st2", "fraction_misclassified"):
        if line.get(key):
            assert line["test_set"] == "2560"
            return 2560 * float(line[key])
    return optional(line, "wrong_of_2560_mean")


def misprinted(paper: Paper, line: dict[str, str], mean: str) -> set[str]:
    """Name what of the paper's values is not as printed."""
    least, most = optional(line, "success_after_min"), optional(line, "success_after_max")
    if line.get("success_after_qualifier"):  # Table 1, row 9: the caption's range
        least, most = map(float, line["success_after_qualifier"].split("-"))
    weights = line.get("weights") or line["weights_min"]
    rules = {
        "sequences": paper.sequences == float(line[mean]),
        "wrong": paper.wrong == wrong_of(line),
        "weights": paper.n_weights == int(weights) == int(line.get("weights_max") or weights),
        "solved": paper.solved == float(line.get("success_percent") or 100) / 100,
        "error": paper.mean_absolute_error == optional(line, "mean_abs_difference_to_expected_target"),
        "mse": paper.mse == optional(line, "mse_printed"),
        "extremes": (paper.least, paper.most) == (least, most),
    }
    return {name for name, holds in rules.items() if not holds}


def mean_of(line: dict[str, str]) -> str:
    return next(key for key in ("success_after_mean", "st2_mean", "stop_mean") if key in line)


def test_every_row_of_the_papers_tables_is_here() -> None:
    assert list(lstm_rows()) == list(PRINTED)
    assert [stop.label for entry in rows().values() for stop in entry.stops if stop.milestone] == list(MILESTONES)
    assert len(lstm_rows()) + len(MILESTONES) == 37
    assert [name for name, entry in rows().items() if isinstance(entry, CompetitorRow)] == list(COMPETITORS)
    assert len(rows()) == len(PRINTED) + len(COMPETITORS)


#: How a learning system is called in the tables.
METHODS = {RTRL: "RTRL", BPTT: "BPTT", Elman: "ELM", Cascade: "RCC", Chunker: "CH"}


@pytest.mark.parametrize("name", COMPETITORS)
def test_rows_on_competitors_against_the_papers_tables(name: str) -> None:
    entry, line = rows()[name], COMPETITORS[name]
    assert isinstance(entry, CompetitorRow)
    specification = entry.under(Reading())
    learners = [specification.learner_of(trial) for trial in range(1, entry.n_trials + 1)]
    paper = entry.paper
    mean = optional(line, "success_after_mean")
    assert paper.sequences == mean if mean is not None else math.isnan(paper.sequences)
    percent = {"": None if line.get("success_percent_qualifier") else 0.0}.get(line["success_percent"], 1.0)
    percent = float(line["success_percent"]) / 100 if percent == 1.0 else percent
    assert paper.solved == percent
    weights = line.get("weights") or line["weights_min"]
    assert paper.n_weights == int(weights)
    most = int(line.get("weights_max") or weights)
    assert (paper.most_weights or paper.n_weights) == most
    assert {learner.n_weights for learner in learners} == {entry.n_weights}
    if isinstance(learners[0], Chunker):  # the paper counts one of its nets, the one with an output more
        assert learners[0].lower.n_weights == paper.n_weights
    elif most == paper.n_weights:
        assert entry.n_weights == paper.n_weights
    else:
        assert entry.n_weights is None  # it grows
    assert {METHODS[type(learner)] for learner in learners} == {line["method"]}
    alphas: list[Any] = [getattr(learner, "alpha", None) for learner in learners]
    printed = [
        float(line[key]) for key in ("learning_rate", "learning_rate_min", "learning_rate_max") if line.get(key)
    ]
    if printed:
        assert (min(alphas), max(alphas)) == (printed[0], printed[-1])
    assert len({alphas.count(alpha) for alpha in alphas}) == 1  # as many trials with each
    if line["method"] != "RCC":  # which has its own rule for both
        assert {learner.weight_range for learner in learners} == {0.2}  # type: ignore[attr-defined]
    assert entry.n_trials == {"table1": 30, "table2": 18}[entry.table]
    assert entry.stop == {"table1": AllPredicted(), "table2": CorrectInARow(10_000)}[entry.table]
    net: Any = getattr(learners[0], "upper", learners[0])
    net = getattr(net, "topology", net)
    assert {(task.n_inputs, task.n_outputs) for task in entry.tasks} == {(net.n_inputs, net.n_outputs)}
    if "delay_p" in line:
        assert f"p={line['delay_p']}," in repr(entry.tasks[0])
    assert ("variant='2b'" in repr(entry.tasks[0])) == ("task" in line)
    place = "Sec. 5.2, Task 2b, text" if "task" in line else f"Table {name[5]}, row {line['row']}"
    assert paper.place == place


def test_caps_of_competitors() -> None:
    caps = {name: rows()[name].cap for name in COMPETITORS}
    table_1 = [
        200_000 if name == "table1/elman-15" else 5 * rows()[name].paper.sequences
        for name in caps
        if "table1/" in name
    ]
    assert [cap for name, cap in caps.items() if "table1/" in name] == [max(200_000, cap) for cap in table_1]
    assert {caps[name] for name in caps if "rtrl-p4" in name or "p10-" in name} == {5_000_000}
    assert caps["table2/rtrl-p10"] == 5_000_000
    assert {caps[name] for name in caps if "tt-p100" in name or "rl-p100" in name or "2b" in name} == {100_000}
    assert caps["table2/chunker-p100"] == 5 * 32_400


def test_a_reading_changes_nothing_about_a_competitor_but_task_and_stop() -> None:
    entry = rows()["table1/rtrl-3"]
    literal, wide = entry.under(READINGS["literal"]), entry.under(READINGS["wide-start"])
    assert literal == wide
    assert entry.under(READINGS["institute"]).learner == literal.learner


@pytest.mark.parametrize("name", PRINTED)
def test_rows_against_the_papers_tables(name: str) -> None:
    entry, line = row(name), PRINTED[name]
    assert misprinted(entry.paper, line, mean_of(line)) == set()
    assert entry.topology.n_weights == entry.paper.n_weights
    assert entry.n_trials == int(line["trials"])
    assert entry.cap >= 200_000
    assert entry.stop.counted(entry.cap) >= 5 * entry.paper.sequences
    assert line.get("method", "LSTM") == "LSTM"
    assert line.get("n_seq", "13") == "13"
    table_and_row = "Sec. 5.2, Task 2b, text" if name == "table2/2b" else f"Table {name[5]}, row {line['row']}"
    assert entry.paper.place == table_and_row


@pytest.mark.parametrize("name", MILESTONES)
def test_milestones_against_the_papers_tables(name: str) -> None:
    line = MILESTONES[name]
    [stop] = [one for entry in lstm_rows().values() for one in entry.stops if one.label == name]
    if "st1_mean" in line:  # test results are those after ST2
        line = {key: text for key, text in line.items() if not key.startswith("fraction")}
    assert misprinted(stop.paper, line, "st1_mean" if "st1_mean" in line else "success_after_mean") == set()
    last = row(stop.name)
    assert stop.under(Reading()) == last.under(Reading())  # they share their trials
    assert (stop.cap, stop.n_trials) == (last.cap, last.n_trials)
    assert stop.paper.place == f"Table {name[5]}, row {line['row']}"
    assert stop.paper.sequences < last.paper.sequences


@pytest.mark.parametrize(
    ("name", "changed", "what"),
    [
        ("table1/3x2-0.2", {"success_percent": "100"}, "solved"),
        ("table1/3x2-0.5", {"success_after_qualifier": "3800-24000"}, "extremes"),
        ("table2/2a", {"success_after_mean": "5680"}, "sequences"),
        ("table3/q1000-p50", {"weights": "352"}, "weights"),
        ("table4/T100-N3", {"fraction_misclassified_after_st2": "0.000196"}, "wrong"),
        ("table6/T100-N1", {"mean_abs_difference_to_expected_target": "0.014"}, "error"),
        ("table8/T100", {"mse_printed": ""}, "mse"),
    ],
)
def test_a_misprint_is_seen(name: str, changed: dict[str, str], what: str) -> None:
    line = PRINTED[name] | changed
    assert misprinted(row(name).paper, line, mean_of(line)) == {what}


#: Table 10's codes, in our words; what the caption says about ranges is swapped (App. A.1, (4), (5)).
SQUASHING = {"h1": "2f-1", "id": "identity", "g2": "4f-2", "g1": "f"}


def biases(code: str) -> tuple[float, ...] | None:
    """Translate Table 10's columns 10 and 11: r, none and no og set no bias."""
    return None if code in ("r", "none", "no og") else tuple(float(value) for value in code.split(";"))


@pytest.mark.parametrize("name", PRINTED)
def test_rows_against_table_10(name: str) -> None:
    entry, line = row(name), TABLE_10[TASK[name]]
    net = entry.topology
    assert net.block_sizes == (int(line["block_size"]),) * int(line["blocks"])
    assert {task.n_inputs for task in entry.tasks} == {net.n_inputs} == {int(line["inputs"])}
    assert {task.n_outputs for task in entry.tasks} == {net.n_outputs} == {int(line["outputs"])}
    assert net.n_weights == int(line["weights"])
    assert net.biased == line["biased_units"]
    assert (net.recurrent, net.outputs_see_inputs) == {"F": (True, False), "B": (False, True)}[line["connectivity"]]
    assert (net.in_gates, net.out_gates) == (True, line["output_gate_bias"] != "no og")
    assert entry.in_gate_bias == biases(line["input_gate_bias"])
    assert entry.out_gate_bias == biases(line["output_gate_bias"])
    assert (entry.h, entry.g) == (SQUASHING[line["h"]], SQUASHING[line["g"]])
    assert entry.alpha == float(line["learning_rate"])
    assert (net.n_hidden, net.cells_see_hidden, net.constant_unit) == (0, True, False)
    assert entry.grows == (name in ("table2/2a", "table2/2b"))  # Sec. 5.2: added once the error stops decreasing


def test_the_lines_of_tables_10_and_11_that_no_row_has() -> None:
    assert set(TABLE_10) == set(TASK.values())
    assert {task.partition("-")[0] for task in TASK.values()} == set(TABLE_11)
    without_own_line = [
        name for name in TASK if row(name).title.startswith("Task 3") and "T = 1000" in row(name).title
    ]
    assert without_own_line == ["table4/T1000-N3", "table5/T1000-N1"]  # Table 10 lists T = 100 only
    for name in without_own_line:
        like = row(name.replace("1000", "100"))
        ours = row(name).under(Reading())
        assert ours.learner == like.under(Reading()).learner


def test_output_gate_biases_of_four_blocks_are_table_10s() -> None:
    """Sec. 5.1 names three values, -1, -2 and -3; the net with four blocks has -4 besides, by Table 10."""
    assert row("table1/4x1-0.1").out_gate_bias == (-1.0, -2.0, -3.0, -4.0)
    assert row("table1/3x2-0.1").out_gate_bias == (-1.0, -2.0, -3.0)


#: Stopping rules by Table 11, column 5, or by the text that it points to.
STOPS: dict[str, StoppingRule] = {
    "1": AllPredicted(),
    # Table 11 has "after 5 million exemplars" for 2a to 2c, which a mean of 5,040 rules out: Sec. 5.2 has the rule.
    **dict.fromkeys(["2a", "2b", "2c"], CorrectInARow(10_000)),
    "3a": ErrorsOnTestSet(beta=0.01, every=100, most_wrong=0, milestones=("ST1",)),
    "3b": ErrorsOnTestSet(beta=0.04, every=100, most_wrong=5, milestones=("ST1",)),
    # Table 11 has "ST1 and ST2" here too; Sec. 5.3 has one criterion.
    "3c": ErrorsOnTestSet(beta=0.015, every=100, milestones=()),
    "5": FewWrong((140, 13), window=2000),
    **{task: ST3(float(TABLE_11[task]["stop_beta"]), window=2000) for task in ("4", "6a", "6b")},
}


@pytest.mark.parametrize("name", PRINTED)
def test_rows_against_table_11(name: str) -> None:
    entry, task = row(name), TASK[name].partition("-")[0]
    line = TABLE_11[task]
    assert entry.weight_range == float(line["init_high"]) == -float(line["init_low"])
    assert entry.n_test == int(line["test_set_size"] or 2560)  # 2a: no test set
    assert (task == "2a") == (line["test_set_size"] == "")
    stop = entry.stop
    if isinstance(stop, ErrorsOnTestSet):
        assert stop.every == entry.tasks[0].T  # type: ignore[attr-defined]
        assert str(stop.size) in line["test_set_qualifier"]
        stop = dataclasses.replace(stop, every=100)
    assert stop == STOPS[task]
    assert {stop.milestone for stop in entry.stops[:-1]} == set(
        getattr(stop, "milestones", [f"n_seq = {n}" for n in getattr(stop, "n_seq", ())[:-1]])
    )
    for one in entry.tasks:
        if task == "1":  # the most active units: see text
            assert math.isnan(one.tolerance)
        else:
            assert one.tolerance == float(line["success_abs_threshold"])


def test_three_pairs_of_sets_with_ten_trials_each() -> None:
    """Sec. 5.1."""
    for entry in lstm_rows().values():
        if entry.table == "table1":
            specification = entry.under(Reading())
            pairs = [specification.task_of(trial) for trial in range(1, entry.n_trials + 1)]
            assert {pairs.count(EmbeddedReber(i)) for i in (1, 2, 3)} == {10}
            assert len(set(pairs)) == 3
        else:
            assert len(entry.tasks) == 1


def shortest(name: str) -> int:
    """Measure the number of steps of the shortest sequence."""
    n = 100 if name.startswith("table2/") else 3000  # there all are equally long
    return int(np.diff(row(name).tasks[0].sample(np.random.default_rng(0), n).offsets).min())


def last_relevant(name: str) -> int:
    """Say after which step the net has seen everything that the last target depends on, at the latest."""
    task = row(name).tasks[0]
    if isinstance(task, Adding | Multiplication):
        return int(task.last_mark(task.sample(np.random.default_rng(0), 3000)).max())
    if isinstance(task, TemporalOrder):
        batch = task.sample(np.random.default_rng(0), 3000)
        relevant = np.flatnonzero(batch.symbols >= SYMBOLS.index("X"))
        starts = batch.offsets[np.searchsorted(batch.offsets, relevant, side="right") - 1]
        return int((relevant - starts).max()) + 1
    if isinstance(task, TwoSequence):
        return task.N
    return 2 if isinstance(task, EmbeddedReber | Distractors) else 1


#: By task of Table 10: what we measure less what columns 2 and 3 print, and why.
LENGTH_AND_LAG = {
    # 9 is the shortest string; its last symbol is never an input. Its last symbol but one, a target at step 7, is
    # the second symbol again: 5 steps, not 9.
    "1": (-1, -4),
    # Table 10 counts the symbols read, and the text of Sec. 5.2 p steps; input and target are at steps 1 and p.
    "2a": (0, -1),
    "2b": (0, -1),
    # Table 10 has q in both columns. The text has at least q + 4 symbols, the last of which is no input, and q + 1.
    "2c": (3, 1),
    # Up to step N the inputs tell the class; Table 10 has T.
    "3a": (0, -3),
    "3b": (0, -3),
    "3c": (0, -3),
    "4": (0, 0),
    "5": (0, 0),
    "6a": (0, 0),
    "6b": (0, 0),
}


@pytest.mark.parametrize("name", [name for name in PRINTED if "T1000" not in name or name.startswith("table7/")])
def test_lengths_and_lags_against_table_10(name: str) -> None:
    line, group = TABLE_10[TASK[name]], TASK[name].partition("-")[0]
    length, lag = shortest(name), shortest(name) - last_relevant(name)
    if group == "1":
        lag -= 1  # the relevant error is at the last step but one
    if name.endswith("-N1"):
        lag -= 2
    printed = int(line["p_min_sequence_length"]), int(line["lag"])
    assert (length - printed[0], lag - printed[1]) == LENGTH_AND_LAG[group]


@pytest.mark.parametrize("name", [name for name in PRINTED if name.startswith("table3/")])
def test_lags_and_frequencies_of_table_3(name: str) -> None:
    line, [task] = PRINTED[name], row(name).tasks
    assert isinstance(task, Distractors)
    assert shortest(name) - last_relevant(name) == int(line["time_lag"]) == task.q + 1
    assert task.q / task.p == int(line["q_over_p"])
    n = 3000
    lengths = np.diff(task.sample(np.random.default_rng(1), n).offsets) + 1
    error = lengths.std() / math.sqrt(n)
    assert abs(lengths.mean() - (task.q + 13)) < 4 * error  # the text sums its series to q + 14
    assert abs(lengths.mean() - (task.q + 14)) > 4 * error


def test_hashes_differ_between_rows_and_readings_that_differ() -> None:
    assert len({entry.under(Reading()).hash for entry in rows().values()}) == len(rows())
    hashes = {entry.under(reading).hash for entry in lstm_rows().values() for reading in READINGS.values()}
    assert len(hashes) == len(lstm_rows()) * len(READINGS)


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
        ("multiplication_gates", "Sec. 5.4"),
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
    assert isinstance(specification.stop, ST3)
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


def test_every_row_of_lstm_but_two_shares_lanes() -> None:
    """So the book says. Tasks 2a and 2b have more symbols than lanes hold where errors come at every step."""
    alone = {
        name
        for name, entry in lstm_rows().items()
        if kind(entry.under(Reading()).learner_of(1), entry.tasks[0]) is None
    }
    assert alone == {"table2/2a", "table2/2b"}
