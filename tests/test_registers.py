"""Risk registers: what people's workbooks say, what is refused, and the way there and back."""

import csv
import io
import json
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.cli.main import cli
from simulator.errors import ImportFileError, SettingsError
from simulator.importers.registers.fields import heading_of
from simulator.importers.registers.merge import Imported, import_into
from simulator.importers.registers.register import Wishes, open_register
from simulator.importers.registers.scales import DEFAULT, Share
from simulator.importers.registers.writer import FromRun, register_workbook
from simulator.plan.compile import compile_plan
from simulator.scenario.dumping import digest
from simulator.scenario.loading import load, loads
from simulator.scenario.program import Scenario

ROOT = Path(__file__).parents[1]
SCENARIO = """\
# A comment that stays.
format: 1
program: {start: 2027-01-04, budget: 1_000_000}
pools: {dba: {units: 2}}
projects:
  ledger:
    name: Ledger platform
    tasks:
      design: {duration: 10d, name: Design the ledger, source_uid: 77, tags: {wbs: 1.1}}
      build: {duration: 20d, after: design, needs: {dba: 1}, tags: {wbs: 1.2.1}}
      test: {duration: 5d, after: build, tags: {wbs: 1.2.2}}
  mobile:
    tasks:
      app: {duration: 30d, name: Build}
      test: {duration: 5d, after: app, name: Test it}
"""
HEAD = ["ID", "Title", "Probability", "Delay (days)", "Cost (EUR)", "Affected tasks"]
Rows = list[list[Any]]
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Smaller cases take minutes to find: each writes and reads a workbook."""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("portal.yaml").write_text(SCENARIO)


def workbook(sheets: dict[str, Rows], percent: tuple[str, ...] = ()) -> Path:
    """A workbook of these sheets; cells named in `percent` are shown as percentages."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell in percent:
            sheet[cell].number_format = "0%"
    book.save("register.xlsx")
    return Path("register.xlsx")


def read(
    file: Path, *, replace: bool = False, into: str = "portal.yaml", **wishes: Any
) -> Imported:
    """A register put into the scenario."""
    said = Wishes(**wishes)
    tables = open_register(file, said)
    return import_into(tables, Path(into), Path("new.yaml"), said, replace=replace)


def risks(rows: Rows, **wishes: Any) -> dict[str, Any]:
    """The risks of a sheet."""
    return read(workbook({"Risks": rows}), **wishes).register.risks


def faults(rows: Rows, **wishes: Any) -> str:
    """What is said of a sheet that is refused."""
    with pytest.raises(ImportFileError) as error:
        risks(rows, **wishes)
    return str(error.value)


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


# -- what is read ----------------------------------------------------------------------------------


def test_a_plain_register():
    """Figures become a risk with one hit; the scenario keeps its comments."""
    found = read(
        workbook({"Risks": [HEAD, ["R-1", "Vendor late", 0.35, 10, 40_000, "ledger.build"]]})
    )
    assert found.register.risks == {
        "R-1": {
            "name": "Vendor late",
            "chance": 0.35,
            "hits": [{"tasks": ["ledger.build"], "delay": "10d", "cost": 40_000.0}],
        }
    }
    assert found.text.startswith("# A comment that stays.\n")
    assert loads(found.text) == found.scenario
    assert not found.rewritten


