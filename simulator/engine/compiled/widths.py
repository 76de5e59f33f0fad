"""Arrays whose rows are of a width that machine code may know, so that no index is multiplied."""

from typing import Any

from numba.core import types
from numba.extending import intrinsic

Types: Any = types


def known_widths(widths: dict[str, int]) -> Any:
    """A function for kernels that gives a named tuple of arrays back with the width of each of some
    fields, its last axis, as a constant; each array must be that wide."""

    def typed(typing: Any, arrays: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            found = arguments[0]
            for name, width in widths.items():
                place = arrays.fields.index(name)
                kind = arrays.types[place]
                array = context.make_array(kind)(
                    context, builder, value=builder.extract_value(found, place)
                )
                wide = context.get_constant(Types.intp, width)
                array.shape = builder.insert_value(array.shape, wide, kind.ndim - 1)
                value = array._getvalue()  # noqa: SLF001 - it has no public name
                found = builder.insert_value(found, value, place)
            return found

        return arrays(arrays), generate

    return intrinsic(typed)
