"""Dates that stand anywhere in a scenario."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from simulator.scenario.distributions import Distribution
from simulator.scenario.units import Moment, parse_moment
from simulator.scenario.values import Spec

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def latest_of(start: datetime, items: Iterable[object]) -> datetime:
    """The latest date that is named in some parts of a scenario, but not before `start`."""
    latest, stack = start, list(items)
    while stack:
        item = stack.pop()
        if isinstance(item, Moment):
            latest = max(latest, item.at)
        elif isinstance(item, str):
            for moment in _dates_in(item):
                latest = max(latest, moment.at)
        elif isinstance(item, Distribution):
            stack.extend(item.quantities())
        elif isinstance(item, dict):
            stack.extend(item.values())
            stack.extend(item)
        elif isinstance(item, tuple | list):
            stack.extend(item)
        elif isinstance(item, Spec):
            stack.extend(getattr(item, key) for key in item.model_fields_set)
    return latest


def _dates_in(text: str) -> list[Moment]:
    """The dates in a text such as a range of days or the end of a cost line."""
    found = []
    for date in _DATE.findall(text) if "-" in text else ():
        with suppress(ValueError):
            found.append(parse_moment(date))
    return found
