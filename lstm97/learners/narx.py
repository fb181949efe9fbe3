r"""A recurrent net with several delays: a NARX net, or one whose hidden units feed each other with delays.

Lin, Horne, Tiño and Giles (1996); in the paper Sec. 2, "Time-delays", as Lin et al. (1995). What is fed back, z,
arrives in the hidden layer 1 to D steps later, over a weight of its own for every delay.

.. math::
    y^i(t) = f\Big(\sum_m w_{im}\, x^m(t) + \sum_{d=1}^{D} \sum_u w_{i,du}\, z^u(t-d)\Big), \qquad
    y^k(t) = f\Big(\sum_m w_{km}\, y^m(t)\Big)

In a NARX net z are the outputs; there is no other recurrence.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from lstm97.checks import choice, whole
from lstm97.learners.base import Like, check_work
from lstm97.learners.recurrent import (
    Floats,
    Recurrent,
    RecurrentNet,
    RecurrentTopology,
    add_output_updates,
    apply_updates,
    compute_outputs,
)
from lstm97.learners.unfolded import TOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task

#: Longest delay where none is given: of the lags in Table 2, p = 4 is within it, and p = 10 beyond.
N_DELAYS = 4
FED_BACK = ("outputs", "hidden")


class Memory(NamedTuple):
    """Working memory: what is kept of a sequence for the way back.

    Attributes
    ----------
    y_at : (longest sequence, H) float64
    y_k_at : (longest sequence, K) float64
        Activations after every step.
    gap_at : (longest sequence, K) float64
        Target minus output, 0 where there is no target.
    theta_at : (longest sequence, H) float64
        Errors of the net inputs.
    e_k : (K,) float64
        Errors of the output units at one step.
    e_z : (Z,) float64
        What arrives from later steps at the activations that are fed back.
    """

    y_at: Floats
    y_k_at: Floats
    gap_at: Floats
    theta_at: Floats
    e_k: Floats
    e_z: Floats


@compiled
def hidden_layer(wiring, n_delays, w, symbol, values, t, z_at, step, y):
    """Compute the activations of the hidden layer.

    Parameters
    ----------
    wiring : RecurrentWiring
    n_delays : int
        The longest delay D.
    w : (H, M) float64
        Columns: inputs; what is fed back, with delay 1, then with delay 2, and so on; the constant 1 (if biased).
    symbol, values, t
        Input at t, as in `lstm97.learners.recurrent.net_inputs`.
    z_at : (longest sequence, Z) float64
        What is fed back, of every step of the sequence; nothing before the first.
    step : int
        Which step of the sequence this is, from 0.
    y : (H,) float64
        Result.
    """
    n_fed = z_at.shape[1]
    for i in range(y.size):
        y[i] = w[i, w.shape[1] - 1] if wiring.biased else 0.0
    if symbol >= 0:
        for i in range(y.size):
            y[i] += w[i, symbol]
    for m in range(values.shape[1]):
        for i in range(y.size):
            y[i] += w[i, m] * values[t, m]
    for d in range(1, min(n_delays, step) + 1):
        first = wiring.n_inputs + (d - 1) * n_fed
        for u in range(n_fed):
            for i in range(y.size):
                y[i] += w[i, first + u] * z_at[step - d, u]
    for i in range(y.size):
        y[i] = f(y[i])


@compiled
def add_hidden_updates(wiring, n_delays, theta, symbol, values, t, z_at, step, dw):
    r"""Add the contribution of one step's errors to the updates of the weights into the hidden layer.

    .. math:: \Delta w_{im}(t) = \alpha\, \vartheta_i(t)\, x^m(t), \qquad
        \Delta w_{i,du}(t) = \alpha\, \vartheta_i(t)\, z^u(t-d)

    Parameters
    ----------
    wiring, n_delays, symbol, values, t, z_at, step
        As in `hidden_layer`.
    theta : (H,) float64
        Errors of the net inputs.
    dw : (H, M) float64
        Sum of the contributions, without the learning rate; added to in place.
    """
    n_fed = z_at.shape[1]
    if wiring.biased:
        for i in range(theta.size):
            dw[i, dw.shape[1] - 1] += theta[i]
    if symbol >= 0:
        for i in range(theta.size):
            dw[i, symbol] += theta[i]
    for m in range(values.shape[1]):
        for i in range(theta.size):
            dw[i, m] += theta[i] * values[t, m]
    for d in range(1, min(n_delays, step) + 1):
        first = wiring.n_inputs + (d - 1) * n_fed
        for u in range(n_fed):
            for i in range(theta.size):
                dw[i, first + u] += theta[i] * z_at[step - d, u]


@compiled
def propagate_back(wiring, n_delays, w, w_k, from_outputs, memory, symbols, values, first, last, dw, dw_k):
    r"""Propagate errors back through a sequence, and add the contributions of every step.

    What is fed back has its share in the errors of the next D steps. In a NARX net this goes

    .. math::
        e_k(t) &= f'_k \Big(t^k(t) - y^k(t) + \sum_{d=1}^{D} \sum_i w_{i,dk}\, \vartheta_i(t+d)\Big) \\
        \vartheta_i(t) &= f'_i \sum_k w_{ki}\, e_k(t)

    and if hidden units are fed back, the sum over later steps joins the second equation instead.

    Parameters
    ----------
    wiring : RecurrentWiring
    n_delays : int
        The longest delay D.
    w, w_k : float64
        Weights into the hidden and into the output layer.
    from_outputs : bool
        Whether outputs are fed back, or else hidden units.
    memory : Memory
        Of the sequence; what belongs to the way back is written here.
    symbols, values
        The batch's inputs.
    first, last : int
        The sequence's first and last step.
    dw, dw_k : float64
        Sums of the contributions, without the learning rate; added to in place.
    """
    y_at, y_k_at, gap_at, theta_at, e_k, e_z = memory
    z_at = y_k_at if from_outputs else y_at
    n_hidden, n_fed = y_at.shape[1], e_z.size
    of_hidden = wiring.n_inputs if wiring.outputs_see_inputs else 0
    symbol = -1
    for step in range(last - first, -1, -1):
        t = first + step
        if symbols.size > 0:
            symbol = symbols[t]
        for u in range(n_fed):
            e_z[u] = 0.0
            for d in range(1, min(n_delays, last - t) + 1):
                column = wiring.n_inputs + (d - 1) * n_fed + u
                for i in range(n_hidden):
                    e_z[u] += w[i, column] * theta_at[step + d, i]
        for k in range(e_k.size):
            e_k[k] = gap_at[step, k]
            if from_outputs:
                e_k[k] += e_z[k]
            e_k[k] *= f_prime(y_k_at[step, k])
        for i in range(n_hidden):
            e_y = 0.0 if from_outputs else e_z[i]
            for k in range(e_k.size):
                e_y += w_k[k, of_hidden + i] * e_k[k]
            theta_at[step, i] = f_prime(y_at[step, i]) * e_y
        add_output_updates(wiring, 1.0, e_k, symbol, values, t, y_at[step], dw_k)
        add_hidden_updates(wiring, n_delays, theta_at[step], symbol, values, t, z_at, step, dw)


@compiled
def present(
    wiring,
    n_delays,
    transposed,
    from_outputs,
    memory,
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
    n_delays : int
        The longest delay D.
    transposed : RecurrentWeights
        From `RecurrentWeights.transposed`; changed in place.
    from_outputs : bool
        Whether outputs are fed back, or else hidden units.
    memory : Memory
        For the longest of the sequences.
    alpha : float
        Learning rate.
    learn : bool
    symbols, values, offsets, targets, every_step
        As in `lstm97.tasks.Batch`.
    outputs : float64, the shape of targets
        Result: activations of the output units where there is a target, before learning from it.
    """
    w, w_k, dw, dw_k = transposed.w.T, transposed.w_k.T, transposed.dw.T, transposed.dw_k.T
    y_at, y_k_at, gap_at, _, e_k, _ = memory
    z_at = y_k_at if from_outputs else y_at
    symbol = -1
    for s in range(offsets.size - 1):
        first, last = offsets[s], offsets[s + 1] - 1
        for t in range(first, last + 1):
            step = t - first
            if symbols.size > 0:
                symbol = symbols[t]
            hidden_layer(wiring, n_delays, w, symbol, values, t, z_at, step, y_at[step])
            compute_outputs(wiring, w_k, symbol, values, t, y_at[step], y_k_at[step])
            has_target = every_step or t == last
            row = t if every_step else s
            for k in range(e_k.size):
                gap_at[step, k] = 0.0
                if has_target:
                    outputs[row, k] = y_k_at[step, k]
                    gap_at[step, k] = targets[row, k] - outputs[row, k]
        if learn:
            propagate_back(wiring, n_delays, w, w_k, from_outputs, memory, symbols, values, first, last, dw, dw_k)
            apply_updates(w, w_k, dw, dw_k, alpha)


