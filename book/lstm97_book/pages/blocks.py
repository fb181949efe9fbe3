"""What the book's pages show besides figures.

A function's source, beside the equation that it is; and the pieces of an experiment's page, all made from rows and
records: the first card, the conditions, the paper beside measured, the readings, the foot.
"""

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lstm97.experiments import LSTMRow, Row
from lstm97.net.reading import Reading, named
from lstm97.results import VERDICTS, Evidence
from lstm97.results.record import Record, presented, under_cap
from lstm97.results.scoreboard import at_least, line_of, sequences_in_paper, share, weights_in_paper, wrong_in_paper
from lstm97.text import Table, duration, fraction, number
from lstm97.trials.runner import Rerun, rerun


@dataclass(frozen=True)
class Source:
    """Python code that a notebook shows as code."""

    code: str

    def __repr__(self) -> str:
        """Return the bare code."""
        return self.code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"


def source(*functions: Callable[..., Any]) -> Source:
    """Return the source of functions without their docstrings, ready to be shown.

    Parameters
    ----------
    *functions : functions
        Plain or compiled by Numba.

    Returns
    -------
    Source
        The last value of a notebook's cell is shown as highlighted code.

    Raises
    ------
    ValueError
        If no function is given.
    """
    if not functions:
        raise ValueError("source: no function given; name at least one")
    return Source("\n\n".join(_without_docstring(function) for function in functions))


def _without_docstring(function: Any) -> str:
    text = textwrap.dedent(inspect.getsource(getattr(function, "py_func", function)))
    definition = ast.parse(text).body[0]
    assert isinstance(definition, ast.FunctionDef)
    lines = text.rstrip().splitlines()
    if ast.get_docstring(definition) is not None:
        first = definition.body[0]
        del lines[first.lineno - 1 : first.end_lineno]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------- what a page shows


@dataclass(frozen=True)
class Markdown:
    """Text in the book's Markdown that a cell shows."""

    text: str

    def __repr__(self) -> str:
        """Return the bare text."""
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True)
class Told:
    """Numbers that were handed to the prose; shown as text, they are compared with what is stored."""

    values: Mapping[str, object]

    def __repr__(self) -> str:
        """Return a line for each."""
        return "\n".join(f"{name}: {value}" for name, value in self.values.items())


def tell(**values: object) -> Told:
    """Hand numbers to a page's prose, which shows them with ``{glue:text}`` and the name.

    Parameters
    ----------
    **values : str or number
        Each as it is to be read.
    """
    from myst_nb import glue  # here, since it is only for notebooks

    for name, value in values.items():
        glue(name, value, display=False)
    return Told(values)


def escaped(text: str) -> str:
    """Write text that came with a record so that a page shows it as it is: no markup in it is obeyed.

    Returns
    -------
    str
        Markdown in which all but letters, digits, blanks and ``. , -`` are character references.
    """
    return "".join(char if char.isalnum() or char in " .,-" else f"&#{ord(char)};" for char in text)


def verdict(one: Evidence) -> str:
    """Write a row's verdict: the letter with its word, or what is still missing."""
    line = line_of(one.summary)
    return f"**{line.verdict}** {line.word}" if line.verdict else line.word


def card(claim: str, found: Sequence[Evidence], figure: str) -> Markdown:
    """Make a page's first card: the claim, what came out, what it costs to run again.

    Parameters
    ----------
    claim : str
        The paper's claim in one sentence, with section and table.
    found : sequence of Evidence
        From `lstm97.results.evidence`.
    figure : str
        Label of the figure that carries the answer.
    """
    lines = [
        ":::{card} In one screen",
        ":class-card: answer",
        f"**The paper's claim.** {claim}",
        "",
        "**What came out**, with the paper's words taken literally:",
        "",
    ]
    literal = [one for one in found if one.reading == "literal"]
    lines += [f"- {_outcome(one)}" for one in literal]
    lines += ["", f"{{numref}}`{figure}` shows every trial.", ""]
    measured = [one for one in literal if one.records and not one.row.milestone]
    if measured:
        names = " ".join(f"--row {one.row.name}" for one in measured)
        sequences = sum(presented(record) for one in measured for record in one.records)
        seconds = math.fsum(one.summary.seconds for one in measured)
        n = sum(one.summary.n for one in measured)
        lines.append(
            f"**To run it again**: `lstm97 verify {names}` repeats the trials and compares them to the last bit. The "
            f"{number(n)} trials of the literal reading presented {number(sequences)} sequences and took "
            f"{duration(seconds)} on one core."
        )
    return Markdown("\n".join([*lines, ":::"]))