def test_a_german_register_with_merged_headings():
    """Title rows, two rows of headings, units in thousands, opportunities and closed risks."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "Risikoregister"
    sheet.merge_cells("A1:J1")
    sheet.append([])
    sheet.append(
        ["Nr.", "Risiko", "Status", "Eintrittswahrscheinlichkeit", "Auswirkung Termin (Tage)", None,
         None, "Kosten (T€)", "Vorgänge", "Risiko/Chance"]
    )  # fmt: skip
    sheet.append([None] * 4 + ["min", "wahrscheinlich", "max"])
    sheet.merge_cells("E3:G3")
    for column in "ABCDHIJ":
        sheet.merge_cells(f"{column}3:{column}4")
    sheet.append(["1", "Lieferant zu spät", "offen", "35 %", 5, 10, 30, "40", "77", "Risiko"])
    sheet.append(["2", "Alt", "geschlossen", "20 %", 5, 10, 30, "40", "77", "Risiko"])
    sheet.append(
        ["3", "Wiederverwendung", "offen", "50 %", 2, 4, 6, "10", "Design the ledger", "Chance"]
    )
    book.save("register.xlsx")
    found = read(Path("register.xlsx")).register
    assert found.risks["r1"] == {
        "name": "Lieferant zu spät",
        "chance": 0.35,
        "hits": [
            {"tasks": ["ledger.design"], "delay": {"pert": ["5d", "10d", "30d"]}, "cost": 40_000.0}
        ],
    }
    assert found.risks["r3"]["hits"] == [
        {"tasks": ["ledger.design"], "delay": {"pert": ["-6d", "-4d", "-2d"]}, "cost": -10_000.0}
    ]
    assert [what for _, what, _ in found.skipped] == ["2 Alt"]


@pytest.mark.parametrize("level", ["High", "h", "4", 4, "4 - Likely", "hoch", "Major"])
def test_levels_stand_for_ranges(level: object):
    """Names, letters and numbers of five levels, by the stated table."""
    head = ["ID", "Likelihood", "Schedule impact", "Cost impact", "Tasks"]
    found = risks([head, ["a", level, level, level, "ledger.build"], ["b", "VL", "VL", "VL", "77"]])
    (hit,) = found["a"]["hits"]
    assert found["a"]["chance"] == 0.7
    assert hit["delay"] == {"uniform": ["60d", "120d"]}
    assert hit["cost"] == {"uniform": [50_000.0, 100_000.0]}


def test_scales_of_the_users_own():
    """A sheet of scales, and a file of scales which wins."""
    head = ["ID", "Likelihood", "Schedule impact", "Cost impact", "Tasks"]
    scales = [["Level", "Probability", "Schedule min (weeks)", "Schedule max (weeks)"],
              ["small", 0.2, 0, 1], ["large", "60 %", 1, 4]]  # fmt: skip
    sheets = {"Risks": [head, ["a", "large", "large", "tiny", "77"]], "Scales": scales}
    with pytest.raises(ImportFileError, match="Risks!D2"):
        read(workbook(sheets))
    sheets["Risks"][1][3] = "high"
    found = read(workbook(sheets)).register.risks["a"]
    assert (found["chance"], found["hits"][0]["delay"]) == (0.6, {"uniform": ["1w", "4w"]})
    Path("scales.yaml").write_text(
        "probability: {small: 5%, large: 0.5}\nschedule: {small: [1d, 2d], large: [3d, 5d, 9d]}\n"
    )
    found = read(workbook(sheets), scales=Path("scales.yaml")).register.risks["a"]
    assert (found["chance"], found["hits"][0]["delay"]) == (0.5, {"pert": ["3d", "5d", "9d"]})


def test_numbers_of_text_files(tmp_path: Path):
    """A German text file: semicolons, decimal commas, thousands, Windows-1252."""
    text = "Nr;Risiko;Wahrscheinlichkeit;Verzug (Tage);Kosten;Vorgang\n"
    text += "1;Verspätung;0,35;2,5;1.234,50 €;ledger.build\n"
    Path("register.csv").write_bytes(text.encode("cp1252"))
    found = read(Path("register.csv")).register
    hit = found.risks["r1"]["hits"][0]
    assert (found.risks["r1"]["chance"], hit["delay"], hit["cost"]) == (0.35, "2.5d", 1234.5)
    assert any("Windows-1252" in note for note in found.notes)


def test_decimal_marks_follow_the_numbers():
    """A semicolon alone does not make a comma of a point."""
    text = "ID;Risk;Probability;Delay (days);Cost;Task\n1;x;35%;5;1200.50;77\n"
    Path("register.csv").write_text(text)
    assert read(Path("register.csv")).register.risks["r1"]["hits"][0]["cost"] == 1200.5


@pytest.mark.parametrize(
    ("cells", "chance"),
    [
        ([0.2, 0.5], [0.2, 0.5]), ([20, 50], [0.2, 0.5]), (["20 %", "50%"], [0.2, 0.5]),
        ([2, 3], [0.3, 0.5]), ([2, 50], [0.02, 0.5]),
    ],
)  # fmt: skip
def test_chances_are_read_by_the_column(cells: list[Any], chance: list[float]):
    """What plain numbers mean is decided by all that stand in their column."""
    found = risks([HEAD, *([f"r{k}", "x", c, 1, None, "77"] for k, c in enumerate(cells))])
    assert [risk["chance"] for risk in found.values()] == chance


@pytest.mark.parametrize("cells", [[1, 1], [0.3, 40], ["high", 30]])
def test_chances_that_may_mean_two_things_are_refused(cells: list[Any]):
    """The remedy is in the fault, and works."""
    rows = [HEAD, *([f"r{k}", f"x{k}", c, 1, None, "77"] for k, c in enumerate(cells))]
    said = faults(rows)
    assert "Risks!C" in said
    assert '--map "Probability=probability (%)"' in said
    if cells == [1, 1]:
        found = risks(rows, fields={"Probability": "probability (0-1)"})
        assert found["r0"]["chance"] == 1.0


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("ledger.build", ["ledger.build"]), ("Build", ["ledger.build"]), ("77", ["ledger.design"]),
        ("design the LEDGER", ["ledger.design"]), ("ledger.*", ["ledger.*"]),
        ("1.1", ["tag:wbs=1.1"]), ("1.2", ["tag:wbs=1.2.*"]),
        ("77; ledger.test\nmobile.app", ["ledger.design", "ledger.test", "mobile.app"]),
        ("all", ["*"]), ("tag:wbs=1.1", ["tag:wbs=1.1"]),
    ],
)  # fmt: skip
def test_tasks_are_found(text: str, tasks: list[str]):
    """By id, name, the source's id, WBS code and selectors."""
    assert risks([HEAD, ["a", "x", 0.3, 1, None, text]])["a"]["hits"][0]["tasks"] == tasks


