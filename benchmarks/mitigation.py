"""How long `mitigate` takes: 12 and 30 mitigations of a program of 60 tasks.

    python benchmarks/mitigation.py [ITERATIONS]

The program has five projects of twelve tasks, one risk a mitigation, and no pools. The first
mitigations halve the effect of their risks, the others lower the chance. CPU time of one process;
what was proven is said beside it.
"""

import sys
from time import perf_counter, process_time

import simulator

PROJECTS, TASKS = 5, 12


def text(levers: int) -> str:
    """A scenario with so many mitigations."""
    lines = ["format: 1", "program: {name: B, start: 2027-01-04, deadline: 2028-06-01}"]
    lines.append("projects:")
    for project in range(PROJECTS):
        lines += [f"  p{project}:", "    tasks:"]
        for task in range(TASKS):
            after = f", after: [t{task - 1}]" if task else ""
            if task > 2:
                after = f", after: [t{task - 1}, t{task - 3} FS+2d]"
            low = 6 + (7 * task + 3 * project) % 5
            lines.append(
                f"      t{task}: {{duration: {{pert: [{low}d, {low + 4}d, {low + 15}d]}}{after}}}"
            )
    lines.append("risks:")
    for k in range(levers):
        task = f"p{k % PROJECTS}.t{(5 * k) % TASKS}"
        low = 3 + k % 4
        lines.append(
            f"  r{k}: {{chance: {0.2 + 0.02 * (k % 10):.2f}, hits: [{{tasks: [{task}],"
            f" delay: {{pert: [{low}d, {low + 6}d, {low + 25}d]}}}}]}}"
        )
    lines.append("mitigations:")
    for k in range(levers):
        change = "effects: 0.4" if k % 2 else "chance: 0.05"
        lines.append(
            f"  m{k}: {{cost: {10_000 + 3_700 * ((k * 7) % 9)}, on: {{r{k}: {{{change}}}}}}}"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print a line for each number of mitigations and share of the money for all of them."""
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for levers in (12, 30):
        scenario = simulator.loads(text(levers))
        spend = sum(each.cost for each in scenario.mitigations.values())
        for share in (0.25, 0.5, 1.0):
            wall, cpu = perf_counter(), process_time()
            found = simulator.mitigate(scenario, budget=share * spend, iterations=iterations)
            cpu, wall = process_time() - cpu, perf_counter() - wall
            gap = found.to_dict()["best"]["gap"]
            proof = "proven" if found.best.optimal else f"gap {gap:.1f} days"
            exact = sum(each.optimal for each in found.frontier)
            print(
                f"{levers} mitigations, {share:.0%} of the money for all: {cpu:.1f} s CPU,"
                f" {wall:.1f} s wall, {found.evaluated:,} sets, {proof},"
                f" frontier {exact} of {len(found.frontier)} proven"
            )


if __name__ == "__main__":
    main()
