"""Whether the risk register can change the schedule, and whether its risks are risks."""

from simulator.analysis.health.finding import NO_MORE, Measured, Rule
from simulator.analysis.health.subject import Subject
from simulator.plan.gates import affected_tasks
from simulator.scenario.distributions import Distribution
from simulator.scenario.risks import Hit, Risk

GROUP = "Risks"
_NO_RISKS = "the scenario has no risks"


def risk_register(subject: Subject) -> Measured:
    """No risk that changes the schedule at all, or risks on nothing but finished tasks."""
    risks = subject.scenario.risks
    timed = {key: [hit for hit in risk.hits if _takes_time(hit)] for key, risk in risks.items()}
    if not any(timed[key] or risk.stops is not None for key, risk in risks.items()):
        return Measured((subject.finding("no risk changes any date"),), max(len(risks), 1))
    done = {subject.tasks[k].id for k in range(len(subject.tasks)) if subject.finished[k]}
    found = []
    for key, hits in timed.items():
        tasks = {task for hit in hits for task in affected_tasks(subject.scenario, hit)}
        if tasks and tasks <= done:
            what = f"{key}: falls only on tasks that are finished"
            found.append(subject.finding(what, path=("risks", key)))
    return Measured(tuple(found), len(risks))


def risks_without_tasks(subject: Subject) -> Measured:
    """Risks that cost money and no time."""
    risks = subject.scenario.risks
    if not risks:
        return Measured.impossible(_NO_RISKS)
    what = "costs money but hits no task: does it cost no time?"
    found = tuple(
        subject.finding(f"{key}: {what}", path=("risks", key))
        for key, risk in risks.items()
        if risk.stops is None and not any(_takes_time(hit) for hit in risk.hits)
    )
    return Measured(found, len(risks))


def _takes_time(hit: Hit) -> bool:
    return any(part is not None for part in (hit.delay, hit.wait, hit.factor, hit.units))


def certain_risks(subject: Subject) -> Measured:
    """Risks that always occur with a fixed effect, or never."""
    risks = subject.scenario.risks
    if not risks:
        return Measured.impossible(_NO_RISKS)
    found = []
    for key, risk in risks.items():
        if risk.chance == 0:
            what = "its chance is 0: it is off"
        elif risk.chance == 1 and not risk.stops and not _drawn(risk):
            what = "its chance is 1 and its effect fixed: it belongs in the plan"
        else:
            continue
        found.append(subject.finding(f"{key}: {what}", path=("risks", key, "chance")))
    return Measured(tuple(found), len(risks))


def _drawn(risk: Risk) -> bool:
    """Whether a certain risk is a common factor: something of it differs from future to future."""
    values = ("delay", "wait", "factor", "cost", "from_", "for_", "at")
    return any(isinstance(getattr(hit, key), Distribution) for hit in risk.hits for key in values)


RULES = (
    Rule(
        "risk_register", "Risks that change no date", GROUP, "risks", NO_MORE, 2,
        "Ranges are how well known work goes; what may happen or not is in the register. Without"
        " tasks to fall on it changes no date.",
        "Name the tasks that each risk hits, and with what; begin with the five largest.",
        risk_register, "GAO 8",
    ),
    Rule(
        "risks_without_tasks", "Risks without tasks", GROUP, "risks", NO_MORE, 0,
        "A risk that only costs money may be one; often the time that it costs was forgotten.",
        "Name the tasks that it hits, or let it stand.",
        risks_without_tasks, "GAO 8",
    ),
    Rule(
        "certain_risks", "Certain risks", GROUP, "risks", NO_MORE, 1,
        "What always happens is no risk but a part of the plan that the plan does not show.",
        "Put it into the estimates, or give it a chance or a range.",
        certain_risks, "GAO 8",
    ),
)  # fmt: skip
