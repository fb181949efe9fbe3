"""Random weight guessing.

Schmidhuber and Hochreiter (1996), Hochreiter and Schmidhuber (1996); in the paper Sec. 2, 5 and 5.3.
"""

import copy
import math
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import MOST_WEIGHTS, choice, not_negative, positive, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import check_size
from lstm97.learners.unfolded import Unfolded
from lstm97.net.activations import f
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task
from lstm97.tasks.base import absolute_errors, check


@compiled
def net_input(w, l, n_inputs, symbol, values, t, y):
    r"""Compute one unit's net input.

    .. math:: net_l(t) = \sum_m w_{lm}\, x^m(t) + \sum_u w_{lu}\, y^u + w_{l1}

    Parameters
    ----------
    w : (U, n_inputs + U + 1) float64
    l : int
        Which unit.
    n_inputs : int
    symbol : int
        The one input unit that is 1, or -1 if the input is not one-hot.
    values : (n_steps, n_inputs) or (n_steps, 0) float64
        Input activations of every step if the input is not one-hot.
    t : int
        The step, a row of `values`.
    y : (U,) float64
        Activations.

    Returns
    -------
    float
    """
    total = w[l, n_inputs + y.size]
    if symbol >= 0:
        total += w[l, symbol]
    for m in range(values.shape[1]):
        total += w[l, m] * values[t, m]
    for u in range(y.size):
        total += w[l, n_inputs + u] * y[u]
    return total


@compiled
def respond(w, n_inputs, n_outputs, net, y, symbols, values, offsets, every_step, outputs):
    """Compute the outputs for sequences.

    Parameters
    ----------
    w : (U, n_inputs + U + 1) float64
        Weights; hidden units first.
    n_inputs, n_outputs : int
    net, y : (U,) float64
        Working memory.
    symbols, values, offsets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of the batch's targets
        Result.
    """
    n_hidden = y.size - n_outputs
    symbol = -1
    for s in range(offsets.size - 1):
        y[:] = 0.0
        for t in range(offsets[s], offsets[s + 1]):
            if symbols.size > 0:
                symbol = symbols[t]
            for i in range(n_hidden):
                net[i] = net_input(w, i, n_inputs, symbol, values, t, y)
            for i in range(n_hidden):
                y[i] = f(net[i])
            for k in range(n_hidden, y.size):
                net[k] = net_input(w, k, n_inputs, symbol, values, t, y)
            for k in range(n_hidden, y.size):
                y[k] = f(net[k])
            if every_step or t == offsets[s + 1] - 1:
                row = t if every_step else s
                for k in range(n_outputs):
                    outputs[row, k] = y[n_hidden + k]


@dataclass
class Guess:
    """A guess, and what the next ones come from.

    Attributes
    ----------
    w : (U, n_inputs + U + 1) float64
        Weights; hidden units first.
    rng : numpy.random.Generator
        Draws the next guesses.
    n_guesses : int
        Number of guesses so far, this one included.
    """

    w: NDArray[np.float64] = field(repr=False)
    rng: np.random.Generator
    n_guesses: int = 1


