"""What a row of the paper's tables is: an experiment as data, and the paper's values beside it."""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar, Self

import numpy as np

from lstm97.checks import instance, shown, whole
from lstm97.experiments.stopping import StoppingRule
from lstm97.learners import LSTM, Growing, Learner
from lstm97.net.reading import Reading, check_choices
from lstm97.net.topology import Topology
from lstm97.tasks import Batch, Task

#: Names of rows: records stand in a file named after the table. Names of pairs begin with ``tries/``.
NAME = re.compile(r"(?!tries/)[A-Za-z0-9_][\w.-]*/[\w.-]+", re.ASCII)
#: Characters in a name.
LONGEST_NAME = 100


@dataclass(frozen=True)
class Paper:
    """What the paper prints for a row.

    Attributes
    ----------
    place : str
        Table and row.
    sequences : float
        Mean number of training sequences until the stopping criterion, over the solved trials where there are others
        besides. If no trial was solved, what is printed after >. NaN if no number is printed.
    n_weights : int
    most_weights : int or None
        Upper end, where a range is printed.
    wrong : float or None
        Mean number of wrong predictions in the test set.
    solved : float or None
        Share of successful trials; None if it is printed as "some fraction".
    mean_absolute_error, mse : float or None
        On the test set.
    least, most : float or None
        Extremes over the trials, where the caption gives them.
    """

    place: str
    sequences: float
    n_weights: int
    most_weights: int | None = None
    wrong: float | None = None
    solved: float | None = 1.0
    mean_absolute_error: float | None = None
    mse: float | None = None
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        for name in ("sequences", "n_weights"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} is {shown(value)}: give a number, or NaN where none is printed")

    @property
    def leaves_failures_out(self) -> bool:
        """Whether the paper reports solved trials besides failures, so that its mean is over the solved ones."""
        return self.solved is None or 0.0 < self.solved < 1.0


