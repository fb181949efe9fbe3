"""Tests of lstm97.pages."""

import math
from typing import Any

import pytest
from records import record

from lstm97 import error_flow, pages
from lstm97.experiments import row
from lstm97.pages import source
from lstm97.reading import READINGS
from lstm97.trials import Evidence, Outcome, summarise
from lstm97.trials.runner import Rerun


def test_source_is_the_function_without_its_docstring():
    shown = source(error_flow.decay_per_step)
    assert repr(shown) == "def decay_per_step(n: int, w_max: float) -> float:\n    return n * w_max / 4.0"
    assert shown._repr_markdown_() == f"```python\n{shown!r}\n```"


def test_source_takes_several_functions_compiled_or_not():
    class Compiled:
        py_func = staticmethod(error_flow.decay_per_step)

    code = repr(source(error_flow.output_error, Compiled()))  # type: ignore[arg-type]
    assert code.index("def output_error") < code.index("\n\ndef decay_per_step")
    assert '"""' not in code


def test_source_refuses_nothing():
    with pytest.raises(ValueError, match="no function"):
        source()


# The pieces of an experiment's page


def found(*records: dict[str, Any], name: str = "table9/6a", reading: str = "literal") -> Evidence:
    return Evidence(summarise(list(records), row(name), reading), list(records))


SOLVED = [record(i + 1, 30_000 + 100 * i) for i in range(20)]
FAILED = [record(20, row("table9/6a").cap, success=False)]


def test_numbers_have_thousands_separated_and_a_dash_when_unknown() -> None:
    assert [pages.number(31_390), pages.number(-2.0, 1), pages.number(math.nan), pages.number(None)] == [
        "31,390",
        "−2.0",
        "–",
        "–",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.53, "0.5 seconds"), (17, "17 seconds"), (260, "4.3 minutes"), (800, "13 minutes"), (40_000, "11 hours")],
)
def test_durations_have_two_digits(seconds: float, text: str) -> None:
    assert pages.duration(seconds) == text


def test_table_aligns_words_left_and_numbers_right() -> None:
    table = pages.Table(("Row", "n", "Verdict"), (("a", "1,000", "A"), ("long", "2", "B|C")), words_last=True)
    assert repr(table) == "Row       n  Verdict\na     1,000  A\nlong      2  B|C"
    assert table._repr_markdown_().splitlines()[1:] == [
        "| :-- | --: | :-- |",
        "| a | 1,000 | A |",
        r"| long | 2 | B\|C |",
    ]


def test_what_is_missing_is_said_and_never_judged() -> None:
    assert pages.verdict(found()) == "not measured yet"
    assert pages.verdict(found(*SOLVED[:3])) == "3 of 20 trials so far"
    assert pages.verdict(found(*SOLVED)) == "**A** reproduced"
    card = repr(pages.card("It works.", [found(), found(*SOLVED[:3])], "fig-a"))
    assert "not measured yet. The paper has 31,390." in card
    assert "3 of 20 trials so far. 3 of 3 trials met the criterion" in card
    assert "**A**" not in card


def test_card_computes_what_came_out_and_what_it_costs() -> None:
    card = repr(pages.card("It works.", [found(*SOLVED), found(*SOLVED, reading="institute")], "fig-a"))
    assert "**The paper's claim.** It works." in card
    assert "**A** reproduced. 20 of 20 trials met the criterion, after 30,950 sequences on average" in card
    assert "`lstm97 verify --row table9/6a`" in card
    assert f"presented {sum(one['sequences'] for one in SOLVED):,} sequences and took 20 seconds" in card
    assert "{numref}`fig-a`" in card
    assert "To run it again" not in repr(pages.card("It works.", [found()], "fig-a"))


def test_failures_make_the_mean_a_lower_bound() -> None:
    one = found(*SOLVED[:19], *FAILED)
    assert pages.at_least(one.summary).startswith("≥")
    assert not pages.at_least(found(*SOLVED).summary).startswith("≥")
    text = repr(pages.comparison([one]))
    assert "19 of 20 (76–99\N{NO-BREAK SPACE}%)" in text
    [trials] = pages.trials_of([one], lambda entry: entry.row.title)
    assert trials["failures"] == [1_000_000]
    assert len(trials["successes"]) == 19


