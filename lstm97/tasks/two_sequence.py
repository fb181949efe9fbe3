"""Experiment 3, noise and signal on the same input line: Tasks 3a, 3b and 3c."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import choice, shown, whole
from lstm97.tasks.base import MOST_STEPS, Batch, Task, normal, offsets_of, random_lengths

#: Variance of the input noise.
INPUT_VARIANCE = 0.2


class Variant(NamedTuple):
    """What the three tasks differ in.

    Attributes
    ----------
    noisy_elements : bool
        Whether the elements that tell the class carry noise as well.
    targets : tuple of float
        Target of class 1 and of class 2, without noise.
    target_variance : float
        Variance of the noise on the training targets.
    tolerance : float
        Bound on the absolute difference between the output and the target without noise.
    """

    noisy_elements: bool
    targets: tuple[float, float]
    target_variance: float
    tolerance: float


VARIANTS = {
    "3a": Variant(noisy_elements=False, targets=(1.0, 0.0), target_variance=0.0, tolerance=0.2),
    "3b": Variant(noisy_elements=True, targets=(1.0, 0.0), target_variance=0.0, tolerance=0.2),
    "3c": Variant(noisy_elements=False, targets=(0.2, 0.8), target_variance=0.1, tolerance=0.1),
}


@dataclass(frozen=True)
class TwoSequence(Task):
    """Tell two classes of noisy sequences apart by their first N elements.

    There is one input line. The first N elements are 1 for class 1 and -1 for class 2; all others are normally
    distributed with mean 0 and variance 0.2. Task 3b adds such noise to the first N elements too. The target at
    the sequence's end is 1 or 0; in Task 3c it is 0.2 or 0.8 plus noise of variance 0.1, and the output is judged by
    the target without noise: that is the batch's ``expected``.

    Paper: Sec. 5.3. Both noises are given as variances: Sec. 5.3 puts the standard deviation 0.32 beside 0.1.

    Parameters
    ----------
    T : int
        Minimal sequence length; lengths are drawn between T and T + T/10.
    N : int
        Number of elements that tell the class.
    variant : {"3a", "3b", "3c"}
        Which task.

    Raises
    ------
    ValueError
        If N is not between 1 and T, or the variant is none of the three.

    Examples
    --------
    >>> batch = TwoSequence(T=100, N=3, variant="3c").sample(np.random.default_rng(2), 1)
    >>> batch.values[:3, 0].tolist(), batch.expected.tolist()
    ([1.0, 1.0, 1.0], [[0.2]])
    >>> bool(batch.targets[0, 0] == 0.2)
    False
    """

    T: int
    N: int
    variant: str = "3a"

    name = "two-sequence"
    defaults: ClassVar[Mapping[str, Any]] = {"T": 100, "N": 3}
    n_inputs = 1
    n_outputs = 1

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return {"3a": "table4/T100-N3", "3b": "table5/T100-N3", "3c": "table6/T100-N3"}[self.variant]

    def __post_init__(self) -> None:
        whole("T", self.T, 1, MOST_STEPS)
        if type(self.N) is not int or not 1 <= self.N <= self.T:
            raise ValueError(f"N is {shown(self.N)}: give a number from 1 to T, which is {self.T}")
        choice("variant", self.variant, VARIANTS)

    @property
    def tolerance(self) -> float:
        """Bound on the absolute error of a correctly processed sequence."""
        return VARIANTS[self.variant].tolerance

    @property
    def targets(self) -> NDArray[np.float64]:
        """Targets of class 1 and class 2, without noise."""
        return np.array(VARIANTS[self.variant].targets)

    def classes_of(self, batch: Batch) -> NDArray[np.int64]:
        """Tell the class of every sequence.

        Returns
        -------
        (n,) int64
            0 for class 1, 1 for class 2.
        """
        expected = batch.targets if batch.expected is None else batch.expected
        return (expected[:, 0] == self.targets[1]).astype(np.int64)

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence."""
        return self.T

    @property
    def minimal_lag(self) -> int:
        """Fewest steps from the last element that tells the class to the error signal."""
        return self.T - self.N

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Dense inputs, one target per sequence.
        """
        variant = VARIANTS[self.variant]
        offsets = offsets_of(random_lengths(rng, self.T, n))
        is_class_2 = rng.integers(0, 2, size=n)
        values = np.empty((int(offsets[-1]), 1))
        normal(rng, 0.0, np.sqrt(INPUT_VARIANCE), values[:, 0])
        first_n = offsets[:-1, np.newaxis] + np.arange(self.N)
        signal = (1.0 - 2.0 * is_class_2)[:, np.newaxis]
        values[first_n, 0] = values[first_n, 0] + signal if variant.noisy_elements else signal
        expected = self.targets[is_class_2][:, np.newaxis]
        symbols = np.zeros(0, dtype=np.int64)
        if not variant.target_variance:
            return Batch(symbols, values, offsets, expected)
        targets = expected + rng.normal(0.0, np.sqrt(variant.target_variance), size=expected.shape)
        return Batch(symbols, values, offsets, targets, expected=expected)
