r"""Search for the weights of a recurrent net without gradients: simulated annealing, multi-grid random search.

Bengio, Simard and Frasconi (1994); in the paper Sec. 2, "Bengio et al.'s approaches". The net is that of
`lstm97.learners.recurrent`; where its weights stand is a point.

Bengio et al. judge points by their error E on one set of sequences. Here sequences come in one after the other, so a
point and the candidate that may replace it are shown the same few of them. That makes the comparison fair, however
easy or hard these sequences are. The learner's outputs are the point's.
"""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import positive, real, whole
from lstm97.learners.base import Arrays, Like, check_work
from lstm97.learners.recurrent import Floats, Recurrent, RecurrentNet, RecurrentTopology, RecurrentWeights
from lstm97.learners.unfolded import Unfolded
from lstm97.net.activations import exp
from lstm97.net.compiled import compiled
from lstm97.tasks import Batch, Task

#: Corana et al. (1987): a step size grows or shrinks by up to this factor plus 1 at a time,
VARIATION = 2.0
#: if more, or less, than these shares of a weight's candidates were accepted.
MANY, FEW = 0.6, 0.4


@compiled
def add_squares(total, outputs, targets):
    """Add squared errors to a sum, one after the other, so that the bits don't depend on a batch's size.

    Parameters
    ----------
    total : float
    outputs, targets : (n, K) float64

    Returns
    -------
    float
    """
    for n in range(targets.shape[0]):
        for k in range(targets.shape[1]):
            total += (outputs[n, k] - targets[n, k]) * (outputs[n, k] - targets[n, k])
    return total


@dataclass
class Searching:
    """A search under way.

    Attributes
    ----------
    w : (W,) float64
        The point: all weights of the net.
    candidate : (W,) float64
        The point that may replace it.
    rng : numpy.random.Generator
        Draws the next candidates.
    n_shown : int
        Number of sequences that the two have been shown.
    n_targets : int
        Number of targets of these sequences, one for each output unit and step.
    squares, candidate_squares : float
        Sums of squared errors of the two.
    """

    w: Floats = field(repr=False)
    candidate: Floats = field(repr=False)
    rng: np.random.Generator
    n_shown: int = 0
    n_targets: int = 0
    squares: float = 0.0
    candidate_squares: float = 0.0


