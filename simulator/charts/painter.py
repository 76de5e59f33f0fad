"""Charts drawn by a copy of this process, which loads matplotlib while this one simulates.

The copy is asked once: the results go to it through a pipe, and which charts there are comes back
through another. Without it, or where it fails, this process draws, and the files are the same.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from simulator.run.results import Results

MOST_ITERATIONS = 200_000
"""Beyond these the results weigh more than what a second process saves."""
_THREADS = Path("/proc/self/task")

OnSkip = Callable[[str, str], None]
Draw = Callable[["Results", Path, bool, OnSkip], Sequence[Path]]
"""Draw all charts into a folder, as SVG too or not; told what is skipped. Returns the files."""


@contextmanager
def painter(iterations: int) -> Iterator[Draw]:
    """What draws charts, as far as possible beside the run that goes on meanwhile."""
    copy = _Copy.of_this_process() if iterations <= MOST_ITERATIONS and _may_copy() else None

    def draw(results: "Results", folder: Path, svg: bool, on_skip: OnSkip) -> Sequence[Path]:
        few = results.settings.iterations <= MOST_ITERATIONS
        lean = replace(results, blocks=())
        # What takes an engine to find is found here, where one is loaded.
        vars(lean)["use"] = results.use
        sent = lean, folder, svg
        answer = copy.asked(sent) if copy is not None and few else None
        if isinstance(answer, OSError):
            raise answer
        if answer is None:
            from simulator.charts.gallery import save_charts  # noqa: PLC0415 - takes half a second

            return save_charts(results, folder, svg=svg, on_skip=on_skip)
        written, skipped = answer
        for name, reason in skipped:
            on_skip(name, reason)
        return list[Path](written)

    try:
        yield draw
    finally:
        if copy is not None:
            copy.end()


def _may_copy() -> bool:
    """Whether there is a second core, and no other thread whose locks a copy would inherit."""
    try:
        return len(os.sched_getaffinity(0)) > 1 and len(list(_THREADS.iterdir())) == 1
    except (AttributeError, OSError):  # no Linux
        return False


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of this process that draws, and the pipes to it and from it."""

    process: int
    requests: IO[bytes]
    answers: IO[bytes]

    @classmethod
    def of_this_process(cls) -> "_Copy | None":
        """Begin one; None where the system has no room for it."""
        asked, asking = os.pipe()
        answered, answering = os.pipe()
        try:
            process = os.fork()
        except OSError:
            for end in (asked, asking, answered, answering):
                os.close(end)
            return None
        if process == 0:
            os.close(asking)
            os.close(answered)
            _paint(asked, answering)
        os.close(asked)
        os.close(answering)
        return cls(process, os.fdopen(asking, "wb"), os.fdopen(answered, "rb"))

    def asked(self, what: object) -> Any:
        """What it answers; None if it cannot."""
        try:
            pickle.dump(what, self.requests, protocol=pickle.HIGHEST_PROTOCOL)
            self.requests.close()
            return pickle.load(self.answers)
        except (OSError, EOFError, pickle.PickleError):
            return None

    def end(self) -> None:
        """Leave no process behind: by now it has answered, or nobody wants to know."""
        for stream in (self.requests, self.answers):
            with suppress(OSError):
                stream.close()
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def _paint(asked: int, answering: int) -> NoReturn:
    """What the copy does: get ready, draw what it is sent, tell, and be gone.

    Interrupts on the keyboard, and what stands in the way of output, are for the first process.
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        from simulator.charts.gallery import save_charts, warm_up  # noqa: PLC0415

        warm_up()
        with os.fdopen(asked, "rb") as requests, os.fdopen(answering, "wb") as answers:
            results, folder, svg = pickle.load(requests)
            skipped: list[tuple[str, str]] = []
            answer: object
            try:
                written = save_charts(
                    results, folder, svg, on_skip=lambda *chart: skipped.append(chart)
                )
                answer = written, skipped
            except OSError as error:
                answer = error
            pickle.dump(answer, answers)
    finally:
        os._exit(0)