def test_tasks_that_are_not_there_or_are_several():
    """The nearest are offered; a name of two tasks is refused with both."""
    rows = [HEAD, ["a", "x", 0.3, 1, None, "ledger.biuld"], ["b", "y", 0.3, 1, None, "test"],
            ["c", "z", 0.3, 1, None, None]]  # fmt: skip
    said = faults(rows)
    assert (
        "Risks!F2 (Affected tasks): there is no task 'ledger.biuld'; expected one of ledger.build"
        in said
    )
    assert (
        "Risks!F3 (Affected tasks): 'test' may be 2 tasks; expected one of ledger.test, mobile.test"
        in said
    )
    assert "Risks!F4" in said
    assert said.count("\n") == 3


def test_a_delay_of_several_tasks_falls_on_the_first():
    """Once, not on each, and only where time is at stake."""
    found = risks([HEAD, ["a", "x", 0.3, 1, 5, "ledger.*"], ["b", "y", 0.3, None, 5, "ledger.*"]])
    assert found["a"]["hits"][0]["apply"] == "first"
    assert "apply" not in found["b"]["hits"][0]


def test_a_first_that_cannot_be_settled_is_refused():
    """Two risks whose firsts wait for each other; with each, it can be simulated."""
    old = "chance: 0.1, hits: [{tasks: [ledger.design, mobile.test], delay: 1d, apply: first}]"
    Path("portal.yaml").write_text(SCENARIO + f"risks: {{old: {{{old}}}}}\n")
    file = workbook({"Risks": [HEAD, ["a", "x", 0.3, 1, None, "mobile.app; ledger.build"]]})
    with pytest.raises(ImportFileError, match=r"Risks!F2 .*--apply each"):
        read(file)
    assert compile_plan(read(file, apply="each").scenario)


def test_calendar_days_are_waits_and_ranges_in_one_cell():
    """What is by the clock cannot be work."""
    head = ["ID", "Probability", "Delay (calendar days)", "Tasks"]
    found = risks([head, ["a", 0.3, "5-10", "77"], ["b", 0.4, "2 weeks", "77"]])
    assert found["a"]["hits"][0]["wait"] == {"uniform": ["5ed", "10ed"]}
    assert found["b"]["hits"][0]["delay"] == "2w"


