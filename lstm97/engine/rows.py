"""Rows of lanes as one value: the numbers of several nets, side by side in a processor's vector registers.

A compiler turns a loop over lanes into vector instructions if it can prove that it may; whether it does hangs on
details that change from version to version. Here nothing is left to it. A value of type `Rows` holds n rows, each of
`WIDTH` numbers, one for every lane; ``+ - * /`` work on all of them. Every operation rounds by itself, none is fused
or reordered, so a lane has the bits that the same operations on single numbers give. One operator on n rows becomes
n instructions that do not wait for each other, so code that reads like the equations keeps the processor busy.

Every operation is an ordinary Python function on arrays of shape (n, `WIDTH`), which is what it means; `in_registers`
says which instructions a compiled function takes for it. How many rows there are is known when a function is
compiled: a count or a distance between rows is a constant, such as an attribute of `lstm97.engine.layout.Layout`.

Memory is a flat, aligned float64 array; row r is its numbers ``r * WIDTH`` to ``(r + 1) * WIDTH - 1``.
"""

import ctypes
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.core.typing.templates import (
    AbstractTemplate,
    infer,
    infer_global,
    make_intrinsic_template,
    signature,
)
from numba.extending import lower_builtin, models, overload, register_model
from numpy.typing import NDArray

from lstm97.net.activations import LN2_HIGH, LN2_LOW, LOG2_E, ROUND, SATURATED
from lstm97.net.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Groups = tuple[tuple[int, ...], ...]

#: Lanes in a row: as many numbers as a register of this processor holds, where it has AVX-512; half as many, where it
#: has less. (With two registers for a row, half as many rows would fit.)
WIDTH = 8 if "+avx512f" in cpu_target.target_context.codegen().magic_tuple()[2].split(",") else 4
#: Rows that are squashed at a time: their instructions fill the pauses that those of one row leave, and more rows
#: don't fit the registers.
TOGETHER = 4

_NUMBER, _INTEGER, _INDEX = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_ROW, _INTEGERS = ir.VectorType(_NUMBER, WIDTH), ir.VectorType(_INTEGER, WIDTH)


class Rows(types.Type):
    """Numba's type of n rows."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(name=f"{n} rows of {WIDTH}")


class Mask(types.Type):
    """Numba's type of a choice of lanes."""

    def __init__(self) -> None:
        super().__init__(name=f"mask of {WIDTH}")


_MASK = Mask()


class Selection(types.Type):
    """Numba's type of one tuple of numbers, such as an attribute of a layout."""

    def __init__(self, value: tuple[Any, ...]) -> None:
        self.value = value
        super().__init__(name=f"selection {value!r}")


register_model(Selection)(models.OpaqueModel)


@register_model(Rows)
class _RowsModel(models.PrimitiveModel):
    def __init__(self, data_model_manager: Any, kind: Any) -> None:
        super().__init__(data_model_manager, kind, ir.ArrayType(_ROW, kind.n))


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, data_model_manager: Any, kind: Any) -> None:
        super().__init__(data_model_manager, kind, ir.VectorType(ir.IntType(1), WIDTH))


def in_registers(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what compiled functions do in the place of a Python function.

    Returns
    -------
    decorator
        For a function like those that `numba.extending.intrinsic` takes: of the arguments' types, it returns the
        signature and what generates the instructions.
    """

    def decorate(definition: Callable[..., Any]) -> Callable[..., Any]:
        template = make_intrinsic_template(function, definition, function.__name__, prefer_literal=True)
        infer(template)
        infer_global(function, types.Function(template))
        return definition

    return decorate


def constant(kind: Any) -> int:
    """Read a number that is known when a function is compiled.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(kind, types.IntegerLiteral):
        raise TypeError(f"{kind} is not known when the function is compiled")
    return int(kind.literal_value)


def _integer(n: int) -> ir.Constant:
    return ir.Constant(_INTEGER, n)


def _same_in_all(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(ir.VectorType(number.type, WIDTH), ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(_INDEX, 0))
    return _shuffled(builder, first, undefined, [0] * WIDTH)


def _shuffled(builder: Any, one: Any, other: Any, order: Sequence[int]) -> Any:
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(_INDEX, len(order)), list(order)))


