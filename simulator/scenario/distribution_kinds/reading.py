"""Read the body of a distribution: lists, mappings, percentiles; faults in a reader's words."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from simulator.scenario.distribution_kinds.base import PERCENTILE_PATTERN
from simulator.scenario.units import Quantity, parse_quantity

_PERCENTILE = re.compile(PERCENTILE_PATTERN)
_LIKE_PERCENTILE = re.compile(r"[pP]\s*-?\d+(\.\d+)?")


def short(raw: object) -> str:
    """A value as text of a length that fits a message."""
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(name: object, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the valid name nearest to a wrong one, else nothing."""
    found = get_close_matches(str(name).lower(), list(valid), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def quantity(kind: str, name: str, raw: object) -> Quantity:
    """Read one parameter that may carry a unit."""
    try:
        return parse_quantity(raw)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"{kind}: {name}: {problem}") from None


def number(kind: str, name: str, raw: object) -> float:
    """Read one parameter that is a plain number."""
    value = quantity(kind, name, raw)
    if not isinstance(value, float):
        raise ValueError(f"{kind}: {name} is {short(raw)}; expected a number without a unit")  # noqa: TRY004 - a user's value
    return value


def listed(kind: str, body: object, names: tuple[str, ...]) -> list[Quantity]:
    """Read `[low, mode, high]`, or the same as a mapping with these names."""
    if isinstance(body, dict):
        found = mapping(kind, body, names)
        return [quantity(kind, name, found[name]) for name in names]
    wanted = f"a list of {len(names)}: [{', '.join(names)}]"
    if not isinstance(body, list | tuple):
        raise ValueError(f"{kind}: {short(body)} is not a list; expected {wanted}")  # noqa: TRY004 - a user's value
    if len(body) != len(names):
        raise ValueError(f"{kind}: {len(body)} values in {short(list(body))}; expected {wanted}")
    return [quantity(kind, name, raw) for name, raw in zip(names, body, strict=True)]


def mapping(
    kind: str,
    body: object,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> dict[str, object]:
    """Read a mapping that has all required keys and no unknown ones."""
    found = _mapping(kind, body, (*required, *optional))
    _refuse_unknown(kind, found, (*required, *optional))
    missing = [name for name in required if name not in found]
    if missing:
        raise ValueError(f"{kind}: {' and '.join(missing)} missing; expected {_names(required)}")
    return found


def percentiles(
    kind: str,
    body: object,
    others: tuple[str, ...],
) -> tuple[tuple[int, ...], tuple[Quantity, ...], dict[str, object]]:
    """Read `{p10: ..., p90: ..., other: ...}` as rising percents, their values, and the others."""
    found = _mapping(kind, body, ("p10", "p90", *others))
    known = [name for name in found if _PERCENTILE.match(name)]
    for name in found:
        if name not in known and name not in others and _LIKE_PERCENTILE.fullmatch(name):
            raise ValueError(f"{kind}: there is no percentile {name!r}; expected p1 to p99")
    _refuse_unknown(kind, found, (*known, *others), shown=("p1 to p99", *others))
    known.sort(key=lambda name: int(name[1:]))
    values = tuple(quantity(kind, name, found[name]) for name in known)
    rest = {name: found[name] for name in others if name in found}
    return tuple(int(name[1:]) for name in known), values, rest


def has_percentiles(body: object) -> bool:
    """Whether a body is stated by percentiles."""
    return isinstance(body, dict) and any(
        isinstance(name, str) and _LIKE_PERCENTILE.fullmatch(name) for name in body
    )


def _mapping(kind: str, body: object, names: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(body, dict):
        raise ValueError(f"{kind}: {short(body)} is not a mapping; expected {_names(names)}")  # noqa: TRY004 - a user's value
    for name in body:
        if not isinstance(name, str):
            raise ValueError(f"{kind}: unknown key {short(name)}; expected {_names(names)}")  # noqa: TRY004 - a user's value
    return body


def _refuse_unknown(
    kind: str,
    found: dict[str, object],
    valid: tuple[str, ...],
    shown: tuple[str, ...] = (),
) -> None:
    for name in found:
        if name not in valid:
            hint = nearest(name, valid)
            expected = ", ".join(shown or valid)
            raise ValueError(f"{kind}: unknown key {short(name)}{hint} (valid: {expected})")


def _names(names: tuple[str, ...]) -> str:
    return f"{{{', '.join(names)}}}"