@pytest.mark.parametrize(
    ("heading", "cell", "value"),
    [
        ("Delay (T)", 5, "5d"), ("Delay", "5 Tage", "5d"), ("Delay (weeks)", "3d", "3d"),
        ("Delay", "5k", None), ("Delay", "5 EUR", None), ("Delay (points)", 5, None),
        ("Cost (T)", 5, 5000.0), ("Cost", "€ 1.2 m", 1_200_000.0), ("Cost (kEUR)", "50k", 50_000.0),
        ("Cost", "5 days", None), ("Cost (% of budget)", "x", None), ("Cost", "2 %", 20_000.0),
        ("Factor", "1.2", 1.2), ("Factor", "2d", None), ("Delay", "20 %", None),
        ("Delay", "-5", "-5d"), ("Cost", "$-5", -5.0), ("Delay", "5 - 4 - 3", None),
    ],
)  # fmt: skip
def test_units_of_headings_and_cells(heading: str, cell: Any, value: Any):
    """The cell's own unit is nearer; what is of another kind is refused."""
    rows = [["ID", "Probability", heading, "Tasks"], ["a", 0.3, cell, "77"]]
    if value is None:
        assert "Risks!C2" in faults(rows)
    else:
        (hit,) = risks(rows)["a"]["hits"]
        assert hit[heading.partition(" ")[0].lower()] == value


def test_tags_change_no_result_and_control_characters_no_file():
    """What a register says beside is kept and does not count."""
    scenario = loads(SCENARIO + "risks: {a: {chance: 0.1, hits: [{cost: 5}]}}\n")
    tagged = loads(SCENARIO + "risks: {a: {chance: 0.1, hits: [{cost: 5}], tags: {owner: B}}}\n")
    assert digest(scenario) == digest(tagged)
    text = "ID,Risk,Probability,Cost\na,b\x01c\x7f,0.3,5\n"
    Path("register.csv").write_text(text)
    found = read(Path("register.csv"))
    assert loads(found.text).risks["a"].name == "bc"


def test_mitigations_beside_risks():
    """Residual chance and impact, and what they cost."""
    head = [*HEAD, "Mitigation", "Residual probability", "Residual delay (days)", "Mitigation cost"]
    found = read(
        workbook({"Risks": [head, ["a", "x", 0.4, 10, None, "77", "Second source", 0.1, 5, 6000],
                            ["b", "y", 0.4, 10, None, "77", "Hope", None, None, 100]]})
    ).register  # fmt: skip
    assert found.mitigations == {
        "mitigate_a": {
            "name": "Second source",
            "cost": 6000.0,
            "on": {"a": {"chance": 0.1, "effects": 0.5}},
        }
    }
    assert any("b: the mitigation that costs" in note for note in found.notes)


def test_several_sheets_and_several_rows_of_a_risk():
    """Registers of projects are read together; rows with one id are hits of one risk."""
    sheets = {
        "One": [HEAD, ["a", "x", 0.3, 1, None, "77"], ["a", None, None, 2, None, "ledger.build"]],
        "Two": [HEAD, ["b", "y", 0.5, 1, None, "77"]],
        "Notes": [["Nothing"], ["of use"]],
    }
    found = read(workbook(sheets)).register
    assert [len(risk["hits"]) for risk in found.risks.values()] == [2, 1]
    assert "the sheet Notes is not read" in found.notes
    assert list(read(workbook(sheets), sheets=("two",)).register.risks) == ["b"]


def test_all_faults_are_told_at_once():
    """By sheet, cell and heading, with what was expected."""
    said = faults(
        [HEAD, ["a", "x", "maybe", 1, None, "77"], ["b", "y", 0.3, "soon", None, "77"],
         ["c", "z", None, 1, None, "77"], ["d", "w", "130 %", 1, "x €", "77"],
         ["e", "v", 0.3, None, None, "77"], ["a", "other", 0.3, 1, None, "77"]]
    )  # fmt: skip
    for place in ("C2 (Probability)", "D3 (Delay (days))", "C4", "E5", "A6", "A7"):
        assert f"register.xlsx: Risks!{place}" in said


def test_a_fault_of_the_whole_is_told_by_its_row():
    """What only the scenario can tell, such as ends that fall."""
    head = ["ID", "Probability", "Delay min", "Delay likely", "Delay max", "Tasks"]
    assert "Risks!D2 (Delay likely): pert: low (9d) is above mode (5d)" in faults(
        [head, ["a", 0.3, 9, 5, 20, "77"]]
    )


