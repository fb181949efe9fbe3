"""The tasks of Sec. 5, parity and the latch problem, one file each.

Here: drawing sequences, and saying when an answer is correct. Nothing lists what the command can run: a new file with
a class that has a ``name`` is enough. Not here: networks, and how one learns.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from lstm97.discovery import declared
from lstm97.tasks.adding import Adding
from lstm97.tasks.base import Batch, Task
from lstm97.tasks.distractors import Distractors
from lstm97.tasks.latch import Latch
from lstm97.tasks.long_lag import LongLag
from lstm97.tasks.multiplication import Multiplication
from lstm97.tasks.parity import Parity
from lstm97.tasks.reber import EmbeddedReber
from lstm97.tasks.temporal_order import TemporalOrder
from lstm97.tasks.two_sequence import TwoSequence

__all__ = [
    "Adding",
    "Batch",
    "Distractors",
    "EmbeddedReber",
    "Latch",
    "LongLag",
    "Multiplication",
    "Parity",
    "Task",
    "TemporalOrder",
    "TwoSequence",
    "tasks",
]


@cache
def tasks() -> Mapping[str, type[Task]]:
    """Collect the tasks that any learner can be given.

    Returns
    -------
    mapping of str to type
        By the name that the command knows.

    Raises
    ------
    FileError
        If a file can't be imported, or a task in it has no name, no row that it is like, or the name of another.
    """

    def is_task(cls: type) -> bool:
        return issubclass(cls, Task) and not inspect.isabstract(cls)

    def lacks(cls: type[Task]) -> list[str]:
        missing = ["like"] if cls.like is Task.like else []
        choices = cls.reads if isinstance(cls.reads, Mapping) else {"reads": ()}
        fields = getattr(cls, "__dataclass_fields__", {})
        missing += [f"field {name}, which its reads or defaults name" for name in choices if name not in fields]
        defaults = cls.defaults if isinstance(cls.defaults, Mapping) else {"defaults": None}
        missing += [f"field {name}, which its reads or defaults name" for name in defaults if name not in fields]
        return missing + ["hash (is it a frozen dataclass?)"] * (cls.__hash__ is None)

    return MappingProxyType(declared(__name__, __path__, is_task, lacks))
