"""Eight numbers at a time: a vector type for functions that Numba compiles.

Whether a compiler turns a loop into vector instructions hangs on details that change from version to version. Here
they are written down: `load` takes eight neighbouring numbers of an array, ``+ - * /`` work on all of them, and
`store` puts them back. Every operation rounds by itself, none is fused or reordered, so each of the eight has the
bits that the same operations on a single number give. Processors with shorter registers take two or four of them for
one vector.

These functions work inside compiled functions only.
"""

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from lstm97.net.activations import ROUND, SATURATED, exp_reduced
from lstm97.net.compiled import compiled

#: Numbers in a vector.
WIDTH = 8
_LLVM = ir.VectorType(ir.DoubleType(), WIDTH)


class Vector(types.Type):
    """Numba's type of a vector of `WIDTH` float64."""

    def __init__(self) -> None:
        super().__init__(name=f"vector of {WIDTH} float64")


vector = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, data_model_manager: Any, numba_type: Any) -> None:
        super().__init__(data_model_manager, numba_type, _LLVM)


def _splat(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(_LLVM, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _LLVM.as_pointer())


@intrinsic
def load(typing_context, array, index):
    """Take the eight numbers from `index` on of an array's memory, a contiguous float64 array of any shape."""

    def generate(context, builder, sig, arguments):
        return builder.load(_pointer(context, builder, sig.args[0], *arguments), align=8)

    return vector(array, types.intp), generate


@intrinsic
def store(typing_context, array, index, numbers):
    """Put a vector to where `load` would take it from."""

    def generate(context, builder, sig, arguments):
        array, index, numbers = arguments
        builder.store(numbers, _pointer(context, builder, sig.args[0], array, index), align=8)
        return context.get_dummy_value()

    return types.none(array, types.intp, numbers), generate


@intrinsic
def negative(typing_context, numbers):
    """Change the sign of each number."""

    def generate(context, builder, sig, arguments):
        return builder.fneg(arguments[0])

    return vector(vector), generate


@intrinsic
def within(typing_context, numbers, bound):
    """Replace numbers above `bound` by it, and numbers below minus `bound` by that; not-a-number stays."""

    def generate(context, builder, sig, arguments):
        numbers, bound = arguments
        high, low = _splat(builder, bound), _splat(builder, builder.fneg(bound))
        numbers = builder.select(builder.fcmp_ordered(">", numbers, high), high, numbers)
        return builder.select(builder.fcmp_ordered("<", numbers, low), low, numbers)

    return vector(vector, types.float64), generate


@intrinsic
def power_of_two(typing_context, k):
    """Compute 2**k exactly for integral numbers in [-1022, 1023]: `lstm97.net.activations.power_of_two`."""

    def generate(context, builder, sig, arguments):
        integers = ir.VectorType(ir.IntType(64), WIDTH)
        rounded = builder.fadd(arguments[0], _splat(builder, ir.Constant(ir.DoubleType(), ROUND)))
        exponents = builder.add(builder.bitcast(rounded, integers), ir.Constant(integers, [1023] * WIDTH))
        return builder.bitcast(builder.shl(exponents, ir.Constant(integers, [52] * WIDTH)), _LLVM)

    return vector(vector), generate


_OPERATIONS = {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}


def _define(function: Any, instruction: str) -> None:
    @infer_global(function)
    class _Template(ConcreteTemplate):
        cases = [
            signature(vector, vector, vector),
            signature(vector, types.float64, vector),
            signature(vector, vector, types.float64),
        ]

    def lower(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        both = [
            value if kind == vector else _splat(builder, value)
            for kind, value in zip(sig.args, arguments, strict=True)
        ]
        return getattr(builder, instruction)(*both)

    for case in _Template.cases:
        lower_builtin(function, *case.args)(lower)


for _function, _instruction in _OPERATIONS.items():
    _define(_function, _instruction)


@compiled
def f(x):
    """Squash each number with the logistic sigmoid: `lstm97.net.activations.f`.

    Paper: App. A.1 (3).
    """
    e_r, k = exp_reduced(negative(within(x, SATURATED)))
    return 1.0 / (1.0 + e_r * power_of_two(k))
