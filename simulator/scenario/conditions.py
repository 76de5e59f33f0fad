"""What a conditional branch asks: `test finishes after 2028-03-01`."""

import re
from typing import NamedTuple

from simulator.scenario.units import Moment, parse_moment

_CONDITION = re.compile(r"(\S+)\s+(starts|finishes)\s+(after|before)\s+(.+)")


class Condition(NamedTuple):
    """Whether a task starts or finishes after or before a date."""

    task: str
    finish: bool
    after: bool
    moment: Moment


def parse_condition(text: str) -> Condition:
    """Read the condition of a branch.

    Raises
    ------
    ValueError
        The text is not a task, `starts` or `finishes`, `after` or `before`, and a date.
    """
    match = _CONDITION.fullmatch(" ".join(text.split()))
    if not match:
        raise ValueError(
            f"cannot read `{text}` as a condition; expected `test finishes after 2028-03-01`"
        )
    return Condition(
        match[1], match[2] == "finishes", match[3] == "after", parse_moment(match[4].strip())
    )
