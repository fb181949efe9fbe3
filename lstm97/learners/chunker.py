r"""The neural sequence chunker of two nets.

Schmidhuber (1992b), "Learning complex, extended sequences using the principle of history compression"; in the paper
Sec. 2 and 5.2, Table 2.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from lstm97.checks import MOST_WEIGHTS, choice, not_negative, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import (
    Floats,
    RecurrentTopology,
    add_output_updates,
    compute_errors,
    compute_outputs,
    net_inputs,
    respond,
)
from lstm97.learners.rtrl import RTRL, RTRLNet, add_sensitivity_updates, advance_sensitivities
from lstm97.learners.unfolded import LOOP, TOP, Unfolded
from lstm97.net.activations import f
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task, tasks
from lstm97.tasks.base import check

MIMICS = ("hidden", "state")


def check_symbols(task: Task) -> None:
    """Check that the targets of a task are the next symbols.

    Raises
    ------
    ValueError
        If they aren't; the message names the tasks whose targets are.
    """
    if not task.next_symbols:
        others = " or ".join(name for name, cls in tasks().items() if cls.next_symbols)
        raise ValueError(f"a chunker predicts the next symbol at every step: give {others}")


def check_next_symbols(batch: Batch, n_symbols: int) -> None:
    """Check that a batch is one of symbols, and asks for the next one at every step.

    Raises
    ------
    ValueError
        If it doesn't.
    """
    if batch.values.size or not batch.every_step:
        raise ValueError("batch: a chunker predicts the next symbol at every step; give a task that asks for that")
    check(batch, n_symbols, n_symbols)


@compiled
def step(wiring, w, state, dy_dw, dy_dw_before, symbol, values):
    """Let one of the nets read a symbol: advance its activations and their sensitivities.

    Parameters
    ----------
    wiring : RecurrentWiring
    w : (U, M) float64
    state : RecurrentState
    dy_dw, dy_dw_before : (U, U, M) float64
        Sensitivities, now and one step of this net earlier.
    symbol : int
    values : (n_steps, 0) float64
        The batch's: there are no other inputs.
    """
    y, y_before, net, _, _, _ = state
    net_inputs(wiring, w, symbol, values, 0, y, net)
    for i in range(y.size):
        y_before[i] = y[i]
        y[i] = f(net[i])
    advance_sensitivities(wiring, w, symbol, values, 0, y_before, y, dy_dw, dy_dw_before)


@compiled
def learn(wiring, alpha, w, w_k, state, dy_dw, symbol, values, targets, row):
    """Change the weights of one of the nets by the errors of one prediction.

    Parameters
    ----------
    wiring : RecurrentWiring
    alpha : float
        Learning rate.
    w, w_k : float64
        Weights, changed in place.
    state : RecurrentState
        With the outputs computed.
    dy_dw : (U, U, M) float64
    symbol : int
        What the net has read last.
    values : (n_steps, 0) float64
    targets : (n, K) float64
    row : int
        The row of `targets` that counts.
    """
    y, _, _, y_k, e_k, e_y = state
    compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
    add_output_updates(wiring, alpha, e_k, symbol, values, 0, y, w_k)
    add_sensitivity_updates(alpha, e_y, dy_dw, w)


@compiled
def present(
    wiring,
    lower,
    lower_state,
    lower_dy_dw,
    upper,
    upper_state,
    upper_dy_dw,
    lower_memory,
    upper_memory,
    wanted,
    alpha,
    surprise,
    symbols,
    values,
    offsets,
    targets,
    outputs,
):
    """Present sequences one after the other; both nets learn from each of their predictions.

    Parameters
    ----------
    wiring : RecurrentWiring
        The same for both nets.
    lower, upper : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    lower_state, upper_state : RecurrentState
    lower_dy_dw, upper_dy_dw : (U, U, M) float64
        Sensitivities.
    lower_memory, upper_memory : (U, U, M) float64
        Working memory.
    wanted : (1, K + U) or (1, K + U + K) float64
        Working memory: the lower net's targets, which are the next symbol, the upper net's hidden units and, if
        there is room for them, its output units.
    alpha : float
        Learning rate.
    surprise : float
        Bound on the absolute error of every output of a successful prediction.
    symbols, values, offsets, targets
        As in `lstm97.tasks.Batch`, with a target at every step.
    outputs : (n_steps, K) float64
        Result: the lower net's predictions, before learning from their errors.
    """
    w, w_k, upper_w, upper_w_k = lower.w.T, lower.w_k.T, upper.w.T, upper.w_k.T
    n_outputs, n_units = outputs.shape[1], upper_state.y.size
    for s in range(offsets.size - 1):
        lower_state.y[:] = wiring.initial_y
        upper_state.y[:] = wiring.initial_y
        lower_dy_dw[:, :, :] = 0.0
        upper_dy_dw[:, :, :] = 0.0
        unexpected, read = True, -1  # nothing predicts a sequence's first symbol
        for t in range(offsets[s], offsets[s + 1]):
            symbol = symbols[t]
            if unexpected:
                step(wiring, upper_w, upper_state, upper_dy_dw, upper_memory, symbol, values)
                compute_outputs(wiring, upper_w_k, symbol, values, 0, upper_state.y, upper_state.y_k)
                read = symbol
            step(wiring, w, lower_state, lower_dy_dw, lower_memory, symbol, values)
            compute_outputs(wiring, w_k, symbol, values, 0, lower_state.y, lower_state.y_k)
            unexpected = False
            for k in range(n_outputs):
                outputs[t, k] = lower_state.y_k[k]
                wanted[0, k] = targets[t, k]
                if not abs(targets[t, k] - outputs[t, k]) < surprise:
                    unexpected = True
            for i in range(n_units):
                wanted[0, n_outputs + i] = upper_state.y[i]
            for k in range(wanted.shape[1] - n_outputs - n_units):
                wanted[0, n_outputs + n_units + k] = upper_state.y_k[k]
            learn(wiring, alpha, w, w_k, lower_state, lower_dy_dw, symbol, values, wanted, 0)
            if unexpected:  # this is what the upper net should have predicted, from what it has read last
                learn(wiring, alpha, upper_w, upper_w_k, upper_state, upper_dy_dw, read, values, targets, t)


@dataclass
class ChunkerNet:
    """Two recurrent nets.

    Attributes
    ----------
    lower : RTRLNet
        The automatizer: reads every symbol.
    upper : RTRLNet
        The chunker: reads what the lower net did not predict.
    """

    lower: RTRLNet
    upper: RTRLNet


@dataclass(frozen=True)
class Chunker:
    """A net that reads every symbol, and above it one that reads only what the first did not predict.

    Both are trained by RTRL to predict what they read next. The lower net has more outputs, which it is trained to
    make equal to the state of the upper net. As the lower net learns what is predictable, the upper net's sequences
    become short, so it can relate symbols that are far apart; and the lower net, told at every step what the upper
    one's state is, comes to represent it itself. Where nothing is predictable in between, nothing is compressed.

    The lower net's predictions are the system's outputs.

    Schmidhuber (1992b) says: input units feed the hidden and the output units of both nets; the first symbol of a
    sequence is unexpected; the upper net is trained to predict an unexpected symbol before it reads it; both nets
    learn on-line, at each of these errors; and the upper net's state is its hidden and its output units together.
    The 1997 paper gives the lower net of Table 2 a single output more, for the upper net's hidden unit, and its
    10,506 weights leave no room for others. `mimics` chooses between the two.

    In Task 2a the difference decides. The upper net soon reads nothing but the first symbol, and is to predict the
    last. Its output units see the first symbol directly, so nothing trains its hidden unit to tell x from y: its
    output units have all there is to tell the lower net, its hidden unit next to nothing.

    What both leave open: a prediction fails if an output is off by `surprise` or more; the upper net reads no time
    stamps, which Schmidhuber's experiment with a lag of 20 steps does without as well; activations are reset between
    sequences, and both nets have the same learning rate.

    Paper: Sec. 2, "Adaptive sequence chunkers"; Sec. 5.2, Table 2, row 7; Schmidhuber (1992b), Sec. 4.

    Parameters
    ----------
    n_symbols : int
        Number of symbols; each has an input unit and an output unit.
    n_hidden : int
        Number of hidden units of each net. Table 2 has 1.
    alpha : float
        Learning rate.
    weight_range : float
        Initial weights are drawn uniformly from [-weight_range, weight_range].
    surprise : float
        Bound on the absolute error of every output of a successful prediction.
    mimics : {"hidden", "state"}
        Whether the lower net is trained to represent the upper net's hidden units, or its output units as well.

    Raises
    ------
    ValueError
        If a number of units is below 1, there would be too many sensitivities, or `mimics` is neither.
    """

    n_symbols: int
    n_hidden: int
    alpha: float
    weight_range: float
    surprise: float = 0.2
    mimics: str = "hidden"

    name = "chunker"
    title = "Chunker"
    unfolded = Unfolded(
        rows=("input", "lower net", "prediction", "upper net"),
        links=((0, 1, 0), LOOP, TOP, (3, 3, 4)),
        same_step=(TOP,),
        carried=(LOOP,),
        silent=((3, 2), (3, 3), (3, 4)),
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
        surprise: float = 0.2,
        mimics: str = "hidden",
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        check_symbols(task)
        return cls(task.n_inputs, n_hidden, like.alpha(alpha), like.weight_range(weight_range), surprise, mimics)

    def __post_init__(self) -> None:
        whole("n_symbols", self.n_symbols, most=MOST_WEIGHTS)
        whole("n_hidden", self.n_hidden, most=MOST_WEIGHTS)
        not_negative("surprise", self.surprise)
        choice("mimics", self.mimics, MIMICS)
        _ = self.lower, self.upper  # making them checks the numbers

    @property
    def n_inputs(self) -> int:
        """Number of symbols, one input unit each."""
        return self.n_symbols

    @property
    def n_outputs(self) -> int:
        """Number of symbols, one output unit each."""
        return self.n_symbols

    @cached_property
    def lower(self) -> RTRL:
        """The lower net's settings."""
        return self._net(self.n_symbols + self.n_hidden + self.n_symbols * (self.mimics == "state"))

    @cached_property
    def upper(self) -> RTRL:
        """The upper net's settings."""
        return self._net(self.n_symbols)

    def _net(self, n_outputs: int) -> RTRL:
        topology = RecurrentTopology(self.n_symbols, self.n_hidden, n_outputs, outputs_see_inputs=True)
        return RTRL(topology, self.alpha, self.weight_range, update="every step")

    @property
    def n_weights(self) -> int:
        """Number of weights of both nets."""
        return self.lower.topology.n_weights + self.upper.topology.n_weights

    def start(self, rng: np.random.Generator) -> ChunkerNet:
        """Make both nets with initial weights."""
        return ChunkerNet(self.lower.start(rng), self.upper.start(rng))

    def copy(self, net: ChunkerNet) -> ChunkerNet:
        """Copy the nets, so that later training leaves the copies alone."""
        return ChunkerNet(self.lower.copy(net.lower), self.upper.copy(net.upper))

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `check_next_symbols`."""
        check_next_symbols(batch, self.n_symbols)

    def arrays(self, net: ChunkerNet) -> Arrays:
        """List what compiled code reads of the nets: see `lstm97.learners.Learner.arrays`."""
        yield from self.lower.arrays(net.lower)
        yield from self.upper.arrays(net.upper)

    def train(self, net: ChunkerNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each.

        Parameters
        ----------
        net : ChunkerNet
            Changed in place.
        batch : Batch
            One-hot; the target of every step is the next symbol.

        Returns
        -------
        (n_steps, n_symbols) float64
            Activations of the lower net's output units, each before learning from its error.

        Raises
        ------
        ValueError
            If the batch's targets are no symbols to come, or the nets are another learner's.
        """
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        present(
            self.upper.wiring,
            net.lower.weights.transposed(),
            net.lower.state,
            net.lower.dy_dw,
            net.upper.weights.transposed(),
            net.upper.state,
            net.upper.dy_dw,
            np.empty_like(net.lower.dy_dw),
            np.empty_like(net.upper.dy_dw),
            np.empty((1, self.lower.topology.n_outputs)),
            self.alpha,
            self.surprise,
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            outputs,
        )
        return outputs

    def predict(self, net: ChunkerNet, batch: Batch) -> Floats:
        """Compute the lower net's predictions without learning.

        Parameters
        ----------
        net : ChunkerNet
            Left as it is.

        Returns
        -------
        (n_steps, n_symbols) float64

        Raises
        ------
        ValueError
            As in `train`.
        """
        check_work(self, net, batch)
        outputs = np.empty((len(batch.targets), self.lower.topology.n_outputs))
        respond(
            self.upper.wiring,
            net.lower.weights.transposed(),
            self.lower.new_state(),
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.every_step,
            outputs,
        )
        return outputs[:, : self.n_symbols].copy()
