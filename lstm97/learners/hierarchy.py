"""A hierarchy of nets, each of which reads what the one below did not predict.

Schmidhuber (1992b, Sec. 3; 1992c; 1993, Sec. 7.2); in the paper Sec. 2 and 5.2, "hierarchical chunker".
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import MOST_WEIGHTS, not_negative, real, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.chunker import check_next_symbols, check_symbols
from lstm97.learners.progress import has_stopped_improving, mean_errors, until_comparison
from lstm97.learners.recurrent import Floats, RecurrentTopology
from lstm97.learners.rtrl import RTRL, RTRLNet
from lstm97.learners.unfolded import LOOP, Unfolded
from lstm97.tasks import Batch, Task
from lstm97.tasks.base import offsets_of

#: Number of levels at most: each has its own net, made at the start.
MOST_LEVELS = 100


def predicted_symbols(outputs: Floats, surprise: float) -> NDArray[np.int64]:
    """Tell which symbol a net predicts, if any.

    It is the one whose vector is nearest to the outputs, the first of several; it counts if no output is off by
    `surprise` or more. Otherwise the net says by its outputs that it does not know.

    Parameters
    ----------
    outputs : (n_steps, K) float64

    Returns
    -------
    (n_steps,) int64
        -1 for none.
    """
    nearest = outputs.argmax(axis=1)
    off = np.abs(outputs)
    steps = np.arange(len(outputs))
    off[steps, nearest] = np.abs(1.0 - outputs[steps, nearest])
    return np.where((off < surprise).all(axis=1), nearest, -1)


def unpredicted(batch: Batch, failed: NDArray[np.bool_]) -> Batch:
    """Reduce sequences to what the net above reads and is to predict.

    It reads the first symbol of a sequence, and every one that was not predicted. From each of them it is to predict
    the next one that will not be predicted. The last one has no such successor, so it is left out.

    Parameters
    ----------
    batch : Batch
        With the next symbol as the target of every step.
    failed : (n_steps,) bool
        At which steps the prediction failed.

    Returns
    -------
    Batch
        As many sequences, some of them perhaps empty; one step for every failed prediction, in this order.
    """
    steps = np.flatnonzero(failed)
    sequence = np.searchsorted(batch.offsets, steps, side="right") - 1
    read = batch.offsets[sequence]
    again = np.flatnonzero(sequence[1:] == sequence[:-1]) + 1  # not the first failure of its sequence
    read[again] = steps[again - 1] + 1
    return Batch(
        batch.symbols[read],
        batch.values[read],
        offsets_of(np.bincount(sequence, minlength=len(batch))),
        batch.targets[steps],
        every_step=True,
    )


@dataclass
class HierarchyNet:
    """The nets of a hierarchy.

    Attributes
    ----------
    levels : list of RTRLNet
        From the one that reads every symbol upwards.
    training : int
        Index of the level that learns. Those below are frozen, those above do not exist yet: what is here of them
        are their initial weights.
    errors : list of float
        Errors of this level: see `lstm97.learners.progress.has_stopped_improving`.
    """

    levels: list[RTRLNet]
    training: int = 0
    errors: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Hierarchy:
    """Nets on several levels; each predicts what it reads next, and reads what the one below did not predict.

    One level learns at a time, by RTRL. Once it has stopped improving its weights are frozen, and the next level is
    added. Its sequences are shorter, so what is far apart for the nets below may be close for this one. Where nothing
    is predictable, they are as long, and nothing is gained.

    A net predicts the symbol whose vector is nearest to its outputs, if no output is off by `surprise` or more. Any
    other outcome is a failure: an output in between, or the wrong symbol. So a net's own outputs tell that it does
    not know, before the symbol comes. The system's outputs are those of the lowest level that knows, or else of the
    highest level that exists.

    What the sources leave open here: this use of all levels for one prediction, while Schmidhuber uses the highest
    one to classify whole sequences; the bound `surprise`, which he calls small in 1992 and does without in 1993,
    where the nearest symbol is the prediction (a bound of 1 does that: then every net claims to know); when a net has
    stopped improving, which is our rule for LSTM's growing net in Task 2a; and that there are no time stamps, which
    he says many tasks can do without. Activations are reset between sequences. All levels have the same size, that of
    RTRL's net in Table 2.

    Paper: Sec. 2, "Adaptive sequence chunkers"; Sec. 5.2, results of Task 2a.

    Parameters
    ----------
    n_symbols : int
        Number of symbols; each has an input unit and an output unit.
    n_hidden : int
        Number of hidden units of each net.
    alpha : float
        Learning rate.
    weight_range : float
        Initial weights are drawn uniformly from [-weight_range, weight_range].
    n_levels : int
        Number of levels at most. The last one goes on learning.
    surprise : float
        Bound on the absolute error of every output of a successful prediction.
    improvement : float
        A net has stopped improving when the mean error of 200 sequences is less than this share below that of the
        200 before.

    Raises
    ------
    ValueError
        If a number of units or of levels is below 1, or there would be too many sensitivities.
    """

    n_symbols: int
    n_hidden: int
    alpha: float
    weight_range: float
    n_levels: int = 3
    surprise: float = 0.2
    improvement: float = 0.01

    name = "hierarchy"
    title = "Hierarchical chunker"
    unfolded = Unfolded(
        rows=("input", "level 1", "level 2", "level 3"),
        links=((0, 1, 0), LOOP, (2, 2, 2), (3, 3, 4)),
        carried=(LOOP, (2, 2, 2), (3, 3, 4)),
        silent=((2, 2), (2, 4), (3, 2), (3, 3), (3, 4)),
    )

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int = 1,
        alpha: float | None = None,
        weight_range: float | None = None,
        n_levels: int = 3,
        surprise: float = 0.2,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        check_symbols(task)
        return cls(task.n_inputs, n_hidden, like.alpha(alpha), like.weight_range(weight_range), n_levels, surprise)

    def __post_init__(self) -> None:
        whole("n_symbols", self.n_symbols, most=MOST_WEIGHTS)
        whole("n_levels", self.n_levels, most=MOST_LEVELS)
        not_negative("surprise", self.surprise)
        real("improvement", self.improvement)
        _ = self.level  # making it checks the other numbers

    @property
    def n_inputs(self) -> int:
        """Number of symbols, one input unit each."""
        return self.n_symbols

    @property
    def n_outputs(self) -> int:
        """Number of symbols, one output unit each."""
        return self.n_symbols

    @cached_property
    def level(self) -> RTRL:
        """The settings of each net."""
        topology = RecurrentTopology(self.n_symbols, self.n_hidden, self.n_symbols, outputs_see_inputs=True)
        return RTRL(topology, self.alpha, self.weight_range)

    @property
    def n_weights(self) -> int:
        """Number of weights of all levels."""
        return self.n_levels * self.level.topology.n_weights

    def start(self, rng: np.random.Generator) -> HierarchyNet:
        """Make the nets with initial weights, of which the lowest learns first."""
        return HierarchyNet([self.level.start(rng) for _ in range(self.n_levels)])

    def copy(self, net: HierarchyNet) -> HierarchyNet:
        """Copy the nets, so that later training leaves the copies alone."""
        return HierarchyNet([self.level.copy(one) for one in net.levels], net.training, list(net.errors))

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.learners.chunker.check_next_symbols`."""
        check_next_symbols(batch, self.n_symbols)

    def arrays(self, net: HierarchyNet) -> Arrays:
        """List what compiled code reads of the nets: see `lstm97.learners.Learner.arrays`."""
        if len(net.levels) != self.n_levels:
            raise ValueError("another number of levels")
        for level in net.levels:
            yield from self.level.arrays(level)

    def train(self, net: HierarchyNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each; add a level when it is time.

        Parameters
        ----------
        net : HierarchyNet
            Changed in place.
        batch : Batch
            One-hot; the target of every step is the next symbol.

        Returns
        -------
        (n_steps, n_symbols) float64
            The system's outputs, each before learning from its error.

        Raises
        ------
        ValueError
            If the batch's targets are no symbols to come, or the nets are another learner's.
        """
        check_work(self, net, batch)
        outputs, done = np.empty_like(batch.targets), 0
        while done < len(batch):
            last = min(len(batch), done + until_comparison(net.errors))
            steps = slice(batch.offsets[done], batch.offsets[last])
            outputs[steps] = self._present(net, batch.part(done, last), learn=True)
            if has_stopped_improving(net.errors, self.improvement) and net.training < self.n_levels - 1:
                net.training, net.errors = net.training + 1, []
            done = last
        return outputs

    def predict(self, net: HierarchyNet, batch: Batch) -> Floats:
        """Compute the system's outputs without learning.

        A step's outputs do not depend on its target, only on those of earlier steps, which the inputs show as well.

        Parameters
        ----------
        net : HierarchyNet
            Left as it is.
        batch : Batch
            As in `train`.

        Returns
        -------
        (n_steps, n_symbols) float64

        Raises
        ------
        ValueError
            If the batch's targets are no symbols to come, or the nets are another learner's.
        """
        check_work(self, net, batch)
        return self._present(net, batch, learn=False)

    def _present(self, net: HierarchyNet, batch: Batch, learn: bool, i: int = 0) -> Floats:
        """Present sequences to level i; what it does not predict, to the level above, for which some may be empty."""
        if i == net.training:
            if not learn:
                return self.level.outputs(net.levels[i], batch)
            outputs = self.level.learn(net.levels[i], batch)
            net.errors += mean_errors(batch, outputs)
            return outputs
        outputs = self.level.outputs(net.levels[i], batch)
        symbols = predicted_symbols(outputs, self.surprise)
        failed = symbols != batch.targets.argmax(axis=1)
        above = self._present(net, unpredicted(batch, failed), learn, i + 1)
        outputs[symbols < 0] = above[symbols[failed] < 0]
        return outputs
