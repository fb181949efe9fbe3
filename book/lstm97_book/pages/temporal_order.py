"""What kinds of solution trained nets of Experiment 6 have found.

Paper: Sec. 5.6, "Typical solutions".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm97.learners import LSTM, Net
from lstm97.tasks import Batch
from lstm97_book.pages.inside import order_code, without_each_block


class Solution(NamedTuple):
    """How one net codes the order of the relevant symbols.

    Attributes
    ----------
    left : (n_blocks,) float64
        Share of test sequences that keep their class without each block.
    block : int
        The main block, the one that is missed most; from 0.
    gate_contrast : float
        Of its input gate: see `lstm97_book.pages.inside.OrderCode`.
    w_cc : (size,) float64
        Weight from each of its cells to that cell's own input.
    signs : (str, str)
        Of its internal states at the end of the second and of the third order, such as XY and YX.
    """

    left: NDArray[np.float64]
    block: int
    gate_contrast: float
    w_cc: NDArray[np.float64]
    signs: tuple[str, str]

    @property
    def kept(self) -> float:
        """The least share of classes that is kept when a block other than the main one is cut."""
        return min(1.0, float(np.delete(self.left, self.block).min()))

    @property
    def uses_gate(self) -> bool:
        """Whether what is stored decides if the main block's input gate opens: the paper's type 1."""
        return self.gate_contrast > 0.5

    @property
    def uses_weights(self) -> bool:
        """Whether all own weights of the main block are positive: the paper's type 2."""
        return bool((self.w_cc > 0).all())

    @property
    def uses_signs(self) -> bool:
        """Whether a cell of the main block has opposite signs after the two orders: the paper's type 2."""
        return any(a != b for a, b in zip(*self.signs, strict=True))


def solution(learner: LSTM, net: Net, unseen: Batch, orders: Batch, steps: ArrayLike) -> Solution:
    """Find out how a net codes the order of the relevant symbols.

    Paper: Sec. 5.6, solution types 1 and 2.

    Parameters
    ----------
    net : Net
        Left as it is.
    unseen : Batch
        Test sequences.
    orders, steps
        As those of `lstm97_book.pages.inside.order_code`.
    """
    left = without_each_block(learner, net, unseen)
    code = order_code(learner, net, orders, steps)
    block = int(left.argmin())
    cells = learner.topology.block_of_cell == block
    second, third = ("".join("+" if s > 0 else "\N{MINUS SIGN}" for s in code.s_c[i, cells]) for i in (1, 2))
    return Solution(left, block, float(code.gate_contrast[block]), code.w_cc[cells], (second, third))


def relevant_symbols(batch: Batch, names: str, symbols: Sequence[str]) -> list[str]:
    """Read the relevant symbols of every sequence, in their order in time.

    Parameters
    ----------
    names : str
        The relevant symbols, such as ``XY``.
    symbols : sequence of str
        All symbols of the task.

    Returns
    -------
    list of str
        E.g. ``XX``, ``XY``, ``YX``, ``YY``.
    """
    ends = zip(batch.offsets[:-1], batch.offsets[1:], strict=True)
    return ["".join(symbols[s] for s in batch.symbols[a:b] if symbols[s] in names) for a, b in ends]
