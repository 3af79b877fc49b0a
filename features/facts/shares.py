"""Shares of real estate: those of one object are one object, and rounded ones still a whole.

Five owners out of six hold 0.17 each by one source and 0.166667 by another; neither of them
owns more than one flat. What a family holds is added up in millionths; where the sum comes as
near to a whole as the rounding of its source allows, it is a whole.
"""

from typing import Final

import polars as pl

WHOLE: Final = 1_000_000
"""One whole object, in millionths."""
_HUNDREDTH: Final = 10_000
"""Shares are rounded to a hundredth at the coarsest: one half is one half."""
_DWELLINGS: Final = ("apartment", "house")
UNINHABITABLE: Final = "uninhabitable"
"""The kind of a dwelling that nobody can live in: it has a value, and is no dwelling."""


def one_object_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Return real estate with one row a family and object, and shares that add up as they should.

    Parameters
    ----------
    rows : of the register, those that stand on the day, with ``household_id``. An object is
        known by ``property_id``.

    Returns
    -------
    The same rows with ``share`` filled in. Shares of one object of one family are one row, at
    most a whole; its day of entry is the first of them, unknown where one is. Shares of
    dwellings without a key that together come to whole dwellings within their rounding come to
    them exactly.
    """
    shared = _with_shares(_of_habitable(rows))
    keyless = shared.filter(pl.col("_object").is_null())
    joined = _joined(shared.filter(pl.col("_object").is_not_null()))
    return pl.concat([joined, _rounded(keyless)], how="diagonal_relaxed").select(
        *(name for name in rows.columns if name != "share"), "share"
    )


def _of_habitable(rows: pl.DataFrame) -> pl.DataFrame:
    if "status" not in rows.columns or rows["status"].null_count() == rows.height:
        return rows
    unfit = pl.col("status").is_in(("under_construction", "unfit")).fill_null(value=False)
    kind = pl.col("kind").cast(pl.String)
    return rows.with_columns(
        kind=pl.when(unfit & kind.is_in(_DWELLINGS)).then(pl.lit(UNINHABITABLE)).otherwise(kind)
    )


def _with_shares(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``_share`` in millionths, ``_unit`` of its rounding and the object where it is known."""
    share = pl.col("share") if "share" in rows.columns else pl.lit(None, pl.Float64)
    if {"share_of", "share_in"} <= set(rows.columns):
        share = pl.coalesce(pl.col("share_of") / pl.col("share_in"), share)
    millionths = (pl.col("share") * WHOLE).round().cast(pl.Int64)
    unit = pl.lit(1, pl.Int64)
    for step in (10, 100, 1_000, _HUNDREDTH):
        unit = pl.when(pl.col("_share") % step == 0).then(pl.lit(step, pl.Int64)).otherwise(unit)
    object_key = pl.lit(None, pl.Int64)
    if "property_id" in rows.columns:
        object_key = pl.col("property_id")
    return (
        rows.with_columns(share=share.fill_null(1.0), _object=object_key)
        .with_columns(_share=millionths)
        .with_columns(_unit=unit)
    )


def _joined(rows: pl.DataFrame) -> pl.DataFrame:
    """Make one row of the shares of each object of a family."""
    if rows.is_empty():
        return rows
    key = ["household_id", "kind", "_object"]
    whole, near = _nearest()
    total = pl.min_horizontal(pl.col("_share").sum(), pl.lit(WHOLE, pl.Int64))
    together = pl.when(near & (whole == WHOLE)).then(WHOLE).otherwise(total) / WHOLE
    others = [name for name in rows.columns if name not in (*key, "share")]
    return rows.group_by(key).agg(
        pl.when(pl.len() == 1).then(pl.col("share").first()).otherwise(together).alias("share"),
        *(_of_object(name) for name in others),
    )


def _of_object(column: str) -> pl.Expr:
    """What the rows of one object say together, whatever their order."""
    value = pl.col(column)
    if column == "registered_on":
        return pl.when(value.null_count() == 0).then(value.min())
    return value.max() if column in ("area_m2", "value") else value.min()


def _rounded(rows: pl.DataFrame) -> pl.DataFrame:
    """Let shares of dwellings without a key that are whole dwellings but for rounding be so."""
    dwelling = pl.col("kind").is_in(_DWELLINGS)
    partial = pl.col("_share") < WHOLE
    if not (rows["_share"] < WHOLE).any():
        return rows
    candidates = rows.filter(dwelling.fill_null(value=False))
    sums = candidates.group_by("household_id").agg(
        pl.col("_share").sum().alias("_sum"),
        *(e.alias(n) for n, e in zip(("_whole", "_near"), _nearest(), strict=True)),
    )
    off = sums.filter(pl.col("_near") & (pl.col("_whole") != pl.col("_sum"))).select(
        "household_id", _off=pl.col("_whole") - pl.col("_sum")
    )
    if off.is_empty():
        return rows
    # The largest share takes what rounding left over; of equal rows any may.
    order = [
        "_share",
        *(c for c in ("area_m2", "value", "registered_on", "kind") if c in rows.columns),
    ]
    placed = rows.with_row_index("_row").join(off, on="household_id", how="left")
    largest = (
        placed.filter(dwelling & partial & pl.col("_off").is_not_null())
        .sort(order, descending=True, nulls_last=True)
        .unique("household_id", keep="first", maintain_order=True)["_row"]
    )
    taken = pl.col("_row").is_in(largest.implode())
    exact = (pl.col("_share") + pl.col("_off")) / WHOLE
    return placed.with_columns(
        share=pl.when(taken).then(exact).otherwise("share"),
    ).drop("_row", "_off")


def _nearest() -> tuple[pl.Expr, pl.Expr]:
    """The nearest whole number of objects to a sum of shares, and whether rounding explains it.

    Each of several parts may be off by half a unit of its source's rounding.
    """
    share, partial = pl.col("_share"), pl.col("_share") < WHOLE
    total, parts = share.sum(), partial.sum().cast(pl.Int64)
    whole = (total + WHOLE // 2) // WHOLE * WHOLE
    unit = pl.col("_unit").filter(partial).min()
    near = (parts > 1) & (whole > 0) & (2 * (total - whole).abs() <= parts * unit)
    return whole, near.fill_null(value=False)
