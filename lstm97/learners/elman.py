r"""Elman's simple recurrent network, trained by Elman's procedure.

Elman (1988); Cleeremans, Servan-Schreiber and McClelland (1989); in the paper Sec. 2 and 5.1, Table 1.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstm97.learners.base import check_work
from lstm97.learners.recurrent import (
    Floats,
    Recurrent,
    RecurrentNet,
    add_layer_updates,
    add_output_updates,
    compute_errors,
    net_inputs,
    show_outputs,
)
from lstm97.learners.unfolded import TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch


@compiled
def present(wiring, transposed, state, theta, alpha, symbols, values, offsets, targets, every_step, outputs):
    r"""Present sequences one after the other; learn at every error signal.

    .. math:: \vartheta_i(t) = f'_i(net_i(t)) \sum_k w_{ki}\, e_k(t)

    Parameters
    ----------
    wiring : RecurrentWiring
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    state : RecurrentState
    theta : (U,) float64
        Working memory: errors of the net inputs.
    alpha : float
        Learning rate.
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k = transposed.w.T, transposed.w_k.T
    y, y_before, net, y_k, e_k, e_y = state
    symbol = -1
    for s in range(offsets.size - 1):
        y[:] = wiring.initial_y
        last = offsets[s + 1] - 1
        for t in range(offsets[s], last + 1):
            if symbols.size > 0:
                symbol = symbols[t]
            net_inputs(wiring, w, symbol, values, t, y, net)
            for i in range(y.size):
                y_before[i] = y[i]
                y[i] = f(net[i])
            if every_step or t == last:
                row = t if every_step else s
                show_outputs(wiring, w_k, symbol, values, t, y, y_k, outputs, row)
                compute_errors(wiring, w_k, targets, row, y_k, e_k, e_y)
                for i in range(y.size):
                    theta[i] = f_prime(y[i]) * e_y[i]
                add_output_updates(wiring, alpha, e_k, symbol, values, t, y, w_k)
                add_layer_updates(wiring, alpha, theta, symbol, values, t, y_before, w)


@dataclass(frozen=True)
class Elman(Recurrent):
    """Elman's simple recurrent network: ordinary backprop, with the hidden layer of the step before as more inputs.

    After every step the hidden layer is copied to context units. Errors go back to the hidden layer of the same step
    and no further, and weights change at every error signal. So a step costs a few multiplications for each weight,
    and nothing teaches the net to keep what only a later step needs.

    Context units start every sequence at 0.5, as Elman has them at the beginning. There is no momentum term.

    Paper: Sec. 5.1, Table 1, row 3; Elman (1988), Cleeremans et al. (1989).

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.

    Raises
    ------
    ValueError
        If output units are part of the recurrent layer: context units copy hidden units only.
    """

    initial_y: ClassVar[float] = 0.5

    name = "elman"
    title = "Elman's procedure"
    unfolded = Unfolded(same_step=(TOP,))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.topology.fully_recurrent:
            raise ValueError("topology: Elman's net has an output layer; let fully_recurrent be false")

    def train(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        present(
            self.wiring,
            net.weights.transposed(),
            net.state,
            np.empty(self.topology.n_units),
            self.alpha,
            batch.symbols,
            batch.values,
            batch.offsets,
            batch.targets,
            batch.every_step,
            outputs,
        )
        return outputs
