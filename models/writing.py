"""How a fact is written for people: amounts, areas, shares and levels in three languages.

One place for all of it, so that a reason, a correction, a letter and a page write one fact
alike. The words are in `writing.yaml`, for translators.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from features.units import Unit
from models.answer import Texts
from models.law.files import read_exactly

LANGUAGES: Final[tuple[str, ...]] = Texts.__struct_fields__

_THIN: Final = "\u202f"
_FIXED: Final = "\u00a0"
_PARTS: Final = {
    Unit.SQUARE_DECIMETRES: 100,
    Unit.CATTLE_HUNDREDTHS: 100,
    Unit.MILLIONTHS: 1_000_000,
}
"""How many steps of a unit make one of what people count."""


def written(value: Any, unit: Unit, language: str) -> str:
    """Return a value as people read it; what is not known is said to be unknown.

    Thousands stand apart by a narrow space that does not break, units by one as well.

    >>> written(1_234_567, Unit.TENGE, "ru").replace("\u202f", " ").replace("\u00a0", " ")
    '1 234 567 ₸'
    """
    if value is None:
        return unknown(language)
    if unit is Unit.YES_NO:
        return _word("yes" if value else "no", language)
    if unit is Unit.LEVEL:
        return str(_file()["levels"][language][int(value)])
    if unit is Unit.TENGE:
        return money(value, language)
    if unit is Unit.SHARE:
        return f"{_decimal(1000 * value, 10, language)}{_FIXED}%"
    if unit not in _PARTS:
        return number(value, language)
    amount = _decimal(value, _PARTS[unit], language)
    if unit is Unit.SQUARE_DECIMETRES:
        return f"{amount}{_FIXED}{_word('square metre', language)}"
    return amount


def number(value: float | Decimal, language: str = "en") -> str:
    """Return a number with its thousands apart by a narrow space that does not break.

    >>> number(1_234_567.5, "ru").replace("\u202f", " ")
    '1 234 567,5'
    """
    whole, point, decimals = f"{value:,}".partition(".")
    grouped = whole.replace(",", _THIN)
    return f"{grouped}{_word('point', language)}{decimals}" if point else grouped


def money(tenge: float | Decimal, language: str = "en") -> str:
    """Return an amount of tenge."""
    return f"{number(tenge, language)}{_FIXED}₸"


def version_shown(version: str, override: str | None) -> str:
    """Return a version as people are shown it: never without the word that let it pass a gate.

    >>> version_shown("1", None)
    '1'
    >>> version_shown("1", "demonstration")
    "1 (passed by a person's word: demonstration)"
    """
    return version if override is None else f"{version} (passed by a person's word: {override})"


def unknown(language: str) -> str:
    """Return the word for what nobody knows."""
    return _word("unknown", language)


def _decimal(value: float, parts: int, language: str) -> str:
    """Return ``value`` parts of a whole as a decimal number without idle noughts."""
    whole, rest = divmod(round(value), parts)
    digits = f"{rest:0{len(str(parts)) - 1}}".rstrip("0")
    grouped = number(whole, language)
    return f"{grouped}{_word('point', language)}{digits}" if digits else grouped


def in_languages(key: str) -> Mapping[str, str]:
    """Return a word of `writing.yaml` in each language."""
    words: Mapping[str, str] = _file()["words"][key]
    return words


def _word(key: str, language: str) -> str:
    return in_languages(key)[language]


@cache
def _file() -> Mapping[str, Any]:
    raw: Mapping[str, Any] = read_exactly(Path(__file__).with_suffix(".yaml"))
    return raw
