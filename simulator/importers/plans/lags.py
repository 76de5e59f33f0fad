"""Lags of links, and the calendars that they run in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.importers.plans.calendars import CalendarBook
from simulator.importers.plans.durations import is_elapsed, time_text
from simulator.importers.plans.links import NewLink
from simulator.importers.plans.names import Ref
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.task_calendars import TaskCalendars
from simulator.scenario.units import number_text

_RULES = {
    "PREDECESSOR": "predecessor",
    "SUCCESSOR": "successor",
    "TWENTY_FOUR_HOUR": "24x7",
    "PROJECT_DEFAULT": "program",
}


def lag_rule(outline: Outline) -> str:
    """The calendar in which lags of a project run, by the rules of its tool.

    Primavera's option, by default the predecessor's; MS Project's lags run in the successor's.
    """
    fallback = "predecessor" if outline.primavera else "successor"
    return _RULES.get(outline.project.lag_calendar, fallback)


@dataclass(frozen=True)
class LagWriter:
    """Writes lags; one names its calendar where the program's rule would give another one."""

    outlines: Sequence[Outline]
    choosers: Sequence[TaskCalendars]
    calendars: CalendarBook
    own: Mapping[Ref, str]
    """The calendar that each task has in the scenario."""
    program_calendar: str

    @property
    def rule(self) -> str:
        """The program's rule."""
        return lag_rule(self.outlines[0])

    def keys(self, succ: Ref, link: NewLink) -> dict[str, Any]:
        """The keys of a link that tell its lag."""
        if link.lag is None:
            return {}
        if link.lag.unit == "%":
            return {"lag": f"{number_text(link.lag.value)}%"}
        wanted = self._wanted(succ, link)
        project = self.outlines[succ[0]].project
        text = time_text(link.lag, project, self.calendars.hours_of_day(wanted))
        if is_elapsed(link.lag) or wanted == self._given(succ, link):
            return {"lag": text}
        return {"lag": text, "calendar": wanted}

    def _wanted(self, succ: Ref, link: NewLink) -> str:
        """The calendar of a lag by the rules of the tool."""
        rule = lag_rule(self.outlines[succ[0]])
        if rule == "24x7":
            return rule
        if rule == "successor":
            return self._named(succ)
        if rule == "predecessor" and not isinstance(link.pred, str):
            return self._named(link.pred)
        return self.choosers[succ[0]].default_id

    def _named(self, ref: Ref) -> str:
        number, uid = ref
        return self.choosers[number].own_id(self.outlines[number].rows[uid])

    def _given(self, succ: Ref, link: NewLink) -> str | None:
        """The calendar that a lag has if its link names none; None where that is not known."""
        if self.rule == "24x7":
            return self.rule
        if self.rule == "program":
            return self.program_calendar
        at = succ if self.rule == "successor" else link.pred
        return None if isinstance(at, str) else self.own[at]
