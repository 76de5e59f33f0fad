"""Blocks joined in order, so that their number and size never show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.plan.work_calendar import Floats
from simulator.run.block import Block, Counts
from simulator.run.settings import CHUNK
from simulator.run.side_by_side import side_by_side


@dataclass(frozen=True, slots=True)
class Joined:
    """Everything kept of a run; shapes as in `Block`, with N iterations and means for sums.

    Counts are by group of iterations, (G, ...): groups are independent of each other.
    """

    finish: Floats
    duration: Floats
    cost: Floats
    present_value: Floats | None
    finishes: Floats
    trials: Counts
    """(G,): iterations."""
    critical: Counts
    """(G, targets, tasks)"""
    present: Counts
    """(G, T)"""
    occurred: Counts
    rework_spent: Counts
    merging: tuple[int, ...]
    merge_bias: Floats
    """(M,): mean of when rows became ready less the latest mean of their ends, milliseconds."""
    waited: Floats
    """(2, K): mean milliseconds that rows waited for their needs, and the share that waited."""
    met: Floats
    """Mean milliseconds that rows of boards waited for their meetings."""
    lived: int
    """How many iterations the compiled engine left to SimPy."""
    cash: Floats
    """(months,) means."""
    accounts: Floats
    task_start: Floats
    task_finish: Floats
    task_present: npt.NDArray[np.bool_]
    task_cash: Floats


def join(blocks: Sequence[Block], groups: int = 1) -> Joined:
    """Put blocks together in the order of their iterations; chunk c counts in group c % groups."""
    finish = side_by_side([block.finish for block in blocks])
    count = len(finish)
    sizes = np.diff(np.minimum(np.arange(0, count + CHUNK, CHUNK), count))
    values = [block.present_value for block in blocks if block.present_value is not None]
    return Joined(
        finish=finish,
        duration=side_by_side([block.duration for block in blocks]),
        cost=side_by_side([block.cost for block in blocks]),
        present_value=side_by_side(values) if values else None,
        finishes=side_by_side([block.finishes for block in blocks]),
        trials=_grouped([sizes], groups),
        critical=_grouped([block.critical for block in blocks], groups),
        present=_grouped([block.present for block in blocks], groups),
        occurred=_grouped([block.occurred for block in blocks], groups),
        rework_spent=_grouped([block.rework_spent for block in blocks], groups),
        merging=blocks[0].merging,
        merge_bias=_merge_bias(blocks, count),
        waited=np.sum([block.waited for block in blocks], axis=0) / count,
        met=np.sum([block.met for block in blocks], axis=0) / count,
        lived=sum(block.lived for block in blocks),
        cash=_padded([block.cash for block in blocks]).sum(axis=1) / count,
        accounts=np.concatenate([block.accounts for block in blocks], axis=1).sum(axis=1) / count,
        task_start=_beside([block.task_start for block in blocks]),
        task_finish=_beside([block.task_finish for block in blocks]),
        task_present=_beside([block.task_present for block in blocks]),
        task_cash=_padded([block.task_cash for block in blocks]),
    )


def _grouped(counts: Sequence[Counts], groups: int) -> Counts:
    """Add up counts of blocks by chunk (chunks, ...), or for one group by block, to (G, ...)."""
    found = np.zeros((groups, *counts[0].shape[1:]), dtype=np.int64)
    chunk = 0
    for block in counts:
        for group in range(min(groups, len(block))):
            found[(chunk + group) % groups] += block[group::groups].sum(axis=0)
        chunk += len(block)
    return found


def _merge_bias(blocks: Sequence[Block], count: int) -> Floats:
    """The mean of when rows became ready less the latest mean of their ends, (M,)."""
    if not blocks[0].merging:
        return np.empty(0)
    ready = np.sum([block.ready for block in blocks], axis=0)
    ends = np.sum([block.ends for block in blocks], axis=0)
    latest = np.maximum.reduceat(ends, blocks[0].ends_first)
    return np.asarray(ready / count - latest / count)


def _beside(blocks: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Blocks side by side; not copied if but one has anything, since tasks take much memory."""
    there = [block for block in blocks if block.shape[1]]
    return there[0] if len(there) == 1 else np.concatenate(there or blocks, axis=1)


def _padded(blocks: Sequence[Floats]) -> Floats:
    """Blocks side by side; those that end in an earlier month have nothing in the later ones."""
    months = max(len(block) for block in blocks)
    if all(len(block) == months for block in blocks):
        return _beside(blocks)
    return np.concatenate(
        [np.pad(block, ((0, months - len(block)), (0, 0))) for block in blocks], axis=1
    )
