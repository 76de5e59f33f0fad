"""What is required of a schedule's health, and whether it holds: the gate of a pipeline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.analysis.health.finding import FAILED, INDEX, PASSED, UNKNOWN, Check, Health
from simulator.analysis.health.limits import unknown
from simulator.analysis.health.rules import BOUNDS
from simulator.errors import SettingsError

HEALTH, DCMA = "health", "dcma"
MET, NOT_MET, NOT_PROVEN = "met", "failed", "not proven"
_FORM = re.compile(
    r"(?P<what>\w+)\s*(?:(?P<sign><=|>=|==|≤|≥|<|>|=)\s*(?P<limit>\d+(?:\.\d+)?)\s*(?P<percent>%?))?"
)
_SIGNS = {"≤": "<=", "≥": ">=", "==": "="}
_EXPECTED = "expected for example health>=80, open_ends=0, lags<=5%, cpli>=0.95, leads or dcma"
_EVEN = 1e-12


@dataclass(frozen=True, slots=True)
class Requirement:
    """A limit on the score, on what a check finds, or just that a check, or all of DCMA's, pass."""

    text: str
    what: str
    sign: str = ""
    limit: float = 0.0
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """Read `health>=80`, `open_ends=0`, `lags<=5%`, `cpli>=0.95`, `leads` or `dcma`.

        Raises
        ------
        SettingsError
            The text is no requirement.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise SettingsError(f"require {text!r}; {_EXPECTED}")
        what, sign = match["what"], match["sign"] or ""
        if what not in (HEALTH, DCMA, *BOUNDS):
            raise SettingsError(f"require {text!r}: {unknown(what, (HEALTH, DCMA, *BOUNDS))}")
        if (what == HEALTH) != bool(sign) and what in (HEALTH, DCMA):
            raise SettingsError(f"require {text!r}; {_EXPECTED}")
        indexed = what == HEALTH or (what in BOUNDS and BOUNDS[what].kind == INDEX)
        if match["percent"] and indexed:
            raise SettingsError(f"require {text!r}: {what} is no share; expected a plain number")
        limit = float(match["limit"] or 0.0)
        return cls(text.strip(), what, _SIGNS.get(sign, sign), limit, bool(match["percent"]))

    def of(self, health: Health) -> "Verdict":
        """Whether a schedule keeps it."""
        if self.what == HEALTH:
            return self._verdict(float(health.score), f"The score is {health.score}.")
        if self.what == DCMA:
            return self._dcma(health)
        check = next(check for check in health.checks if check.rule.id == self.what)
        if check.status == UNKNOWN:
            return Verdict(self, NOT_PROVEN, f"It cannot be measured: {check.measured.remark}.")
        said = f"Found: {check.figure} {check.rule.things}, {check.bound} allowed."
        if not self.sign:
            return Verdict(self, MET if check.status == PASSED else NOT_MET, said)
        if check.bound.kind == INDEX:
            return self._verdict(check.measured.index or 0.0, said)
        return self._verdict(100.0 * check.share if self.percent else float(check.count), said)

    def _dcma(self, health: Health) -> "Verdict":
        points = [check for check in health.checks if check.rule.standard.startswith("DCMA")]
        failed = [check for check in points if check.status == FAILED]
        passed = sum(check.status == PASSED for check in points)
        said = f"{passed} of {len(points)} points passed"
        if failed:
            return Verdict(self, NOT_MET, f"{said}, {_named(failed)} failed.")
        unmeasured = [check for check in points if check.status == UNKNOWN]
        rest = f"; {_named(unmeasured)} cannot be measured" if unmeasured else ""
        return Verdict(self, MET, f"{said}{rest}.")

    def _verdict(self, value: float, said: str) -> "Verdict":
        held = {
            "<=": value <= self.limit + _EVEN,
            "<": value < self.limit,
            ">=": value >= self.limit - _EVEN,
            ">": value > self.limit,
            "=": abs(value - self.limit) <= _EVEN,
        }
        return Verdict(self, MET if held[self.sign] else NOT_MET, said)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a requirement is `met`, `failed` or `not proven`, and what was found."""

    requirement: Requirement
    state: str
    said: str

    @property
    def met(self) -> bool:
        """Whether the schedule keeps it."""
        return self.state == MET

    def __str__(self) -> str:
        """`Failed: open_ends=0. Found: 3 of 64 (4.7 %) unfinished tasks.`."""
        return f"{self.state.capitalize()}: {self.requirement.text}. {self.said}"

    def to_dict(self) -> dict[str, str]:
        """As JSON holds it."""
        return {"requirement": self.requirement.text, "state": self.state, "said": self.said}


def verdicts_of(health: Health, requirements: Sequence[Requirement]) -> tuple[Verdict, ...]:
    """What a schedule's health says of each requirement."""
    return tuple(requirement.of(health) for requirement in requirements)


def _named(checks: Sequence[Check]) -> str:
    return ", ".join(check.rule.id for check in checks)
