"""What the text of a Primavera XER file tells without its reader: whether it is whole, lost links.

Lines begin with `%T` (a table's name), `%F` (its columns), `%R` (a row) and, at the end, `%E`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

START = b"ERMHDR"
_READ = {"TASK": ("task_id",), "TASKPRED": ("task_id", "pred_task_id", "pred_type")}
_TYPES = {"PR_FS", "PR_SS", "PR_FF", "PR_SF"}


@dataclass(frozen=True, slots=True)
class XerText:
    """Rows of some tables by the names of their columns, and where the file ends."""

    rows: Mapping[str, list[tuple[str, ...]]]
    last: str
    """The table in which the file ends."""
    whole: bool

    def lost_links(self) -> list[str]:
        """Links whose predecessor is not in the file, and those of a type that there is not."""
        known = {row[0] for row in self.rows["TASK"]}
        lost = []
        for task, before, kind in self.rows["TASKPRED"]:
            if task in known and before not in known:
                lost.append(f"task {task}: its link from task {before}, which is not in the file")
            elif kind not in _TYPES:
                lost.append(f"task {task}: the type {kind!r} of its link, read as PR_FS")
        return lost


def xer_text(path: Path) -> XerText | None:
    """The tables of a XER file; None where the file is of another kind."""
    with path.open("rb") as stream:
        if stream.read(len(START)) != START:
            return None
        rows: dict[str, list[tuple[str, ...]]] = {name: [] for name in _READ}
        table, whole = "", False
        places: tuple[int, ...] = ()
        for line in stream:
            mark, _, rest = line.rstrip(b"\r\n").partition(b"\t")
            whole = mark == b"%E" or (whole and not mark.strip(b"\x1a \0"))
            if mark == b"%T":
                table, places = rest.decode("ascii", errors="replace").strip(), ()
            elif mark == b"%F" and table in _READ:
                names = rest.decode("ascii", errors="replace").split("\t")
                places = tuple(names.index(name) for name in _READ[table] if name in names)
            elif mark == b"%R" and len(places) == len(_READ.get(table, " ")):
                cells = rest.split(b"\t")
                if len(cells) > max(places):
                    rows[table].append(tuple(cells[k].decode("ascii", "replace") for k in places))
    return XerText(rows, table, whole)
