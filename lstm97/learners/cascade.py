r"""Recurrent cascade-correlation: a net that gets its hidden units one after the other, each trained for itself.

Fahlman (1991), Fahlman and Lebiere (1990); in the paper Sec. 2, 4 and 5.1, Table 1. Hidden unit i reads the inputs,
the hidden units before it at the same step, itself one step earlier, and the constant 1. Output units read the
inputs, all hidden units, and the constant 1.

.. math::
    y^i(t) &= f\Big(\sum_m w_{im}\, x^m(t) + \sum_{j<i} w_{ij}\, y^j(t) + w_{ii}\, y^i(t-1) + w_{i1}\Big)
        - \tfrac12 \\
    y^k(t) &= f\Big(\sum_m w_{km}\, x^m(t) + \sum_j w_{kj}\, y^j(t) + w_{k1}\Big)

Two phases alternate. First only the weights to the output units change, and lessen the squared error. Then these
stand still, and each of a pool of candidates, hidden units to be, changes its weights so that its activation goes
along with the outputs' errors. The best one becomes a hidden unit. Its weights never change again.

What is from where
------------------
Phases, quickprop, and the rules for phases' ends are those of Fahlman's program of 1990. His output units have the
range [-0.5, 0.5]; here it is [0, 1], that of the paper's targets, with the same differences and derivatives. The
numbers below are those with which the CMU Cascade Neural Network Simulator starts (White 1995, after programs by
Fahlman and others): it has the recurrent units as well. Fahlman's program of 1990, which has not, starts with lower
rates (0.35 and 1), a patience of 8, and a decay of the weights to output units. Its author gives candidates the rate
100, too, where he learns two spirals.

Units and weights of a cascade
------------------------------
H hidden units, K output units. Weights are ``w[to, from]``. Columns: inputs, hidden units, the constant 1. The
diagonal of the hidden units' part holds their weights to themselves, and nothing stands above it.
"""

import copy
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import MOST_WEIGHTS, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import check_size
from lstm97.learners.unfolded import LOOP, Unfolded
from lstm97.net.activations import f, f_prime
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task
from lstm97.tasks.base import check, offsets_of

Floats = NDArray[np.float64]


class Pace(NamedTuple):
    """How fast weights change in a phase, and when the phase ends.

    Attributes
    ----------
    epsilon : float
        Rate of gradient descent in quickprop.
    change : float
        Share of the old value by which error or score must have changed to count as changed.
    patience : int
        Number of epochs without change after which the phase ends.
    """

    epsilon: float
    change: float
    patience: int


OUTPUTS = Pace(epsilon=1.0, change=0.01, patience=12)
CANDIDATES = Pace(epsilon=100.0, change=0.03, patience=12)
#: Number of epochs after which a phase ends anyway.
MOST_EPOCHS = 200
#: A step of quickprop is at most so many times the one before, but for gradient descent.
MU = 2.0
#: Added to the output units' f' where errors are computed, so that units at 0 or 1 go on learning.
OFFSET = 0.1
#: Arrays over what a candidate reads are filled up to a multiple of this: the rest of a loop takes longer.
FILLED = 8
#: Initial weights are drawn uniformly from [-WEIGHT_RANGE, WEIGHT_RANGE].
WEIGHT_RANGE = 1.0


@compiled
def list_later_steps(offsets, later):
    """List all steps but the sequences' first: all second steps, then all third ones, and so on.

    Neighbours in this list are of different sequences, so that neither waits for the other's result.

    Parameters
    ----------
    offsets : (n + 1,) int64
        As in `lstm97.tasks.Batch`.
    later : (n_steps - n,) int64
        Result.
    """
    n, step = 0, 1
    while n < later.size:
        for s in range(offsets.size - 1):
            t = offsets[s] + step
            if t < offsets[s + 1]:
                later[n] = t
                n += 1
        step += 1


@compiled
def net_inputs(w, l, n_inputs, n_hidden, symbols, values, y_at, net):
    """Compute one unit's net inputs at every step, but for what comes from itself.

    Parameters
    ----------
    w : (any, M) float64
    l : int
        Which unit, a row of `w`.
    n_inputs : int
    n_hidden : int
        How many hidden units it reads.
    symbols, values
        As in `lstm97.tasks.Batch`.
    y_at : (H, n_steps) float64
        Activations of the hidden units at every step.
    net : (n_steps,) float64
        Result.
    """
    one = w[l, w.shape[1] - 1]
    for t in range(net.size):
        net[t] = one
    if symbols.size > 0:
        for t in range(net.size):
            net[t] += w[l, symbols[t]]
    for m in range(values.shape[1]):
        w_m = w[l, m]
        for t in range(net.size):
            net[t] += w_m * values[t, m]
    for j in range(n_hidden):
        w_j = w[l, n_inputs + j]
        for t in range(net.size):
            net[t] += w_j * y_at[j, t]


@compiled
def squash_hidden(back, offsets, later, y):
    """Turn one hidden unit's net inputs into its activations, 0 before a sequence's first step.

    Parameters
    ----------
    back : float
        The unit's weight to itself.
    offsets : (n + 1,) int64
        As in `lstm97.tasks.Batch`.
    later : (n_steps - n,) int64
        From `list_later_steps`.
    y : (n_steps,) float64
        Net inputs but for what comes from the unit itself, replaced by activations.
    """
    for s in range(offsets.size - 1):
        t = offsets[s]
        y[t] = f(y[t]) - 0.5
    for n in range(later.size):
        t = later[n]
        y[t] = f(y[t] + back * y[t - 1]) - 0.5


@compiled
def respond_hidden(w, n_inputs, symbols, values, offsets, later, y_at):
    """Compute the activations of all hidden units for sequences.

    Parameters
    ----------
    w : (H, n_inputs + H + 1) float64
    n_inputs : int
    symbols, values, offsets
        As in `lstm97.tasks.Batch`.
    later : (n_steps - n,) int64
        From `list_later_steps`.
    y_at : (H, n_steps) float64
        Result: activations of the hidden units.
    """
    for i in range(w.shape[0]):
        net_inputs(w, i, n_inputs, i, symbols, values, y_at, y_at[i])
        squash_hidden(w[i, n_inputs + i], offsets, later, y_at[i])


@compiled
def respond_outputs(w_k, n_inputs, symbols, values, offsets, every_step, y_at, net, outputs):
    """Compute the activations of the output units where there is a target.

    Parameters
    ----------
    w_k : (K, n_inputs + H + 1) float64
    n_inputs : int
    symbols, values, offsets, every_step
        As in `lstm97.tasks.Batch`.
    y_at : (H, n_steps) float64
        From `respond_hidden`.
    net : (n_steps,) float64
        Working memory.
    outputs : float64, the shape of the batch's targets
        Result: activations of the output units.
    """
    for k in range(w_k.shape[0]):
        net_inputs(w_k, k, n_inputs, y_at.shape[0], symbols, values, y_at, net)
        if every_step:
            for t in range(net.size):
                net[t] = f(net[t])
            for t in range(net.size):
                outputs[t, k] = net[t]
        else:
            for s in range(offsets.size - 1):
                outputs[s, k] = f(net[offsets[s + 1] - 1])


@compiled
def compute_errors(outputs, targets, offset, e):
    r"""Compute the output units' errors.

    .. math:: e_k(t) = \big(f'_k + \mathit{offset}\big)\,\big(y^k(t) - t^k(t)\big)

    Parameters
    ----------
    outputs, targets : (n, K) float64
    offset : float
        With 0 these are derivatives of half the sum of squares by the net inputs.
    e : (n, K) float64
        Result.

    Returns
    -------
    float
        The sum of the squared differences from the targets.
    """
    total = 0.0
    for row in range(e.shape[0]):
        for k in range(e.shape[1]):
            difference = outputs[row, k] - targets[row, k]
            e[row, k] = (f_prime(outputs[row, k]) + offset) * difference
            total += difference * difference
    return total


@compiled
def add_output_slopes(n_inputs, e, symbols, values, offsets, every_step, y_at, slopes):
    r"""Add up the slopes of the error by the weights to the output units.

    .. math:: S_{km} = \sum_t e_k(t)\, y^m(t)

    Parameters
    ----------
    n_inputs : int
    e : (n, K) float64
        From `compute_errors`.
    symbols, values, offsets, every_step, y_at
        As in `respond_outputs`.
    slopes : (K, n_inputs + H + 1) float64
        Added to in place.
    """
    n_hidden, one = y_at.shape[0], slopes.shape[1] - 1
    for s in range(offsets.size - 1):
        last = offsets[s + 1] - 1
        for t in range(offsets[s] if every_step else last, last + 1):
            row = t if every_step else s
            for k in range(slopes.shape[0]):
                e_k = e[row, k]
                if symbols.size > 0:
                    slopes[k, symbols[t]] += e_k
                for m in range(values.shape[1]):
                    slopes[k, m] += e_k * values[t, m]
                for j in range(n_hidden):
                    slopes[k, n_inputs + j] += e_k * y_at[j, t]
                slopes[k, one] += e_k