def _outcome(one: Evidence) -> str:
    """One row in one sentence."""
    summary, row = one.summary, one.row
    printed = not math.isnan(row.paper.sequences)
    paper = (
        f"The paper has {sequences_in_paper(row)}."
        if printed
        else "The paper prints no number, but says that it fails."
    )
    if not summary.n:
        return f"{row.title}: {VERDICTS['']}. {paper}"
    so_far = "" if summary.complete else f", {verdict(one)}"
    interval = ""
    if summary.low < summary.high:
        interval = f" (95 % bootstrap interval {number(summary.low)} to {number(summary.high)})"
    outcome = (
        f"{row.title}{so_far or ': ' + verdict(one)}. {summary.n_solved} of {summary.n} trials met the criterion"
    )
    if row.paper.solved == 0.0 and not summary.n_solved:
        return f"{outcome} within {number(row.cap)} sequences. {paper}"
    return f"{outcome}, after {at_least(summary)} sequences on average{interval}. {paper}"


def tally(found: Sequence[Evidence]) -> Markdown:
    """Count the verdicts of rows, reading by reading.

    Returns
    -------
    Markdown
        A list with one line per reading that was run.
    """
    lines = []
    for reading in dict.fromkeys(one.reading for one in found):
        of_reading = [one for one in found if one.reading == reading]
        verdicts = [one.summary.verdict if one.summary.complete else None for one in of_reading]
        counts = [
            f"{verdicts.count(key)} {key} ({word})" for key, word in VERDICTS.items() if key in verdicts and key
        ]
        if None in verdicts:
            counts.append(f"{verdicts.count(None)} not complete yet")
        n_rows = f"{len(of_reading)} {'row' if len(of_reading) == 1 else 'rows'}"
        lines.append(f"- `{reading}`, {n_rows}: {', '.join(counts)}.")
    return Markdown("\n".join(lines))


def scaling_of(found: Sequence[Evidence], x: Callable[[Row], float]) -> list[dict[str, Any]]:
    """Prepare rows for `lstm97_book.figures.scaling`.

    Parameters
    ----------
    found : sequence of Evidence
        The literal reading has all rows; the order of its rows is that of the axis.
    x : callable
        Gives a row's place on the axis.

    Returns
    -------
    list of dict
        The paper, then every reading with those of its rows that have records.
    """
    rows = [one.row for one in found if one.reading == "literal"]
    series: list[dict[str, Any]] = [{"x": [x(row) for row in rows], "paper": [row.paper.sequences for row in rows]}]
    for reading in dict.fromkeys(one.reading for one in found):
        measured = [one for one in found if one.reading == reading and one.records]
        if measured:
            outcomes = [[under_cap(record, one.row.cap) for record in one.records] for one in measured]
            series.append(
                {
                    "label": reading,
                    "x": [x(one.row) for one in measured],
                    "trials": [[(sequences, success) for success, sequences in trials] for trials in outcomes],
                    "means": [one.summary.mean for one in measured],
                }
            )
    return series


def trials_of(found: Iterable[Evidence], label: Callable[[Evidence], str]) -> list[dict[str, Any]]:
    """Prepare rows for `lstm97_book.figures.sequences_to_success`.

    Parameters
    ----------
    label : callable
        Makes a row's label.
    """
    return [
        {
            "label": label(one),
            "successes": [record["sequences"] for record in one.solved],
            "failures": [min(record["cap"], one.row.cap) for record in one.records if record not in one.solved],
            "mean": one.summary.mean if one.records else None,
            "low": one.summary.low,
            "high": one.summary.high,
            "paper": one.row.paper.sequences,
        }
        for one in found
    ]


