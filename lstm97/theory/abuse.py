"""Abuse of memory cells, made visible: Section 4, "Abuse problem and solutions"."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm97.learners.lstm import LSTM
from lstm97.tasks.base import Task

Floats = NDArray[np.float64]


class Watched(NamedTuple):
    """What a net's cells were used for in the course of training.

    Attributes
    ----------
    presented : (n_looks,) int64
        Training sequences so far.
    constant : (n_looks, n_cells) float64
        Constant share of every cell's output at sequence ends.
    size : (n_looks, n_cells) float64
        Mean absolute output of every cell at sequence ends.
    wrong : (n_looks,) float64
        Share of test sequences with an error beyond the task's tolerance.
    """

    presented: NDArray[np.int64]
    constant: Floats
    size: Floats
    wrong: Floats


def constant_share(outputs: ArrayLike) -> Floats:
    r"""Compute which part of a cell's output is the same whatever the sequence was.

    Paper: Sec. 4, a cell abused "as bias cell" makes its activation constant.

    .. math:: \frac{\overline{y}^2}{\overline{y^2}}

    Parameters
    ----------
    outputs : (n, ...) array-like
        A cell's output at the ends of n sequences.

    Returns
    -------
    (...) ndarray
        1 for a cell that acts as a bias, 0 for one whose output is 0 on average. 1 also if it is always 0.
    """
    outputs = np.asarray(outputs, dtype=np.float64)
    square = (outputs**2).mean(axis=0)
    return np.where(square > 0.0, outputs.mean(axis=0) ** 2 / np.where(square > 0.0, square, 1.0), 1.0)


def watch(learner: LSTM, task: Task, n: int, every: int, seed: int) -> Watched:
    """Train a net and look at its cells every so often.

    Paper: Sec. 4, "Abuse problem and solutions".

    Parameters
    ----------
    learner : LSTM
    task : Task
    n, every : int
        Training sequences in all, and between two looks.
    seed : int
        Of weights and training sequences.

    Returns
    -------
    Watched
    """
    net, rng = learner.start(np.random.default_rng(seed)), np.random.default_rng((seed, 1))
    test = task.sample(np.random.default_rng((seed, 2)), 40)
    constant, size, wrong = [], [], []
    for _ in range(n // every):
        learner.train(net, task.sample(rng, every))
        y_c = np.array([learner.trace(net, test, i).y_c[-1] for i in range(len(test))])
        constant.append(constant_share(y_c))
        size.append(np.abs(y_c).mean(axis=0))
        wrong.append(float((np.abs(learner.predict(net, test) - test.targets) >= task.tolerance).mean()))
    looks = np.arange(1, n // every + 1) * every
    return Watched(looks, np.array(constant), np.array(size), np.array(wrong))
