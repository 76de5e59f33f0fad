"""The compiled engine behind the common seam: `(Network, Durations) -> Schedule`."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from simulator.engine.compiled.calendars import raise_trouble
from simulator.engine.compiled.dispatch_tape import Desk, desk_for, pool_tape
from simulator.engine.compiled.follow import follow, kept_for
from simulator.engine.compiled.lanes import (
    ASKED,
    EXISTS,
    FINISH,
    POSITION,
    START,
    STOPPED,
    WORK,
    Lanes,
    lanes_for,
)
from simulator.engine.compiled.network_tape import AT_STOP, Layout, NetworkTape, network_tape
from simulator.engine.compiled.outcome_tape import no_outcomes
from simulator.engine.network_pass import network_pass
from simulator.engine.reruns import needs_reruns, with_reruns
from simulator.engine.rounds import settled_in_rounds
from simulator.engine.schedule import Durations, FirstHit, Schedule, Stop, UnitsHit, Versions
from simulator.plan.plan import Network
from simulator.plan.work_calendar import Floats

_LANES = 256
_WORD = 64


def compiled_pass(network: Network, durations: Durations) -> Schedule:
    """Schedule every row of every iteration by the rules of `simulator.engine.schedule`.

    Hits with windows and hits of rates have no kernels: NumPy places their rows. Where pools are
    shared too it is dispatched in rounds, or by SimPy where rounds do not tell what hits do.
    """
    if needs_reruns(durations):
        return with_reruns(network, durations, compiled_pass)
    inside = durations.inside
    if inside.windows or inside.rates:
        return _settled_inside(network, durations)
    count, stops = durations.iterations, durations.stops
    layout = layout_of(durations)._replace(meetings=len(network.unfolding.board_tasks))
    amounts = amounts_of(durations)
    tape = network_tape(network, np.asarray(durations.exists.all(axis=1)), layout)
    found = _empty(network, durations)
    width = min(_LANES, -(-max(count, 1) // _WORD) * _WORD)
    lanes = lanes_for(tape, width)
    schedule = _scheduler(network, tape, layout, lanes, inside.units)
    for begin in range(0, count, width):
        part = slice(begin, min(begin + width, count))
        n = part.stop - begin
        lanes.times[WORK, :, :n] = durations.work[:, part]
        lanes.flags[EXISTS, :, :n] = durations.exists[:, part]
        lanes.flags[STOPPED] = 0
        lanes.amounts[: len(amounts), :n] = amounts[:, part]
        desk = schedule(part)
        raise_trouble(lanes.trouble, network)
        _keep(found, lanes, part, n)
        if desk is not None and found.waiting is not None and found.short is not None:
            found.waiting[:, part] = desk.all_waited[:, :n]
            found.short[:, part] = desk.all_short[:, :n]
        if found.stop_at is not None:
            at = int(tape.lists[AT_STOP])
            found.stop_at[:, part] = lanes.amounts[at : at + len(stops), :n]
    return found


def _settled_inside(network: Network, durations: Durations) -> Schedule:
    """Schedule by the engines that settle hits inside the schedule."""
    if network.pools is None:
        return network_pass(network, durations)
    found = settled_in_rounds(network, durations, compiled_pass)
    if found is not None:
        return found
    from simulator.engine.simpy_engine import simpy_pass  # noqa: PLC0415 - rarely needed

    return replace(simpy_pass(network, durations), lived=True)


def _scheduler(
    network: Network,
    tape: NetworkTape,
    layout: Layout,
    lanes: Lanes,
    units: tuple[UnitsHit, ...],
) -> Callable[[slice], Desk | None]:
    """What schedules the lanes of some iterations, and fills every clock time."""
    wanted, width = no_outcomes(), lanes.times.shape[2]
    kept, nothing = kept_for(wanted, 0, 0, width), np.zeros(0, dtype=np.int32)
    if network.pools is None:

        def pass_(part: slice) -> None:
            follow(tape, wanted, lanes, kept, nothing, nothing, part.stop - part.start, True)

        return pass_
    from simulator.engine.compiled.dispatch import dispatch  # noqa: PLC0415 - compiles if needed

    pools = pool_tape(network, network.pools, layout, tape)
    desk = desk_for(network, pools, width, 0, tuple(hit.pool for hit in units))

    def dispatch_all(part: slice) -> Desk:
        n = part.stop - part.start
        for number, hit in enumerate(units):
            desk.hit_units[number, :n] = hit.units[part]
            desk.hit_from[number, :n], desk.hit_until[number, :n] = hit.begin[part], hit.end[part]
        dispatch(tape, pools, wanted, lanes, kept, desk, n, True)
        return desk

    return dispatch_all


def layout_of(durations: Durations) -> Layout:
    """What the amounts of these durations are."""
    waits = durations.waits
    gated: tuple[FirstHit | Versions | Stop, ...] = (
        *durations.firsts, *durations.versions.values(), *durations.stops,
    )  # fmt: skip
    thresholds = next((each.thresholds for each in gated if each.thresholds is not None), None)
    return Layout(
        elapsed=tuple(sorted(row for row, each in waits.items() if each.elapsed is not None)),
        working=tuple(sorted(row for row, each in waits.items() if each.working is not None)),
        lags=len(durations.lags),
        dates=len(durations.dates),
        firsts=tuple(np.asarray(first.candidates, dtype=np.int32) for first in durations.firsts),
        versioned=tuple(durations.versions),
        stops=tuple((stop.rows, stop.hit_rows) for stop in durations.stops),
        thresholds=() if thresholds is None else tuple(thresholds.tolist()),
    )


def amounts_of(durations: Durations) -> Floats:
    """The amounts (A, N) in the order of `Layout`."""
    layout, count, waits = layout_of(durations), durations.iterations, durations.waits
    epochs = len(layout.thresholds) + 1
    never = np.full(count, np.inf)
    parts: list[Floats] = [np.zeros((0, count))]
    parts += [np.asarray(waits[row].elapsed)[None] for row in layout.elapsed]
    parts += [np.asarray(waits[row].working)[None] for row in layout.working]
    parts += [durations.lags, durations.dates]
    for kind in ("delay", "elapsed", "working"):
        parts += [getattr(first, kind)[e] for e in range(epochs) for first in durations.firsts]
    for kind in ("work", "elapsed", "working"):
        parts += [
            getattr(version, kind)[e][None]
            for e in range(epochs)
            for version in durations.versions.values()
        ]
    parts += [(never if stop.at is None else stop.at)[None] for stop in durations.stops]
    parts += [
        (np.zeros(count) if stop.occurs is None else stop.occurs[e])[None]
        for e in range(epochs)
        for stop in durations.stops
    ]
    return np.concatenate(parts)


def _empty(network: Network, durations: Durations) -> Schedule:
    shape, stops = durations.work.shape, len(durations.stops)
    pools = network.pools
    start, finish, work, asked, position = (np.empty(shape) for _ in range(5))
    return Schedule(
        start,
        finish,
        np.empty(shape, dtype=bool),
        work,
        asked,
        np.empty(shape, dtype=bool) if stops else None,
        {row: np.empty(shape[1], dtype=np.int32) for row in durations.versions},
        np.empty((stops, shape[1])) if stops else None,
        position,
        None if pools is None else np.empty((len(pools.pool), shape[1])),
        None if pools is None else np.empty(shape, dtype=np.int64),
    )


def _keep(found: Schedule, lanes: Lanes, part: slice, n: int) -> None:
    """Copy the schedule of some lanes out."""
    planes = {"start": START, "finish": FINISH, "work": WORK, "asked": ASKED, "position": POSITION}
    for name, plane in planes.items():
        getattr(found, name)[:, part] = lanes.times[plane, :, :n]
    found.exists[:, part] = lanes.flags[EXISTS, :, :n]
    if found.stopped is not None:
        found.stopped[:, part] = lanes.flags[STOPPED, :, :n]
    for slot, chosen in enumerate(found.chosen.values()):
        chosen[part] = lanes.chosen[slot, :n]
