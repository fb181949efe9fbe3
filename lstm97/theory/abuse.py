"""Abuse of memory cells, made visible: Section 4, "Abuse problem and solutions"."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.learners.lstm import LSTM, Net
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.tasks.base import Task

Floats = NDArray[np.float64]


class Watched(NamedTuple):
    """What a net's cells were used for in the course of training.

    Attributes
    ----------
    presented : (n_looks,) int64
        Training sequences so far.
    constant : (n_looks, n_cells) float64
        Absolute mean of every cell's outputs at the ends of the test sequences: large for a cell abused as a bias.
        NaN for a cell that is not there yet.
    varying : (n_looks, n_cells) float64
        Their standard deviation: large for a cell that tells sequences apart.
    wrong : (n_looks,) float64
        Share of test sequences with an error beyond the task's tolerance.
    added_after : int or None
        Number of training sequences after which cells were added.
    """

    presented: NDArray[np.int64]
    constant: Floats
    varying: Floats
    wrong: Floats
    added_after: int | None


def cells(*out_gate_bias: float, weight_range: float = 0.1, recurrent: bool = False) -> LSTM:
    """Make a net of memory cells for `StoreAndRead` whose output unit lacks the bias that it needs.

    Paper: Sec. 4, "Abuse problem and solutions", (2).

    Parameters
    ----------
    *out_gate_bias : float
        Initial bias of each cell's output gate: one cell for each.
    weight_range : float
        Of the initial weights.
    recurrent : bool
        Whether the hidden layer feeds itself.
    """
    n = len(out_gate_bias)
    topology = Topology(n_inputs=3, block_sizes=(1,) * n, n_outputs=1, biased="b1", recurrent=recurrent)
    return LSTM(topology, 0.5, weight_range, in_gate_bias=(-3.0,) * n, out_gate_bias=out_gate_bias)


def with_more_cells(learner: LSTM, net: Net, larger: LSTM, rng: np.random.Generator) -> Net:
    """Add memory cells and their gates to a net in the course of training.

    Paper: Sec. 4, "Abuse problem and solutions", (1).

    Parameters
    ----------
    net : Net
        Left as it is.
    larger : LSTM
        Its topology has all units of the learner's, and more blocks after them.
    rng : numpy.random.Generator
        Draws the initial weights of what is new.

    Returns
    -------
    Net
        The weights that exist already are kept.
    """
    full, old, new = larger.start(rng), learner.topology, larger.topology
    rows, columns, below = (
        [getattr(new, names).index(name) for name in getattr(old, names)]
        for names in ("unit_names", "source_names", "output_source_names")
    )
    full.weights.w[np.ix_(rows, columns)] = net.weights.w
    full.weights.w_k[:, below] = net.weights.w_k
    return full


def watch(
    learner: LSTM, task: Task, test: Batch, n: int, every: int, seed: int, larger: LSTM | None = None
) -> Watched:
    """Train a net and look at its cells every so often; if told so, add cells once the error has stopped decreasing.

    The error counts as no longer decreasing when its mean over the last `every` sequences is less than one per cent
    below that of as many before.

    Paper: Sec. 4, "Abuse problem and solutions".

    Parameters
    ----------
    test : Batch
        Sequences to look at, of either kind with equal probability.
    n, every : int
        Training sequences in all, and between two looks.
    seed : int
        Of weights and training sequences.
    larger : LSTM, optional
        The net with added cells: see `with_more_cells`.
    """
    weights, rng = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    net, n_cells = learner.start(weights), (larger or learner).topology.n_cells
    looks, before, added_after = np.arange(every, n + 1, every), math.inf, None
    constant, varying = np.full((2, len(looks), n_cells), np.nan)
    wrong = np.empty(len(looks))
    for look, presented in enumerate(looks):
        batch = task.sample(rng, every)
        error = float(np.abs(learner.train(net, batch) - batch.targets).mean())
        y_c = np.array([learner.trace(net, test, i).y_c[-1] for i in range(len(test))])
        constant[look, : y_c.shape[1]] = np.abs(y_c.mean(axis=0))
        varying[look, : y_c.shape[1]] = y_c.std(axis=0)
        wrong[look] = (np.abs(learner.predict(net, test) - test.targets) >= task.tolerance).mean()
        if larger and error > 0.99 * before:
            net, added_after = with_more_cells(learner, net, larger, weights), int(presented)
            learner, larger = larger, None
        before = error
    return Watched(looks, constant, varying, wrong, added_after)
