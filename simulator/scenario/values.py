"""Values of the file: a fixed quantity or a distribution of it, checked for what it measures."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core.core_schema import ValidationInfo

from simulator.scenario.distributions import (
    Distribution,
    is_distribution,
    json_schema,
    parse_distribution,
)
from simulator.scenario.units import (
    Amount,
    Moment,
    Quantity,
    Rate,
    parse_moment,
    parse_quantity,
    quantity_yaml,
    unit_of,
)

Value = Quantity | Distribution
"""What a field may hold: one fixed quantity, or a distribution of such quantities."""

ID = r"^[A-Za-z_][A-Za-z0-9_\-]*$"


class Spec(BaseModel):
    """A part of the scenario file: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def parse_value(raw: object, info: ValidationInfo) -> Value:
    """Read a scalar as a quantity and a mapping as a distribution."""
    if isinstance(raw, Distribution):
        return raw
    if isinstance(raw, dict) or is_distribution(raw):
        folder = (info.context or {}).get("folder")
        return parse_distribution(raw, folder)
    return parse_quantity(raw)


def units_of(value: Value) -> set[str]:
    """What the value, or every parameter of its distribution, measures."""
    return value.units() if isinstance(value, Distribution) else {unit_of(value)}


def units_named(value: Value) -> set[str]:
    """The units of time that the value, or the parameters of its distribution, are written in."""
    quantities = value.quantities() if isinstance(value, Distribution) else (value,)
    return {quantity.unit for quantity in quantities if isinstance(quantity, Amount)}


def value_yaml(value: Value) -> Any:
    """The plain data that reads back as `value`."""
    return value.to_yaml() if isinstance(value, Distribution) else quantity_yaml(value)


def _measure(
    allowed: set[str], example: str, *, zero: bool = False, floor: float | None = None
) -> Callable[[object, ValidationInfo], Value]:
    def check(raw: object, info: ValidationInfo) -> Value:
        value = parse_value(raw, info)
        found = units_of(value)
        if zero and value == 0.0:
            return value
        if not found <= allowed:
            kinds = " and ".join(sorted(found - allowed))
            article = "an" if kinds[0] in "aeiou" else "a"
            raise ValueError(f"{_shown(raw)} is {article} {kinds}; expected {example}")
        if len(found & {"working", "elapsed"}) == 2:
            raise ValueError(f"{_shown(raw)} mixes working and elapsed time; expected one of them")
        if floor is not None and not isinstance(value, Distribution | Moment):
            number = value if isinstance(value, float) else value.value
            if number < floor:
                raise ValueError(f"{_shown(raw)} is below {floor:g}; expected {example}")
        return value

    return check


def _shown(raw: object) -> str:
    text = repr(raw)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _field(validator: Callable[[object, ValidationInfo], Value], title: str) -> Any:
    schema = {"title": title, "anyOf": [{"type": ["number", "string"]}, json_schema()]}
    return (
        PlainValidator(validator),
        PlainSerializer(value_yaml, return_type=Any),
        WithJsonSchema(schema),
    )


if TYPE_CHECKING:
    _Parsed = Value
else:
    # The validators below say all; for the union pydantic would build a schema of every
    # distribution, for every field, at every start.
    _Parsed = Any

_TIME = {"working", "elapsed"}
Duration = Annotated[
    Value,
    *_field(_measure(_TIME, "a duration such as 15d or 30eh", zero=True, floor=0), "duration"),
]
Delay = Annotated[
    Value,
    *_field(_measure({"working"}, "working time such as 20d (a wait may be elapsed)"), "delay"),
]
Wait = Annotated[_Parsed, *_field(_measure(_TIME, "a time such as 5d or 15ed", floor=0), "wait")]
Lag = Annotated[
    Value,
    *_field(_measure({*_TIME, "percent"}, "a lag such as 5d, -2d, 3ed or 50%", zero=True), "lag"),
]


def _planned(raw: object, info: ValidationInfo) -> Value:
    value = _measure({*_TIME, "effort"}, "15d or 60pd", zero=True, floor=0)(raw, info)
    if isinstance(value, Distribution):
        raise ValueError(f"{_shown(raw)} is a range; expected the one value that the plan takes")  # noqa: TRY004
    return value


PlannedWork = Annotated[_Parsed, *_field(_planned, "planned work")]
Effort = Annotated[
    _Parsed, *_field(_measure({"effort"}, "an effort such as 60pd", floor=0), "effort")
]
Number = Annotated[_Parsed, *_field(_measure({"number"}, "a number"), "number")]
Factor = Annotated[
    _Parsed, *_field(_measure({"number"}, "a factor such as 1.2", floor=0), "factor")
]
Share = Annotated[
    _Parsed, *_field(_measure({"number"}, "a share between 0 and 1", floor=0), "share")
]
Money = Annotated[_Parsed, *_field(_measure({"number"}, "an amount of money"), "money")]
MoneyRate = Annotated[
    _Parsed, *_field(_measure({"rate"}, "a rate such as 140/h or 2_400/ed"), "rate")
]
DateValue = Annotated[_Parsed, *_field(_measure({"date"}, "a date such as 2027-06-30"), "date")]


def _moment(raw: object) -> Moment:
    if isinstance(raw, Moment):
        return raw
    if not isinstance(raw, str):
        raise ValueError(f"{_shown(raw)} is not a date; expected 2027-06-30 or 2027-06-30 14:30")  # noqa: TRY004
    return parse_moment(raw)


def _rate(raw: object) -> Rate:
    value = parse_quantity(raw)
    if not isinstance(value, Rate):
        raise ValueError(f"{_shown(raw)} is not a rate; expected for example 0.3/mo")  # noqa: TRY004
    return value


Date = Annotated[
    Moment,
    PlainValidator(_moment),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "title": "date"}),
]
FixedRate = Annotated[
    Rate,
    PlainValidator(_rate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "title": "rate"}),
]
Plain = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Probability = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Name = Annotated[str, Field(strict=True)]
Id = Annotated[str, Field(pattern=ID, strict=True)]


def one_or_many(raw: object) -> object:
    """A single entry where a list is expected stands for a list of one."""
    return (raw,) if isinstance(raw, str | dict) else raw


def text_of(raw: object) -> object:
    """A number where a text is expected stands for its digits."""
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw
