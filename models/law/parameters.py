"""Legal values by date: every number with its act, its doubt and the days it was in force.

`Law(day)` is the law of one day. Asking before the first edition of a value is an
error, never a default. What leans on a value says so by a `Citation` of its edition.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from features.errors import DeclarationError, InputError, ParameterNotInForce
from features.registers.declared import REGIONS
from models.law.files import LAW, LawFiles, read_law
from models.law.policy import Policy
from models.law.version import version_of

Number = int | Decimal
_ALMATY: Final = ZoneInfo("Asia/Almaty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value was read, and the day a lawyer compared it with the act."""

    act: str
    article: str | None
    url: str | None
    checked: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One value of a parameter from one day on; ``value`` None: none from that day.

    ``values`` holds an amount for each key where the parameter has a table instead of one
    value. ``until`` is the last day of what holds for a time only: a statistic of a month
    is none of the next. ``known_until`` is the last day for which a value that goes on can be
    known: the budget law of a year says nothing of the next. None: until an act changes it.
    """

    since: date
    value: Number | None
    source: Source
    assumed: bool
    doubt: str | None = None
    values: Mapping[str, Number] = field(default_factory=dict)
    until: date | None = None
    known_until: date | None = None

    @property
    def number(self) -> Number:
        """The value; raises DeclarationError where the edition has a table, or ends the value."""
        if self.value is None:
            raise DeclarationError(
                f"The edition of {self.since} by {self.source.act} has no single value: it holds "
                "a table of amounts, or ends the value. Read `values`, or ask of another day."
            )
        return self.value

    def covers(self, day: date) -> bool:
        """Whether ``day`` is none after the edition's last."""
        return self.until is None or day <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """An edition of a legal value that a rule, a card, a flag or a price leans on."""

    name: str
    edition: Edition


