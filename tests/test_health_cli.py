"""`check` on the health of a schedule: summary, everything, page, gate, JSON."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator.cli.main import cli

STARTER = Path(__file__).parents[1] / "simulator/scenario/starter.yaml"
NASTY = """\
format: 1
program: {name: "<script>alert(1)</script> & co", start: 2027-01-04}
projects:
  p:
    tasks:
      a: {name: "<b>", duration: 50d}
      b: {duration: 5d, after: a FS-2d}
      c: {duration: 5d}
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["check", *(str(word) for word in words)])


def _health(*words: str | Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_call(*words, "--json").stdout)["health"]
    return told


def test_the_summary_is_short_and_comes_last() -> None:
    """What the file holds first, then the score and the worst checks."""
    lines = _call(STARTER).stdout.splitlines()
    assert lines[0].startswith(f"{STARTER}: no faults.")
    (score,) = [line for line in lines if line.startswith("Schedule health: ")]
    assert re.match(r"Schedule health: \d+ of 100\. \d+ checks passed, \d+ failed, 5 cannot", score)
    assert len(lines) < 16


def test_everything_is_told_on_demand() -> None:
    """Every check, GAO's practices, and findings with their lines."""
    Path("x.yaml").write_text(NASTY)
    out = _call("x.yaml", "--health").stdout
    assert "Every check" in out
    assert "10. Maintaining a baseline schedule" in out
    assert "  - line 7: p.b: FS-2d after p.a" in out
    many = "".join(f"      t{k}: {{duration: 1d}}\n" for k in range(9))
    Path("y.yaml").write_text(NASTY + many)
    assert "more (--all)" in _call("y.yaml", "--health").stdout
    every = _call("y.yaml", "--all").stdout
    assert "more (--all)" not in every
    assert "p.t8: neither predecessor nor successor" in every


def test_json_has_every_check_and_what_is_required() -> None:
    """Findings with place, and null for what cannot be measured."""
    Path("x.yaml").write_text(NASTY)
    health = _health("x.yaml", "--require", "leads=1")
    assert 0 <= health["score"] < 100
    assert len(health["gao"]) == 10
    leads = health["checks"]["leads"]
    assert (leads["count"], leads["of"], leads["status"]) == (1, 1, "failed")
    (finding,) = leads["findings"]
    assert (finding["what"], finding["tasks"]) == ("FS-2d after p.a", ["p.b", "p.a"])
    assert (finding["file"], finding["line"]) == ("x.yaml", 7)
    assert health["checks"]["bei"]["index"] is None
    assert health["required"][0]["state"] == "met"
    assert all(check["why"] and check["remedy"] for check in health["checks"].values())


def test_json_has_the_key_with_faults_too() -> None:
    """Null where nothing is known."""
    Path("x.yaml").write_text("format: 1\n")
    told = _call("x.yaml", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["health"] is None


@pytest.mark.parametrize(
    ("requirement", "said", "code"),
    [
        ("health>=10", "Met: health>=10. The score is", 0),
        ("health>=99.5", "Failed: health>=99.5. The score is", 1),
        ("leads=0", "Failed: leads=0. Found: 1 of 1 (100 %) links, none allowed.", 1),
        ("leads<=1", "Met: leads<=1.", 0),
        ("leads<=50%", "Failed: leads<=50%.", 1),
        ("dangling", "Met: dangling. Found: 0 of 3 unfinished tasks, none allowed.", 0),
        ("leads", "Failed: leads.", 1),
        ("bei", "Not proven: bei. It cannot be measured: no baseline", 1),
        ("cpli>=0.9", "Not proven: cpli>=0.9. It cannot be measured: the program has", 1),
        ("dcma", "Failed: dcma.", 1),
    ],
)
def test_the_gate(requirement: str, said: str, code: int) -> None:
    """It says what holds on stderr; what fails or is not proven ends with 1."""
    Path("x.yaml").write_text(NASTY)
    told = _call("x.yaml", "--require", requirement)
    assert told.exit_code == code
    assert said in told.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--require", "helth>=80"), "did you mean health?"),
        (("--require", "health"), "expected for example health>=80"),
        (("--require", "cpli>=95%"), "is no share"),
        (("--require", "leads>>3"), "expected for example"),
        (("--limit", "leeds=3"), "did you mean leads?"),
    ],
)
def test_what_cannot_be_required_is_a_usage_error(words: tuple[str, ...], said: str) -> None:
    """Before anything is computed, with what was expected."""
    told = _call(STARTER, *words)
    assert told.exit_code == 2
    assert said in told.stderr


def test_limits_of_a_house() -> None:
    """They change what a check allows, and so the score."""
    Path("x.yaml").write_text(NASTY)
    usual, kind = _health("x.yaml"), _health("x.yaml", "--limit", "leads=1")
    assert kind["checks"]["leads"]["status"] == "passed"
    assert kind["score"] > usual["score"]


class _Page(HTMLParser):
    """Tags and texts of a page, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, its id, and where it leads."""
        self.tags.append(tag)
        if tag not in ("meta", "rect"):
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.add(str(value))
            if key == "href" and str(value).startswith("#"):
                self.targets.add(str(value)[1:])
            elif key in ("src", "href"):
                self.loaded.append(str(value))

    def handle_endtag(self, tag: str) -> None:
        """Every tag closes the one that was opened last."""
        if tag not in ("meta", "rect"):
            assert self.open.pop() == tag


def test_the_page_stands_alone_and_shows_names_as_text() -> None:
    """No script, nothing loaded, every link leads somewhere, names are escaped."""
    Path("x.yaml").write_text(NASTY)
    told = _call("x.yaml", "--page", "health.html")
    assert told.exit_code == 0
    assert "Wrote health.html" in told.stderr
    text = Path("health.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert not page.open
    assert "script" not in page.tags
    assert not page.loaded
    assert page.targets <= page.ids
    assert "http" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co: schedule health" in text
    assert [path.name for path in Path().iterdir() if "part" in path.name] == []


def test_a_page_is_never_written_over_something() -> None:
    """Not over a file, not over a folder, not where there is none."""
    Path("mine.html").write_text("mine")
    for name, said in (
        ("mine.html", "is already there"),
        (".", "is a folder"),
        ("no/such/page.html", "cannot be written"),
    ):
        told = _call(STARTER, "--page", name)
        assert told.exit_code == 2
        assert said in told.stderr
    assert Path("mine.html").read_text() == "mine"