def paper_values(rows: Sequence[Row]) -> Table:
    """List what the paper prints for rows, each with its place; columns that it prints for none are left out."""
    columns: list[tuple[str, Callable[[str, Row], str], bool]] = [
        ("Row", lambda name, row: name, True),
        ("Place", lambda name, row: row.paper.place, True),
        ("Trials", lambda name, row: number(row.n_trials), True),
        (
            "Solved",
            lambda name, row: share(row.paper.solved),
            _any(rows, "solved", 1.0),
        ),
        ("Sequences", lambda name, row: number(row.paper.sequences), True),
        ("Wrong", lambda name, row: wrong_in_paper(row), _any(rows, "wrong")),
        ("Of", lambda name, row: number(row.n_test), _any(rows, "wrong")),
        ("Weights", lambda name, row: weights_in_paper(row), True),
    ]
    shown = [(name, value) for name, value, is_printed in columns if is_printed]
    return Table(
        tuple(name for name, _ in shown),
        tuple(tuple(value(name, row) for _, value in shown) for name, row in zip(_names(rows), rows, strict=True)),
        left=2,
    )


def _any(rows: Sequence[Row], name: str, nothing: object = None) -> bool:
    """Whether the paper prints something other than `nothing` for any of the rows."""
    return any(bool(getattr(row.paper, name) != nothing) for row in rows)


def _short(row: Row) -> str:
    """Name a row among those of its table, as the command does."""
    return row.label.partition("/")[2]


def _names(rows: Sequence[Row]) -> list[str]:
    """Name rows as short as they can be told apart."""
    return [row.label if len({row.table for row in rows}) > 1 else _short(row) for row in rows]


def conditions(rows: Sequence[LSTMRow]) -> Table:
    """List the conditions of rows, made from the rows, with the place where the paper has them.

    Returns
    -------
    Table
        A line per condition, a column per row.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    if not rows:
        raise ValueError("conditions: no rows; give at least one")
    biased = {"none": "no unit", "ga": "gates", "b1": "hidden units", "all": "all but inputs"}

    def biases(row: LSTMRow, n_gates: int, values: tuple[float, ...] | None) -> str:
        if not n_gates:
            return "no such gates"
        if values is None:
            return "none" if row.topology.biased == "none" else "random"
        return ", ".join(number(value, 1) for value in values)

    lines: tuple[tuple[str, Callable[[LSTMRow], str], str], ...] = (
        ("Input units", lambda row: number(row.topology.n_inputs), "Table 10, col. 6"),
        ("Memory cell blocks", lambda row: number(row.topology.n_blocks), "Table 10, col. 4"),
        (
            "Cells in each block",
            lambda row: ", ".join(map(str, row.topology.block_sizes)),
            "Table 10, col. 5",
        ),
        ("Output units", lambda row: number(row.topology.n_outputs), "Table 10, col. 7"),
        ("Units with a bias", lambda row: biased[row.topology.biased], "Table 10, col. 12"),
        (
            "Weights, counted",
            lambda row: number(row.n_weights),
            f"{rows[0].paper.place.partition(',')[0]}",
        ),
        ("Learning rate", lambda row: f"{row.alpha:g}", "Table 10, col. 15"),
        ("Initial weights", lambda row: f"±{row.weight_range:g}", "Table 11, col. 3"),
        ("Input gate biases", lambda row: biases(row, row.topology.n_in, row.in_gate_bias), "Table 10, col. 11"),
        ("Output gate biases", lambda row: biases(row, row.topology.n_out, row.out_gate_bias), "Table 10, col. 10"),
        ("g", lambda row: row.g, "Table 10, col. 14"),
        ("h", lambda row: row.h, "Table 10, col. 13"),
        ("Stop", lambda row: row.stop.criterion, "Table 11, col. 5"),
        ("Correct: errors below", lambda row: f"{row.tasks[0].tolerance:g}".replace("nan", "–"), "Table 11, col. 6"),
        ("Test sequences", lambda row: number(row.n_test), "Table 11, col. 4"),
        ("Trials", lambda row: number(row.n_trials), f"{rows[0].paper.place.partition(',')[0]}, caption"),
        ("Given up after", lambda row: number(row.cap), "our choice"),
    )
    return Table(
        ("Condition", *_names(rows), "Place"),
        tuple((name, *(value(row) for row in rows), place) for name, value, place in lines),
        words_last=True,
    )


def comparison(found: Sequence[Evidence]) -> Table:
    """Put the paper's numbers of sequences beside the measured ones, with intervals and verdicts."""
    rows = tuple(
        (
            _short(one.row),
            line.reading,
            f"{line.solved} ({line.rate})" if line.rate else line.solved,
            line.paper,
            line.mean,
            line.interval,
            line.ratio,
            verdict(one),
        )
        for one, line in ((one, line_of(one.summary)) for one in found)
    )
    head = ("Row", "Reading", "Solved", "Paper", "Measured", "95 % interval", "Ratio", "Verdict")
    return Table(head, rows, left=2, words_last=True)


