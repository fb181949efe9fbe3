"""Which unit feeds which unit, and how many weights that makes.

Paper: Sec. 4, "Network topology" and Figure 2; Sec. 5.7, Table 10.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lstm97.checks import MOST_WEIGHTS, choice, flag, shown, whole

#: Table 10, column "bias": the groups of units that have a bias weight.
BIASED: dict[str, tuple[str, ...]] = {
    "none": (),
    "ga": ("gates",),
    "b1": ("gates", "cells", "hidden"),
    "all": ("gates", "cells", "hidden", "outputs"),
}


@dataclass(frozen=True)
class Topology:
    """A net with one input layer, one self-connected hidden layer and one output layer.

    The hidden layer's units stand in this order everywhere: input gates, output gates, memory cells (block by
    block), conventional hidden units. Weights are ``w[to, from]``.

    Paper: Sec. 4; Table 10, columns 4 to 9 and 12.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Number of input and output units.
    block_sizes : tuple of int
        Size S_j of every memory cell block; ``(2, 2)`` is two blocks of size 2.
    n_hidden : int
        Number of conventional hidden units (App. A.1's units i).
    biased : {"none", "ga", "b1", "all"}
        Which units have a bias weight, in Table 10's code: none, gates only, all hidden units, all non-input units.
    in_gates, out_gates : bool
        Whether the blocks have input gates and output gates. A missing gate is always open.
    recurrent : bool
        Whether hidden-layer units see the hidden layer's activations of the previous step (Table 10's "F").
    outputs_see_inputs : bool
        Whether output units see the input units as well (Table 10's "B": each layer sees all layers below).
    cells_see_hidden : bool
        Whether memory cells, too, see the hidden layer. If not, only their gates and the conventional hidden units
        do.
    constant_unit : bool
        Whether the output units' bias is a hidden unit that is always 1 and that gates and cells see as well, as in
        the institute's simulator, instead of a weight of their own. The hidden layer sees it as it was one step
        before, at a sequence's first step as it was reset; output units always see 1.

    Raises
    ------
    ValueError
        If a size is not a positive whole number, `biased` is not a code of Table 10, or there are too many weights.
    """

    n_inputs: int
    block_sizes: tuple[int, ...]
    n_outputs: int
    n_hidden: int = 0
    biased: str = "all"
    in_gates: bool = True
    out_gates: bool = True
    recurrent: bool = True
    outputs_see_inputs: bool = False
    cells_see_hidden: bool = True
    constant_unit: bool = False

    def __post_init__(self) -> None:
        for name, least in (("n_inputs", 1), ("n_outputs", 1), ("n_hidden", 0)):
            whole(name, getattr(self, name), least, MOST_WEIGHTS)
        if not isinstance(self.block_sizes, tuple):
            raise ValueError(f"block_sizes is {shown(self.block_sizes)}: give a tuple, one whole number per block")
        for size in self.block_sizes:
            whole("block_sizes", size, most=MOST_WEIGHTS)
        for name in ("in_gates", "out_gates", "recurrent", "outputs_see_inputs", "cells_see_hidden", "constant_unit"):
            flag(name, getattr(self, name))
        if not self.block_sizes and not self.n_hidden and not self.outputs_see_inputs:
            raise ValueError(
                "the hidden layer is empty: give block_sizes or n_hidden, or let outputs_see_inputs be true"
            )
        choice("biased", self.biased, BIASED)
        n = self.n_units * self.n_sources + self.n_outputs * self.n_output_sources
        if n > MOST_WEIGHTS:
            raise ValueError(f"block_sizes: the net would have {n:,} weights, more than {MOST_WEIGHTS:,}; give fewer")

    @property
    def n_blocks(self) -> int:
        """Number of memory cell blocks."""
        return len(self.block_sizes)

    @property
    def n_cells(self) -> int:
        """Number of memory cells in all blocks."""
        return sum(self.block_sizes)

    @property
    def n_in(self) -> int:
        """Number of input gates."""
        return self.n_blocks if self.in_gates else 0

    @property
    def n_out(self) -> int:
        """Number of output gates."""
        return self.n_blocks if self.out_gates else 0

    @property
    def first_cell(self) -> int:
        """Index of the first memory cell among the hidden layer's units."""
        return self.n_in + self.n_out

    @property
    def n_units(self) -> int:
        """Number of units of the hidden layer, gates included."""
        return self.first_cell + self.n_cells + self.n_hidden

    @property
    def n_recurrent(self) -> int:
        """Number of hidden-layer units that the hidden layer sees."""
        return self.n_units if self.recurrent else 0

    @property
    def n_constants(self) -> int:
        """Number of constant sources of the hidden layer: the bias, and the constant hidden unit if there is one."""
        return int(self.biased != "none") + int(self.constant_unit)

    @property
    def n_sources(self) -> int:
        """Number of columns of ``w``: inputs, recurrent units, constants."""
        return self.n_inputs + self.n_recurrent + self.n_constants

    @property
    def n_output_sources(self) -> int:
        """Number of columns of ``w_k``: inputs (if seen), cells, conventional hidden units, the constant 1."""
        bias = "outputs" in BIASED[self.biased]
        return self.n_inputs * self.outputs_see_inputs + self.n_cells + self.n_hidden + bias

    @cached_property
    def block_of_cell(self) -> NDArray[np.int64]:
        """Index j of the block of every cell, shape (n_cells,)."""
        return np.repeat(np.arange(self.n_blocks), self.block_sizes).astype(np.int64)

    @cached_property
    def unit_names(self) -> tuple[str, ...]:
        """Name of every hidden-layer unit: in_1, out_1, c_1^1 (cell 1 of block 1), i_1."""
        names = [f"in_{j + 1}" for j in range(self.n_in)] + [f"out_{j + 1}" for j in range(self.n_out)]
        names += [f"c_{j + 1}^{v + 1}" for j, size in enumerate(self.block_sizes) for v in range(size)]
        return (*names, *(f"i_{i + 1}" for i in range(self.n_hidden)))

    @cached_property
    def source_names(self) -> tuple[str, ...]:
        """Name of every source of the hidden layer, in the order of the columns of ``w``."""
        inputs = tuple(f"x_{m + 1}" for m in range(self.n_inputs))
        constants = ("1",) * (self.biased != "none") + ("constant",) * self.constant_unit
        return inputs + self.unit_names[: self.n_recurrent] + constants

    @cached_property
    def output_source_names(self) -> tuple[str, ...]:
        """Name of every source of the output layer, in the order of the columns of ``w_k``."""
        inputs = tuple(f"x_{m + 1}" for m in range(self.n_inputs)) * self.outputs_see_inputs
        return inputs + self.unit_names[self.first_cell :] + ("1",) * ("outputs" in BIASED[self.biased])

    def connected(self) -> NDArray[np.bool_]:
        """Tell which weights into the hidden layer exist.

        Returns
        -------
        (n_units, n_sources) bool
            ``[to, from]``; only the bias column, and cells' columns for the hidden layer, can hold False.
        """
        exists = np.ones((self.n_units, self.n_sources), dtype=bool)
        cells = slice(self.first_cell, self.first_cell + self.n_cells)
        exists[cells, self.n_inputs : self.n_inputs + self.n_recurrent] = self.cells_see_hidden
        if self.biased != "none":
            groups = BIASED[self.biased]
            bias = self.n_inputs + self.n_recurrent
            first_hidden = self.first_cell + self.n_cells
            exists[: self.first_cell, bias] = "gates" in groups
            exists[self.first_cell : first_hidden, bias] = "cells" in groups
            exists[first_hidden:, bias] = "hidden" in groups
        return exists

    @property
    def n_weights(self) -> int:
        """Number of weights, the number in the paper's columns "# weights"."""
        return int(self.connected().sum()) + self.n_outputs * self.n_output_sources
