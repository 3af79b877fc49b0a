"""Legal values by date: every number with its act, its doubt and the days it was in force.

`Law(day)` is the law of one day. Asking before the first edition of a value is an
error, never a default; what was asked is remembered in `Law.cited`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, NoReturn

from features.errors import DeclarationError, ParameterNotInForce
from models.law_files import LAW, LawFiles, plain, read_law

_NOTES: Final = frozenset({"about", "checked", "doubt", "fitted"})
"""What may be added without changing the law: left out of its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value was read, and the day a lawyer compared it with the act."""

    act: str
    article: str | None
    url: str | None
    checked: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One value of a parameter from one day on; ``value`` None: repealed from that day."""

    since: date
    value: int | Decimal | None
    source: Source
    assumed: bool
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A legal value with all its editions, oldest first."""

    name: str
    about: str
    unit: str
    editions: tuple[Edition, ...]

    def at(self, day: date) -> Edition:
        """Return the edition in force on ``day``; raise ParameterNotInForce where there is none."""
        begun = [edition for edition in self.editions if edition.since <= day]
        if not begun:
            raise ParameterNotInForce(self.name, day, self.editions[0].since)
        if begun[-1].value is None:
            raise ParameterNotInForce(self.name, day, None)
        return begun[-1]

    def in_force(self, day: date) -> bool:
        """Whether the parameter has a value on ``day``."""
        begun = [edition for edition in self.editions if edition.since <= day]
        return bool(begun) and begun[-1].value is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adverse:
    """What must precede the end of running support of a family in category 6."""

    notice_days: int
    hearing: bool
    support_meanwhile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The decision policy of a day: what a model may do, and for what a person must look."""

    since: date
    policy: str
    scorecard: str
    category_6_by_score: bool
    review_on: tuple[str, ...]
    adverse: Adverse


