"""What is asked of the child process, and what it answers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is to do with a file."""

    task: str
    """`read` or `write`."""
    path: str
    megabytes: int
    """The most memory that Java may take."""
    payload: Any = None
    """What is to be written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: a value, or why there is none."""

    value: Any = None
    why: str = ""
    """`java`, `unknown`, `password`, `memory`, `doctype` or `damaged`, where there is no value."""
    text: str = ""
