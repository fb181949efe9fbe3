r"""The constant error carrousel without gates, and the two conflicts that it runs into: Section 3.2 of the paper.

First the single unit: which activation function lets an error pass unchanged, and what that does to the activation.
Then the conflicts: per-step updates of one weight that pull in opposite directions, measured in the same way with
gates and without. The naive approach itself, a learner whose hidden layer is nothing but such units, is
`lstm97.learners.NaiveCarrousel`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from lstm97.learners import LSTM, NaiveCarrousel, Net, RecurrentTopology
from lstm97.learners.recurrent import RecurrentNet
from lstm97.net.network import check_wiring
from lstm97.net.topology import Topology
from lstm97.tasks import Batch
from lstm97.tasks.base import Task, offsets_of
from lstm97.theory import cell_error_flow
from lstm97.theory.truncation import check_weights_stay

Floats = NDArray[np.float64]

# ------------------------------------------------------------------------------------------------- a single unit


def error_back(f_prime: ArrayLike, w_jj: float, error: float) -> Floats:
    r"""Carry an error back through a single unit that is connected to itself only.

    Paper: Sec. 3.2, "A single unit". The error stays what it is exactly if :math:`f'_j(net_j(t))\, w_{jj} = 1` at
    every step.

    .. math:: \vartheta_j(t) = f'_j(net_j(t))\, \vartheta_j(t+1)\, w_{jj}

    Parameters
    ----------
    f_prime : (q,) array-like
        Derivatives in the order in which the error meets them.
    w_jj : float
        The unit's connection to itself.
    error : float
        What it starts from.

    Returns
    -------
    (q,) ndarray
        After 1, ..., q steps back.
    """
    errors = []
    for derivative in np.asarray(f_prime, dtype=np.float64):
        error = float(derivative * error * w_jj)
        errors.append(error)
    return np.array(errors)


def constant_flow_activation(net: ArrayLike, w_jj: float, constant: float = 0.0) -> Floats:
    r"""Compute the activation function with constant error flow, the solution of :math:`f'(net)\, w_{jj} = 1`.

    Paper: Sec. 3.2, "The constant error carrousel". The paper leaves out the constant of integration. It does not
    touch the error, but moves the activation.

    .. math:: f_j(net_j) = \frac{net_j + c}{w_{jj}}

    Parameters
    ----------
    w_jj : float
        Not zero.
    constant : float
        The constant of integration, c.
    """
    return (np.asarray(net, dtype=np.float64) + constant) / w_jj


def hold(y: float, w_jj: float, n_steps: int, constant: float = 0.0) -> Floats:
    r"""Let the unit of `constant_flow_activation` feed itself.

    Paper: Sec. 3.2, "unit j's activation has to remain constant". It does if the constant of integration is 0;
    otherwise it moves by :math:`c / w_{jj}` per step.

    .. math:: y^j(t+1) = f_j(w_{jj}\, y^j(t))

    Parameters
    ----------
    y : float
        Activation at the start.

    Returns
    -------
    (n_steps + 1,) ndarray
        Activations, the start included.
    """
    values = [float(y)]
    for _ in range(n_steps):
        values.append(float(constant_flow_activation(w_jj * values[-1], w_jj, constant)))
    return np.array(values)


# ------------------------------------------------------------------------------------------------ the conflicts


@dataclass(frozen=True)
class StoreAndRead(Task):
    """Store the first value of a noisy line, ignore all later ones, and show what was stored when asked.

    Three inputs: the line, a "store" mark at the first step and a "read" mark at the last one. The line is 1 or -1 at
    the first step, and uniform in [-1, 1] afterwards. The target at the last step is 1 or 0. If there is a target at
    every step, it is 0.5 before: say nothing yet.

    It has what Section 3.2 describes and nothing else: the weight from the line has to store at one step and to
    protect at all others, and the weight to the output has to read at one step and to keep still at all others.

    Parameters
    ----------
    lag : int
        Steps from the value to be stored to the target.
    every_step : bool
        Whether there is a target at every step, or at the end only.
    positive : float
        Probability that the value to be stored is 1, and the last target with it.

    Raises
    ------
    ValueError
        If the lag is below 1.
    """

    lag: int
    every_step: bool = False
    positive: float = 0.5

    n_inputs = 3
    n_outputs = 1
    tolerance = 0.5

    def __post_init__(self) -> None:
        if self.lag < 1:
            raise ValueError(f"lag is {self.lag}: give at least 1")

    @property
    def minimal_length(self) -> int:
        """Number of time steps of every sequence."""
        return self.lag + 1

    @property
    def minimal_lag(self) -> int:
        """Steps from the value to be stored to the target."""
        return self.lag

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences."""
        length = self.lag + 1
        positive = rng.random(n) < self.positive
        values = np.zeros((n, length, 3))
        values[:, :, 0] = rng.uniform(-1.0, 1.0, (n, length))
        values[:, 0, 0] = 2.0 * positive - 1.0
        values[:, 0, 1] = values[:, -1, 2] = 1.0
        targets = np.full((n, length, 1), 0.5)
        targets[:, -1, 0] = positive
        return Batch(
            np.empty(0, dtype=np.int64),
            values.reshape(-1, 3),
            offsets_of(np.full(n, length)),
            targets.reshape(-1, 1) if self.every_step else targets[:, -1].copy(),
            self.every_step,
        )


