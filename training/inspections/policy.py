"""The dated choices by which inspections are drawn, each of them assumed and replaceable."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from features.errors import DeclarationError, InputError
from models.law.parameters import Law, in_force

FILE: Final = Path(__file__).with_name("policy.yaml")
AnyPolicy = TypeVar("AnyPolicy")
"""The policy of a draw, or of a month's list: a dataclass of dated choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How inspections are drawn on a day.

    ``burden`` and ``sensitivity`` turn what a model says into what a visit is worth: whole
    tenge a month, and the share of hiding families that an inspector finds (of the law on
    file). The rest is as ``policy.yaml`` says.
    """

    random_share: float
    random_least: int
    burden: int
    favour: float
    floor: float
    cap: float
    sensitivity: float

    def __post_init__(self) -> None:
        """Refuse what would leave a family without a chance, or sure to be visited."""
        wrong = [
            name
            for name, right in {
                "random_share": 0 <= self.random_share <= 1,
                "random_least": self.random_least >= 0,
                "burden": self.burden >= 0,
                "favour": self.favour > 0,
                "floor": 0 < self.floor <= 1,
                "cap": 0 < self.cap <= 1,
                "sensitivity": 0 < self.sensitivity <= 1,
            }.items()
            if not right
        ]
        if wrong:
            raise InputError(
                f"The sampling policy has {', '.join(wrong)} out of range: shares and chances lie "
                "between 0 and 1 (floor and cap above 0), the rest is not negative."
            )

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def policy_of(law: Law, **changes: Any) -> Policy:
    """Return the policy of the law's day; ``changes`` replace single values.

    Raises ParameterNotInForce before the first edition of a value.
    """
    values = {n: in_force(n, raw["editions"], law.day)["value"] for n, raw in _file().items()}
    values["burden"] = law.amount(values["burden"], "monthly_calculation_index")
    return replace(Policy(**values, sensitivity=law.inspection_sensitivity), **changes)


def policy_of_record(record: Any) -> Policy:
    """Return the policy that the record of a drawn list tells."""
    return read_from_record(record, Policy)


def read_from_record(record: Any, policy: type[AnyPolicy]) -> AnyPolicy:
    """Return a policy of this kind as the record of a list holds it; InputError for another."""
    names = {f.name for f in fields(policy)}  # type: ignore[arg-type]
    if not isinstance(record, dict) or set(record) != names:
        raise InputError(
            f"The record's policy must have exactly {', '.join(sorted(names))}: take the record "
            "that was written with the list."
        )
    return policy(**record)


def assumptions(day: date) -> list[dict[str, Any]]:
    """Return every choice of the day with its unit and doubt: none is published by the state."""
    return [
        {
            "name": name,
            "about": raw["about"],
            "unit": raw["unit"],
            "value": edition["value"],
            "doubt": edition["doubt"],
        }
        for name, raw in _file().items()
        if (edition := in_force(name, raw["editions"], day))["assumed"]
    ]


@cache
def _file() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    expected = {f.name for f in fields(Policy)} - {"sensitivity"}
    if set(content) != expected:
        raise DeclarationError(f"policy.yaml must declare exactly {', '.join(sorted(expected))}.")
    return content