@compiled
def normalise_errors(e):
    r"""Take every output unit's mean error off, and divide by the sum of all squares before.

    .. math:: r_k(t) = \frac{e_k(t) - \bar e_k}{\sum_{t,k} e_k(t)^2}

    Parameters
    ----------
    e : (n, K) float64
        From `compute_errors`; changed in place. Zeros if there is no error.
    """
    total = 0.0
    for row in range(e.shape[0]):
        for k in range(e.shape[1]):
            total += e[row, k] * e[row, k]
    for k in range(e.shape[1]):
        mean = 0.0
        for row in range(e.shape[0]):
            mean += e[row, k]
        mean /= e.shape[0]
        for row in range(e.shape[0]):
            e[row, k] = (e[row, k] - mean) / total if total > 0.0 else 0.0


@compiled
def correlate(
    w,
    n_inputs,
    r,
    signs,
    symbols,
    values,
    offsets,
    every_step,
    later,
    y_at,
    v_at,
    sources,
    dv_dw,
    slopes,
    covariances,
):
    r"""Add up the candidates' covariances with the errors, and the slopes of their scores by their weights.

    A candidate with the activation V has the score :math:`\sum_k |C_k|`. Its derivatives go from step to step along
    its weight to itself, :math:`w_s`; I are the activations that it reads, its own of the step before among them.

    .. math::
        C_k &= \sum_t V(t)\, r_k(t) \\
        \frac{\partial V(t)}{\partial w_m} &= \Big(\tfrac14 - V(t)^2\Big)
            \Big(I_m(t) + w_s\, \frac{\partial V(t-1)}{\partial w_m}\Big) \\
        S_m &= -\sum_t \sum_k \mathrm{sign}(C_k)\, r_k(t)\, \frac{\partial V(t)}{\partial w_m}

    Parameters
    ----------
    w : (candidates, n_inputs + H + 2) float64
        Columns: inputs, hidden units, the candidate itself one step earlier, the constant 1.
    n_inputs : int
    r : (n, K) float64
        From `normalise_errors`.
    signs : (candidates, K) float64
        Signs of the covariances, 1 or -1.
    symbols, values, offsets, every_step, y_at
        As in `respond_outputs`.
    later : (n_steps - n,) int64
        From `list_later_steps`.
    v_at : (candidates, n_steps) float64
        Working memory: the candidates' activations.
    sources : (steps of the longest sequence, P) float64
        Working memory: what the candidates read in one sequence. P is n_inputs + H + 2 or a little more, so that
        vector registers are filled; the rest is 0.
    dv_dw : (P,) float64
        Working memory: derivatives of one candidate's activation.
    slopes : (candidates, P) float64
        Of the negative score; added to in place.
    covariances : (candidates, K) float64
        Added to in place.
    """
    n_hidden, n_sources = y_at.shape[0], w.shape[1]
    itself, one = n_sources - 2, n_sources - 1
    for c in range(w.shape[0]):
        net_inputs(w, c, n_inputs, n_hidden, symbols, values, y_at, v_at[c])
        squash_hidden(w[c, itself], offsets, later, v_at[c])
    for s in range(offsets.size - 1):
        first, last = offsets[s], offsets[s + 1] - 1
        for t in range(first, last + 1):
            i = t - first
            for m in range(sources.shape[1]):
                sources[i, m] = 0.0
            if symbols.size > 0:
                sources[i, symbols[t]] = 1.0
            for m in range(values.shape[1]):
                sources[i, m] = values[t, m]
            for j in range(n_hidden):
                sources[i, n_inputs + j] = y_at[j, t]
            sources[i, one] = 1.0
        for c in range(w.shape[0]):
            back = w[c, itself]
            for t in range(first, last):
                sources[t + 1 - first, itself] = v_at[c, t]
            for m in range(dv_dw.size):
                dv_dw[m] = 0.0
            for t in range(first, last + 1):
                v, i = v_at[c, t], t - first
                slope = 0.25 - v * v
                for m in range(dv_dw.size):
                    dv_dw[m] = (back * dv_dw[m] + sources[i, m]) * slope
                if every_step or t == last:
                    row = t if every_step else s
                    direction = 0.0
                    for k in range(r.shape[1]):
                        covariances[c, k] += v * r[row, k]
                        direction += signs[c, k] * r[row, k]
                    for m in range(dv_dw.size):
                        slopes[c, m] -= direction * dv_dw[m]


