"""Every kernel is compiled before the first run, once."""

from pathlib import Path

import pytest


class Kernels:
    """Kernels that only say that they were called."""

    def __init__(self, count: int) -> None:
        self.called: list[int] = []
        self.calls = tuple(lambda k=k: self.called.append(k) for k in range(count))


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernels:
    """Three of them, with a cache of their own and no helper."""
    from simulator.engine.compiled import warm

    found = Kernels(3)
    monkeypatch.setattr(warm, "CACHE", tmp_path)
    monkeypatch.setattr(warm, "_kernels", lambda: found.calls)
    monkeypatch.setattr(warm, "_helper", lambda claims: None)
    return found


def test_kernels_are_compiled_until_the_mark_says_that_they_are(kernels, tmp_path):
    """The mark is named after the sources; what older ones left is removed."""
    from simulator.engine.compiled.warm import warm_up

    (tmp_path / "old.nbi").touch()
    (tmp_path / "kernels-old.ready").touch()
    warm_up()
    assert set(kernels.called) == {0, 1, 2}
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".ready", ".sources"]
    kernels.called.clear()
    warm_up()
    assert not kernels.called


def test_what_other_sources_left_is_forgotten_once(kernels, tmp_path):
    """Kernels that are compiled when they are needed stay until the sources change."""
    from simulator.engine.compiled.warm import forget_others, warm_up

    (tmp_path / "old.nbi").touch()
    forget_others()
    assert not (tmp_path / "old.nbi").exists()
    (tmp_path / "own.nbi").touch()
    forget_others()
    warm_up()
    assert (tmp_path / "own.nbi").exists()


def test_without_a_cache_there_is_nothing_to_warm(kernels, monkeypatch):
    """Kernels are then compiled when they are first called."""
    from simulator.engine.compiled import warm

    monkeypatch.setattr(warm, "CACHE", None)
    warm.warm_up()
    assert not kernels.called


def test_a_helper_takes_what_is_left_from_the_end(kernels, tmp_path):
    """What another process has claimed is left to it."""
    from simulator.engine.compiled.warm import help_along

    (tmp_path / "0").touch()
    help_along(str(tmp_path))
    assert kernels.called == [2, 1]
