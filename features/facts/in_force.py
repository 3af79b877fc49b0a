"""From registers as they arrived to the facts that hold on a day, in the shape of edition 1.

Every feature counts what comes out here. The rules are the contract's: who is a member, what
was paid for which month, which shares are one flat, what a dollar is worth. Where the dated law
has a word in it, `Treatment` brings it. Registers without anything of edition 2 in them come
out as they went in.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from features.errors import InputError
from features.facts.shares import one_object_each
from features.facts.spread import by_month
from features.facts.standing import away, standing
from features.facts.treatment import TENGE, Treatment, required
from features.registers.declared import REGISTERS

Registers = Mapping[str, pl.DataFrame | None]
"""A frame for each register, every row with its ``household_id``; None: did not answer."""


def in_force(
    registers: Registers, as_of: date, treatment: Treatment | None = None
) -> dict[str, pl.DataFrame | None]:
    """Return the registers as they hold on the day, one row a member and object.

    ``treatment`` is needed only where a fact is counted as the dated law says: a member who is
    away, a grant paid once, a balance in another currency. Raises InputError without it there.
    """
    held = dict(registers)
    if (persons := registers.get("persons")) is not None:
        members = _members(persons, as_of, treatment)
        if members.height < persons.height:
            held["persons"] = members
            held |= _of_members(registers, members)
    if (incomes := held.get("incomes")) is not None:
        held["incomes"] = _by_month(_regular(incomes, treatment))
    if (properties := held.get("properties")) is not None and not properties.is_empty():
        held["properties"] = one_object_each(standing("properties", properties, as_of).collect())
    if (deposits := held.get("deposits")) is not None:
        held["deposits"] = _in_tenge(deposits, treatment)
    return held


def _tells(rows: pl.DataFrame, column: str) -> bool:
    return column in rows.columns and rows[column].null_count() < rows.height


def _members(persons: pl.DataFrame, as_of: date, treatment: Treatment | None) -> pl.DataFrame:
    """Keep the rows of those who are members on the day."""
    members = standing("persons", persons, as_of).collect()
    if not _tells(members, "away"):
        return members
    absent = away(as_of, frozenset(members.columns))
    kinds = members.filter(absent)["away"].unique()
    if kinds.is_empty():
        return members
    law = required(treatment, "A member who is away")
    return members.filter(~absent | pl.col("away").is_in(sorted(law.members_while_away)))


def _of_members(registers: Registers, members: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Keep what members earn and own: what is another's, or a dead person's, is not the family's.

    A person is a member of one family at a time, but may have rows in several: the family is
    compared as well.
    """
    key = [name for name in ("household_id", "person_id") if name in members.columns]
    keys = members.select(key).unique()
    return {
        name: rows.join(keys, on=key, how="semi", maintain_order="left")
        for name, rows in registers.items()
        if rows is not None and name in REGISTERS and REGISTERS[name].by_person
    }


def _regular(incomes: pl.DataFrame, treatment: Treatment | None) -> pl.DataFrame:
    """Leave out grants paid once, or count them among other income where the law says so."""
    once = (pl.col("source").cast(pl.String) == "one_off").fill_null(value=False)
    if not incomes.select(once.any()).item():
        return incomes
    if not required(treatment, "A grant paid once").one_off_counts:
        return incomes.filter(~once)
    return incomes.with_columns(
        source=pl.when(once).then(pl.lit("other")).otherwise(pl.col("source").cast(pl.String))
    )


def _by_month(incomes: pl.DataFrame) -> pl.DataFrame:
    if not _tells(incomes, "months") or (incomes["months"].fill_null(1) == 1).all():
        return incomes
    return by_month(incomes.lazy(), incomes.schema).collect()


def _in_tenge(deposits: pl.DataFrame, treatment: Treatment | None) -> pl.DataFrame:
    """Convert balances by the official rates; raise InputError where a rate is not on file."""
    if not _tells(deposits, "currency"):
        return deposits
    foreign = sorted(set(deposits["currency"].drop_nulls()) - {TENGE})
    if not foreign:
        return deposits
    law = required(treatment, "A balance in another currency")
    if missing := [currency for currency in foreign if currency not in law.rates]:
        raise InputError(
            f"No official rate of {', '.join(missing)} for {law.rates_of} is on file. Add it to "
            "models/law/values/official_exchange_rate.yaml with its source, or send the balances "
            "in tenge."
        )
    in_tenge = pl.col("balance")
    for currency in foreign:
        numerator, denominator = law.rates[currency].as_integer_ratio()
        converted = (
            pl.col("balance").cast(pl.Int128) * numerator + denominator // 2
        ) // denominator
        in_tenge = (
            pl.when(pl.col("currency") == currency)
            .then(converted.cast(pl.Int64))
            .otherwise(in_tenge)
        )
    return deposits.with_columns(balance=in_tenge, currency=pl.lit(TENGE))
