"""Tables 10 and 11, the paper's summary of conditions, made from the rows that are run, beside what is printed.

Paper: Sec. 5.7.
"""

import csv
import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lstm97.experiments import LSTMRow, lstm_rows
from lstm97.experiments.stopping import ST3
from lstm97.learners import Growing
from lstm97.learners.lstm import SQUASHING, SWAPPED
from lstm97.net.reading import READINGS, Reading
from lstm97.paths import PAPER
from lstm97.tasks import Distractors, EmbeddedReber, LongLag, Task, TwoSequence
from lstm97.text import Table, number

#: What Tables 10 and 11 call the rows of a table; of Tables 2 and 9 the rows have these names themselves.
TASKS = {
    "table1": "1",
    "table3": "2c",
    "table4": "3a",
    "table5": "3b",
    "table6": "3c",
    "table7": "4",
    "table8": "5",
}

#: The codes of Table 10's columns h and g.
CODES = {"2f-1": "h1", "identity": "id", "4f-2": "g2", "f": "g1"}


def printed(name: str) -> list[dict[str, str]]:
    """Read one of the paper's tables.

    Parameters
    ----------
    name : str
        E.g. ``table10``.

    Returns
    -------
    list of dict
        One per printed line, as text.

    Raises
    ------
    FileNotFoundError
        If the folder of the paper's tables is not there.
    """
    path = PAPER / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is missing: the paper's tables come with the repository; run this in a copy of it"
        ) from None


@dataclass(frozen=True)
class Line:
    """One line of a table of conditions.

    Attributes
    ----------
    task : str
        As the table calls it.
    rows : tuple of LSTMRow
        The rows that it is made from.
    ours : dict of str to str
        What the rows say, by column.
    printed : dict of str to str
        What the paper prints; without the columns, or empty, where it prints nothing to compare with.
    """

    task: str
    rows: tuple[LSTMRow, ...]
    ours: Mapping[str, str]
    printed: Mapping[str, str]

    @property
    def differing(self) -> list[str]:
        """The columns in which the two differ."""
        return [name for name, value in self.ours.items() if self.printed.get(name, value) != value]


def _biases(gates: bool, biased: str, values: tuple[float, ...] | None, weight_range: float) -> str:
    if not gates:
        return "no og"
    if biased == "none":
        return "none"
    if values is not None:
        return ", ".join(number(value) for value in values)
    return "r" if weight_range == 0.1 else f"r, ±{weight_range:g}"


_TABLE_10: dict[str, tuple[str, Callable[[LSTMRow], str]]] = {
    "p_min_sequence_length": ("p", lambda row: number(row.tasks[0].minimal_length)),
    "lag": ("Lag", lambda row: number(row.tasks[0].minimal_lag)),
    "blocks": ("b", lambda row: number(row.topology.n_blocks)),
    "block_size": ("s", lambda row: ", ".join(map(str, sorted(set(row.topology.block_sizes))))),
    "inputs": ("in", lambda row: number(row.topology.n_inputs)),
    "outputs": ("out", lambda row: number(row.topology.n_outputs)),
    "weights": ("w", lambda row: number(row.topology.n_weights)),
    "connectivity": ("c", lambda row: "B" if row.topology.outputs_see_inputs else "F"),
    "output_gate_bias": (
        "ogb",
        lambda row: _biases(row.topology.out_gates, row.topology.biased, row.out_gate_bias, row.weight_range),
    ),
    "input_gate_bias": (
        "igb",
        lambda row: _biases(True, row.topology.biased, row.in_gate_bias, row.weight_range),
    ),
    "biased_units": ("bias", lambda row: row.topology.biased),
    "h": ("h", lambda row: CODES[row.h]),
    "g": ("g", lambda row: CODES[row.g]),
    "learning_rate": ("α", lambda row: f"{row.alpha:g}"),
}
#: The columns of Table 10 on the task and the net, and those on what its units start and compute with.
NET = tuple(_TABLE_10)[:8]
UNITS = tuple(_TABLE_10)[8:]


def _task_name(row: LSTMRow, numbered: bool) -> str:
    """Name a row as Table 10 does (numbered), or as Table 11 does."""
    name = TASKS.get(row.table, row.name.partition("/")[2])
    same = [other for other in lstm_rows().values() if other.table == row.table]
    if numbered and row.table in ("table1", "table3", "table7"):
        return f"{name}-{same.index(row) + 1}"
    return name