def test_ids_that_are_there_already():
    """Refused, unless they are to be replaced."""
    Path("portal.yaml").write_text(
        SCENARIO + "risks:\n  a: {chance: 0.1, hits: [{cost: 5}]}  # old\n"
    )
    file = workbook({"Risks": [HEAD, ["a", "x", 0.3, None, 7, None]]})
    with pytest.raises(ImportFileError, match=r"Risks!A2 .* the scenario has a risk `a` already"):
        read(file)
    found = read(file, replace=True)
    assert found.scenario.risks["a"].chance == 0.3
    assert found.replaced == 1


def test_a_column_by_map():
    """By heading or letters; an unknown heading or field is refused with what there is."""
    rows = [["Key", "What", "How sure", "Slip", "Where"], ["a", "x", 0.3, 2, "77"]]
    said = {"How sure": "probability", "D": "delay (weeks)", "Where": "tasks", "What": "title"}
    assert risks(rows, fields=said)["a"]["hits"] == [{"tasks": ["ledger.design"], "delay": "2w"}]
    with pytest.raises(SettingsError, match="no field 'probabilty'; expected did you mean"):
        risks(rows, fields={"How sure": "probabilty"})
    with pytest.raises(SettingsError, match="no column is headed 'Howsure'"):
        risks(rows, fields={**said, "Howsure": "probability"})


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Max. Kosten in TEUR", "cost_max"), ("Schedule Impact [wd]", "delay"), ("#", "id"),
        ("Post-mitigation likelihood", "residual_probability"), ("Risk score", ""),
        ("Expected value (EUR)", ""), ("Betroffene Vorgänge", "tasks"),
        ("Worst case delay", "delay_max"),
        ("Worst case (days)", "delay_max"), ("Min (kEUR)", "cost_min"), ("Worst case", ""),
        ("Maßnahmenkosten", "mitigation_cost"), ("P80 days (run)", ""), ("Zeitauswirkung", "delay"),
    ],
)  # fmt: skip
def test_headings(heading: str, field: str):
    """English and German, with units and punctuation."""
    assert heading_of(heading).field == field


def test_the_default_scale_rises():
    """Each level begins where the one below ends."""
    assert [step.value for step in DEFAULT.probability.steps] == [0.1, 0.3, 0.5, 0.7, 0.9]
    shares = [step.value for step in DEFAULT.cost.steps]
    assert all(isinstance(share, Share) for share in shares)
    assert all(a.high == b.low for a, b in pairwise(shares))
    ends = [step.value["uniform"] for step in DEFAULT.schedule.steps]
    assert all(a[1] == b[0] for a, b in pairwise(ends))


# -- files that are no registers -------------------------------------------------------------------


def _zip(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_BOOK = b"<workbook/>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 cut", "cut off"),
        (b"<html><table>", "this is no workbook"),
        (_OLE, "Excel 97 to 2003"),
        (_OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (_zip(mimetype=b"application/vnd.oasis", content_xml=b""), "OpenDocument"),
        (_zip(other=b"x"), "holds no workbook"),
        (_zip(xl__workbook_xml=_BOOK), "damaged"),
        (_zip(xl__workbook_xml=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), "entities"),
        (_zip(xl__workbook_xml=_BOOK, xl__worksheets__sheet1_xml=bytes(60_000_000)), "unpacks to"),
        (
            _zip(
                xl__workbook_xml=_BOOK, xl__worksheets__sheet1_xml=b'<c r="XFD1048576"><v>1</v></c>'
            ),
            "reaches to XFD1048576",
        ),
    ],
)
def test_files_that_are_no_workbooks(content: bytes, said: str):
    """Each is named for what it is, with what to do."""
    Path("register.xlsx").write_bytes(content)
    result = call("import", "register.xlsx", "--into", "portal.yaml", "-o", "new.yaml")
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
    assert not Path("new.yaml").exists()


def test_formulas_without_values_are_told():
    """A workbook that no spreadsheet has computed yet."""
    assert "a formula whose value was never stored" in faults(
        [HEAD, ["a", "x", "=0.1+0.2", 1, None, "77"]]
    )


# -- the command -----------------------------------------------------------------------------------


