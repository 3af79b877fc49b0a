"""Names that arrive from outside, as they may be printed: of files, columns and types.

A name is data as well: an extract whose columns are persons, or a part that is called after the
person it holds, carries what no message may repeat; and a line break in a name forges a line.
"""

import re
from typing import Final

_PERSONAL: Final = re.compile(r"\d{9,}|\d{6}[ _-]\d{6}")
"""As long as a personal number (12 digits), a telephone's or a card's; longer than any date."""
_LONGEST: Final = 80


def masked(name: object) -> str:
    r"""Return a name on one line, without what could be a personal number, and not too long.

    >>> masked("incomes_850101300123.csv"), masked("part-00000-20251201.parquet")
    ('incomes_#.csv', 'part-00000-20251201.parquet')
    >>> masked("two\nlines"), masked("not\udcffUTF-8"), len(masked("x" * 1_000))
    ('two?lines', 'not?UTF-8', 80)
    """
    line = "".join(letter if letter.isprintable() else "?" for letter in str(name))
    line = _PERSONAL.sub("#", line)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
