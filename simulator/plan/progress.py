"""Which tasks have begun, by number."""

from simulator.scenario.monitoring import TaskStatus
from simulator.scenario.program import Scenario


def progress_of(scenario: Scenario) -> dict[int, TaskStatus]:
    """The status of every task that has begun, by number; a running span is not told apart."""
    if not scenario.progress:
        return {}
    number = {key: place for place, key in enumerate(scenario.tasks)}
    return {
        number[key]: status
        for key, status in scenario.progress.items()
        if status.is_finished or not scenario.tasks[key].spans
    }
