"""Row: one cache line of numbers (16 float32 or 8 float64) as a numba type with + - *.

Kernels read as plain arithmetic and are vector code by construction: numba's own vectoriser gives
up on loops like these (rows may alias). This file is all the LLVM there is.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import (
    intrinsic,
    lower_builtin,
    models,
    register_model,
    type_callable,
)

CACHE_LINE = 64  # bytes
lowered: Any = lower_builtin  # it has no types


class Row(types.Type):
    """The numba type of a row of a dtype."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(f"Row({dtype})")


@register_model(Row)
class RowModel(models.PrimitiveModel):
    """A row is an LLVM vector."""

    def __init__(self, manager: Any, row: Row) -> None:
        scalar = manager.lookup(row.dtype).get_value_type()
        lanes = 8 * CACHE_LINE // row.dtype.bitwidth
        super().__init__(manager, row, ir.VectorType(scalar, lanes))


def _address(context: Any, builder: Any, signature: Any, array: Any, k: Any) -> Any:
    data = context.make_array(signature.args[0])(context, builder, array).data
    row = context.get_value_type(Row(signature.args[0].dtype))
    return builder.gep(builder.bitcast(data, row.as_pointer()), [k])


@intrinsic
def load(typing: Any, array: Any, k: Any) -> Any:
    """Row k of a C-contiguous array whose last axis is one row, aligned to a cache line."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_address(context, builder, signature, *args))
        value.align = CACHE_LINE
        return value

    return Row(array.dtype)(array, types.intp), emit


@intrinsic
def store(typing: Any, array: Any, k: Any, row: Any) -> Any:
    """Write row k of such an array."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, *args[:2])
        builder.store(args[2], address, align=CACHE_LINE)
        return context.get_dummy_value()

    return types.void(array, types.intp, row), emit


@intrinsic
def zeros(typing: Any, array: Any) -> Any:
    """The row of zeros in an array's dtype."""
    row = Row(array.dtype)
    return row(array), lambda context, *_: ir.Constant(context.get_value_type(row), None)


@intrinsic
def spread(typing: Any, vector: Any, k: Any) -> Any:
    """The row that holds element k of a contiguous vector in every lane."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        row, lane = context.get_value_type(signature.return_type), ir.IntType(32)
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        blank, mask = (
            ir.Constant(row, ir.Undefined),
            ir.Constant(ir.VectorType(lane, row.count), None),
        )
        first = builder.insert_element(blank, builder.load(builder.gep(data, [args[1]])), lane(0))
        return builder.shuffle_vector(first, blank, mask)

    return Row(vector.dtype)(vector, types.intp), emit


@intrinsic
def total(typing: Any, row: Any) -> Any:
    """The sum over a row, by halves."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector, lane = args[0], ir.IntType(32)
        while vector.type.count > 1:
            half = vector.type.count // 2
            blank = ir.Constant(vector.type, ir.Undefined)
            parts = [
                builder.shuffle_vector(
                    vector, blank, ir.Constant(ir.VectorType(lane, half), list(range(s, s + half)))
                )
                for s in (0, half)
            ]
            vector = builder.fadd(*parts)
        return builder.extract_element(vector, lane(0))

    return row.dtype(row), emit


@intrinsic
def parity(typing: Any, mask: Any) -> Any:
    """1 if an odd number of bits of an integer is set, else 0."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.and_(builder.ctpop(args[0]), ir.Constant(args[0].type, 1))

    return types.intp(types.intp), emit


def _arithmetic(function: Any, instruction: str) -> None:
    # typed and lowered by hand: an overload would be one more function to compile and to inline
    @type_callable(function)
    def typed(context: Any) -> Any:
        return lambda a, b: a if isinstance(a, Row) and a == b else None

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # contract: a product and a sum may become one fused instruction
        return getattr(builder, instruction)(*args, flags=("contract",))

    lowered(function, Row, Row)(emit)


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
