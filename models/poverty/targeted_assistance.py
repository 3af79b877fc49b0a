"""Targeted social assistance (АСП) as information: who lies below its line, and by how much.

It is out of the pilot's reach: nothing that decides may import this file, and no category,
status or eligibility depends on it. Plain income per member, without an equivalence scale
(Social Code, article 127), against the line of the day and region; the amount is what each
member lacks.
"""

from typing import Final

import polars as pl

from models.law.parameters import Law, in_force
from models.law.poverty_line import poverty_line

_MONTHS: Final = 3
_FINE: Final = 10_000
"""A line is a share of hundredths of whole tenge: in ten thousandths it is a whole number."""
_LEFT_OUT: Final = {
    "targeted_assistance": pl.col("targeted_assistance_quarter"),
    "child_disability_benefit": pl.col("child_disability_benefit_quarter"),
    "scholarship": pl.col("benefits_quarter")
    - pl.col("pension_quarter")
    - pl.col("allowance_quarter")
    - pl.col("targeted_assistance_quarter")
    - pl.col("child_disability_benefit_quarter"),
}
"""Sums of the quarter that the law may leave out; stipends are what remains of the benefits."""


def assistance(
    features: pl.DataFrame, law: Law, regions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Say of every family whether it lies below the line of targeted assistance, and by how much.

    Parameters
    ----------
    features
        One row a family, as `features.build.build` makes it.
    regions
        ``household_id`` and ``region`` (two digits of KATO), one row a family; None, or a
        region that is not known: the line of the whole country.

    Returns
    -------
    ``household_id``; ``assistance_line``: tenge a month for each member, rounded for
    reading; ``assistance_income``: what counts of the quarter's income, KZT;
    ``below_assistance_line``: exactly on the line is not below; ``assistance_amount``: KZT a
    month for the family, halves rounded up, 0 above the line, null where unknown. The
    addition for small children is not in it. The law's quarter is that of the calendar,
    the features' the three complete months before: the same in January, April, July and
    October. Rows stand in the order given.
    """
    edition = in_force(
        "targeted_assistance", law.files.rules["targeted_assistance"]["editions"], law.day
    )
    where = features.select("household_id")
    where = (
        where.with_columns(region=pl.lit(None, pl.String))
        if regions is None
        else where.join(regions, on="household_id", how="left", maintain_order="left")
    )
    lines = {region: poverty_line(law, region) for region in where["region"].unique().to_list()}
    exact = {region: int(line.amount * _FINE) for region, line in lines.items()}
    whole = {region: line.tenge for region, line in lines.items()}
    table = features.with_columns(
        _over=where["region"].replace_strict(exact, return_dtype=pl.Int64),
        _line=where["region"].replace_strict(whole, return_dtype=pl.Int64),
        assistance_income=_counted(edition["not_counted"], law.large_family_children),
    )
    lacking = _MONTHS * pl.col("members") * pl.col("_over") - _FINE * pl.col("assistance_income")
    rounded = (2 * lacking + _MONTHS * _FINE) // (2 * _MONTHS * _FINE)
    known = pl.col("members") > 0
    return table.select(
        "household_id",
        pl.col("_line").alias("assistance_line"),
        "assistance_income",
        pl.when(known).then(lacking > 0).alias("below_assistance_line"),
        pl.when(known & (lacking > 0))
        .then(rounded)
        .when(known & (lacking <= 0))
        .then(0)
        .alias("assistance_amount"),
    )


def _counted(not_counted: list[str], large: int) -> pl.Expr:
    """Return what counts as income of the quarter; null where the registers cannot tell it.

    The benefit of a large family stands among other allowances: where the law leaves it
    out, a family that may have it has no known income.
    """
    income = pl.col("income_quarter")
    for name in not_counted:
        income = income - _LEFT_OUT.get(name, pl.lit(0))
    if "large_family_benefit" not in not_counted:
        return income
    may_have_it = (pl.col("children") >= large) & (pl.col("allowance_quarter") > 0)
    return pl.when(~may_have_it).then(income)
