"""Whether two readings make any difference to a row: what takes effect of them, not how they are written."""

from typing import Any

import numpy as np

from lstm97.experiments import Specification
from lstm97.learners import LSTM, Growing, Learner


def same_effect(one: Specification, other: Specification) -> bool:
    """Tell whether trials of two specifications of a row are the same, number by number.

    Parameters
    ----------
    one, other : Specification
        Of one row, or of one pair of task and learner.
    """
    if (one.row, one.task, one.stop, one.n_test) != (other.row, other.task, other.stop, other.n_test):
        return False
    learners = (
        (one.learner if isinstance(one.learner, tuple) else (one.learner,)),
        (other.learner if isinstance(other.learner, tuple) else (other.learner,)),
    )
    return len(learners[0]) == len(learners[1]) and all(map(_same_learner, *learners))


def _same_learner(one: Learner, other: Learner) -> bool:
    if isinstance(one, Growing) and isinstance(other, Growing):
        return one.addition == other.addition and _same_learner(one.lstm, other.lstm)
    if isinstance(one, LSTM) and isinstance(other, LSTM):
        return _what_counts(one) == _what_counts(other) and _same_start(one, other)
    return one == other


def _what_counts(learner: LSTM) -> tuple[Any, ...]:
    """List what the equations see of the settings. Weights and their existence are seen where they start."""
    wiring = learner.wiring
    if not (learner.topology.n_recurrent or wiring.output_delay or wiring.constant_unit):
        wiring = wiring._replace(initial_y=0.0)  # nothing sees the activations that a sequence starts with
    return wiring, learner.alpha, learner.topology.block_sizes, learner.topology.n_hidden, learner.topology.n_outputs


def _same_start(one: LSTM, other: LSTM) -> bool:
    """Tell whether nets start alike: the same weights, and the same that exist."""
    nets = [learner.start(np.random.default_rng(0)) for learner in (one, other)]
    return all(
        ours.shape == theirs.shape and np.array_equal(ours, theirs)
        for ours, theirs in zip(nets[0].weights, nets[1].weights, strict=True)
    )
