"""Several projects that share pools, as JSON: `resources` by name, and `jobs` in a list.

A job has `id`, `project`, `duration`, `predecessors`, `requirements` by resource, and maybe
`release`, the period before which it cannot begin. Other keys of the file are notes on it.

Source: Homberger (2007), A multi-agent system for the decentralized resource-constrained
multi-project scheduling problem, ITOR 14, whose instances come in this form.
"""

import json
from pathlib import Path
from typing import Any

from simulator.errors import Fault, ImportFileError, ScenarioError
from simulator.importers.files import text_of
from simulator.importers.instances import MOST, Instance, Job, mistake_in
from simulator.scenario.nodes import Path as Place
from simulator.scenario.source import Source, source_from_text

_KEYS = {"after": "predecessors", "needs": "requirements"}


def read_json(path: Path) -> Instance:
    """Read a multi-project file.

    Raises
    ------
    ImportFileError
        It cannot be read, or contradicts itself.
    """
    text = text_of(path)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        fault = Fault(f"this is no JSON: {error.msg}", "", (), str(path), error.lineno, error.colno)
        raise ImportFileError(fault) from None
    except (RecursionError, ValueError):
        raise ImportFileError(Fault("this is no JSON that can be read", file=str(path))) from None
    try:
        # JSON is YAML, and the reader of YAML knows the place of every value.
        source = source_from_text(text, str(path))
    except ScenarioError as error:
        raise ImportFileError(*error.faults) from None
    return _Reader(source).instance(path.stem)


class _Reader:
    """The values of a file, each checked where it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def instance(self, stem: str) -> Instance:
        """Everything that the file says."""
        data = self._source.data()
        if not isinstance(data, dict) or not {"resources", "jobs"} <= data.keys():
            raise self._fault("this is no multi-project file", "`resources` and `jobs`", ())
        resources = self._mapping(data["resources"], ("resources",))
        pools = {name: self._whole(units, place) for name, units, place in resources}
        jobs = self._list(data["jobs"], ("jobs",))
        found = [self._job(job, ("jobs", k)) for k, job in enumerate(jobs)]
        if not found:
            raise self._fault("the file has no jobs", "at least one job", ("jobs",))
        places: dict[str, int] = {}
        for k, job in enumerate(found):
            if places.setdefault(job.uid, k) != k:
                problem = f"there are two jobs {job.uid}"
                raise self._fault(problem, "a job for each id", ("jobs", k, "id"))
        mistake = mistake_in(found, pools)
        if mistake:
            place = ("jobs", places[mistake.uid], _KEYS[mistake.key])
            raise self._fault(mistake.problem, mistake.expected, place)
        name = data.get("name")
        return Instance(
            name if isinstance(name, str) and name else stem,
            pools,
            tuple(dict.fromkeys(job.project for job in found)),
            found,
        )

    def _job(self, job: Any, at: Place) -> Job:
        if not isinstance(job, dict):
            raise self._fault("a job is a mapping", "id, project, duration and so on", at)
        for key in ("id", "project", "duration"):
            if key not in job:
                raise self._fault(f"the job has no {key}", f"`{key}`", at)
        uid, project = (self._text(job[key], (*at, key)) for key in ("id", "project"))
        before = self._list(job.get("predecessors", []), (*at, "predecessors"))
        needs = self._mapping(job.get("requirements", {}), (*at, "requirements"))
        return Job(
            uid=uid,
            name=uid.removeprefix(f"{project}-") or uid,
            project=project,
            duration=self._whole(job["duration"], (*at, "duration")),
            after=tuple(
                dict.fromkeys(
                    self._text(other, (*at, "predecessors", k)) for k, other in enumerate(before)
                )
            ),
            needs={pool: self._whole(units, place) for pool, units, place in needs},
            release=self._whole(job.get("release", 0), (*at, "release")),
        )

    def _fault(self, problem: str, expected: str, at: Place) -> ImportFileError:
        return ImportFileError(self._source.fault(problem, expected, at))

    def _whole(self, value: Any, at: Place) -> int:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= MOST or value != int(value):
            expected = f"a whole number from 0 to {MOST:,}"
            raise self._fault(f"{value!r} cannot be read here", expected, at)
        return int(value)

    def _text(self, value: Any, at: Place) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
            raise self._fault(f"{value!r} cannot be read here", "a name", at)
        return str(value)

    def _list(self, value: Any, at: Place) -> list[Any]:
        if not isinstance(value, list):
            raise self._fault("this is no list", "a list", at)
        return value

    def _mapping(self, value: Any, at: Place) -> list[tuple[str, Any, Place]]:
        if not isinstance(value, dict):
            raise self._fault("this is no mapping", "units by the name of a resource", at)
        return [(self._text(key, at), each, (*at, str(key))) for key, each in value.items()]
