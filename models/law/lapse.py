"""Law that ends: which values a decision leans on after the last day for which they can be known.

The budget law of a year says nothing of the next. Until its numbers are on file, decisions go
on by the old ones and say so; from the day that the policy names they are refused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from features.errors import LawLapsed
from models.law.parameters import Law, parameters

SOON: Final = 60
"""Days ahead that `tarazy check-law` looks, where nothing else is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A value on file and the last day for which its newest edition can be known."""

    name: str
    since: date
    known_until: date
    day: date

    @property
    def days_late(self) -> int:
        """Days from its last day to the day in question; negative: so many are left."""
        return (self.day - self.known_until).days

    @property
    def problem(self) -> str:
        """What is wrong, for a warning."""
        return (
            f"{self.name} of {self.since} is known until {self.known_until}, and the decision is "
            f"of {self.day}, {_days(self.days_late)} later"
        )

    @property
    def remedy(self) -> str:
        """What a lawyer does about it."""
        return f"add the next edition of the act to models/law/values/{self.name}.yaml"

    @property
    def sentence(self) -> str:
        """The whole warning."""
        return f"{self.problem}; {self.remedy}."


def lapsed(law: Law, leans_on: Collection[str] | None = None) -> tuple[Lapse, ...]:
    """Return the values in force on the law's day that could be known only until an earlier one.

    ``leans_on``: names of the values in question; None: all on file.
    """
    return tuple(
        lapse
        for lapse in _known(law.folder, law.day)
        if lapse.days_late > 0 and (leans_on is None or lapse.name in leans_on)
    )


def expiring(day: date, within: int = SOON, folder: Path | None = None) -> tuple[Lapse, ...]:
    """Return what ends in the days after ``day``, and what has ended; the earliest first."""
    known = _known(Law(day, folder).folder, day)
    return tuple(lapse for lapse in known if lapse.days_late >= -within)


def refuse_lapsed(law: Law, leans_on: Collection[str] | None = None) -> tuple[Lapse, ...]:
    """Return what `lapsed` does, for decisions; raise LawLapsed where some of it is too old.

    How many days late a value may be, the policy of the day says (`lapsed_law_days`); where it
    says nothing, any number. ``leans_on``: names of the values that are judged and returned; None:
    all on file.
    """
    every = lapsed(law, leans_on)
    allowed = law.lapsed_law_days if law.has("lapsed_law_days") else None
    late = [one for one in every if allowed is not None and one.days_late > allowed]
    if late:
        raise LawLapsed([one.problem for one in late], allowed, [one.name for one in late])
    return every


@lru_cache(maxsize=1024)
def _known(folder: Path, day: date) -> tuple[Lapse, ...]:
    """Return every value in force on a day that has a last day, by that day and its name."""
    in_force = [
        (name, parameter.at(day))
        for name, parameter in parameters(folder).items()
        if parameter.in_force(day)
    ]
    ends = [
        Lapse(name=name, since=edition.since, known_until=edition.known_until, day=day)
        for name, edition in in_force
        if edition.known_until is not None
    ]
    return tuple(sorted(ends, key=lambda lapse: (lapse.known_until, lapse.name)))


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"