def storing_without_gates() -> tuple[NaiveCarrousel, RecurrentNet]:
    """Make a naive net for `StoreAndRead` that listens to the line and shows what it holds.

    Paper: Sec. 3.2; the situation in which the conflicts begin: storing has been learned, protecting has not.

    Returns
    -------
    learner : lstm97.learners.NaiveCarrousel
    net : lstm97.learners.recurrent.RecurrentNet
    """
    learner = NaiveCarrousel(RecurrentTopology(3, 1, 1, biased=True), alpha=0.1, weight_range=0.0)
    net = learner.start(np.random.default_rng(0))
    net.weights.w[0, 0], net.weights.w_k[0, 0] = 1.0, 2.0
    return learner, net


def storing_with_gates(bias: float = -10.0, out_gate: bool = True) -> tuple[LSTM, Net]:
    """Make a memory cell for `StoreAndRead` that listens to the line, with gates that listen to the marks.

    Paper: Sec. 4, "Why gate units?".

    Parameters
    ----------
    bias : float
        Of both gates; a mark opens its gate as far as the bias closes it.
    out_gate : bool
        Whether the cell has an output gate; without it, its output is always open.

    Returns
    -------
    learner : LSTM
    net : lstm97.learners.lstm.Net
    """
    topology = Topology(n_inputs=3, block_sizes=(1,), n_outputs=1, recurrent=False, out_gates=out_gate)
    learner = LSTM(topology, alpha=0.1, weight_range=0.0)
    net = learner.start(np.random.default_rng(0))
    w, bias_column = net.weights.w, topology.source_names.index("1")
    w[0, 1], w[0, bias_column] = -2.0 * bias, bias
    if out_gate:
        w[1, 2], w[1, bias_column] = -2.0 * bias, bias
    w[topology.first_cell, 0] = 1.0
    net.weights.w_k[0, 0] = 2.0
    return learner, net


def least_wrong_for_a_sum(lag: int) -> float:
    r"""Compute how often the best that a naive carrousel can do is wrong on `StoreAndRead`.

    It sees the sum of the line and has to guess the sign of its first value. The sum of the noise is as good as
    normal, with the variance 1/3 of every step.

    .. math:: P\big(1 + \sigma z < 0\big), \qquad \sigma^2 = lag / 3, \quad z \sim N(0, 1)
    """
    return float(ndtr(-1.0 / np.sqrt(lag / 3.0)))


class Updates(NamedTuple):
    r"""Every step's contributions to the updates of one sequence, without alpha.

    Attributes
    ----------
    into : (n_steps, n_cells, n_inputs) float64
        Of the weights from input units to carrousels: :math:`\vartheta_j(t)\, x_i(t)`.
    out : (n_steps, n_outputs, n_cells) float64
        Of the weights from carrousels to output units: :math:`e_k(t)\, y^j(t)`.
    """

    into: Floats
    out: Floats


def updates_without_gates(learner: NaiveCarrousel, net: RecurrentNet, batch: Batch) -> Updates:
    r"""Split the update of a naive net after one sequence into the contributions of its steps.

    Paper: Sec. 3.2. An error that arrives at a carrousel goes back to all earlier steps as it is.

    .. math:: \vartheta_j(t) = \sum_{t' \ge t} \sum_k w_{kj}\, e_k(t')

    Parameters
    ----------
    learner : lstm97.learners.NaiveCarrousel
        Its outputs see carrousels only, and have a bias.
    net : lstm97.learners.recurrent.RecurrentNet
        Left as it is.
    batch : Batch
        One sequence of real-valued inputs.
    """
    x, w, w_kj = batch.values, net.weights.w, net.weights.w_k[:, :-1]
    y_k = learner.predict(net, batch)
    n_late = len(x) - len(y_k)  # steps without a target, all at the beginning
    e_k = np.vstack([np.zeros((n_late, y_k.shape[1])), y_k * (1.0 - y_k) * (batch.targets - y_k)])
    s = np.cumsum(x, axis=0) @ w.T
    theta = np.cumsum((e_k @ w_kj)[::-1], axis=0)[::-1]
    return Updates(theta[:, :, None] * x[:, None, :], e_k[:, :, None] * s[:, None, :])


