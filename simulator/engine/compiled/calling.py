"""Kernels called by kernels that are compiled apart: by their address, with their own arguments."""

from typing import Any

import numba
from llvmlite import ir
from numba._dispatcher import compute_fingerprint
from numba.core import cgutils, types
from numba.extending import intrinsic

Kernel = Any
"""A kernel as numba knows it, with all that it was compiled for."""


Types: Any = types
Typing: Any = numba
Builders: Any = cgutils


def _call_at(typing: Any, address: Any, arguments: Any) -> Any:
    wanted = Types.Tuple([Types.unliteral(kind) for kind in arguments.types])
    signature = Types.void(Types.int64, wanted)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = tuple(signature.args[1].types)
        function = context.call_conv.get_function_type(Types.none, kinds)
        callee = builder.inttoptr(arguments[0], ir.PointerType(function))
        values = Builders.unpack_tuple(builder, arguments[1], len(kinds))
        status, _ = context.call_conv.call_function(builder, callee, Types.none, kinds, values)
        with Builders.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return signature, generate


call_at: Any = intrinsic(_call_at)
"""Call the kernel at an address with a tuple of arguments.

It must be compiled for just these types, and give nothing back.
"""


def address_of(kernel: Kernel, arguments: tuple[Any, ...]) -> int:
    """Where a kernel's machine code for such arguments is.

    It is compiled or loaded by a call with them if it is not there yet: they are of no lane at all.
    """
    key = kernel, compute_fingerprint(arguments)
    if key not in _known:
        kernel(*arguments)
        compiled = kernel.overloads[tuple(Typing.typeof(each) for each in arguments)]
        found = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
        if not found:
            raise RuntimeError(f"no machine code of {kernel.__name__}")
        _known[key] = int(found)
    return _known[key]


_known: dict[tuple[Kernel, bytes], int] = {}
"""Addresses by kernel and kinds of arguments: numba takes a hundred times longer to name them."""
