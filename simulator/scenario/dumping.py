"""A scenario as YAML text, and the digest of what it means."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, Final

import yaml
from pydantic import BaseModel

from simulator.scenario.distributions import Pert, Samples, Triangular, Uniform
from simulator.scenario.program import Scenario
from simulator.scenario.scalars import plain_scalar
from simulator.scenario.tasks import Link, Project, Task
from simulator.scenario.units import Amount, number_text, quantity_yaml

_NAMED: Final = {"__all__": {"name"}}
_DISPLAY_ONLY: Final[dict[str, Any]] = {
    "program": {"name": True, "costs": _NAMED},
    "pools": _NAMED,
    "boards": {"__all__": {"name", "members"}},
    "stakeholders": True,
    "risks": {"__all__": {"name", "tags"}},
    "mitigations": _NAMED,
    "objectives": _NAMED,
}
"""What changes no result, beside names in projects. The name of a hit does: it is the address of
its draws."""

_UNORDERED: Final = frozenset(
    {"boards", "calendars", "classes", "cost", "costs", "defects", "escaped_defects", "finds"}
    | {"mitigations", "objectives", "on", "risks", "sizes", "tags", "units"}
)
"""Mappings whose order means nothing. It does for projects, tasks and pools (who is served first),
needs (whose units an effort counts), outcomes, conditions of a chance, and days of a calendar."""

_SHORT: Final = frozenset({"name", "duration", "after", "source_uid"})
_TASK_DISPLAY: Final = {"name": True, "source_uid": True}
_LISTED: Final[dict[type, tuple[str, tuple[str, ...]]]] = {
    Amount: ("", ()),
    Uniform: ("uniform", ("low", "high")),
    Triangular: ("triangular", ("low", "mode_value", "high")),
    Pert: ("pert", ("low", "mode_value", "high")),
}
"""What is written as one amount, or as the list of them under its kind."""
_NO_WRAP: Final = 1_000_000
_LONGEST_WHOLE: Final = len("999999999999999.0")


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
    text: str = yaml.dump(
        {"format": 1, **plain_data(scenario)},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    return text


def plain_data(scenario: BaseModel) -> dict[str, Any]:
    """The scenario as the plain data that its YAML text holds, without what is at its default."""
    data: dict[str, Any] = _tidy(
        scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    )
    return data


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _LineDumper(_Dumper):
    """Writes an entry a line, and dates as a person does."""


_LineDumper.yaml_implicit_resolvers = {
    first: [each for each in found if not each[0].endswith(":timestamp")]
    for first, found in _Dumper.yaml_implicit_resolvers.items()
}
_LineDumper.add_representer(
    _Line,
    lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line, flow_style=True),
)


def dump_for_editing(scenario: Scenario, heading: str = "") -> str:
    """The same as `dump` in the way a person would write it: a task, or a pool, is one line.

    `heading` goes before it as comments.
    """
    data = plain_data(scenario)
    for project in data["projects"].values():
        project["tasks"] = {key: _Line(_short(task)) for key, task in project["tasks"].items()}
    for section in data.keys() - {"program", "projects", "status"}:
        if isinstance(data[section], dict):
            data[section] = {
                key: _Line(value) if isinstance(value, dict) else value
                for key, value in data[section].items()
            }
    text: str = yaml.dump(
        {"format": 1, **data},
        Dumper=_LineDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=_NO_WRAP,
    )
    return "".join(f"# {line}\n" for line in heading.splitlines()) + text


def dump_entries(entries: Mapping[str, Any], indent: int = 2) -> str:
    """Entries of a section, such as risks, as a person would write them: a hit is one line."""
    data = {key: _entry(entry) for key, entry in _tidy(entries).items()}
    text: str = yaml.dump(
        data,
        Dumper=_LineDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=_NO_WRAP,
        indent=2,
    )
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in text.splitlines())


def flow_text(data: Any) -> str:
    """Plain data on one line, as a distribution stands in a file: `{pert: [5d, 10d, 30d]}`."""
    text: str = yaml.dump(
        _tidy(data),
        Dumper=_LineDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        width=_NO_WRAP,
    )
    return text.strip().removesuffix("\n...")


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry whose parts are a line each, but for lists of mappings."""
    found: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            found[key] = _Line(value)
        elif isinstance(value, list):
            found[key] = [_Line(each) if isinstance(each, dict) else each for each in value]
        else:
            found[key] = value
    return found


def _short(task: dict[str, Any]) -> dict[str, Any]:
    """A task whose links are texts where they can be, and whose milestone is `true`."""
    short = dict(task)
    if "after" in task:
        short["after"] = [_link_text(link) for link in task["after"]]
    if task.get("milestone") == "finish":
        short["milestone"] = True
    return short


