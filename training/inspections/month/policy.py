"""The dated choices by which the month's list is made, each of them assumed and replaceable."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
import yaml

from features.errors import DeclarationError, InputError
from models.law.parameters import in_force
from training.inspections.policy import read_from_record

FILE: Final = Path(__file__).with_name("policy.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPolicy:
    """How the list of a month is made on a day, as ``month/policy.yaml`` says."""

    lot_share: float
    quiet_months: int
    learning_share: float

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        wrong = [n for n in ("lot_share", "learning_share") if not 0 <= getattr(self, n) <= 1]
        wrong += ["quiet_months"] if self.quiet_months < 0 else []
        if wrong:
            raise InputError(
                f"The policy of the month's list has {', '.join(wrong)} out of range: shares lie "
                "between 0 and 1, months are not negative."
            )

    def quiet_until(self, listed_on: date) -> date:
        """Return the first day on which a family may be listed again for the same reasons."""
        later = pl.Series([listed_on]).dt.offset_by(f"{self.quiet_months}mo")
        day: date = later[0]
        return day

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def month_policy_of(day: date, **changes: Any) -> MonthPolicy:
    """Return the policy of a day; ``changes`` replace single values.

    Raises ParameterNotInForce before the first edition of a value.
    """
    values = {n: in_force(n, raw["editions"], day)["value"] for n, raw in _file().items()}
    return replace(MonthPolicy(**values), **changes)


def month_policy_of_record(record: Any) -> MonthPolicy:
    """Return the policy that the record of a list tells."""
    return read_from_record(record, MonthPolicy)


def month_assumptions(day: date) -> list[dict[str, Any]]:
    """Return every choice of the day with its unit and doubt: none is published by the state."""
    return [
        {"name": name, "about": raw["about"], "unit": raw["unit"]}
        | {key: edition[key] for key in ("value", "doubt")}
        for name, raw in _file().items()
        if (edition := in_force(name, raw["editions"], day))["assumed"]
    ]


@cache
def _file() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    expected = {f.name for f in fields(MonthPolicy)}
    if set(content) != expected:
        raise DeclarationError(
            f"month/policy.yaml must declare exactly {', '.join(sorted(expected))}."
        )
    return content
