"""Tests of lstm97_book.pages.blocks."""

import dataclasses
import html
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from lstm97_book.pages import blocks as pages
from lstm97_book.pages.blocks import source
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from support.prose import numbers, tells
from support.records import record

from lstm97.experiments import lstm_row, lstm_rows, row, rows
from lstm97.net.reading import READINGS
from lstm97.results import VERDICTS, Evidence, Store, evidence, summarise
from lstm97.results.record import at_stop
from lstm97.theory import error_flow
from lstm97.trials import Outcome
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


def items(text: str) -> list[str]:
    """Give the items of the lists in a text."""
    return re.findall("^- (.*)", text, flags=re.MULTILINE)


A = f"**A** {VERDICTS['A']}"
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
    [
        *((0.53, "a second"), (17, "17 seconds"), (120, "2 minutes"), (260, "4.3 minutes"), (800, "13 minutes")),
        *((40_000, "11 hours"), (9_000_000, "100 days")),
    ],
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
    assert pages.verdict(found()) == VERDICTS[""]
    assert tells(pages.verdict(found(*SOLVED[:3])), "3", "20")
    assert "**" not in pages.verdict(found(*SOLVED[:3]))
    assert pages.verdict(found(*SOLVED)) == A
    card = repr(pages.card("It works.", [found(), found(*SOLVED[:3])], "fig-a"))
    missing, some = items(card)
    assert tells(missing, VERDICTS[""], "31,390")
    assert tells(some, "3", "20", "3", "3", "31,390")
    assert "**A**" not in card


def test_card_computes_what_came_out_and_what_it_costs() -> None:
    card = repr(pages.card("It works.", [found(*SOLVED), found(*SOLVED, reading="institute")], "fig-a"))
    [outcome] = items(card)  # of the literal reading only
    assert tells(outcome, A, "20", "20", "30,950", "31,390")
    assert tells(card, "It works.", outcome, "{numref}`fig-a`", "`lstm97 verify --row table9/6a`")
    assert tells(card, "table9/6a`", "20", f"{sum(one['sequences'] for one in SOLVED):,}", "20 seconds")
    assert "verify" not in repr(pages.card("It works.", [found()], "fig-a"))


def test_failures_make_the_mean_a_lower_bound() -> None:
    one = found(*SOLVED[:19], *FAILED)
    assert pages.at_least(one.summary).startswith("≥")
    assert not pages.at_least(found(*SOLVED).summary).startswith("≥")
    text = repr(pages.comparison([one]))
    assert "19 of 20 (76\N{WORD JOINER}–\N{WORD JOINER}99\N{NO-BREAK SPACE}%)" in text
    [trials] = pages.trials_of([one], lambda entry: entry.row.title)
    assert trials["failures"] == [1_000_000]
    assert len(trials["successes"]) == 19


def test_tables_come_from_rows_and_records() -> None:
    rows = [lstm_row("table9/6a"), lstm_row("table9/6b")]
    conditions = {line[0]: line[1:] for line in pages.conditions(rows).rows}
    assert conditions["Input gate biases"] == ("−2.0, −4.0", "−2.0, −4.0, −6.0", "Table 10, col. 11")
    assert conditions["Weights, counted"][:2] == ("156", "308")
    assert pages.paper_values(rows).rows[1][1:4] == ("Table 9, row 2", "10", "571,100")
    assert pages.tested([found(*SOLVED)]).rows[0][2:6] == ("20", "1", "1.1", "2")
    assert pages.tested([found()]).rows[0][2:6] == ("0", "1", "–", "–")
    with pytest.raises(ValueError, match="no rows"):
        pages.conditions([])


# All kinds of rows


