"""A scenario laid out as a draft: rows of tasks, of facts and of rework, and the links between."""

from simulator.plan.context import Compilation
from simulator.plan.draft import DraftNetwork
from simulator.plan.fact_rows import lay_facts
from simulator.plan.facts import Facts
from simulator.plan.linking import link_rows
from simulator.plan.rows import base_row, plain_rows, reworked_tasks, unroll


def draft_network(compilation: Compilation) -> tuple[DraftNetwork, Facts]:
    """Every task as rows, its rework unrolled, every link between them; and what has happened."""
    scenario, plain = compilation.scenario, compilation.plain
    draft = DraftNetwork.of(scenario)
    special = {number: (task_id, task) for number, task_id, task in plain.special}
    first = 0
    for project in scenario.projects.values():
        last = first + len(project.tasks)
        filled = False
        for row in range(first, last) if special else (first,):
            if row in special:
                base_row(compilation, draft, row, *special[row])
            elif not filled:
                plain_rows(compilation, draft, range(row, last), project)
                filled = True
        first = last
    facts = lay_facts(compilation, draft)
    for number, task_id, task in reworked_tasks(compilation):
        unroll(compilation, draft, number, task_id, task)
    link_rows(compilation, draft, facts)
    return draft, facts
