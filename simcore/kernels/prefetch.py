"""Asks the processor to bring a row of an array nearer before it is needed; no result depends on it.

Tens of thousands of payments are under way at once, more than fit into the processor's cache, and each event reads
another one. While one is worked on, the next can be on its way.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import config
from numba.core import cgutils, types
from numba.extending import intrinsic

LINE: Final = 64
"""Bytes that a processor brings at once."""


def _nothing(array: Any, row: Any, byte: Any) -> None:
    """What kernels that run uncompiled, for a debugger, do instead."""


@intrinsic
def _prefetch(_: Any, array: Any, row: Any, byte: Any) -> Any:
    """Bring ``array[row]`` near from one of its bytes on; a row out of bounds does no harm."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(signature.args[0])(context, builder, arguments[0])
        at = builder.sext(arguments[1], ir.IntType(64)) if arguments[1].type.width < 64 else arguments[1]
        offset = builder.add(builder.mul(at, builder.extract_value(made.strides, 0)), arguments[2])
        address = builder.gep(builder.bitcast(made.data, ir.IntType(8).as_pointer()), [offset])
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), *[ir.IntType(32)] * 3])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [address, *(ir.Constant(ir.IntType(32), value) for value in (1, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, row, types.int64), generate


prefetch = _nothing if config.DISABLE_JIT else _prefetch
"""Called with an array, a row and a byte in it."""