@dataclass(frozen=True)
class Guessing:
    """Guess all weights at random until the net happens to be right about all training sequences.

    A guess is kept as long as all outputs are within the tolerance. At its first wrong sequence all weights are drawn
    anew, and the next sequence is the next guess's first. So a guess costs as many sequence presentations as it takes
    to show it wrong, mostly one or two, and the number of presentations compares with the other learners', which
    Table 4 counts. The paper gives no number for guessing.

    Outputs are judged as the task judges them: by what the batch expects, where that is not the targets.

    All units are logistic and biased. In a step hidden units come first: they see the inputs, and all units one step
    earlier; then output units, which see the inputs, the hidden units of the same step (Sec. 5, order of work in a
    time step), and themselves one step earlier. Without that order no net A1 with one hidden unit could tell parity.
    A2 is sparse: hidden units see no other hidden units, output units neither themselves nor each other.

    Paper: Sec. 2, "Simple weight guessing"; Sec. 5.3; Hochreiter and Schmidhuber (1996).

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int
        Numbers of units.
    tolerance : float
        Bound on the absolute error of every output unit.
    net : {"A1", "A2"}
        Which net.
    weight_range : float
        Weights are drawn uniformly from [-weight_range, weight_range].

    Raises
    ------
    ValueError
        If a number of units is below 1, `tolerance` is not a positive number, or there is no such net.
    """

    n_inputs: int
    n_hidden: int
    n_outputs: int
    tolerance: float
    net: str = "A1"
    weight_range: float = 100.0

    name = "guessing"
    title = "Guessing"
    unfolded = Unfolded()

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        net: str = "A1",
        n_hidden: int | None = None,
        weight_range: float = 100.0,
        tolerance: float | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        if tolerance is None and math.isnan(task.tolerance):
            raise ValueError(
                "guessing has to know which errors are right, and the task has no tolerance: give tolerance"
            )
        n = {"A1": 1, "A2": 10}.get(net, 1) if n_hidden is None else n_hidden
        tolerance = task.tolerance if tolerance is None else tolerance
        return cls(task.n_inputs, n, task.n_outputs, tolerance, net, weight_range)

    def __post_init__(self) -> None:
        for name in ("n_inputs", "n_hidden", "n_outputs"):
            whole(name, getattr(self, name), most=MOST_WEIGHTS)
        positive("tolerance", self.tolerance)
        choice("net", self.net, ("A1", "A2"))
        not_negative("weight_range", self.weight_range)
        check_size(self._shape, (0, 0))

    @property
    def _shape(self) -> tuple[int, int]:
        n_units = self.n_hidden + self.n_outputs
        return n_units, self.n_inputs + n_units + 1

    def connected(self) -> NDArray[np.bool_]:
        """Tell which weights exist.

        Returns
        -------
        (U, n_inputs + U + 1) bool
        """
        exists = np.ones(self._shape, dtype=np.bool_)
        if self.net == "A2":
            units = exists[:, self.n_inputs : -1]
            units[: self.n_hidden, : self.n_hidden] = np.eye(self.n_hidden)
            units[self.n_hidden :, self.n_hidden :] = False
        return exists

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        return int(self.connected().sum())

    def _guess(self, rng: np.random.Generator) -> NDArray[np.float64]:
        exists = self.connected()
        return rng.uniform(-self.weight_range, self.weight_range, size=exists.shape) * exists

    def start(self, rng: np.random.Generator) -> Guess:
        """Make the first guess.

        Parameters
        ----------
        rng : numpy.random.Generator
            All later guesses follow from it, too.
        """
        own = np.random.default_rng(rng.integers(0, 2**63, size=2))
        return Guess(self._guess(own), own)

    def copy(self, net: Guess) -> Guess:
        """Copy a guess; the copy goes on with the same guesses."""
        return copy.deepcopy(net)

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        check(batch, self.n_inputs, self.n_outputs)

    def arrays(self, net: Guess) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        yield "w", net.w, self._shape

    def train(self, net: Guess, batch: Batch) -> NDArray[np.float64]:
        """Present every sequence once, in order; guess anew after each that is wrong.

        Parameters
        ----------
        net : Guess
            Changed in place.

        Returns
        -------
        float64, the shape of ``batch.targets``
            Activations of the output units where there is a target, by the guess that the sequence was presented to.
        """
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        done, n = 0, 1
        while done < len(batch):
            part = batch.part(done, min(done + n, len(batch)))
            found = self._respond(net, part)
            wrong = np.flatnonzero(~np.all(absolute_errors(part, found) < self.tolerance, axis=1))
            shown = int(wrong[0]) + 1 if wrong.size else len(part)
            first, last = (int(batch.offsets[i]) if batch.every_step else i for i in (done, done + shown))
            outputs[first:last] = found[: last - first]
            if wrong.size:
                net.w = self._guess(net.rng)
                net.n_guesses += 1
            # a guess that has been right so far is shown more sequences at a time
            done, n = done + shown, 1 if wrong.size else 2 * n
        return outputs

    def predict(self, net: Guess, batch: Batch) -> NDArray[np.float64]:
        """Compute the outputs of the present guess.

        Parameters
        ----------
        net : Guess
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        check_work(self, net, batch)
        return self._respond(net, batch)

    def _respond(self, net: Guess, batch: Batch) -> NDArray[np.float64]:
        outputs = np.empty_like(batch.targets)
        memory = np.zeros((2, len(net.w)))
        respond(
            net.w,
            self.n_inputs,
            self.n_outputs,
            memory[0],
            memory[1],
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.every_step,
            outputs,
        )
        return outputs
