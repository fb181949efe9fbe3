"""A pair of task and learner that no row has.

A pair is named by data, ``tries/TASK/LEARNER``, each written ``name:parameter=value,parameter=value``. The name says
all that its trials depend on, so they have seeds and records like a row's, in a file of their own. Stopping rule, cap
and whatever else is not given are those of the row whose task is most like it.
"""

import dataclasses
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple

from lstm97.experiments import LSTMRow, Paper, Row, Specification, lstm_row
from lstm97.experiments import row as find_row
from lstm97.experiments.base import with_choices
from lstm97.experiments.stopping import ErrorsOnTestSet
from lstm97.learners import Learner, learners
from lstm97.net.reading import Reading
from lstm97.tasks import Task, tasks

PREFIX = "tries/"
#: Numbers that a user writes are no further from 0, and these within their bounds.
MOST = 1e12
_BOUNDS = {"weight_range": (0.0, 1e6)}


#: What Python and NumPy raise if a number is too large for them, or an array for the memory.
TOO_LARGE = (OverflowError, MemoryError)


class PairError(ValueError):
    """A task and a learner that can't be tried together; the message names the reason and the way out."""


@dataclass(frozen=True)
class _Like:
    """A row under a reading, as `lstm97.learners.base.Like`."""

    row: LSTMRow
    reading: Reading

    def alpha(self, given: float | None) -> float:
        return self.row.alpha if given is None else given

    def weight_range(self, given: float | None) -> float:
        return self.row.weight_range if given is None else given

    def lstm(self, n_inputs: int, n_outputs: int, alpha: float, weight_range: float) -> Learner:
        topology = dataclasses.replace(self.row.topology, n_inputs=n_inputs, n_outputs=n_outputs)
        row = dataclasses.replace(self.row, topology=topology, alpha=alpha, weight_range=weight_range)
        return row.learner_under(self.reading)


def _row_like(task: Task) -> LSTMRow:
    """Find the row whose conditions a task takes."""
    try:
        row = lstm_row(task.like)
    except (KeyError, ValueError) as error:
        raise PairError(f"{task.name} is like {task.like!r}: {error.args[0]}") from error
    if task.right_is_enough:
        row = dataclasses.replace(row, stop=ErrorsOnTestSet(beta=task.tolerance, every=100, milestones=()))
    return row


@dataclass(frozen=True)
class Pair:
    """A task and a learner that no row has together. It has what the runner needs of a row.

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

        Raises
        ------
        PairError
            If the learner can't be built for the task.
        """
        task = _task(self.task_text)
        row = _row_like(task)
        settings, given = _learner_settings(self.learner_text)
        try:
            learner = settings.make(task, _Like(row, reading), **settings.values(given))
            return Specification(
                self.name, with_choices(task, reading), learner, with_choices(row.stop, reading), row.n_test
            )
        except PairError:
            raise
        except (ValueError, *TOO_LARGE) as error:
            raise PairError(f"{self.learner_text} can't learn {self.task_text}: {reason_of(error)}") from error


def make_pair(task: str, learner: str) -> Pair:
    """Make a pair out of what a user writes.

    Parameters
    ----------
    task, learner : str
        ``name`` or ``name:parameter=value,parameter=value``; names are those of `lstm97.tasks.tasks` and
        `lstm97.learners.learners`.

    Raises
    ------
    PairError
        If a name, a parameter or a value is unknown, or the two can't be tried together.

    Examples
    --------
    >>> make_pair("adding:T=50", "bptt:k=5").name
    'tries/adding:T=50/bptt:k=5'
    """
    of_task, task_given = _task_settings(task)
    of_learner, learner_given = _learner_settings(learner)
    task_text = of_task.written({**tasks()[of_task.name].defaults, **of_task.values(task_given)})
    learner_text = of_learner.written(of_learner.values(learner_given))
    pair = Pair(f"{PREFIX}{task_text}/{learner_text}", task_text, learner_text)
    pair.under(Reading())
    return pair


def reason_of(error: BaseException) -> str:
    """Say what was wrong with numbers."""
    if isinstance(error, TOO_LARGE):
        return f"too large a number ({error or 'not enough memory'})"
    return str(error)