def verdict_counts(found: Sequence[Evidence]) -> Table:
    """Count rows by verdict, under every reading. A stop that the paper prints a line for counts as a row."""
    letters = [letter for letter in VERDICTS if letter]
    lines = []
    for reading in dict.fromkeys(one.reading for one in found):
        of_reading = [one for one in found if one.reading == reading]
        unjudged = [one for one in of_reading if not one.summary.verdict]
        counts = [sum(one.summary.verdict == letter for one in of_reading) for letter in letters]
        counts += [sum(bool(one.records) for one in unjudged), sum(not one.records for one in unjudged)]
        lines.append((f"`{reading}`", number(len(of_reading)), *map(number, counts)))
    return Table(("Reading", "Rows", *letters, "Trials missing", "Not run"), tuple(lines))


def by_table(found: Sequence[Evidence]) -> list[tuple[str, list[tuple[str, Evidence]]]]:
    """Group rows by the paper's tables.

    Returns
    -------
    list of (heading, rows)
        The heading is the table's number with what its rows' titles have in common; each row comes with the rest of
        its title.
    """

    def rest(one: Evidence, in_common: str) -> str:
        last = ", last stop" if one.row.milestones and not one.row.milestone else ""
        return one.row.title.removeprefix(in_common) + last

    groups = []
    for table in dict.fromkeys(one.row.table for one in found):
        of_table = [one for one in found if one.row.table == table]
        number = of_table[0].row.table_number
        heading = table if number is None else f"Table {number}"
        shared = {one.row.title.partition(", ")[0] for one in of_table}
        in_common = f"{shared.pop()}, " if len(shared) == 1 else ""
        if in_common and all(one.row.title.startswith(in_common) for one in of_table):
            heading += f": {in_common.removesuffix(', ')}"
        else:
            in_common = ""
        groups.append((heading, [(rest(one, in_common), one) for one in of_table]))
    return groups