def test_conditions_of_every_kind_of_row() -> None:
    names = ("table1/4x1-0.1", "table2/2a", "table3/q50-p50", "table4/T100-N3", "table5/T100-N3", "table8/T100")
    lines = {line[0]: line[1:-1] for line in pages.conditions([lstm_row(name) for name in names]).rows}
    assert lines["Input gate biases"] == ("random", "none", "none", *2 * ["−1.0, −3.0, −5.0"], "random")
    assert lines["Output gate biases"] == (
        "−1.0, −2.0, −3.0, −4.0",
        "no such gates",
        "none",
        *2 * ["−2.0, −4.0, −6.0"],
        "random",
    )
    assert lines["Units with a bias"] == ("gates", *2 * ["no unit"], *2 * ["hidden units"], "all but inputs")
    assert lines["Correct: errors below"] == ("–", "0.25", "0.2", "0.2", "0.2", "0.04")
    assert lines["g"] == ("4f-2", "f", "4f-2", "4f-2", "4f-2", "4f-2")
    assert lines["h"] == ("2f-1", "identity", "2f-1", "2f-1", "2f-1", "2f-1")
    assert lines["Test sequences"] == ("256", "2,560", "10,000", "2,560", "2,560", "2,560")
    assert lines["Weights, counted"] == ("264", "10,504", "364", "102", "102", "93")
    assert lines["Stop"] == tuple(lstm_row(name).stop.criterion for name in names)


def test_what_the_paper_prints_of_every_row() -> None:
    stops = [stop for entry in rows().values() for stop in entry.stops]
    values = {line[0]: line[1:] for line in pages.paper_values(stops).rows}
    assert len(pages.paper_values(stops).rows) == len(stops)
    assert values["table1/3x2-0.2"] == (
        "Table 1, row 7",
        "30",
        "97\N{NO-BREAK SPACE}%",
        "14,060",
        "–",
        "256",
        "276",
    )
    assert values["table2/2b"][3:] == ("5,680", "–", "10,000", "10,504")
    assert values["table8/T100 (n_seq = 140)"][3:5] == ("482,000", "139")
    # 0.000195 and 0.01207 of 2560
    table_5 = {line[0]: line[1:] for line in pages.paper_values([s for s in stops if s.table == "table5"]).rows}
    assert table_5["T1000-N1"][2:4] == ("485,080", "30.9")
    assert table_5["T1000-N1 (ST1)"][2:4] == ("481,060", "–")
    assert [pages.wrong_in_paper(row(name)) for name in ("table4/T100-N3", "table7/T500", "table1/4x1-0.1")] == [
        "0.5",
        "0",
        "–",
    ]


def of_stops(name: str, n: int) -> list[Evidence]:
    """Make the evidence for all stops of a row, from records as the paper prints the means."""
    entry = row(name)
    records = []
    for trial in range(1, n + 1):
        milestones = {
            milestone: {"sequences": int(paper.sequences) + trial, "test": {**TEST, "wrong": 200 + trial}}
            for milestone, paper in entry.milestones
        }
        one = record(trial, int(entry.paper.sequences), row=name) | {"test": {**TEST, "wrong": trial}}
        records.append(one | ({"milestones": milestones} if milestones else {}))
    return [
        Evidence(summarise(records, stop, "literal"), [at_stop(one, stop.milestone) for one in records])
        for stop in entry.stops
    ]


def failing(name: str, n: int) -> Evidence:
    """Make the evidence of trials that were all given up at the row's cap."""
    entry = row(name)
    records = [record(trial, entry.cap, row=name, success=False) | {"cap": entry.cap} for trial in range(1, n + 1)]
    return Evidence(summarise(records, entry, "literal"), records)


