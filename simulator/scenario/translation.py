"""What the models refuse, in the words of the file."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simulator.scenario.nodes import Path

Kind = Literal["value", "key", "unknown", "missing"]

_SHOWN: Final = 60
_KEYS_SHOWN: Final = 12
MOST_REFUSALS: Final = 10_000
_EXPECTED: Final = {
    "bool": "true or false",
    "dict": "a mapping (`key: value` lines)",
    "finite_number": "a finite number",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a mapping (`key: value` lines)",
    "string": "text (a number or a word like true in quotes)",
    "tuple": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_pattern_mismatch": "letters, digits, `_` and `-`, not beginning with a digit",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
}
"""What would have been right, by the kind of a model's error or by the first word of its kind."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One refusal: the path into the data, what is wrong there, and what would be right.

    ``nearest`` is the key that was probably meant by an unknown one.
    """

    path: Path
    problem: str
    expected: str = ""
    kind: Kind = "value"
    nearest: str = ""

    @property
    def subject(self) -> Path:
        """The path of the value that is at fault: of a missing key, what misses it."""
        return self.path[:-1] if self.kind == "missing" else self.path


def complaints(error: ValidationError, data: object, model: type[BaseModel]) -> list[Complaint]:
    """Every refusal once, of a union only those of the alternative that was probably meant.

    Of very many only the first `MOST_REFUSALS`: nobody reads more, and each costs time.
    """
    details = error.errors(include_url=False)[:MOST_REFUSALS]
    found = [_complaint(each, data, model) for each in _meant(details, data, 0)]
    misspelt = {(*each.path[:-1], each.nearest) for each in found if each.kind == "unknown"}
    kept = (each for each in found if each.kind != "missing" or each.path not in misspelt)
    return list(dict.fromkeys(kept))


def nearest_name(name: str, names: Iterable[str]) -> str:
    """The most similar name, or nothing where none is similar."""
    return next(iter(get_close_matches(name, list(names), n=1)), "")


def offer(name: str, names: Sequence[str]) -> tuple[str, str]:
    """The nearest of the valid names, and the sentence that offers it, or else offers them all."""
    nearest = nearest_name(name, names)
    if nearest:
        return nearest, f"did you mean `{nearest}`?"
    listed = ", ".join(f"`{each}`" for each in names[:_KEYS_SHOWN])
    more = ", ..." if len(names) > _KEYS_SHOWN else ""
    return "", f"one of {listed}{more}" if names else ""


def worded(problem: str, expected: str) -> tuple[str, str]:
    """A question joins the problem: nothing is expected in it."""
    if expected.startswith("did you mean"):
        return f"{problem}; {expected}", ""
    return problem, expected


def shown(value: object) -> str:
    """A value as it may stand in a sentence."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    words = {True: "true", False: "false"} if isinstance(value, bool) else {None: "nothing"}
    text = words.get(value) or str(value)  # type: ignore[call-overload] # scalars only
    return text if value is None else f"`{text if len(text) <= _SHOWN else text[:_SHOWN] + '...'}`"


def step(data: object, part: str | int) -> tuple[bool, object]:
    """Whether a part of a location is in the data, and what stands there; if not, the data."""
    if isinstance(data, dict) and part in data:
        return True, data[part]
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return True, data[part]
    return False, data


def _path(detail: ErrorDetails, data: object) -> tuple[Path, Kind]:
    """The location without what the models put in between, such as names of alternatives."""
    loc = detail["loc"]
    kind: Kind = "value"
    if detail["type"] == "missing":
        kind = "missing"
    elif detail["type"] == "extra_forbidden":
        kind = "unknown"
    elif loc and loc[-1] == "[key]":
        kind, loc = "key", loc[:-1]
    path: list[str | int] = []
    for part in loc[:-1] if kind == "missing" else loc:
        there, data = step(data, part)
        if there:
            path.append(part)
    return (*path, loc[-1]) if kind == "missing" else tuple(path), kind


def _complaint(detail: ErrorDetails, data: object, model: type[BaseModel]) -> Complaint:
    path, kind = _path(detail, data)
    if kind == "missing":
        return Complaint(path, f"missing `{path[-1]}`", "", kind)
    if kind == "unknown":
        return _unknown(path, detail, model)
    if detail["type"] in ("value_error", "assertion_error"):
        problem, _, expected = str(detail["ctx"]["error"]).partition("; expected ")
    else:
        problem, expected = _mismatch(detail)
    return Complaint(path, problem, expected, kind)


