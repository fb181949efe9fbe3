"""Whether a trial can begin on this machine."""

import math
import os

import numpy as np

from lstm97.experiments.pairs import TOO_LARGE, Pair, PairError, reason_of
from lstm97.net.reading import Reading
from lstm97.trials.trial import CHUNK


def check_size(pair: Pair, reading: Reading) -> None:
    """Check that a trial can begin here: its numbers are such that a net can be made, and sequences fit the memory.

    Raises
    ------
    PairError
        If not.
    """
    specification, rng = pair.under(reading), np.random.default_rng(0)
    try:
        example = specification.task_of(1).sample(rng, 1)
    except (ValueError, *TOO_LARGE) as error:
        raise PairError(f"{pair.task_text} can't be drawn: {reason_of(error)}") from error
    n_bytes = sum(array.nbytes for array in (example.symbols, example.values, example.targets))
    needed, memory = n_bytes * max(CHUNK, specification.n_test), _memory()
    if needed > memory / 2:
        raise PairError(
            f"{pair.task_text} is too large: a trial draws sequences of {needed / 1e9:.3g} GB at a time, and this "
            f"machine has {memory / 1e9:.3g} GB; make it shorter"
        )
    try:
        specification.learner_of(1).start(rng)
    except (ValueError, *TOO_LARGE) as error:
        raise PairError(f"{pair.learner_text} can't be started for {pair.task_text}: {reason_of(error)}") from error


def _memory() -> float:
    """Return the machine's memory in bytes, where it can be known."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return math.inf
