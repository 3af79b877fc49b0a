"""The facts of the contract's second edition by plain Python over rows: a second opinion.

Written from the contract, row by row and in exact decimals, with no code shared with
`features.facts`. Slow, and easy to compare with the text.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pandas as pd

AWAY_COUNTS: tuple[str, ...] = ()
"""Kinds of absence whose person stays a member: none, by the assumed law on file."""


def members(persons: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows of those who live in the family on the day."""
    day = pd.Timestamp(as_of)
    keep = pd.Series(data=True, index=persons.index)
    if "joined_on" in persons:
        keep &= ~(pd.to_datetime(persons["joined_on"]) > day)
    for end in ("left_on", "died_on"):
        if end in persons:
            keep &= ~(pd.to_datetime(persons[end]) <= day)
    if "away" in persons:
        absent = persons["away"].notna() & ~persons["away"].astype(str).isin(AWAY_COUNTS)
        if "away_since" in persons:
            absent &= ~(pd.to_datetime(persons["away_since"]) > day)
        keep &= ~absent
    return persons[keep]


def held(register: str, rows: pd.DataFrame, as_of: date, rates: dict[str, Decimal]) -> pd.DataFrame:
    """Rows of one register as they hold on the day."""
    day = pd.Timestamp(as_of)
    if register == "incomes":
        return _spread(rows[rows["source"].astype(str) != "one_off"])
    if register == "loans":
        over = rows["outstanding"] == 0
        if "closed_on" in rows:
            over |= pd.to_datetime(rows["closed_on"]) <= day
        if "role" in rows:
            over |= rows["role"].astype(str) == "guarantor"
        return rows[~over]
    if register == "businesses" and "suspended_since" in rows:
        until = pd.to_datetime(rows["suspended_until"])
        paused = (pd.to_datetime(rows["suspended_since"]) <= day) & (until.isna() | (until >= day))
        return rows[~paused]
    if register == "vehicles" and "status" in rows:
        return rows[rows["status"].astype(str) != "written_off"]
    if register == "properties":
        return _objects(rows)
    if register == "deposits" and "currency" in rows:
        return rows.assign(
            balance=[
                balance if pd.isna(name) or name == "KZT" else _tenge(balance, rates[name])
                for balance, name in zip(rows["balance"], rows["currency"], strict=True)
            ]
        )
    return rows


def _tenge(balance: int, rate: Decimal) -> int:
    return int((Decimal(int(balance)) * rate + Decimal("0.5")) // 1)


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    if "months" not in rows:
        return rows
    spread = []
    for row in rows.to_dict("records"):
        months = 1 if pd.isna(row["months"]) else int(row["months"])
        left = int(row["amount"])
        for back in range(months):
            # From the last month back, each takes its part of what is left, rounded up.
            part = -(-left // (months - back))
            left -= part
            month = pd.Timestamp(row["month"]) - pd.DateOffset(months=back)
            spread.append({**row, "month": month, "amount": part, "months": 1})
    table = pd.DataFrame(spread, columns=rows.columns)
    return table.astype({"amount": "int64", "household_id": "int64", "person_id": "int64"})


def _objects(rows: pd.DataFrame) -> pd.DataFrame:
    groups: dict[tuple[object, ...], list[dict[str, object]]] = defaultdict(list)
    records = rows.to_dict("records")
    loose: dict[object, list[dict[str, object]]] = defaultdict(list)
    apart = []
    for row in records:
        status = "habitable" if _missing(row, "status") else str(row["status"])
        if status == "demolished":
            continue
        row["kind"] = str(row["kind"])
        if status != "habitable" and row["kind"] in ("apartment", "house"):
            row["kind"] = "ruin"
        if not _missing(row, "share_of"):
            row["share"] = int(row["share_of"]) / int(row["share_in"])  # type: ignore[call-overload]
        elif _missing(row, "share"):
            row["share"] = 1.0
        home = row["household_id"]
        if not _missing(row, "property_id"):
            groups[home, row["kind"], row["property_id"]].append(row)
        elif row["kind"] in ("apartment", "house"):
            loose[home].append(row)
        else:
            apart.append(row)
    apart += [_one(group) for group in groups.values()]
    for several in loose.values():
        apart += _to_whole(several)
    return pd.DataFrame(apart, columns=rows.columns)


def _missing(row: dict[str, object], column: str) -> bool:
    return column not in row or bool(pd.isna(row[column]))


def _near(shares: list[float]) -> Decimal | None:
    """The whole number that rounded shares come to; None: they come to none."""
    exact = [round(Decimal(repr(share)), 6).normalize() for share in shares]
    parts = [share for share in exact if share < 1]
    if len(parts) < 2:
        return None
    decimals = max(max(2, -int(share.as_tuple().exponent)) for share in parts)
    whole = (sum(exact, Decimal(0)) + Decimal("0.5")) // 1
    slack = Decimal(len(parts)) / 2 / Decimal(10) ** decimals
    return whole if whole and abs(sum(exact, Decimal(0)) - whole) <= slack else None


def _one(group: list[dict[str, object]]) -> dict[str, object]:
    if len(group) == 1:
        return group[0]
    shares = [float(row["share"]) for row in group]  # type: ignore[arg-type]
    total = float(sum((round(Decimal(repr(s)), 6) for s in shares), Decimal(0)))
    days = [row.get("registered_on") for row in group]
    return {
        **group[0],
        "share": 1.0 if _near(shares) == 1 else min(1.0, total),
        "area_m2": max(row["area_m2"] for row in group),  # type: ignore[type-var]
        "value": max(row["value"] for row in group),  # type: ignore[type-var]
        "registered_on": None if any(pd.isna(d) for d in days) else min(days),  # type: ignore[type-var]
    }


def _to_whole(several: list[dict[str, object]]) -> list[dict[str, object]]:
    shares = [float(row["share"]) for row in several]  # type: ignore[arg-type]
    whole = _near(shares)
    if whole is None:
        return several
    off = whole - sum((round(Decimal(repr(share)), 6) for share in shares), Decimal(0))
    parts = [row for row in several if float(row["share"]) < 1]  # type: ignore[arg-type]
    largest = max(
        parts,
        key=lambda row: (round(float(row["share"]), 6), row["area_m2"], row["value"]),  # type: ignore[arg-type]
    )
    if off:
        largest["share"] = float(round(Decimal(repr(largest["share"])), 6) + off)
    return several
