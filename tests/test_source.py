"""Reading YAML with positions, and refusing what may harm."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.scenario.nodes import MAX_NODES
from simulator.scenario.scalars import plain_scalar
from simulator.scenario.source import Source, put, read_source, source_from_text


@contextmanager
def within(seconds: float) -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


def refused(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        source_from_text(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("007", 7),
        ("-9_800_000", -9_800_000),
        ("1__0", "1__0"),
        ("0.4", 0.4),
        (".5", 0.5),
        ("1_000.5", 1000.5),
        ("1e3", 1000.0),
        ("10:30", "10:30"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2027-06-30", "2027-06-30"),
        ("15d", "15d"),
        ("+", "+"),
        (".", "."),
        ("\u0661\u0662", "\u0661\u0662"),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    """Plain scalars are read by the core schema of YAML 1.2, with `_` in numbers."""
    read = source_from_text(f"a: {text}").data()["a"]
    assert read == value
    assert type(read) is type(value)


@given(st.text(max_size=12))
def test_any_text_has_a_value(text: str) -> None:
    """Every plain text is a value or a fault of the user."""
    try:
        value = plain_scalar(text)
    except ValueError:
        return
    assert value is None or isinstance(value, str | int | float)


def test_quoted_scalars_are_text() -> None:
    """Quotes and block styles make text of anything."""
    data = source_from_text("a: '1'\nb: \"true\"\nc: |\n  12\n").data()
    assert data == {"a": "1", "b": "true", "c": "12\n"}


def test_keys_keep_their_text() -> None:
    """Keys are the text that stands there, whatever it looks like."""
    data = source_from_text("{1: a, 5d: b, true: c, 0.50: d, 2027-12-24..2028-01-02: off}").data()
    assert list(data) == ["1", "5d", "true", "0.50", "2027-12-24..2028-01-02"]


def test_spells_of_a_day_need_no_quotes() -> None:
    """Colons inside a flow list are no mappings."""
    data = source_from_text("week: {mon-thu: [09:00-13:00, 14:00-18:00]}").data()
    assert data == {"week": {"mon-thu": ["09:00-13:00", "14:00-18:00"]}}


def test_positions() -> None:
    """Values, keys and what does not exist are located by line and column."""
    source = source_from_text("a:\n  b: [1, {c: 2}]\nd: 3\n")
    assert source.locate(("a", "b", 1, "c")) == (2, 14)
    assert source.locate(("a", "b", 1, "c"), at_key=True) == (2, 11)
    assert source.locate(("a", "b", 0)) == (2, 7)
    assert source.locate(("a", "no such", "b"), at_key=True) == (2, 3)
    assert source.locate(("a", "b", "tag of a union", 1, "c")) == (2, 14)
    assert source.locate(("d", "x", "y")) == (3, 4)


def test_a_fault_shows_its_line() -> None:
    """The caret stands below the value, also behind tabs."""
    text = str(source_from_text("a:\n  b:\t15x\n").fault("no unit", "15d", ("a", "b")))
    assert text == "<text>:2:6: a.b: no unit; expected 15d\n      b: 15x\n         ^"


def test_a_fault_in_a_long_line_is_cut_around_the_caret() -> None:
    """However long the line, the excerpt is short and the caret stands below the value."""
    source = source_from_text("a: [" + "1, " * 100_000 + "here]")
    _, excerpt, caret = str(source.fault("x", path=("a", 100_000))).split("\n")
    assert len(excerpt) <= 108
    assert excerpt[len(caret) - 1 :] == "here]"
    _, excerpt, caret = str(source.fault("x", path=("a", 50_000))).split("\n")
    assert excerpt[len(caret) - 1 :].startswith("1, 1, ")


def test_aliases_are_one_object_and_positions_of_the_anchor() -> None:
    """An alias stands for the value of its anchor, which is built once."""
    source = source_from_text("a: &x {b: 1}\nc: [*x, *x]\n")
    data = source.data()
    assert data == {"a": {"b": 1}, "c": [{"b": 1}, {"b": 1}]}
    assert data["c"][0] is data["a"]
    assert source.locate(("c", 1, "b")) == (1, 11)


def test_values_put_in_from_elsewhere_keep_their_place() -> None:
    """A mounted source gives the value and the place of faults inside it."""
    source = source_from_text("a: {b: 1}").mounted(("a", "b"), source_from_text("c: 2", "other"))
    assert source.data() == {"a": {"b": {"c": 2}}}
    assert str(source.fault("bad", path=("a", "b", "c"))).startswith("other:1:4: a.b.c: bad")
    assert str(source.fault("bad", path=("a",))).startswith("<text>:1:4: a: bad")


def test_put_changes_nothing_that_was_given() -> None:
    """A value is put into a copy."""
    data = {"a": [{"b": 1}, 2]}
    assert put(data, ("a", 0, "b"), 5) == {"a": [{"b": 5}, 2]}
    assert data == {"a": [{"b": 1}, 2]}


@pytest.mark.parametrize(
    ("text", "said", "line", "column"),
    [
        ("a: 1\nb: !x 2\n", "YAML tag `!x`", 2, 4),
        ("a: !!python/object:os.system {}", "YAML tag `!!python/object:os.system`", 1, 4),
        ("a: ! 2", "YAML tag `!`", 1, 4),
        ("a: !!str [1]", "YAML tag `!!str`", 1, 4),
        ("a: 1\nb: 2\na: 3", "duplicate key `a`, first at line 1, column 1", 3, 1),
        ("a: 1\n---\nb: 2", "a second document", 2, 1),
        ("a: &x {b: 1}\nc: {<<: *x}", "the merge key `<<`", 2, 5),
        ("a: &x [1, *x]", "`*x` holds itself", 1, 11),
        ("a: &x {b: {c: *x}}", "`*x` holds itself", 1, 15),
        ("a: *x", "`*x` has no anchor", 1, 4),
        ("a: {[1]: 2}", "a sequence as a key", 1, 5),
        ("{a: 1}: 2", "a mapping as a key", 1, 1),
        ("{'': 2}", "an empty key", 1, 2),
        ("", "nothing but comments; expected `key: value`", 1, 1),
        ("# nothing\n", "nothing but comments", 1, 1),
        ("---\n", "nothing but comments", 2, 1),
        ("- a", "not a mapping", 1, 1),
        ("just text", "not a mapping", 1, 1),
        ("a: 1e400", "the number 1e400", 1, 4),
        (f"a: {'1' * 41}", "a number of 41 characters", 1, 4),
        ("a: b\x07", "the control character U+0007", 1, 5),
        ("\ud800: b", "the control character U+D800", 1, 1),
        ('a: "\\e[2J"', "an escape for a control character", 1, 4),
        ("a:\n\tb: 1", "YAML allows no tab", 2, 1),
        ("a:\n  b: 1\n\tc: 2", "YAML allows no tab", 3, 1),
        ("a: [*]", 'quotes around text that begins with `*`, such as "*"', 1, 6),
        ("a: [*.build]", "quotes around text that begins with `*`", 1, 6),
        ("a: @x", "quotes around text that begins with this character", 1, 4),
        ("a: b: c", "keys of one mapping at one indentation", 1, 5),
        ("a: 1\n b: 2", "keys of one mapping at one indentation", 2, 3),
        ("a: [1, 2\nb: 3", "begun at line 1, column 4", 2, 2),
        ("a: {b: 1\n", "a comma or `}`", 1, 9),
        ("a: 'x\n", "a closing quote", 1, 6),
        ("- a\nb: 1", "not a mapping", 1, 1),
        ("a:\n- 1\n  - 2\n b: 1", "cannot read this as YAML", 4, 3),
    ],
)
def test_refused(text: str, said: str, line: int, column: int) -> None:
    """What YAML 1.2 does not allow, or this format does not, is refused where it stands."""
    error = refused(text)
    assert said in str(error)
    assert (error.faults[0].line, error.faults[0].column) == (line, column)
    assert error.faults[0].file == "<text>"


def test_several_faults_are_refused_at_once() -> None:
    """What leaves the rest readable does not hide what comes after it."""
    error = refused("a: !x 1\na: 2\nb: [1, 2\n")
    assert [fault.line for fault in error.faults] == [1, 2, 3]


def test_readable_faults_stay_in_the_source_when_asked() -> None:
    """A source that is not read strictly tells what was wrong and gives the rest."""
    source = source_from_text("a: {b: !x 1, c: 2}\n", strict=False)
    assert [fault.path for fault in source.faults] == [("a", "b")]
    assert source.unknown == ((("a", "b"), True),)
    assert source.data() == {"a": {"b": 1, "c": 2}}


def test_a_doubled_mapping_keeps_the_names_of_both() -> None:
    """Names in the second mapping of a key are not reported as missing elsewhere."""
    source = source_from_text("a: {b: 1}\na: {c: 2, b: 3}\n", strict=False)
    assert source.data() == {"a": {"b": 1, "c": 2}}


def nested_laughs() -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{k}: &l{k} [{', '.join([f'*l{k - 1}'] * 10)}]" for k in range(1, 30)]
    return "\n".join(lines)


def deep_aliases() -> str:
    return "\n".join(["a0: &a0 [1]"] + [f"a{k}: &a{k} [*a{k - 1}]" for k in range(1, 200)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (nested_laughs(), f"at most {MAX_NODES:,} after aliases"),
        (deep_aliases(), "nested too deep"),
        ("a: " + "[" * 10_000, "nested too deep"),
        ("a: " + "{b: " * 10_000, "nested too deep"),
        ("a:\n " + "- " * 10_000, "nested too deep"),
        ("? " * 10_000, "nested too deep"),
        ("[" * 30_000_000, "not a mapping"),
        ("a: " + "[" * 30_000_000, "nested too deep"),
        ("a: " + "1" * 1_000_000, "a number of 1,000,000 characters"),
        ("a: 1e" + "9" * 1_000_000, "a number of 1,000,002 characters"),
        ("a: [" + "!x 1," * 1_000_000, "YAML tag `!x`"),
        ("a: 1\n" * 1_000_000, "duplicate key `a`"),
        ("&a " * 1_000_000, "nothing but comments"),
        ("a: " + "&a " * 1_000_000 + "b", "cannot read this as YAML"),
    ],
)
def test_hostile_text_is_refused_at_once(text: str, said: str) -> None:
    """Text made to exhaust time or memory is refused in less than a second."""
    with within(1.0):
        assert said in str(refused(text))


def test_shared_values_within_the_limit_are_cheap() -> None:
    """Values are counted through aliases by arithmetic, and are not copied."""
    text = "\n".join(nested_laughs().splitlines()[:6])
    with within(1.0):
        assert len(source_from_text(text).data()["l5"]) == 10


def test_hostile_files_are_refused_at_once(tmp_path: Path) -> None:
    """What is too large, no file, absent or not text is refused without reading it all."""
    large = tmp_path / "large.yaml"
    with large.open("wb") as stream:
        stream.truncate(40 * 2**20)
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: 1\nb: caf\xe9\n".encode("latin-1"))
    wide = tmp_path / "wide.yaml"
    wide.write_bytes("a: 1\n".encode("utf-16"))
    for path, said in (
        (large, "a file of 40 MB; expected at most 32 MB"),
        (pipe, "not a file"),
        (tmp_path, "not a file"),
        (tmp_path / "absent.yaml", "no such file"),
        (latin, "latin.yaml:2:7: a byte that is not UTF-8"),
        (wide, "a byte that is not UTF-8"),
        ("/dev/zero", "not a file"),
        ("a\0b", "not the name of a file"),
    ):
        with within(1.0), pytest.raises(ScenarioError, match=said):
            read_source(path)


def test_a_file_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may not be read is refused in words."""
    file = tmp_path / "a.yaml"
    file.write_text("a: 1")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(ScenarioError, match="cannot be read: permission denied"):
        read_source(file)


def test_a_file_knows_its_folder(tmp_path: Path) -> None:
    """A byte order mark is passed over, and the folder is that of the file."""
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = read_source(file)
    assert source.folder == tmp_path
    assert source.data() == {"a": 1, "b": 2}
    assert source.locate(("a",)) == (1, 4)
    assert source.lines[1] == "b: 2"


@given(st.text(alphabet="ab:-[]{},&*!?|>'\"#%@` \n\t01~<", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text leads to anything but a source or faults with a place."""
    try:
        source = source_from_text(text)
    except ScenarioError as error:
        placed = [fault.line > 0 and fault.column > 0 for fault in error.faults]
    else:
        placed = [isinstance(source, Source), isinstance(source.data(), dict)]
    assert placed
    assert all(placed)
