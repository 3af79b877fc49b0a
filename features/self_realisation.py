"""Whether the members can help themselves: work, search for work, learning."""

from datetime import date
from typing import Final

import polars as pl

from features.declare import Block, derived, feature, view
from features.units import Unit, aged

_BASIS = "pilot-2025:self-realisation"
_PUPILS: Final = (5, 20)
"""Ages at which a member may be a pupil."""
_STUDIES_FROM: Final = 14
"""Nobody younger is taken for a student of a college or a university."""


def _active(*activities: str) -> pl.Expr:
    return pl.col("activity").is_in(activities).sum()


def _studying(who: pl.Expr, *where: str) -> pl.Expr:
    """Return how many of ``who`` study there; null where one is enrolled and not told where."""
    untold = (who & pl.col("enrolled") & pl.col("study").is_null()).any()
    return pl.when(~untold).then((who & pl.col("study").is_in(where)).sum())


@view(register="persons")
def school_age_members(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Members aged seven to seventeen: a register of schools need not know of the others."""
    return rows.filter(aged(pl.col("birth_date"), as_of, 7, 17))


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def employees(as_of: date) -> pl.Expr:
    """Members employed for a wage."""
    return _active("employee")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def self_employed_members(as_of: date) -> pl.Expr:
    """Members who work for themselves, as the registers see it."""
    return _active("self_employed")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def registered_unemployed(as_of: date) -> pl.Expr:
    """Members registered as unemployed."""
    return _active("registered_unemployed")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def inactive_members(as_of: date) -> pl.Expr:
    """Members who neither work, study, care nor draw a pension, as the registers see it."""
    return _active("inactive")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def caring_members(as_of: date) -> pl.Expr:
    """Members who care for a child or for a person with a disability."""
    return _active("caring")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
)
def pensioners(as_of: date) -> pl.Expr:
    """Members who draw a pension."""
    return _active("pensioner")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
)
def adult_students(as_of: date) -> pl.Expr:
    """Members of eighteen or more who study."""
    return (aged(pl.col("birth_date"), as_of, 18) & (pl.col("activity") == "student")).sum()


@feature(
    block=Block.SELF_REALISATION,
    source="school_age_members",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def pupils_not_enrolled(as_of: date) -> pl.Expr:
    """Children aged seven to seventeen who are enrolled nowhere.

    A count, not a share: one more enrolled child must never make the family look richer.
    """
    return (~pl.col("enrolled")).sum()


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def pupils(as_of: date) -> pl.Expr:
    """Members whom a school teaches, there or at home, whatever their age up to twenty.

    Unknown where one of five to twenty is enrolled and it is not told where.
    """
    return _studying(aged(pl.col("birth_date"), as_of, *_PUPILS), "school", "home")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def children_taught_at_home(as_of: date) -> pl.Expr:
    """Members under eighteen whom a school teaches at home.

    Unknown where a child is enrolled and the register does not tell where.
    """
    return _studying(aged(pl.col("birth_date"), as_of, 0, 17), "home")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def college_students(as_of: date) -> pl.Expr:
    """Members who study at a college.

    Unknown where a member of fourteen or more is enrolled and it is not told where.
    """
    return _studying(aged(pl.col("birth_date"), as_of, _STUDIES_FROM), "college")


@feature(
    block=Block.SELF_REALISATION,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def university_students(as_of: date) -> pl.Expr:
    """Members who study at a university.

    Unknown where a member of fourteen or more is enrolled and it is not told where.
    """
    return _studying(aged(pl.col("birth_date"), as_of, _STUDIES_FROM), "university")


@derived(block=Block.SELF_REALISATION, unit=Unit.COUNT, direction=-1, basis=_BASIS)
def adults_without_work(as_of: date) -> pl.Expr:
    """Members who could be at work but are not: registered as unemployed, inactive or caring."""
    return pl.col("registered_unemployed") + pl.col("inactive_members") + pl.col("caring_members")


@derived(block=Block.SELF_REALISATION, unit=Unit.SHARE, direction=+1, basis=_BASIS)
def work_intensity(as_of: date) -> pl.Expr:
    """Working members for each adult of working age, whatever the adults' health; 0 without any."""
    return (
        pl.when(pl.col("adults_of_working_age") > 0)
        .then(pl.col("working_members") / pl.col("adults_of_working_age"))
        .when(pl.col("adults_of_working_age") == 0)
        .then(0.0)
    )