def test_rows_about_failure_in_words() -> None:
    shown = [failing(name, 18) for name in ("table2/rtrl-p10", "table2/2b-rtrl", "table2/rtrl-p4-1")]
    card = repr(pages.card("It fails.", shown, "fig-a"))
    of_p10, of_2b, of_p4 = items(card)
    assert tells(of_p10, "RTRL, p = 10", A, "0", "18", "5,000,000", ">\N{NO-BREAK SPACE}5,000,000")
    assert tells(of_2b, "0", "18", "100,000")
    assert numbers(of_2b)[-3:] == ["0", "18", "100,000"]
    assert tells(of_p4, "0", "18", "1,043,000")
    agreed = items(repr(pages.agreements(shown)))
    assert [numbers(line.rpartition("**")[2]) for line in agreed] == [
        ["0", "18", "5,000,000", "5,000,000"],
        ["0", "18", "100,000"],
        ["0", "18", "5,000,000", "78", "4.8"],
    ]
    assert "nan" not in card + "".join(agreed)
    [(_, lines)] = pages.ratios_of(shown)
    assert len(lines) == 2  # there is nothing to divide by for the third


def test_what_the_paper_prints_of_competitors() -> None:
    names = ("table2/rtrl-p4-1", "table2/rtrl-p10", "table2/2b-rtrl", "table1/rtrl-3", "table2/2a")
    assert [pages.sequences_in_paper(row(name)) for name in names] == [
        "1,043,000 (78\N{NO-BREAK SPACE}%)",
        ">\N{NO-BREAK SPACE}5,000,000",
        "–",
        "173,000 (some)",
        "5,040",
    ]
    lines = pages.paper_values([row(name) for name in names]).rows
    assert [line[3] for line in lines] == [
        "78\N{NO-BREAK SPACE}%",
        *2 * ["0\N{NO-BREAK SPACE}%"],
        "some",
        "100\N{NO-BREAK SPACE}%",
    ]
    ranged = dataclasses.replace(row("table1/elman-15").paper, n_weights=119, most_weights=198)
    assert pages.weights_in_paper(dataclasses.replace(row("table1/elman-15"), paper=ranged)) == "119–198"


TEST = {"n": 2560, "wrong": 0, "mean_absolute_error": 0.0123, "mse": 0.001}


@pytest.mark.parametrize("name", lstm_rows())
@pytest.mark.parametrize("n", [0, 1, None])
def test_pages_of_every_row(name: str, n: int | None) -> None:
    entry = row(name)
    n = entry.n_trials if n is None else n
    shown = of_stops(name, n)
    last = shown[-1]
    assert len(shown) == 1 + len(entry.milestones)
    compared, tested = pages.comparison(shown).rows, pages.tested(shown).rows
    for one, line, test in zip(shown, compared, tested, strict=True):
        assert line[0] == test[0] == one.row.label.partition("/")[2]
        assert line[3] == pages.sequences_in_paper(one.row)
        assert test[3] == pages.wrong_in_paper(one.row)
    if n == 0:
        assert compared[-1][2] == compared[-1][4] == compared[-1][6] == "–"
        assert tested[-1][2:] == ("0", pages.wrong_in_paper(entry), "–", "–", "–", "–")
    else:
        assert compared[-1][2].startswith(f"{n} of {n} (")
        assert (compared[-1][4], compared[-1][6]) == (f"{entry.paper.sequences:,.0f}", "1.00")
        assert tested[-1][4:] == (f"{(n + 1) / 2:.1f}", str(n), "0.0123", "0.0123")
        if entry.milestones:
            assert compared[0][4] == f"{entry.milestones[0][1].sequences + (n + 1) / 2:,.0f}"
            assert tested[0][4:6] == (f"{200 + (n + 1) / 2:.1f}", str(200 + n))
    if n == entry.n_trials:
        assert compared[-1][-1] == A

    card = repr(pages.card("It works.", shown, "fig-a"))
    assert card.count("- " + entry.title) == len(shown)
    assert card.count("--row") == (n > 0)  # a row's stops share their trials
    if n:
        assert tells(card, "verify", str(n), f"{n * int(entry.paper.sequences):,}")
    agreements = items(repr(pages.agreements(shown)))
    for one, sentence in zip(shown, agreements, strict=True):
        assert sentence.startswith(f"**{one.row.title}**")
        assert "–" not in sentence
        if n:
            wrong = [record["test"]["wrong"] for record in one.solved]
            figures = [f"{sum(wrong) / n:.1f}", f"{one.row.n_test:,}", str(max(wrong))]
            figures += [] if one.row.paper.wrong is None else [pages.wrong_in_paper(one.row)]
            figures += [] if one.summary.complete else numbers(pages.verdict(one))
            assert numbers(sentence)[-len(figures) :] == figures
    foot = repr(pages.foot(shown))
    assert foot.count(f"| {name} | literal | {n} |") == 1
    [trials] = pages.trials_of([last], lambda one: one.row.label)
    assert len(trials["successes"]) == n
    assert trials["failures"] == []
    assert pages.conditions([lstm_row(one.row.name) for one in shown]).rows


