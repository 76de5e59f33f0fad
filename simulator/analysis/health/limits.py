"""What checks allow: the bounds and measures of a house, where they differ from the usual ones."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches

from simulator.analysis.health.finding import COUNT, INDEX, SHARE, Bound
from simulator.errors import SettingsError

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")


@dataclass(frozen=True, slots=True)
class Limits:
    """Measures in working days unless said otherwise, and bounds of checks by their id."""

    high_float: float = 44.0
    """Total float beyond which a successor is probably missing. DCMA 6."""
    high_duration: float = 44.0
    """Work beyond which nobody can judge progress. DCMA 8."""
    long_lag: float = 10.0
    """A fixed lag as long as this is work of somebody."""
    near: float = 5.0
    """Paths that end this close to each other compete for being the latest."""
    paths: float = 3.0
    """How many of them make a merge that moves the mean."""
    narrow: float = 0.2
    """P10 to P90 as a share of the median: at most ten percent up or down."""
    stretch: float = 2.0
    """How many times as long as usual work may take on the clock."""
    bounds: Mapping[str, Bound] = field(default_factory=dict)

    def bound(self, check: str, usual: Bound) -> Bound:
        """The bound of a check."""
        return self.bounds.get(check, usual)


MEASURES = tuple(each.name for each in fields(Limits) if each.name != "bounds")


def limits_of(settings: Iterable[str], usual: Mapping[str, Bound]) -> Limits:
    """Limits from texts such as `lags=10%`, `leads=2`, `cpli=0.9` or `high_float=60`.

    `usual` holds the usual bound of every check by its id; a measure of the same name as a check
    takes plain numbers, and the check's bound the percents.

    Raises
    ------
    SettingsError
        A text is no limit, or names nothing that has one.
    """
    limits = Limits()
    for text in settings:
        name, sign, value = (part.strip() for part in text.partition("="))
        match = _NUMBER.fullmatch(value)
        if not sign or match is None:
            raise SettingsError(f"limit {text!r}; expected for example lags=10% or high_float=60")
        number, percents = float(match[1]), bool(match[2])
        if name in MEASURES and not percents:
            limits = _with_measure(limits, text, name, number)
        elif name in usual:
            bound = _bound(text, usual[name], number, percents)
            limits = replace(limits, bounds={**limits.bounds, name: bound})
        else:
            raise SettingsError(f"limit {text!r}: {unknown(name, (*usual, *MEASURES))}")
    return limits


def unknown(name: str, known: Iterable[str]) -> str:
    """What is wrong with a name, and what may be meant."""
    names = list(known)
    nearest = get_close_matches(name, names, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"expected one of {', '.join(names)}"
    return f"there is no {name or 'name'}; {hint}"


def _with_measure(limits: Limits, text: str, name: str, number: float) -> Limits:
    if number <= 0:
        raise SettingsError(f"limit {text!r}; expected more than 0")
    changes = {name: number}
    return replace(limits, **changes)  # type: ignore[arg-type] # all measures are numbers


def _bound(text: str, usual: Bound, number: float, percents: bool) -> Bound:
    if usual.kind == INDEX:
        if percents:
            raise SettingsError(f"limit {text!r} is that of an index; expected for example 0.95")
        return Bound(INDEX, number)
    if percents and number > 100:
        raise SettingsError(f"limit {text!r}; expected at most 100%")
    return Bound(SHARE, number / 100) if percents else Bound(COUNT, number)