def find(name: str) -> Row | Pair:
    """Find a row or a pair by its name.

    Raises
    ------
    KeyError
        If there is no such row.
    """
    if not name.startswith(PREFIX):
        return find_row(name)
    task, _, learner = name.removeprefix(PREFIX).partition("/")
    return make_pair(task, learner)


def _task(text: str) -> Task:
    settings, given = _task_settings(text)
    try:
        task: Task = settings.make(**{**tasks()[settings.name].defaults, **settings.values(given)})
    except (ValueError, *TOO_LARGE) as error:
        raise PairError(f"{text}: {reason_of(error)}") from error
    return task


class _Settings(NamedTuple):
    """What a user may set of a task or a learner.

    Attributes
    ----------
    name : str
    make : callable
        Makes it.
    parameters : dict of str to inspect.Parameter
        Of `make`, those that can be set.
    """

    name: str
    make: Callable[..., Any]
    parameters: dict[str, inspect.Parameter]

    @classmethod
    def of(cls, name: str, make: Callable[..., Any], others: Iterable[str]) -> "_Settings":
        """List what can be set: all parameters but some others."""
        parameters = inspect.signature(make).parameters
        return cls(name, make, {one: parameters[one] for one in parameters if one not in others})

    def values(self, given: list[str]) -> dict[str, Any]:
        """Read the values of parameters, each as the type that it is declared with."""
        hints = typing.get_type_hints(self.make)
        values: dict[str, Any] = {}
        for part in given:
            key, equals, text = part.partition("=")
            if key not in self.parameters or not equals:
                raise PairError(
                    f"{self.name} has no parameter {part!r}: write parameter=value; "
                    f"it has {', '.join(self.parameters)}"
                )
            if key in values:
                raise PairError(f"{self.name} is given {key} twice: give it once")
            hint = hints[key]
            kind = next(t for t in typing.get_args(hint) if t is not type(None)) if _is_union(hint) else hint
            least, most = _BOUNDS.get(key, (-MOST, MOST))
            if _is_union(hint) and text == "none":
                values[key] = None
                continue
            try:
                values[key] = {"yes": True, "no": False}[text] if kind is bool else kind(text)
                if kind in (int, float) and not least <= values[key] <= most:  # nor NaN
                    raise ValueError
            except (ValueError, KeyError):
                bounds = f" from {least:g} to {most:g}" if key in _BOUNDS or key in values else ""
                wanted = {int: f"a whole number{bounds}", float: f"a number{bounds}", bool: "yes or no"}[kind]
                short = text if len(text) <= 30 else f"{text[:27]}..."
                raise PairError(f"{self.name}: {key} is {short!r}: give {wanted}") from None
        return values

    def written(self, values: Mapping[str, Any]) -> str:
        """Write the name with those parameters that are not at their default, in the order of their declaration."""
        parts = [
            f"{key}={ ({True: 'yes', False: 'no'}[values[key]] if isinstance(values[key], bool) else values[key]) }"
            for key, entry in self.parameters.items()
            if key in values and values[key] != entry.default
        ]
        return f"{self.name}:{','.join(parts)}" if parts else self.name


def _task_settings(text: str) -> tuple[_Settings, list[str]]:
    """Find a task by the name that a text begins with; return the parameters given there as well."""
    name, given = _split(text, tasks(), "task")
    cls = tasks()[name]
    return _Settings.of(name, cls, cls.reads), given


def _learner_settings(text: str) -> tuple[_Settings, list[str]]:
    """Find a learner by the name that a text begins with; return the parameters given there as well."""
    name, given = _split(text, learners(), "learner")
    return _Settings.of(name, learners()[name].for_task, ("task", "like")), given


def _split(text: str, known: Mapping[str, Any], what: str) -> tuple[str, list[str]]:
    """Split a name from its parameters, and check the name."""
    name, _, rest = text.partition(":")
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? There are" if near else "give one of"
        raise PairError(f"there is no {what} {name!r}: {hint} {', '.join(known)}")
    return name, rest.split(",") if rest else []


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)