def test_a_card_counts_all_presented_sequences() -> None:
    records = [record(i, 5_000, row="table2/2a") | {"presented": 15_000} for i in (1, 2)]
    card = repr(pages.card("It works.", [found(*records, name="table2/2a")], "fig-a"))
    assert tells(card, "2", "2", "5,000", "2", "30,000")


def test_paper_values_leave_out_what_the_paper_does_not_print() -> None:
    table = pages.paper_values([row("table1/4x1-0.1"), row("table1/3x2-0.2")])
    assert table.head == ("Row", "Place", "Trials", "Solved", "Sequences", "Weights")
    assert [line[3] for line in table.rows] == ["100\N{NO-BREAK SPACE}%", "97\N{NO-BREAK SPACE}%"]
    assert "Solved" not in pages.paper_values([row("table9/6a")]).head


def test_tally_counts_complete_rows_by_verdict() -> None:
    entries = [found(*SOLVED), found(*SOLVED[:3]), found(*SOLVED, reading="institute")]
    literal, institute = items(repr(pages.tally(entries)))
    assert tells(literal, "`literal`", "2", "1 A", "1")
    assert tells(institute, "`institute`", "1", "1 A")
    assert numbers(literal) == ["2", "1", "1"]
    assert numbers(institute) == ["1", "1"]


def test_scaling_has_the_paper_first_and_failures_at_their_caps() -> None:
    entries = [found(*SOLVED[:2], *FAILED), found(name="table9/6b"), found(*SOLVED[:1], reading="institute")]
    paper, literal, institute = pages.scaling_of(entries, lambda one: len(lstm_row(one.name).topology.block_sizes))
    assert paper == {"x": [2, 3], "paper": [31_390, 571_100]}
    assert literal["trials"] == [[(30_000.0, True), (30_100.0, True), (1_000_000.0, False)]]
    assert (literal["label"], literal["x"], literal["means"]) == ("literal", [2], [entries[0].summary.mean])
    assert (institute["label"], institute["x"]) == ("institute", [2])


def test_agreements_say_nothing_of_test_figures_that_the_paper_lacks() -> None:
    one = found(*[record(i, 10_000, row="table1/3x2-0.2") for i in range(1, 4)], name="table1/3x2-0.2")
    [line] = items(repr(pages.agreements([one])))
    assert tells(line, "3", "3", "97\N{NO-BREAK SPACE}%")
    wrong = [each["test"]["wrong"] for each in one.records]
    assert tells(line, f"{sum(wrong) / 3:.1f}", str(max(wrong)), *numbers(pages.verdict(one)))
    assert numbers(line)[-3:] == [str(max(wrong)), *numbers(pages.verdict(one))]


def test_readings_are_compared_where_they_differ() -> None:
    switches = [line[0] for line in pages.readings_compared("literal", "institute").rows]
    assert switches == [f"`{name}`" for name, _ in READINGS["institute"].differences()]
    assert pages.readings_compared("literal", "literal").rows == ()


def test_agreements_count_the_nets_beyond_the_text() -> None:
    measured, missing = items(repr(pages.agreements([found(*SOLVED), found(name="table9/6b")], most_wrong=1)))
    assert tells(measured, "0.99")
    assert numbers(measured)[-3:] == ["1", str(sum(i % 3 > 1 for i in range(1, 21))), "20"]
    assert missing == f"**Temporal order of three symbols**: {VERDICTS['']}."


