r"""Units that keep part of their activation: fixed time constants, and an ungated additive unit.

Mozer (1992) and Sun, Chen and Lee (1993); in the paper Sec. 2, "Time constants" and "Other methods". Both are

.. math:: y^i(t) = \tau_i\, y^i(t-1) + \sigma_i\, u^i(t), \qquad
    net_i(t) = \sum_m w_{im}\, x^m(t) + \sum_j w_{ij}\, y^j(t-1)

with :math:`u^i = f(net_i)`, :math:`\sigma_i = 1 - \tau_i` for time constants, and :math:`u^i = net_i`,
:math:`\tau_i = 1` for the additive unit. They are trained by BPTT, errors going back through all steps.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np

from lstm97.checks import positive, real, shown
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
from lstm97.tasks import Batch, Task


@compiled
def propagate_back(wiring, w, tau, sigma, linear, symbols, values, first, last, y_at, u_at, e_y_at, e_y, theta, dw):
    r"""Propagate errors back through a sequence, and add the contributions of every step.

    .. math::
        e_{y^j}(t) &= \sum_k w_{kj}\, e_k(t) + \tau_j\, e_{y^j}(t+1) + \sum_i w_{ij}\, \vartheta_i(t+1) \\
        \vartheta_j(t) &= \sigma_j\, u'_j(t)\, e_{y^j}(t)

    Parameters
    ----------
    wiring : RecurrentWiring
    w : (U, M) float64
    tau, sigma : (U,) float64
        Shares of the old activation and of the new one.
    linear : bool
        Whether u is the net input instead of its logistic sigmoid.
    symbols, values
        The batch's inputs.
    first, last : int
        The sequence's first and last step.
    y_at, u_at, e_y_at
        As in `present`.
    e_y, theta : (U,) float64
        Working memory.
    dw : (U, M) float64
        Sum of the contributions, without the learning rate; added to in place.
    """
    symbol = -1
    e_y[:] = 0.0
    theta[:] = 0.0
    for back in range(last - first + 1):
        t = last - back
        for j in range(e_y.size):
            e_y[j] = e_y_at[t - first, j] + tau[j] * e_y[j]
            for i in range(theta.size):
                e_y[j] += w[i, wiring.n_inputs + j] * theta[i]
        for j in range(theta.size):
            slope = 1.0 if linear else f_prime(u_at[t - first, j])
            theta[j] = sigma[j] * slope * e_y[j]
        if symbols.size > 0:
            symbol = symbols[t]
        add_layer_updates(wiring, 1.0, theta, symbol, values, t, y_at[t - first], dw)


@compiled
def present(
    wiring,
    transposed,
    state,
    tau,
    sigma,
    linear,
    y_at,
    u_at,
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
    tau, sigma, linear
        As in `propagate_back`.
    y_at : (longest sequence + 1, U) float64
        Working memory: activations before a sequence's first step, and after each.
    u_at, e_y_at : (longest sequence, U) float64
        Working memory: what was added at every step, and the errors that arrived from its targets.
    theta : (U,) float64
        Working memory: errors of the net inputs.
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
            net_inputs(wiring, w, symbol, values, t, y, net)
            for i in range(y.size):
                u_at[t - first, i] = net[i] if linear else f(net[i])
                y[i] = tau[i] * y[i] + sigma[i] * u_at[t - first, i]
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
            propagate_back(
                wiring, w, tau, sigma, linear, symbols, values, first, last, y_at, u_at, e_y_at, e_y, theta, dw
            )
            apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass(frozen=True)
class Leaky(Recurrent, ABC):
    """What both kinds of units have in common.

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.topology.fully_recurrent:
            raise ValueError("topology: only hidden units keep activations here; let fully_recurrent be false")

    @abstractmethod
    def shares(self) -> tuple[Floats, Floats, bool]:
        """Say how much of the old activation and of the new one a unit takes, and whether the latter is linear.

        Returns
        -------
        tau, sigma : (n_hidden,) float64
        linear : bool
        """

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
        tau, sigma, linear = self.shares()
        present(
            self.wiring,
            net.weights.transposed(),
            self.new_state(),
            tau,
            sigma,
            linear,
            np.empty((longest + 1, n_units)),
            np.empty((longest, n_units)),
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


@dataclass(frozen=True)
class TimeConstants(Leaky):
    """Hidden units with fixed time constants.

    A unit moves only part of the way from its old activation to the logistic sigmoid of its net input, so it changes
    slowly. Whatever it keeps still decays by the factor tau in a step: the constant has to be fitted to the lag.

    Paper: Sec. 2, "Time constants"; Mozer (1992).

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    tau : tuple of float
        One for each hidden unit, from 0 (an ordinary unit) to below 1.

    Raises
    ------
    ValueError
        If there is not one for each, or one is out of range.
    """

    tau: tuple[float, ...]

    name = "time-constants"
    title = "Time constants"
    unfolded = Unfolded(errors=(TOP, LOOP), constant=(LOOP,))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        tau: float = 0.9,
        n_hidden: int | None = None,
        alpha: float | None = None,
        weight_range: float | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden)
        return cls(topology, like.alpha(alpha), like.weight_range(weight_range), (tau,) * topology.n_hidden)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.tau, tuple):
            raise ValueError(f"tau is {shown(self.tau)}: give a tuple, one number for each hidden unit")
        if len(self.tau) != self.topology.n_hidden:
            raise ValueError(
                f"tau has {len(self.tau)} values for {self.topology.n_hidden} hidden units: give one each"
            )
        for one in self.tau:
            real("tau", one, "at least 0 and less than 1", lambda x: 0.0 <= x < 1.0)

    def shares(self) -> tuple[Floats, Floats, bool]:
        """Tau of the old activation, 1 - tau of the new one: see `Leaky.shares`."""
        tau = np.array(self.tau, dtype=np.float64)
        return tau, 1.0 - tau, False


@dataclass(frozen=True)
class Additive(Leaky):
    """Hidden units that add their scaled net input to their activation, with no gate before it.

    Error flow through such a unit is constant, but every input changes what it has stored.

    Paper: Sec. 2, on Sun et al. (1993).

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    scale : float
        Factor of the net input. The paper says that it is scaled, not how much.

    Raises
    ------
    ValueError
        If `scale` is not positive.
    """

    scale: float = 0.1

    name = "additive"
    title = "Additive unit"
    unfolded = Unfolded(errors=(TOP, LOOP), constant=(LOOP,))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        scale: float = 0.1,
        n_hidden: int | None = None,
        alpha: float | None = None,
        weight_range: float | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden)
        return cls(topology, like.alpha(alpha), like.weight_range(weight_range), scale)

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("scale", self.scale)

    def shares(self) -> tuple[Floats, Floats, bool]:
        """All of the old activation, and the scaled net input: see `Leaky.shares`."""
        n = self.topology.n_hidden
        return np.ones(n), np.full(n, float(self.scale)), True
