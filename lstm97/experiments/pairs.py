"""Trying a pair of task and learner that no row has.

A try is named by data, ``tries/TASK/LEARNER``, each written ``name:parameter=value,parameter=value``. The name says
all that its trials depend on, so they have seeds and records like a row's, in a file of their own. Stopping rule, cap
and whatever else is not given are those of the row whose task is most like it.
"""

import dataclasses
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

from lstm97.experiments import LSTMRow, Paper, Row, Specification, lstm_row
from lstm97.experiments import row as find_row
from lstm97.experiments.base import with_choices
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.learners import (
    BPTT,
    NARX,
    RTRL,
    Additive,
    Annealing,
    Cascade,
    Chunker,
    Elman,
    Guessing,
    Hierarchy,
    Kalman,
    Learner,
    MultiGrid,
    NaiveCarrousel,
    RecurrentTopology,
    SecondOrder,
    TimeConstants,
    Window,
)
from lstm97.net.reading import Reading
from lstm97.tasks import (
    Adding,
    Distractors,
    EmbeddedReber,
    Latch,
    LongLag,
    Multiplication,
    Parity,
    Task,
    TemporalOrder,
    TwoSequence,
)

PREFIX = "tries/"
#: Number of hidden units of a learner that is not LSTM, where the paper names none.
N_HIDDEN = 8
#: Longest delay of a NARX net: of the lags in Table 2, p = 4 is within it, and p = 10 beyond.
N_DELAYS = 4
#: Numbers that a user writes are no further from 0, and these within their bounds.
MOST = 1e12
_BOUNDS = {"weight_range": (0.0, 1e6)}


#: What Python and NumPy raise if a number is too large for them, or an array for the memory.
TOO_LARGE = (OverflowError, MemoryError)


class PairError(ValueError):
    """A task and a learner that can't be tried together; the message names the reason and the way out."""


@dataclass(frozen=True)
class _Setting:
    """What a learner is built for: the task, the row that it is like, and the reading."""

    task: Task
    row: LSTMRow
    reading: Reading

    def recurrent(self, n_hidden: int | None, fully_recurrent: bool = False) -> RecurrentTopology:
        """Make the topology that the paper gives a conventional net for this task, or else a plain one."""
        given = isinstance(self.task, LongLag | EmbeddedReber)  # Tables 1 and 2
        default = {LongLag: 1, EmbeddedReber: 3 if fully_recurrent else 15}.get(type(self.task), N_HIDDEN)
        return RecurrentTopology(
            self.task.n_inputs,
            default if n_hidden is None else n_hidden,
            self.task.n_outputs,
            fully_recurrent=fully_recurrent,
            outputs_see_inputs=isinstance(self.task, LongLag),
            biased=not given,
        )

    def alpha(self, given: float | None) -> float:
        return self.row.alpha if given is None else given

    def weight_range(self, given: float | None) -> float:
        return self.row.weight_range if given is None else given


def _lstm(setting: _Setting, *, alpha: float | None = None, weight_range: float | None = None) -> Learner:
    row = dataclasses.replace(
        setting.row,
        topology=dataclasses.replace(
            setting.row.topology, n_inputs=setting.task.n_inputs, n_outputs=setting.task.n_outputs
        ),
        alpha=setting.alpha(alpha),
        weight_range=setting.weight_range(weight_range),
    )
    return row.learner_under(setting.reading)


def _rtrl(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
    online: bool = False,
    resets: bool = True,
) -> Learner:
    topology = setting.recurrent(n_hidden, fully_recurrent=isinstance(setting.task, EmbeddedReber))
    update = "every step" if online else "sequence end"
    return RTRL(topology, setting.alpha(alpha), setting.weight_range(weight_range), update, resets)


def _bptt(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
    k: int | None = None,
) -> Learner:
    topology = setting.recurrent(n_hidden, fully_recurrent=isinstance(setting.task, EmbeddedReber))
    return BPTT(topology, setting.alpha(alpha), setting.weight_range(weight_range), k)


