r"""A feedforward net that sees a window of time.

Lang, Waibel and Hinton (1990), cited in the paper's Sec. 2, "Time-delays"; in Sec. 6 "feedforward nets seeing the
entire input string at once".
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from lstm97.checks import MOST_WEIGHTS, not_negative, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import (
    N_HIDDEN,
    Floats,
    RecurrentNet,
    RecurrentState,
    RecurrentWeights,
    RecurrentWiring,
    add_output_updates,
    apply_updates,
    check_size,
    compute_errors,
    random_weights,
    show_outputs,
)
from lstm97.learners.unfolded import TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task
from lstm97.tasks.base import check


@compiled
def hidden_layer(wiring, window, w, symbols, values, first, t, y):
    r"""Compute the activations of the hidden layer.

    .. math:: y^i(t) = f\Big(\sum_{d=0}^{D-1} \sum_m w_{i,dm}\, x^m(t-d) + w_{i1}\Big)

    Inputs before a sequence's first step are 0.

    Parameters
    ----------
    wiring : RecurrentWiring
    window : int
        Number of steps D that are seen.
    w : (H, D n_inputs + 1) float64
        Columns: the inputs of this step, of the step before, and so on; the constant 1.
    symbols, values
        The batch's inputs.
    first, t : int
        The sequence's first step, and the present one.
    y : (H,) float64
        Result.
    """
    n_inputs = wiring.n_inputs
    for i in range(y.size):
        y[i] = w[i, window * n_inputs]
    for d in range(min(window, t - first + 1)):
        if symbols.size > 0:
            m = d * n_inputs + symbols[t - d]
            for i in range(y.size):
                y[i] += w[i, m]
        for m in range(values.shape[1]):
            for i in range(y.size):
                y[i] += w[i, d * n_inputs + m] * values[t - d, m]
    for i in range(y.size):
        y[i] = f(y[i])


@compiled
def add_hidden_updates(wiring, window, y, e_y, symbols, values, first, t, dw):
    r"""Add this step's contributions to the updates of the weights to the hidden layer.

    .. math:: \Delta w_{i,dm} = \alpha f'_i \sum_k w_{ki} e_k(t)\, x^m(t-d)

    Parameters
    ----------
    wiring, window, symbols, values, first, t
        As in `hidden_layer`.
    y, e_y : (H,) float64
        Activations of the hidden layer, and the errors arriving at them.
    dw : (H, D n_inputs + 1) float64
        Sum of the contributions, without the learning rate; added to in place.
    """
    n_inputs = wiring.n_inputs
    for i in range(y.size):
        dw[i, window * n_inputs] += f_prime(y[i]) * e_y[i]
    for d in range(min(window, t - first + 1)):
        if symbols.size > 0:
            m = d * n_inputs + symbols[t - d]
            for i in range(y.size):
                dw[i, m] += f_prime(y[i]) * e_y[i]
        for m in range(values.shape[1]):
            for i in range(y.size):
                dw[i, d * n_inputs + m] += f_prime(y[i]) * e_y[i] * values[t - d, m]


@compiled
def present(wiring, window, transposed, state, alpha, learn, symbols, values, offsets, targets, every_step, outputs):
    """Present sequences one after the other, and learn from each at its end, if `learn` is true.

    Parameters
    ----------
    wiring : RecurrentWiring
    window : int
        Number of steps D that are seen.
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    state : RecurrentState
    alpha : float
        Learning rate.
    learn : bool
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k, dw, dw_k = transposed.w.T, transposed.w_k.T, transposed.dw.T, transposed.dw_k.T
    y, _, _, y_k, e_k, e_y = state
    for s in range(offsets.size - 1):
        first, last = offsets[s], offsets[s + 1] - 1
        for t in range(first if every_step else last, last + 1):
            row = t if every_step else s
            hidden_layer(wiring, window, w, symbols, values, first, t, y)
            show_outputs(wiring, w_k, -1, values, t, y, y_k, outputs, row)
            if learn:
                compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
                add_output_updates(wiring, 1.0, e_k, -1, values, t, y, dw_k)
                add_hidden_updates(wiring, window, y, e_y, symbols, values, first, t, dw)
        if learn:
            apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass(frozen=True)
