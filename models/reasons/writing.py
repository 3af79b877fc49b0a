"""How a fact is written for people: amounts, areas, shares and levels in three languages.

One place for all of it, so that a reason, a correction and a letter write one fact alike.
"""

from collections.abc import Mapping
from typing import Any, Final

from features.units import Unit

LANGUAGES: Final = ("kk", "ru", "en")

_THIN: Final = "\u202f"
_SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "unknown": {"kk": "белгісіз", "ru": "неизвестно", "en": "not known"},
    "yes": {"kk": "иә", "ru": "да", "en": "yes"},
    "no": {"kk": "жоқ", "ru": "нет", "en": "no"},
    "square metre": {"kk": "м²", "ru": "м²", "en": "m²"},
    "point": {"kk": ",", "ru": ",", "en": "."},
}
_LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "kk": ("жоқ", "бастауыш", "орта", "кәсіптік", "жоғары", "жоғары оқу орнынан кейінгі"),
    "ru": ("нет", "начальное", "среднее", "профессиональное", "высшее", "послевузовское"),
    "en": ("none", "primary", "secondary", "vocational", "higher", "postgraduate"),
}


def written(value: Any, unit: Unit, language: str) -> str:
    """Return a value as people read it; what is not known is said to be unknown.

    Thousands stand apart by a narrow space that does not break, units by one as well.

    >>> written(1_234_567, Unit.TENGE, "ru").replace("\u202f", " ").replace("\u00a0", " ")
    '1 234 567 ₸'
    """
    if value is None:
        return unknown(language)
    if unit is Unit.YES_NO:
        return _SAID["yes" if value else "no"][language]
    if unit is Unit.LEVEL:
        return _LEVELS[language][int(value)]
    if unit is Unit.TENGE:
        return f"{value:,}".replace(",", _THIN) + "\u00a0₸"
    if unit is Unit.SHARE:
        return f"{_decimal(1000 * value, 10, language)}\u00a0%"
    if unit is Unit.SQUARE_DECIMETRES:
        return f"{_decimal(value, 100, language)}\u00a0{_SAID['square metre'][language]}"
    if unit is Unit.CATTLE_HUNDREDTHS:
        return _decimal(value, 100, language)
    return f"{value:,}".replace(",", _THIN)


def unknown(language: str) -> str:
    """Return the word for what nobody knows."""
    return _SAID["unknown"][language]


def _decimal(value: float, parts: int, language: str) -> str:
    """Return ``value`` parts of a whole as a decimal number without idle noughts."""
    whole, rest = divmod(round(value), parts)
    digits = f"{rest:0{len(str(parts)) - 1}}".rstrip("0")
    number = f"{whole:,}".replace(",", _THIN)
    return f"{number}{_SAID['point'][language]}{digits}" if digits else number
