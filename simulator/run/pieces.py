"""Work shared by threads, of which the caller's is one; what it gives comes in order."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 3
"""Pieces that are begun or wait for each thread, before the first of them is asked for."""


def by_threads(
    make: Callable[[T], R],
    todo: Sequence[T],
    threads: int,
    first: Callable[[], object] | None = None,
) -> Iterator[R]:
    """Make each piece, in order, but only few ahead of the one that is asked for.

    The caller's thread makes pieces as well while it would have to wait. Before, it does what is to
    be done `first`: the others are at work by then.
    """
    others = min(threads, len(todo)) - 1
    if others < 1:
        if first is not None:
            first()
        yield from map(make, todo)
        return
    left: deque[T] = deque(todo)
    ahead: deque[_Piece[T, R]] = deque()
    with ThreadPoolExecutor(others) as pool:
        try:
            while left or ahead:
                while left and len(ahead) < _AHEAD * threads:
                    piece = left.popleft()
                    ahead.append(_Piece(piece, pool.submit(make, piece)))
                if first is not None:
                    first()
                    first = None
                while not ahead[0].is_there and any(each.is_taken(make) for each in ahead):
                    pass
                yield ahead.popleft().result()
        finally:
            for each in ahead:
                each.future.cancel()


class _Piece(Generic[T, R]):
    """A piece that another thread makes, unless the caller's has taken it before."""

    def __init__(self, piece: T, future: Future[R]) -> None:
        self.piece, self.future = piece, future
        self.made: list[R] = []

    @property
    def is_there(self) -> bool:
        """Whether nobody needs to wait for it."""
        return self.future.done()

    def is_taken(self, make: Callable[[T], R]) -> bool:
        """Make it here, unless it is there or another thread makes it; whether it was made."""
        if self.made or not self.future.cancel():
            return False
        self.made.append(make(self.piece))
        return True

    def result(self) -> R:
        """What it gave, once that is there."""
        return self.made[0] if self.made else self.future.result()