@dataclass(frozen=True)
class Specification:
    """Everything that a trial's result depends on, except its number.

    Attributes
    ----------
    row : str
        Name of the row; seeds come from it and the trial's number.
    task : Task or tuple of Task
        With the reading's choices in it. If there are several, trials take them in turn.
    learner : Learner or tuple of Learner
        The learning system, with the reading's choices in it. If there are several, trials take them in turn.
    stop : StoppingRule
        With the reading's choices in it.
    n_test : int
        Size of the test set.

    Raises
    ------
    ValueError
        If a trial's learner, stopping rule or test set doesn't fit its task.
    """

    row: str
    task: Task | tuple[Task, ...]
    learner: Learner | tuple[Learner, ...]
    stop: StoppingRule
    n_test: int

    def __post_init__(self) -> None:
        n = math.lcm(*(len(part) for part in (self.task, self.learner) if isinstance(part, tuple)))
        for trial in range(1, n + 1):
            task = self.task_of(trial)
            try:
                _check_pair(task, self.learner_of(trial))  # type: ignore[arg-type]  # it is hashable: frozen
                self.stop.check(task)
                task.check_n_test(self.n_test)
            except ValueError as error:
                raise ValueError(f"{self.row}: {error}") from error

    def task_of(self, trial: int) -> Task:
        """Say which task a trial has.

        Parameters
        ----------
        trial : int
            From 1.
        """
        return self.task[(trial - 1) % len(self.task)] if isinstance(self.task, tuple) else self.task

    def learner_of(self, trial: int) -> Learner:
        """Say which learner a trial has.

        Parameters
        ----------
        trial : int
            From 1.
        """
        return self.learner[(trial - 1) % len(self.learner)] if isinstance(self.learner, tuple) else self.learner

    @cached_property
    def hash(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
        text = json.dumps(canonical(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _check_pair(task: Task, learner: Learner) -> None:
    """Check that a learner has the task's input and output units, and can learn from its sequences."""
    for name, what in (("n_inputs", "input"), ("n_outputs", "output")):
        given, wanted = getattr(learner, name), getattr(task, name)
        if given != wanted:
            raise ValueError(
                f"{name} is {given}: {type(task).__name__} has {wanted} {what} units; give the learner as many"
            )
    learner.check(_example(task))


@cache
def _example(task: Task) -> Batch:
    return task.sample(np.random.default_rng(0), 1)


def canonical(value: Any) -> Any:
    """Turn a specification into JSON values, leaving out every field that has its default.

    A new field with a default therefore leaves the hashes of existing specifications alone.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            entry.name: canonical(getattr(value, entry.name))
            for entry in dataclasses.fields(value)
            if getattr(value, entry.name) != entry.default
        }
        return {type(value).__name__: fields}
    if isinstance(value, tuple):
        return [canonical(item) for item in value]
    return value


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of one of the paper's tables: `LSTMRow` or `CompetitorRow`.

    Attributes
    ----------
    name : str
        Table and row, e.g. ``table9/6a``.
    title, section : str
        What a reader sees.
    task, stop, n_test
        See `Specification`.
    n_trials : int
        Number of trials that the paper reports on.
    cap : int
        Number of sequences after which we give a trial up.
    paper : Paper
    milestones : tuple of (str, Paper)
        Stops before the last one that the paper prints values for, by the names of the stopping rule.
    milestone : str
        The stop that this row is about; empty for the last one. See `stops`.

    Raises
    ------
    ValueError
        If the name is not of two parts, or a number is below 1.
    """

    name: str
    title: str
    section: str
    task: Task | tuple[Task, ...]
    stop: StoppingRule
    n_trials: int
    cap: int
    paper: Paper
    n_test: int = 2560
    milestones: tuple[tuple[str, Paper], ...] = ()
    milestone: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            raise ValueError(f"name is {shown(self.name)}: give TABLE/ROW, both of letters, digits, '.', '-' and '_'")
        if len(self.name) > LONGEST_NAME:
            raise ValueError(f"name is {shown(self.name)}: give at most {LONGEST_NAME} characters: files have it")
        for number in ("n_trials", "cap", "n_test"):
            whole(number, getattr(self, number))
        for text in ("title", "section"):
            if not isinstance(getattr(self, text), str):
                raise ValueError(f"{text} is {shown(getattr(self, text))}: give text")
        if not isinstance(self.paper, Paper):
            raise ValueError(f"paper is {shown(self.paper)}: give a Paper")
        if not self.tasks:
            raise ValueError("task is (): give at least one")
        for task in self.tasks:
            instance("task", task, "task, such as Adding(T=100)", "sample")
        instance("stop", self.stop, "stopping rule, such as ST3(beta=0.01)", "watch")

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The row's tasks; all but Table 1's rows have one."""
        return self.task if isinstance(self.task, tuple) else (self.task,)

    @property
    def label(self) -> str:
        """Name of the row, with the milestone that it is about."""
        return f"{self.name} ({self.milestone})" if self.milestone else self.name

    @property
    def stops(self) -> tuple[Self, ...]:
        """The row once for every stop that the paper prints values for, in their order; the last is itself.

        They share their trials: a trial's record holds what it was like at every stop.
        """
        before = tuple(
            dataclasses.replace(self, milestone=name, paper=paper, title=f"{self.title}, {name}")
            for name, paper in self.milestones
        )
        return (*before, self)

    @property
    def expected(self) -> float:
        """Number of sequences until success that is to be expected: the paper's mean, if it has one."""
        return math.inf if self.paper.solved == 0.0 else self.paper.sequences

    @property
    def table(self) -> str:
        """Name of the row's table, e.g. ``table9``, or of what it has in the place of one."""
        return self.name.partition("/")[0]

    @property
    def table_number(self) -> int | None:
        """Number of the paper's table; None if the row is in none of them."""
        number = self.table.removeprefix("table")
        return int(number) if number.isdecimal() and number != self.table else None

    @property
    def n_weights(self) -> int | None:
        """Number of weights, counted; None if it changes while the net learns."""
        raise NotImplementedError

    def learner_under(self, reading: Reading) -> Learner | tuple[Learner, ...]:
        """Make the learning system, with the reading's choices in it.

        Returns
        -------
        Learner or tuple of Learner
            If there are several, trials take them in turn.
        """
        raise NotImplementedError

    def under(self, reading: Reading) -> Specification:
        """Say what a trial of this row is under a reading.

        Raises
        ------
        ValueError
            If learner, stopping rule or test set don't fit the task.
        """
        task = self.task
        task = (
            tuple(with_choices(one, reading) for one in task)
            if isinstance(task, tuple)
            else with_choices(task, reading)
        )
        stop = with_choices(self.stop, reading)
        return Specification(self.name, task, self.learner_under(reading), stop, self.n_test)


@dataclass(frozen=True, kw_only=True)
class LSTMRow(Row):
    """A row on LSTM, under the conditions of Tables 10 and 11.

    Attributes
    ----------
    topology, alpha, weight_range, in_gate_bias, out_gate_bias, g, h
        See `lstm97.learners.LSTM`.
    section_in_gate_bias : tuple of float or None
        Other initial biases of the input gates that the text can be read to give: see
        `lstm97.net.reading.Reading.multiplication_gates`.
    grows : bool
        Whether the memory cells are added during training: see `lstm97.learners.Growing`.
    """

    topology: Topology
    alpha: float
    weight_range: float
    in_gate_bias: tuple[float, ...] | None
    out_gate_bias: tuple[float, ...] | None
    g: str = "4f-2"
    h: str = "2f-1"
    section_in_gate_bias: tuple[float, ...] | None = None
    grows: bool = False

    #: What a reading chooses besides what `LSTM` reads itself, with the choices that are known.
    reads: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "output_bias": ("weight", "constant unit"),
        "initial_range": ("Table 11", 0.5),
        "cell_sources": ("hidden layer", "inputs"),
        "recurrence": ("Table 10", "always"),
        "multiplication_gates": ("Table 10", "Sec. 5.4"),
        "addition": (0.01, 0.1),
    }

    @property
    def n_weights(self) -> int:
        """Number of weights, counted."""
        return self.topology.n_weights

    def learner_under(self, reading: Reading) -> LSTM | Growing:
        """Make the net of 1997: see `Row.learner_under`."""
        check_choices(self.reads, reading)
        topology = dataclasses.replace(
            self.topology,
            constant_unit=reading.output_bias == "constant unit" and self.topology.biased == "all",
            cells_see_hidden=reading.cell_sources == "hidden layer",
            recurrent=self.topology.recurrent or reading.recurrence == "always",
        )
        wide = reading.initial_range != "Table 11"
        learner = LSTM(
            topology=topology,
            alpha=self.alpha,
            weight_range=float(reading.initial_range) if wide else self.weight_range,
            in_gate_bias=(
                self.section_in_gate_bias or self.in_gate_bias
                if reading.multiplication_gates == "Sec. 5.4"
                else self.in_gate_bias
            ),
            out_gate_bias=self.out_gate_bias,
            reading=reading,
            g=self.g,
            h=self.h,
        )
        return Growing(learner, reading.addition) if self.grows else learner


@dataclass(frozen=True, kw_only=True)
class CompetitorRow(Row):
    """A row on another learning system. Of a reading, only what is about the task and the stopping rule counts.

    Attributes
    ----------
    learner : Learner or tuple of Learner
        If there are several, trials take them in turn.
    """

    learner: Learner | tuple[Learner, ...]

    @property
    def n_weights(self) -> int | None:
        """Number of weights, counted; None if it changes while the net learns."""
        learners = self.learner if isinstance(self.learner, tuple) else (self.learner,)
        return learners[0].n_weights

    def learner_under(self, reading: Reading) -> Learner | tuple[Learner, ...]:
        """Return the learner, which no reading changes: see `Row.learner_under`."""
        return self.learner


def with_choices(part: Any, reading: Reading) -> Any:
    """Give a task or a stopping rule the reading's choice for every field that it declares to read.

    Raises
    ------
    ValueError
        If the reading has no such field, or makes a choice that the part does not know.
    """
    for name in part.reads:
        if not hasattr(reading, name):
            raise ValueError(f"{type(part).__name__} reads {name!r}, which Reading lacks: give the name of a field")
    return dataclasses.replace(part, **{name: getattr(reading, name) for name in part.reads})