def test_foot_names_records_specification_and_versions() -> None:
    text = repr(pages.foot([found(*SOLVED)]))
    assert f"| table9/6a | literal | 20 | 20 seconds | `{SOLVED[0]['specification']}` |" in text
    assert "`data/runs/table9.jsonl`" in text


def test_foot_sets_trials_beyond_the_papers_number_apart() -> None:
    more = [record(trial, 90_000) for trial in range(21, 24)]
    plain, longer = repr(pages.foot([found(*SOLVED)])), repr(pages.foot([found(*SOLVED, *more)]))
    both = zip(plain.splitlines(), longer.splitlines(), strict=True)
    [(before, after)] = [(one, other) for one, other in both if one != other]
    assert after.startswith(before)
    assert tells(after.removeprefix(before), "3", "table9/6a", "literal")
    assert numbers(after.removeprefix(before)) == ["3"]


# Text of records is data

MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "**a** _b_ ~~c~~ `d` ``e",
    "[a](javascript:alert(1)) ![b](c)",
    "https://example.com <https://example.com>",
    "a | b || c",
    r"\| \\| \<b\>",
    "$x$ $$y$$ \\(z\\)",
    "{{ title }} {ref}`a` {eval-rst}`b`",
    ":::{card} ::: ```{code}",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "# a > b - c + d = e",
    'a" onmouseover="b" \'c\'',
]


def shown(markdown: str) -> str:
    """Make HTML of Markdown with what the book's parser understands."""
    extensions = yaml.safe_load((Path(__file__).parents[2] / "_config.yml").read_text(encoding="utf-8"))["parse"]
    parser = create_md_parser(
        MdParserConfig(enable_extensions=set(extensions["myst_enable_extensions"])), RendererHTML
    )
    return str(parser.render(markdown))


def as_html(text: str) -> str:
    return html.escape(text).replace("&#x27;", "'")


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_a_records_text_is_shown_and_not_obeyed(text: str) -> None:
    assert shown(f"before {pages.escaped(text)} after") == f"<p>before {as_html(text)} after</p>\n"
    cells = shown(pages.Table(("a", "b"), ((pages.escaped(text), "c"),), left=2)._repr_markdown_())
    assert re.findall(r"<td.*?>(.*?)</td>", cells) == [as_html(text), "c"]


def test_what_is_not_escaped_is_obeyed() -> None:
    obeyed = [text for text in MARKUP if shown(f"before {text} after") != f"<p>before {as_html(text)} after</p>\n"]
    assert len(obeyed) >= 9


@pytest.mark.parametrize("text", MARKUP)
def test_a_doctored_record_puts_no_markup_on_a_page(text: str, tmp_path: Path) -> None:
    """Every text that a record may hold, and every block that is made from records."""
    versions = {"numpy": f"2 {text}", f"x {text}": "1"}
    doctored = record(1, 30_000) | {"versions": versions, "commit": f"abc {text}"}
    store = Store(tmp_path)
    store.append(doctored)
    one = next(one for one in evidence("table9", store) if one.records)
    foot = repr(pages.foot([one]))
    assert pages.escaped(f"numpy 2 {text}, x {text} 1") in foot
    rerun = Rerun(doctored | {"row": f"table9/{text}", "reading": text}, outcome_of(doctored), {})
    blocks: list[pages.Markdown | pages.Table] = [
        *(pages.foot([one]), pages.card("It works.", [one], "fig-a"), pages.agreements([one]), pages.tally([one])),
        *(pages.comparison([one]), pages.tested([one]), pages.misclassified([one]), pages.reruns([rerun])),
        pages.verdict_counts([one]),
    ]
    for block in blocks:
        assert text not in block._repr_markdown_()


