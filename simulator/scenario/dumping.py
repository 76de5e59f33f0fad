"""A scenario as YAML text, and the digest of what it means."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

import yaml
from pydantic import BaseModel

from simulator.scenario.distributions import Samples
from simulator.scenario.program import Scenario
from simulator.scenario.scalars import plain_scalar
from simulator.scenario.units import quantity_yaml

_NAMED: Final = {"__all__": {"name"}}
_DISPLAY_ONLY: Final[dict[str, Any]] = {
    "program": {"name": True, "costs": _NAMED},
    "pools": _NAMED,
    "boards": {"__all__": {"name", "members"}},
    "stakeholders": True,
    "projects": {
        "__all__": {
            "name": True,
            "tasks": {"__all__": {"name", "source_uid"}},
            "costs": _NAMED,
        }
    },
    "risks": _NAMED,
    "mitigations": _NAMED,
    "objectives": _NAMED,
}
"""What changes no result. The name of a hit does: it is the address of its draws."""

_UNORDERED: Final = frozenset(
    {"boards", "calendars", "classes", "cost", "costs", "defects", "escaped_defects", "finds"}
    | {"mitigations", "objectives", "on", "risks", "sizes", "tags", "units"}
)
"""Mappings whose order means nothing. It does for projects, tasks and pools (who is served first),
needs (whose units an effort counts), outcomes, conditions of a chance, and days of a calendar."""


class _Dumper(yaml.CSafeDumper):
    """Writes what reads back by the rules of YAML 1.2, each value in full."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002, RUF100 - signature of the base
        """Never an alias for a value that stands twice."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Quoted where YAML 1.2 would read something else; the library itself goes by 1.1."""
    try:
        quoted = plain_scalar(text) != text
    except ValueError:
        quoted = True
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if quoted else None)


_Dumper.add_representer(str, _text)


def dump(scenario: BaseModel) -> str:
    """The scenario as YAML text that reads back as the same scenario.

    Keys stand in the order of the models; what is at its default is left out.
    """
    data = _tidy(scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    text: str = yaml.dump(
        {"format": 1, **data},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    return text


def digest(scenario: Scenario) -> str:
    """Sixteen characters that are the same for scenarios that mean the same.

    Defaults written out, names for display, the order of what has none, and the way a number is
    written do not count; the values behind samples do.
    """
    data = scenario.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude=_DISPLAY_ONLY
    )
    samples = [[quantity_yaml(value) for value in each.values] for each in _samples(scenario)]
    meaning = json.dumps([_ordered(_tidy(data)), samples], ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(meaning.encode()).hexdigest()[:16]


def _tidy(data: Any) -> Any:
    """The same data with whole numbers as integers."""
    if isinstance(data, dict):
        return {key: _tidy(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_tidy(value) for value in data]
    whole = isinstance(data, float) and data.is_integer() and abs(data) < 1e15
    return int(data) if whole else data


def _ordered(data: Any, *, sort: bool = False) -> Any:
    """Mappings as lists of pairs, sorted where their order means nothing."""
    if isinstance(data, list):
        return [_ordered(value) for value in data]
    if not isinstance(data, dict):
        return data
    pairs = [[key, _ordered(value, sort=key in _UNORDERED)] for key, value in data.items()]
    return {"": sorted(pairs, key=lambda pair: str(pair[0])) if sort else pairs}


def _samples(value: object) -> Iterator[Samples]:
    """Every sampled distribution inside a part of the scenario, in declared order."""
    if isinstance(value, Samples):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _samples(getattr(value, name))
    elif isinstance(value, dict):
        for key in sorted(value) if all(isinstance(key, str) for key in value) else value:
            yield from _samples(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _samples(item)
