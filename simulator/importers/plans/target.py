"""What is written into a file of another tool: a project, and columns that are ours."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from simulator.importers.plans.source import SourceProject


class Target(Enum):
    """A kind of file that can be written, by what mpxj calls it."""

    MSPDI = "MS Project XML"
    XER = "Primavera XER"
    PMXML = "Primavera PMXML"

    @property
    def primavera(self) -> bool:
        """Whether Primavera P6 reads it."""
        return self is not Target.MSPDI


SUFFIXES = {".xml": Target.MSPDI, ".xer": Target.XER, ".pmxml": Target.PMXML}
"""What a name ends in, and the kind of file that it means."""

Value = str | float | datetime


@dataclass(frozen=True, slots=True)
class Column:
    """A field of tasks that the tool does not have of its own: a custom or user-defined one."""

    title: str
    values: dict[int, Value]
    """By the uid of the task; all texts, all numbers or all dates."""


@dataclass(frozen=True, slots=True)
class PlanToWrite:
    """One project, and columns beside what every project has."""

    target: Target
    project: SourceProject
    columns: tuple[Column, ...] = ()
