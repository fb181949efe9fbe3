r"""The neural sequence chunker of two nets.

Schmidhuber (1992b), "Learning complex, extended sequences using the principle of history compression"; in the paper
Sec. 2 and 5.2, Table 2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstm97.activations import f
from lstm97.compiled import compiled
from lstm97.learners.recurrent import (
    Floats,
    RecurrentTopology,
    RecurrentWiring,
    add_output_updates,
    apply_updates,
    compute_errors,
    compute_outputs,
    net_inputs,
    respond,
)
from lstm97.learners.rtrl import RTRL, RTRLNet, add_sensitivity_updates, advance_sensitivities
from lstm97.tasks import Batch


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
def learn(wiring, w_k, dw, dw_k, state, dy_dw, symbol, values, targets, row):
    """Add the contributions of one prediction's errors to the updates of one of the nets.

    Parameters
    ----------
    wiring : RecurrentWiring
    w_k : (K, sources of the outputs) float64
    dw, dw_k : float64
        Sums of the contributions, without the learning rate; added to in place.
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
    add_output_updates(wiring, 1.0, e_k, symbol, values, 0, y, dw_k)
    add_sensitivity_updates(1.0, e_y, dy_dw, dw)


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
    """Present sequences one after the other; both nets learn from each at its end.

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
    wanted : (1, K + U) float64
        Working memory: the lower net's targets.
    alpha : float
        Learning rate.
    surprise : float
        Bound on the absolute error of every output of a successful prediction.
    symbols, values, offsets, targets
        As in `lstm97.tasks.Batch`, with a target at every step.
    outputs : (n_steps, K) float64
        Result: the lower net's predictions, before learning from their errors.
    """
    w, w_k, dw, dw_k = lower.w.T, lower.w_k.T, lower.dw.T, lower.dw_k.T
    upper_w, upper_w_k, upper_dw, upper_dw_k = upper.w.T, upper.w_k.T, upper.dw.T, upper.dw_k.T
    n_outputs = outputs.shape[1]
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
                read = symbol
            step(wiring, w, lower_state, lower_dy_dw, lower_memory, symbol, values)
            compute_outputs(wiring, w_k, symbol, values, 0, lower_state.y, lower_state.y_k)
            unexpected = False
            for k in range(n_outputs):
                outputs[t, k] = lower_state.y_k[k]
                wanted[0, k] = targets[t, k]
                if not abs(targets[t, k] - outputs[t, k]) < surprise:
                    unexpected = True
            for i in range(upper_state.y.size):
                wanted[0, n_outputs + i] = upper_state.y[i]
            learn(wiring, w_k, dw, dw_k, lower_state, lower_dy_dw, symbol, values, wanted, 0)
            if unexpected:  # this is what the upper net should have predicted, from what it has read last
                compute_outputs(wiring, upper_w_k, read, values, 0, upper_state.y, upper_state.y_k)
                learn(wiring, upper_w_k, upper_dw, upper_dw_k, upper_state, upper_dy_dw, read, values, targets, t)
        apply_updates(w, w_k, dw, dw_k, alpha)
        apply_updates(upper_w, upper_w_k, upper_dw, upper_dw_k, alpha)


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

    Both are trained by RTRL to predict what they read next. The lower net has more outputs, one for each hidden unit
    of the upper net, which it is trained to predict as well. As the lower net learns what is predictable, the upper
    net's sequences become short, so it can relate symbols that are far apart; and the lower net, told at every step
    what the upper one's hidden units are, comes to represent it itself. Where nothing is predictable in between,
    nothing is compressed.

    The lower net's predictions are the system's outputs. What the sources leave open here: a prediction fails if an
    output is off by `surprise` or more; the upper net reads no time stamps; its hidden units are targets as soon as
    it has read; both nets change their weights at the sequence's end with the same learning rate, and activations
    are reset between sequences.

    It depends on the upper net's hidden units telling apart what it reads. Little trains them to, since its output
    units see the symbols directly, as those of RTRL's net in Table 2 do: larger initial weights help.

    Paper: Sec. 2, "Adaptive sequence chunkers"; Sec. 5.2, Table 2, row 7; Schmidhuber (1992b).

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

    Raises
    ------
    ValueError
        If a number of units is below 1, or there would be too many sensitivities.
    """

    n_symbols: int
    n_hidden: int
    alpha: float
    weight_range: float
    surprise: float = 0.2

    def __post_init__(self) -> None:
        _ = self.lower, self.upper  # making them checks the numbers

    @cached_property
    def lower(self) -> RTRL:
        """The lower net's settings."""
        return self._net(self.n_symbols + self.n_hidden)

    @cached_property
    def upper(self) -> RTRL:
        """The upper net's settings."""
        return self._net(self.n_symbols)

    def _net(self, n_outputs: int) -> RTRL:
        topology = RecurrentTopology(self.n_symbols, self.n_hidden, n_outputs, outputs_see_inputs=True)
        return RTRL(topology, self.alpha, self.weight_range)

    @property
    def n_weights(self) -> int:
        """Number of weights of both nets."""
        return self.lower.topology.n_weights + self.upper.topology.n_weights

    @property
    def _wiring(self) -> RecurrentWiring:
        return self.upper.wiring

    def start(self, rng: np.random.Generator) -> ChunkerNet:
        """Make both nets with initial weights.

        Parameters
        ----------
        rng : numpy.random.Generator

        Returns
        -------
        ChunkerNet
        """
        return ChunkerNet(self.lower.start(rng), self.upper.start(rng))

    def copy(self, net: ChunkerNet) -> ChunkerNet:
        """Copy the nets, so that later training leaves the copies alone.

        Parameters
        ----------
        net : ChunkerNet

        Returns
        -------
        ChunkerNet
        """
        return ChunkerNet(self.lower.copy(net.lower), self.upper.copy(net.upper))

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
            If the batch's targets are no symbols to come.
        """
        if not (len(batch.symbols) and batch.every_step and batch.targets.shape[1] == self.n_symbols):
            raise ValueError(
                "batch: a chunker predicts the next symbol at every step; give a task that asks for that"
            )
        outputs = np.empty_like(batch.targets)
        present(
            self._wiring,
            net.lower.weights.transposed(),
            net.lower.state,
            net.lower.dy_dw,
            net.upper.weights.transposed(),
            net.upper.state,
            net.upper.dy_dw,
            np.empty_like(net.lower.dy_dw),
            np.empty_like(net.upper.dy_dw),
            np.empty((1, self.n_symbols + self.n_hidden)),
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
        batch : Batch

        Returns
        -------
        (n_steps, n_symbols) float64
        """
        outputs = np.empty((len(batch.targets), self.n_symbols + self.n_hidden))
        respond(
            self._wiring,
            net.lower.weights.transposed(),
            self.lower.new_state(),
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.every_step,
            outputs,
        )
        return outputs[:, : self.n_symbols].copy()