def _mismatch(detail: ErrorDetails) -> tuple[str, str]:
    """What was found, and what the models expected."""
    expected = _expected(detail)
    found = detail["input"]
    if detail["type"] == "string_pattern_mismatch":
        return f"{shown(found)} is not an id", expected
    if "actual_length" in detail.get("ctx", {}):
        return f"found {detail['ctx']['actual_length']} entries", expected
    if not expected:
        return detail["msg"][:1].lower() + detail["msg"][1:], ""
    choices = re.findall("`([^`]*)`", expected) if detail["type"] == "literal_error" else []
    near = nearest_name(str(found), choices)
    return f"found {shown(found)}", f"{expected}; did you mean `{near}`?" if near else expected


def _expected(detail: ErrorDetails) -> str:
    """What would have been right, nothing where there are no words for it."""
    word = re.sub("_(type|parsing|from_float|attributes_type)$", "", detail["type"])
    text = _EXPECTED.get(word) or _EXPECTED.get(word.partition("_")[0], "")
    context = detail.get("ctx", {}).items()
    numbers = {key: f"{each:g}" if isinstance(each, float) else each for key, each in context}
    return text.format(**numbers).replace("'", "`")


def _unknown(path: Path, detail: ErrorDetails, model: type[BaseModel]) -> Complaint:
    key = str(path[-1])
    owners = _owners(model, detail["loc"][:-1])
    names = [field.alias or name for owner in owners for name, field in owner.model_fields.items()]
    nearest, hint = offer(key, names)
    if ":" in key and detail["input"] is None and key.partition(":")[0] in names:
        nearest, hint = "", "a space after the colon"
    return Complaint(path, f"unknown key `{key}`", hint, "unknown", nearest)


def _owners(annotation: Any, loc: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """The models that a location may lie in; parts that name an alternative are passed over."""
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _owners(arguments[0], loc)
    if origin in (Union, UnionType):
        rests = [loc, loc[1:]] if loc else [loc]
        found = [owner for each in arguments for rest in rests for owner in _owners(each, rest)]
        return list(dict.fromkeys(found))
    if origin in (dict, list, tuple):
        return _owners(arguments[-1 if origin is dict else 0], loc[1:]) if loc else []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _of_model(annotation, loc)
    return []


def _of_model(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[type[BaseModel]]:
    if not loc:
        return [model]
    for name, field in model.model_fields.items():
        if loc[0] == (field.alias or name):
            return _owners(field.annotation, loc[1:])
    return []


def _meant(details: list[ErrorDetails], data: object, start: int) -> list[ErrorDetails]:
    """Of alternatives that all refused, keep what the likeliest one says."""
    groups: dict[tuple[Any, ...], dict[Any, list[ErrorDetails]]] = defaultdict(
        lambda: defaultdict(list)
    )
    kept: list[ErrorDetails] = []
    for detail in details:
        at = _alternative(detail, data, start)
        if at is None:
            kept.append(detail)
        else:
            groups[detail["loc"][:at]][detail["loc"][at]].append(detail)
    for union, branches in groups.items():
        chosen = _chosen(len(union) + 1, list(branches.values()))
        kept += _meant(chosen, data, len(union) + 1) if len(chosen) > 1 else chosen
    return kept


def _alternative(detail: ErrorDetails, data: object, start: int) -> int | None:
    """Where in the location the name of an alternative stands, from a place on."""
    last = len(detail["loc"]) - (detail["type"] == "missing")
    for place, part in enumerate(detail["loc"][:last]):
        there, data = step(data, part)
        if not there and place >= start and isinstance(part, str) and part != "[key]":
            return place
    return None


def _chosen(depth: int, branches: list[list[ErrorDetails]]) -> list[ErrorDetails]:
    """The alternative whose kind fits and that has least to say; else all of them as one."""
    fitting = [each for each in branches if not any(_misfit(detail, depth) for detail in each)]
    if fitting:
        return min(fitting, key=len)
    if len(branches) == 1:
        return branches[0]
    first = branches[0][0]
    expected = [_expected(each[0]) for each in branches]
    whole = " or ".join(dict.fromkeys(text for text in expected if text))
    return [{**first, "type": "literal_error", "ctx": {"expected": whole}}]


def _misfit(detail: ErrorDetails, depth: int) -> bool:
    """Whether a value is not of the kind that the alternative reads at all."""
    wrong_kind = detail["type"].endswith("_type") or detail["type"] == "literal_error"
    return len(detail["loc"]) <= depth and wrong_kind
