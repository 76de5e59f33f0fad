"""JSON Schema of the scenario file, for editors that complete and check while one types.

It says what each key may hold, short forms included. What needs the whole file (names that must
exist, cycles, percentiles in order) only `simulator check` can say.
"""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from simulator.scenario.distributions import json_schema
from simulator.scenario.program import Scenario
from simulator.scenario.values import text_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DISTRIBUTION: Final = {"$ref": "#/$defs/Distribution"}
_CHANCE: Final = {"type": "number", "minimum": 0, "maximum": 1}
_LINK_TEXT: Final = r"^\s*[^\s+]+(\s+([Ff][SsFf]|[Ss][SsFf])\b)?\s*([+-].+)?$"


class _FileSchema(GenerateJsonSchema):
    """The schema of what is written, where validators read more than the fields hold."""

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """A single entry stands for a list of one, and digits for a text."""
        found = super().function_before_schema(schema)
        if schema["function"]["function"] is text_of:
            return {"type": ["string", "number"]}
        if found.get("type") == "array":
            # A length that is asked for outside the validator comes as that of a text.
            array = {"minItems" if key == "minLength" else key: v for key, v in found.items()}
            return {"anyOf": [found["items"], array]}
        return found

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Keys that are no ids are refused."""
        found = super().dict_schema(schema)
        return {**found, "additionalProperties": False} if "patternProperties" in found else found

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Repeat no key as its own title."""
        del schema
        return False


def scenario_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, that every valid scenario file fulfils."""
    written = Scenario.model_json_schema(by_alias=True, schema_generator=_FileSchema)
    distribution = json_schema()
    found: dict[str, Any] = _referring(written, distribution)
    models = found["$defs"]
    task = models["Task"]["properties"]
    task["milestone"] = {"anyOf": [{"type": "boolean"}, task["milestone"]]}
    models["Link"] = _either({"type": "string", "pattern": _LINK_TEXT}, models["Link"])
    models["RangeClass"] = _range_class(models["RangeClass"], distribution)
    models["Chance"] = {
        "description": models["Chance"]["description"],
        "type": "object",
        "patternProperties": {"^if .+": _CHANCE},
        "properties": {"else": _CHANCE},
        "additionalProperties": False,
        "minProperties": 1,
    }
    models["Distribution"] = {"description": "One key, the kind.", **distribution}
    return {"$schema": DIALECT, **found, "title": "Scenario of the program simulator"}


def _either(short: dict[str, Any], long: dict[str, Any]) -> dict[str, Any]:
    """A short form, or the mapping."""
    body = {key: value for key, value in long.items() if key != "description"}
    return {"description": long["description"], "anyOf": [short, body]}


def _range_class(model: dict[str, Any], distribution: dict[str, Any]) -> dict[str, Any]:
    """A class is most often a distribution with the settings of the class beside its kind."""
    settings = {key: value for key, value in model["properties"].items() if key != "range"}
    kinds = [
        {**kind, "properties": {**kind["properties"], **settings}} for kind in distribution["oneOf"]
    ]
    return _either({"oneOf": kinds}, model)


def _referring(part: Any, distribution: dict[str, Any]) -> Any:
    """The same with each distribution that is written out replaced by a reference to one."""
    if part == distribution:
        return dict(_DISTRIBUTION)
    if isinstance(part, dict):
        return {key: _referring(value, distribution) for key, value in part.items()}
    if isinstance(part, list):
        return [_referring(value, distribution) for value in part]
    return part
