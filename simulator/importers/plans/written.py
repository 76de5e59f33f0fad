"""An imported schedule as the text of a scenario file, with what was lost as comments."""

from simulator.importers.plans.convert import Imported
from simulator.importers.plans.records import printable
from simulator.importers.plans.source import SourceFile
from simulator.scenario.dumping import dump_for_editing

_TOOLS = {
    "MPP": "Microsoft Project", "MPT": "Microsoft Project", "MSPDI": "Microsoft Project XML",
    "MPX": "MPX", "XER": "Primavera P6", "PMXML": "Primavera P6 XML", "PLANNER": "Planner",
    "GAN": "GanttProject", "GANTTPROJECT": "GanttProject",
}  # fmt: skip
_TASKS_A_LINE = 6


def scenario_text(imported: Imported, source: SourceFile, file: str) -> str:
    """The YAML of an imported schedule.

    What the file says and the scenario does not stands at its end, each with the tasks it is of.
    """
    kind = source.projects[0].file_type
    tool = _TOOLS.get(kind.upper(), kind)
    heading = (
        f"{file}, imported{f' ({tool})' if tool else ''}."
        " source_uid is the unique id of a task in that file.\n"
        "Add ranges to durations (or classes), then risks, to make a forecast of it."
    )
    return dump_for_editing(imported.scenario, heading) + _losses(imported)


def _losses(imported: Imported) -> str:
    lines: list[str] = []
    for what, tasks in imported.losses.by_kind.items():
        rows = (tasks[k : k + _TASKS_A_LINE] for k in range(0, len(tasks), _TASKS_A_LINE))
        lines.append(f"# - {printable(what)}{':' if tasks else ''}")
        lines += [f"#     {printable(', '.join(row))}" for row in rows]
    return "\n".join(["", "# Not carried over:", *lines, ""]) if lines else ""
