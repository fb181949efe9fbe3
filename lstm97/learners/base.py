"""The interface that every learning system has."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lstm97.tasks import Batch


class Learner(Protocol):
    """What a learning system has to offer. A learner knows nothing of tasks' names, rows or files.

    A learner is its settings; what it has learned is a net, which only the learner looks into.
    """

    @property
    def n_weights(self) -> int | None:
        """Number of weights; None if it changes while the net learns."""

    def start(self, rng: np.random.Generator) -> Any:
        """Make a net with initial weights."""

    def copy(self, net: Any) -> Any:
        """Copy a net, so that later training leaves the copy alone."""

    def train(self, net: Any, batch: Batch) -> NDArray[np.float64]:
        """Present every sequence once, in order, learning from each.

        Returns
        -------
        float64, the shape of ``batch.targets``
            Activations of the output units where there is a target, each before learning from that target.
        """

    def predict(self, net: Any, batch: Batch) -> NDArray[np.float64]:
        """Compute the outputs without learning; the net stays as it is."""


@dataclass(frozen=True)
class Work:
    """A batch that is to be presented to a net.

    Attributes
    ----------
    learner : Learner
    net : object
        The learner's net. It is changed if `learn` is true.
    batch : Batch
    learn : bool
        Whether to train on the batch, or only to compute the outputs.
    """

    learner: Learner
    net: Any
    batch: Batch
    learn: bool = True

    def do(self) -> NDArray[np.float64]:
        """Do it.

        Returns
        -------
        float64, the shape of ``batch.targets``
        """
        present = self.learner.train if self.learn else self.learner.predict
        return present(self.net, self.batch)
