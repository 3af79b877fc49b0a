"""Arrears and payments in advance: what was paid for several months, month by month."""

import polars as pl


def by_month(incomes: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
    """Spread what was paid for several months evenly over them, to the tenge.

    ``incomes`` has ``month``, ``amount`` in tenge and ``months`` of 1 and more (null: one), of this
    ``schema``; rows with fewer, which no validator lets pass, are left out. What does not divide
    falls on the last months, one tenge each; the sum stays what it was.
    """
    months = pl.col("months").fill_null(1).cast(pl.Int64)
    back, amount = pl.col("_back"), pl.col("amount")
    index = pl.col("month").dt.year().cast(pl.Int64) * 12 + pl.col("month").dt.month() - 1 - back
    several = (
        incomes.filter(months > 1)
        .with_columns(months=months, _back=pl.int_ranges(0, months))
        .explode("_back")
        .with_columns(
            month=pl.date(index // 12, index % 12 + 1, 1),
            amount=amount // pl.col("months") + (back < amount % pl.col("months")).cast(pl.Int64),
        )
        .with_columns(months=pl.lit(1, pl.Int64))
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
    )
    return pl.concat([incomes.filter(months == 1), several], how="vertical")
