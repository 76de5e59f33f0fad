"""Every broken scenario of `tests/broken` and what it prints, as a page of the documentation.

`make docs` writes the page; a test keeps it fresh.
"""

from pathlib import Path

import simulator

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "faults.md"
BROKEN = ROOT / "tests" / "broken"
HEAD = """# Faults

What `simulator check` says of broken files: the place, the problem, what was expected, the line
with a caret. All faults of a file are reported at once. Each example is a file of `tests/broken`;
this page is made by `make docs`.
"""


def printed(path: Path) -> str:
    """What a broken file prints, without the folder it lies in."""
    try:
        simulator.load(path)
    except simulator.ScenarioError as error:
        return str(error).replace(f"{path.parent}/", "").rstrip()
    raise AssertionError(f"{path} has no fault")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for path in sorted(BROKEN.glob("*.yaml")):
        title = path.stem.replace("_", " ").capitalize()
        text = "\n".join(line.rstrip() for line in printed(path).splitlines())
        parts.append(f"## {title}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
