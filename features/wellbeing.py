"""Health, education and the dwelling: how the family lives, apart from money."""

from datetime import date

import polars as pl

from features.declare import Block, derived, feature
from features.units import Unit

_BASIS = "pilot-2025:non-material"
_HOUSING = "pilot-2025:material"
_EDUCATION = ("none", "primary", "secondary", "vocational", "higher", "postgraduate")


def _level() -> pl.Expr:
    levels = dict(zip(_EDUCATION, range(len(_EDUCATION)), strict=True))
    return pl.col("education").replace_strict(levels, default=None, return_dtype=pl.Int64)


@feature(
    block=Block.NON_MATERIAL, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def members_with_disability(as_of: date) -> pl.Expr:
    """Members with a recognised disability of any group, children included."""
    return (pl.col("disability") != "none").sum()


@feature(
    block=Block.NON_MATERIAL, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def members_with_severe_disability(as_of: date) -> pl.Expr:
    """Members with a disability of the first or second group."""
    return pl.col("disability").is_in(("group1", "group2")).sum()


@feature(
    block=Block.NON_MATERIAL,
    source="child_members",
    unit=Unit.COUNT,
    empty=0,
    direction=-1,
    basis=_BASIS,
)
def children_with_disability(as_of: date) -> pl.Expr:
    """Members under eighteen with a recognised disability."""
    return (pl.col("disability") != "none").sum()


@feature(
    block=Block.NON_MATERIAL, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def members_with_chronic_condition(as_of: date) -> pl.Expr:
    """Members under regular medical observation."""
    return pl.col("chronic_condition").sum()


@feature(
    block=Block.NON_MATERIAL, source="persons", unit=Unit.COUNT, empty=0, direction=-1, basis=_BASIS
)
def members_without_clinic(as_of: date) -> pl.Expr:
    """Members who are attached to no clinic."""
    return (~pl.col("clinic_attached")).sum()


@feature(
    block=Block.NON_MATERIAL,
    source="persons",
    unit=Unit.LEVEL,
    empty=0,
    direction=+1,
    basis=_BASIS,
    model_input=False,
)
def best_education(as_of: date) -> pl.Expr:
    """Highest education in the household: 0 none, 1 primary … 4 higher, 5 postgraduate."""
    return _level().max()


@feature(
    block=Block.NON_MATERIAL,
    source="adult_members",
    unit=Unit.LEVEL,
    empty=0,
    direction=+1,
    basis=_BASIS,
)
def adult_education(as_of: date) -> pl.Expr:
    """Highest education of an adult: 0 none, 1 primary … 4 higher, 5 postgraduate.

    A child with a school certificate must never make the family richer.
    """
    return _level().max()


@feature(
    block=Block.NON_MATERIAL, source="persons", unit=Unit.COUNT, empty=0, direction=+1, basis=_BASIS
)
def members_with_higher_education(as_of: date) -> pl.Expr:
    """Members with higher or postgraduate education."""
    return pl.col("education").is_in(("higher", "postgraduate")).sum()


@feature(
    block=Block.MATERIAL,
    source="households",
    unit=Unit.SQUARE_DECIMETRES,
    empty=None,
    direction=+1,
    basis=_HOUSING,
)
def living_area(as_of: date) -> pl.Expr:
    """Area of the dwelling the family lives in, in square decimetres (100 to the m²)."""
    return (pl.col("living_area_m2") * 100).round().cast(pl.Int64).first()


@feature(
    block=Block.MATERIAL,
    source="households",
    unit=Unit.COUNT,
    empty=None,
    direction=+1,
    basis=_HOUSING,
)
def rooms(as_of: date) -> pl.Expr:
    """Rooms of the dwelling the family lives in."""
    return pl.col("rooms").first()


@feature(
    block=Block.MATERIAL,
    source="households",
    unit=Unit.COUNT,
    empty=None,
    direction=-1,
    basis=_HOUSING,
)
def amenities_missing(as_of: date) -> pl.Expr:
    """Which of piped water, sewerage and central heating the dwelling lacks: 0 to 3."""
    return pl.sum_horizontal(
        (~pl.col(name)).cast(pl.Int64) for name in ("piped_water", "sewerage", "central_heating")
    ).first()


@feature(
    block=Block.NON_MATERIAL,
    source="households",
    unit=Unit.YES_NO,
    empty=None,
    direction=+1,
    basis=_BASIS,
)
def has_internet(as_of: date) -> pl.Expr:
    """The dwelling has an internet connection."""
    return pl.col("internet").first()


@feature(
    block=Block.MATERIAL,
    source="households",
    unit=Unit.YES_NO,
    empty=None,
    direction=-1,
    basis=_HOUSING,
)
def rents_home(as_of: date) -> pl.Expr:
    """The family rents its dwelling on the market."""
    return (pl.col("tenure") == "rented").first()


@feature(
    block=Block.MATERIAL,
    source="households",
    unit=Unit.YES_NO,
    empty=None,
    direction=-1,
    basis=_HOUSING,
)
def without_own_home(as_of: date) -> pl.Expr:
    """The family lives in a dwelling that is not its own: rented, social, dormitory, relatives'."""
    return (pl.col("tenure") != "owned").first()


@derived(block=Block.MATERIAL, unit=Unit.SQUARE_DECIMETRES, direction=+1, basis=_HOUSING)
def living_area_per_member(as_of: date) -> pl.Expr:
    """Area of the dwelling for each member, in whole square decimetres, rounded down."""
    return pl.when(pl.col("members") > 0).then(pl.col("living_area") // pl.col("members"))


@derived(block=Block.MATERIAL, unit=Unit.SHARE, direction=+1, basis=_HOUSING)
def rooms_per_member(as_of: date) -> pl.Expr:
    """Rooms of the dwelling for each member."""
    return pl.when(pl.col("members") > 0).then(pl.col("rooms") / pl.col("members"))
