"""Qualitative scales: what `very high`, `VH`, `5` or `4 - likely` stand for.

The default has five levels. Chances 10, 30, 50, 70 and 90 % and the bounds of cost, 1, 5 and 10 %
of the budget, are those of the Risk Management Guide for DoD Acquisition (sixth edition, 2006,
levels of likelihood and consequence criteria); the bounds of time, a week, a month, three and six
months, those of the example in the PMBOK Guide (sixth edition, 2017, table 11-1). Where they leave
a class open the choice is ours: the lowest cost is at most a tenth of the second, the highest class
reaches to twice its lower bound. Within a class nothing says where, so a range is uniform over it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.importers.registers.words import words_of

KINDS: Final = ("probability", "schedule", "cost")

_NAMES: Final = (
    (
        "very low|vl|rare|remote|negligible|insignificant|very unlikely|improbable|not likely"
        "|minimal|sehr gering|sehr niedrig|sehr unwahrscheinlich|selten|unbedeutend"
        "|vernachlaessigbar"
    ),
    "low|l|unlikely|minor|small|low likelihood|gering|niedrig|unwahrscheinlich|klein",
    "medium|m|med|moderate|possible|average|mittel|moeglich|maessig|spuerbar|moderat",
    (
        "high|h|likely|probable|major|significant|serious|highly likely|hoch|wahrscheinlich"
        "|gross|erheblich|bedeutend"
    ),
    (
        "very high|vh|almost certain|near certainty|near certain|very likely|severe|critical"
        "|extreme|catastrophic|sehr hoch|sehr wahrscheinlich|fast sicher|katastrophal|kritisch"
        "|existenzbedrohend|sehr gross"
    ),
)
_NUMBERED: Final = re.compile(r"\s*(\d{1,2})\s*(?:[-–—.:=)/(]\s*(.*)|\s+(\D.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Share:
    """A range of shares of the program's budget."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Step:
    """One level of a scale: its names, and its value as a scenario writes it (or a `Share`)."""

    names: tuple[str, ...]
    value: Any

    @property
    def shown(self) -> str:
        """Name and value, as a table shows them."""
        return f"{self.names[0]} = {value_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Scale:
    """The levels of one kind, from the lowest."""

    steps: tuple[Step, ...]

    def value_of(self, text: str) -> Any:
        """The value of a level given by name or number; None where it is neither."""
        step = self.step_of(text)
        return None if step is None else step.value

    def step_of(self, text: str) -> Step | None:
        """The level that a text means; what stands behind its number must be its name."""
        match = _NUMBERED.fullmatch(text)
        if match is None:
            return self._named(text)
        number = int(match[1])
        if not 1 <= number <= len(self.steps):
            return None
        step, rest = self.steps[number - 1], (match[2] or match[3] or "").strip(" )")
        return step if not rest or self._named(rest) == step else None

    def _named(self, text: str) -> Step | None:
        wanted = " ".join(words_of(text))
        return next((step for step in self.steps if wanted in step.names), None)


@dataclass(frozen=True, slots=True)
class Scales:
    """A scale for each of chance, schedule and cost, and where they come from."""

    probability: Scale
    schedule: Scale
    cost: Scale
    source: str

    def of(self, field: str) -> Scale:
        """The scale of a field of a register."""
        if field.endswith("probability"):
            return self.probability
        return self.cost if field.endswith("cost") else self.schedule


def scale(names: Sequence[str], values: Sequence[Any]) -> Scale:
    """A scale from names and values, lowest first; five levels have the usual names as well."""
    steps = []
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        own = " ".join(words_of(name))
        usual = _NAMES[place].split("|") if len(names) == len(_NAMES) else _usual(own)
        steps.append(Step((own, *(each for each in usual if each != own)), value))
    # A name of the user's own counts for its level alone.
    own_names = {step.names[0] for step in steps}
    return Scale(
        tuple(
            Step((step.names[0], *(n for n in step.names[1:] if n not in own_names)), step.value)
            for step in steps
        )
    )


def value_text(value: Any) -> str:
    """The value of a level, in a few characters."""
    if isinstance(value, Share):
        return f"{100 * value.low:g} to {100 * value.high:g} % of the budget"
    if isinstance(value, float):
        return f"{100 * value:g} %"
    if isinstance(value, dict) and "uniform" in value:
        return " to ".join(str(end) for end in value["uniform"])
    return str(value)


def _usual(name: str) -> list[str]:
    return next((names.split("|") for names in _NAMES if name in names.split("|")), [])


def _days(low: int, high: int) -> dict[str, list[str]]:
    return {"uniform": [f"{low}d", f"{high}d"]}


_FIVE: Final = ("very low", "low", "medium", "high", "very high")
DEFAULT: Final = Scales(
    probability=scale(_FIVE, (0.1, 0.3, 0.5, 0.7, 0.9)),
    schedule=scale(
        _FIVE, (_days(0, 5), _days(5, 20), _days(20, 60), _days(60, 120), _days(120, 240))
    ),
    cost=scale(
        _FIVE,
        (Share(0, 0.001), Share(0.001, 0.01), Share(0.01, 0.05), Share(0.05, 0.1), Share(0.1, 0.2)),
    ),
    source="the default scales",
)
"""Five levels; see the module."""