def each_once(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Return every edition that is cited once, by the name of its value and its first day."""
    cited = {(c.name, c.edition.since): c for c in citations}
    return tuple(cited[key] for key in sorted(cited))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A legal value with all its editions, oldest first.

    ``by`` says what the keys of its tables mean (`region`: two digits of KATO); None: it
    has one value for everybody.
    """

    name: str
    about: str
    unit: str
    editions: tuple[Edition, ...]
    by: str | None = None

    def at(self, day: date) -> Edition:
        """Return the edition in force on ``day``; raise ParameterNotInForce where there is none."""
        begun = [edition for edition in self.editions if edition.since <= day]
        if not begun:
            raise ParameterNotInForce(self.name, day, self.editions[0].since)
        newest = begun[-1]
        if newest.value is None and not newest.values:
            raise ParameterNotInForce(self.name, day, None)
        if not newest.covers(day):
            raise ParameterNotInForce(self.name, day, None, ended=newest.until)
        return newest

    def in_force(self, day: date) -> bool:
        """Whether the parameter has a value on ``day``."""
        try:
            return bool(self.at(day))
        except ParameterNotInForce:
            return False


class Law:
    """The law of one day: ``Law(day).subsistence_minimum``.

    Money and counts are whole numbers, shares are floats for reading; the law code
    itself computes with `amount`, exactly. Raises ParameterNotInForce where the day
    lies before the first edition of what is asked. Named below are the values that code
    reads by name; every file of the folder can be read so. An instant has the law of the
    day it is in Almaty.
    """

    subsistence_minimum: int
    monthly_calculation_index: int
    minimum_wage: int
    large_family_children: int
    large_family_student_age: int
    one_off_income_counts: int
    payments_to_income_ratio: int
    loan_principal_limit: int
    deposits_limit: int
    cars_without_question: int
    transfer_senders_limit: int
    transfers_limit_minimum_wages: int
    hidden_income_materiality: float
    inspection_sensitivity: float
    flag_error_rate: float
    review_capacity: float
    review_days: float
    coverage_least_share: float
    lapsed_law_days: int

    def __init__(self, day: date, folder: Path | None = None) -> None:
        self.day = _legal_day(day)
        self.folder = folder or LAW

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _parameters(self.folder):
            raise AttributeError(f"The law on file knows no parameter {name!r}.")
        value = self.edition(name).value
        return float(value) if isinstance(value, Decimal) else value

    def __repr__(self) -> str:
        return f"Law({self.day})"

    def edition(self, name: str, on: date | None = None) -> Edition:
        """Return the edition of a parameter in force on the day.

        ``on``: another day than the law's own, for what is priced by a month gone by.
        """
        return self.parameter(name).at(on or self.day)

    def cite(self, name: str, on: date | None = None) -> Citation:
        """Return the same edition as what leans on it names it."""
        return Citation(name=name, edition=self.edition(name, on))

    def has(self, name: str, on: date | None = None) -> bool:
        """Whether the parameter has a value on the day, or on another one."""
        return self.parameter(name).in_force(on or self.day)

    def of(self, name: str, key: str, on: date | None = None) -> Number:
        """Return the amount for ``key`` in a parameter that is a table: a region by its KATO code.

        Raises InputError where the edition in force has no amount for the key.
        """
        edition = self.edition(name, on)
        if key not in edition.values:
            raise InputError(
                f"{name} of {edition.since} has no amount for {self.parameter(name).by or 'key'} "
                f"{key!r}; on file are {', '.join(edition.values) or 'none'}. Add it to "
                f"models/law/values/{name}.yaml with its source, or check the key."
            )
        return edition.values[key]

    def amount(self, multiple: int | Decimal, name: str) -> int:
        """Return ``multiple`` times a parameter as whole units, halves rounded up.

        The one rounding point of the law: 0.7 × 46,228 = 32,359.6 becomes 32,360 tenge.
        Exact decimals all the way; no binary fraction takes part.
        """
        product = Decimal(multiple) * Decimal(self.edition(name).number)
        return int(product.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @cached_property
    def policy(self) -> Policy:
        """The decision policy in force on the day."""
        raw = in_force("decision_policy", self.files.rules["decision_policy"]["editions"], self.day)
        return Policy.read(raw)

    @property
    def scorecard(self) -> Mapping[str, Any]:
        """The scorecard that the policy of the day names, as its file has it."""
        return self.card(self.policy.scorecard)

    @property
    def cards(self) -> tuple[str, ...]:
        """Names of the scorecards that had begun by the day, in the order of the alphabet."""
        return tuple(n for n, card in self.files.scorecards.items() if card["since"] <= self.day)

    def card(self, name: str) -> Mapping[str, Any]:
        """Return a scorecard by its name, as its file has it."""
        if name not in self.files.scorecards:
            known = ", ".join(self.files.scorecards)
            raise DeclarationError(f"There is no scorecard {name!r} in scorecards/: {known}.")
        card = self.files.scorecards[name]
        if card["since"] > self.day:
            raise ParameterNotInForce(f"scorecards/{name}", self.day, card["since"])
        return card

    @property
    def hard_rule(self) -> Mapping[str, Any]:
        """The edition of the rule of category 6 that is in force on the day."""
        return in_force("hard_rule", self.files.rules["hard_rule"]["editions"], self.day)

    @property
    def red_flags(self) -> tuple[Mapping[str, Any], ...]:
        """The red flags that exist on the day: those all of whose parameters are in force."""
        flags = self.files.red_flags["flags"]
        return tuple(f for f in flags if all(self.has(name) for name in f["parameters"]))

    @property
    def programmes(self) -> Mapping[str, Any]:
        """The local programmes with all their editions, and what is out of scope."""
        return self.files.programmes

    @property
    def actions(self) -> Mapping[str, Any]:
        """The catalogue of help that may be offered, with all its dates."""
        return self.files.actions

    @property
    def acts(self) -> Mapping[str, Mapping[str, Any]]:
        """Acts and documents by key."""
        return self.files.acts

    @property
    def version(self) -> str:
        """The day of the newest change in force, and a hash of the law from then on.

        The hash covers every edition begun by the day (older ones still price past
        months), the scorecard, the hard rule, the red flags, the programmes, the actions
        and the policy; notes of
        doubt and of who checked what do not count. Two days with one law have one version.
        """
        return _version(self.folder, self.day)

    @property
    def files(self) -> LawFiles:
        """The files of the law, every edition of them."""
        return read_law(self.folder)

    def parameter(self, name: str) -> Parameter:
        """Return a parameter with all its editions; raise DeclarationError where there is none."""
        parameters = _parameters(self.folder)
        if name not in parameters:
            raise DeclarationError(f"The law on file knows no parameter {name!r}.")
        return parameters[name]


def parameters(folder: Path | None = None) -> Mapping[str, Parameter]:
    """Return every parameter on file by name, with all editions."""
    return _parameters(folder or LAW)


def _legal_day(day: date) -> date:
    """Return the day itself, or of an instant the day it is in Almaty."""
    if not isinstance(day, datetime):
        return day
    if day.tzinfo is None:
        raise InputError("A moment without a time zone has no day; give a date, or its zone.")
    return day.astimezone(_ALMATY).date()


@lru_cache(maxsize=16)
def _parameters(folder: Path) -> dict[str, Parameter]:
    return {name: _parsed(name, raw) for name, raw in read_law(folder).parameters.items()}


def _parsed(name: str, raw: Mapping[str, Any]) -> Parameter:
    editions = tuple(
        Edition(
            since=edition["since"],
            value=edition.get("value"),
            source=Source(**edition["source"]),
            assumed=edition["assumed"],
            doubt=edition.get("doubt"),
            values=MappingProxyType(edition.get("values", {})),
            until=edition.get("until"),
            known_until=edition.get("known_until") or _end_of(raw["period"], edition),
        )
        for edition in raw["editions"]
    )
    if raw["period"] == "stated" and any(edition.until is None for edition in editions):
        raise DeclarationError(f"{name}.yaml: `period: stated` asks for `until` in every edition.")
    by = raw.get("by")
    tables = any(edition.values for edition in editions)
    if tables != (by is not None) and (tables or any(e.value is not None for e in editions)):
        raise DeclarationError(f"{name}.yaml: `by` goes with `values`, one value with neither.")
    strangers = {key for edition in editions for key in edition.values} - set(REGIONS)
    if by == "region" and strangers:
        raise DeclarationError(
            f"{name}.yaml: {', '.join(sorted(strangers))} is no region of two digits of KATO."
        )
    return Parameter(name=name, about=raw["about"], unit=raw["unit"], editions=editions, by=by)


def _end_of(period: str, edition: Mapping[str, Any]) -> date | None:
    """Return the last day for which an edition can be known by the period of its value."""
    return date(edition["since"].year, 12, 31) if period == "year" else edition.get("until")


def in_force(name: str, editions: Sequence[Mapping[str, Any]], day: date) -> Mapping[str, Any]:
    """Return the edition of a rule that is in force on ``day``, as its file has it."""
    begun = [edition for edition in editions if edition["since"] <= day]
    if not begun:
        raise ParameterNotInForce(name, day, editions[0]["since"])
    return begun[-1]


@lru_cache(maxsize=4096)
def _version(folder: Path, day: date) -> str:
    law, scorecard = Law(day, folder), None
    with suppress(ParameterNotInForce):
        scorecard = law.scorecard
    return version_of(read_law(folder), day, scorecard=scorecard, red_flags=law.red_flags)
