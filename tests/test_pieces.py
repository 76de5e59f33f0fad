"""Pieces of work shared by threads: all of them once, in order, and not too far ahead."""

import threading
import time

import pytest

from simulator.run.pieces import by_threads


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 40])
def test_all_pieces_come_once_and_in_order(threads, count):
    made = []

    def make(piece):
        made.append(piece)
        time.sleep(0.001 * (piece % 3))
        return -piece

    assert list(by_threads(make, range(count), threads)) == [-piece for piece in range(count)]
    assert sorted(made) == list(range(count))


@pytest.mark.parametrize("threads", [1, 2])
def test_what_comes_first_is_done_once_by_the_caller(threads):
    done = []
    found = by_threads(abs, [-1, -2, -3], threads, first=lambda: done.append(threading.get_ident()))
    assert list(found) == [1, 2, 3]
    assert done == [threading.get_ident()]


def test_the_caller_and_others_work_at_the_same_time():
    both = threading.Barrier(2, timeout=30)
    makers = set()

    def make(piece):
        makers.add(threading.get_ident())
        return piece, both.wait() >= 0

    assert [piece for piece, _ in by_threads(make, range(6), 2)] == list(range(6))
    assert len(makers) == 2
    assert threading.get_ident() in makers


def test_only_few_are_made_ahead():
    made = []

    def make(piece):
        made.append(piece)
        return piece

    found = by_threads(make, range(100), 2)
    assert next(found) == 0
    time.sleep(0.05)
    assert len(made) <= 6
    found.close()
    assert len(made) <= 6


@pytest.mark.parametrize("threads", [1, 3])
def test_errors_come_in_turn(threads):
    def make(piece):
        if piece == 4:
            raise ValueError("four")
        return piece

    found = []
    with pytest.raises(ValueError, match="four"):
        found += by_threads(make, range(9), threads)
    assert threading.active_count() < 10
