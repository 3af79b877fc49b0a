"""Who lives in the household: ages, children, and how many live on one who works."""

from datetime import date

import polars as pl

from features.declare import Block, derived, feature, view
from features.units import Unit, aged

_BASIS = "pilot-2025:dependency"
_WORK = ("employee", "self_employed")


STUDENT_AGE = 23
"""Birthday until which a full-time student is still a child of a large family.

The law on file has the number with its dates, and refuses a rule that would count by another.
"""
_STUDIES = ("school", "home", "college", "university")
_NO_CHILD = ("head", "spouse", "parent")


def _aged(as_of: date, least: int, most: int | None = None) -> pl.Expr:
    return aged(pl.col("birth_date"), as_of, least, most)


@view(register="persons")
def adult_members(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Members aged eighteen or more on the decision date.

    What is not known of a child makes nothing unknown that is asked of adults.
    """
    return rows.filter(_aged(as_of, 18))


@view(register="persons")
def child_members(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Members under eighteen on the decision date.

    What is not known of an adult, such as a guardianship, makes nothing unknown here.
    """
    return rows.filter(_aged(as_of, 0, 17))


@view(register="persons")
def grown_students(rows: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Members from eighteen until their twenty-third birthday who study, as children of the family.

    The head, a spouse and a parent are nobody's children here. Who is enrolled where it is
    not told studies nowhere that counts.
    """
    child = ~pl.col("relation").is_in(_NO_CHILD).fill_null(value=False)
    return rows.filter(_aged(as_of, 18, STUDENT_AGE - 1) & pl.col("study").is_in(_STUDIES) & child)


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def members(as_of: date) -> pl.Expr:
    """Members of the household on the decision date."""
    return pl.len()


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def children(as_of: date) -> pl.Expr:
    """Members under eighteen on the decision date.

    A person born on 29 February comes of age on 1 March.
    """
    return _aged(as_of, 0, 17).sum()


@feature(
    block=Block.DEPENDENCY,
    source="grown_students",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis="social-code",
    model_input=False,
)
def students_under_23(as_of: date) -> pl.Expr:
    """Children of the family who have come of age and study, until their twenty-third birthday."""
    return pl.len()


@derived(
    block=Block.DEPENDENCY,
    unit=Unit.COUNT,
    direction=-1,
    basis="social-code",
    model_input=False,
)
def children_and_students(as_of: date) -> pl.Expr:
    """Children by whom a family is a large one: under eighteen, or students up to twenty-three."""
    return pl.col("children") + pl.col("students_under_23")


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def children_under_seven(as_of: date) -> pl.Expr:
    """Members under seven, who need somebody at home."""
    return _aged(as_of, 0, 6).sum()


@feature(
    block=Block.DEPENDENCY,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def infants(as_of: date) -> pl.Expr:
    """Members under one."""
    return _aged(as_of, 0, 0).sum()


@feature(
    block=Block.DEPENDENCY,
    source="persons",
    unit=Unit.COUNT,
    empty=0,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def children_one_to_six(as_of: date) -> pl.Expr:
    """Members aged one to six, the seventh birthday not reached."""
    return _aged(as_of, 1, 6).sum()


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def school_age_children(as_of: date) -> pl.Expr:
    """Members aged seven to seventeen."""
    return _aged(as_of, 7, 17).sum()


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=0, basis=_BASIS
)
def adults(as_of: date) -> pl.Expr:
    """Members aged eighteen or more."""
    return _aged(as_of, 18).sum()


@feature(
    block=Block.DEPENDENCY,
    source="adult_members",
    unit=Unit.YEARS,
    empty=None,
    direction=0,
    basis=_BASIS,
)
def mean_age_of_adults(as_of: date) -> pl.Expr:
    """Mean age of the members aged eighteen or more, whole years, rounded down.

    Null for a household without an adult. Ages move what a family spends as much as
    its size does; they are said of the adults together, of nobody alone.
    """
    birth = pl.col("birth_date")
    # A month is an 8-bit number: widened before it is multiplied.
    month_and_day = birth.dt.month().cast(pl.Int64) * 100 + birth.dt.day()
    later = month_and_day > as_of.month * 100 + as_of.day
    age = as_of.year - birth.dt.year().cast(pl.Int64) - later.cast(pl.Int64)
    return age.sum() // pl.len()


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=0, basis=_BASIS
)
def adults_of_working_age(as_of: date) -> pl.Expr:
    """Members aged eighteen to sixty-two, whatever their health.

    Sixty-three is the age of retirement for men; the same limit serves women, for
    sex is no input of anything here.
    """
    return _aged(as_of, 18, 62).sum()


@feature(
    block=Block.DEPENDENCY, source="persons", unit=Unit.COUNT, empty=0, direction=0, basis=_BASIS
)
def members_over_sixty_two(as_of: date) -> pl.Expr:
    """Members aged sixty-three or more."""
    return _aged(as_of, 63).sum()


@feature(
    block=Block.DEPENDENCY,
    source="adult_members",
    unit=Unit.COUNT,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def working_members(as_of: date) -> pl.Expr:
    """Adults who work for a wage or for themselves, as the registers see it.

    A child who works stays a child here: a child more must never make a family richer.
    """
    return pl.col("activity").is_in(_WORK).sum()


@feature(
    block=Block.DEPENDENCY,
    source="child_members",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def children_under_guardianship(as_of: date) -> pl.Expr:
    """Orphans and children without parental care who live in the household."""
    return pl.col("guardianship").sum()


@derived(block=Block.DEPENDENCY, unit=Unit.COUNT, direction=-1, basis=_BASIS)
def dependants(as_of: date) -> pl.Expr:
    """Members who do not work: children, pupils, pensioners, carers, the unemployed."""
    return pl.col("members") - pl.col("working_members")


@derived(block=Block.DEPENDENCY, unit=Unit.SHARE, direction=-1, basis=_BASIS)
def dependency_ratio(as_of: date) -> pl.Expr:
    """Share of the members who do not work.

    The published block is "the ratio of working to non-working members"; as a share of
    all members it stays defined where nobody works. Null for a household without members.
    """
    return pl.when(pl.col("members") > 0).then(pl.col("dependants") / pl.col("members"))


@derived(block=Block.DEPENDENCY, unit=Unit.YES_NO, direction=-1, basis=_BASIS)
def single_parent(as_of: date) -> pl.Expr:
    """One adult lives with one child or more."""
    return (pl.col("adults") == 1) & (pl.col("children") > 0)
