"""Charts drawn by copies of this process, which load matplotlib while this one simulates.

The first copy is shown the results and told where to draw; it makes a second one of itself, and
each takes the next chart until there is none. Without copies, or where they fail, this process
draws, and the files are the same.
"""

import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from simulator.run.copies import Copy

if TYPE_CHECKING:
    from simulator.run.results import Results

MOST_ITERATIONS = 200_000
"""Beyond these the results weigh more than what a second process saves."""

OnSkip = Callable[[str, str], None]
_Drawn = dict[str, tuple[list[Path], str | None]]
"""By the name of a chart its files, or why there is none."""


class Painter:
    """What draws the charts of one run."""

    def __init__(self, copy: Copy | None) -> None:
        self._copy = copy
        self._shown: Results | None = None
        self._svg = False

    def show(self, results: "Results", *, svg: bool) -> None:
        """What will be drawn, as SVG too or not."""
        self._shown, self._svg = results, svg
        if self._copy is not None and results.settings.iterations <= MOST_ITERATIONS:
            self._copy.ask(replace(results, blocks=()))
        else:
            self._copy = None

    def draw(self, folder: Path, on_skip: OnSkip) -> Sequence[Path]:
        """Draw all charts of what was shown into a folder; told what is skipped."""
        if self._shown is None:
            raise ValueError("nothing was shown")
        answer = None
        if self._copy is not None:
            # What takes an engine to find is found here, where one is loaded.
            self._copy.ask((self._shown.use, folder, self._svg))
            answer = self._copy.answer()
        if isinstance(answer, OSError):
            raise answer
        if answer is None:
            from simulator.charts.gallery import save_charts  # noqa: PLC0415 - takes half a second

            return save_charts(self._shown, folder, svg=self._svg, on_skip=on_skip)
        for name, (_, reason) in answer.items():
            if reason is not None:
                on_skip(name, reason)
        return [path for written, _ in answer.values() for path in written]


@contextmanager
def painter(iterations: int) -> Iterator[Painter]:
    """What draws charts, as far as possible beside the run that goes on meanwhile."""
    copy = Copy.doing(_paint) if iterations <= MOST_ITERATIONS else None
    try:
        yield Painter(copy)
    finally:
        if copy is not None:
            copy.end()


def _paint(requests: IO[bytes]) -> object:
    """What the first copy does: get ready, look at the results, draw."""
    from simulator.charts.gallery import CHARTS, OF_SOME, warm_up  # noqa: PLC0415

    warm_up()
    results = pickle.load(requests)
    use, folder, svg = pickle.load(requests)
    vars(results)["use"] = use
    # Those of some runs take longest.
    names = [*OF_SOME, *CHARTS]
    claims, claiming = os.pipe()
    os.write(claiming, bytes(range(len(names))))
    os.close(claiming)

    def draw(_: IO[bytes]) -> object:
        found: _Drawn = {}
        try:
            while claimed := os.read(claims, 1):
                name = names[claimed[0]]
                found[name] = _chart(results, name, folder, svg=svg)
        except OSError as error:
            return error
        return found

    second = Copy.doing(draw, of_copy=True)
    answers = [draw(requests), *([] if second is None else [second.answer()])]
    return _together(answers, [*CHARTS, *OF_SOME])


def _chart(
    results: "Results", name: str, folder: Path, *, svg: bool
) -> tuple[list[Path], str | None]:
    """One chart's files, or why it would show nothing; nobody misses those of some runs."""
    from simulator.charts.gallery import CHARTS, save_charts  # noqa: PLC0415

    told: list[str] = []
    written = save_charts(
        results, folder, svg, [name], on_skip=lambda _, reason: told.append(reason)
    )
    return written, told[0] if told and name in CHARTS else None


def _together(answers: Sequence[Any], names: Sequence[str]) -> Mapping[str, Any] | OSError | None:
    """What all copies drew, in the order of the charts; None if one of them did not say."""
    found: _Drawn = {}
    for answer in answers:
        if answer is None or isinstance(answer, OSError):
            return answer
        found |= answer
    return {name: found[name] for name in names}
