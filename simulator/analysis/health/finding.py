"""What checks of a schedule find: findings, checks with their bounds, and the score of all."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from simulator.analysis.health.subject import Subject

Path = tuple[str | int, ...]
SHARE, COUNT, INDEX = "share", "count", "index"
PASSED, FAILED, NOTED, UNKNOWN = "passed", "failed", "noted", "not measurable"
HALF = 0.05
"""How far beyond its bound a check has half of its grade."""
POINTS = (0, 1, 3, 8)
"""The weight of a check in the score, by how serious it is."""


class Bound(NamedTuple):
    """What a check allows: a share of what it looks at or a count, at most; an index, at least.

    A share always allows one.
    """

    kind: str
    value: float

    def __str__(self) -> str:
        """The bound in words: `at most 5 %`, `none`, `at least 0.95`."""
        if self.kind == INDEX:
            return f"at least {self.value:g}"
        if self.value == 0:
            return "none"
        return f"at most {share_text(self.value) if self.kind == SHARE else f'{self.value:g}'}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"kind": self.kind, "value": self.value}


NO_MORE = Bound(COUNT, 0.0)
"""Not one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: what, which tasks, and where it stands in the file (line 0: in none)."""

    what: str
    tasks: tuple[str, ...] = ()
    path: Path = ()
    file: str = ""
    line: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "what": self.what,
            "tasks": list(self.tasks),
            "path": list(self.path),
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What a check measured: its findings among `of` things, or an index, or why it could not."""

    findings: tuple[Finding, ...] = ()
    of: int = 0
    index: float | None = None
    remark: str = ""
    """What the figures say all together; where nothing could be measured, why."""
    count: int | None = None
    """How many of the things are found; by default as many as there are findings."""
    measurable: bool = True

    @classmethod
    def impossible(cls, why: str) -> "Measured":
        """Nothing could be measured."""
        return cls(remark=why, measurable=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A check before anybody has looked: what it asks, why, and what to do about what it finds."""

    id: str
    title: str
    group: str
    things: str
    """What it counts among, in the plural."""
    bound: Bound
    serious: int
    """3 where the dates are wrong, 2 where they mislead, 1 where they are weak, 0 for a note."""
    why: str
    remedy: str
    measure: "Callable[[Subject], Measured]"
    standard: str = ""
    """The point of a standard that it is, such as `DCMA 1`."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check and what it found."""

    rule: Rule
    bound: Bound
    measured: Measured

    @property
    def count(self) -> int:
        """How many things are found."""
        counted = self.measured.count
        return len(self.measured.findings) if counted is None else counted

    @property
    def share(self) -> float:
        """The share of the things that is found."""
        return self.count / self.measured.of if self.measured.of else 0.0

    @property
    def _excess(self) -> float:
        """How far beyond its bound the check is, as a share or in points of its index."""
        value = self.bound.value
        if self.bound.kind == INDEX:
            return max(0.0, value - self._index)
        if self.bound.kind == COUNT:
            return max(0.0, self.count - value) / max(self.measured.of, 1)
        # A single finding is no share: among eight links one would be 12 % already.
        return max(0.0, self.share - value) if self.count > 1 else 0.0

    @property
    def _index(self) -> float:
        return math.inf if self.measured.index is None else self.measured.index

    @property
    def status(self) -> str:
        """`passed`, `failed`, `noted` (beyond its bound, of no weight) or `not measurable`."""
        if not self.measured.measurable:
            return UNKNOWN
        if self._excess <= 1e-12:
            return PASSED
        return FAILED if self.rule.serious else NOTED

    @property
    def grade(self) -> float:
        """From 1, within the bound, to 0: 1 / (1 + excess / 5 %), half at 5 % beyond it."""
        return 1.0 if self.status == PASSED else 1.0 / (1.0 + self._excess / HALF)

    @property
    def lost(self) -> float:
        """What it takes from the logarithm of the score."""
        return -self.weight * math.log(self.grade) if self.status == FAILED else 0.0

    @property
    def weight(self) -> int:
        """Its weight in the score."""
        return POINTS[self.rule.serious]

    @property
    def figure(self) -> str:
        """What was found, in few words: `7 of 64 (11 %)`, `0.93`, or nothing."""
        if not self.measured.measurable:
            return ""
        if self.bound.kind == INDEX:
            return f"{self._index:.2f}"
        return f"{self.count:,} of {self.measured.of:,}" + (
            f" ({share_text(self.share)})" if self.count else ""
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        rule, known = self.rule, self.measured.measurable
        indexed = self.bound.kind == INDEX
        return {
            "title": rule.title,
            "group": rule.group,
            "standard": rule.standard,
            "status": self.status,
            "count": self.count if known and not indexed else None,
            "of": self.measured.of if known and not indexed else None,
            "things": rule.things,
            "share": self.share if known and not indexed else None,
            "index": self.measured.index if known else None,
            "bound": self.bound.to_dict(),
            "weight": self.weight,
            "grade": self.grade if known else None,
            "why": rule.why,
            "remedy": rule.remedy,
            "remark": self.measured.remark,
            "findings": [finding.to_dict() for finding in self.measured.findings],
        }


@dataclass(frozen=True, slots=True)
class Practice:
    """One of GAO's ten best practices: the checks that measure it, and what none of them can."""

    number: int
    title: str
    checks: tuple[Check, ...]
    beyond: str
    """What of the practice cannot be measured in a schedule alone."""

    @property
    def status(self) -> str:
        """Failed if one of its checks failed, passed if those that could be measured passed."""
        statuses = {check.status for check in self.checks} - {UNKNOWN, NOTED}
        if FAILED in statuses:
            return FAILED
        return PASSED if statuses else UNKNOWN

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "practice": self.number,
            "title": self.title,
            "status": self.status,
            "checks": [check.rule.id for check in self.checks],
            "beyond": self.beyond,
        }


@dataclass(frozen=True, slots=True)
class Health:
    """Every check of a schedule."""

    checks: tuple[Check, ...]
    practices: tuple[Practice, ...]

    @property
    def score(self) -> int:
        """The weighted geometric mean of the grades of all checks that could be measured, 0 to 100.

        What is broken is not made up for by what is not. Rounded down, so that only a schedule
        without a failed check has 100.
        """
        known = [check for check in self.checks if check.status != UNKNOWN]
        weight = sum(check.weight for check in known)
        if not self.failed:
            return 100
        lost = sum(check.lost for check in known)
        return min(math.floor(100.0 * math.exp(-lost / weight) + 1e-9), 99)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, the one that costs most first."""
        return tuple(sorted(self.of(FAILED), key=lambda check: -check.lost))

    def of(self, status: str) -> tuple[Check, ...]:
        """The checks of one status, in their order."""
        return tuple(check for check in self.checks if check.status == status)

    def to_dict(self) -> dict[str, Any]:
        """As `check --json` prints it under `health`."""
        return {
            "score": self.score,
            "passed": len(self.of(PASSED)),
            "failed": len(self.failed),
            "not_measurable": len(self.of(UNKNOWN)),
            "checks": {check.rule.id: check.to_dict() for check in self.checks},
            "gao": [practice.to_dict() for practice in self.practices],
        }


def share_text(share: float) -> str:
    """A share as percents, with a decimal where it is small."""
    percents = 100.0 * share
    whole = percents >= 9.95 or percents == round(percents)
    return f"{percents:.0f} %" if whole else f"{max(percents, 0.1):.1f} %"
