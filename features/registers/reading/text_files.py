"""Whether a text file is what its name says, and how its cells are separated.

Spreadsheets, databases and transfers write text in many ways. What can be told from the first
bytes is recognised (a comma, a semicolon or a tab; a byte-order mark); what cannot be read is
named once for the file, not as one missing column after another.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Final

import polars as pl

from features.registers.masked import masked

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_HEAD: Final = 1 << 16
_NEVER: Final = "\x1f"
"""Separates no cells in any text: a line is read as one cell by it."""
_CHUNK: Final = 1 << 20
_OTHER_FORMATS: Final = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip (or a workbook)",
    b"PAR1": "Parquet",
}
_WIDE_MARKS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""The longer marks first: that of UTF-32 begins as that of UTF-16 does."""
_AS_UTF_8: Final = "write the file again as UTF-8 text"
_AGAIN: Final = "write or copy the file again and compare its size with the source's"


class NotThisText(Exception):
    """A file under a text ending is not text that can be read: what it is, and what to do."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(rule)
        self.rule, self.remedy = rule, remedy


def separator(path: Path, columns: Collection[str]) -> str:
    """Return what separates the cells of a text file, of which ``columns`` may be the first line.

    Raises NotThisText for a file in another format or encoding, one whose last row is cut off,
    and one whose first line names no columns or one of them twice.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(-1, io.SEEK_END)
        last = file.read()
    _refuse_other_formats(head)
    text = _decoded(head)
    if "\n" not in text and "\r" in text:
        raise NotThisText("its lines end in a carriage return alone", "end lines in a line feed")
    if last != b"\n":
        raise NotThisText("it is cut off: its last row does not end", _AGAIN)
    names = {sign: _first_row(text, sign) for sign in SEPARATORS}
    known = {sign: len(set(row) & set(columns)) for sign, row in names.items()}
    sign = max(SEPARATORS, key=lambda each: (known[each], len(names[each])))
    if not any(known.values()) and len(names[sign]) == 1 and len(columns) > 1:
        raise NotThisText(
            f"its cells are not separated by {', '.join(SEPARATORS.values())}",
            "separate the cells by commas; the first line names the columns",
        )
    if twice := [name for name, count in Counter(names[sign]).items() if count > 1 and name]:
        shown = ", ".join(masked(name) for name in twice) if known[sign] else "a column"
        raise NotThisText(f"its first line names {shown} twice", "keep one of them")
    return sign


def short_rows(files: list[Path], sign: str, columns: int) -> int:
    """Count the rows that have fewer cells than there are columns; a reader would fill them up.

    Where a cell stands in quotes anywhere, lines are not rows and nothing is counted. A row
    with too many cells is for the reader to refuse.
    """
    if not any(_lacks_separators(file, sign.encode(), columns) for file in files):
        return 0
    line = pl.col("line")
    lines = pl.scan_csv(
        files,
        has_header=False,
        new_columns=["line"],
        separator=_NEVER,
        quote_char=None,
        infer_schema=False,
        glob=False,
    )
    short, quoted = (
        lines.select(
            (line.str.count_matches(sign, literal=True) < columns - 1).sum().alias("short"),
            line.str.contains('"', literal=True).any().alias("quoted"),
        )
        .collect(engine="streaming")
        .row(0)
    )
    return 0 if quoted else int(short or 0)


def _lacks_separators(path: Path, sign: bytes, columns: int) -> bool:
    """Whether there are fewer separators than lines ask for: bytes are counted faster than read."""
    lines = separators = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lines += chunk.count(b"\n")
            separators += chunk.count(sign)
    return separators < lines * (columns - 1)


def refuse_other_encoding(path: Path) -> None:
    """Raise NotThisText where a file is not UTF-8 anywhere in it: reads it to the end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rows = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as wrong:
                rows += wrong.object[: wrong.start].count(b"\n")
                raise NotThisText(
                    f"it is not UTF-8 text from line {rows + 1:,} on, but Windows-1251 or another "
                    "encoding",
                    _AS_UTF_8,
                ) from None
            rows += chunk.count(b"\n")


def _refuse_other_formats(head: bytes) -> None:
    for mark, what in _OTHER_FORMATS.items():
        if head.startswith(mark):
            raise NotThisText(
                f"it is {what} under the ending of text", "unpack it, or name it as what it is"
            )


def _decoded(head: bytes) -> str:
    for mark, what in _WIDE_MARKS.items():
        if head.startswith(mark):
            raise NotThisText(f"it is {what} text", _AS_UTF_8)
    if b"\x00" in head:
        raise NotThisText("it is UTF-16 text without its mark, or no text", _AS_UTF_8)
    try:
        # The head may end within a letter.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        raise NotThisText(
            "it is not UTF-8 text, but Windows-1251 or another encoding", _AS_UTF_8
        ) from None


def _first_row(text: str, sign: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=sign), [])
    except csv.Error:
        raise NotThisText(
            "its first line cannot be read as names of columns",
            "begin the file with the names of its columns",
        ) from None