@compiled
def quickprop(w, slopes, steps, slopes_before, epsilon, mu):
    r"""Change weights by Fahlman's quickprop (1988), each as if the error were a parabola in it alone.

    Of the slopes S now and S' before the last step d, the parabola's lowest point follows. The step there is bounded
    where it would be long or uphill. Gradient descent is added unless the last step went beyond the lowest point.

    .. math::
        d_{new} = \begin{cases} \mu\, d & \text{if } S \text{ has the sign of } S' \text{ and }
            |S| \ge \frac{\mu}{1+\mu} |S'| \\ d\, \frac{S}{S' - S} & \text{otherwise} \end{cases}
            \qquad - \epsilon\, S \text{ if } S d \le 0

    A step is never uphill, so S' and d differ in sign, and the denominator is not 0.

    Parameters
    ----------
    w : (n, M) float64
        Weights, changed in place.
    slopes : (n, M) float64
        S, of what is to become small.
    steps : (n, M) float64
        d, replaced by the new steps. Where it is 0 there is only gradient descent.
    slopes_before : (n, M) float64
        S', replaced by S.
    epsilon, mu : float
    """
    bound = mu / (1.0 + mu)
    for l in range(w.shape[0]):
        for m in range(w.shape[1]):
            slope, before, step = slopes[l, m], slopes_before[l, m], steps[l, m]
            new = 0.0
            if slope * step <= 0.0:
                new -= epsilon * slope
            if step > 0.0:
                new += mu * step if slope <= bound * before else step * slope / (before - slope)
            if step < 0.0:
                new += mu * step if slope >= bound * before else step * slope / (before - slope)
            w[l, m] += new
            steps[l, m] = new
            slopes_before[l, m] = slope


@dataclass
class QuickpropWeights:
    """Weights with what quickprop remembers.

    Attributes
    ----------
    w : (n, M) float64
    steps, slopes : (n, M) float64
        Of the last epoch.
    """

    w: Floats
    steps: Floats
    slopes: Floats

    @classmethod
    def new(cls, w: Floats) -> "QuickpropWeights":
        """Start with weights.

        Parameters
        ----------
        w : (n, M) float64
        """
        return cls(w, np.zeros_like(w), np.zeros_like(w))

    def insert(self, column: int, w: Floats) -> None:
        """Give every unit one more weight.

        Parameters
        ----------
        column : int
            Before which column.
        w : (n,) float64
        """
        self.w = np.insert(self.w, column, w, axis=1)
        self.steps, self.slopes = (np.insert(array, column, 0.0, axis=1) for array in (self.steps, self.slopes))


@dataclass
class Progress:
    """The course of a phase.

    Attributes
    ----------
    end : int
        Number of epochs after which the phase ends if nothing changes.
    epochs : int
        Epochs so far.
    value : float
        Error or score when it last changed.
    """

    end: int
    epochs: int = 0
    value: float = 0.0

    def ends(self, value: float, pace: Pace) -> bool:
        """Take the next epoch's error or score, and tell whether the phase ends.

        It ends when the value has not changed for as many epochs as there is patience, or after `MOST_EPOCHS`.
        """
        self.epochs += 1
        if self.epochs == 1:
            self.value = value
        elif abs(value - self.value) > pace.change * self.value:
            self.value, self.end = value, min(self.epochs + pace.patience, MOST_EPOCHS)
        return self.epochs >= self.end


