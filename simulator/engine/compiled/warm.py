"""Compile every kernel before the first run, by two processes at once.

They share numba's cache on disk. Each claims kernels from its own end of one list, so that together
they compile each kernel once; the caller then loads what the other has compiled. A mark beside the
cache, named after the sources, says that all is there: numba looks only at the file that a kernel
stands in, not at those that it takes functions and constants from.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from simulator.engine.compiled.jit import CACHE, host
from simulator.engine.uncollected import uncollected

_PACKAGE = Path(__file__).parents[2]
_FOLDERS = ("engine", "engine/compiled", "plan")
_LONGEST_WAIT = 300.0
"""Seconds after which a helper that does not end is given up."""
_SCENARIO = """
format: 1
program: {start: 2027-01-04}
projects: {p: {tasks: {a: {duration: {uniform: [1d, 2d]}, cost: 1}}}}
"""


def warm_up() -> None:
    """Compile what is not cached yet; without a cache there is nothing to share or to keep."""
    if CACHE is None:
        return
    mark = CACHE / f"kernels-{_stamp()}.ready"
    if mark.exists():
        return
    forget_others()
    _compile_all()
    with suppress(OSError):
        mark.touch()


def forget_others() -> None:
    """Remove what was compiled from other sources than these, which numba would take for new."""
    if CACHE is None:
        return
    mark = CACHE / f"kernels-{_stamp()}.sources"
    if mark.exists():
        return
    with suppress(OSError):
        _clear(CACHE)
        mark.touch()


@cache
def warm_up_once() -> None:
    """The same, looked after once a process: to read the sources' dates takes milliseconds."""
    warm_up()


@cache
def forget_others_once() -> None:
    """`forget_others` once a process, for kernels that are compiled when they are needed."""
    forget_others()


def help_along(claims: str) -> None:
    """What the helper does: compile from the end of the list."""
    _compile(_kernels(), Path(claims), backwards=True)


def _compile_all() -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as claims:
        helper = _helper(claims)
        kernels = _kernels()
        _compile(kernels, Path(claims), backwards=False)
        if helper is not None:
            try:
                helper.wait(_LONGEST_WAIT)
            except subprocess.TimeoutExpired:
                helper.kill()
                helper.wait()
    for call in kernels:
        call()


def _helper(claims: str) -> subprocess.Popen[bytes] | None:
    """A process with the same modules; None where there is no interpreter to start."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"from simulator.engine.compiled.warm import help_along\nhelp_along({claims!r})"
    )
    nowhere = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            [sys.executable, "-c", code], stdin=nowhere, stdout=nowhere, stderr=nowhere
        )
    except (OSError, ValueError):
        return None


def _compile(kernels: Sequence[Callable[[], object]], claims: Path, *, backwards: bool) -> None:
    """Compile what no other process has claimed."""
    places = range(len(kernels))
    for place in reversed(places) if backwards else places:
        try:
            (claims / str(place)).touch(exist_ok=False)
        except FileExistsError:
            return
        with uncollected():
            kernels[place]()


def _kernels() -> tuple[Callable[[], object], ...]:
    """Calls of all kernels, on a plan of one task."""
    from simulator.engine.compiled.block import CompiledBlocks  # noqa: PLC0415 - compiles
    from simulator.engine.compiled.variants import CompiledVariants  # noqa: PLC0415
    from simulator.engine.sampling import Sampling  # noqa: PLC0415
    from simulator.plan.compile import compile_plan  # noqa: PLC0415
    from simulator.scenario.loading import loads  # noqa: PLC0415

    plan = compile_plan(loads(_SCENARIO))
    target, sampling = np.array([0], dtype=np.int32), Sampling("mc", 1)
    blocks = CompiledBlocks(
        plan, sampling, keep_margin=False, finishes=((0, None),), targets=(target,)
    )
    variants = CompiledVariants(plan, sampling, keep_margin=False, finishes=((0, None),))
    return *blocks.kernels(), *variants.kernels()


def _stamp() -> str:
    """What tells the sources, numba and the processor from others."""
    found = [*host()]
    for folder in _FOLDERS:
        for path in sorted((_PACKAGE / folder).glob("*.py")):
            at = path.stat()
            found.append(f"{path} {at.st_size} {at.st_mtime_ns}")
    return sha256("\n".join(found).encode()).hexdigest()[:16]


def _clear(place: Path) -> None:
    """Remove what was compiled from other sources."""
    for pattern in ("*.nbi", "*.nbc", "kernels-*.ready", "kernels-*.sources"):
        for path in place.glob(pattern):
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    warm_up()