def ratios_of(found: Sequence[Evidence]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Prepare the rows that have records, and a printed number, for `lstm97_book.figures.ratios_to_paper`."""

    def row(label: str, one: Evidence) -> dict[str, Any]:
        [trials] = trials_of([one], lambda _: label)
        verdict = one.summary.verdict or f"{one.summary.n} of {one.row.n_trials}"
        failed = f", {one.summary.n_failed} failed" if one.summary.n_failed else ""
        return trials | {"verdict": verdict + failed}

    measured = [one for one in found if one.records and not math.isnan(one.row.paper.sequences)]
    return [(heading, [row(label, one) for label, one in rows]) for heading, rows in by_table(measured)]


def tested(found: Sequence[Evidence]) -> Table:
    """Put the paper's test results beside those of the solved trials."""
    rows = []
    for one in found:
        tests = [record["test"] for record in one.solved]
        wrong = [test["wrong"] for test in tests]
        errors = [test["mean_absolute_error"] for test in tests if test["mean_absolute_error"] is not None]
        rows.append(
            (
                _short(one.row),
                one.reading,
                number(len(tests)),
                wrong_in_paper(one.row),
                number(one.summary.wrong, 1),
                number(max(wrong, default=math.nan)),
                number(one.summary.mean_absolute_error, 4),
                number(max(errors, default=math.nan), 4),
            )
        )
    head = (
        "Row",
        "Reading",
        "Nets",
        "Wrong, paper",
        "Wrong, mean",
        "Wrong, most",
        "Error, mean",
        "Error, most",
    )
    return Table(head, tuple(rows), left=2)


def misclassified(found: Sequence[Evidence]) -> Table:
    """Put the paper's fractions of wrong test sequences beside those of the solved trials' nets.

    Paper: Tables 4, 5 and 6.
    """

    def share(wrong: float | None, one: Evidence) -> str:
        return fraction(None if wrong is None else wrong / one.row.n_test)

    rows = []
    for one in found:
        wrong = [float(record["test"]["wrong"]) for record in one.solved]
        rows.append(
            (
                _short(one.row),
                one.reading,
                number(len(wrong)),
                share(one.row.paper.wrong, one),
                share(one.summary.wrong, one),
                share(min(wrong, default=math.nan), one),
                share(max(wrong, default=math.nan), one),
                number(one.row.paper.mean_absolute_error, 3),
                number(one.summary.mean_absolute_error, 4),
            )
        )
    head = ("Row", "Reading", "Nets", "Wrong, paper", "Mean", "Least", "Most", "Mean error, paper", "Mean error")
    return Table(head, tuple(rows), left=2)


def readings_compared(*names: str) -> Table:
    """List the switches in which readings differ.

    Parameters
    ----------
    *names : str
        Names of readings.

    Raises
    ------
    KeyError
        If there is no reading of that name.
    """
    chosen = [named(name) for name in names]
    rows = []
    for switch in Reading.describe():
        values = [str(getattr(reading, switch["name"])) for reading in chosen]
        if len(set(values)) > 1:
            rows.append((f"`{switch['name']}`", *values, switch["passage"]))
    return Table(("Switch", *(f"`{name}`" for name in names), "Passage"), tuple(rows), left=len(names) + 2)


def span(values: Sequence[float], digits: int = 0, unit: str = "") -> str:
    """Write the least and the greatest of several numbers for the prose.

    Parameters
    ----------
    digits : int
        After the point.
    unit : str
        Behind each of the two.

    Returns
    -------
    str
        One number if the two read the same; a dash if there are no values.
    """
    if not len(values):
        return "–"
    low, high = (number(value, digits) for value in (min(values), max(values)))
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def run_again(records: Iterable[Record]) -> list[Rerun]:
    """Run recorded trials again, each once, and refuse to go on with one that does not equal its record.

    Returns
    -------
    list of Rerun
        In the order of the records.

    Raises
    ------
    ValueError
        If a field of a record differs.
    """
    once = {(record["row"], record["reading"], record["trial"]): record for record in records}
    done = [rerun(record) for record in once.values()]
    for one in done:
        if one.differences:
            row, trial, reading = one.record["row"], one.record["trial"], one.record["reading"]
            raise ValueError(
                f"trial {trial} of {row} ({reading}), run again, differs from its record in "
                f"{', '.join(one.differences)}; 'lstm97 verify --row {row}' compares them all"
            )
    return done


def reruns(done: Sequence[Rerun]) -> Table:
    """List trials that were run again, each beside its record."""
    return Table(
        ("Row", "Reading", "Trial", "Recorded", "Now", "Wrong then", "Wrong now", "Record"),
        tuple(
            (
                escaped(one.record["row"].partition("/")[2]),
                escaped(one.record["reading"]),
                number(one.record["trial"]),
                number(one.record["sequences"]),
                number(one.outcome.sequences),
                number(one.record["test"]["wrong"]),
                number(one.outcome.test["wrong"]),
                "differs: " + ", ".join(one.differences) if one.differences else "same in every field",
            )
            for one in done
        ),
        left=2,
        words_last=True,
    )


def foot(found: Sequence[Evidence]) -> Markdown:
    """Fold away what a page rests on: records, specification hashes, versions, computing time, how to cite."""
    table = Table(
        ("Row", "Reading", "Records", "Computing time", "Specification"),
        tuple(
            (
                one.row.name,
                one.reading,
                number(one.summary.n),
                duration(one.summary.seconds) if one.records else "–",
                f"`{one.row.under(named(one.reading)).hash}`",
            )
            for one in found
            if not one.row.milestone  # it shares its records with the row's last stop
        ),
        left=2,
        words_last=True,
    )
    records = [record for one in found for record in one.records]
    versions = sorted({", ".join(f"{k} {v}" for k, v in record["versions"].items()) for record in records})
    beyond = [
        f"{number(one.summary.n_beyond)} of {one.row.name} ({one.reading})"
        for one in found
        if one.summary.n_beyond and not one.row.milestone
    ]
    lines = [
        ":::{dropdown} Records, versions, computing time, how to cite",
        table._repr_markdown_(),
        "",
        f"The records are lines of {_files(found)}. Computing time is on one core. Recorded with: "
        + (escaped("; ".join(versions)) or "–")
        + "."
        + (
            f" Beyond the paper's numbers of trials, and counted nowhere here: {', '.join(beyond)}." if beyond else ""
        ),
        "",
        "To cite the ideas, cite the paper: S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, Neural "
        "Computation 9(8):1735–1780, 1997, doi:10.1162/neco.1997.9.8.1735. To cite what was measured here, cite this "
        "project by `CITATION.cff`, with the specification above: it names one experiment under one reading.",
        ":::",
    ]
    return Markdown("\n".join(lines))


def _files(found: Sequence[Evidence]) -> str:
    return ", ".join(f"`data/runs/{table}.jsonl`" for table in dict.fromkeys(one.row.table for one in found))


def agreements(found: Sequence[Evidence], most_wrong: int | None = None) -> Markdown:
    """Say for every row where the measured numbers agree with the paper's, and where they do not.

    Parameters
    ----------
    most_wrong : int, optional
        The greatest number of wrong test sequences that the paper's text admits for any trial.

    Returns
    -------
    Markdown
        A list: number of sequences, success rate, test sequences.
    """
    lines = []
    for one in found:
        summary, row = one.summary, one.row
        if not one.records:
            lines.append(f"- **{row.title}**: {VERDICTS['']}.")
            continue
        bound = "at least " if summary.is_bound and summary.ratio > 1 else ""
        rate = "" if row.paper.solved == 1.0 else f"; the paper has {share(row.paper.solved)} of its trials solved"
        if row.paper.solved == 0.0:
            rate = "; the paper has none" + (
                "" if math.isnan(summary.ratio) else f" by {number(row.paper.sequences)}"
            )
        text = f"- **{row.title}**: {summary.n_solved} of {summary.n} trials met the criterion within "
        text += f"{number(row.cap)} sequences{rate}. "
        if row.paper.solved != 0.0:
            text += f"Our mean is {bound}{summary.ratio:.2g} times the paper's. "
        if one.solved:
            most = max(record["test"]["wrong"] for record in one.solved)
            text += (
                f"On the test sets {number(summary.wrong, 1)} of {number(row.n_test)} sequences were wrong on "
                f"average, at most {number(most)}"
                + (f"; the paper prints {wrong_in_paper(row)} on average." if row.paper.wrong is not None else ".")
            )
            if most_wrong is not None:
                over = sum(record["test"]["wrong"] > most_wrong for record in one.solved)
                text += (
                    f" Its text has never more than {number(most_wrong)}; "
                    f"{number(over)} of our {number(len(one.solved))} nets had more."
                )
        lines.append(text + ("" if summary.complete else f" These are {verdict(one)}."))
    return Markdown("\n".join(lines))
