"""Experiment 6, temporal order: Tasks 6a and 6b."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstm97.checks import shown
from lstm97.tasks.base import Batch, Task, offsets_of, one_hot

SYMBOLS = ("E", "B", "a", "b", "c", "d", "X", "Y")
LENGTHS = (100, 110)
#: For each number of relevant symbols: the positions of each (1-based, both ends included), and the classes in the
#: order of X before Y, the first symbol most significant.
POSITIONS = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}
CLASSES = {2: ("Q", "R", "S", "U"), 3: ("Q", "R", "S", "U", "V", "A", "B", "C")}


@dataclass(frozen=True)
class TemporalOrder(Task):
    """Tell in which order X and Y came, among many other symbols.

    A sequence of 100 to 110 symbols starts with E and ends with B, the trigger. Two (6a) or three (6b) symbols at
    random positions are X or Y; all others are drawn from a, b, c, d. The order of X and Y gives the class.

    Paper: Sec. 5.6.

    Parameters
    ----------
    n_relevant : {2, 3}
        Number of relevant symbols: 2 in Task 6a, 3 in Task 6b.

    Raises
    ------
    ValueError
        If `n_relevant` is neither.

    Examples
    --------
    >>> batch = TemporalOrder(2).sample(np.random.default_rng(0), 1)
    >>> word = "".join(SYMBOLS[s] for s in batch.symbols)
    >>> word[0], word[-1], [s for s in word if s in "XY"], CLASSES[2][batch.targets[0].argmax()]
    ('E', 'B', ['X', 'X'], 'Q')
    """

    n_relevant: int

    name = "temporal-order"
    defaults: ClassVar[Mapping[str, Any]] = {"n_relevant": 2}
    n_inputs = len(SYMBOLS)
    tolerance = 0.3

    @property
    def like(self) -> str:
        """Row of the same task: see `lstm97.tasks.base.Task.like`."""
        return {2: "table9/6a", 3: "table9/6b"}[self.n_relevant]

    def __post_init__(self) -> None:
        if type(self.n_relevant) is not int or self.n_relevant not in POSITIONS:
            raise ValueError(f"n_relevant is {shown(self.n_relevant)}: give 2 (Task 6a) or 3 (Task 6b)")

    @property
    def n_outputs(self) -> int:
        """Number of classes, one output unit each."""
        return len(CLASSES[self.n_relevant])

    @property
    def minimal_length(self) -> int:
        """Fewest time steps of a sequence."""
        return LENGTHS[0]

    @property
    def minimal_lag(self) -> int:
        """Fewest steps between the last relevant symbol and the error signal (Table 10, column 3)."""
        return LENGTHS[0] - POSITIONS[self.n_relevant][-1][1]

    def sample(self, rng: np.random.Generator, n: int) -> Batch:
        """Draw `n` sequences.

        Returns
        -------
        Batch
            Symbols, one target per sequence.
        """
        lengths = rng.integers(*LENGTHS, size=n, endpoint=True)
        offsets = offsets_of(lengths)
        symbols = rng.integers(SYMBOLS.index("a"), SYMBOLS.index("d"), size=int(offsets[-1]), endpoint=True)
        starts = offsets[:-1]
        symbols[starts] = SYMBOLS.index("E")
        symbols[offsets[1:] - 1] = SYMBOLS.index("B")
        classes = np.zeros(n, dtype=np.int64)
        for low, high in POSITIONS[self.n_relevant]:
            t = rng.integers(low, high, size=n, endpoint=True)
            is_y = rng.integers(0, 2, size=n)
            symbols[starts + t - 1] = SYMBOLS.index("X") + is_y
            classes = 2 * classes + is_y
        return Batch(symbols, np.zeros((len(symbols), 0)), offsets, one_hot(classes, self.n_outputs))

    def all_orders(self, rng: np.random.Generator) -> Batch:
        """Draw one sequence, and make one of each class out of it: only the relevant symbols differ.

        Returns
        -------
        Batch
            As many sequences as classes, in the order of `CLASSES`.
        """
        one = self.sample(rng, 1).symbols
        places = np.flatnonzero(one >= SYMBOLS.index("X"))
        orders = np.array(list(itertools.product((0, 1), repeat=self.n_relevant)))
        symbols = np.tile(one, (self.n_outputs, 1))
        symbols[:, places] = SYMBOLS.index("X") + orders
        offsets = offsets_of(np.full(self.n_outputs, one.size))
        return Batch(symbols.ravel(), np.zeros((symbols.size, 0)), offsets, np.eye(self.n_outputs))
