r"""A second-order recurrent net: every weight multiplies an activation and an input.

Watrous and Kuhn (1992), Miller and Giles (1993); in the paper Sec. 2, "Second order nets".

.. math:: net_i(t) = \sum_j \sum_k w_{ijk}\, y^j(t-1)\, x^k(t)

The sums go over the units of the recurrent layer and over the inputs, and each over the constant 1 as well. So there
are ordinary weights from inputs and from units, and biases, among the products. All else is as in
`lstm97.learners.recurrent`.
"""

from dataclasses import dataclass

import numpy as np

from lstm97.learners.base import check_work
from lstm97.learners.recurrent import (
    Floats,
    Recurrent,
    RecurrentNet,
    RecurrentTopology,
    add_output_updates,
    apply_updates,
    compute_errors,
    show_outputs,
)
from lstm97.learners.unfolded import LOOP, TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, EmbeddedReber, Task


@compiled
def source(n_inputs, symbols, values, t, k):
    """Look up an input's activation.

    Parameters
    ----------
    n_inputs : int
    symbols, values
        The batch's inputs.
    t : int
        The step.
    k : int
        The input unit, or `n_inputs` for the constant 1.

    Returns
    -------
    float
    """
    if k == n_inputs:
        return 1.0
    if symbols.size > 0:
        return 1.0 if symbols[t] == k else 0.0
    return values[t, k]


@compiled
def net_inputs(n_inputs, w, symbols, values, t, y, net):
    """Compute the net inputs of the recurrent layer: see the module's equation.

    Parameters
    ----------
    n_inputs : int
    w : (U, (n_inputs + 1) (U + 1)) float64
        Columns: for every input, and the constant 1, its products with all units and the constant 1.
    symbols, values, t
        Input at t, as in `source`.
    y : (U,) float64
        Activations of the layer at t-1.
    net : (U,) float64
        Result.
    """
    n_units = net.size
    for i in range(n_units):
        net[i] = 0.0
    for k in range(n_inputs + 1):
        x_k, first = source(n_inputs, symbols, values, t, k), k * (n_units + 1)
        if x_k != 0.0:
            for i in range(n_units):
                net[i] += w[i, first + n_units] * x_k
            for j in range(n_units):
                for i in range(n_units):
                    net[i] += w[i, first + j] * y[j] * x_k


@compiled
def propagate_back(n_inputs, w, symbols, values, first, last, y_at, e_y_at, e_y, theta, dw):
    r"""Propagate errors back through a sequence, and add the contributions of every step.

    .. math::
        \vartheta_j(t) &= f'_j(net_j(t)) \Big(
            e_{y^j}(t) + \sum_i \sum_k w_{ijk}\, x^k(t+1)\, \vartheta_i(t+1) \Big) \\
        \Delta w_{ijk}(t) &= \alpha\, \vartheta_i(t)\, y^j(t-1)\, x^k(t)

    Parameters
    ----------
    n_inputs, w, symbols, values
        As in `net_inputs`.
    first, last : int
        The sequence's first and last step.
    y_at, e_y_at
        As in `lstm97.learners.bptt.propagate_back`.
    e_y, theta : (U,) float64
        Working memory.
    dw : (U, (n_inputs + 1) (U + 1)) float64
        Sum of the contributions, without the learning rate; added to in place.
    """
    n_units = theta.size
    e_y[:] = 0.0
    for t in range(last, first - 1, -1):
        for j in range(n_units):
            theta[j] = f_prime(y_at[t - first + 1, j]) * (e_y_at[t - first, j] + e_y[j])
            e_y[j] = 0.0
        for k in range(n_inputs + 1):
            x_k, column = source(n_inputs, symbols, values, t, k), k * (n_units + 1)
            if x_k != 0.0:
                for i in range(n_units):
                    dw[i, column + n_units] += theta[i] * x_k
                for j in range(n_units):
                    for i in range(n_units):
                        dw[i, column + j] += theta[i] * y_at[t - first, j] * x_k
                        e_y[j] += w[i, column + j] * theta[i] * x_k


@compiled
def present(
    wiring,
    transposed,
    state,
    y_at,
    e_y_at,
    theta,
    alpha,
    learn,
    symbols,
    values,
    offsets,
    targets,
    every_step,
    outputs,
):
    """Present sequences one after the other, and learn from each at its end, if `learn` is true.

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
    learn : bool
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
            net_inputs(wiring.n_inputs, w, symbols, values, t, y, net)
            for i in range(y.size):
                y[i] = f(net[i])
                y_at[t - first + 1, i] = y[i]
                e_y_at[t - first, i] = 0.0
            if every_step or t == last:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row)
                if learn:
                    compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
                    add_output_updates(wiring, 1.0, e_k, symbol, values, t, y, dw_k)
                    for i in range(y.size):
                        e_y_at[t - first, i] = e_y[i]
        if learn:
            propagate_back(wiring.n_inputs, w, symbols, values, first, last, y_at, e_y_at, e_y, theta, dw)
            apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass(frozen=True)
class SecondOrder(Recurrent):
    """A recurrent net whose input chooses how its activations go on, trained by BPTT.

    With one-hot inputs, every symbol has a matrix of recurrent weights of its own. That suits finite-state languages.
    Such a net can multiply, as gates do, but nothing in it keeps an error from decaying.

    BPTT takes a few multiplications for each weight and step; the algorithm of Watrous and Kuhn takes O(W^2), by the
    paper's count, for the same gradient.

    Paper: Sec. 2, "Second order nets".

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`; `biased` is about an output layer. The recurrent layer always
        has the constant 1: without it, activations of 0 before the first step would hide the first input.
    """

    name = "second-order"
    title = "Second-order net"
    unfolded = Unfolded(errors=(TOP, LOOP))

    @classmethod
    def topology_for(cls, task: Task, n_hidden: int | None) -> RecurrentTopology:
        """Choose the topology for a task: see `lstm97.learners.recurrent.Recurrent.topology_for`."""
        return RecurrentTopology.conventional(task, n_hidden, fully_recurrent=isinstance(task, EmbeddedReber))

    @property
    def layer_shape(self) -> tuple[int, int]:
        """Shape of the weights into the recurrent layer."""
        return self.topology.n_units, (self.topology.n_inputs + 1) * (self.topology.n_units + 1)

    def train(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        return self._present(net, batch, learn=True)

    def predict(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Compute the outputs without learning: see `Recurrent.predict`."""
        return self._present(net, batch, learn=False)

    def _present(self, net: RecurrentNet, batch: Batch, learn: bool) -> Floats:
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        longest, n_units = int(np.diff(batch.offsets).max(initial=0)), self.topology.n_units
        present(
            self.wiring,
            net.weights.transposed(),
            self.new_state(),
            np.empty((longest + 1, n_units)),
            np.empty((longest, n_units)),
            np.empty(n_units),
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