#: Fields of `lstm97.net.network.Wiring` that `updates_with_gates` follows: those of the hidden layer.
KNOWN = (
    *("n_inputs", "n_in", "n_out", "n_recurrent", "g_range", "g_low", "h_range", "h_low"),
    *("initial_y", "update", "constant_unit"),
)
ONLY = {
    "outputs_see_inputs": (False, "Topology.outputs_see_inputs False"),
    "linear_outputs": (False, "Reading.output_unit 'logistic'"),
    "error_derivative": (True, 'Reading.output_error "with f\'"'),
    "error_scale": (1.0, "Reading.error '(19)'"),
    "output_delay": (0, "Reading.output_timing 'same step'"),
}


def updates_with_gates(learner: LSTM, net: Net, batch: Batch) -> Updates:
    r"""Split the update of a net with gates after one sequence into the contributions of its steps.

    Paper: Sec. 3.2, Sec. 4, "Why gate units?"; App. A.2 (36). The truncated error at a cell's net input takes the
    place of the error at the naive unit, and the cell's output that of the unit's activation.

    Parameters
    ----------
    learner : LSTM
        Its outputs see cells only.
    net : lstm97.learners.lstm.Net
        Left as it is.
    batch : Batch
        One sequence of real-valued inputs.

    Raises
    ------
    ValueError
        If the net has a switch that is not followed here, or weights change within the sequence.
    """
    check_wiring(learner.wiring, "lstm97.theory.carrousel", KNOWN, ONLY)
    check_weights_stay(learner, batch)
    topology, trace = learner.topology, learner.trace(net, batch, 0)
    targets = batch.targets if batch.every_step else np.vstack([trace.y_k[:-1], batch.targets])
    e_k = trace.y_k * (1.0 - trace.y_k) * (targets - trace.y_k)
    w_kc = net.weights.w_k[:, : topology.n_cells]
    flow = cell_error_flow.record(learner, net, batch)
    theta = cell_error_flow.carry_back(flow, e_k @ w_kc, truncated=True).net[:, flow.cell]
    return Updates(theta[:, :, None] * batch.values[:, None, :], e_k[:, :, None] * trace.y_c[:, None, :])


def opposing_share(updates: ArrayLike, step: int) -> Floats:
    r"""Compute which share of a weight's per-step updates points against the update of one step, by size.

    Not in the paper: a number for "conflicting weight update signals". The step is the one that stores, for the
    weights into a carrousel, and the one that reads, for the weights out of it.

    .. math:: \frac{\sum_{t:\ u_t u_{step} < 0} |u_t|}{\sum_t |u_t|}

    Parameters
    ----------
    updates : (n_steps, ...) array-like
        One contribution per step.
    step : int
        Whose update the others are compared with; -1 is the last.

    Returns
    -------
    (...) ndarray
        0 if no step works against it, near 1 if nearly all do. 0 where nothing is to be learned.
    """
    updates = np.asarray(updates, dtype=np.float64)
    against = np.where(updates * np.sign(updates[step]) < 0.0, np.abs(updates), 0.0)
    return against.sum(axis=0) / np.maximum(np.abs(updates).sum(axis=0), np.finfo(float).tiny)


#: The three nets of `conflict_shares`.
WITHOUT_GATES, INPUT_GATE_ONLY, BOTH_GATES = range(3)


def conflict_shares(lag: int, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Measure both conflicts on `StoreAndRead`: without gates, with an input gate only, with both gates.

    Paper: Sec. 3.2, input weight conflict and output weight conflict. The nets store and read, and are at the point
    where they must learn to protect. For the weight from the line there is a target at the end only; for the weight
    to the output unit there is one at every step.

    Parameters
    ----------
    n : int
        Number of sequences to take the mean of.

    Returns
    -------
    into, out : (3,) float64
        Mean opposing share of the weight from the line and of the weight to the output unit, for each of the nets.
    """
    batches = [StoreAndRead(lag, every_step).sample(rng, n) for every_step in (False, True)]
    shares = np.zeros((2, 3))
    for i in range(n):
        for kind, batch in enumerate(batches):
            one = batch.part(i, i + 1)
            split = [
                updates_without_gates(*storing_without_gates(), one),
                updates_with_gates(*storing_with_gates(out_gate=False), one),
                updates_with_gates(*storing_with_gates(), one),
            ]
            parts = [
                opposing_share(updates.out, -1) if kind else opposing_share(updates.into, 0) for updates in split
            ]
            shares[kind] += [part[0, 0] / n for part in parts]
    return shares[0], shares[1]
