"""Where a family lives: for intervals, judging and room for reviews, never an input.

A place says nothing of a family's means, and no model may guess by it. But a model can be
surer of towns than of villages: its intervals are set, and its errors counted, apart.
And a region can only review so many families: which flags ask for it is decided by region.
"""

from datetime import date

import polars as pl

from features.declare import Block, feature
from features.registers.declared.regions import REPUBLICAN_CITIES
from features.units import Unit

_BASIS = "tarazy-policy:judged-apart"


@feature(
    block=Block.NON_MATERIAL,
    source="households",
    unit=Unit.YES_NO,
    empty=None,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def lives_in_village(as_of: date) -> pl.Expr:
    """The family lives in a rural settlement. No input of any model."""
    return (pl.col("settlement") == "rural").first()


@feature(
    block=Block.NON_MATERIAL,
    source="households",
    unit=Unit.YES_NO,
    empty=None,
    direction=0,
    basis=_BASIS,
    model_input=False,
)
def lives_in_republican_city(as_of: date) -> pl.Expr:
    """The family lives in Astana, Almaty or Shymkent. No input of any model."""
    return pl.col("region").is_in(REPUBLICAN_CITIES).first()


@feature(
    block=Block.NON_MATERIAL,
    source="households",
    unit=Unit.CODE,
    empty=None,
    direction=0,
    basis="tarazy-policy:review",
    model_input=False,
)
def region_code(as_of: date) -> pl.Expr:
    """The region that the family lives in, two digits of KATO. No input of any model."""
    return pl.col("region").cast(pl.String).str.to_integer(strict=False).first()
