"""What would change if a suspicion were true: categories and entitlements, recalculated.

A suspicion matters only where the rules, applied again with the suspected income counted,
would say something else. What a model suspects is counted at the low end of its interval; what
a red flag suspects is what its source says it shows.
"""

from typing import Final

import polars as pl

from features.build import combine
from models.law.parameters import Law
from models.rules import category as rules
from models.rules import programmes, red_flags

_MONTHS: Final = {
    "income_last_month": 1,
    "income_quarter": 3,
    "income_previous_quarter": 3,
    "income_year": 12,
}
"""Counted features that more income a month adds to, and for how many months."""
_ENOUGH: Final = {"low": 0.95, "estimate": 0.5, "high": 0.05}
"""Chance that hidden income is at least an end of its interval, or its estimate."""


def with_income(counted: pl.DataFrame, extra: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Apply the rules again with so much more income a month.

    Parameters
    ----------
    counted : one row a household, as `features.build.count` returns them; derived features may
        stand beside them, they are made anew.
    extra : rows with ``household_id`` and ``extra`` (whole tenge a month); a household may stand
        in several.

    Returns
    -------
    One row for each of ``extra`` whose household is there, in its order: its columns but
    ``extra``, then ``category_then`` (Int8) and ``services_then`` (list of text).
    """
    richer = extra.join(counted, on="household_id", how="inner", maintain_order="left")
    features = combine(
        richer.with_columns(pl.col(n) + times * pl.col("extra") for n, times in _MONTHS.items()),
        law.day,
    )
    ruled = rules.rule_category(features, law)
    entitled = programmes.eligibility(features, ruled, law)
    return richer.select(name for name in extra.columns if name != "extra").with_columns(
        category_then=ruled["rule_category"], services_then=entitled["eligible_services"]
    )


def category_at_low_end(
    counted: pl.DataFrame, opinion: pl.DataFrame, category: pl.Series, law: Law
) -> pl.Series:
    """Return the rules' category with the low end of the hidden income counted as income.

    Asked for flagged families only; for all others it is the category as it stands. Training
    asks it of the population: ``counted`` may hold derived features, they are made anew.
    """
    flagged = opinion.filter(
        pl.col("model_flag").fill_null(value=False) & (pl.col("hidden_income_low") > 0)
    ).select("household_id", extra="hidden_income_low")
    if flagged.is_empty():
        return category
    return (
        opinion.select("household_id")
        .with_columns(now=category)
        .join(
            with_income(counted, flagged, law), on="household_id", how="left", maintain_order="left"
        )
        .select(pl.col("category_then").fill_null(pl.col("now")))
        .to_series()
    )


def of_flags(
    counted: pl.DataFrame,
    features: pl.DataFrame,
    ruled: pl.DataFrame,
    flags: pl.DataFrame,
    eligibility: pl.DataFrame,
    law: Law,
) -> pl.DataFrame:
    """Say of every raised red flag that shows income whether counting it would change anything.

    Parameters
    ----------
    counted, features, ruled, flags, eligibility : one row a household each, in one order, as
        the rules make them of the same registers.

    Returns
    -------
    One row for each raised flag that would change the category or an entitlement, by household
    and then in the order of the law's file: ``household_id``, ``code``, ``category_then``.
    A flag whose source shows nothing beyond what the category counts is never among them.
    """
    shown = [
        features.select("household_id", extra=flag.shows.cast(pl.Int64))
        .filter(flags[flag.code].fill_null(value=False))
        .filter(pl.col("extra") > 0)
        .with_columns(code=pl.lit(flag.code), _order=pl.lit(number))
        for number, flag in enumerate(red_flags.in_force(law))
        if flag.shows is not None
    ]
    if not any(rows.height for rows in shown):
        return pl.DataFrame(schema=_NO_FLAG)
    then = with_income(counted, pl.concat(shown), law)
    return _changed(then, ruled, eligibility).sort("household_id", "_order").select(*_NO_FLAG)


def chance_of_change(
    counted: pl.DataFrame,
    opinion: pl.DataFrame,
    ruled: pl.DataFrame,
    eligibility: pl.DataFrame,
    law: Law,
) -> pl.DataFrame:
    """Say how likely a look at a family changes its answer, by what the model says of it.

    The chance that it hides income, times the chance that it hides enough: of the 90 % interval
    a twentieth lies below, half above the estimate, a twentieth above.

    Parameters
    ----------
    counted, opinion, ruled, eligibility : one row a household each, in one order; ``opinion`` as
        `models.learned.predict.Models.opinion` returns it.

    Returns
    -------
    A row for each household of which the model says something: ``household_id``, ``chance``
    (0 to 1) and ``category_then`` (where it would fall if the answer changed; its category where
    no amount of the interval changes anything).
    """
    known = opinion.filter(pl.col("hidden_income_probability").is_not_null())
    if known.is_empty():
        return pl.DataFrame(schema=_CHANCES)
    ends = [
        known.select(
            "household_id",
            extra=pl.col(f"hidden_income_{end}"),
            chance=pl.col("hidden_income_probability") * share,
        )
        for end, share in _ENOUGH.items()
    ]
    then = with_income(counted, pl.concat(ends), law)
    changed = _changed(then, ruled, eligibility)
    likeliest = changed.sort("household_id", "chance", descending=[False, True]).unique(
        "household_id", keep="first", maintain_order=True
    )
    return (
        known.select("household_id")
        .join(likeliest, on="household_id", how="left", maintain_order="left")
        .join(_now(ruled, eligibility), on="household_id", how="left", maintain_order="left")
        .select(
            "household_id",
            pl.col("chance").fill_null(0.0),
            pl.col("category_then").fill_null(pl.col("category_now")),
        )
    )


def _changed(then: pl.DataFrame, ruled: pl.DataFrame, eligibility: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of `with_income` in which the category or an entitlement is another one."""
    return then.join(
        _now(ruled, eligibility), on="household_id", how="left", maintain_order="left"
    ).filter(
        (pl.col("category_then") != pl.col("category_now"))
        | (pl.col("services_then") != pl.col("services_now"))
    )


def _now(ruled: pl.DataFrame, eligibility: pl.DataFrame) -> pl.DataFrame:
    return ruled.select("household_id", category_now="rule_category").with_columns(
        services_now=eligibility["eligible_services"]
    )


_NO_FLAG: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "code": pl.String(),
    "category_then": pl.Int8(),
}
_CHANCES: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "chance": pl.Float64(),
    "category_then": pl.Int8(),
}