class Law:
    """The law of one day: ``Law(day).subsistence_minimum``.

    Money and counts are whole numbers, shares are floats for reading; the law code
    itself computes with `amount`, exactly. Raises ParameterNotInForce where the day
    lies before the first edition of what is asked.
    """

    subsistence_minimum: int
    monthly_calculation_index: int
    minimum_wage: int
    large_family_children: int
    payments_to_income_ratio: int
    loan_principal_limit: int
    cars_without_question: int
    transfer_senders_limit: int
    transfers_limit_minimum_wages: int
    hidden_income_materiality: float
    inspection_sensitivity: float
    flag_error_rate: float

    def __init__(self, day: date, folder: Path | None = None) -> None:
        self.day = day
        self.folder = folder or LAW
        self.cited: dict[str, Edition] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _parameters(self.folder):
            raise AttributeError(f"The law on file knows no parameter {name!r}.")
        value = self.edition(name).value
        return float(value) if isinstance(value, Decimal) else value

    def __repr__(self) -> str:
        return f"Law({self.day})"

    def edition(self, name: str) -> Edition:
        """Return the edition of a parameter in force on the day, and remember that it was used."""
        edition = self._parameter(name).at(self.day)
        self.cited[name] = edition
        return edition

    def has(self, name: str) -> bool:
        """Whether the parameter has a value on the day."""
        return self._parameter(name).in_force(self.day)

    def amount(self, multiple: int | Decimal, name: str) -> int:
        """Return ``multiple`` times a parameter as whole units, halves rounded up.

        The one rounding point of the law: 0.7 × 46,228 = 32,359.6 becomes 32,360 tenge.
        Exact decimals all the way; no binary fraction takes part.
        """
        value = self.edition(name).value
        assert value is not None
        product = Decimal(multiple) * Decimal(value)
        return int(product.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def subsistence_minimum_of(self, months: Sequence[date]) -> int:
        """Return the subsistence minimums of the months added up, each by its own law."""
        parameter = self._parameter("subsistence_minimum")
        total = 0
        for month in months:
            edition = parameter.at(month)
            key = parameter.name if edition is parameter.at(self.day) else None
            self.cited[key or f"{parameter.name} since {edition.since}"] = edition
            assert isinstance(edition.value, int)
            total += edition.value
        return total

    @cached_property
    def policy(self) -> Policy:
        """The decision policy in force on the day."""
        raw = _in_force("decision_policy", self._files.policy["editions"], self.day)
        return Policy(
            since=raw["since"],
            policy=raw["policy"],
            scorecard=raw["scorecard"],
            category_6_by_score=raw["category_6_by_score"],
            review_on=tuple(raw["review_on"]),
            adverse=Adverse(**raw["category_6"]),
        )

    @property
    def scorecard(self) -> Mapping[str, Any]:
        """The scorecard that the policy of the day names, as its file has it."""
        return self.card(self.policy.scorecard)

    @property
    def cards(self) -> tuple[str, ...]:
        """Names of the scorecards that had begun by the day, in the order of the alphabet."""
        return tuple(n for n, card in self._files.scorecards.items() if card["since"] <= self.day)

    def card(self, name: str) -> Mapping[str, Any]:
        """Return a scorecard by its name, as its file has it."""
        if name not in self._files.scorecards:
            known = ", ".join(self._files.scorecards)
            raise DeclarationError(f"There is no scorecard {name!r} in scorecards/: {known}.")
        card = self._files.scorecards[name]
        if card["since"] > self.day:
            raise ParameterNotInForce(f"scorecards/{name}", self.day, card["since"])
        return card

    @property
    def hard_rule(self) -> Mapping[str, Any]:
        """The edition of the rule of category 6 that is in force on the day."""
        return _in_force("hard_rule", self._files.hard_rule["editions"], self.day)

    @property
    def red_flags(self) -> tuple[Mapping[str, Any], ...]:
        """The red flags that exist on the day: those all of whose parameters are in force."""
        flags = self._files.red_flags["flags"]
        return tuple(f for f in flags if all(self.has(name) for name in f["parameters"]))

    @property
    def programmes(self) -> Mapping[str, Any]:
        """The local programmes with all their editions, and what is out of scope."""
        return self._files.programmes

    @property
    def actions(self) -> Mapping[str, Any]:
        """The catalogue of help that may be offered, with all its dates."""
        return self._files.actions

    @property
    def acts(self) -> Mapping[str, Mapping[str, Any]]:
        """Acts and documents by key."""
        return self._files.acts

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
    def _files(self) -> LawFiles:
        return read_law(self.folder)

    def _parameter(self, name: str) -> Parameter:
        parameters = _parameters(self.folder)
        if name not in parameters:
            raise DeclarationError(f"The law on file knows no parameter {name!r}.")
        return parameters[name]


def parameters(folder: Path | None = None) -> Mapping[str, Parameter]:
    """Return every parameter on file by name, with all editions."""
    return _parameters(folder or LAW)


def describe(day: date, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return the law of a day for reading: one entry per value, rule, card, programme and act.

    Each entry has ``kind`` and ``name``, what is in force and since when, its source with
    the act's title, whether it is assumed, and the doubts. What has no value on the day
    is left out. Ready for JSON.
    """
    law = Law(day, folder)
    acts = law.acts
    entries = [_parameter_entry(p, day) for p in parameters(folder).values() if p.in_force(day)]
    for kind, read in (
        ("policy", _policy_of),
        ("hard_rule", _hard_rule_of),
        ("scorecard", _card_of),
    ):
        try:
            entries.append({"kind": kind, **read(law)})
        except ParameterNotInForce:
            continue
    entries += [
        {"kind": "red_flag", "name": f["code"], "assumed": f["status"] != "published", **f}
        for f in law.red_flags
    ]
    entries += _help_of(law)
    for entry in entries:
        act = acts[entry["source"]["act"].partition(":")[0]]
        entry["source"] = {**entry["source"], "title": act["title"], "status": act["status"]}
    entries += [
        {"kind": "act", "name": key, "assumed": act["status"] == "assumed", **act}
        for key, act in acts.items()
    ]
    return [plain(entry) for entry in entries]


def every_edition(folder: Path | None = None) -> list[dict[str, Any]]:
    """Return every edition of every parameter, oldest first, ready for JSON."""
    return [
        plain(_edition_entry(parameter, edition))
        for parameter in parameters(folder).values()
        for edition in parameter.editions
    ]


def _policy_of(law: Law) -> dict[str, Any]:
    return {"name": law.policy.policy, **_in_force("", law._files.policy["editions"], law.day)}


def _hard_rule_of(law: Law) -> dict[str, Any]:
    return {"name": "category_6", **law.hard_rule}


def _card_of(law: Law) -> dict[str, Any]:
    card = law.scorecard
    return {"name": law.policy.scorecard, "assumed": card["status"] == "assumed", **card}


def _help_of(law: Law) -> list[dict[str, Any]]:
    """Return the programmes and actions of the day; before the first, nothing is out of scope."""
    file = law.programmes
    begun = _begun_programmes(law._files, law.day)
    told: list[dict[str, Any]] = [
        {"kind": "programme", "name": code, "title": file["programmes"][code]["name"], **kept[-1]}
        for code, kept in begun.items()
    ]
    if told:
        told += [
            {"kind": "out_of_scope", "name": name, "assumed": False, **group}
            for name, group in file["out_of_scope"].items()
        ]
    actions = _begun_actions(law._files, law.day)
    return told + [
        {**raw, "kind": "action", "name": code, "help": raw["kind"], "title": raw["name"]}
        for code, raw in actions.items()
    ]


def _begun_programmes(files: LawFiles, day: date) -> dict[str, list[Mapping[str, Any]]]:
    return {
        code: kept
        for code, told in files.programmes["programmes"].items()
        if (kept := [e for e in told["editions"] if e["since"] <= day])
    }


def _begun_actions(files: LawFiles, day: date) -> dict[str, Mapping[str, Any]]:
    return {
        code: raw
        for code, raw in files.actions["actions"].items()
        if raw["since"] <= day and (raw["until"] is None or day < raw["until"])
    }


def _parameter_entry(parameter: Parameter, day: date) -> dict[str, Any]:
    return _edition_entry(parameter, parameter.at(day))


def _edition_entry(parameter: Parameter, edition: Edition) -> dict[str, Any]:
    source = edition.source
    return {
        "kind": "parameter",
        "name": parameter.name,
        "about": parameter.about,
        "unit": parameter.unit,
        "since": edition.since,
        "value": edition.value,
        "assumed": edition.assumed,
        "doubt": edition.doubt,
        "source": {
            "act": source.act,
            "article": source.article,
            "url": source.url,
            "checked": source.checked,
        },
    }


@lru_cache(maxsize=16)
def _parameters(folder: Path) -> dict[str, Parameter]:
    return {name: _parsed(name, raw) for name, raw in read_law(folder).parameters.items()}


def _parsed(name: str, raw: Mapping[str, Any]) -> Parameter:
    editions = tuple(
        Edition(
            since=edition["since"],
            value=edition["value"],
            source=Source(**edition["source"]),
            assumed=edition["assumed"],
            doubt=edition.get("doubt"),
        )
        for edition in raw["editions"]
    )
    return Parameter(name=name, about=raw["about"], unit=raw["unit"], editions=editions)


def _in_force(name: str, editions: Sequence[Mapping[str, Any]], day: date) -> Mapping[str, Any]:
    begun = [edition for edition in editions if edition["since"] <= day]
    if not begun:
        _refuse(name, day, editions)
    return begun[-1]


def _refuse(name: str, day: date, editions: Sequence[Mapping[str, Any]]) -> NoReturn:
    raise ParameterNotInForce(name, day, editions[0]["since"])


@lru_cache(maxsize=4096)
def _version(folder: Path, day: date) -> str:
    files = read_law(folder)
    begun: dict[str, Any] = {
        name: kept
        for name, content in {
            **files.parameters,
            "decision_policy": files.policy,
            "hard_rule": files.hard_rule,
        }.items()
        if (kept := [e for e in content["editions"] if e["since"] <= day])
    }
    law = Law(day, folder)
    days = [edition["since"] for kept in begun.values() for edition in kept]
    begun["red_flags"] = list(law.red_flags)
    with suppress(ParameterNotInForce):
        begun["scorecard"] = law.scorecard
        days.append(law.scorecard["since"])
    programmes, actions = _begun_programmes(files, day), _begun_actions(files, day)
    if programmes:
        begun["programmes"] = [programmes, files.programmes["conditions"]]
    if actions:
        begun["actions"] = [actions, files.actions["conditions"], files.actions["urgency"]]
    days += [edition["since"] for kept in programmes.values() for edition in kept]
    days += [action["since"] for action in actions.values()]
    text = json.dumps(_canonical(begun), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"law-{max(days, default=day)}-{digest}"


def _canonical(value: Any) -> Any:
    """Return the law without notes; decimals as text, so that 0.2 and 0.20 are one number."""
    if isinstance(value, Mapping):
        return {k: _canonical(inner) for k, inner in value.items() if k not in _NOTES}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value
