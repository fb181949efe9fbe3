"""What compiled functions do in the place of `lstm97.net.products.add_products`: tiles of the result in registers.

A loop over columns loads and stores every sum for every product, and these take longer than the products. A tile of
a few rows and columns stays in registers until all products are added to it. (On one machine, RTRL's sums over 19
units with 26 weights each take 24 us so, and took 65 us in a loop.) Each product is rounded before it is added, in
the order of the plain function, and no sum is divided, so the bits are the same.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from lstm97.net.products import add_products

#: Numbers of columns of a tile, and of rows: the first as often as it fits, the next for what is left.
TILES = ((32, (2, 1)), (8, (4, 2, 1)), (2, (4, 1)), (1, (1,)))
_NUMBER, _INDEX = ir.DoubleType(), ir.IntType(32)


def _address(builder: Any, array: Any, row: Any, column: Any, kind: Any) -> Any:
    """Point to what stands at a place of a matrix."""
    by_row, by_column = cgutils.unpack_tuple(builder, array.strides, 2)
    start = builder.ptrtoint(array.data, by_row.type)
    offset = builder.add(builder.mul(row, by_row), builder.mul(column, by_column))
    return builder.inttoptr(builder.add(start, offset), kind.as_pointer())


def _add_tile(
    builder: Any, a: Any, first: Any, x: Any, into: Any, i: Any, c: Any, n_rows: int, n_columns: int
) -> None:
    """Do it for some rows from i on, and some columns from c on."""
    kind = ir.VectorType(_NUMBER, n_columns)
    nowhere, zeros = ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(_INDEX, n_columns), [0] * n_columns)
    rows = [builder.add(i, ir.Constant(i.type, row)) for row in range(n_rows)]
    places = [_address(builder, into, row, c, kind) for row in rows]
    sums = [cgutils.alloca_once_value(builder, builder.load(place, align=8)) for place in places]
    n, _ = cgutils.unpack_tuple(builder, x.shape, 2)
    with cgutils.for_range(builder, n) as loop:
        x_j = builder.load(_address(builder, x, loop.index, c, kind), align=8)
        for row, total in zip(rows, sums, strict=True):
            a_ij = builder.load(_address(builder, a, row, builder.add(first, loop.index), _NUMBER))
            in_all = builder.shuffle_vector(
                builder.insert_element(nowhere, a_ij, ir.Constant(_INDEX, 0)), nowhere, zeros
            )
            builder.store(builder.fadd(builder.load(total), builder.fmul(in_all, x_j)), total)
    for place, total in zip(places, sums, strict=True):
        builder.store(builder.load(total), place, align=8)


@intrinsic
def _add_tiles(typing_context: Any, a: Any, first: Any, x: Any, into: Any) -> Any:
    """Do it for all rows and columns. Those of `x` and `into` lie side by side in memory."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        matrices = (context.make_array(sig.args[place])(context, builder, args[place]) for place in (0, 2, 3))
        a, x, into = matrices
        n_rows, n_columns = cgutils.unpack_tuple(builder, into.shape, 2)
        c = ir.Constant(n_columns.type, 0)
        for width, heights in TILES:
            size = ir.Constant(c.type, width)
            n_strips = builder.udiv(builder.sub(n_columns, c), size)
            with cgutils.for_range(builder, n_strips) as strip:
                i, at = ir.Constant(c.type, 0), builder.add(c, builder.mul(strip.index, size))
                for height in heights:
                    step = ir.Constant(c.type, height)
                    n_tiles = builder.udiv(builder.sub(n_rows, i), step)
                    with cgutils.for_range(builder, n_tiles) as tile:
                        row = builder.add(i, builder.mul(tile.index, step))
                        _add_tile(builder, a, args[1], x, into, row, at, height, width)
                    i = builder.add(i, builder.mul(n_tiles, step))
            c = builder.add(c, builder.mul(n_strips, size))
        return context.get_dummy_value()

    return types.none(a, types.intp, x, into), generate


@overload(add_products)
def _add_products(a, first, x, into):
    return lambda a, first, x, into: _add_tiles(a, first, x, into)
