"""Distributions as a scenario writes them: one key, the kind, and what stands under it.

The kinds themselves are in `distribution_kinds`; here is their registry and the way in.
"""

from difflib import get_close_matches
from pathlib import Path

from simulator.scenario.distribution_kinds.base import Distribution, Schema
from simulator.scenario.distribution_kinds.betas import Beta, Pert
from simulator.scenario.distribution_kinds.counted import Discrete, Poisson, Samples
from simulator.scenario.distribution_kinds.metalog import Metalog
from simulator.scenario.distribution_kinds.normals import Lognormal, Normal
from simulator.scenario.distribution_kinds.reading import nearest, short
from simulator.scenario.distribution_kinds.tails import Exponential, Gamma, Pareto, Weibull
from simulator.scenario.distribution_kinds.triangles import Triangular, Trigen, Uniform

KINDS: dict[str, type[Distribution]] = {
    "uniform": Uniform,
    "triangular": Triangular,
    "pert": Pert,
    "trigen": Trigen,
    "normal": Normal,
    "lognormal": Lognormal,
    "exponential": Exponential,
    "gamma": Gamma,
    "beta": Beta,
    "weibull": Weibull,
    "pareto": Pareto,
    "metalog": Metalog,
    "discrete": Discrete,
    "samples": Samples,
    "poisson": Poisson,
}
"""Every kind of distribution by the key that names it."""

__all__ = [
    "KINDS",
    "Beta",
    "Discrete",
    "Distribution",
    "Exponential",
    "Gamma",
    "Lognormal",
    "Metalog",
    "Normal",
    "Pareto",
    "Pert",
    "Poisson",
    "Samples",
    "Triangular",
    "Trigen",
    "Uniform",
    "Weibull",
    "is_distribution",
    "json_schema",
    "parse_distribution",
]


def is_distribution(raw: object) -> bool:
    """Whether a value of the file is meant as a distribution, be it misspelt."""
    if isinstance(raw, Distribution):
        return True
    if not isinstance(raw, dict):
        return False
    return any(isinstance(key, str) and _looks_like_kind(key) for key in raw)


def parse_distribution(raw: object, folder: Path | None) -> Distribution:
    """Read a mapping with one key, the kind; files of samples lie in `folder`.

    Raises
    ------
    ValueError
        It is no distribution, or an impossible one; the message says what was expected.
    """
    if isinstance(raw, Distribution):
        return raw
    if not isinstance(raw, dict):
        expected = "a mapping such as {pert: [15d, 20d, 40d]}"
        raise ValueError(f"{short(raw)} is not a distribution; expected {expected}")  # noqa: TRY004 - a user's value
    if "samples" in raw and set(raw) <= {"samples", "unit"}:
        return Samples.read_with_unit(raw["samples"], raw.get("unit"), folder)
    _check_key(raw)
    ((kind, body),) = raw.items()
    return KINDS[kind].read(body, folder)


def json_schema() -> Schema:
    """JSON Schema of a distribution: one of the kinds, each an object with one key."""
    return {"oneOf": [_kind_schema(kind, found) for kind, found in KINDS.items()]}


def _kind_schema(kind: str, found: type[Distribution]) -> Schema:
    properties: Schema = {kind: found.schema()}
    if found is Samples:
        properties["unit"] = {"type": "string"}
    return {
        "title": kind,
        "type": "object",
        "properties": properties,
        "required": [kind],
        "additionalProperties": False,
    }


def _check_key(raw: dict[object, object]) -> None:
    valid = ", ".join(KINDS)
    for key in raw:
        if not isinstance(key, str) or key not in KINDS:
            hint = nearest(key, KINDS)
            raise ValueError(f"unknown distribution {short(key)}{hint} (valid: {valid})")
    if len(raw) != 1:
        found = " and ".join(map(str, raw)) or "no key"
        raise ValueError(f"a distribution has one key, its kind; found {found} (valid: {valid})")


def _looks_like_kind(key: str) -> bool:
    return key in KINDS or bool(get_close_matches(key.lower(), list(KINDS), n=1, cutoff=0.8))