def test_a_net_that_ran_away_can_be_listed() -> None:
    solved = [record(trial, 1000) for trial in (1, 2)]
    solved[0]["test"] |= {"mean_absolute_error": None, "mse": None}
    (line,) = pages.tested([found(*solved)]).rows
    assert line[-2:] == ("–", "0.0100")


def outcome_of(one: dict[str, Any]) -> Outcome:
    return Outcome(True, one["sequences"], one["sequences"], one["steps"], one["test"], one["curve"], None)


def test_reruns_show_a_difference() -> None:
    outcome = Outcome(True, 30_000, 30_000, 1, SOLVED[0]["test"], SOLVED[0]["curve"], None)
    same = Rerun(SOLVED[0], outcome, {})
    other = Rerun(SOLVED[0], outcome, {"sequences": (30_000, 30_001)})
    verdicts = [line[-1] for line in pages.reruns([same, other]).rows]
    assert "sequences" not in verdicts[0]
    assert tells(verdicts[1], "sequences")


# All rows together


def test_verdicts_are_counted_by_reading() -> None:
    literal = [found(*SOLVED), found(*SOLVED[:3]), found(name="table9/6b")]
    table = pages.verdict_counts([*literal, found(*SOLVED, reading="institute")])
    assert table.head == ("Reading", "Rows", *"ABCNU", "Trials missing", "Not run")
    assert table.rows == (
        ("`literal`", "3", "1", "0", "0", "0", "0", "1", "1"),
        ("`institute`", "1", "1", "0", "0", "0", "0", "0", "0"),
    )
    assert pages.verdict_counts([]).rows == ()


def test_rows_are_grouped_by_table_under_what_their_titles_share() -> None:
    first, last = of_stops("table8/T100", 2)
    groups = pages.by_table([found(*SOLVED), found(name="table9/6b"), first, last, *of_stops("table7/T500", 1)])
    named = [(heading, [label for label, _ in rows]) for heading, rows in groups]
    assert named == [
        ("Table 9", ["Temporal order of two symbols", "Temporal order of three symbols"]),
        ("Table 8: Multiplication problem", ["T = 100, n_seq = 140", "T = 100, last stop"]),
        ("Table 7: Adding problem", ["T = 500"]),
    ]


def test_ratios_leave_out_what_was_not_run_and_say_what_is_missing() -> None:
    some = found(*SOLVED[:2], *FAILED)
    [(_, rows_of_9)] = pages.ratios_of([found(*SOLVED), found(name="table9/6b")])
    assert [one["verdict"] for one in rows_of_9] == ["A"]
    [(_, [one])] = pages.ratios_of([some])
    assert (one["verdict"], len(one["successes"]), one["paper"]) == ("3 of 20, 1 failed", 2, 31_390)
    assert pages.ratios_of([found()]) == []


def test_fractions_misclassified_are_written_as_in_the_paper() -> None:
    [line] = pages.misclassified(of_stops("table6/T100-N3", 4)).rows
    assert line == ("T100-N3", "literal", "4", "0.00558", "0.000977", "0.000391", "0.00156", "0.014", "0.0123")
    st1, st2 = (line[3:7] for line in pages.misclassified(of_stops("table4/T100-N3", 1)).rows)
    assert (st1[0], st2[0]) == ("–", "0.000195")
    assert [pages.fraction(value) for value in (0.0, 5.38e-05, 0.5, None)] == ["0", "0.0000538", "0.5", "–"]
    [empty] = pages.misclassified([found(name="table6/T100-N1")]).rows
    assert empty[2:7] == ("0", "0.00441", "–", "–", "–")


def test_rows_of_several_tables_are_told_apart() -> None:
    several = [lstm_row("table4/T100-N3"), lstm_row("table6/T100-N3")]
    assert pages.conditions(several).head == ("Condition", "table4/T100-N3", "table6/T100-N3", "Place")
    assert pages.conditions(several[:1]).head == ("Condition", "T100-N3", "Place")
