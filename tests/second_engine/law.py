"""The law on a day, read from its YAML files with nothing but a YAML reader.

Part of the second rule engine: written from the texts, shares no code with `models`.
Numbers are exact: a decimal of a file is a fraction, an amount of money whole tenge,
halves rounded up (as `tests/law/points.yaml` says of 25 425.5).
"""

from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "models" / "law" / "values"


@cache
def page(name: str) -> Any:
    return yaml.load((FOLDER / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)


def edition(name: str, day: date) -> dict[str, Any] | None:
    """The newest edition that has begun; None: there is none, or it was repealed."""
    begun = [e for e in page(name)["editions"] if e["since"] <= day]
    newest = begun[-1] if begun else None
    return None if newest is not None and newest.get("value", 0) is None else newest


def value(name: str, day: date) -> Fraction | None:
    in_force = edition(name, day)
    return None if in_force is None else exact(in_force["value"])


def changes_of_law() -> list[date]:
    """Every day from the pilot's first on which a file of dated editions changes, and its eve."""
    first = min(e["since"] for e in page("decision_policy")["editions"])
    pages = (page(path.stem) for path in sorted(FOLDER.glob("*.yaml")))
    editions = (e for p in pages if "editions" in p for e in p["editions"])
    since = {e["since"] for e in editions} | {first}
    return sorted(
        day for begun in since for day in (begun - timedelta(days=1), begun) if day >= first
    )


def line_of_the_country(day: date) -> Fraction:
    """Since 2025: seventy hundredths of the bureau's minimum of the calendar quarter before.

    The quarter's own figure, or the mean of its months in whole tenge; where nothing of it
    is on file, the newest quarter before that has something.
    """
    first = date(day.year, day.month - (day.month - 1) % 3, 1)
    months, quarters = (
        {
            e["since"]: Fraction(e["value"])
            for e in page(f"subsistence_minimum_actual{n}")["editions"]
        }
        for n in ("", "_quarter")
    )
    newest = max(since for since in months | quarters if since < first)
    begins = date(newest.year, newest.month - (newest.month - 1) % 3, 1)
    mine = [
        v
        for m, v in months.items()
        if (m.year, (m.month - 1) // 3) == (begins.year, (begins.month - 1) // 3)
    ]
    minimum = quarters.get(begins) or whole(sum(mine) / len(mine))
    return Fraction(7, 10) * minimum


def exact(number: float) -> Fraction:
    """What was written, not its nearest binary number: 0.15 is 15 hundredths."""
    return Fraction(str(number))


def whole(number: Fraction) -> int:
    """Whole units, a half and more up."""
    return int((2 * number + 1) // 2)


Bound = tuple[str, int | Fraction]


def bound(declared: dict[str, Any], unit: str | None, day: date) -> Bound | None:
    """``("from" or "above", number)`` of a step or a condition, priced by the law of the day."""
    for kind in ("from", "above"):
        if kind in declared:
            multiple = exact(declared[kind])
            if unit is None:
                return kind, multiple if multiple.denominator > 1 else int(multiple)
            price = value(unit, day)
            if price is None:
                raise LookupError(f"{unit} has no value on {day}")
            return kind, whole(multiple * price)
    return None


def reached(number: Fraction | int, limit: Bound | None) -> bool:
    """From: on the line is enough. Above: on the line is not. No bound: always."""
    if limit is None:
        return True
    kind, line = limit
    return number >= line if kind == "from" else number > line
