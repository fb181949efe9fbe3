"""A net that gets its memory cells during training, a remedy for the abuse of memory cells (Sec. 4)."""

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import instance, real
from lstm97.learners.base import Arrays, check_work
from lstm97.learners.lstm import LSTM, Net
from lstm97.learners.progress import has_stopped_improving, mean_errors, until_comparison
from lstm97.tasks import Batch


@dataclass
class GrowingNet:
    """A net whose memory cells may still be missing.

    Attributes
    ----------
    full : Net
        With memory cells. Until they are added, it holds their initial weights.
    small : Net or None
        The net without memory cells, as long as they are missing.
    errors : list of float
        Mean absolute error of every sequence since the last comparison, and of the window before.
    added_after : int or None
        Number of sequences presented when the memory cells were added.
    presented : int
        Number of sequences presented without memory cells.
    """

    full: Net
    small: Net | None
    errors: list[float] = field(default_factory=list)
    added_after: int | None = None
    presented: int = 0


@dataclass(frozen=True)
class Growing:
    """Train without memory cells first, and add them with their gates once the error has stopped decreasing.

    The error counts as no longer decreasing when the mean absolute error of 200 sequences is less than a share
    `addition` below that of the 200 sequences before. The weights that exist already are kept; those of the memory
    cells and their gates start at initial weights.

    Paper: Sec. 5.2, LSTM in Task 2a; Sec. 4, "Abuse problem and solutions", (1).

    Parameters
    ----------
    lstm : LSTM
        The net with memory cells; its output units see the input units.
    addition : float
        See `lstm97.net.reading.Reading`.

    Raises
    ------
    ValueError
        If without memory cells the output units would see nothing, or if there are conventional hidden units: only
        weights to output units are kept.
    """

    lstm: LSTM
    addition: float = 0.01

    #: It is no system of its own: `LSTM.for_task` makes it where the row's cells are added.
    name = None

    def __post_init__(self) -> None:
        instance("lstm", self.lstm, "LSTM", "without_block")
        if not self.lstm.topology.outputs_see_inputs:
            raise ValueError(
                "lstm: without memory cells its output units see nothing; let outputs_see_inputs be true"
            )
        if self.lstm.topology.n_hidden:
            raise ValueError("lstm: its conventional hidden units would lose their weights; let n_hidden be 0")
        real("addition", self.addition)

    @cached_property
    def small(self) -> LSTM:
        """The learner of the first phase: the same net without memory cells and gates."""
        topology = dataclasses.replace(self.lstm.topology, block_sizes=())
        return dataclasses.replace(self.lstm, topology=topology, in_gate_bias=None, out_gate_bias=None)

    @property
    def n_inputs(self) -> int:
        """Number of input units."""
        return self.lstm.n_inputs

    @property
    def n_outputs(self) -> int:
        """Number of output units."""
        return self.lstm.n_outputs

    @property
    def n_weights(self) -> int:
        """Number of weights of the net with its memory cells."""
        return self.lstm.n_weights

    def start(self, rng: np.random.Generator) -> GrowingNet:
        """Make a net with initial weights, without memory cells."""
        full = self.lstm.start(rng)
        small = self.small.start(rng)
        small.weights.w_k[:] = full.weights.w_k[:, self._kept]
        return GrowingNet(full, small)

    @cached_property
    def _kept(self) -> NDArray[np.bool_]:
        """Which columns of the full net's ``w_k`` the small net has as well."""
        cells = set(self.lstm.topology.unit_names[self.lstm.topology.first_cell :][: self.lstm.topology.n_cells])
        return np.array([name not in cells for name in self.lstm.topology.output_source_names])

    def copy(self, net: GrowingNet) -> GrowingNet:
        """Copy a net, so that later training leaves the copy alone."""
        small = None if net.small is None else self.small.copy(net.small)
        return GrowingNet(self.lstm.copy(net.full), small, list(net.errors), net.added_after, net.presented)

    def check(self, batch: Batch) -> None:
        """Check that a batch is what it can learn: see `lstm97.tasks.base.check`."""
        self.lstm.check(batch)

    def arrays(self, net: GrowingNet) -> Arrays:
        """List what compiled code reads of a net: see `lstm97.learners.Learner.arrays`."""
        yield from self.lstm.arrays(net.full)
        if net.small is not None:
            yield from self.small.arrays(net.small)

    def train(self, net: GrowingNet, batch: Batch) -> NDArray[np.float64]:
        """Present every sequence once, in order, learning from each; add the memory cells when it is time.

        Parameters
        ----------
        net : GrowingNet
            Changed in place.

        Returns
        -------
        float64, the shape of ``batch.targets``
            Activations of the output units where there is a target, each before learning from it.
        """
        check_work(self, net, batch)
        parts, done = [], 0
        while done < len(batch):
            if net.small is None:
                part = batch.part(done, len(batch))
                parts.append(self.lstm.learn(net.full, part))
            else:
                part = batch.part(done, min(len(batch), done + until_comparison(net.errors)))
                parts.append(self.small.learn(net.small, part))
                self._watch(net, part, parts[-1])
            done += len(part)
        if len(parts) == 1:
            return parts[0]  # 40 MB that need not be copied, once there are memory cells
        return np.concatenate(parts) if parts else np.zeros_like(batch.targets)

    def _watch(self, net: GrowingNet, part: Batch, outputs: NDArray[np.float64]) -> None:
        """Remember the sequences' errors; at the end of a window, decide whether it is time."""
        assert net.small is not None
        net.errors += mean_errors(part, outputs)
        net.presented += len(part)
        if has_stopped_improving(net.errors, self.addition):
            for array, small in (
                (net.full.weights.w_k, net.small.weights.w_k),
                (net.full.weights.dw_k, net.small.weights.dw_k),
            ):
                array[:, self._kept] = small
            net.full.weights.due[:] = net.small.weights.due
            net.small, net.added_after, net.errors = None, net.presented, []

    def predict(self, net: GrowingNet, batch: Batch) -> NDArray[np.float64]:
        """Compute the outputs without learning.

        Parameters
        ----------
        net : GrowingNet
            Left as it is.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        check_work(self, net, batch)
        return self.lstm.outputs(net.full, batch) if net.small is None else self.small.outputs(net.small, batch)
