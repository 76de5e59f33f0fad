"""Functions that only kernels call: their code is optimised where it ends up, and only there.

Numba optimises each function together with all that it calls, and makes machine code of it, before
it does the same again with whoever calls it. A kernel of five levels pays five times for its
lowest one.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Codegen:
    """The codegen of a library that is never in memory as machine code."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, env: Any) -> None:
        """There is no place for it."""


class PartLibrary(JITCodeLibrary):
    """Code that waits to be linked into that of a kernel."""

    @property
    def codegen(self) -> Any:
        """Where other libraries come from."""
        return _Codegen(self._codegen)

    def get_pointer_to_function(self, name: str) -> int:
        """No address: Python cannot call it."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self) -> None:
        """Left to the kernel."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class PartCompiler(Compiler):
    """Numba's compiler with such a library."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.state.library is None:
            codegen = self.state.targetctx.codegen()
            self.state.library = PartLibrary(codegen, "part")