def _link_text(link: dict[str, Any]) -> Any:
    lag = link.get("lag", "")
    if "calendar" in link or not isinstance(lag, str):
        return link
    sign = "" if not lag or lag[0] in "+-" else "+"
    kind = link.get("link", "FS" if lag else "")
    return f"{link['task']} {kind}{sign}{lag}".rstrip()


def digest(scenario: Scenario) -> str:
    """Sixteen characters that are the same for scenarios that mean the same.

    Defaults written out, names for display, the order of what has none, and the way a number is
    written do not count; the values behind samples do.
    """
    if scenario._digest is None:  # noqa: SLF001 - the scenario's own note, which it never outlives
        scenario._digest = hashlib.sha256(_meaning(scenario).encode()).hexdigest()[:16]  # noqa: SLF001
    return scenario._digest  # noqa: SLF001


def _meaning(scenario: Scenario) -> str:
    """What the scenario means as JSON; its tasks, which are most of it, are written apart."""
    data = _plain(scenario, {**_DISPLAY_ONLY, "projects": True})
    parts: dict[str, str] = {key: _json(value, key) for key, value in data.items()}
    projects = {key: _project(project) for key, project in scenario.projects.items()}
    parts["projects"] = _mapping(projects)
    samples = [[quantity_yaml(value) for value in each.values] for each in _samples(scenario)]
    whole = _mapping({key: parts[key] for key in Scenario.model_fields if key in parts})
    return f"[{whole}, {json.dumps(samples, allow_nan=False)}]"


def _project(project: Project) -> str:
    data = _plain(project, {"name": True, "costs": _NAMED, "tasks": True})
    parts = {key: _json(value, key) for key, value in data.items()}
    tasks = {
        key: _short_task(task) or _json(_plain(task, _TASK_DISPLAY), "")
        for key, task in project.tasks.items()
    }
    parts["tasks"] = _mapping(tasks)
    return _mapping({key: parts[key] for key in Project.model_fields if key in parts})


def _short_task(task: Task) -> str:
    """The JSON of a task that has but a duration in a few numbers, and links; else nothing."""
    if not task.model_fields_set <= _SHORT:
        return ""
    written = task.__dict__  # looked up once: a model's attributes are slow
    duration, links = written["duration"], written["after"]
    listed = _LISTED.get(type(duration))
    if listed is None or (listed[0] == "pert" and duration.weight != 4.0):
        return ""
    kind, names = listed
    try:
        if kind:
            amounts = [getattr(duration, name) for name in names]
            texts = '", "'.join([_amount(amount.value) + amount.unit for amount in amounts])
            estimate = f'{{"": [["{kind}", ["{texts}"]]]}}'
        else:
            estimate = f'"{_amount(duration.value)}{duration.unit}"'
    except AttributeError:  # a plain 0 has no unit
        return ""
    if not links:
        return f'{{"": [["duration", {estimate}]]}}'
    return f'{{"": [["duration", {estimate}], ["after", [{", ".join(map(_link, links))}]]]}}'


def _may_be_short(task: Task) -> bool:
    return task.model_fields_set <= _SHORT and type(task.duration) in _LISTED


def _amount(value: float) -> str:
    """What `number_text` says, sooner."""
    text = repr(value)
    if text[-2:] != ".0" or text[0] == "-" or len(text) > _LONGEST_WHOLE:
        return number_text(value)
    return text[:-2]


def _link(link: Link) -> str:
    written = link.__dict__
    lag = written["lag"]
    if type(lag) is not float or lag or written["calendar"] is not None:
        return _json(_plain(link, {}), "")
    kind = written["link"]
    task = encode_basestring_ascii(written["task"])
    if kind == "FS":
        return f'{{"": [["task", {task}]]}}'
    return f'{{"": [["task", {task}], ["link", "{kind}"]]}}'


def _plain(part: BaseModel, without: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = part.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude=without
    )
    return found


def _mapping(texts: dict[str, str]) -> str:
    """A mapping whose order counts, from the JSON text of its values."""
    pairs = [f"[{encode_basestring_ascii(key)}, {text}]" for key, text in texts.items()]
    return f'{{"": [{", ".join(pairs)}]}}'


def _json(data: Any, key: str) -> str:
    """What stands under a key, as JSON."""
    ordered = _ordered(_tidy(data), sort=key in _UNORDERED)
    return json.dumps(ordered, ensure_ascii=True, allow_nan=False)


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
            part = getattr(value, name)
            if name == "tasks" and isinstance(value, Project):
                part = {key: task for key, task in part.items() if not _may_be_short(task)}
            yield from _samples(part)
    elif isinstance(value, dict):
        for key in sorted(value) if all(isinstance(key, str) for key in value) else value:
            yield from _samples(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _samples(item)
