"""What a row of the paper's tables is: an experiment as data, and the paper's values beside it."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from lstm97.learners import LSTM, Growing, Learner
from lstm97.reading import Reading
from lstm97.stopping import StoppingRule
from lstm97.tasks import Task
from lstm97.topology import Topology


@dataclass(frozen=True)
class Paper:
    """What the paper prints for a row.

    Attributes
    ----------
    place : str
        Table and row.
    sequences : float
        Mean number of training sequences until the stopping criterion.
    n_weights : int
    wrong : float or None
        Mean number of wrong predictions in the test set.
    solved : float
        Share of successful trials.
    mean_absolute_error, mse : float or None
        On the test set.
    least, most : float or None
        Extremes over the trials, where the caption gives them.
    """

    place: str
    sequences: float
    n_weights: int
    wrong: float | None = None
    solved: float = 1.0
    mean_absolute_error: float | None = None
    mse: float | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Specification:
    """Everything that a trial's result depends on, except its number.

    Attributes
    ----------
    row : str
        Name of the row; seeds come from it and the trial's number.
    task : Task or tuple of Task
        With the reading's choices in it. If there are several, trials take them in turn.
    learner, stop
        The learning system and the stopping rule, with the reading's choices in them.
    n_test : int
        Size of the test set.
    """

    row: str
    task: Task | tuple[Task, ...]
    learner: Learner
    stop: StoppingRule
    n_test: int

    def task_of(self, trial: int) -> Task:
        """Say which task a trial has.

        Parameters
        ----------
        trial : int
            From 1.

        Returns
        -------
        Task
        """
        return self.task[(trial - 1) % len(self.task)] if isinstance(self.task, tuple) else self.task

    @property
    def hash(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
        text = json.dumps(canonical(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(value: Any) -> Any:
    """Turn a specification into JSON values, leaving out every field that has its default.

    A new field with a default therefore leaves the hashes of existing specifications alone.

    Parameters
    ----------
    value : dataclass instance, tuple, number, string or None

    Returns
    -------
    dict, list, number, string or None
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


@dataclass(frozen=True)
class Row:
    """One row of one of the paper's tables.

    Attributes
    ----------
    name : str
        Table and row, e.g. ``table9/6a``.
    title, section : str
        What a reader sees.
    task, topology, alpha, weight_range, in_gate_bias, out_gate_bias, stop, n_test
        The conditions; see `lstm97.learners.LSTM`.
    n_trials : int
        Number of trials that the paper reports on.
    cap : int
        Number of sequences after which we give a trial up.
    paper : Paper
    g, h : str
        See `lstm97.learners.LSTM`.
    section_in_gate_bias : tuple of float or None
        Other initial biases of the input gates that the text can be read to give: see
        `lstm97.reading.Reading.multiplication_gates`.
    grows : bool
        Whether the memory cells are added during training: see `lstm97.learners.Growing`.
    milestones : tuple of (str, Paper)
        Stops before the last one that the paper prints values for, by the names of the stopping rule.
    milestone : str
        The stop that this row is about; empty for the last one. See `stops`.
    """

    name: str
    title: str
    section: str
    task: Task | tuple[Task, ...]
    topology: Topology
    alpha: float
    weight_range: float
    in_gate_bias: tuple[float, ...] | None
    out_gate_bias: tuple[float, ...] | None
    stop: StoppingRule
    n_trials: int
    cap: int
    paper: Paper
    n_test: int = 2560
    g: str = "4f-2"
    h: str = "2f-1"
    section_in_gate_bias: tuple[float, ...] | None = None
    grows: bool = False
    milestones: tuple[tuple[str, Paper], ...] = ()
    milestone: str = ""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The row's tasks; all but Table 1's rows have one."""
        return self.task if isinstance(self.task, tuple) else (self.task,)

    @property
    def label(self) -> str:
        """Name of the row, with the milestone that it is about."""
        return f"{self.name} ({self.milestone})" if self.milestone else self.name

    @property
    def stops(self) -> tuple["Row", ...]:
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
        """Number of sequences until success that is to be expected: the paper's mean."""
        return self.paper.sequences

    @property
    def table(self) -> str:
        """Name of the row's table, e.g. ``table9``."""
        return self.name.partition("/")[0]

    def under(self, reading: Reading) -> Specification:
        """Say what a trial of this row is under a reading.

        Parameters
        ----------
        reading : Reading

        Returns
        -------
        Specification
        """
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
        task = self.task
        task = (
            tuple(with_choices(one, reading) for one in task)
            if isinstance(task, tuple)
            else with_choices(task, reading)
        )
        stop = with_choices(self.stop, reading)
        return Specification(
            self.name, task, Growing(learner, reading.addition) if self.grows else learner, stop, self.n_test
        )


def with_choices(part: Any, reading: Reading) -> Any:
    """Give a task or a stopping rule the reading's choice for every field that it shares with it.

    Parameters
    ----------
    part : Task or StoppingRule
    reading : Reading

    Returns
    -------
    Task or StoppingRule
    """
    shared = {entry.name for entry in dataclasses.fields(part)} & {
        entry.name for entry in dataclasses.fields(reading)
    }
    return dataclasses.replace(part, **{name: getattr(reading, name) for name in shared})
