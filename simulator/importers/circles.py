"""Tasks that wait for each other."""

from collections.abc import Mapping, Sequence


def circle(before: Mapping[str, Sequence[str]]) -> list[str]:
    """One circle of tasks in the order of work, which ends where it begins; empty if none."""
    done: set[str] = set()
    for first in before:
        trail: dict[str, None] = {}
        stack = [iter((first,))] if first not in done else []
        while stack:
            uid = next(stack[-1], None)
            if uid is None:
                stack.pop()
                if trail:
                    done.add(trail.popitem()[0])
            elif uid in trail:
                names = list(trail)
                return [uid, *reversed(names[names.index(uid) :])]
            elif uid not in done:
                trail[uid] = None
                stack.append(iter(before[uid]))
    return []
