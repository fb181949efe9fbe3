"""Series of pairs of task and learner, beyond the paper's tables: how far a lag each system bridges, and the like.

A sweep is data, as a row is: which pairs, how many trials of each, after how many sequences a trial is given up. Its
pairs are those of `lstm97.experiments.pairs`, its records stand in the project's folder ``data/sweeps``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lstm97.experiments.pairs import Pair, make_pair


@dataclass(frozen=True)
class Sweep:
    """Every one of some tasks with every one of some learners.

    Attributes
    ----------
    name, title : str
    tasks, learners : tuple of str
        As `lstm97.experiments.pairs.make_pair` takes them.
    n_trials : int
        Of each pair.
    cap : int
        Number of sequences after which a trial is given up.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    learners: tuple[str, ...]
    n_trials: int
    cap: int

    @property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """The pairs, by task and learner."""
        return {(task, learner): make_pair(task, learner) for task in self.tasks for learner in self.learners}


LAGS = (2, 4, 6, 8, 10, 15, 20, 50, 100)
NOISES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
RECURRENT = ("rtrl", "bptt", "elman")
DELAYED = ("window", "narx", "narx:fed_back=hidden")
KEEPING = ("time-constants", "additive", "naive-carrousel")
#: As in Table 2; with hidden layers of three units, of which all is copied, as in the paper of 1992; and in levels.
CHUNKERS = ("chunker", "chunker:n_hidden=3,mimics=state", "hierarchy")

#: The sweeps of the book, by name.
SWEEPS: Mapping[str, Sweep] = {
    sweep.name: sweep
    for sweep in (
        Sweep(
            "lag",
            "Task 2a with lags from 2 to 100 steps",
            tasks=tuple(f"long-lag:p={p}" for p in LAGS),
            learners=("lstm", *RECURRENT, *DELAYED, *KEEPING, "second-order", *CHUNKERS),
            n_trials=3,
            cap=100_000,
        ),
        Sweep(
            "rtrl",
            "What the first rows of Table 2 depend on",
            tasks=("long-lag:p=4",),
            learners=(
                *("rtrl:alpha=1", "rtrl:alpha=4", "rtrl:alpha=10"),
                *("rtrl:alpha=1,online=yes", "rtrl:alpha=1,online=yes,resets=no"),
                *("rtrl:alpha=1,weight_range=2", "rtrl:alpha=1,n_hidden=2", "rtrl:alpha=1,n_hidden=4"),
            ),
            n_trials=3,
            cap=2_000_000,
        ),
        Sweep(
            "noise",
            "Task 2a with random symbols among the regular ones",
            tasks=("long-lag:p=20", *(f"long-lag:p=20,noise={noise:g}" for noise in NOISES[1:])),
            learners=("lstm", *CHUNKERS),
            n_trials=3,
            cap=100_000,
        ),
        Sweep(
            "other-tasks",
            "Experiments 4 and 6a, with 8 hidden units",
            tasks=("adding:T=100", "temporal-order"),
            learners=(*RECURRENT, *DELAYED, *KEEPING, "second-order", "kalman"),
            n_trials=3,
            cap=100_000,
        ),
        # LSTM's row needs more than 100,000. Not RTRL, whose gradient BPTT has, nor the filter, for their cost.
        Sweep(
            "adding",
            "Experiment 4 with more sequences",
            tasks=("adding:T=100",),
            learners=("bptt", "elman", *DELAYED, *KEEPING, "second-order"),
            n_trials=3,
            cap=1_000_000,
        ),
        Sweep(
            "guessing",
            "Weights without a gradient: guessed at random, annealed, searched for",
            tasks=(
                "two-sequence:T=100,N=3",
                "two-sequence:T=500,N=3",
                "latch",
                "parity",
                "distractors",
                "two-sequence:T=100,N=3,variant=3b",
                "two-sequence:T=100,N=3,variant=3c",
                "adding:T=100",
                "multiplication:T=100",
                "temporal-order",
            ),
            learners=("guessing", "guessing:net=A2", "annealing", "multi-grid"),
            n_trials=3,
            cap=100_000,
        ),
    )
}
