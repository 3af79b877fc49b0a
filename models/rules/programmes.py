"""Who may receive the local programmes: eligible, not eligible, or a person must look.

Eligibility exists for the programmes of `models/law/values/programmes.yaml` and for nothing
else: there is no way to ask it of a republican benefit, of targeted assistance or of an
insurance payment. It reads declared facts and the category of the rules; no output of a
model takes part. What is unknown never refuses, and category 6 refuses nobody by itself:
it is adverse, so a person decides, after notice and a hearing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import DeclarationError, InputError
from models.answer import Eligibility, EligibilityReason, Source, Texts, Verdict
from models.law.parameters import Citation, Law, each_once
from models.rules.conditions import Condition, Requirement, compiled, requirement_met, requirements
from models.rules.sources import source_of

NOT_ELIGIBLE: Final = "not_eligible"
REVIEW: Final = "review"
ELIGIBLE: Final = "eligible"
VERDICTS: Final = pl.Enum([NOT_ELIGIBLE, REVIEW, ELIGIBLE])
"""What may be said of a family and a programme, the worst for the family first."""
CATEGORY_NOT_SERVED: Final = "CATEGORY_NOT_SERVED"
"""The programme is not open to the category of the rules: adverse, so a person decides."""
CATEGORY_MAY_CHANGE: Final = "CATEGORY_MAY_CHANGE"
"""What is unknown could lead to a category to which the programme is not open."""
NOBODY_TO_SERVE: Final = "NOBODY_TO_SERVE"
"""The household has no members, or no adult among them: something is amiss in the registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One local programme as it is in force on a day.

    ``reasons``: what each of its conditions, by code, says in an answer.
    """

    code: str
    name: Texts
    since: date
    categories: tuple[int, ...]
    requires: tuple[Requirement, ...]
    reasons: Mapping[str, EligibilityReason]
    remains: Texts
    assumed: bool
    source: Source

    @property
    def column(self) -> str:
        """The column that holds the verdict."""
        return f"verdict_{self.code}"

    @property
    def cites(self) -> tuple[Citation, ...]:
        """The editions of the legal values that price its conditions, each once."""
        return each_once(cited for group in self.requires for c in group for cited in c.cites)


class NoSuchProgramme(InputError):
    """A service was named that no function here may decide; the message says why."""


def in_force(law: Law) -> tuple[Programme, ...]:
    """Return the programmes in force on the law's day, by code."""
    return _compiled(law.folder, law.day)


def programme(code: str, law: Law) -> Programme:
    """Return one programme by its code.

    Raises NoSuchProgramme for everything else: what is out of scope is told apart from
    what is misspelt or not yet in force. A code that nobody declared is not repeated.
    """
    listed = {p.code: p for p in in_force(law)}
    if code in listed:
        return listed[code]
    for group in law.programmes["out_of_scope"].values():
        if code in group["named"]:
            raise NoSuchProgramme(
                f"{code} is out of scope: {group['why']['en']} It cannot be decided, and so "
                f"cannot be refused, here. Ask for one of {_listed(listed)}."
            )
    declared = law.programmes["programmes"]
    if code in declared:
        first = declared[code]["editions"][0]["since"]
        since = f"it begins on {first}, ask as of then" if first > law.day else "it is closed"
        raise NoSuchProgramme(f"{code} is not in force on {law.day}: {since}.")
    near = get_close_matches(code.lower()[:64], listed, n=1)
    hint = f"did you mean {near[0]}? There are" if near else "ask for one of"
    raise NoSuchProgramme(f"No local programme has this code: {hint} {_listed(listed)}.")


def _listed(programmes: Mapping[str, Programme]) -> str:
    """Return the code of every programme with what it is."""
    return ", ".join(f"{code} ({_inside(each.name['en'])})" for code, each in programmes.items())


def _inside(name: str) -> str:
    return name[:1].lower() + name[1:]