class Window:
    """A feedforward net with one hidden layer that sees the inputs of the last `window` steps.

    It is trained by backprop, weights changing at the sequence's end. All units are logistic and biased. What came
    before the window can't be known, so it works only if the window is longer than the lag; its number of weights
    grows with the window.

    Paper: Sec. 2, "Time-delays", Sec. 6; Lang, Waibel and Hinton (1990).

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int
        Numbers of units.
    window : int
        Number of steps D that it sees, the present one included.
    alpha : float
        Learning rate.
    weight_range : float
        Initial weights are drawn uniformly from [-weight_range, weight_range].

    Raises
    ------
    ValueError
        If one of the numbers is below 1.
    """

    n_inputs: int
    n_hidden: int
    n_outputs: int
    window: int
    alpha: float
    weight_range: float

    name = "window"
    title = "Time window (TDNN)"
    unfolded = Unfolded(links=((0, 1, 0), (0, 1, 1), (0, 1, 2), TOP), same_step=(TOP,))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        window: int = 10,
        n_hidden: int = N_HIDDEN,
        alpha: float | None = None,
        weight_range: float | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        return cls(
            task.n_inputs, n_hidden, task.n_outputs, window, like.alpha(alpha), like.weight_range(weight_range)
        )

    def __post_init__(self) -> None:
        for name in ("n_inputs", "n_hidden", "n_outputs", "window"):
            whole(name, getattr(self, name), most=MOST_WEIGHTS)
        not_negative("alpha", self.alpha)
        not_negative("weight_range", self.weight_range)
        check_size(*self._shapes)

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        return sum(n_rows * n_columns for n_rows, n_columns in self._shapes)

    @property
    def _shapes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Shapes of the weights into the hidden and into the output layer."""
        return (self.n_hidden, self.window * self.n_inputs + 1), (self.n_outputs, self.n_hidden + 1)

    @cached_property
    def _wiring(self) -> RecurrentWiring:
        return RecurrentWiring(self.n_inputs, outputs_see_inputs=False, biased=True, initial_y=0.0, resets=True)

    def _new_state(self) -> RecurrentState:
        hidden, output = np.zeros((4, self.n_hidden)), np.zeros((2, self.n_outputs))
        return RecurrentState(hidden[0], hidden[1], hidden[2], output[0], output[1], hidden[3])

    def start(self, rng: np.random.Generator) -> RecurrentNet:
        """Make a net with initial weights."""
        return RecurrentNet(random_weights(rng, self.weight_range, *self._shapes), self._new_state())

    def copy(self, net: RecurrentNet) -> RecurrentNet:
        """Copy a net, so that later training leaves the copy alone."""
        return RecurrentNet(RecurrentWeights(*(array.copy(order="F") for array in net.weights)), self._new_state())

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        check(batch, self.n_inputs, self.n_outputs)

    def arrays(self, net: RecurrentNet) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        yield from zip(net.weights._fields, net.weights, self._shapes * 2, strict=True)
        for name, array, expected in zip(net.state._fields, net.state, self._new_state(), strict=True):
            yield name, array, expected.shape

    def train(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        return self._present(net, batch, learn=True)

    def predict(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Compute the outputs without learning.

        Parameters
        ----------
        net : RecurrentNet
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        return self._present(net, batch, learn=False)

    def _present(self, net: RecurrentNet, batch: Batch, learn: bool) -> Floats:
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        present(
            self._wiring,
            self.window,
            net.weights.transposed(),
            net.state,
            self.alpha,
            learn,
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            batch.every_step,
            outputs,
        )
        return outputs
