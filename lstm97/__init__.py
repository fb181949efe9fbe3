"""The 1997 paper "Long Short-Term Memory", executable: its network, tasks, rows and trials.

What it offers is imported when it is first used, so that the command can answer, and be interrupted, from the start.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstm97.experiments import row, rows
    from lstm97.learners import LSTM
    from lstm97.net.reading import READINGS, Reading
    from lstm97.net.topology import Topology
    from lstm97.results import Store, scoreboard, summarise_table
    from lstm97.tasks import (
        Adding,
        Batch,
        Distractors,
        EmbeddedReber,
        LongLag,
        Multiplication,
        TemporalOrder,
        TwoSequence,
    )
    from lstm97.trials import run_trial

    __version__: str

__all__ = [
    "LSTM",
    "READINGS",
    "Adding",
    "Batch",
    "Distractors",
    "EmbeddedReber",
    "LongLag",
    "Multiplication",
    "Reading",
    "Store",
    "TemporalOrder",
    "Topology",
    "TwoSequence",
    "row",
    "rows",
    "run_trial",
    "scoreboard",
    "summarise_table",
]

_MODULES = ("experiments", "learners", "net.reading", "net.topology", "results", "tasks", "trials")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version(__name__)
    if name in __all__:
        for module in _MODULES:
            found = importlib.import_module(f"{__name__}.{module}")
            if hasattr(found, name):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
