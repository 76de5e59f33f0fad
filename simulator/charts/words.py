"""How charts write dates, money, chances and their intervals."""

import math
from datetime import timedelta

from simulator.estimates.estimate import Estimate
from simulator.plan.plan import Clock

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Spelled here: `strftime` follows the locale of the machine."""
NEVER = "never"
SCALES = ((1e9, " bn"), (1e6, " m"), (1e3, " k"))


def date_text(clock: Clock, ms: float) -> str:
    """The day something ends, as 30 Jun 2028: midnight belongs to the day before."""
    day, month, year = _day(clock, ms)
    return f"{day} {month} {year}"


def date_range(clock: Clock, estimate: Estimate) -> str:
    """The interval of a date, as 9–12 Jan 2029; parts that both ends share are written once."""
    low, high = estimate.low, estimate.high
    if not math.isfinite(low):
        return f"up to {date_text(clock, high)}" if math.isfinite(high) else "unknown"
    if not math.isfinite(high):
        return f"from {date_text(clock, low)}"
    first, last = _day(clock, low), _day(clock, high)
    end = date_text(clock, high)
    if first == last:
        return end
    if first[2] != last[2]:
        return f"{date_text(clock, low)} – {end}"
    return f"{first[0]}–{end}" if first[1] == last[1] else f"{first[0]} {first[1]} – {end}"


def _day(clock: Clock, ms: float) -> tuple[int, str, int]:
    at = clock.date(ms)
    if at.hour == at.minute == at.second == 0 and ms > 0:
        at -= timedelta(seconds=1)
    return at.day, MONTHS[at.month - 1], at.year


def money_text(value: float, currency: str) -> str:
    """Money with three digits that count, as 18.1 m EUR."""
    return f"{short_number(value)} {currency}"


def money_range(estimate: Estimate, currency: str) -> str:
    """The interval of an amount of money."""
    low, high = estimate.low, estimate.high
    if not math.isfinite(low):
        return f"up to {money_text(high, currency)}" if math.isfinite(high) else "unknown"
    if not math.isfinite(high):
        return f"from {money_text(low, currency)}"
    first, last = short_number(low), short_number(high)
    if first == last:
        return f"{last} {currency}"
    unit = last.lstrip("−0123456789.")
    shared = bool(unit) and first.endswith(unit)
    return f"{first.removesuffix(unit) if shared else first}–{last} {currency}"


def short_number(value: float) -> str:
    """A number with three digits that count and k, m or bn."""
    size = abs(value)
    for scale, unit in SCALES:
        # 999,500 would round to 1,000 k.
        if size >= scale * 0.9995:
            return _signed(value, _three_digits(size / scale) + unit)
    return _signed(value, f"{size:.0f}")


def _three_digits(size: float) -> str:
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:,.{digits}f}"


def _signed(value: float, text: str) -> str:
    return f"−{text}" if value < 0 and text.strip("0") else text


def chance_text(chance: float) -> str:
    """A chance in whole percent; one that was seen but rounds away is not called impossible."""
    if math.isnan(chance):
        return "unknown"
    if 0 < chance < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 < chance < 1 else f"{100 * chance:.0f} %"


def chance_range(estimate: Estimate) -> str:
    """The interval of a chance in percent; one digit more where whole ones hide it."""
    if math.isnan(estimate.low):
        return "unknown"
    low, high = f"{100 * estimate.low:.0f}", f"{100 * estimate.high:.0f}"
    if low == high:
        low, high = f"{round(100 * estimate.low, 1):g}", f"{round(100 * estimate.high, 1):g}"
    return f"{low}–{high} %" if low != high else f"{high} %"


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it takes one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shortened(name: str, letters: int = 28) -> str:
    """A name cut where it would push the rest of a title off the slide."""
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"
