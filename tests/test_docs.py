"""What the documentation shows is true: commands, scenarios, pages made from the code."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import simulator
from simulator.cli.main import cli
from tests import fault_gallery

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]


def fenced(text, language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_first_scenario_of_the_readme_runs_with_its_commands(tmp_path, monkeypatch):
    """Ten lines, copied as they stand, and every command below them."""
    monkeypatch.chdir(tmp_path)
    block = fenced(README, "yaml")[0]
    (tmp_path / "portal.yaml").write_text(block, encoding="utf-8")
    commands = re.findall(r"^simulator (\w.*?)(?: +#.*)?$", README, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        arguments = command.split()
        if arguments[0] == "run":
            arguments += ["-n", "200", "--no-charts"]
        told = CliRunner().invoke(cli, arguments)
        assert told.exit_code == 0, (command, told.output)


def test_the_python_of_the_readme_runs(monkeypatch):
    """The lines under `From Python`, as they stand but for the number of iterations."""
    monkeypatch.chdir(ROOT)
    (block,) = fenced(README, "python")
    names: dict[str, object] = {}
    exec(block.replace("20_000", "200"), names)
    assert isinstance(names["results"], simulator.Results)


def test_every_command_is_described_and_has_an_example():
    """Each command has help of its own, and the README names it."""
    for name, command in cli.commands.items():
        assert command.help or command.short_help
        assert f"simulator {name}" in (command.help or "")
        assert re.search(rf"\bsimulator {name}\b", README), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link and picture is there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page):
    """A path in backticks is a path of the repository, or of the package."""
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:simulator|tests|benchmarks|scenarios|docs)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path


def test_pages_made_from_the_code_are_fresh():
    """`make docs` would change nothing."""
    assert fault_gallery.PAGE.read_text(encoding="utf-8") == fault_gallery.page()
    schema = json.loads((ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8"))
    told = CliRunner().invoke(cli, ["schema"])
    assert json.loads(told.stdout) == schema


def test_every_scenario_runs_and_reads_back_the_same():
    """The scenarios that are shipped load, run, and survive being written out."""
    from simulator.scenario.dumping import digest, dump

    for path in sorted((ROOT / "scenarios").glob("*.yaml")):
        scenario = simulator.load(path)
        again = simulator.loads(dump(scenario))
        assert again == scenario
        assert digest(again) == digest(scenario)
        results = simulator.simulate(scenario, iterations=200)
        assert set(results.probability) >= {"on_time", "on_budget", "all"}


def test_the_excerpt_on_what_unfolds_runs() -> None:
    """The second excerpt of the README, with what it leaves out, is simulated."""
    excerpt = fenced(README, "yaml")[1].replace(
        "    tasks:\n", "    tasks:\n      review: {duration: 5d, needs: {data_team: 3}}\n"
    )
    text = (
        "format: 1\nprogram: {start: 2027-01-04}\ncalendars:\n  lab: {based_on: weekdays}\n"
        "  weekend: {week: {sat-sun: [00:00-24:00]}, hours_per_day: 24}\n" + excerpt
    )
    results = simulator.simulate(simulator.loads(text), iterations=200, task_iterations=100)
    assert results.tasks["lodz.load"].exists.value == 1
    assert results.to_dict()["boards"]["steering"]["waiting_hours"] > 0
