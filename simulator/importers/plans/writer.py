"""`write_plan`: plain records as a file of another tool."""

from pathlib import Path

from simulator.errors import ImportFileError, RunError
from simulator.importers.new_file import check_new, write_new
from simulator.importers.plans.target import PlanToWrite
from simulator.importers.plans.worker import in_child


def write_plan(plan: PlanToWrite, path: Path) -> None:
    """Write a file that is not there yet, as a whole or not at all.

    Raises
    ------
    SettingsError
        Something of that name is there already, or nothing can be written there.
    RunError
        The file cannot be made: Java or a package is missing, or mpxj gives up.
    """
    check_new(path)
    tasks = len(plan.project.tasks)
    try:
        content: bytes = in_child("write", path, tasks << 12, payload=plan)
    except ImportFileError as error:
        fault = error.faults[0]
        said = f"{path} cannot be written: {fault.problem}"
        raise RunError(f"{said}; expected {fault.expected}") from None
    write_new(path, content)