def eligibility(features: pl.DataFrame, ruled: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Say of every family, for every programme in force, whether it may receive it.

    Parameters
    ----------
    features
        One row a family, as `features.build.build` makes it.
    ruled
        The same families in the same order, as `models.rules.category.rule_category` makes it.
    law
        Of the decision date.

    Returns
    -------
    ``household_id``; ``verdict_CODE`` (Enum, see `VERDICTS`) for each programme:
    ``eligible`` where all that the registers can tell speaks for it; ``not_eligible`` where
    a condition of the programme is known not to be met; ``review`` (a person decides, should
    the family ask) where that is unknown, where the category of the rules is not served or
    might come not to be, or where the household has no adult; then ``eligible_services``
    and ``services_in_review`` (lists of codes, sorted).
    """
    programmes = in_force(law)
    if not programmes:
        none = pl.lit([], pl.List(pl.String))
        return features.select("household_id", eligible_services=none, services_in_review=none)
    used = {c.code: c for p in programmes for group in p.requires for c in group}
    verdicts = (
        features.with_columns(ruled["rule_category"], ruled["richest_category"])
        .select(
            "household_id",
            "rule_category",
            "richest_category",
            *(c.met().alias(c.column) for c in used.values()),
            _amiss=(pl.col("adults") == 0).fill_null(value=True),
        )
        .select("household_id", *(_verdict(p).alias(p.column) for p in programmes))
    )
    return _with_lists(verdicts, programmes)


def eligibility_of(facts: Mapping[str, Any], law: Law) -> tuple[Eligibility, ...]:
    """Say of one family which programmes it may receive, and why.

    ``facts``: the family's features, its columns of the rules and of `eligibility`, by name.

    Returns
    -------
    One entry a programme in force, by code: its verdict with the conditions that speak for it,
    refuse it, or are unknown; see `models.answer.Eligibility`.
    """
    return tuple(_of_programme(p, facts, law) for p in in_force(law))


def of_service(
    eligibility: Sequence[Eligibility], service: str | None, law: Law
) -> tuple[Eligibility, ...]:
    """Return what was asked for: one programme by its code, or every one where None.

    Raises NoSuchProgramme where no function here may decide it.
    """
    if service is None:
        return tuple(eligibility)
    code = programme(service, law).code
    return tuple(each for each in eligibility if each.service == code)


def support_may_end(law: Law, *, noticed: date | None, heard: date | None) -> date | None:
    """Return the first day on which a person may end the running support of a category 6 family.

    None while no notice was given, or while the policy asks for a hearing and none was
    held: support is continued meanwhile. Notice runs in full days; the later of its end
    and the hearing counts.
    """
    policy = law.policy.adverse
    if noticed is None or (policy.hearing and heard is None):
        return None
    end = noticed + timedelta(days=policy.notice_days)
    return end if heard is None else max(end, heard)


def _verdict(p: Programme) -> pl.Expr:
    met = pl.all_horizontal(
        pl.any_horizontal(pl.col(c.column) for c in group) for group in p.requires
    )
    served = [pl.col(name).is_in(p.categories) for name in ("rule_category", "richest_category")]
    return (
        pl.when(pl.col("_amiss"))
        .then(pl.lit(REVIEW, VERDICTS))
        .when(~met)
        .then(pl.lit(NOT_ELIGIBLE, VERDICTS))
        .when(met & served[0] & served[1])
        .then(pl.lit(ELIGIBLE, VERDICTS))
        .otherwise(pl.lit(REVIEW, VERDICTS))
    )


def _with_lists(verdicts: pl.DataFrame, programmes: tuple[Programme, ...]) -> pl.DataFrame:
    """Add the lists of codes by verdict, put together once for each pattern that occurs."""
    columns = [p.column for p in programmes]
    patterns = verdicts.select(columns).unique()
    lists = patterns.with_columns(
        eligible_services=_codes(programmes, ELIGIBLE),
        services_in_review=_codes(programmes, REVIEW),
    )
    return verdicts.join(lists, on=columns, how="left", maintain_order="left")


def _codes(programmes: tuple[Programme, ...], verdict: str) -> pl.Expr:
    return pl.concat_list(
        pl.when(pl.col(p.column) == verdict).then(pl.lit(p.code)) for p in programmes
    ).list.drop_nulls()


def _of_programme(p: Programme, facts: Mapping[str, Any], law: Law) -> Eligibility:
    verdict: Verdict = facts[p.column]
    reasons = [p.reasons[condition.code] for condition in _why(p, facts, verdict)]
    adverse = None
    if verdict == REVIEW:
        reasons += [_of_category(law.folder, law.day)[code] for code in _doubts(p, facts)]
        if facts["rule_category"] not in p.categories:
            adverse = law.policy.adverse
    return Eligibility(
        service=p.code,
        name=p.name,
        verdict=verdict,
        reasons=tuple(reasons),
        basis="assumed" if p.assumed else "published",
        source=p.source,
        remains=p.remains,
        adverse=adverse,
    )


def _why(p: Programme, facts: Mapping[str, Any], verdict: str) -> list[Condition]:
    """Return the conditions behind a verdict: met, not met, or not known, as the verdict is."""
    shown: list[Condition] = []
    for group in p.requires:
        met = requirement_met(group, facts)
        if verdict == ELIGIBLE:
            shown += [c for c in group if c.met_by(facts)]
        elif verdict == NOT_ELIGIBLE and met is False:
            shown += group
        elif verdict == REVIEW and met is None:
            shown += [c for c in group if c.met_by(facts) is None]
    return shown


def _doubts(p: Programme, facts: Mapping[str, Any]) -> list[str]:
    """Return what the category, or a household without adults, has a person look at."""
    if not facts["adults"]:
        return [NOBODY_TO_SERVE]
    if facts["rule_category"] not in p.categories:
        return [CATEGORY_NOT_SERVED]
    return [CATEGORY_MAY_CHANGE] if facts["richest_category"] not in p.categories else []


def _reason(code: str, declared: Mapping[str, Any], law: Law) -> EligibilityReason:
    """Return what a condition or a doubt of the file says in an answer."""
    return EligibilityReason(
        code=code, text=Texts(**declared["name"]), source=source_of(declared["source"], law)
    )


@lru_cache(maxsize=256)
def _of_category(folder: Path, day: date) -> Mapping[str, EligibilityReason]:
    """Return the reasons of a review that are no condition of any programme, by code."""
    law = Law(day, folder)
    declared = law.programmes["category_reasons"]
    return {code: _reason(code, entry, law) for code, entry in declared.items()}


@lru_cache(maxsize=256)
def _compiled(folder: Path, day: date) -> tuple[Programme, ...]:
    law = Law(day, folder)
    conditions = compiled("programmes.yaml", law.programmes["conditions"], law)
    kept_out = {c for group in law.programmes["out_of_scope"].values() for c in group["named"]}
    in_force_now = []
    for code, raw in sorted(law.programmes["programmes"].items()):
        if code in kept_out:
            raise DeclarationError(f"programmes.yaml: {code} is out of scope: it is no programme.")
        begun = [e for e in raw["editions"] if e["since"] <= day]
        if not begun or not begun[-1]["categories"]:
            continue
        edition = begun[-1]
        if not edition["requires"]:
            raise DeclarationError(f"programmes.yaml, {code}: it asks nothing of anybody.")
        requires = requirements("programmes.yaml", edition["requires"], conditions)
        declared = law.programmes["conditions"]
        in_force_now.append(
            Programme(
                code=code,
                name=Texts(**raw["name"]),
                since=edition["since"],
                categories=tuple(edition["categories"]),
                requires=requires,
                reasons={
                    c.code: _reason(c.code, declared[c.code], law)
                    for group in requires
                    for c in group
                },
                remains=Texts(**edition["remains"]),
                assumed=edition["assumed"],
                source=source_of(edition["source"], law),
            )
        )
    return tuple(in_force_now)
