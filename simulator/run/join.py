"""Blocks joined in order, so that their number and size never show."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.plan.work_calendar import Floats
from simulator.run.block import Block, Counts


@dataclass(frozen=True, slots=True)
class Joined:
    """Everything kept of a run; shapes as in `Block`, with N iterations and means for sums."""

    finish: Floats
    duration: Floats
    cost: Floats
    present_value: Floats | None
    finishes: Floats
    critical: Counts
    present: Counts
    occurred: Counts
    rework_spent: Counts
    merging: tuple[int, ...]
    merge_bias: Floats
    """(M,): mean of when rows became ready less the latest mean of their ends, milliseconds."""
    cash: Floats
    """(months,) means."""
    accounts: Floats
    task_start: Floats
    task_finish: Floats
    task_present: npt.NDArray[np.bool_]
    task_cash: Floats


def join(blocks: list[Block]) -> Joined:
    """Put blocks together in the order of their iterations."""
    finish = np.concatenate([block.finish for block in blocks])
    count = len(finish)
    ready = np.concatenate([block.ready for block in blocks], axis=1).sum(axis=1) / count
    ends = [
        float(np.max(np.concatenate(parts, axis=1).sum(axis=1))) / count
        for parts in zip(*(block.ends for block in blocks), strict=True)
    ]
    values = [block.present_value for block in blocks if block.present_value is not None]
    return Joined(
        finish=finish,
        duration=np.concatenate([block.duration for block in blocks]),
        cost=np.concatenate([block.cost for block in blocks]),
        present_value=np.concatenate(values) if values else None,
        finishes=np.concatenate([block.finishes for block in blocks], axis=1),
        critical=_added([block.critical for block in blocks]),
        present=_added([block.present for block in blocks]),
        occurred=_added([block.occurred for block in blocks]),
        rework_spent=_added([block.rework_spent for block in blocks]),
        merging=blocks[0].merging,
        merge_bias=ready - np.array(ends),
        cash=_padded([block.cash for block in blocks]).sum(axis=1) / count,
        accounts=np.concatenate([block.accounts for block in blocks], axis=1).sum(axis=1) / count,
        task_start=np.concatenate([block.task_start for block in blocks], axis=1),
        task_finish=np.concatenate([block.task_finish for block in blocks], axis=1),
        task_present=np.concatenate([block.task_present for block in blocks], axis=1),
        task_cash=_padded([block.task_cash for block in blocks]),
    )


def _added(counts: list[Counts]) -> Counts:
    total = counts[0].copy()
    for other in counts[1:]:
        total += other
    return total


def _padded(blocks: list[Floats]) -> Floats:
    """Blocks side by side; those that end in an earlier month have nothing in the later ones."""
    months = max(len(block) for block in blocks)
    return np.concatenate(
        [np.pad(block, ((0, months - len(block)), (0, 0))) for block in blocks], axis=1
    )
