"""What money is booked to, and rates of it per time."""

from dataclasses import dataclass, field

from simulator.plan.context import Compilation, Operand, Path
from simulator.plan.flows import Account
from simulator.plan.plan import NONE
from simulator.scenario.distributions import Distribution
from simulator.scenario.units import HOURS_OF_ELAPSED, MS_PER_HOUR, Quantity, Rate
from simulator.scenario.values import Value


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts opened so far."""

    compilation: Compilation
    accounts: list[Account] = field(default_factory=list)

    def account(self, kind: str, name: str, project: int = NONE) -> int:
        """The number of an account, new or already open."""
        account = Account(kind, name, project)
        if account not in self.accounts:
            self.accounts.append(account)
        return self.accounts.index(account)

    def rate(
        self, value: Value, calendar: int, name: str, path: Path, times: float = 1.0
    ) -> tuple[Operand, str]:
        """A rate per millisecond of work or of the clock, or per calendar month; and which."""
        pers = {quantity.per for quantity in _quantities(value) if isinstance(quantity, Rate)}
        if len(pers) != 1:
            self.compilation.faults.append(
                (path, "the rate mixes units of time; expected one of them")
            )
        per = pers.pop()
        table = self.compilation.calendars.tables[calendar]
        match per:
            case "mo":
                ms, clock = 1.0, "month"
            case unit if unit in HOURS_OF_ELAPSED:
                ms, clock = HOURS_OF_ELAPSED[unit] * MS_PER_HOUR, "clock"
            case unit:
                hours = {"h": 1.0, "d": table.hours_per_day, "w": table.hours_per_week}[unit]
                ms, clock = hours * MS_PER_HOUR, "work"
        operand = self.compilation.number(value, name, path)
        return Operand(
            operand.fixed * times / ms, operand.variable, operand.scale * times / ms
        ), clock


def _quantities(value: Value) -> tuple[Quantity, ...]:
    return value.quantities() if isinstance(value, Distribution) else (value,)
