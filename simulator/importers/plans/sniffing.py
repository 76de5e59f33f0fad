"""What a file is by its first bytes, for those who meant another one."""

import re
import zipfile
from pathlib import Path

HEAD = 4096
"""How many bytes are looked at."""
_BEGINNINGS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a file packed with gzip: unpack it first",
    b"7z\xbc\xaf": "a file packed with 7-Zip: unpack it first",
    b"Rar!": "a file packed with RAR: unpack it first",
    b"\xd0\xcf\x11\xe0": "a truncated or damaged .mpp, or another document of Microsoft Office",
    b"ERMHDR": "a Primavera XER file that breaks off in its first line",
    b"PAR1": "a Parquet table",
}


def description(path: Path) -> str:
    """What a file that no reader of schedules knows seems to be."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    for beginning, what in _BEGINNINGS.items():
        if head.startswith(beginning):
            return what
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            office = "[Content_Types].xml" in packed.namelist()
        return "a workbook or document of Office" if office else "a packed file without a schedule"
    if not head.strip(b"\0"):
        return "a file of zeros"
    if b"\0" in head:
        return "binary data of an unknown kind"
    return _text(head.decode("utf-8-sig", errors="replace"))


def _text(head: str) -> str:
    if re.search(r"(?m)^format:\s*1\b", head) or re.search(r"(?m)^projects:\s*$", head):
        return "a scenario: it can be run as it is"
    if re.match(r"\s*(<!doctype html|<html)", head, re.IGNORECASE):
        return "a web page"
    if "<!DOCTYPE" in head:
        return "XML that declares a document type, which no schedule needs"
    root = re.search(r"<(?![?!])([\w:.-]+)", head) if head.lstrip().startswith("<") else None
    if root:
        return f"XML with the root element {root[1]!r}, or too little of a schedule in XML"
    return "a text"
