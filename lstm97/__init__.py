"""The 1997 paper "Long Short-Term Memory", executable: its network, tasks, rows and trials."""

from lstm97.experiments import row, rows
from lstm97.learners import LSTM
from lstm97.reading import READINGS, Reading
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
from lstm97.topology import Topology
from lstm97.trials import Store, run_trial, scoreboard, summarise_table

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
