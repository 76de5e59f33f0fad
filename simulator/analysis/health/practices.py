"""GAO's ten best practices for a schedule: which checks measure each, and what none can.

Source: GAO-16-89G, Schedule Assessment Guide: Best Practices for Project Schedules (2015).
"""

from collections.abc import Mapping

from simulator.analysis.health.finding import Check, Practice

_PRACTICES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Capturing all activities", ("duplicate_names", "zero_duration"),
     "whether all work is there: compare it with the work breakdown structure and the contract"),
    ("Sequencing all activities",
     ("open_ends", "dangling", "leads", "lags", "hidden_work", "link_types", "start_to_finish",
      "redundant_links", "duplicate_links", "hard_constraints", "driving_dates"),
     "whether each link is true"),
    ("Assigning resources to all activities", ("resources", "over_allocation"),
     "whether the people exist and know of it"),
    ("Establishing the duration of all activities",
     ("high_duration", "zero_duration", "closed_calendars"),
     "whether estimates rest on past work"),
    ("Verifying that the schedule can be traced horizontally and vertically",
     ("open_ends", "leads_nowhere"),
     "vertically: whether dates of summary plans and contracts are those of the tasks below"),
    ("Confirming that the critical path is valid",
     ("critical_path_test", "hard_constraints", "hidden_work", "cpli"),
     "whether the people on it agree that it is the critical one"),
    ("Ensuring reasonable total float",
     ("high_float", "negative_float", "missed_dates", "as_late_as_possible"),
     "how much float is reasonable for this program"),
    ("Conducting a schedule risk analysis",
     ("no_range", "narrow_ranges", "symmetric_ranges", "mode_at_end", "correlation",
      "risk_register", "risks_without_tasks", "certain_risks", "merges"),
     "whether ranges and chances are honest, and contingency follows from them"),
    ("Updating the schedule using actual progress and logic",
     ("invalid_dates", "out_of_sequence"),
     "how often, and by whom"),
    ("Maintaining a baseline schedule", ("missed_tasks", "bei"),
     "whether changes are approved, and the basis of the schedule is written down"),
)  # fmt: skip


def practices_of(checks: Mapping[str, Check]) -> tuple[Practice, ...]:
    """The ten practices, from checks by their id."""
    return tuple(
        Practice(number, title, tuple(checks[key] for key in ids), beyond)
        for number, (title, ids, beyond) in enumerate(_PRACTICES, 1)
    )
