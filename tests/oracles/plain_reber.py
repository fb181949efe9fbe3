"""The plain Reber grammar, which simple recurrent networks learn: strings, and what may follow at every step."""

import numpy as np
from numpy.typing import NDArray

from lstm97.tasks import Batch
from lstm97.tasks.base import offsets_of, one_hot
from lstm97.tasks.reber import REBER, SYMBOLS


def draw(rng: np.random.Generator, n: int) -> tuple[Batch, NDArray[np.bool_]]:
    """Draw strings; return them with the legal successors of every step, (n_steps, 7)."""
    symbols, successors, legal, lengths = [], [], [], []
    for _ in range(n):
        node, word = "0", ""
        while REBER[node]:
            legal += [[symbol in REBER[node] for symbol in SYMBOLS]] if word else []
            edges = sorted(REBER[node])
            word += edges[rng.integers(len(edges))]
            node = REBER[node][word[-1]]
        indices = [SYMBOLS.index(symbol) for symbol in word]
        symbols += indices[:-1]
        successors += indices[1:]
        lengths.append(len(word) - 1)
    targets = one_hot(np.array(successors), len(SYMBOLS))
    values = np.zeros((len(symbols), 0))
    return Batch(np.array(symbols), values, offsets_of(np.array(lengths)), targets, True), np.array(legal)
