"""Times of a file in the units of a scenario, the same to the millisecond."""

from simulator.importers.plans.source import Amount, SourceProject
from simulator.scenario.units import HOURS_OF_ELAPSED, MS_PER_HOUR, WORKDAYS_PER_MONTH, number_text

_ELAPSED_HOURS = {
    "emin": 1 / 60, "eh": 1.0, "ed": 24.0, "ew": 168.0, "emo": 720.0, "ey": 8760.0,
}  # fmt: skip
"""Hours of the elapsed units of MS Project, whose elapsed month has 30 days."""
_LONGEST_DECIMALS = 4
_NEAT_QUARTERS = 4


def hours_of(amount: Amount, project: SourceProject) -> float:
    """Working, or elapsed, hours of an amount; days and weeks are as long as the file says."""
    if amount.unit in _ELAPSED_HOURS:
        return amount.value * _ELAPSED_HOURS[amount.unit]
    day = project.minutes_per_day / 60
    week = project.minutes_per_week / 60
    hours = {
        "min": 1 / 60,
        "h": 1.0,
        "d": day,
        "w": week,
        "mo": day * project.days_per_month,
        "y": week * 52,
    }[amount.unit]
    return amount.value * hours


def is_elapsed(amount: Amount) -> bool:
    """Whether an amount is clock time."""
    return amount.unit in _ELAPSED_HOURS


def time_text(amount: Amount, project: SourceProject, hours_per_day: float) -> str:
    """An amount as a scenario writes it, on a calendar in which `d` is so many hours.

    The unit of the file is kept if the scenario's means the same; hours of Primavera, which says
    everything in hours, become days where that leaves whole or quarter days.
    """
    hours = hours_of(amount, project)
    if is_elapsed(amount):
        return _first_exact(hours, (amount.unit, HOURS_OF_ELAPSED.get(amount.unit)), ("eh", 1.0))
    day = project.minutes_per_day / 60
    same_day = day == hours_per_day
    units = {"h": 1.0}
    if same_day:
        units |= {"d": hours_per_day, "mo": hours_per_day * WORKDAYS_PER_MONTH}
    wanted = amount.unit
    if wanted == "h" and is_primavera(project) and hours % (hours_per_day / _NEAT_QUARTERS) == 0:
        return _first_exact(hours, ("d", hours_per_day))
    if wanted == "w" and same_day and hours % hours_per_day == 0:
        wanted = "d"
    if wanted == "mo" and project.days_per_month != WORKDAYS_PER_MONTH:
        wanted = "d"
    return _first_exact(hours, (wanted, units.get(wanted)), ("h", 1.0))


def hours_text(hours: float) -> str:
    """Working hours as an amount."""
    return _first_exact(hours, ("h", 1.0))


def is_primavera(project: SourceProject) -> bool:
    """Whether a project comes from Primavera P6."""
    return project.file_type.upper() in {"XER", "PMXML", "P6", "PRIMAVERA"} or (
        "primavera" in project.application.lower()
    )


def _first_exact(hours: float, *units: tuple[str, float | None]) -> str:
    """The amount in the first unit that needs few decimals and loses nothing."""
    wanted = round(hours * MS_PER_HOUR)
    known = [(unit, length) for unit, length in units if length is not None]
    for unit, length in known:
        for decimals in range(_LONGEST_DECIMALS + 1):
            value = round(hours / length, decimals)
            if round(value * length * MS_PER_HOUR) == wanted:
                return f"{number_text(value)}{unit}"
    unit, length = known[-1]
    return f"{number_text(round(hours / length, 9))}{unit}"
