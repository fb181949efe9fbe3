"""The learning systems of the paper, one file each, with one interface.

Here: settings, training, answering. Nothing lists what the command can run: a new file with a class that has a
``name`` is enough. Not here: tasks by name, rows, files, statistics.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from lstm97.discovery import declared
from lstm97.learners.base import Learner, System, Work
from lstm97.learners.bptt import BPTT
from lstm97.learners.cascade import Cascade
from lstm97.learners.chunker import Chunker
from lstm97.learners.elman import Elman
from lstm97.learners.growing import Growing
from lstm97.learners.guessing import Guessing
from lstm97.learners.hierarchy import Hierarchy
from lstm97.learners.kalman import Kalman
from lstm97.learners.leaky import Additive, TimeConstants
from lstm97.learners.lstm import LSTM, Net, Trace
from lstm97.learners.naive_carrousel import NaiveCarrousel
from lstm97.learners.narx import NARX
from lstm97.learners.recurrent import RecurrentTopology
from lstm97.learners.rtrl import RTRL
from lstm97.learners.search import Annealing, MultiGrid
from lstm97.learners.second_order import SecondOrder
from lstm97.learners.window import Window

__all__ = [
    "BPTT",
    "LSTM",
    "NARX",
    "RTRL",
    "Additive",
    "Annealing",
    "Cascade",
    "Chunker",
    "Elman",
    "Growing",
    "Guessing",
    "Hierarchy",
    "Kalman",
    "Learner",
    "MultiGrid",
    "NaiveCarrousel",
    "Net",
    "RecurrentTopology",
    "SecondOrder",
    "System",
    "TimeConstants",
    "Trace",
    "Window",
    "Work",
    "learners",
]


#: What a learning system has to have: see `lstm97.learners.base.System`.
NEEDED = (
    *("title", "for_task", "n_inputs", "n_outputs", "n_weights"),
    *("start", "copy", "train", "predict", "check", "arrays"),
)


@cache
def learners() -> Mapping[str, type[System]]:
    """Collect the learning systems that can be given any task.

    Returns
    -------
    mapping of str to type
        By the name that the command knows.

    Raises
    ------
    FileError
        If a file can't be imported, or a learner in it has no name, title or ``for_task``, or the name of another.
    """

    def is_learner(cls: Any) -> bool:
        is_base = getattr(cls, "_is_protocol", False) or inspect.isabstract(cls) or vars(cls).get("name", "") is None
        return (hasattr(cls, "train") or hasattr(cls, "for_task")) and not is_base

    def lacks(cls: Any) -> list[str]:
        fields = {*getattr(cls, "__dataclass_fields__", ()), *dir(cls)}
        missing = [one for one in NEEDED if one not in fields]
        if "for_task" in fields:
            settings = list(inspect.signature(cls.for_task).parameters.values())[2:]
            missing += [f"default of its setting {one.name}" for one in settings if one.default is one.empty]
        return missing + ["hash (is it a frozen dataclass?)"] * (cls.__hash__ is None)

    return MappingProxyType(declared(__name__, __path__, is_learner, lacks))