def test_the_command_tells_the_guess_and_writes_once():
    """The table of columns, what was not taken, and never over a file."""
    file = workbook({"Risks": [[*HEAD, "Status"], ["a", "x", "High", 1, None, "77", "Open"],
                               ["b", "y", "Low", 1, None, "77", "Closed"]]})  # fmt: skip
    words = ("import", file, "--into", "portal.yaml", "-o", "new.yaml")
    result = call(*words)
    assert result.exit_code == 0, result.output
    for part in (
        "Delay (days)",
        "Not taken: Risks, row 3 (b y)",
        "the default scales",
        "high: 70 %",
    ):
        assert part in result.output
    assert list(load("new.yaml").risks) == ["a"]
    again = call(*words)
    assert again.exit_code == 2
    assert "stays as it is" in again.output
    data = json.loads(call(*words[:-1], "two.yaml", "--json").stdout)
    assert data["risks"] == ["a"]
    assert data["skipped"][0]["name"] == "b y"


def test_a_register_needs_a_scenario():
    """And options of registers are for registers."""
    file = workbook({"Risks": [HEAD]})
    assert "--into SCENARIO" in call("import", file, "-o", "new.yaml").output
    Path("x.sm").write_text("x")
    assert "for risk registers" in call("import", "x.sm", "-o", "n.yaml", "--sheet", "A").output


# -- there and back --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["core_banking", "erp_rollout"])
def test_full_scenarios_come_back_the_same(name: str):
    """Every risk and mitigation of the example scenarios, and nothing else is touched."""
    file = ROOT / f"scenarios/{name}.yaml"
    scenario = load(file)
    Path("register.xlsx").write_bytes(register_workbook(scenario))
    wishes = Wishes()
    tables = open_register(Path("register.xlsx"), wishes)
    found = import_into(tables, file, file.with_name("new.yaml"), wishes, replace=True)
    assert found.scenario == scenario


def test_export_tells_what_a_run_found():
    """Columns from a run stand beside and are not read back."""
    scenario = loads(
        SCENARIO
        + "risks:\n  a: {name: =1+1, chance: 0.1, hits: [{cost: 5}], tags: {owner: '@Anna'}}\n"
    )
    content = register_workbook(scenario, {"a": FromRun(0.09, 3.5, None)})
    Path("register.xlsx").write_bytes(content)
    sheet = openpyxl.load_workbook("register.xlsx").active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][rows[0].index("Occurred (run)")] == 0.09
    assert rows[1][rows[0].index("P80 days (run)")] == 3.5
    assert sheet["B2"].data_type == "s"
    assert read(Path("register.xlsx")).scenario.risks == scenario.risks


def test_the_export_command():
    """From a file, and from the folder of a run."""
    Path("portal.yaml").write_text(
        SCENARIO + "risks:\n  a: {chance: 0.5, hits: [{tasks: [ledger.build], delay: 5d}]}\n"
    )
    assert call("export", "portal.yaml", "-o", "one.xlsx").exit_code == 0
    assert call("export", "portal.yaml", "-o", "one.xlsx").exit_code == 2
    assert call("run", "portal.yaml", "-n", "50", "--no-charts").exit_code in (0, 2)
    call("run", "portal.yaml", "-n", "50")
    (folder,) = list(Path("outputs/portal").iterdir())[:1]
    assert call("export", folder, "-o", "two.xlsx").exit_code == 0
    sheet = openpyxl.load_workbook("two.xlsx").active
    assert "Occurred (run)" in [cell.value for cell in sheet[1]]


_letters = st.characters(
    codec="utf-8",
    exclude_categories=["Cc", "Cs", "Cn", "Co"],
    exclude_characters="\u2028\u2029\ufeff",
)
_text = st.text(_letters, max_size=20).map(lambda text: " ".join(text.split()))
_chance = st.floats(0, 1)


_ENDS = ("low", "mode", "high")


def _spread(unit: str, sign: bool) -> st.SearchStrategy[Any]:
    low = -1e3 if sign else 0.001

    def shown(value: float) -> Any:
        return value if not unit else f"{value!r}{unit}"

    ends = st.lists(st.floats(low, 1e3).filter(bool), min_size=3, max_size=3, unique=True).map(
        sorted
    )
    return st.one_of(
        st.floats(low, 1e3).filter(lambda x: abs(x) > 1e-6).map(shown),
        ends.map(lambda e: {"pert": [shown(x) for x in e]}),
        ends.map(lambda e: {"triangular": [shown(x) for x in e]}),
        ends.map(lambda e: {"uniform": [shown(e[0]), shown(e[2])]}),
        ends.map(lambda e: {"pert": {**dict(zip(_ENDS, map(shown, e), strict=True)), "weight": 3}}),
        ends.map(lambda e: {"discrete": dict.fromkeys((str(shown(x)) for x in e), 0.5)}),
    )


