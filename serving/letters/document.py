"""A letter as a PDF after PDF/UA-1: tagged, titled, in its language, with its fonts inside.

Typst lays it out and refuses to write what would break the standard. Nothing but the letter
goes into the bytes: neither clock nor machine nor fonts that happen to be installed.
"""

from dataclasses import asdict
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import typst

from serving.letters.parts import Letter

MEDIA_TYPE: Final = "application/pdf"
STANDARD: Final = "ua-1"
_HERE: Final = Path(__file__).parent


def document(letter: Letter) -> bytes:
    """Return the letter as a PDF; the same letter gives the same bytes."""
    fields = asdict(letter) | {"day": letter.day.isoformat()}
    pdf = typst.compile(
        (_HERE / "letter.typ").read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"letter": msgspec.json.encode(fields).decode()},
        format="pdf",
        pdf_standards=STANDARD,
        timestamp=datetime.combine(letter.day, time(), UTC),
    )
    if not isinstance(pdf, bytes):
        raise AssertionError("Typst gives one document for one letter")
    return pdf


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(_HERE / "fonts")],
    )
