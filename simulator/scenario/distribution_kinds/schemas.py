"""Pieces of the JSON Schema of distributions."""

from simulator.scenario.distribution_kinds.base import QUANTITY_SCHEMA, Schema

THREE = ("low", "mode", "high")


def list_schema(length: int) -> Schema:
    """Schema of a list of so many quantities."""
    return {
        "type": "array",
        "items": QUANTITY_SCHEMA,
        "minItems": length,
        "maxItems": length,
    }


def object_schema(names: tuple[str, ...], extra: dict[str, object]) -> Schema:
    """Schema of a mapping of quantities, and of what `extra` describes."""
    return {
        "type": "object",
        "properties": {**dict.fromkeys(names, QUANTITY_SCHEMA), **extra},
        "required": list(names),
        "additionalProperties": False,
    }
