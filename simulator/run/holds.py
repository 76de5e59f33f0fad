"""What holds tasks back besides pools and boards: means over the first iterations of a run."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.engine.draws import Draws
from simulator.engine.holding import held_back
from simulator.engine.schedule import Durations, Schedule
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Estimator, Sample
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Hold:
    """How long something holds a task back; `kind` and `id` as in `engine.holding.Held`."""

    task: str
    kind: str
    id: str
    hours: Estimate
    """Mean working hours of the task, in all futures."""
    chance: Estimate
    """The share of futures in which it does."""

    def to_dict(self) -> dict[str, Any]:
        """As it stands in `result.json`."""
        return {
            "task": self.task,
            "kind": self.kind,
            "id": self.id,
            "hours": self.hours.to_dict(),
            "chance": self.chance.to_dict(),
        }


class Holds:
    """Adds up, block after block, how long each task is held back, and by what."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._blocks: list[dict[tuple[str, str, str], Floats]] = []
        self._sizes: list[int] = []

    def note(self, draws: Draws, durations: Durations, schedule: Schedule) -> None:
        """Look at the schedules of a block."""
        network = self._plan.network
        block: dict[tuple[str, str, str], Floats] = {}
        for held in held_back(self._plan, draws, durations, schedule):
            if held.time.any():
                task = network.tasks[int(network.rows.task[held.row])].id
                key = task, held.kind, held.id
                block[key] = block[key] + held.time if key in block else held.time
        self._blocks.append(block)
        self._sizes.append(durations.iterations)

    def found(self, estimator: Estimator) -> tuple[Hold, ...]:
        """What holds tasks back in some future, the longest waits first."""
        keys = dict.fromkeys(key for block in self._blocks for key in block)
        holds = []
        for key in keys:
            parts = zip(self._blocks, self._sizes, strict=True)
            time = np.concatenate([block.get(key, np.zeros(size)) for block, size in parts])
            mean = estimator.mean(Sample(time / MS_PER_HOUR))
            holds.append(Hold(*key, mean, estimator.probability(time > 0)))
        return tuple(sorted(holds, key=lambda hold: -hold.hours.value))