@dataclass
class Known:
    """What was computed of a training set. It holds as long as the weights are those that it was computed with.

    Attributes
    ----------
    batch : Batch
        The training set.
    w : (H, n_inputs + H + 1) float64
        The weights to hidden units.
    later : (n_steps - n,) int64
        From `list_later_steps`.
    y_at : (H, n_steps) float64
        Activations of the hidden units.
    w_k : (K, n_inputs + H + 1) float64, or None
        The weights to output units with which `r` was computed.
    r : float64, the shape of the batch's targets, or None
        From `normalise_errors`.
    """

    batch: Batch
    w: Floats
    later: NDArray[np.int64]
    y_at: Floats
    w_k: Floats | None = None
    r: Floats | None = None


@dataclass
class CascadeNet:
    """A net with as many hidden units as it has so far.

    Attributes
    ----------
    w : (H, n_inputs + H + 1) float64
        Weights to the hidden units.
    outputs : QuickpropWeights
        Weights to the output units, (K, n_inputs + H + 1).
    rng : numpy.random.Generator
        Draws the candidates' initial weights.
    progress : Progress
        Of the present phase.
    pool : QuickpropWeights or None
        The candidates' weights, (candidates, n_inputs + H + 2); None while the outputs are trained.
    covariances : (candidates, K) float64, or None
        With the errors, in the epoch before; None if there was none since the pool was drawn.
    training : Batch or None
        The training set, as far as it is known.
    presented : int
        Number of sequences presented.
    """

    w: Floats
    outputs: QuickpropWeights
    rng: np.random.Generator
    progress: Progress
    pool: QuickpropWeights | None = None
    covariances: Floats | None = None
    training: Batch | None = None
    presented: int = 0

    def __post_init__(self) -> None:
        self.known: Known | None = None  # no field: it follows from the others

    @property
    def n_hidden(self) -> int:
        """Number of hidden units so far."""
        return len(self.w)

    @property
    def n_weights(self) -> int:
        r"""Number of weights so far, with n inputs :math:`H (n + 1) + H (H + 1) / 2 + K (n + H + 1)`.

        In Experiment 1 (n = K = 7) that is 189 for 7 hidden units, and 236 for 9. Table 1 estimates 119 to 198. The
        first is what 7 units make without biases, weights to themselves, and weights from inputs to outputs:
        49 + 21 + 49. The same would be 63 + 36 + 63 = 162 for 9; 198 has the weights between hidden units twice.
        """
        to_hidden = sum(self.w.shape[1] - self.n_hidden + i + 1 for i in range(self.n_hidden))
        return to_hidden + self.outputs.w.size


