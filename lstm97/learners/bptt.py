r"""Back-Propagation Through Time, full and truncated.

Williams and Zipser (1992), Williams and Peng (1990); in the paper Sec. 1, 3.1 and 5.2.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from lstm97.checks import whole
from lstm97.learners.base import Like, check_work
from lstm97.learners.recurrent import (
    Floats,
    Recurrent,
    RecurrentNet,
    RecurrentTopology,
    add_layer_updates,
    add_output_updates,
    apply_updates,
    compute_errors,
    net_inputs,
    show_outputs,
)
from lstm97.learners.unfolded import LOOP, TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, EmbeddedReber, Task


@compiled
def propagate_back(wiring, w, symbols, values, first, last, n_back, all_errors, y_at, e_y_at, e_y, theta, dw):
    r"""Propagate errors back through the last steps up to `last`, and add the contributions of every step.

    Paper: Sec. 3.1, the error signals of a unit that is no output unit.

    .. math:: \vartheta_j(t) = f'_j(net_j(t)) \Big( e_{y^j}(t) + \sum_i w_{ij}\, \vartheta_i(t+1) \Big)

    Parameters
    ----------
    wiring : RecurrentWiring
    w : (U, M) float64
    symbols, values
        The batch's inputs.
    first, last : int
        The sequence's first step, and the step to start from.
    n_back : int
        Number of steps, `last` included.
    all_errors : bool
        Whether the errors of the steps before `last` join in.
    y_at : (longest sequence + 1, U) float64
        Activations of the recurrent layer before the sequence's first step, and after each.
    e_y_at : (longest sequence, U) float64
        Errors arriving at the layer's outputs from its step's targets.
    e_y, theta : (U,) float64
        Working memory.
    dw : (U, M) float64
        Sum of the contributions, without the learning rate; added to in place.
    """
    n_units = theta.size
    symbol = -1
    for back in range(n_back):
        t = last - back
        for j in range(n_units):
            e_y[j] = e_y_at[t - first, j] if back == 0 or all_errors else 0.0
            if back > 0:
                for i in range(n_units):
                    e_y[j] += w[i, wiring.n_inputs + j] * theta[i]
        for j in range(n_units):
            theta[j] = f_prime(y_at[t - first + 1, j]) * e_y[j]
        if symbols.size > 0:
            symbol = symbols[t]
        add_layer_updates(wiring, 1.0, theta, symbol, values, t, y_at[t - first], dw)


@compiled
def present(
    wiring,
    transposed,
    state,
    y_at,
    e_y_at,
    theta,
    alpha,
    k_steps,
    symbols,
    values,
    offsets,
    targets,
    every_step,
    outputs,
):
    """Present sequences one after the other; learn from each at its end.

    Parameters
    ----------
    wiring : RecurrentWiring
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    state : RecurrentState
    y_at, e_y_at, theta
        Working memory: see `propagate_back`.
    alpha : float
        Learning rate.
    k_steps : int
        Number of steps that an error goes back; 0 for all.
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k, dw, dw_k = transposed.w.T, transposed.w_k.T, transposed.dw.T, transposed.dw_k.T
    y, _, net, y_k, e_k, e_y = state
    symbol = -1
    for s in range(offsets.size - 1):
        y[:] = wiring.initial_y
        y_at[0, :] = wiring.initial_y
        first, last = offsets[s], offsets[s + 1] - 1
        for t in range(first, last + 1):
            if symbols.size > 0:
                symbol = symbols[t]
            net_inputs(wiring, w, symbol, values, t, y, net)
            for i in range(y.size):
                y[i] = f(net[i])
                y_at[t - first + 1, i] = y[i]
                e_y_at[t - first, i] = 0.0
            if every_step or t == last:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row)
                compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
                add_output_updates(wiring, 1.0, e_k, symbol, values, t, y, dw_k)
                for i in range(y.size):
                    e_y_at[t - first, i] = e_y[i]
                if k_steps > 0:
                    n_back = min(k_steps, t - first + 1)
                    propagate_back(wiring, w, symbols, values, first, t, n_back, False, y_at, e_y_at, e_y, theta, dw)
        if k_steps == 0:
            n_back = last - first + 1
            propagate_back(wiring, w, symbols, values, first, last, n_back, True, y_at, e_y_at, e_y, theta, dw)
        apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass(frozen=True)
class BPTT(Recurrent):
    """Back-Propagation Through Time in a conventional recurrent net, weights changing at the sequence's end.

    Every activation of a sequence is stored, then errors go back through all of its steps. It computes the gradient
    of off-line RTRL, and takes a few multiplications for each weight and step. Truncated, every error goes back
    through the last `k` steps only, which takes k times as many where there is an error at every step.

    Paper: Sec. 3.1, 5.2; Williams and Zipser (1992); truncated: Williams and Peng (1990), who change weights at
    every step. Here they change at the sequence's end, so that a large k gives full BPTT.

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    k : int or None
        Through how many steps an error goes back, its own included; None for all.

    Raises
    ------
    ValueError
        If `k` is below 1.
    """

    k: int | None = None

    name = "bptt"
    title = "BPTT"
    unfolded = Unfolded(errors=(TOP, LOOP))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int | None = None,
        alpha: float | None = None,
        weight_range: float | None = None,
        k: int | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden, fully_recurrent=isinstance(task, EmbeddedReber))
        return cls(topology, like.alpha(alpha), like.weight_range(weight_range), k)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k is not None:
            whole("k", self.k, why=", or None for full BPTT")

    def memory(self, n_steps: int) -> tuple[Floats, Floats, Floats]:
        """Make the memory that a sequence takes: a stack of activations and errors, and one step's errors.

        Parameters
        ----------
        n_steps : int
            Length of the longest sequence.

        Returns
        -------
        y_at : (n_steps + 1, U) float64
        e_y_at : (n_steps, U) float64
        theta : (U,) float64
        """
        n_units = self.topology.n_units
        return np.empty((n_steps + 1, n_units)), np.empty((n_steps, n_units)), np.empty(n_units)

    def train(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        present(
            self.wiring,
            net.weights.transposed(),
            net.state,
            *self.memory(int(np.diff(batch.offsets).max(initial=0))),
            self.alpha,
            self.k or 0,
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            batch.every_step,
            outputs,
        )
        return outputs