@dataclass(frozen=True)
class Search(ABC):
    """What both kinds of search have in common.

    Parameters
    ----------
    topology : RecurrentTopology
    weight_range : float
        The first point is drawn uniformly from the cube [-weight_range, weight_range].
    n_shown : int
        Number of sequences by which a candidate is judged.

    Raises
    ------
    ValueError
        If one of the numbers is out of range.
    """

    topology: RecurrentTopology
    weight_range: float = 10.0
    n_shown: int = 20

    def __post_init__(self) -> None:
        positive("weight_range", self.weight_range)
        whole("n_shown", self.n_shown)
        _ = self._learner  # making it checks the net's size

    @cached_property
    def _learner(self) -> Recurrent:
        return Recurrent(self.topology, alpha=0.0, weight_range=self.weight_range)

    @property
    def n_inputs(self) -> int:
        """Number of input units."""
        return self.topology.n_inputs

    @property
    def n_outputs(self) -> int:
        """Number of output units."""
        return self.topology.n_outputs

    @property
    def n_weights(self) -> int:
        """Number of weights W."""
        return self._learner.n_weights

    def _first_point(self, rng: np.random.Generator) -> tuple[Floats, np.random.Generator]:
        """Draw the first point, and seed the generator of all others."""
        own = np.random.default_rng(rng.integers(0, 2**63, size=2))
        return own.uniform(-self.weight_range, self.weight_range, self.n_weights), own

    @abstractmethod
    def start(self, rng: np.random.Generator) -> Any:
        """Draw the first point and the first candidate.

        Parameters
        ----------
        rng : numpy.random.Generator
            All later candidates follow from it, too.
        """

    def copy(self, net: Any) -> Any:
        """Copy a search; the copy goes on with the same candidates."""
        return copy.deepcopy(net)

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        self._learner.check(batch)

    def arrays(self, net: Any) -> Arrays:
        """List what compiled code reads of a search: see `lstm97.learners.Learner.arrays`."""
        yield "w", net.w, (self.n_weights,)
        yield "candidate", net.candidate, (self.n_weights,)

    def train(self, net: Any, batch: Batch) -> Floats:
        """Present every sequence once to the point and to its candidate, in order; choose when it is time.

        Parameters
        ----------
        net : Searching
            Changed in place.

        Returns
        -------
        float64, the shape of ``batch.targets``
            The point's activations of the output units where there is a target.
        """
        check_work(self, net, batch)
        outputs = np.empty_like(batch.targets)
        done = 0
        while done < len(batch):
            last = min(done + self.n_shown - net.n_shown, len(batch))
            part = batch.part(done, last)
            found, others = self._respond(net.w, part), self._respond(net.candidate, part)
            first, end = (int(batch.offsets[i]) if batch.every_step else i for i in (done, last))
            outputs[first:end] = found
            net.squares = add_squares(net.squares, found, part.targets)
            net.candidate_squares = add_squares(net.candidate_squares, others, part.targets)
            net.n_shown += len(part)
            net.n_targets += part.targets.size
            if net.n_shown == self.n_shown:
                self._choose(net, (net.candidate_squares - net.squares) / net.n_targets)
                net.n_shown, net.n_targets, net.squares, net.candidate_squares = 0, 0, 0.0, 0.0
            done = last
        return outputs

    @abstractmethod
    def _choose(self, net: Any, difference: float) -> None:
        """Keep the point or take the candidate, whose mean squared error is larger by `difference`; draw the next."""

    def predict(self, net: Any, batch: Batch) -> Floats:
        """Compute the outputs of the present point.

        Parameters
        ----------
        net : Searching
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        check_work(self, net, batch)
        return self._respond(net.w, batch)

    def _respond(self, point: Floats, batch: Batch) -> Floats:
        shape = self._learner.layer_shape
        n = shape[0] * shape[1]
        w, w_k = point[:n].reshape(shape, order="F"), point[n:].reshape(self.topology.output_shape, order="F")
        return self._learner.outputs(RecurrentNet(RecurrentWeights(w, w_k, w, w_k), self._learner.new_state()), batch)


@dataclass
class Annealed(Searching):
    """An annealing under way.

    Attributes
    ----------
    w, candidate, rng, n_shown, n_targets, squares, candidate_squares
        See `Searching`.
    step_sizes : (W,) float64
        How far a candidate may be away, for each weight.
    temperature : float
    n_accepted : (W,) int64
        Number of candidates accepted since the step sizes were adapted, for each weight.
    turn : int
        Number of candidates since then; it says which weight differs in the present one.
    """

    step_sizes: Floats = field(kw_only=True, repr=False)
    temperature: float = field(kw_only=True)
    n_accepted: NDArray[np.int64] = field(kw_only=True, repr=False)
    turn: int = 0


@dataclass(frozen=True)
class Annealing(Search):
    r"""Simulated annealing: change one weight at a time, and accept what is better, or not much worse.

    Candidates differ from the point in one weight, one weight after the other, by a step drawn uniformly from
    :math:`[-v_l, v_l]`. A candidate whose error E is larger by :math:`\Delta E` is accepted with the probability
    :math:`\exp(-\Delta E / T)`. After some cycles through all weights, the step sizes of those whose candidates were
    often accepted grow, and the others' shrink, so that about half are; and the temperature T falls.

    Paper: Sec. 2, "Bengio et al.'s approaches"; the method is that of Corana, Marchesi, Martini and Ridella (1987).
    They adapt step sizes after 20 cycles, and cool after 100 such adaptations or more. For a net of 50 weights that
    would be over 100,000 candidates at every temperature, so here it cools at every adaptation. They return to the
    best point when it gets colder; here no point is known to be the best, as each has seen other sequences.

    Parameters
    ----------
    topology, n_shown
        See `Search`.
    weight_range : float
        Bound on every weight, in both directions; also the first step size. A candidate beyond it is drawn anew,
        uniformly between the bounds.
    temperature : float
        The first one, in units of the mean squared error of an output.
    cooling : float
        Factor of the temperature.
    cycles : int
        After how many cycles step sizes are adapted and the temperature falls.

    Raises
    ------
    ValueError
        If one of the numbers is out of range.
    """

    temperature: float = 0.1
    cooling: float = 0.85
    cycles: int = 5

    name = "annealing"
    title = "Simulated annealing"
    unfolded = Unfolded()

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int | None = None,
        weight_range: float = 10.0,
        n_shown: int = 20,
        temperature: float = 0.1,
        cooling: float = 0.85,
        cycles: int = 5,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden)
        return cls(topology, weight_range, n_shown, temperature, cooling, cycles)

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("temperature", self.temperature)
        real("cooling", self.cooling, "a positive number up to 1", lambda x: 0.0 < x <= 1.0)
        whole("cycles", self.cycles)

    def start(self, rng: np.random.Generator) -> Annealed:
        """Draw the first point and the first candidate: see `Search.start`."""
        point, own = self._first_point(rng)
        net = Annealed(
            point,
            point.copy(),
            own,
            step_sizes=np.full(self.n_weights, self.weight_range),
            temperature=self.temperature,
            n_accepted=np.zeros(self.n_weights, dtype=np.int64),
        )
        self._draw(net)
        return net

    def _draw(self, net: Annealed) -> None:
        l = net.turn % self.n_weights
        drawn = net.w[l] + net.step_sizes[l] * net.rng.uniform(-1.0, 1.0)
        if abs(drawn) > self.weight_range:
            drawn = net.rng.uniform(-self.weight_range, self.weight_range)
        net.candidate[l] = drawn

    def _choose(self, net: Annealed, difference: float) -> None:
        l = net.turn % self.n_weights
        if difference <= 0.0 or net.rng.random() < exp(-difference / net.temperature):
            net.w[l] = net.candidate[l]
            net.n_accepted[l] += 1
        else:
            net.candidate[l] = net.w[l]
        net.turn += 1
        if net.turn == self.cycles * self.n_weights:
            share = net.n_accepted / self.cycles
            grow = 1.0 + VARIATION * (share - MANY) / (1.0 - MANY)
            shrink = 1.0 + VARIATION * (FEW - share) / FEW
            factor = np.where(share > MANY, grow, np.where(share < FEW, 1.0 / np.maximum(shrink, 1.0), 1.0))
            net.step_sizes = np.minimum(net.step_sizes * factor, 2.0 * self.weight_range)
            net.temperature *= self.cooling
            net.n_accepted[:] = 0
            net.turn = 0
        self._draw(net)


@dataclass
class MultiGridded(Searching):
    """A multi-grid random search under way.

    Attributes
    ----------
    w, candidate, rng, n_shown, n_targets, squares, candidate_squares
        See `Searching`.
    half_side : float
        Half the side of the cube that candidates come from.
    n_failed : int
        Number of successive candidates that were not better.
    """

    half_side: float = field(kw_only=True)
    n_failed: int = 0


@dataclass(frozen=True)
class MultiGrid(Search):
    """Multi-grid random search: draw candidates from a cube around the point, and move to those that are better.

    All weights of a candidate are drawn at once, uniformly. When a candidate is better, it becomes the point, and the
    cube gets twice as wide, up to the widest. After a number of candidates in a row that are not better, the cube
    gets half as wide. So it goes to the width at which something is found now and then. This rule is ours: every
    comparison is made on other sequences, so a narrow cube is full of points that happen to be a little better, and
    a cube that only got narrower would stay so.

    Paper: Sec. 2, "Bengio et al.'s approaches".

    Parameters
    ----------
    topology, n_shown
        See `Search`.
    weight_range : float
        Half the side of the widest cube; also the range of the first point.
    tries : int
        After how many candidates in a row that are not better the cube gets narrower.

    Raises
    ------
    ValueError
        If one of the numbers is out of range.
    """

    tries: int = 10

    name = "multi-grid"
    title = "Multi-grid search"
    unfolded = Unfolded()

    @classmethod
    def for_task(
        cls,
        task: Task,
        like: Like,
        *,
        n_hidden: int | None = None,
        weight_range: float = 10.0,
        n_shown: int = 20,
        tries: int = 10,
    ) -> Self:
        """Build it for a task: see `lstm97.learners.base.System.for_task`."""
        topology = RecurrentTopology.conventional(task, n_hidden)
        return cls(topology, weight_range, n_shown, tries)

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("tries", self.tries)

    def start(self, rng: np.random.Generator) -> MultiGridded:
        """Draw the first point and the first candidate: see `Search.start`."""
        point, own = self._first_point(rng)
        net = MultiGridded(point, point.copy(), own, half_side=self.weight_range)
        self._draw(net)
        return net

    def _draw(self, net: MultiGridded) -> None:
        net.candidate = net.w + net.rng.uniform(-net.half_side, net.half_side, self.n_weights)

    def _choose(self, net: MultiGridded, difference: float) -> None:
        if difference < 0.0:
            net.w, net.n_failed = net.candidate, 0
            net.half_side = min(2.0 * net.half_side, self.weight_range)
        else:
            net.n_failed += 1
        if net.n_failed == self.tries:
            net.half_side, net.n_failed = 0.5 * net.half_side, 0
        self._draw(net)
