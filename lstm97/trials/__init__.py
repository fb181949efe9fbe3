"""Trials: running them, recording them, and saying what came out."""

from lstm97.trials.statistics import VERDICTS, Evidence, Summary, evidence, scoreboard, summarise, summarise_table
from lstm97.trials.store import Store, StoreError
from lstm97.trials.trial import Outcome, run_trial

__all__ = [
    "VERDICTS",
    "Evidence",
    "Outcome",
    "Store",
    "StoreError",
    "Summary",
    "evidence",
    "run_trial",
    "scoreboard",
    "summarise",
    "summarise_table",
]