@dataclass(frozen=True)
class Cascade:
    """Recurrent cascade-correlation.

    Fahlman's procedure runs through one training set again and again: quickprop compares the slopes of two epochs,
    and patience their errors, to a hundredth. Neither means anything if the sequences differ from epoch to epoch. So
    the first `n_sequences` sequences presented are the training set, and after as many presentations as it has
    sequences there is an epoch: all of the set is run through, then weights change. Presentations count as they do
    for other learners, but what is presented beyond the set is only predicted. Where sequences are picked at random
    from a few, some are not among the first: in Experiment 1 about a quarter of the different strings.

    The outputs' phase ends when their error has not changed for a while; the candidates' when the best score has
    changed, and then has not for a while. A candidate's slopes need the signs of its covariances. They are those of
    the epoch before, and a pool's first epoch only finds them. A new hidden unit's weights to the output units start
    at the negative covariances. Once there are `most_hidden` units, only the outputs are trained.

    Fahlman's program stops as soon as all outputs are right to 0.4. Here the trial decides.

    Targets may stand at every step, or at the sequences' ends only: derivatives are carried through all steps.

    Paper: Sec. 5.1, Table 1, row 4; Fahlman (1991).

    Parameters
    ----------
    n_inputs, n_outputs : int
        Numbers of units.
    n_sequences : int
        Size of the training set. Fahlman, and after him the paper, has 256 strings.
    n_candidates : int
        Size of the pool.
    most_hidden : int
        Largest number of hidden units.

    Raises
    ------
    ValueError
        If one of the numbers is below 1.
    """

    n_inputs: int
    n_outputs: int
    n_sequences: int = 256
    n_candidates: int = 8
    most_hidden: int = 50

    name = "cascade"
    title = "Cascade-correlation"
    unfolded = Unfolded(
        rows=("input", "unit 1", "unit 2", "output"),
        links=((0, 1, 0), LOOP, (1, 2, 0), (2, 2, 1), (2, 3, 0)),
        same_step=((2, 3, 0),),
        carried=((2, 2, 1),),
    )

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_sequences: int = 256,
        n_candidates: int = 8,
        most_hidden: int = 50,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        return cls(task.n_inputs, task.n_outputs, n_sequences, n_candidates, most_hidden)

    def __post_init__(self) -> None:
        for name in ("n_inputs", "n_outputs", "n_sequences", "n_candidates", "most_hidden"):
            whole(name, getattr(self, name), most=MOST_WEIGHTS)
        check_size((self.n_candidates, self.n_inputs + 2), (self.n_outputs, self.n_inputs + 1))

    @property
    def n_weights(self) -> None:
        """No number: a net gets its hidden units while it learns; see `CascadeNet.n_weights`."""
        return None

    def start(self, rng: np.random.Generator) -> CascadeNet:
        """Make a net with initial weights, without hidden units.

        Parameters
        ----------
        rng : numpy.random.Generator
            All candidates' initial weights follow from it, too.
        """
        own = np.random.default_rng(rng.integers(0, 2**63, size=2))
        w_k = own.uniform(-WEIGHT_RANGE, WEIGHT_RANGE, (self.n_outputs, self.n_inputs + 1))
        return CascadeNet(
            np.zeros((0, self.n_inputs + 1)), QuickpropWeights.new(w_k), own, Progress(OUTPUTS.patience)
        )

    def copy(self, net: CascadeNet) -> CascadeNet:
        """Copy a net, so that later training leaves the copy alone. The copy goes on with the same candidates."""
        # nothing changes in a batch, nor in what is known of it
        return copy.deepcopy(net, {id(each): each for each in (net.training, net.known)})

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        check(batch, self.n_inputs, self.n_outputs)

    def arrays(self, net: CascadeNet) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        n_columns = self.n_inputs + net.n_hidden + 1
        yield "w", net.w, (net.n_hidden, n_columns)
        for one, n_rows, n in (
            (net.outputs, self.n_outputs, n_columns),
            (net.pool, self.n_candidates, n_columns + 1),
        ):
            if one is not None:
                yield from ((name, getattr(one, name), (n_rows, n)) for name in ("w", "steps", "slopes"))
        if net.covariances is not None:
            yield "covariances", net.covariances, (self.n_candidates, self.n_outputs)

    def train(self, net: CascadeNet, batch: Batch) -> Floats:
        """Present every sequence once, in order; after every `n_sequences` of them there is an epoch.

        Parameters
        ----------
        net : CascadeNet
            Changed in place.

        Returns
        -------
        float64, the shape of ``batch.targets``
            Activations of the output units where there is a target, before learning from it.
        """
        check_work(self, net, batch)
        if net.training is not None:
            self.check(net.training)
            if net.training.every_step != batch.every_step:
                raise ValueError(
                    f"every_step is {batch.every_step}: give {net.training.every_step}, as in the training set"
                )
        found, done = [np.zeros_like(batch.targets[:0])], 0
        while done < len(batch):
            part = batch.part(done, min(done + self.n_sequences - net.presented % self.n_sequences, len(batch)))
            found.append(self._respond(net, part))
            if net.presented < self.n_sequences:
                net.training = part if net.training is None else _joined(net.training, part)
            done += len(part)
            net.presented += len(part)
            if net.presented % self.n_sequences == 0:
                self._epoch(net)
        return np.concatenate(found)

    def predict(self, net: CascadeNet, batch: Batch) -> Floats:
        """Compute the outputs without learning.

        Parameters
        ----------
        net : CascadeNet
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        check_work(self, net, batch)
        return self._respond(net, batch)

    def _respond(self, net: CascadeNet, batch: Batch) -> Floats:
        return self._outputs(net, batch, self._hidden(net, batch)[1])

    def _hidden(self, net: CascadeNet, batch: Batch) -> tuple[NDArray[np.int64], Floats]:
        later, y_at = np.empty(batch.n_steps - len(batch), dtype=np.int64), np.empty((net.n_hidden, batch.n_steps))
        list_later_steps(batch.offsets, later)
        respond_hidden(net.w, self.n_inputs, batch.symbols, batch.values, batch.offsets, later, y_at)
        return later, y_at

    def _outputs(self, net: CascadeNet, batch: Batch, y_at: Floats) -> Floats:
        outputs, net_k = np.empty_like(batch.targets), np.empty(batch.n_steps)
        inputs = batch.symbols, batch.values, batch.offsets, batch.every_step
        respond_outputs(net.outputs.w, self.n_inputs, *inputs, y_at, net_k, outputs)
        return outputs

    def _known(self, net: CascadeNet, batch: Batch) -> Known:
        if net.known is None or net.known.batch is not batch or not np.array_equal(net.known.w, net.w):
            net.known = Known(batch, net.w.copy(), *self._hidden(net, batch))
        return net.known

    def _epoch(self, net: CascadeNet) -> None:
        """Run through the training set, and change weights."""
        assert net.training is not None
        known = self._known(net, net.training)
        if net.pool is not None:
            self._train_candidates(net, net.pool, known)
            return
        e = np.empty_like(net.training.targets)
        error = compute_errors(self._outputs(net, net.training, known.y_at), net.training.targets, OFFSET, e)
        self._train_outputs(net, known, e)
        if net.progress.ends(error, OUTPUTS):
            net.progress = Progress(MOST_EPOCHS)
            if net.n_hidden < self.most_hidden:
                shape = self.n_candidates, self.n_inputs + net.n_hidden + 2
                net.pool = QuickpropWeights.new(net.rng.uniform(-WEIGHT_RANGE, WEIGHT_RANGE, shape))

    def _train_outputs(self, net: CascadeNet, known: Known, e: Floats) -> None:
        batch, slopes = known.batch, np.zeros_like(net.outputs.w)
        inputs = batch.symbols, batch.values, batch.offsets, batch.every_step
        add_output_slopes(self.n_inputs, e, *inputs, known.y_at, slopes)
        quickprop(net.outputs.w, slopes, net.outputs.steps, net.outputs.slopes, OUTPUTS.epsilon / len(e), MU)

    def _normalised_errors(self, net: CascadeNet, known: Known) -> Floats:
        if known.r is None or known.w_k is None or not np.array_equal(known.w_k, net.outputs.w):
            known.w_k, known.r = net.outputs.w.copy(), np.empty_like(known.batch.targets)
            compute_errors(self._outputs(net, known.batch, known.y_at), known.batch.targets, OFFSET, known.r)
            normalise_errors(known.r)
        return known.r

    def _train_candidates(self, net: CascadeNet, pool: QuickpropWeights, known: Known) -> None:
        before, net.covariances = net.covariances, np.zeros((self.n_candidates, self.n_outputs))
        signs = np.ones_like(net.covariances) if before is None else np.where(before < 0.0, -1.0, 1.0)
        batch, r, n_sources = known.batch, self._normalised_errors(net, known), pool.w.shape[1]
        n_padded = -(-n_sources // FILLED) * FILLED
        sources = np.zeros((int(np.diff(batch.offsets).max()), n_padded))
        v_at, dv_dw = np.empty((self.n_candidates, batch.n_steps)), np.empty(n_padded)
        slopes = np.zeros((self.n_candidates, n_padded))
        inputs = batch.symbols, batch.values, batch.offsets, batch.every_step, known.later, known.y_at
        correlate(pool.w, self.n_inputs, r, signs, *inputs, v_at, sources, dv_dw, slopes, net.covariances)
        if before is None:
            return
        n_units = self.n_inputs + net.n_hidden + 1
        quickprop(
            pool.w, slopes[:, :n_sources].copy(), pool.steps, pool.slopes, CANDIDATES.epsilon / (len(r) * n_units), MU
        )
        scores = np.zeros(self.n_candidates)
        for k in range(self.n_outputs):  # in this order on every machine
            scores += np.abs(net.covariances[:, k])
        best = int(np.argmax(scores))
        if net.progress.ends(float(scores[best]), CANDIDATES):
            column = self.n_inputs + net.n_hidden
            net.w = np.concatenate([np.insert(net.w, column, 0.0, axis=1), pool.w[best : best + 1]])
            net.outputs.insert(column, -net.covariances[best])
            net.pool, net.covariances, net.progress = None, None, Progress(OUTPUTS.patience)


def _joined(one: Batch, other: Batch) -> Batch:
    return Batch(
        np.concatenate([one.symbols, other.symbols]),
        np.concatenate([one.values, other.values]),
        offsets_of(np.concatenate([np.diff(one.offsets), np.diff(other.offsets)])),
        np.concatenate([one.targets, other.targets]),
        one.every_step,
    )
