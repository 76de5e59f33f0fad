"""What compiling needs at hand: scenario, calendars, the variables met so far, the faults."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from simulator.plan.calendars import CalendarTables, Horizon, working_ms
from simulator.plan.laws import Law, compile_law
from simulator.plan.plain import PlainTasks, plain_tasks
from simulator.plan.plan import NONE, Clock
from simulator.plan.progress import progress_of
from simulator.plan.variables import Variable, VariableDraft
from simulator.scenario.distributions import Distribution, Uniform
from simulator.scenario.monitoring import TaskStatus
from simulator.scenario.program import Scenario
from simulator.scenario.units import Amount, Moment, Quantity
from simulator.scenario.values import Value

Path = tuple[str | int, ...]
_LOWEST = np.array([2.0**-33])
"""The smallest number that a law is asked with."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A number that is fixed, or the value of a variable times `scale`."""

    fixed: float
    variable: int = NONE
    scale: float = 1.0

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same in every iteration."""
        return self.variable == NONE


@dataclass(slots=True)
class Compilation:
    """The state of one compilation; it ends with it."""

    scenario: Scenario
    clock: Clock
    calendars: CalendarTables
    correlated: frozenset[str]
    """Names of the variables that take a normal score."""
    plain: PlainTasks
    variables: VariableDraft = field(default_factory=VariableDraft)
    progress: dict[int, TaskStatus] = field(default_factory=dict)
    """The status of every task that has begun, by number."""
    _known: dict[tuple[str, Distribution], int] = field(default_factory=dict)
    faults: list[tuple[Path, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What was assumed where the file says too little."""

    @classmethod
    def of(cls, scenario: Scenario, correlated: frozenset[str]) -> "Compilation":
        """Begin to compile a scenario."""
        start = scenario.program.start.begins()
        progress = progress_of(scenario)
        plain = plain_tasks(scenario, correlated, frozenset(progress))
        clock = Clock(start)
        return cls(scenario, clock, calendars_of(scenario), correlated, plain, progress=progress)

    def variable(self, name: str, distribution: Distribution, central: float | None = None) -> int:
        """The position of a variable, new or already met; its parameters are plain numbers."""
        key = (name, distribution)
        if key not in self._known:
            score = name in self.correlated
            law = compile_law(distribution, score=score)
            value = distribution.central() if central is None else central
            self._known[key] = len(self.variables)
            self.variables.append(Variable(name, law, value, score))
        return self._known[key]

    def lawful(self, name: str, law: Law, central: float) -> int:
        """The position of a new variable whose law is no distribution of the file."""
        self.variables.append(Variable(name, law, central, name in self.correlated))
        return len(self.variables) - 1

    def uniform(self, name: str) -> int:
        """A variable that is its own number between 0 and 1; no use to the deterministic plan."""
        return self.variable(name, Uniform(0.0, 1.0), central=1.0)

    def time(self, value: Value, calendar: int, name: str, path: Path) -> Operand:
        """A duration, effort, delay, wait or lag in milliseconds of a calendar."""
        return self._operand(value, self.milliseconds(calendar), name, path)

    def milliseconds(self, calendar: int) -> Callable[[Quantity], float]:
        """What turns an amount of time of a calendar into milliseconds, not rounded."""
        table = self.calendars.tables[calendar]

        def convert(quantity: Quantity) -> float:
            if isinstance(quantity, Amount):
                return working_ms(table, quantity.value, quantity.unit)
            return float(quantity)  # type: ignore[arg-type] # only 0 has no unit

        return convert

    def number(
        self,
        value: Value,
        name: str,
        path: Path,
        scale: float = 1.0,
        central: float | None = None,
    ) -> Operand:
        """A plain number: a factor, a share, money, the value of a rate or of a percentage."""

        def convert(quantity: Quantity) -> float:
            if isinstance(quantity, float):
                return quantity * scale
            if isinstance(quantity, Moment):
                raise TypeError(name)
            return quantity.value * scale

        return self._operand(value, convert, name, path, central)

    def date(self, value: Value, name: str, path: Path, *, ends: bool = False) -> Operand:
        """An instant in milliseconds from program start."""

        def convert(quantity: Quantity) -> float:
            if not isinstance(quantity, Moment):
                raise TypeError(name)
            return self.clock.ms(quantity.ends() if ends else quantity.begins())

        return self._operand(value, convert, name, path)

    def _operand(
        self,
        value: Value,
        convert: Callable[[Quantity], float],
        name: str,
        path: Path,
        central: float | None = None,
    ) -> Operand:
        if not isinstance(value, Distribution):
            return Operand(convert(value))
        try:
            return Operand(float("nan"), self.variable(name, value.resolved(convert), central))
        except ValueError as error:
            self.faults.append((path, str(error)))
            return Operand(0.0)

    def lowest(self, operand: Operand) -> float:
        """The lowest value that an operand can take."""
        if operand.is_fixed:
            return operand.fixed
        law = self.variables[operand.variable].law
        return float(law.apply(_LOWEST)[0]) * operand.scale

    def instant_ms(self, moment: Moment, *, ends: bool) -> float:
        """A fixed date in milliseconds from program start."""
        return self.clock.ms(moment.ends() if ends else moment.begins())


def calendars_of(scenario: Scenario) -> CalendarTables:
    """The calendars of a scenario, none of them worked out yet."""
    horizon = Horizon.around(scenario.program.start.begins(), scenario.latest_date)
    return CalendarTables(scenario.calendars, horizon)


def read_only(values: np.ndarray) -> np.ndarray:
    """The array, closed to writing."""
    values.flags.writeable = False
    return values
