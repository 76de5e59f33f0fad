"""What a user can do wrong, as exceptions.

::

    SimulatorError            anything a user can put right
    ├── ScenarioError         faults in a scenario file, all of them at once
    ├── SettingsError         a setting that cannot be used (usage)
    ├── ImportFileError       a file of another tool that cannot be read
    └── RunError              a run that cannot be carried out

Programming mistakes stay ``TypeError``, ``ValueError`` and ``AssertionError``.
"""

from dataclasses import dataclass


class SimulatorError(Exception):
    """Anything that a user can put right; its text says how."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a scenario file, and where.

    ``line`` and ``column`` count from 1; 0 means that the place is not in a file (an override, or
    data passed in from Python). ``path`` is the chain of keys and indices from the file's root.
    """

    problem: str
    expected: str = ""
    path: tuple[str | int, ...] = ()
    file: str = ""
    line: int = 0
    column: int = 0
    excerpt: str = ""

    def __str__(self) -> str:
        """The place, the problem and what was expected, then the line with a caret."""
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        path = ".".join(str(part) for part in self.path)
        head = ": ".join(part for part in (where, path, self.problem) if part)
        if self.expected:
            head = f"{head}; expected {self.expected}"
        if not self.excerpt:
            return head
        return f"{head}\n    {self.excerpt}\n    {' ' * (self.column - 1)}^"


class ScenarioError(SimulatorError):
    """Faults in a scenario: every one that could be found, in file order."""

    def __init__(self, faults: list[Fault] | tuple[Fault, ...]) -> None:
        self.faults = tuple(sorted(faults, key=lambda f: (f.file, f.line, f.column, f.problem)))
        count = len(self.faults)
        title = f"{count} fault{'s' if count != 1 else ''} in the scenario"
        super().__init__("\n".join([title, *(str(fault) for fault in self.faults)]))


class SettingsError(SimulatorError):
    """A setting that cannot be used as given."""


class ImportFileError(SimulatorError):
    """A file of another tool, or of a library, that cannot be made a scenario."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("\n".join(["the file cannot be imported", *map(str, faults)]))


class RunError(SimulatorError):
    """A run that cannot be carried out, although the scenario reads well."""
