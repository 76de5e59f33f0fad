"""One direction of data flow, small files, one place for weight: held by reading the source."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "simulator"
ORDER = (
    "scenario", "plan", "engine", "estimates", "run",
    "analysis", "charts", "reports", "importers", "cli",
)  # fmt: skip
"""Folders in the order in which data flows; `errors` stands above all of them."""
FILES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {
    "matplotlib": ("charts",),
    "duckdb": ("run/store.py", "run/stored_tables.py"),
    "rich": ("cli",),
    "click": ("cli",),
    "simpy": ("engine/simpy_",),
    "holidays": ("plan/calendars.py", "scenario/holiday_codes.py"),
    "yaml": ("scenario",),
    "numba": ("engine/compiled",),
    "jpype": ("importers/plans/java.py",),
    "mpxj": ("importers/plans/java.py",),
    "openpyxl": ("importers/registers/workbook.py",),
    "xlsxwriter": ("importers/registers/writer.py",),
    "distributed": ("run/sweep/cluster.py",),
}


def imports(path):
    """Every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        yield from imported(node)


def imported(node):
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module


def folder(path):
    """The folder of the package that a file lies in, empty at its top."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def test_folders_import_only_from_those_before_them():
    """No step reaches back."""
    wrong = []
    for path in FILES:
        own = folder(path)
        for module in imports(path):
            match = re.match(r"simulator\.(\w+)", module)
            if own and match and match[1] in ORDER and ORDER.index(match[1]) > ORDER.index(own):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong


def test_every_folder_has_its_place_in_the_order():
    """A new folder must be put into the order."""
    assert {folder(path) for path in FILES} - {""} == set(ORDER)


@pytest.mark.parametrize(("module", "places"), HEAVY.items())
def test_heavy_libraries_are_imported_in_their_own_place_only(module, places):
    """Charts, files and terminals stay out of the engine's way."""
    wrong = [
        str(path.relative_to(PACKAGE))
        for path in FILES
        if any(name.split(".")[0] == module for name in imports(path))
        and not str(path.relative_to(PACKAGE)).startswith(places)
    ]
    assert not wrong


def modules_after(code):
    """The modules that a new process has loaded after some code."""
    return subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout.split()  # fmt: skip


def test_importing_the_package_loads_no_heavy_library():
    """Whoever only computes does not pay for charts, tables, holidays or SimPy."""
    loaded = modules_after("import simulator")
    unwanted = {*HEAVY, "scipy.stats"} - {"yaml"}
    assert not [name for name in unwanted if name in loaded]


def test_only_the_compiled_engine_loads_numba():
    """Small work is done before numba has loaded, so nothing else may load it."""
    code = "import simulator; {}; simulator.simulate(simulator.load(file), iterations=10).to_dict()"
    assert "numba" not in modules_after(code.format("file = 'scenarios/core_banking.yaml'"))


def test_the_compiled_engine_is_imported_where_it_is_used():
    """At the top of a module outside its folder it would be loaded by whoever imports that."""
    wrong = []
    for path in FILES:
        if not path.is_relative_to(PACKAGE / "engine" / "compiled"):
            for node in ast.parse(path.read_text()).body:
                names = {name for each in ast.walk(node) for name in imported(each)}
                inside = isinstance(node, ast.FunctionDef | ast.ClassDef)
                if not inside and any(n.startswith("simulator.engine.compiled") for n in names):
                    wrong.append(str(path.relative_to(PACKAGE)))
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    """Modules of at most 400 lines, functions of at most 60 without their docstring."""
    text = path.read_text()
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno
            lines -= len((ast.get_docstring(node) or "").splitlines())
            assert lines <= 60, node.name


def test_the_core_never_draws_from_a_hidden_generator():
    """All randomness has an address; nothing below the command line prints."""
    for path in FILES:
        text = path.read_text()
        assert "np.random" not in text, path
        assert "import random" not in text, path
        if folder(path) != "cli":
            assert not re.search(r"^\s*print\(", text, re.MULTILINE), path
