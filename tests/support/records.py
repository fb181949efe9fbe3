"""Records: made-up ones, for tests of what reads and writes them, and those of trials that run by themselves."""

from typing import Any

from lstm97.experiments import row as find_row
from lstm97.experiments.pairs import find
from lstm97.net.reading import READINGS
from lstm97.trials import run_trial
from lstm97.trials.runner import plan, record_of
from lstm97.trials.slices import Job


def record(
    trial: int, sequences: int, *, success: bool = True, row: str = "table9/6a", reading: str = "literal"
) -> dict[str, Any]:
    """Make a record with an invented outcome."""
    return {
        "schema": 1,
        "row": row,
        "reading": reading,
        "trial": trial,
        "seeds": {"entropy": "1", "spawn_key": [trial]},
        "success": success,
        "sequences": sequences,
        "steps": 100 * sequences,
        "cap": find_row(row).cap,
        "test": {"n": 2560, "wrong": trial % 3, "mean_absolute_error": 0.01, "mse": 0.001},
        "curve": {"window": 100 << 30, "mean_absolute_error": [0.1], "wrong": [0]},  # all in one window
        "specification": find_row(row).under(READINGS[reading]).hash,
        "versions": {},
        "commit": None,
        "seconds": 1.0,
    }


def job(row: str, reading: str, trial: int, cap: int) -> Job:
    """Plan a trial by names."""
    (planned,) = plan([find(row)], reading, 1, trial, cap)
    return planned


def execute(job: Job) -> dict[str, Any]:
    """Run a trial by itself and make its record."""
    return record_of(job, run_trial(job.specification, job.trial, job.cap), 0.0)