def _as_shown(column: str, value: str) -> str:
    """Write a printed value as the rows' values are written."""
    if column.endswith("gate_bias"):
        return value.replace(";", ", ").replace("-", "\N{MINUS SIGN}")
    if re.fullmatch(r"[\d.]+", value):
        return f"{float(value):g}" if "." in value else number(int(value))
    return value


def read(row: LSTMRow, reading: Reading) -> LSTMRow:
    """Make the row whose literal net is the one that a row has under a reading."""
    learner = row.learner_under(reading)
    lstm = learner.lstm if isinstance(learner, Growing) else learner
    swapped = SWAPPED if reading.ranges == "Table 10" else {}
    return dataclasses.replace(
        row,
        topology=lstm.topology,
        weight_range=lstm.weight_range,
        in_gate_bias=lstm.in_gate_bias,
        g=swapped.get(row.g, row.g),
        h=swapped.get(row.h, row.h),
    )


def table_10(reading: str = "literal") -> list[Line]:
    """Make Table 10 from the rows.

    Paper: Sec. 5.7, Table 10.

    Parameters
    ----------
    reading : str
        Under which the rows' nets are made.

    Returns
    -------
    list of Line
        One per row, in the paper's order. Rows that the table does not list have nothing printed: the two-sequence
        rows for T = 1000, and those of other experiments than the paper's.

    Raises
    ------
    FileNotFoundError
        If the paper's tables are not there.
    """
    paper = {line["task"]: line for line in printed("table10")}
    lines = []
    for row in lstm_rows().values():
        task = _task_name(row, numbered=True)
        line = {} if isinstance(row.task, TwoSequence) and row.task.T != 100 else paper.get(task, {})
        made = read(row, READINGS[reading])
        lines.append(
            Line(
                task,
                (row,),
                {column: value(made) for column, (_, value) in _TABLE_10.items()},
                {column: _as_shown(column, line[column]) for column in _TABLE_10 if line},
            )
        )
    return lines


def _selection(task: Task) -> str:
    """Say how training sequences are chosen, in Table 11's code."""
    if isinstance(task, EmbeddedReber) or (isinstance(task, LongLag) and task.variant == "2a"):
        return "t1"
    return "t2" if isinstance(task, LongLag | Distractors) else "t3"


def _interval(low: float, high: float) -> str:
    return f"[{low:g}, {high:g}]".replace("-", "\N{MINUS SIGN}")


def _success(task: Task) -> str:
    return "most active units" if task.tolerance != task.tolerance else f"ABS({task.tolerance:g})"


_TABLE_11: dict[str, tuple[str, Callable[[LSTMRow], str]]] = {
    "select": ("Select", lambda row: _selection(row.tasks[0])),
    "interval": ("Interval", lambda row: _interval(-row.weight_range, row.weight_range)),
    "test": ("Test set", lambda row: number(row.n_test)),
    "stop": (
        "Stopping criterion, run",
        lambda row: f"ST3({row.stop.beta:g})" if isinstance(row.stop, ST3) else row.stop.criterion,
    ),
    "success": ("Success", lambda row: _success(row.tasks[0])),
}


def _printed_11(line: Mapping[str, str]) -> dict[str, str]:
    """Write a printed line of Table 11 as the rows' values are written, without what it leaves to the text.

    Stopping criteria, which can't be compared as text, have a name of their own.
    """
    size = line["test_set_size"]
    beta = f"({line['stop_beta']})" if line["stop_beta"] else ""
    values = {
        "select": line["selection_code"],
        "interval": _interval(float(line["init_low"]), float(line["init_high"])),
        "test": number(int(size)) if size else "none",
        "criterion": line["stopping_criterion"] + beta,
    }
    return values if line["success_criterion"] == "see text" else values | {"success": line["success_criterion"]}


def table_11(reading: str = "literal") -> list[Line]:
    """Make Table 11 from the rows.

    Paper: Sec. 5.7, Table 11.

    Parameters
    ----------
    reading : str
        Under which the rows' nets are made.

    Returns
    -------
    list of Line
        One per task. Where the rows of a task differ, the values stand beside each other.

    Raises
    ------
    FileNotFoundError
        If the paper's tables are not there.
    """
    lines = []
    for line in printed("table11"):
        of_task = tuple(row for row in lstm_rows().values() if _task_name(row, numbered=False) == line["task"])
        ours = {
            column: " / ".join(dict.fromkeys(value(read(row, READINGS[reading])) for row in of_task))
            for column, (_, value) in _TABLE_11.items()
        }
        lines.append(Line(line["task"], of_task, ours, _printed_11(line)))
    return lines


