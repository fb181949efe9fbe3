r"""The constant error carrousel without gates, trained: the naive approach.

Hochreiter (1991) and Silva et al. (1996), cited in the paper's Sec. 3.2. Hidden units are linear and feed themselves
with weight 1. All else is as in `lstm97.learners.recurrent`.

.. math:: s_j(t) = s_j(t-1) + \sum_i w_{ji}\, x_i(t), \qquad y^k(t) = f\Big(\sum_j w_{kj}\, s_j(t) + b_k\Big)

Its derivative by a weight is the sum of the inputs so far, so the gradient is exact and local in time.

.. math:: \frac{\partial s_j(t)}{\partial w_{ji}} = \sum_{t' \le t} x_i(t')
"""

import dataclasses
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
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task


@compiled
def present(wiring, transposed, state, x_sum, alpha, learn, symbols, values, offsets, targets, every_step, outputs):
    r"""Present sequences one after the other, and learn from each at its end, if `learn` is true.

    .. math:: \Delta w_{ji} = \alpha \sum_t \sum_k w_{kj}\, e_k(t) \sum_{t' \le t} x_i(t')

    Parameters
    ----------
    wiring : RecurrentWiring
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    state : RecurrentState
        ``y`` are the carrousels.
    x_sum : (n_inputs,) float64
        Working memory: the sum of the sequence's inputs so far.
    alpha : float
        Learning rate.
    learn : bool
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k, dw, dw_k = transposed.w.T, transposed.w_k.T, transposed.dw.T, transposed.dw_k.T
    s_j, _, _, y_k, e_k, e_y = state
    symbol = -1
    for s in range(offsets.size - 1):
        s_j[:] = 0.0
        x_sum[:] = 0.0
        last = offsets[s + 1] - 1
        for t in range(offsets[s], last + 1):
            if symbols.size > 0:
                symbol = symbols[t]
                x_sum[symbol] += 1.0
                for j in range(s_j.size):
                    s_j[j] += w[j, symbol]
            for i in range(values.shape[1]):
                x_sum[i] += values[t, i]
                for j in range(s_j.size):
                    s_j[j] += w[j, i] * values[t, i]
            if every_step or t == last:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, s_j, y_k, outputs, row)
                if learn:
                    compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
                    add_output_updates(wiring, 1.0, e_k, symbol, values, t, s_j, dw_k)
                    for i in range(x_sum.size):
                        for j in range(s_j.size):
                            dw[j, i] += e_y[j] * x_sum[i]
        if learn:
            apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass(frozen=True)
class NaiveCarrousel(Recurrent):
    """Linear units that feed themselves with weight 1, between inputs and logistic output units; no gates.

    All is linear up to the output units, so a unit holds a weighted sum over the whole sequence: how often which
    input came, but not in which order. An error reaches every earlier input without decay. Nothing has to be
    truncated. A step costs a few operations for each weight, and the memory that it takes does not depend on the
    sequence's length.

    Carrousels have no bias, which would only count the steps, and don't feed each other.

    Paper: Sec. 3.2, "Of course unit j will not only be connected to itself".

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`; `biased` is about the output units.

    Raises
    ------
    ValueError
        If output units are part of the recurrent layer.
    """

    name = "naive-carrousel"
    title = "Naive carrousel"
    unfolded = Unfolded(errors=(TOP, LOOP), constant=(LOOP,))

    @classmethod
    def topology_for(cls, task: Task, n_hidden: int | None) -> RecurrentTopology:
        """Choose the topology for a task: see `lstm97.learners.recurrent.Recurrent.topology_for`."""
        return dataclasses.replace(super().topology_for(task, n_hidden), biased=True)  # output units only

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.topology.fully_recurrent:
            raise ValueError("topology: only hidden units are carrousels; let fully_recurrent be false")

    @property
    def layer_shape(self) -> tuple[int, int]:
        """Shape of the weights into the carrousels: from input units only."""
        return (self.topology.n_hidden, self.topology.n_inputs)

    def train(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        return self._present(net, batch, learn=True)

    def predict(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Compute the outputs without learning: see `Recurrent.predict`."""
        return self._present(net, batch, learn=False)

    def _present(self, net: RecurrentNet, batch: Batch, learn: bool) -> Floats:
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        present(
            self.wiring,
            net.weights.transposed(),
            self.new_state(),
            np.empty(self.topology.n_inputs),
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
