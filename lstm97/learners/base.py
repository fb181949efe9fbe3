"""The interface that every learning system has, and the check of what one is given."""

import inspect
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from lstm97.tasks import Batch, Task

#: Arrays of a net: what each is called, itself, and the shape that it has to have.
Arrays = Iterable[tuple[str, NDArray[np.float64], tuple[int, ...]]]

_FLOAT = np.dtype(np.float64)


class LearnerError(Exception):
    """A learner that failed while it learned or predicted; the message names it, its file, and what it did.

    Parameters
    ----------
    message : str
    calls : str
        The traceback, for the learner's author; empty if nothing was raised.
    """

    def __init__(self, message: str, calls: str = "") -> None:
        super().__init__(message, calls)  # both, so that it comes back whole from another process
        self.calls = calls

    def __str__(self) -> str:
        return str(self.args[0])


class Checked(Protocol):
    """What a learner says of itself before compiled code, which reads where it is told to, sees a net or a batch."""

    @property
    def n_inputs(self) -> int:
        """Number of input units."""

    @property
    def n_outputs(self) -> int:
        """Number of output units."""

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""

    def arrays(self, net: Any) -> Arrays:
        """List what compiled code reads of a net."""


class Learner(Checked, Protocol):
    """What a learning system has to offer. A learner knows nothing of tasks' names, rows or files.

    A learner is its settings; what it has learned is a net, which only the learner looks into.
    `train` and `predict` begin with `check_work`.
    """

    @property
    def n_weights(self) -> int | None:
        """Number of weights; None if it changes while the net learns."""

    def start(self, rng: np.random.Generator) -> Any:
        """Make a net with initial weights."""

    def copy(self, net: Any) -> Any:
        """Copy a net, so that later training leaves the copy alone."""

    def train(self, net: Any, batch: Batch) -> NDArray[np.float64]:
        """Present every sequence once, in order, learning from each.

        Returns
        -------
        float64, the shape of ``batch.targets``
            Activations of the output units where there is a target, each before learning from that target.
        """

    def predict(self, net: Any, batch: Batch) -> NDArray[np.float64]:
        """Compute the outputs without learning; the net stays as it is.

        What comes out for a sequence hangs on no other one of the batch, unless the learner has a ``resets`` that is
        false.
        """


def takes_parts(learner: Learner) -> bool:
    """Tell whether a learner predicts the same if it is given a batch in parts: see `Learner.predict`."""
    return bool(getattr(learner, "resets", True))


class Like(Protocol):
    """What a learner is built like, where nothing else is given: the row whose task is most like its own."""

    def alpha(self, given: float | None) -> float:
        """Take the row's learning rate if none is given."""

    def weight_range(self, given: float | None) -> float:
        """Take the row's interval of initial weights if none is given."""

    def lstm(self, n_inputs: int, n_outputs: int, alpha: float, weight_range: float) -> Learner:
        """Make the row's own net, under the reading, for other numbers of units."""


class System(Learner, Protocol):
    """A learner that the command can give any task. A class in this package that is one is found by itself.

    Attributes
    ----------
    name : str
        What the command calls it.
    title : str
        What a reader sees.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @classmethod
    def for_task(cls, task: Task, like: Like, **settings: Any) -> Learner:
        """Build it for a task. Keyword parameters are settings that a user may give, each with a default.

        Parameters
        ----------
        like : Like
            The row whose task is most like this one.
        settings
            Of the type that each is annotated with: int, float, bool or str.

        Raises
        ------
        ValueError
            If it can't learn the task.
        """


def check_net(learner: Checked, net: Any) -> None:
    """Check that a net is one of a learner's: every array is of the shape that the learner's equations need.

    Raises
    ------
    ValueError
        If it is another learner's, or one of another size.
    """
    name = type(learner).__name__
    try:
        arrays = list(learner.arrays(net))
        wrong = [of for of in arrays if of[1].shape != of[2] or of[1].dtype != _FLOAT]
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"net is a {type(net).__name__}: give one that this {name} has started") from error
    if not wrong and not all(one.flags.writeable for _, one, _ in arrays):
        raise ValueError(f"net: its arrays can't be written: give one that this {name} has started or copied")
    for what, one, shape in wrong:
        raise ValueError(
            f"net: its {what} is {one.dtype} of shape {one.shape}, not float64 of shape {shape}: "
            f"give one that this {name} has started"
        )


def check_work(learner: Checked, net: Any, batch: Batch) -> None:
    """Check a net and a batch before compiled code sees them.

    Raises
    ------
    ValueError
        If they don't fit the learner: see `check_net` and `lstm97.tasks.base.check`.
    """
    learner.check(batch)
    check_net(learner, net)


@dataclass(frozen=True)
class Work:
    """A batch that is to be presented to a net.

    Attributes
    ----------
    learner : Learner
    net : object
        The learner's net. It is changed if `learn` is true.
    batch : Batch
    learn : bool
        Whether to train on the batch, or only to compute the outputs.
    """

    learner: Learner
    net: Any
    batch: Batch
    learn: bool = True

    def do(self) -> NDArray[np.float64]:
        """Do it.

        Returns
        -------
        float64, the shape of ``batch.targets``

        Raises
        ------
        LearnerError
            If the learner raises anything but a lack of memory, or returns anything else.
        """
        learner, call = type(self.learner), "train" if self.learn else "predict"
        file, name, expected = inspect.getfile(learner), f"{learner.__name__}.{call}", self.batch.targets.shape
        try:
            outputs = getattr(self.learner, call)(self.net, self.batch)
        except MemoryError:
            raise
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f", line {frame.lineno}" for frame in frames if frame.filename == file]
            raise LearnerError(
                f"{file}{''.join(lines[-1:])}: {name} raised {type(error).__name__}: {error}; mend the learner",
                traceback.format_exc(),
            ) from error
        of_what = getattr(outputs, "dtype", type(outputs).__name__), getattr(outputs, "shape", None)
        if not isinstance(outputs, np.ndarray) or of_what != (_FLOAT, expected):
            shape = "" if of_what[1] is None else f" of shape {of_what[1]}"
            raise LearnerError(
                f"{file}: {name} returned {of_what[0]}{shape}: return float64 of shape {expected}, "
                "the outputs where the batch has targets"
            )
        return outputs
