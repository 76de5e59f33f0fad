"""Scenarios as text, and digests of what they mean."""

import re
from pathlib import Path

import pytest

from simulator.scenario.dumping import digest, dump
from simulator.scenario.loading import load, loads
from simulator.scenario.program import Scenario

START = "format: 1\nprogram: {start: 2027-01-04}\n"
TEXT = START + (
    "pools: {a: {units: 2}, b: {units: 1, name: Bee}}\n"
    "classes: {novel: {triangular: [0.9, 1, 1.25]}, routine: {pert: [0.9, 1, 1.25]}}\n"
    "calendars: {office: {week: {mon-fri: [09:00-17:00]}, holidays: NO}}\n"
    "projects:\n"
    "  p:\n"
    "    tasks:\n"
    "      one: {duration: 5d, needs: {a: 1, b: 0.5}, tags: {wbs: '1.10', no: 'on', e: '1e5'}}\n"
    "      two: {effort: {pert: [5pd, 6pd, 9pd]}, after: ['one SS+50%'], name: 'no: \u2192 #1'}\n"
    "      end: {milestone: true, after: [two]}\n"
    "    branches: {choice: {x: 0.5, y: 0.5}}\n"
    "risks:\n"
    "  late: {chance: 0.3, hits: [{tasks: ['*'], factor: 1.5, name: h}]}\n"
    "  later: {chance: {if late: 0.5, else: 0.1}, hits: [{cost: 1_000_000}]}\n"
)


def changed(old: str, new: str) -> Scenario:
    assert old in TEXT
    return loads(TEXT.replace(old, new))


def test_a_dump_reads_back() -> None:
    """What is dumped loads as the same scenario, with the same digest."""
    scenario = loads(TEXT)
    text = dump(scenario)
    assert loads(text) == scenario
    assert dump(loads(text)) == text
    assert digest(loads(text)) == digest(scenario)


@pytest.mark.parametrize(
    "path", sorted(Path("scenarios").glob("*.yaml")), ids=lambda path: path.stem
)
def test_own_scenarios_read_back(path: Path) -> None:
    """Every scenario that comes with the simulator survives dumping."""
    scenario = load(path)
    assert loads(dump(scenario), folder=path.parent) == scenario


def test_a_dump_is_short() -> None:
    """Defaults are left out, whole numbers stay whole, keys keep the order of the models."""
    text = dump(loads(START + "projects: {p: {tasks: {a: {duration: 5.0d, cost: 1_000}}}}"))
    assert text == (
        "format: 1\n"
        "program:\n"
        "  start: '2027-01-04'\n"
        "projects:\n"
        "  p:\n"
        "    tasks:\n"
        "      a:\n"
        "        duration: 5d\n"
        "        cost: 1000\n"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("duration: 5d", "duration: 5.0d"),
        ("0.9, 1, 1.25", "0.90, 1.0, 1.25"),
        ("1_000_000", "1000000.0"),
        ("duration: 5d", "duration: 5d, accrues: even, unbroken: false, sharing: 1"),
        ("name: Bee", "name: Other"),
        ("name: 'no: \u2192 #1'", "name: x"),
        ("one SS+50%", "{task: one, link: SS, lag: 50%}"),
        ("risks:\n", "stakeholders: {cio: {name: X}}\nrisks:\n"),
        ("program: {", "program: {name: Shown, "),
        ("'1.10', no: 'on'", "'1.10', no: \"on\""),
        ("tags: {wbs: '1.10', no: 'on',", "tags: {no: 'on', wbs: '1.10',"),
        (
            "novel: {triangular: [0.9, 1, 1.25]}, routine: {pert: [0.9, 1, 1.25]}",
            "routine: {pert: [0.9, 1, 1.25]}, novel: {triangular: [0.9, 1, 1.25]}",
        ),
    ],
)
def test_the_same_meaning_has_the_same_digest(old: str, new: str) -> None:
    """How something is written, what is shown only, and order without meaning do not count."""
    if new.startswith("{task"):
        old = f"'{old}'"
    assert digest(changed(old, new)) == digest(loads(TEXT))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("duration: 5d", "duration: 5ed"),
        ("duration: 5d", "duration: 6d"),
        ("0.9, 1, 1.25", "0.9, 1, 1.26"),
        ("name: h", "name: other"),
        ("{a: {units: 2}, b: {units: 1, name: Bee}}", "{b: {units: 1}, a: {units: 2}}"),
        ("{x: 0.5, y: 0.5}", "{y: 0.5, x: 0.5}"),
        ("needs: {a: 1, b: 0.5}", "needs: {b: 0.5, a: 1}"),
        ("holidays: NO", "holidays: SE"),
        ("{if late: 0.5, else: 0.1}", "{if late: 0.5, else: 0.2}"),
        ("2027-01-04", "2027-01-05"),
    ],
)
def test_another_meaning_has_another_digest(old: str, new: str) -> None:
    """What changes a result changes the digest, order of service and of draws included."""
    assert digest(changed(old, new)) != digest(loads(TEXT))


def test_samples_count_by_their_values(tmp_path: Path) -> None:
    """The digest covers the numbers behind a sampled range."""
    file = tmp_path / "plan.yaml"
    file.write_text(
        START + "classes: {h: {samples: h.csv#x, shared: project}}\n"
        "projects: {p: {tasks: {a: {duration: 5d, class: h}}}}\n"
    )
    digests = []
    for values in ("1\n2\n", "1.0\n2.0\n", "1\n3\n"):
        (tmp_path / "h.csv").write_text("x\n" + values)
        scenario = load(file)
        assert loads(dump(scenario), folder=tmp_path) == scenario
        digests.append(digest(scenario))
    assert digests[0] == digests[1] != digests[2]


def test_a_digest_is_short_hexadecimal() -> None:
    """Sixteen hexadecimal characters."""
    assert re.fullmatch("[0-9a-f]{16}", digest(loads(TEXT)))