def _elman(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    return Elman(setting.recurrent(n_hidden), setting.alpha(alpha), setting.weight_range(weight_range))


def _guessing(
    setting: _Setting,
    *,
    net: str = "A1",
    n_hidden: int | None = None,
    weight_range: float = 100.0,
    tolerance: float | None = None,
) -> Learner:
    task = setting.task
    if tolerance is None and math.isnan(task.tolerance):
        raise ValueError("guessing has to know which errors are right, and the task has no tolerance: give tolerance")
    n = {"A1": 1, "A2": 10}.get(net, 1) if n_hidden is None else n_hidden
    tolerance = task.tolerance if tolerance is None else tolerance
    return Guessing(task.n_inputs, n, task.n_outputs, tolerance, net, weight_range)


def _window(
    setting: _Setting,
    *,
    window: int = 10,
    n_hidden: int = N_HIDDEN,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    task = setting.task
    return Window(
        task.n_inputs, n_hidden, task.n_outputs, window, setting.alpha(alpha), setting.weight_range(weight_range)
    )


def _next_symbols(setting: _Setting) -> Task:
    """Return the task if its targets are the next symbols."""
    if not isinstance(setting.task, LongLag | EmbeddedReber):
        raise ValueError("a chunker predicts the next symbol at every step: give long-lag or reber")
    return setting.task


def _chunker(
    setting: _Setting,
    *,
    n_hidden: int = 1,
    alpha: float | None = None,
    weight_range: float | None = None,
    surprise: float = 0.2,
    mimics: str = "hidden",
) -> Learner:
    n_symbols = _next_symbols(setting).n_inputs
    return Chunker(n_symbols, n_hidden, setting.alpha(alpha), setting.weight_range(weight_range), surprise, mimics)


def _hierarchy(
    setting: _Setting,
    *,
    n_hidden: int = 1,
    alpha: float | None = None,
    weight_range: float | None = None,
    n_levels: int = 3,
    surprise: float = 0.2,
) -> Learner:
    n_symbols = _next_symbols(setting).n_inputs
    return Hierarchy(
        n_symbols, n_hidden, setting.alpha(alpha), setting.weight_range(weight_range), n_levels, surprise
    )


def _cascade(setting: _Setting, *, n_sequences: int = 256, n_candidates: int = 8, most_hidden: int = 50) -> Learner:
    return Cascade(setting.task.n_inputs, setting.task.n_outputs, n_sequences, n_candidates, most_hidden)


def _time_constants(
    setting: _Setting,
    *,
    tau: float = 0.9,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    topology = setting.recurrent(n_hidden)
    taus = (tau,) * topology.n_hidden
    return TimeConstants(topology, setting.alpha(alpha), setting.weight_range(weight_range), taus)


def _additive(
    setting: _Setting,
    *,
    scale: float = 0.1,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    topology = setting.recurrent(n_hidden)
    return Additive(topology, setting.alpha(alpha), setting.weight_range(weight_range), scale)


def _naive_carrousel(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    topology = dataclasses.replace(setting.recurrent(n_hidden), biased=True)  # output units only
    return NaiveCarrousel(topology, setting.alpha(alpha), setting.weight_range(weight_range))


def _narx(
    setting: _Setting,
    *,
    delays: int = N_DELAYS,
    fed_back: str = "outputs",
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    topology = setting.recurrent(n_hidden)
    return NARX(topology, setting.alpha(alpha), setting.weight_range(weight_range), delays, fed_back)


def _second_order(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    alpha: float | None = None,
    weight_range: float | None = None,
) -> Learner:
    topology = setting.recurrent(n_hidden, fully_recurrent=isinstance(setting.task, EmbeddedReber))
    return SecondOrder(topology, setting.alpha(alpha), setting.weight_range(weight_range))


def _kalman(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    alpha: float = 1.0,  # no step along a gradient: the row's doesn't apply
    weight_range: float | None = None,
    variance: float = 100.0,
    drift: float = 1e-4,
    discount: float = 1.0,
) -> Learner:
    topology = setting.recurrent(n_hidden)
    return Kalman(topology, alpha, setting.weight_range(weight_range), variance, drift, discount)


def _annealing(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    weight_range: float = 10.0,
    n_shown: int = 20,
    temperature: float = 0.1,
    cooling: float = 0.85,
    cycles: int = 5,
) -> Learner:
    return Annealing(setting.recurrent(n_hidden), weight_range, n_shown, temperature, cooling, cycles)


def _multi_grid(
    setting: _Setting,
    *,
    n_hidden: int | None = None,
    weight_range: float = 10.0,
    n_shown: int = 20,
    tries: int = 10,
) -> Learner:
    return MultiGrid(setting.recurrent(n_hidden), weight_range, n_shown, tries)


#: The learners that can be tried, by name.
LEARNERS: Mapping[str, Callable[..., Learner]] = {
    "lstm": _lstm,
    "rtrl": _rtrl,
    "bptt": _bptt,
    "elman": _elman,
    "guessing": _guessing,
    "window": _window,
    "chunker": _chunker,
    "hierarchy": _hierarchy,
    "cascade": _cascade,
    "time-constants": _time_constants,
    "additive": _additive,
    "naive-carrousel": _naive_carrousel,
    "narx": _narx,
    "second-order": _second_order,
    "kalman": _kalman,
    "annealing": _annealing,
    "multi-grid": _multi_grid,
}
#: The tasks that can be tried, by name, with the values of parameters that need not be given.
TASKS: Mapping[str, tuple[type[Task], dict[str, Any]]] = {
    "reber": (EmbeddedReber, {}),
    "long-lag": (LongLag, {"p": 100}),
    "distractors": (Distractors, {"q": 50, "p": 50}),
    "two-sequence": (TwoSequence, {"T": 100, "N": 3}),
    "adding": (Adding, {"T": 100}),
    "multiplication": (Multiplication, {"T": 100}),
    "temporal-order": (TemporalOrder, {"n_relevant": 2}),
    "parity": (Parity, {"T": 500}),
    "latch": (Latch, {"T": 500, "longest": 600}),
}


def _row_like(task: Task) -> LSTMRow:
    """Find the row whose conditions a task takes."""
    match task:
        case EmbeddedReber():
            name = "table1/3x2-0.1"
        case LongLag():
            name = f"table2/{task.variant}"
        case Distractors():
            name = "table3/q50-p50"
        case TwoSequence():
            name = {"3a": "table4/T100-N3", "3b": "table5/T100-N3", "3c": "table6/T100-N3"}[task.variant]
        case Adding():
            name = "table7/T100"
        case Multiplication():
            name = "table8/T100"
        case TemporalOrder():
            name = {2: "table9/6a", 3: "table9/6b"}[task.n_relevant]
        case Parity() | Latch():  # no row: like Task 3a, but right answers are enough
            row = lstm_row("table4/T100-N3")
            return dataclasses.replace(row, stop=ErrorsOnTestSet(beta=task.tolerance, every=100, milestones=()))
        case _:
            raise AssertionError(f"{type(task).__name__} is not in TASKS")
    return lstm_row(name)


@dataclass(frozen=True)
class Try:
    """A task and a learner to be tried together. It has what the runner needs of a row.

    Attributes
    ----------
    name : str
        ``tries/TASK/LEARNER``, in one way of writing: parameters in a fixed order, without those left to their
        defaults. Seeds come from it and the trial's number.
    task_text, learner_text : str
        The two parts of the name.
    """

    name: str
    task_text: str
    learner_text: str

    n_trials: ClassVar[int] = 3
    #: The paper says nothing about it.
    expected: ClassVar[float] = math.inf
    milestones: ClassVar[tuple[tuple[str, Paper], ...]] = ()

    @property
    def cap(self) -> int:
        """Number of sequences after which a trial is given up: that of the row that it is like."""
        return _row_like(_task(self.task_text)).cap

    def under(self, reading: Reading) -> Specification:
        """Say what a trial is under a reading.

        Parameters
        ----------
        reading : Reading

        Returns
        -------
        Specification

        Raises
        ------
        PairError
            If the learner can't be built for the task.
        """
        task = _task(self.task_text)
        row = _row_like(task)
        name, given = _split(self.learner_text, LEARNERS, "learner")
        builder = LEARNERS[name]
        try:
            learner = builder(_Setting(task, row, reading), **_values(name, given, builder))
            return Specification(
                self.name, with_choices(task, reading), learner, with_choices(row.stop, reading), row.n_test
            )
        except PairError:
            raise
        except (ValueError, *TOO_LARGE) as error:
            raise PairError(f"{self.learner_text} can't learn {self.task_text}: {reason_of(error)}") from error


def make_try(task: str, learner: str) -> Try:
    """Make a try out of what a user writes.

    Parameters
    ----------
    task, learner : str
        ``name`` or ``name:parameter=value,parameter=value``; names are those of `TASKS` and `LEARNERS`.

    Returns
    -------
    Try

    Raises
    ------
    PairError
        If a name, a parameter or a value is unknown, or the two can't be tried together.

    Examples
    --------
    >>> make_try("adding:T=50", "bptt:k=5").name
    'tries/adding:T=50/bptt:k=5'
    """
    task_name, task_given = _split(task, TASKS, "task")
    learner_name, learner_given = _split(learner, LEARNERS, "learner")
    cls, defaults = TASKS[task_name]
    task_text = _written(task_name, defaults | _values(task_name, task_given, cls), cls)
    builder = LEARNERS[learner_name]
    learner_text = _written(learner_name, _values(learner_name, learner_given, builder), builder)
    made = Try(f"{PREFIX}{task_text}/{learner_text}", task_text, learner_text)
    made.under(Reading())
    return made


def reason_of(error: BaseException) -> str:
    """Say what was wrong with numbers."""
    if isinstance(error, TOO_LARGE):
        return f"too large a number ({error or 'not enough memory'})"
    return str(error)


def find(name: str) -> Row | Try:
    """Find a row or a try by its name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Row or Try

    Raises
    ------
    KeyError
        If there is no such row.
    """
    if not name.startswith(PREFIX):
        return find_row(name)
    task, _, learner = name.removeprefix(PREFIX).partition("/")
    return make_try(task, learner)


def _task(text: str) -> Task:
    name, given = _split(text, TASKS, "task")
    cls, defaults = TASKS[name]
    try:
        return cls(**(defaults | _values(name, given, cls)))
    except (ValueError, *TOO_LARGE) as error:
        raise PairError(f"{text}: {reason_of(error)}") from error


def _split(text: str, known: Mapping[str, Any], what: str) -> tuple[str, list[str]]:
    """Split a name from its parameters, and check the name."""
    name, _, rest = text.partition(":")
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? There are" if near else "give one of"
        raise PairError(f"there is no {what} {name!r}: {hint} {', '.join(known)}")
    return name, rest.split(",") if rest else []


def _parameters(of: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """List what can be set: not what the builder is given, nor what is the reading's to choose."""
    others = {"setting", *(entry.name for entry in dataclasses.fields(Reading))}
    return {name: entry for name, entry in inspect.signature(of).parameters.items() if name not in others}


def _values(name: str, given: list[str], of: Callable[..., Any]) -> dict[str, Any]:
    """Read the values of parameters, each as the type that it is declared with."""
    parameters = _parameters(of)
    hints = typing.get_type_hints(of)
    values: dict[str, Any] = {}
    for part in given:
        key, equals, text = part.partition("=")
        if key not in parameters or not equals:
            raise PairError(
                f"{name} has no parameter {part!r}: write parameter=value; it has {', '.join(parameters)}"
            )
        if key in values:
            raise PairError(f"{name} is given {key} twice: give it once")
        hint = hints[key]
        kind = next(t for t in typing.get_args(hint) if t is not type(None)) if _is_union(hint) else hint
        least, most = _BOUNDS.get(key, (-MOST, MOST))
        try:
            values[key] = {"yes": True, "no": False}[text] if kind is bool else kind(text)
            if kind in (int, float) and not least <= values[key] <= most:  # nor NaN
                raise ValueError
        except (ValueError, KeyError):
            bounds = f" from {least:g} to {most:g}"
            wanted = {int: f"a whole number{bounds}", float: f"a number{bounds}", bool: "yes or no"}[kind]
            short = text if len(text) <= 30 else f"{text[:27]}..."
            raise PairError(f"{name}: {key} is {short!r}: give {wanted}") from None
    return values


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _written(name: str, values: dict[str, Any], of: Callable[..., Any]) -> str:
    """Write a name with its parameters in the order of their declaration, those that are not at their default."""
    parts = [
        f"{key}={ ({True: 'yes', False: 'no'}[values[key]] if isinstance(values[key], bool) else values[key]) }"
        for key, entry in _parameters(of).items()
        if key in values and values[key] != entry.default
    ]
    return f"{name}:{','.join(parts)}" if parts else name
