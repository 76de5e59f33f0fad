"""Decorators of kernels and of their parts; with `parts`, `calling`, `widths` the door to numba.

Kernels release the interpreter's lock, are cached on disk if it can be written, and follow IEEE
arithmetic as written: no fast mathematics and no fused multiply-add, so that they get NumPy's bits.
"""

import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event
from numba.core.caching import NullCache

from simulator.engine.compiled.parts import PartCompiler

F = TypeVar("F", bound=Callable[..., Any])
Whole = Any
Real = Any
"""Numbers of Python or NumPy: numba tells them apart by itself."""


def _cache_place() -> Path | None:
    """Where numba keeps what it has compiled of this folder; None if it finds no place to write."""
    try:
        place = numba.njit(cache=True)(_cache_place).stats.cache_path
    except RuntimeError:
        return None
    return None if place is None else Path(place)


CACHE = _cache_place()
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": CACHE is not None, "error_model": "numpy"}
_FRUGAL: dict[str, Any] = {**_OPTIONS, "_nrt": False}
_OUTER: dict[str, Any] = {**_FRUGAL, "no_cfunc_wrapper": True}
_INNER: dict[str, Any] = {
    **_FRUGAL,
    "cache": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": PartCompiler,
}


def frugal(function: F) -> F:
    """Compile a kernel that allocates nothing, and so need not count references to arrays."""
    return cast("F", numba.njit(**_FRUGAL)(function))


def outer(function: F) -> F:
    """Compile a frugal kernel that takes so many arguments that a second door for them, which only
    machine code would use, takes seconds."""
    return cast("F", numba.njit(**_OUTER)(function))


def inner(function: F) -> F:
    """Compile a frugal function that only kernels call, without the door for Python."""
    return cast("F", numba.njit(**_INNER)(function))


def apart(function: F) -> F:
    """Compile an inner function that is not copied into merged callers, as others are with them:
    what is rarely called makes code that is run all the time slower, and slower to compile."""
    return cast("F", numba.njit(forceinline=False, **_INNER)(function))


def merged(function: F) -> F:
    """Compile an inner function that LLVM copies into its callers, because handing over tuples of
    arrays takes longer than what it does."""
    return cast("F", numba.njit(forceinline=True, **_INNER)(function))


def inlined(function: F) -> F:
    """Compile a small function into each kernel that calls it."""
    return cast("F", numba.njit(inline="always", **_OPTIONS)(function))


def signed(signature: str) -> Callable[[F], F]:
    """Compile an inner function for one signature, whatever numbers it is called with."""

    def compile_now(function: F) -> F:
        return cast("F", numba.njit(signature, **_INNER)(function))

    return compile_now


@contextmanager
def compiling_told(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` once if something must be compiled anew meanwhile, not for what is cached."""
    told = False

    class _Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            nonlocal told
            # Parts are never cached: those with a signature are compiled whenever they are loaded.
            part = CACHE is not None and isinstance(event.data["dispatcher"]._cache, NullCache)  # noqa: SLF001
            if not (told or part):
                told = True
                tell()

        def on_end(self, event: Any) -> None:
            """Nothing to say."""

    with event.install_listener("numba:compile", _Listener()):
        yield


def host() -> tuple[str, ...]:
    """What decides, besides sources, whether compiled kernels can be used again."""
    return numba.__version__, sys.implementation.cache_tag, platform.machine()