_targets = st.lists(
    st.sampled_from(["ledger.design", "ledger.build", "ledger.*", "mobile.app", "tag:wbs=1.1"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip


@st.composite
def _hits(draw: st.DrawFn) -> dict[str, Any]:
    hit: dict[str, Any] = {
        "tasks": draw(_targets),
        "apply": draw(st.sampled_from(["each", "first"])),
    }
    unit = draw(st.sampled_from(["d", "h", "w"]))
    spreads = {"delay": _spread(unit, True), "wait": _spread("ed", False),
               "factor": _spread("", False), "cost": _spread("", True)}  # fmt: skip
    for effect in draw(st.lists(st.sampled_from(sorted(spreads)), min_size=1, unique=True)):
        hit[effect] = draw(spreads[effect])
    if draw(st.booleans()):
        hit["draw"] = "own"
    if draw(st.booleans()):
        hit["when"] = {"from": "2027-02-01", "until": "2027-03-01 12:00"}
    if draw(st.booleans()):
        hit["projects"] = ["mobile"]
    return hit


@st.composite
def _risks(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    key = st.from_regex(r"[A-Za-z_][A-Za-z0-9_\-]{0,8}", fullmatch=True)
    keys = draw(st.lists(key, min_size=1, max_size=4, unique_by=str.casefold))
    for key in keys:
        hits = draw(st.lists(_hits(), min_size=1, max_size=3))
        hits = [hit | {"name": f"h{number}"} for number, hit in enumerate(hits)]
        risk: dict[str, Any] = {"chance": draw(_chance), "hits": hits}
        if name := draw(_text):
            risk["name"] = name
        if found and draw(st.booleans()):
            risk["chance"] = {f"if {next(iter(found))}": draw(_chance), "else": 0.1}
        if owner := draw(_text):
            risk["tags"] = {"owner": owner, "team": "a b"}
        if draw(st.integers(0, 4)) == 0:
            risk |= {"stops": "mobile", "at": "2027-05-01"}
        found[key] = risk
    return found


def _sections(made: dict[str, Any], levers: dict[str, Any]) -> str:
    """Two sections of a scenario."""
    return f"risks: {json.dumps(made, ensure_ascii=False)}\nmitigations: {json.dumps(levers)}\n"


@settings(max_examples=30, deadline=None, phases=_PHASES)
@given(_risks(), st.booleans())
def test_whatever_is_written_is_read_back(made: dict[str, Any], bought: bool):
    """Risks and mitigations of every kind, with texts of every kind."""
    first = next(iter(made))
    change = {"chance": 0.05, "effects": 0.3}
    levers = {"m": {"cost": {"pert": [1, 2, 4.5]}, "on": {first: change}, "units": {"dba": 1},
                    "bought": bought}}  # fmt: skip
    scenario = loads(SCENARIO + _sections(made, levers))
    Path("register.xlsx").write_bytes(register_workbook(scenario))
    found = read(Path("register.xlsx")).scenario
    assert found.risks == scenario.risks
    assert found.mitigations == scenario.mitigations


def _table(rows: Rows) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet("Risks")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell not in (None, ""):
                    sheet.write(number, column, cell)
    return stream.getvalue()


@settings(max_examples=30, deadline=None, phases=_PHASES)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                _text,
                st.floats(-1e6, 1e6),
                st.sampled_from(["35 %", "VH", "5-10", "{", "[a", "ledger.*", "tag:x"]),
            ),
            min_size=6,
            max_size=6,
        ),
        max_size=5,
    )
)  # fmt: skip
def test_nonsense_is_read_or_refused(rows: Rows):
    """Whatever stands below the headings, nothing but faults comes of it."""
    Path("register.xlsx").write_bytes(_table([HEAD, *rows]))
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    Path("register.csv").write_text(text.getvalue(), encoding="utf-8")
    for file in ("register.xlsx", "register.csv"):
        try:
            found: Scenario | None = read(Path(file)).scenario
        except ImportFileError:
            found = None
        assert found is None or found.tasks