def tally(lines: Sequence[Line]) -> tuple[int, int, str]:
    """Count the cells that can be compared, and those of them that differ.

    Returns
    -------
    compared, differing : int
    columns : str
        The heads of the columns that hold differences.
    """
    heads = {column: head for table in (_TABLE_10, _TABLE_11) for column, (head, _) in table.items()}
    columns = dict.fromkeys(column for line in lines for column in line.differing)
    return (
        sum(column in line.printed for line in lines for column in line.ours),
        sum(len(line.differing) for line in lines),
        ", ".join(heads[column] for column in columns),
    )


def marked(lines: Sequence[Line], columns: Sequence[str]) -> Table:
    """Show columns of Table 10: ours, in bold where it differs, with what is printed in brackets behind it.

    Parameters
    ----------
    lines : sequence of Line
        From `table_10`.
    columns : sequence of str
        `NET` or `UNITS`.
    """

    def name(line: Line) -> str:
        (row,) = line.rows
        task = row.task
        which = f", T = {task.T}, N = {task.N}" if isinstance(task, TwoSequence) else ""
        return f"{line.task}{which}" + ("" if line.printed else " \N{DAGGER}")

    return Table(
        ("Task", *(_TABLE_10[column][0] for column in columns)),
        tuple((name(line), *(_mark(line, column) for column in columns)) for line in lines),
    )


def _mark(line: Line, column: str) -> str:
    ours = line.ours[column]
    return f"**{ours}** ({line.printed[column]})" if column in line.differing else ours


def marked_11(lines: Sequence[Line]) -> Table:
    """Show Table 11, marked as in `marked`; the stopping criteria, which differ in words, beside each other.

    Parameters
    ----------
    lines : sequence of Line
        From `table_11`.
    """
    columns = ("select", "interval", "test", "success")
    heads = (*(_TABLE_11[column][0] for column in columns), "Stopping criterion, printed", _TABLE_11["stop"][0])
    return Table(
        ("Task", *heads),
        tuple(
            (line.task, *(_mark(line, column) for column in columns), line.printed["criterion"], line.ours["stop"])
            for line in lines
        ),
        left=len(heads) + 1,
    )


def ranges() -> Table:
    """Put the ranges of h and g side by side: the caption of Table 10, the text, and what the two readings compute.

    Paper: Sec. 5.7, caption of Table 10; App. A.1, (4), (5).

    Raises
    ------
    FileNotFoundError
        If the paper's tables are not there.
    """

    def interval(name: str) -> str:
        width, low = SQUASHING[name]
        return _interval(low, low + width) if width else "identity"

    names = {code: name for name, code in CODES.items()}
    lines = []
    for line in printed("table10_codes"):
        if line["column"] in ("h", "g"):
            found = re.findall(r"\[.*?\]", line["meaning"]) or ["identity"]
            name = names[line["code"]]
            said = [text.replace("-", "\N{MINUS SIGN}") for text in (found[0], found[-1])]
            users = sum(name in (row.g, row.h) for row in lstm_rows().values())
            lines.append((line["code"], *said, interval(name), interval(SWAPPED.get(name, name)), number(users)))
    head = ("Code", "Caption of Table 10", "Text, (4) and (5)", "Literal reading", "`ranges` = `Table 10`", "Rows")
    return Table(head, tuple(lines), left=5)


def weights(row: LSTMRow, reading: Reading) -> int:
    """Count a row's weights under a reading."""
    return row.learner_under(reading).n_weights


def weights_by_reading() -> Table:
    """Count the weights of every task of Table 10 under the readings that change a count.

    Paper: Sec. 5.7, Table 10, column 8.

    Returns
    -------
    Table
        Counts that differ from the printed one are bold.
    """
    counts = {name: [weights(row, reading) for row in lstm_rows().values()] for name, reading in READINGS.items()}
    names = [name for name in READINGS if name == "literal" or counts[name] != counts["literal"]]
    tasks: dict[tuple[int, ...], list[str]] = {}
    for i, row in enumerate(lstm_rows().values()):
        line = (row.paper.n_weights, *(counts[name][i] for name in names))
        tasks.setdefault(line, []).append(_task_name(row, numbered=True))
    return Table(
        ("Task", "Paper", *(f"`{name}`" for name in names)),
        tuple(
            (
                ", ".join(dict.fromkeys(of_line)),
                number(paper),
                *(number(n) if n == paper else f"**{number(n)}**" for n in ours),
            )
            for (paper, *ours), of_line in tasks.items()
        ),
    )
