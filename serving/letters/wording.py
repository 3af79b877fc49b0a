"""The sentences of letters: filled in, with days, periods, terms and acts of each language."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_interval

from features.errors import DeclarationError
from models.law.files import read_exactly
from models.law.parameters import Law
from models.law.rights import Right

_LOCALES: Final = {"kk": "kk_KZ", "ru": "ru_KZ", "en": "en_GB"}
_OURS: Final = "tarazy-policy"


class Wording:
    """The sentences of one language."""

    def __init__(self, language: str) -> None:
        if language not in _LOCALES:
            raise DeclarationError(f"texts.yaml has no language {language!r}.")
        self.language = language
        self._locale = Locale.parse(_LOCALES[language])

    def __call__(self, place: str, **filled: object) -> str:
        """Return the sentence at ``section.key`` with its names filled in.

        Raises DeclarationError where texts.yaml has no such sentence in the language.

        >>> Wording("en")("about.day")
        'Day of the decision'
        """
        section, _, key = place.partition(".")
        try:
            sentence = texts()[section][key][self.language]
        except KeyError:
            raise DeclarationError(f"texts.yaml has no {place} in {self.language}.") from None
        return str(sentence).format(**filled)

    def day(self, day: date) -> str:
        """Return a day as the language writes it in a letter."""
        return format_date(day, "long", locale=self._locale)

    def period(self, first: date, last: date) -> str:
        """Return the months from the first day to the last."""
        if (first.year, first.month) == (last.year, last.month):
            return format_date(first, "LLLL y", locale=self._locale)
        return format_interval(first, last, "yMMMM", locale=self._locale)

    def term(self, right: Right) -> str:
        """Return the term of a right."""
        if right.unit is None or right.term is None:
            raise DeclarationError(f"rights.yaml, {right.code}: it has no term to be told.")
        return self.count(right.term, right.unit)

    def count(self, number: int, unit: str) -> str:
        """Return a number of months or days, the unit in the form that the language asks for."""
        forms = texts()["terms"][unit][self.language]
        form = str(self._locale.plural_form(number))
        return str(forms.get(form) or forms["other"]).format(n=number)

    def act(self, cited: str, law: Law, article: str | None = None) -> str:
        """Return the title of an act with its day, number and article, as far as they are known."""
        act = law.acts[cited.partition(":")[0]]
        parts = [str(act["title"][self.language])]
        if act["date"]:
            parts.append(self.day(act["date"]))
        if act["number"]:
            parts.append(self("act.number", number=act["number"]))
        if article:
            parts.append(self("act.article", article=article))
        return ", ".join(parts)

    def standing(self, right: Right, law: Law) -> str:
        """Return what a right rests on, and whether that was compared with the act."""
        act = self.act(right.source.act, law, right.source.article)
        if right.source.act.partition(":")[0] == _OURS:
            return self("object.act_ours", act=act)
        return self("object.act_assumed" if right.assumed else "object.act", act=act)


@cache
def texts() -> Mapping[str, Any]:
    """Return every sentence of the letters, as texts.yaml holds them."""
    raw: Mapping[str, Any] = read_exactly(Path(__file__).with_name("texts.yaml"))
    return raw
