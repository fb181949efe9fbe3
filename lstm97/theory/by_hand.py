"""Nets whose weights are set by hand instead of learned, and the sequences that are fed to them: Section 4."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from lstm97.learners.lstm import LSTM, Net
from lstm97.net.topology import Topology
from lstm97.tasks import Batch


def wired(
    topology: Topology, into_hidden: Mapping[tuple[str, str], float], into_output: Mapping[str, float]
) -> tuple[LSTM, Net]:
    """Make a net of zero weights, then set those that are named.

    Parameters
    ----------
    into_hidden : mapping of (str, str) to float
        Weights by unit of the hidden layer and source, as in ``("in_1", "x_2")``; the source ``"1"`` is the bias.
    into_output : mapping of str to float
        Weights to the first output unit, by source.

    Returns
    -------
    learner : LSTM
        It does not learn: its learning rate is 0.
    net : Net

    Raises
    ------
    ValueError
        If a unit or a source is named that the net does not have.

    Examples
    --------
    >>> learner, net = wired(Topology(1, (1,), 1), {("in_1", "1"): -3.0}, {"c_1^1": 8.0})
    >>> net.weights.w_k[0].tolist()
    [8.0, 0.0]
    """
    learner = LSTM(topology, alpha=0.0, weight_range=0.0)
    net = learner.start(np.random.default_rng(0))
    for (unit, source), value in into_hidden.items():
        to, column = _index(unit, topology.unit_names), _index(source, topology.source_names)
        net.weights.w[to, column] = value
    for source, value in into_output.items():
        net.weights.w_k[0, _index(source, topology.output_source_names)] = value
    return learner, net


def _index(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise ValueError(f"the net has no {name!r} here; there are: {', '.join(names)}")
    return names.index(name)


def keeping(bias: float) -> tuple[LSTM, Net]:
    """Make a cell that stores its first input when the second one says so, and shows at all times what it holds.

    Paper: Sec. 4, "Internal state drift and remedies".

    Parameters
    ----------
    bias : float
        Of the input gate: what keeps it closed, or not, after the mark. The mark opens it all the same.

    Returns
    -------
    learner : LSTM
    net : Net
    """
    topology = Topology(n_inputs=2, block_sizes=(1,), n_outputs=1, recurrent=False)
    gates = {("in_1", "x_2"): 40.0 - bias, ("in_1", "1"): bias, ("out_1", "1"): 40.0}
    return wired(topology, {**gates, ("c_1^1", "x_1"): 1.0}, {"c_1^1": 1.0})


def one_sequence(values: ArrayLike) -> Batch:
    """Make a batch of one sequence of real-valued inputs, with a target at the end that means nothing.

    Parameters
    ----------
    values : (n_steps, n_inputs) array-like

    Returns
    -------
    Batch
        For a net with one output unit.
    """
    values = np.asarray(values, dtype=np.float64)
    return Batch(np.empty(0, dtype=np.int64), values, np.array([0, len(values)]), np.zeros((1, 1)))
