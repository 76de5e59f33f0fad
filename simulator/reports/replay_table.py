"""The log of a replayed future as a table of text."""

import numpy as np

from simulator.reports.tables import Column, Table
from simulator.run.replay import Replay
from simulator.run.replay_log import log_of
from simulator.run.replay_words import Words


def replay_table(replay: Replay) -> Table:
    """When what happened, and in the title which future it is."""
    words = Words(replay.plan)
    lines = [(words.instant(entry.at), entry.text) for entry in log_of(replay)]
    rows = [
        ("" if k and lines[k - 1][0] == when else when, text)
        for k, (when, text) in enumerate(lines)
    ]
    return Table(
        _title(replay, words),
        (Column("time", figures=False), Column("what happened", figures=False)),
        tuple(rows),
    )


def _title(replay: Replay, words: Words) -> str:
    count = replay.results.settings.iterations
    ends = (
        f"finishes {words.instant(replay.finish)}" if np.isfinite(replay.finish) else "never ends"
    )
    return (
        f"Iteration {replay.iteration:,}: {ends}, later than {100 * replay.later_than:.1f} % of"
        f" {count:,} futures"
    )