def test_tables_come_from_rows_and_records() -> None:
    rows = [row("table9/6a"), row("table9/6b")]
    conditions = {line[0]: line[1:] for line in pages.conditions(rows).rows}
    assert conditions["Input gate biases"] == ("−2.0, −4.0", "−2.0, −4.0, −6.0", "Table 10, col. 11")
    assert conditions["Weights, counted"][:2] == ("156", "308")
    assert pages.paper_values(rows).rows[1][1:4] == ("Table 9, row 2", "10", "571,100")
    assert pages.tested([found(*SOLVED)]).rows[0][2:6] == ("20", "1", "1.1", "2")
    assert pages.tested([found()]).rows[0][2:6] == ("0", "1", "–", "–")
    with pytest.raises(ValueError, match="no rows"):
        pages.conditions([])


def test_paper_values_leave_out_what_the_paper_does_not_print() -> None:
    table = pages.paper_values([row("table1/4x1-0.1"), row("table1/3x2-0.2")])
    assert table.head == ("Row", "Place", "Trials", "Solved", "Sequences", "Weights")
    assert [line[3] for line in table.rows] == ["100\N{NO-BREAK SPACE}%", "97\N{NO-BREAK SPACE}%"]
    assert "Solved" not in pages.paper_values([row("table9/6a")]).head


def test_a_net_without_biases_or_gates_has_none_to_show() -> None:
    lines = {line[0]: line[1:3] for line in pages.conditions([row("table2/2a"), row("table1/4x1-0.1")]).rows}
    assert lines["Input gate biases"] == ("–", "random")
    assert lines["Output gate biases"] == ("–", "−1.0, −2.0, −3.0, −4.0")


def test_tally_counts_complete_rows_by_verdict() -> None:
    entries = [found(*SOLVED), found(*SOLVED[:3]), found(*SOLVED, reading="institute")]
    assert repr(pages.tally(entries)).splitlines() == [
        "- `literal`, 2 rows: 1 A (reproduced), 1 not complete yet.",
        "- `institute`, 1 rows: 1 A (reproduced).",
    ]


def test_scaling_has_the_paper_first_and_failures_at_their_caps() -> None:
    entries = [found(*SOLVED[:2], *FAILED), found(name="table9/6b"), found(*SOLVED[:1], reading="institute")]
    paper, literal, institute = pages.scaling_of(entries, lambda one: len(one.topology.block_sizes))
    assert paper == {"x": [2, 3], "paper": [31_390, 571_100]}
    assert literal["trials"] == [[(30_000.0, True), (30_100.0, True), (1_000_000.0, False)]]
    assert (literal["label"], literal["x"], literal["means"]) == ("literal", [2], [entries[0].summary.mean])
    assert (institute["label"], institute["x"]) == ("institute", [2])


def test_agreements_say_nothing_of_test_figures_that_the_paper_lacks() -> None:
    one = found(*[record(i, 10_000, row="table1/3x2-0.2") for i in range(1, 4)], name="table1/3x2-0.2")
    text = repr(pages.agreements([one]))
    assert "the paper has 97 % of its trials solved" in text
    assert "the paper prints" not in text


def test_readings_are_compared_where_they_differ() -> None:
    switches = [line[0] for line in pages.readings_compared("literal", "institute").rows]
    assert switches == [f"`{name}`" for name, _ in READINGS["institute"].differences()]
    assert pages.readings_compared("literal", "literal").rows == ()


def test_agreements_count_the_nets_beyond_the_text() -> None:
    text = repr(pages.agreements([found(*SOLVED), found(name="table9/6b")], most_wrong=1))
    assert "1 times fewer sequences" in text
    assert f"never more than 1; {sum(i % 3 > 1 for i in range(1, 21))} of our 20 nets had more" in text
    assert text.endswith("**Temporal order of three symbols**: not measured yet.")


def test_foot_names_records_specification_and_versions() -> None:
    text = repr(pages.foot([found(*SOLVED)]))
    assert f"| table9/6a | literal | 20 | 20 seconds | `{SOLVED[0]['specification']}` |" in text
    assert "`data/runs/table9.jsonl`" in text


def test_reruns_show_a_difference() -> None:
    outcome = Outcome(True, 30_000, 1, SOLVED[0]["test"], SOLVED[0]["curve"], None)
    same = Rerun(SOLVED[0], outcome, {})
    other = Rerun(SOLVED[0], outcome, {"sequences": (30_000, 30_001)})
    verdicts = [line[-1] for line in pages.reruns([same, other]).rows]
    assert verdicts == ["same in every field", "differs: sequences"]
