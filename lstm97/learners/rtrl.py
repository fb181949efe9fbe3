r"""Real-Time Recurrent Learning: the derivatives of all activations by all weights, carried along in time.

Robinson and Fallside (1987), Williams and Zipser (1992); in the paper Sec. 1, 5.1 and 5.2.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from lstm97.checks import choice, flag
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import (
    Floats,
    Recurrent,
    RecurrentNet,
    RecurrentTopology,
    add_output_updates,
    apply_updates,
    compute_errors,
    net_inputs,
    show_outputs,
)
from lstm97.learners.unfolded import LOOP, TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.net.products import add_products
from lstm97.tasks import Batch, EmbeddedReber, Task

UPDATES = ("sequence end", "every step")
#: With more sensitivities than this a step takes longer than anybody wants to wait.
MOST_SENSITIVITIES = 2_000_000


@compiled
def advance_sensitivities(wiring, w, symbol, values, t, y_before, y, dy_dw, dy_dw_before):
    r"""Advance the sensitivities by one time step.

    Williams and Zipser (1992); the paper's App. A.1 (10)-(15) are their truncated form.

    .. math::
        \frac{\partial y^i(t)}{\partial w_{lm}} = f'_i(net_i(t)) \Big(
            \sum_j w_{ij}\, \frac{\partial y^j(t-1)}{\partial w_{lm}} + \delta_{il}\, y^m(t-1) \Big)

    Parameters
    ----------
    wiring : RecurrentWiring
    w : (U, M) float64
    symbol, values, t
        Input at t, as in `lstm97.learners.recurrent.net_inputs`.
    y_before, y : (U,) float64
        Activations of the layer at t-1 and t.
    dy_dw : (U, U, M) float64
        Of unit i by the weight to l from m; advanced in place.
    dy_dw_before : (U, U, M) float64
        Becomes what `dy_dw` was.
    """
    n_units, n_sources = w.shape
    now = dy_dw.reshape(n_units, n_units * n_sources)
    before = dy_dw_before.reshape(n_units, n_units * n_sources)
    for i in range(n_units):
        for lm in range(now.shape[1]):
            before[i, lm] = now[i, lm]
            now[i, lm] = 0.0
    add_products(w, wiring.n_inputs, before, now)
    for i in range(n_units):
        if symbol >= 0:
            dy_dw[i, i, symbol] += 1.0
        else:
            for m in range(values.shape[1]):
                dy_dw[i, i, m] += values[t, m]
        for j in range(n_units):
            dy_dw[i, i, wiring.n_inputs + j] += y_before[j]
        if wiring.biased:
            dy_dw[i, i, wiring.n_inputs + n_units] += 1.0
        slope = f_prime(y[i])
        for lm in range(now.shape[1]):
            now[i, lm] *= slope


@compiled
def add_sensitivity_updates(scale, e_y, dy_dw, into):
    r"""Add this step's contribution to the weights into the recurrent layer, or to their updates.

    .. math:: \Delta w_{lm}(t) = \alpha \sum_i e_{y^i}(t)\, \frac{\partial y^i(t)}{\partial w_{lm}}

    Parameters
    ----------
    scale : float
        The learning rate if `into` are the weights, 1 if it is the sum of the contributions.
    e_y : (U,) float64
    dy_dw : (U, U, M) float64
    into : (U, M) float64
        Added to in place.
    """
    n_units, n_sources = into.shape
    for i in range(n_units):
        for l in range(n_units):
            for m in range(n_sources):
                into[l, m] += scale * e_y[i] * dy_dw[i, l, m]


@compiled
def present(
    wiring,
    transposed,
    state,
    dy_dw,
    dy_dw_before,
    alpha,
    at_every_step,
    symbols,
    values,
    offsets,
    targets,
    every_step,
    outputs,
):
    """Present sequences one after the other, and learn from each.

    Parameters
    ----------
    wiring : RecurrentWiring
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    state : RecurrentState
    dy_dw, dy_dw_before : (U, U, M) float64
        Sensitivities, now and one step earlier.
    alpha : float
        Learning rate.
    at_every_step : bool
        Whether weights change at every error signal, or by the sum at the sequence's end.
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k, dw, dw_k = transposed.w.T, transposed.w_k.T, transposed.dw.T, transposed.dw_k.T
    y, y_before, net, y_k, e_k, e_y = state
    symbol = -1
    for s in range(offsets.size - 1):
        if wiring.resets:
            y[:] = wiring.initial_y
            dy_dw[:, :, :] = 0.0
        last = offsets[s + 1] - 1
        for t in range(offsets[s], last + 1):
            if symbols.size > 0:
                symbol = symbols[t]
            net_inputs(wiring, w, symbol, values, t, y, net)
            for i in range(y.size):
                y_before[i] = y[i]
                y[i] = f(net[i])
            advance_sensitivities(wiring, w, symbol, values, t, y_before, y, dy_dw, dy_dw_before)
            if every_step or t == last:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row)
                compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
                if at_every_step:
                    add_output_updates(wiring, alpha, e_k, symbol, values, t, y, w_k)
                    add_sensitivity_updates(alpha, e_y, dy_dw, w)
                else:
                    add_output_updates(wiring, 1.0, e_k, symbol, values, t, y, dw_k)
                    add_sensitivity_updates(1.0, e_y, dy_dw, dw)
        if not at_every_step:
            apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass
