"""The decorator of every kernel; the one door to numba.

Kernels release the interpreter's lock, are cached on disk, and follow IEEE arithmetic as written:
no fast mathematics and no fused multiply-add, so that they get NumPy's bits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numba
from numba.core import event

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function over arrays when it is first called."""
    compiled: F = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return compiled


def inner(function: F) -> F:
    """Compile a function that only kernels call: without the door for Python, which costs time."""
    compiled: F = numba.njit(
        nogil=True,
        cache=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)
    return compiled


def inlined(function: F) -> F:
    """Compile a small function into each kernel that calls it."""
    compiled: F = numba.njit(nogil=True, cache=True, error_model="numpy", inline="always")(function)
    return compiled


def signed(signature: str) -> Callable[[F], F]:
    """Compile an inner function for one signature, whatever numbers it is called with."""

    def compile_now(function: F) -> F:
        compiled: F = numba.njit(
            signature,
            nogil=True,
            cache=True,
            error_model="numpy",
            no_cpython_wrapper=True,
            no_cfunc_wrapper=True,
        )(function)
        return compiled

    return compile_now


@contextmanager
def compiling_told(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` once if something must be compiled anew meanwhile, not for what is cached."""
    told = False

    class _Listener(event.Listener):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            nonlocal told
            if not told:
                told = True
                tell()

        def on_end(self, event: Any) -> None:
            """Nothing to say."""

    with event.install_listener("numba:compile", _Listener()):
        yield
