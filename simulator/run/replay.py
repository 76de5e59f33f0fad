"""One future of a run, lived through again: which one, when everything happened in it, and why."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.engine.draws import Draws, draw
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.engine.schedule import Durations, Schedule
from simulator.errors import RunError, SettingsError
from simulator.estimates.quantiles import rank
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE
from simulator.run.results import Results
from simulator.run.settings import Settings

Waiting = tuple[float, float, int]
"""From when to when a row waited, and for which pool."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One iteration of a run, lived through by the SimPy engine.

    `schedule` has N = 1. `turns` are those that rows had in vain, as they happened.
    """

    results: Results
    iteration: int
    draws: Draws
    durations: Durations
    schedule: Schedule
    watch: Any
    """`simulator.engine.simpy_engine.Watch`: SimPy is loaded only where a future is replayed."""

    @property
    def plan(self) -> Plan:
        """The plan that was run."""
        return self.results.plan

    @property
    def finish(self) -> float:
        """When the program finishes, in milliseconds from its start; infinite if it never does."""
        return float(self.results.joined.finish[self.iteration])

    @property
    def later_than(self) -> float:
        """The share of the run's futures that finish before this one."""
        return float(np.mean(self.results.joined.finish < self.finish))

    def waits(self) -> dict[int, list[Waiting]]:
        """For each row that waited for units: its stretches of waiting, by the pool charged."""
        found: dict[int, list[Waiting]] = {}
        for turn in self.watch.turns:
            own = found.setdefault(turn.row, [])
            if own and own[-1][2] == turn.charged:
                continue
            if own:
                own[-1] = own[-1][0], turn.at, own[-1][2]
            own.append((turn.at, turn.at, turn.charged))
        for row, own in found.items():
            begin, _, pool = own[-1]
            own[-1] = begin, self.watch.states[row].start, pool
        return {
            row: [each for each in own if each[1] > each[0]]
            for row, own in found.items()
            if self.watch.states[row].exists
        }

    def to_dict(self) -> dict[str, Any]:
        """Exactly what `replay --json` prints."""
        from simulator.run.replay_log import log_of  # noqa: PLC0415 - it tells of replays

        return {
            "iteration": self.iteration,
            "finish": date_or_none(self.plan, self.finish),
            "log": [
                {
                    "time": date_or_none(self.plan, entry.at),
                    "task": entry.task,
                    "event": entry.event,
                    "waiting_for": list(entry.waiting_for),
                    "text": entry.text,
                }
                for entry in log_of(self)
            ],
        }


def window_of(replay: Replay, row: int) -> tuple[str, float, float] | None:
    """The calendar, and from when to when a row waited for it to open; None if it did not.

    Rows that must not be interrupted, and those of tasks that name a calendar, wait for windows;
    nights and weekends of the calendar of all are nobody's wait.
    """
    network, state = replay.plan.network, replay.watch.states[row]
    task = network.tasks[int(network.rows.task[row])].id
    index = int(network.rows.snap[row])
    index = int(network.rows.calendar[row]) if index == NONE else index
    own = replay.plan.scenario.tasks[task].calendar is not None
    if index == NONE or not (own or row in network.unfolding.unbroken):
        return None
    first = next((turn.at for turn in replay.watch.turns if turn.row == row), state.start)
    return (network.calendar(index).name, state.ready, first) if first > state.ready else None


def date_or_none(plan: Plan, at: float) -> str | None:
    """An instant as `2027-01-04T09:00:00`; None if it never comes."""
    return plan.clock.date(at).isoformat() if np.isfinite(at) else None


def iteration_at(results: Results, percent: int) -> int:
    """The iteration whose finish is a percentile of the run's; the first of several."""
    finish = results.joined.finish
    place = rank(percent, len(finish)) - 1
    return int(np.flatnonzero(finish == np.partition(finish, place)[place])[0])


def check_choice(settings: Settings, percentile: int | None, iteration: int | None) -> None:
    """Refuse a choice of a future that cannot be made, before any time is spent.

    Raises
    ------
    SettingsError
        Not one of percentile and iteration is given, or it is out of range.
    """
    if (percentile is None) == (iteration is None):
        raise SettingsError("replay needs one of --percentile and --iteration")
    if percentile is not None and not 1 <= percentile <= 99:
        raise SettingsError(f"percentile {percentile}; expected 1 to 99")
    if iteration is not None and not 0 <= iteration < settings.iterations:
        last = f"{settings.iterations - 1:,}"
        raise SettingsError(f"iteration {iteration}; expected 0 to {last}, or a larger -n")


def replay(results: Results, iteration: int) -> Replay:
    """Live through one iteration of a run again.

    Raises
    ------
    RunError
        It comes out otherwise than in the run: one of the engines is at fault.
    """
    from simulator.engine.simpy_engine import Watch, lived_schedule  # noqa: PLC0415 - heavy

    plan, settings = results.plan, results.settings
    draws = draw(plan, results.sampling, iteration, iteration + 1)
    durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
    watch = Watch()
    schedule = lived_schedule(plan.network, durations, watch)
    found = Replay(results, iteration, draws, durations, schedule, watch)
    lived = float(program_finish(plan.network, durations, schedule)[0])
    if lived != found.finish:
        raise RunError(
            f"iteration {iteration}: the replay finishes {lived - found.finish:+,.0f} ms from what"
            " the run found; please report this with the scenario"
        )
    return found
