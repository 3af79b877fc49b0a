"""Families as registers of the second edition have them: moves, deaths, arrears, shares, roles."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from features.facts.treatment import Treatment

DAY = date(2026, 1, 1)
RATES = {"USD": Decimal("505.53"), "EUR": Decimal("593.94")}
TREATMENT = Treatment(rates=RATES, rates_of=date(2025, 12, 31))
_MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(6, 24)]
_SHARES = [1.0, 0.5, 0.33, 0.34, 1 / 3, 2 / 3, 1 / 6, 0.17, 0.1667, 0.25, None]


def registers(seed: int, families: int = 120) -> dict[str, pl.DataFrame]:
    """Draw complete registers that keep every promise of the contract."""
    rng = np.random.default_rng(seed)
    persons = _persons(rng, families)
    keys = persons["person_id"].unique().sort().to_list()
    drawn = {
        "households": _households(rng, families),
        "persons": persons,
        "incomes": _incomes(rng, keys),
        "properties": _properties(rng, keys),
        "vehicles": _vehicles(rng, keys),
        "loans": _loans(rng, keys),
        "businesses": _businesses(rng, keys),
        "deposits": _deposits(rng, keys),
    }
    return {name: rows.sample(fraction=1, shuffle=True, seed=seed) for name, rows in drawn.items()}


def _day(rng: np.random.Generator, around: date = DAY, days: int = 200) -> date:
    return around + timedelta(days=int(rng.integers(-days, days // 2)))


def _some(rng: np.random.Generator, share: float, value: object) -> object:
    return value if rng.random() < share else None


def _households(rng: np.random.Generator, families: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "household_id": range(families),
            "region": ["71"] * families,
            "settlement": ["urban"] * families,
            "tenure": rng.choice(["owned", "rented"], families).tolist(),
            "living_area_m2": rng.integers(20, 90, families).astype(float),
            "rooms": rng.integers(1, 5, families),
            **{
                name: [True] * families
                for name in ("piped_water", "sewerage", "central_heating", "internet")
            },
        }
    )


def _persons(rng: np.random.Generator, families: int) -> pl.DataFrame:
    rows = []
    for household in range(families):
        for place in range(int(rng.integers(1, 6))):
            born = date(
                int(rng.choice([rng.integers(1940, 1996), rng.integers(1996, 2025)])),
                int(rng.integers(1, 13)),
                15,
            )
            person = {
                "person_id": household * 10 + place,
                "household_id": household,
                "birth_date": born,
                "sex": str(rng.choice(["f", "m"])),
                "relation": "head" if place == 0 else str(rng.choice(["spouse", "child", "other"])),
                "study": _some(rng, 0.6, _study(rng, DAY.year - born.year)),
                "guardianship": False,
                "clinic_attached": True,
                "education": "secondary",
                "activity": str(rng.choice(["employee", "student", "inactive"])),
                "disability": "none",
                "chronic_condition": False,
                "enrolled": False,
                "joined_on": _some(rng, 0.1, _day(rng)),
                "left_on": None,
                "died_on": _some(rng, 0.1, _day(rng)),
                "away": _some(rng, 0.1, str(rng.choice(["conscript", "prison", "institution"]))),
                "away_since": _some(rng, 0.5, _day(rng)),
            }
            rows.append(person)
            if rng.random() < 0.15:
                left = max(_day(rng), person["joined_on"] or date(2000, 1, 1))
                person["left_on"] = left
                rows.append(
                    person
                    | {
                        "household_id": int(rng.integers(families)),
                        "relation": "other",
                        "joined_on": left + timedelta(days=int(rng.integers(0, 30))),
                        "left_on": None,
                    }
                )
    return pl.DataFrame(rows, infer_schema_length=None)


def _study(rng: np.random.Generator, age: int) -> str | None:
    if age < 17:
        return "school" if age > 7 else None
    return str(rng.choice(["college", "university"])) if age < 30 else None


def _incomes(rng: np.random.Generator, keys: list[int]) -> pl.DataFrame:
    sources = ["wage", "pension", "allowance", "business", "one_off", "other"]
    rows = [
        {
            "person_id": key,
            "month": month,
            "source": source,
            "amount": int(rng.integers(0, 200_001)),
            "payer_id": payer,
            "months": _some(rng, 0.3, int(rng.integers(1, 15))),
        }
        for key in keys
        for month in rng.choice(_MONTHS, 4, replace=False).tolist()
        for source in rng.choice(sources, 2, replace=False).tolist()
        for payer in ([None] if rng.random() < 0.8 else [1, 2])
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _properties(rng: np.random.Generator, keys: list[int]) -> pl.DataFrame:
    rows = []
    for key in keys:
        for _ in range(int(rng.integers(0, 3))):
            sixth = rng.random() < 0.2
            rows.append(
                {
                    "person_id": key,
                    "kind": str(rng.choice(["apartment", "house", "land_plot", "garage"])),
                    "area_m2": float(rng.integers(20, 120)),
                    "share": None if sixth else _SHARES[int(rng.integers(len(_SHARES)))],
                    "value": int(rng.integers(0, 30_000_000)),
                    # Those of one family may own one object together.
                    "property_id": _some(rng, 0.4, key // 10 * 10 + int(rng.integers(2))),
                    "share_of": 1 if sixth else None,
                    "share_in": 6 if sixth else None,
                    "status": _some(
                        rng, 0.3, str(rng.choice(["habitable", "unfit", "demolished"]))
                    ),
                    "record_id": len(rows),
                    "registered_on": date(int(rng.integers(2000, 2026)), 6, 1),
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _vehicles(rng: np.random.Generator, keys: list[int]) -> pl.DataFrame:
    rows = [
        {
            "person_id": key,
            "kind": str(rng.choice(["car", "truck", "moped", "trailer"])),
            "model_year": int(rng.integers(1990, 2027)),
            "value": int(rng.integers(0, 9_000_000)),
            "status": _some(rng, 0.4, str(rng.choice(["normal", "stolen", "written_off"]))),
            "record_id": number,
            "registered_on": date(int(rng.integers(2000, 2026)), 6, 1),
        }
        for number, key in enumerate(rng.choice(keys, len(keys) // 2).tolist())
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _loans(rng: np.random.Generator, keys: list[int]) -> pl.DataFrame:
    rows = [
        {
            "person_id": key,
            "kind": str(rng.choice(["consumer", "mortgage", "micro"])),
            "monthly_payment": int(rng.integers(0, 300_000)),
            "principal": int(rng.integers(0, 5_000_000)),
            "issued_on": (issued := _day(rng, date(2025, 6, 1))),
            "outstanding": int(rng.choice([0, 100_000, 900_000])),
            "days_overdue": int(rng.integers(0, 90)),
            "role": _some(rng, 0.5, str(rng.choice(["borrower", "co_borrower", "guarantor"]))),
            "closed_on": _some(rng, 0.3, max(issued, _day(rng))),
            "record_id": number,
        }
        for number, key in enumerate(rng.choice(keys, len(keys)).tolist())
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _businesses(rng: np.random.Generator, keys: list[int]) -> pl.DataFrame:
    rows = [
        {
            "person_id": key,
            "form": str(rng.choice(["IP", "TOO"])),
            "opened_on": date(2020, 1, 1),
            "closed_on": _some(rng, 0.2, _day(rng)),
            "suspended_since": (since := _some(rng, 0.5, _day(rng))),
            "suspended_until": None
            if since is None
            else _some(rng, 0.5, since + timedelta(days=int(rng.integers(0, 200)))),
            "turnover_12m": int(rng.integers(0, 9_000_000)),
            "record_id": number,
        }
        for number, key in enumerate(rng.choice(keys, len(keys) // 2).tolist())
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _deposits(rng: np.random.Generator, keys: list[int]) -> pl.DataFrame:
    rows = [
        {
            "person_id": key,
            "balance": int(rng.integers(0, 9_000_000)),
            "currency": _some(rng, 0.5, str(rng.choice(["KZT", "USD", "EUR"]))),
            "record_id": number,
        }
        for number, key in enumerate(rng.choice(keys, len(keys) // 2).tolist())
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