def _pack(builder: Any, rows: Sequence[Any]) -> Any:
    packed = ir.Constant(ir.ArrayType(_ROW, len(rows)), ir.Undefined)
    for i, row in enumerate(rows):
        packed = builder.insert_value(packed, row, i)
    return packed


def _unpack(builder: Any, packed: Any) -> list[Any]:
    return [builder.extract_value(packed, i) for i in range(packed.type.count)]


def _memory(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _at(builder: Any, pointer: Any, i: Any, kind: Any = _ROW) -> Any:
    return builder.bitcast(builder.gep(pointer, [i]), kind.as_pointer())


def _row_pointer(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    memory = _memory(context, builder, sig.args[0], args[0])
    return _at(builder, memory, builder.mul(args[1], _integer(WIDTH)))


# --- memory


def load(memory: Floats, row: int, n: int) -> Floats:
    """Take n rows from one on."""
    return memory.reshape(-1, WIDTH)[row : row + n].copy()


@in_registers(load)
def _load(typing_context: Any, memory: Any, row: Any, n: Any) -> Any:
    count = constant(n)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _row_pointer(context, builder, sig, args)
        rows = [builder.load(builder.gep(first, [_integer(j)]), align=8 * WIDTH) for j in range(count)]
        return _pack(builder, rows)

    return Rows(count)(memory, types.intp, n), generate


def load_every(memory: Floats, row: int, n: int, distance: int) -> Floats:
    """Take n rows from one on, each so many rows after the other."""
    return memory.reshape(-1, WIDTH)[row : row + (n - 1) * distance + 1 : distance].copy()


@in_registers(load_every)
def _load_every(typing_context: Any, memory: Any, row: Any, n: Any, distance: Any) -> Any:
    count, step = constant(n), constant(distance)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _row_pointer(context, builder, sig, args)
        rows = [builder.load(builder.gep(first, [_integer(j * step)]), align=8 * WIDTH) for j in range(count)]
        return _pack(builder, rows)

    return Rows(count)(memory, types.intp, n, distance), generate


def store(memory: Floats, row: int, rows: Floats) -> None:
    """Put rows to where `load` would take them from."""
    memory.reshape(-1, WIDTH)[row : row + len(rows)] = rows


@in_registers(store)
def _store(typing_context: Any, memory: Any, row: Any, rows: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _row_pointer(context, builder, sig, args)
        for j, each in enumerate(_unpack(builder, args[2])):
            builder.store(each, builder.gep(first, [_integer(j)]), align=8 * WIDTH)
        return context.get_dummy_value()

    return types.none(memory, types.intp, rows), generate


def spread(numbers: Floats, first: int, n: int) -> Floats:
    """Make n rows of n numbers, each the same in all lanes."""
    return np.repeat(numbers[first : first + n, np.newaxis], WIDTH, axis=1)


@in_registers(spread)
def _spread(typing_context: Any, numbers: Any, first: Any, n: Any) -> Any:
    count = constant(n)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        start = builder.gep(_memory(context, builder, sig.args[0], args[0]), [args[1]])
        each = [builder.load(builder.gep(start, [_integer(j)])) for j in range(count)]
        return _pack(builder, [_same_in_all(builder, number) for number in each])

    return Rows(count)(numbers, types.intp, n), generate


def integer_at(address: int, i: int) -> int:
    """Read the int64 with this index of the array at an address."""
    return ctypes.c_int64.from_address(int(address) + 8 * int(i)).value


@in_registers(integer_at)
def _integer_at(typing_context: Any, address: Any, i: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(builder.inttoptr(args[0], _INTEGER.as_pointer()), [args[1]]))

    return types.int64(types.int64, types.int64), generate


def put_number(address: int, i: int, number: float) -> None:
    """Write the float64 with this index of the array at an address."""
    ctypes.c_double.from_address(int(address) + 8 * int(i)).value = number


@in_registers(put_number)
def _put_number(typing_context: Any, address: Any, i: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], builder.gep(builder.inttoptr(args[0], _NUMBER.as_pointer()), [args[1]]))
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.float64), generate


def gather(addresses: Integers, positions: Integers, stride: int, offset: int) -> Floats:
    """Make a row of one number from every lane's own array, that with index ``position * stride + offset``.

    It is put together in a register: as a loop that fills memory, it made the reads that follow wait.
    """
    places = (int(start + 8 * (i * stride + offset)) for start, i in zip(addresses, positions, strict=True))
    return np.array([[ctypes.c_double.from_address(place).value for place in places]])


@in_registers(gather)
def _gather(typing_context: Any, addresses: Any, positions: Any, stride: Any, offset: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        starts, places = (_memory(context, builder, sig.args[i], args[i]) for i in (0, 1))
        row = ir.Constant(_ROW, ir.Undefined)
        for lane in range(WIDTH):
            address, position = (builder.load(builder.gep(part, [_integer(lane)])) for part in (starts, places))
            i = builder.add(builder.mul(position, args[2]), args[3])
            number = builder.load(builder.gep(builder.inttoptr(address, _NUMBER.as_pointer()), [i]))
            row = builder.insert_element(row, number, ir.Constant(_INDEX, lane))
        return _pack(builder, [row])

    return Rows(1)(addresses, positions, types.intp, types.intp), generate


# --- rows


def full(number: float, n: int) -> Floats:
    """Make n rows of one number."""
    return np.full((n, WIDTH), number)


@in_registers(full)
def _full(typing_context: Any, number: Any, n: Any) -> Any:
    count = constant(n)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _pack(builder, [_same_in_all(builder, args[0])] * count)

    return Rows(count)(types.float64, n), generate


def take(rows: Floats, selection: tuple[int, ...]) -> Floats:
    """Take some of the rows, in an order that is given, perhaps one of them more than once."""
    return rows[list(selection)]


@in_registers(take)
def _take(typing_context: Any, rows: Any, selection: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        each = _unpack(builder, args[0])
        return _pack(builder, [each[i] for i in sig.args[1].value])

    return Rows(len(selection.value))(rows, selection), generate


def number_in(selection: tuple[int, ...], i: int) -> int:
    """Take one number of a tuple."""
    return selection[i]


@in_registers(number_in)
def _number_in(typing_context: Any, selection: Any, i: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        number = _integer(0)
        for place, each in enumerate(sig.args[0].value):
            here = builder.icmp_signed("==", args[1], _integer(place))
            number = builder.select(here, _integer(each), number)
        return number

    return types.int64(selection, types.int64), generate


def join(first: Floats, second: Floats) -> Floats:
    """Put rows behind rows."""
    return np.concatenate([first, second])


@in_registers(join)
def _join(typing_context: Any, first: Any, second: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _pack(builder, _unpack(builder, args[0]) + _unpack(builder, args[1]))

    return Rows(first.n + second.n)(first, second), generate


def add_groups(start: Floats, rows: Floats, groups: Groups) -> Floats:
    """Add to the j-th row at the start the rows of the j-th group, one after the other."""
    total = start.copy()
    for j, group in enumerate(groups):
        for i in group:
            total[j] += rows[i]
    return total


@in_registers(add_groups)
def _add_groups(typing_context: Any, start: Any, rows: Any, groups: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        total, each = (_unpack(builder, args[i]) for i in (0, 1))
        for j, group in enumerate(sig.args[2].value):
            for i in group:
                total[j] = builder.fadd(total[j], each[i])
        return _pack(builder, total)

    return start(start, rows, groups), generate


def is_set(row: Floats) -> NDArray[np.bool_]:
    """Choose the lanes in which one row of flags is not 0."""
    return row[0] != 0.0


@in_registers(is_set)
def _is_set(typing_context: Any, row: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fcmp_unordered("!=", builder.extract_value(args[0], 0), ir.Constant(_ROW, [0.0] * WIDTH))

    return _MASK(row), generate


def equals(row: Floats, number: float) -> NDArray[np.bool_]:
    """Choose the lanes in which one row is equal to a number."""
    return row[0] == number


@in_registers(equals)
def _equals(typing_context: Any, row: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fcmp_ordered("==", builder.extract_value(args[0], 0), _same_in_all(builder, args[1]))

    return _MASK(row, types.float64), generate


def where(lanes: NDArray[np.bool_], yes: Floats, no: Floats) -> Floats:
    """Take the first rows in the lanes that are chosen, and the second rows in the others."""
    return np.where(lanes, yes, no)


@in_registers(where)
def _where(typing_context: Any, lanes: Any, yes: Any, no: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pairs = zip(_unpack(builder, args[1]), _unpack(builder, args[2]), strict=True)
        return _pack(builder, [builder.select(args[0], one, other) for one, other in pairs])

    return yes(lanes, yes, no), generate


def _in_each_row(builder: Any, kind: Any, value: Any, n: int) -> list[Any]:
    if isinstance(kind, Rows):
        each = _unpack(builder, value)
        return each * n if kind.n == 1 else each
    return [_same_in_all(builder, value)] * n


def _define(function: Any, instruction: str) -> None:
    """Let an operator work on rows and numbers; a single row works on each of many."""

    @infer_global(function)
    class _Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) != 2 or not any(isinstance(kind, Rows) for kind in args):
                return None
            kinds = [kind if isinstance(kind, Rows) else types.float64 for kind in args]
            counts = [kind.n for kind in kinds if isinstance(kind, Rows)]
            n = next((count for count in counts if count != 1), 1)
            return signature(Rows(n), *kinds) if set(counts) <= {1, n} else None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        n = sig.return_type.n
        one, other = (_in_each_row(builder, kind, value, n) for kind, value in zip(sig.args, args, strict=True))
        return _pack(builder, [getattr(builder, instruction)(x, y) for x, y in zip(one, other, strict=True)])

    for kinds in ((Rows, Rows), (Rows, types.Float), (types.Float, Rows)):
        lower_builtin(function, *kinds)(lower)


_OPERATORS = {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}
for _function, _instruction in _OPERATORS.items():
    _define(_function, _instruction)


# --- the logistic sigmoid


def negative(rows: Floats) -> Floats:
    """Change every sign."""
    return -rows


@in_registers(negative)
def _negative(typing_context: Any, rows: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _pack(builder, [builder.fneg(each) for each in _unpack(builder, args[0])])

    return rows(rows), generate


def within(rows: Floats, bound: float) -> Floats:
    """Replace numbers above a bound by it, and those below minus the bound by that; not-a-number stays."""
    rows = np.where(rows > bound, bound, rows)
    return np.where(rows < -bound, -bound, rows)


@in_registers(within)
def _within(typing_context: Any, rows: Any, bound: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        high, low = _same_in_all(builder, args[1]), _same_in_all(builder, builder.fneg(args[1]))
        each = _unpack(builder, args[0])
        each = [builder.select(builder.fcmp_ordered("<", high, x), high, x) for x in each]
        each = [builder.select(builder.fcmp_ordered(">", low, x), low, x) for x in each]
        return _pack(builder, each)

    return rows(rows, types.float64), generate


def exact_product_plus(a: Any, b: Any, c: Any) -> Any:
    """Compute ``a * b + c`` where the product is exact, so that one rounding or two give the same bits."""
    return a * b + c


@in_registers(exact_product_plus)
def _exact_product_plus(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    kinds = [kind if isinstance(kind, Rows) else types.float64 for kind in (a, b, c)]
    n = max(kind.n for kind in kinds if isinstance(kind, Rows))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(_ROW, [_ROW] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{WIDTH}f64")
        each = [_in_each_row(builder, kind, value, n) for kind, value in zip(sig.args, args, strict=True)]
        return _pack(builder, [builder.call(function, list(parts)) for parts in zip(*each, strict=True)])

    return Rows(n)(*kinds), generate


def power_of_two(rounded: Floats) -> Floats:
    """Compute 2**k of ``k + ROUND``: `lstm97.net.activations.power_of_two`."""
    return ((rounded.view(np.int64) + 1023) << 52).view(np.float64)


@in_registers(power_of_two)
def _power_of_two(typing_context: Any, rounded: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = []
        for each in _unpack(builder, args[0]):
            exponent = builder.add(builder.bitcast(each, _INTEGERS), ir.Constant(_INTEGERS, [1023] * WIDTH))
            rows.append(builder.bitcast(builder.shl(exponent, ir.Constant(_INTEGERS, [52] * WIDTH)), _ROW))
        return _pack(builder, rows)

    return rounded(rounded), generate


@compiled
def f_together(x):
    """Squash a few rows with the logistic sigmoid: `lstm97.net.activations.f`, with its bits.

    Paper: App. A.1 (3).

    Signs are turned where that saves an operation: with minus r in the place of r, exp(-x) needs no minus x. k is
    never taken from ``k + ROUND`` a second time, and products that are exact are fused with the sum that follows:
    k has few digits and LN2_HIGH has zeros at its end, the others are by a power of two.
    """
    x = within(x, SATURATED)
    rounded = x * -LOG2_E + ROUND
    k = rounded - ROUND
    r = exact_product_plus(k, LN2_HIGH, x) + k * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    r8 = r4 * r4
    low = (1 / 6 - r * (1 / 24)) + r2 * (1 / 120 - r * (1 / 720))
    middle = (1 / 5040 - r * (1 / 40320)) + r2 * (1 / 362880 - r * (1 / 3628800))
    high = (1 / 39916800 - r * (1 / 479001600)) + r2 * (1 / 6227020800)
    polynomial = low + r4 * middle + r8 * high
    e_r = 1.0 + (exact_product_plus(r2, 0.5, negative((r2 * r) * polynomial)) - r)
    return 1.0 / exact_product_plus(e_r, power_of_two(rounded), 1.0)


def f(x: Floats) -> Floats:
    """Squash rows with the logistic sigmoid: `lstm97.net.activations.f`.

    Paper: App. A.1 (3).
    """
    return getattr(f_together, "py_func", f_together)(x)


def rows_from(rows: Floats, first: int, n: int) -> Floats:
    """Take n of the rows, from one on."""
    return rows[first : first + n]


@in_registers(rows_from)
def _rows_from(typing_context: Any, rows: Any, first: Any, n: Any) -> Any:
    start, count = constant(first), constant(n)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _pack(builder, _unpack(builder, args[0])[start : start + count])

    return Rows(count)(rows, first, n), generate


@overload(f)
def _f_a_few_at_a_time(x):
    left = x.n - TOGETHER
    if x.n == 0:
        return lambda x: x
    if left <= 1:
        return lambda x: f_together(x)
    return lambda x: join(f_together(rows_from(x, 0, TOGETHER)), f(rows_from(x, TOGETHER, left)))


# --- columns of one-hot inputs, which stand in each lane's own memory


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Swap rows and lanes of `WIDTH` rows."""
    distance = 1
    while distance < WIDTH:
        low = [i if not i & distance else WIDTH + i - distance for i in range(WIDTH)]
        high = [i + distance for i in low]
        swapped = list(rows)
        for i in range(WIDTH):
            if not i & distance:
                swapped[i] = _shuffled(builder, rows[i], rows[i + distance], low)
                swapped[i + distance] = _shuffled(builder, rows[i], rows[i + distance], high)
        rows, distance = swapped, 2 * distance
    return rows


def _column_pointers(context: Any, builder: Any, sig: Any, args: Any, size: int) -> list[Any]:
    memory, symbols = (_memory(context, builder, sig.args[i], args[i]) for i in (0, 1))
    pointers = []
    for lane in range(WIDTH):
        symbol = builder.load(builder.gep(symbols, [builder.add(args[2], _integer(lane))]))
        first = builder.mul(args[3], _integer(lane * size))
        pointers.append(builder.gep(memory, [builder.add(first, builder.mul(symbol, _integer(size)))]))
    return pointers


def load_columns(memory: Floats, symbols: Integers, first: int, n_symbols: int, size: int, n: int) -> Floats:
    """Take from every lane the column of its symbol, as n rows.

    The lanes' symbols differ, so what is a column to each can't be rows to all. Each lane's column lies side by side
    in memory, and as many of them as there are lanes are turned round in registers.

    Parameters
    ----------
    memory : (WIDTH * n_symbols * size,) float64
        ``[lane, symbol, row]``.
    symbols : int64
        Every lane's symbol from `first` on.
    size : int
        Numbers in a column: see `column_size`.
    """
    columns = memory.reshape(WIDTH, n_symbols, size)
    return columns[np.arange(WIDTH), symbols[first : first + WIDTH], :n].T.copy()


@in_registers(load_columns)
def _load_columns(
    typing_context: Any, memory: Any, symbols: Any, first: Any, n_symbols: Any, size: Any, n: Any
) -> Any:
    step, count = constant(size), constant(n)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointers = _column_pointers(context, builder, sig, args, step)
        rows: list[Any] = []
        for i in range(0, count, WIDTH):
            part = min(WIDTH, step - i)
            kind = ir.VectorType(_NUMBER, part)
            pieces = [builder.load(_at(builder, each, _integer(i), kind), align=8 * part) for each in pointers]
            if part < WIDTH:
                order = [j % part for j in range(WIDTH)]
                pieces = [_shuffled(builder, piece, piece, order) for piece in pieces]
            rows += _transposed(builder, pieces)
        return _pack(builder, rows[:count])

    return Rows(count)(memory, symbols, types.intp, types.intp, size, n), generate


def add_to_columns(memory: Floats, symbols: Integers, first: int, n_symbols: int, size: int, rows: Floats) -> None:
    """Add rows to every lane's column of its symbol: see `load_columns`."""
    columns = memory.reshape(WIDTH, n_symbols, size)
    columns[np.arange(WIDTH), symbols[first : first + WIDTH], : len(rows)] += rows.T


@in_registers(add_to_columns)
def _add_to_columns(
    typing_context: Any, memory: Any, symbols: Any, first: Any, n_symbols: Any, size: Any, rows: Any
) -> Any:
    step = constant(size)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointers = _column_pointers(context, builder, sig, args, step)
        each, zero = _unpack(builder, args[5]), ir.Constant(_ROW, [0.0] * WIDTH)
        for i in range(0, len(each), WIDTH):
            part = min(WIDTH, step - i)
            kind = ir.VectorType(_NUMBER, part)
            group = each[i : i + WIDTH]
            for pointer, piece in zip(
                pointers, _transposed(builder, group + [zero] * (WIDTH - len(group))), strict=True
            ):
                change = piece if part == WIDTH else _shuffled(builder, piece, piece, range(part))
                place = _at(builder, pointer, _integer(i), kind)
                before = builder.load(place, align=8 * part)
                builder.store(builder.fadd(before, change), place, align=8 * part)
        return context.get_dummy_value()

    return types.none(memory, symbols, types.intp, types.intp, size, rows), generate


def column_size(n: int) -> int:
    """Say how many numbers a column of n numbers takes in memory: whole registers, or half of one."""
    return WIDTH // 2 if n <= WIDTH // 2 else -(-n // WIDTH) * WIDTH


def aligned(n: int) -> Floats:
    """Make memory of n zeros that begins where a register's load is fastest.

    (NumPy's own begins anywhere, so the same loop takes longer or shorter as chance will have it.)
    """
    memory = np.zeros(n + 8)
    start = -memory.ctypes.data % 64 // 8
    return memory[start : start + n]