@dataclass(frozen=True)
class NARX(Recurrent):
    """A recurrent net whose feedback arrives with delays of 1 to D steps, trained by BPTT.

    An error can jump back D steps at a time, so it passes q / D units on its way through q steps, instead of q. Its
    decay is as exponential as ever, only D times slower. Lin et al. (1996) report that such nets hold information
    two or three times as long as conventional ones.

    In a NARX net outputs are fed back, through a hidden layer that has no other memory, and inputs are not delayed.
    Where every output has its target at every step, as when the next symbol is to be predicted, such a net must not
    show what it has to remember. So hidden units may be fed back in the place of outputs.

    Paper: Sec. 2, "Time-delays".

    Parameters
    ----------
    topology, alpha, weight_range
        See `lstm97.learners.recurrent.Recurrent`.
    delays : int
        The longest delay D; with 1 and hidden units fed back, this is BPTT.
    fed_back : {"outputs", "hidden"}
        What is fed back: outputs in a NARX net.

    Raises
    ------
    ValueError
        If `delays` is below 1, `fed_back` is neither, or output units are part of the recurrent layer.
    """

    delays: int
    fed_back: str = "outputs"

    name = "narx"
    title = "NARX net"
    unfolded = Unfolded(links=((0, 1, 0), TOP, (2, 1, 1), (2, 1, 2)), errors=(TOP, (2, 1, 1), (2, 1, 2)))

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        delays: int = N_DELAYS,
        fed_back: str = "outputs",
        n_hidden: int | None = None,
        alpha: float | None = None,
        weight_range: float | None = None,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden)
        return cls(topology, like.alpha(alpha), like.weight_range(weight_range), delays, fed_back)

    def __post_init__(self) -> None:
        whole("delays", self.delays)
        choice("fed_back", self.fed_back, FED_BACK)
        super().__post_init__()
        if self.topology.fully_recurrent:
            raise ValueError("topology: a NARX net has an output layer; let fully_recurrent be false")

    @property
    def n_fed(self) -> int:
        """Number of units that are fed back."""
        return self.topology.n_outputs if self.fed_back == "outputs" else self.topology.n_hidden

    @property
    def layer_shape(self) -> tuple[int, int]:
        """Shape of the weights into the hidden layer."""
        return self.topology.n_hidden, self.topology.n_inputs + self.delays * self.n_fed + self.topology.biased

    def train(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Present every sequence once, in order, learning from each: see `lstm97.learners.Learner.train`."""
        return self._present(net, batch, learn=True)

    def predict(self, net: RecurrentNet, batch: Batch) -> Floats:
        """Compute the outputs without learning: see `Recurrent.predict`."""
        return self._present(net, batch, learn=False)

    def _present(self, net: RecurrentNet, batch: Batch, learn: bool) -> Floats:
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        longest = int(np.diff(batch.offsets).max(initial=0))
        n_hidden, n_outputs = self.topology.n_hidden, self.topology.n_outputs
        memory = Memory(
            y_at=np.empty((longest, n_hidden)),
            y_k_at=np.empty((longest, n_outputs)),
            gap_at=np.empty((longest, n_outputs)),
            theta_at=np.empty((longest, n_hidden)),
            e_k=np.empty(n_outputs),
            e_z=np.empty(self.n_fed),
        )
        present(
            self.wiring,
            self.delays,
            net.weights.transposed(),
            self.fed_back == "outputs",
            memory,
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
