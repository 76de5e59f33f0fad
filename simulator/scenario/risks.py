"""Risks, their hits, mitigations and correlations as the file writes them."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_serializer, model_validator

from simulator.scenario.tasks import Texts
from simulator.scenario.values import (
    Date,
    DateValue,
    Delay,
    Duration,
    Factor,
    FixedRate,
    Id,
    Money,
    Name,
    Plain,
    Probability,
    Spec,
    Wait,
    text_of,
)


class Window(Spec):
    """From one date until another."""

    from_: Date | None = Field(default=None, alias="from")
    until: Date | None = None


class Hit(Spec):
    """What a risk does when it occurs: one or more effects, drawn once, on some tasks.

    `delay` adds work, `wait` postpones the start, `factor` multiplies work, `cost` is charged once.
    """

    name: Name | None = None
    tasks: Texts = ()
    projects: Texts = ()
    pools: Texts = ()
    apply: Literal["each", "first"] | None = None
    draw: Literal["shared", "own"] = "shared"
    delay: Delay | None = None
    wait: Wait | None = None
    factor: Factor | None = None
    cost: Money | None = None
    at: DateValue | None = None
    when: Window | None = None
    units: Plain | None = None
    from_: DateValue | None = Field(default=None, alias="from")
    for_: Duration | None = Field(default=None, alias="for")

    @model_validator(mode="after")
    def _does_something(self) -> "Hit":
        effects = [
            k for k in ("delay", "wait", "factor", "cost", "units") if getattr(self, k) is not None
        ]
        if not effects:
            raise ValueError("the hit has no effect; expected delay, wait, factor, cost or units")
        if {"delay", "wait", "factor"} & set(effects) and not (self.tasks or self.projects):
            raise ValueError(f"`{effects[0]}` needs `tasks` or `projects` to fall on")
        if self.units is not None and not self.pools:
            raise ValueError("`units` needs `pools` to take them from")
        if self.units is None and (self.from_ is not None or self.for_ is not None):
            raise ValueError("`from` and `for` go with `units` of pools")
        if self.at is not None and self.cost is None:
            raise ValueError("`at` says when a `cost` is due; a hit on tasks falls when they start")
        return self


class Chance(Spec):
    """A chance that depends on whether other risks occur; the first condition that holds counts."""

    conditions: tuple[tuple[Name, Probability], ...]
    otherwise: Probability = 0.0

    @model_serializer
    def _as_written(self) -> dict[str, float]:
        return {**{f"if {risk}": p for risk, p in self.conditions}, "else": self.otherwise}


def _chance(raw: object) -> object:
    if not isinstance(raw, dict) or "conditions" in raw:
        return raw
    conditions = []
    for key, chance in raw.items():
        if str(key).startswith("if "):
            conditions.append((str(key)[3:].strip(), chance))
        elif key != "else":
            raise ValueError(
                f"cannot read `{key}` in a chance; expected `if RISK: 0.5` and `else: 0.1`"
            )
    if not conditions:
        raise ValueError("a conditional chance needs at least one `if RISK: 0.5`")
    return {"conditions": tuple(conditions), "otherwise": raw.get("else", 0.0)}


class Risk(Spec):
    """Something that occurs or does not; with chance 1 it is a common factor."""

    name: Name = ""
    chance: Annotated[Probability | Chance, BeforeValidator(_chance)] | None = None
    rate: FixedRate | None = None
    during: Name | None = None
    when: Window | None = None
    at: DateValue | None = None
    stops: Name | None = None
    hits: tuple[Hit, ...] = ()
    tags: dict[Id, Annotated[str, BeforeValidator(text_of)]] = Field(default_factory=dict)
    """What a register says beside: its owner, its category."""

    @model_validator(mode="after")
    def _complete(self) -> "Risk":
        if (self.chance is None) == (self.rate is None):
            raise ValueError("a risk has either a `chance` or a `rate ... during` a task")
        if (self.rate is None) != (self.during is None):
            raise ValueError("`rate` and `during` belong together")
        if not self.hits and not self.stops:
            raise ValueError("the risk does nothing; expected `hits` or `stops`")
        targets = any(hit.tasks or hit.projects for hit in self.hits)
        if self.stops and self.at is None and not targets:
            raise ValueError("`stops` needs `at` or a hit on a task that says when")
        return self


class Lever(Spec):
    """What a mitigation does to one risk: a new chance, and a scale on its effects."""

    chance: Probability | None = None
    effects: Annotated[Plain, Field(ge=0)] | None = None


class Mitigation(Spec):
    """A lever with a cost that changes risks or pools."""

    name: Name = ""
    cost: Money = 0.0
    at: Date | None = None
    on: dict[Id, Lever] = Field(default_factory=dict)
    units: dict[Id, Plain] = Field(default_factory=dict)
    bought: bool = False


class Correlation(Spec):
    """Rank correlation between the durations or costs of tasks."""

    between: Annotated[Texts, Field(min_length=1)]
    of: Literal["duration", "cost", "both"] = "duration"
    rho: Annotated[Plain, Field(ge=-1, le=1)]
