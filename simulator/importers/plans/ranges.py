"""Named ranges that an import may lay on every estimate, so that a plan has a spread at once.

They are a start, to be replaced by the program's own record of actual over estimated durations.
"""

from typing import Any

from simulator.errors import SettingsError

RANGES: dict[str, dict[str, Any]] = {
    "routine": {"triangular": [0.9, 1.0, 1.25]},
    "usual": {"pert": [0.8, 1.0, 1.6]},
    "novel": {"metalog": {"p10": 0.9, "p50": 1.2, "p90": 2.2}},
}
"""Factors on a duration, by name."""

MEANING = {
    "routine": "done many times by the same people: 10 % sooner to 25 % later",
    "usual": "planned from experience, with some that is new: 20 % sooner to 60 % later",
    "novel": "never done before: half of such tasks take 20 % longer, one in ten 2.2 times as long",
}


def range_class(name: str) -> dict[str, Any]:
    """The class of a name.

    Raises
    ------
    SettingsError
        There is no such name; the message lists those that there are.
    """
    if name not in RANGES:
        known = "; ".join(f"{key} ({MEANING[key]})" for key in RANGES)
        raise SettingsError(f"there is no range `{name}`; expected one of {known}")
    return RANGES[name]
