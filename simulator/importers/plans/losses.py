"""What a scenario cannot say of a file, task by task."""

from collections.abc import Iterable, Iterator, Mapping

_NAMES_SHOWN = 3


class Losses:
    """Collects what is not carried over: for each kind of it the tasks, by their new ids."""

    def __init__(self, told: Iterable[str] = ()) -> None:
        self._found: dict[str, dict[str, None]] = {what: {} for what in told}

    def add(self, what: str, task: str = "") -> None:
        """Note that something is lost, of a task or of the whole file."""
        tasks = self._found.setdefault(what, {})
        if task:
            tasks[task] = None

    def each(self) -> Iterator[str]:
        """One line for each loss and task."""
        for what, tasks in self._found.items():
            yield from (f"{task}: {what}" for task in tasks) if tasks else (what,)

    def grouped(self) -> Iterator[str]:
        """One line for each kind of loss, with the first tasks it hits and how many there are."""
        for what, tasks in self._found.items():
            names = list(tasks)
            shown = ", ".join(names[:_NAMES_SHOWN])
            rest = len(names) - _NAMES_SHOWN
            more = f" and {rest} more" if rest > 0 else ""
            yield f"{what} ({shown}{more})" if names else what

    @property
    def by_kind(self) -> Mapping[str, tuple[str, ...]]:
        """The tasks of each kind of loss."""
        return {what: tuple(tasks) for what, tasks in self._found.items()}
