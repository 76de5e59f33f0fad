"""One report of what it costs and how exact it is, as ratios measured in the same run.

    python -m benchmarks.performance                 print the report (takes many minutes)
    python -m benchmarks.performance --write         put it into docs/performance.md
    python -m benchmarks.performance --only rich,others --write      these sections, others stay
    python -m benchmarks.performance --quick         tiny sizes: shows that everything runs

Where a bar is missed it exits with 1; tiny sizes keep none.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import quantile_accuracy
from benchmarks.accuracy_of_schemes import schemes
from benchmarks.against_others import all_pert, others
from benchmarks.features import calendars, rich, scaling
from benchmarks.one_out import one_out
from benchmarks.phases import limit, phases, start_up
from benchmarks.pools import pools
from benchmarks.timing import ROOT, Extent, circumstances, table

PAGE = ROOT / "docs" / "performance.md"
INTRODUCTION = """# Performance

How fast a run is, what each construct costs, and how exact the figures are. Everything here is
written by `make bench` (`python -m benchmarks.performance --write`), which measures all programs of
a table in one process, one after the other, so that **ratios** can be compared; seconds belong to
the machine. Times are the shortest of several (wall clock, warm). Bars stand beside the figures
they are for."""


def tables(extent: Extent) -> str:
    """How closely tables of quantiles follow their distributions."""
    rows = []
    cases = quantile_accuracy.cases()
    names = list(cases)[:: extent.of(1, 10)]
    for kind, score in (("tables of u", False), ("tables of scores", True)):
        found = {name: quantile_accuracy.accuracy(cases[name], score=score) for name in names}
        kept = [each for each in found.values() if each.passes()]
        missed = ", ".join(f"{name} ({found[name].sd:.0e})" for name in names
                           if not found[name].passes())  # fmt: skip
        worst = (max(getattr(each, part) for each in kept) for part in ("mean", "percentile", "sd"))
        rows.append([kind, f"{len(kept)} of {len(names)}", *(f"{x:.1e}" for x in worst), missed])
    said = (
        f"Errors in standard deviations, that of the sd relative to itself: the worst of all shapes"
        f" that keep the bars (mean {quantile_accuracy.MEAN_BAR:g}, P1 to P99"
        f" {quantile_accuracy.PERCENTILE_BAR:g}, sd {quantile_accuracy.SD_BAR:g}). Of tails with"
        " hardly a variance a part lies beyond the smallest number that a draw can be."
    )
    headings = ("", "keep the bars", "mean", "P1 to P99", "sd", "others (error of the sd)")
    return f"{said}\n\n{table(headings, rows)}"


SECTIONS: dict[str, tuple[str, Callable[[Extent], str]]] = {
    "others": ("Against other programs", others),
    "pert": ("All tasks PERT", all_pert),
    "calendars": ("Calendars", calendars),
    "rich": ("A realistic program against its bare network", rich),
    "pools": ("Shared pools", pools),
    "one_out": ("Risks removed one by one", one_out),
    "scaling": ("Scaling", scaling),
    "start": ("Whole processes", start_up),
    "phases": ("Where the time goes", phases),
    "schemes": ("Sampling schemes", schemes),
    "tables": ("Quantile tables", tables),
    "limit": ("What the limit would be", limit),
}


def report(names: list[str], extent: Extent) -> dict[str, str]:
    """Sections by title, each with when and on what it was measured."""
    found = {}
    for name in names:
        title, section = SECTIONS[name]
        began = time.perf_counter()
        body = section(extent)
        took = time.perf_counter() - began
        found[title] = f"{body}\n\n*{circumstances()} The section took {took:,.0f} s.*"
        print(f"## {title}\n\n{found[title]}\n", flush=True)
    return found


def written(sections: dict[str, str], page: Path) -> None:
    """Put sections into the page; those that were not measured stay as they are."""
    parts = re.split(r"^## (.+)\n\n", page.read_text(), flags=re.MULTILINE) if page.exists() else []
    kept = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    kept |= sections
    ordered = [f"## {title}\n\n{kept[title]}" for title, _ in SECTIONS.values() if title in kept]
    page.write_text("\n\n".join([INTRODUCTION, *ordered]) + "\n")


def main() -> int:
    """Measure, print, and where it is asked for write; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description="What it costs and how exact it is.")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, with commas between")
    parser.add_argument("--write", action="store_true", help=f"put them into {PAGE.name}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes")
    parser.add_argument("--replicates", type=int, help="runs of each sampling scheme (200)")
    asked = parser.parse_args()
    names = asked.only.split(",")
    if unknown := [name for name in names if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    replicates = asked.replicates or (8 if asked.quick else 200)
    sections = report(names, Extent(asked.quick, replicates))
    if asked.write:
        written(sections, PAGE)
    missed = any("**missed**" in text or "**differ**" in text for text in sections.values())
    return int(missed and not asked.quick)


if __name__ == "__main__":
    sys.exit(main())