class RTRLNet(RecurrentNet):
    """A net with its sensitivities.

    Attributes
    ----------
    dy_dw : (U, U, M) float64
        Derivative of every activation of the recurrent layer by every weight into it.
    """

    dy_dw: Floats


@dataclass(frozen=True)
class RTRL(Recurrent):
    """Real-Time Recurrent Learning of a conventional recurrent net.

    It is local in time: what it stores, U U M sensitivities, does not depend on the sequence's length. A step takes
    about U times as many multiplications. Only the recurrent layer has sensitivities: with the one hidden unit of
    Task 2a they are as few as its weights.

    Off-line, weights change at the sequence's end, and the update is the gradient's. On-line, they change at every
    error signal, while sensitivities still hold derivatives by earlier weights. The paper's on-line version does not
    reset activations either. It doesn't say which of them Tables 1 and 2 are about.

    Paper: Sec. 5, introduction; Sec. 5.1, 5.2; Robinson and Fallside (1987); Williams and Zipser (1992).

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    update : {"sequence end", "every step"}
        When weights change: off-line, on-line.
    resets : bool
        Whether activations and sensitivities are reset before each training sequence. If not, a test's sequences
        are run without resets as well, from reset activations before the first of them.

    Raises
    ------
    ValueError
        If `update` is neither, or there would be too many sensitivities.
    """

    update: str = "sequence end"
    resets: bool = True

    name = "rtrl"
    title = "RTRL"
    unfolded = Unfolded(same_step=(TOP,), carried=(LOOP,))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int | None = None,
        alpha: float | None = None,
        weight_range: float | None = None,
        online: bool = False,
        resets: bool = True,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden, fully_recurrent=isinstance(task, EmbeddedReber))
        update = "every step" if online else "sequence end"
        return cls(topology, like.alpha(alpha), like.weight_range(weight_range), update, resets)

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("update", self.update, UPDATES)
        flag("resets", self.resets)
        n = self.topology.n_units**2 * self.topology.n_sources
        if n > MOST_SENSITIVITIES:
            raise ValueError(
                f"n_hidden is {self.topology.n_hidden}: RTRL would carry {n:,} sensitivities, more than "
                f"{MOST_SENSITIVITIES:,}; give fewer hidden units, or take BPTT, whose gradient is the same"
            )

    @cached_property
    def _shape(self) -> tuple[int, int, int]:
        return (self.topology.n_units, self.topology.n_units, self.topology.n_sources)

    def start(self, rng: np.random.Generator) -> RTRLNet:
        """Make a net with initial weights: see `Recurrent.start`."""
        net = super().start(rng)
        return RTRLNet(net.weights, net.state, np.zeros(self._shape))

    def copy(self, net: RecurrentNet) -> RTRLNet:
        """Copy a net, so that later training leaves the copy alone: see `Recurrent.copy`."""
        assert isinstance(net, RTRLNet)
        copied = super().copy(net)
        return RTRLNet(copied.weights, copied.state, net.dy_dw.copy())

    def arrays(self, net: Any) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        yield from super().arrays(net)
        yield "dy_dw", net.dy_dw, self._shape

    def train(self, net: RTRLNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        check_work(self, net, batch)
        return self.learn(net, batch)

    def learn(self, net: RTRLNet, batch: Batch) -> Floats:
        """Train a net on a batch, both of which have been checked: see `train`. Sequences may be empty."""
        outputs = np.empty_like(batch.targets)
        present(
            self.wiring,
            net.weights.transposed(),
            net.state,
            net.dy_dw,
            np.empty(self._shape),
            self.alpha,
            self.update == "every step",
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            batch.every_step,
            outputs,
        )
        return outputs
