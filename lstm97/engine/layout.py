"""Where everything stands in a block's memory, as numbers that the compiler knows.

With sizes that are known only when a loop runs, every sum goes through memory. Here a `Layout` is an argument whose
*type* holds its numbers: a function is compiled once for every topology, all attributes are constants then, and short
loops are written out and stay in registers. A topology that is new to a machine takes a few seconds, once.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from numba import types
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, lower_getattr_generic, models, register_model, typeof_impl, unbox

from lstm97.engine.rows import Selection, column_size
from lstm97.net.topology import BIASED, Topology

#: Steps between two passes over the derivatives, at most. In a pass, each of them is loaded and stored once, and its
#: additions stay in registers. (In a prototype, on one machine, 21 ns a step and trial became 3.)
CHUNK = 16
#: With more symbols than this, one-hot inputs have columns in each lane's own memory (`lstm97.engine.rows`); with
#: fewer, every symbol has its rows, and each lane takes those of its own.
MOST_SYMBOLS_WITH_ROWS = 16


@dataclass(frozen=True)
class Layout:
    """Sizes, selections of rows, and first rows of all parts of a block's memory: attributes of compiled functions.

    U hidden-layer units, C cells, H conventional hidden units, K outputs as in `lstm97.net.network`. Of the hidden
    layer's sources, R have rows: the inputs (dense, or few symbols), the hidden layer, the bias, the constant unit;
    X of these change from step to step: all but symbols and bias.

    Parameters
    ----------
    topology : Topology
    one_hot : bool
        Whether inputs are one-hot.
    every_step : bool
        Whether there is an error signal at every step.

    Attributes
    ----------
    n_units, n_cells, n_hidden, n_outputs, n_in, n_out, n_recurrent, n_output_sources, first_cell : int
        As in `Topology`.
    has_columns : bool
        Whether symbols have columns.
    n_symbol_rows, n_dense : int
        Symbols that have rows, dense inputs. One of the two is not 0, or there are columns.
    biased, constant_unit, outputs_see_inputs, outputs_biased, every_step : bool
    n_sources, n_x, n_derivatives, n_errors : int
        R, X, 2 C, C + H.
    column, column_of_derivatives : int
        Sizes of columns: of the weights from a symbol, and of the derivatives by them.
    gates, in_gates, out_gates, cells, hidden : tuple of int
        Units of each sort.
    in_of_cell, out_of_cell, block_of_cell : tuple of int
        Every cell's gates (anything, where there are none) and block.
    cells_of_in_gate, cells_of_out_gate : tuple of tuple of int
        The cells behind every gate.
    of_in_gates, of_cells : tuple of int
        Which of the 2 C derivatives are by weights to input gates, and to cells.
    errors_of_cells, errors_of_hidden : tuple of int
        Which of the C + H errors arrive at cells, and at conventional hidden units.
    w, dw : int
        First of R U rows each: weights into the hidden layer and their pending changes, by source.
    w_k, dw_k : int
        The same for the output layer, by source.
    ds_dw : int
        First of R 2 C rows: derivatives of the internal states, by source.
    y, y_before, sigma, s_c, h_c : int
        State of the hidden layer, as in `lstm97.net.network.State`.
    constant, alpha : int
        A row each: the constant unit at the step before, the learning rate.
    answers_before, updates, ends : int
        A row of flags each: which lanes answer before any input, change their weights, end a sequence.
    symbol, x, ds_dnet : int
        For every step of a chunk: the symbol, what the X sources are, the 2 C derivatives of increments.
    counts, y_read, y_k, e_k, e_s, e_out, e_hidden : int
        For every step with an error signal: which lanes have one; activations that output units read, and their own;
        errors of output units, internal states, output gates, conventional hidden units.
    target : int
    size : int
        Rows in all.
    """

    topology: Topology
    one_hot: bool
    every_step: bool

    @cached_property
    def constants(self) -> dict[str, Any]:
        """All that compiled functions see."""
        net = self.topology
        C, H, K, U = net.n_cells, net.n_hidden, net.n_outputs, net.n_units
        few = net.n_inputs <= MOST_SYMBOLS_WITH_ROWS
        block = tuple(int(j) for j in net.block_of_cell)
        cells_of_block = tuple(tuple(v for v in range(C) if block[v] == j) for j in range(net.n_blocks))
        sizes = {
            "n_units": U,
            "n_cells": C,
            "n_hidden": H,
            "n_outputs": K,
            "n_in": net.n_in,
            "n_out": net.n_out,
            "n_recurrent": net.n_recurrent,
            "n_output_sources": net.n_output_sources,
            "first_cell": net.first_cell,
            "has_columns": self.one_hot and not few,
            "n_symbol_rows": net.n_inputs if self.one_hot and few else 0,
            "n_dense": 0 if self.one_hot else net.n_inputs,
            "biased": net.biased != "none",
            "constant_unit": net.constant_unit,
            "outputs_see_inputs": net.outputs_see_inputs,
            "outputs_biased": "outputs" in BIASED[net.biased],
            "every_step": self.every_step,
            "n_derivatives": 2 * C,
            "n_errors": C + H,
            "column": column_size(U),
            "column_of_derivatives": column_size(2 * C),
        }
        sizes["n_sources"] = net.n_sources - (net.n_inputs if sizes["has_columns"] else 0)
        sizes["n_x"] = sizes["n_dense"] + net.n_recurrent + net.constant_unit
        selections = {
            "gates": tuple(range(net.first_cell)),
            "cells": tuple(range(net.first_cell, net.first_cell + C)),
            "hidden": tuple(range(net.first_cell + C, U)),
            "in_gates": tuple(range(net.n_in)),
            "out_gates": tuple(range(net.n_in, net.first_cell)),
            "in_of_cell": block if net.n_in else (0,) * C,
            "out_of_cell": tuple(net.n_in + j for j in block) if net.n_out else (0,) * C,
            "block_of_cell": block,
            "cells_of_in_gate": cells_of_block[: net.n_in],
            "cells_of_out_gate": cells_of_block[: net.n_out],
            "of_in_gates": tuple(range(C)),
            "of_cells": tuple(range(C, 2 * C)),
            "errors_of_cells": tuple(range(C)),
            "errors_of_hidden": tuple(range(C, C + H)),
        }
        R, steps_with_errors = sizes["n_sources"], CHUNK if self.every_step else 1
        of_net = {"w": R * U, "dw": R * U, "w_k": net.n_output_sources * K, "dw_k": net.n_output_sources * K}
        of_state = {"y": U, "y_before": U, "sigma": U, "s_c": C, "h_c": C, "ds_dw": R * 2 * C, "target": K}
        of_lane = dict.fromkeys(("constant", "alpha", "answers_before", "updates", "ends"), 1)
        of_step = {"symbol": 1, "x": sizes["n_x"], "ds_dnet": 2 * C}
        of_error = {"counts": 1, "y_read": C + H, "y_k": K, "e_k": K, "e_s": C, "e_out": net.n_out, "e_hidden": H}
        n_rows = {
            **of_net,
            **of_state,
            **of_lane,
            **{name: CHUNK * n for name, n in of_step.items()},
            **{name: steps_with_errors * n for name, n in of_error.items()},
        }
        first_rows, size = {}, 0
        for name, n in n_rows.items():
            first_rows[name], size = size, size + n
        return sizes | selections | first_rows | {"size": size}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and "topology" in vars(self) and name in self.constants:
            return self.constants[name]
        raise AttributeError(f"a layout has no {name}")


@cache
def layout_of(topology: Topology, one_hot: bool, every_step: bool) -> Layout:
    """Lay out the memory for nets of a topology.

    Nets share one, and what is compiled for it, if they differ only in how many symbols have columns, and in which
    weights there are.
    """
    if one_hot and topology.n_inputs > MOST_SYMBOLS_WITH_ROWS:
        topology = replace(topology, n_inputs=MOST_SYMBOLS_WITH_ROWS + 1)
    if topology.biased == "ga":
        topology = replace(topology, biased="b1")
    return Layout(replace(topology, cells_see_hidden=True), one_hot, every_step)


class _LayoutType(types.Type):
    """Numba's type of one layout; machine code on disk belongs to its name, so that tells of all its constants."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        digest = hashlib.sha256(repr(layout.constants).encode()).hexdigest()[:16]
        super().__init__(name=f"{layout!r}, {digest}")

    def __getstate__(self) -> dict[str, Any]:
        return {"layout": self.layout, "name": self.name}


register_model(_LayoutType)(models.OpaqueModel)


@typeof_impl.register(Layout)
@cache
def _type_of(layout: Layout, context: Any) -> _LayoutType:
    return _LayoutType(layout)


@unbox(_LayoutType)
def _unbox(kind: Any, value: Any, c: Any) -> Any:
    return NativeValue(c.context.get_dummy_value())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = _LayoutType

    def generic_resolve(self, kind: Any, name: str) -> Any:
        value = getattr(kind.layout, name)
        return Selection(value) if isinstance(value, tuple) else types.literal(value)


@lower_getattr_generic(_LayoutType)
def _attribute(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    number = getattr(kind.layout, name)
    if isinstance(number, tuple):
        return context.get_dummy_value()
    return context.get_constant(types.boolean if isinstance(number, bool) else types.int64, number)
