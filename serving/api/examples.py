"""One family, as the API's page shows it: sent as it stands here, answered by the rules."""

from functools import cache
from typing import Any, Final

from serving.decisions.answers import answers
from serving.requests.request import read_one

AS_OF: Final = "2026-01-01"
FAMILY: Final[dict[str, Any]] = {
    "household_id": 1001,
    "region": "61",
    "settlement": "rural",
    "tenure": "owned",
    "living_area_m2": 62.5,
    "rooms": 3,
    "piped_water": True,
    "sewerage": False,
    "central_heating": False,
    "internet": True,
    "persons": [
        {
            "person_id": 1,
            "birth_date": "1988-04-12",
            "sex": "f",
            "relation": "head",
            "education": "vocational",
            "guardianship": False,
            "activity": "employee",
            "disability": "none",
            "clinic_attached": True,
            "chronic_condition": False,
            "enrolled": False,
        },
        {
            "person_id": 2,
            "birth_date": "2016-09-03",
            "sex": "m",
            "relation": "child",
            "study": "school",
            "education": "none",
            "guardianship": False,
            "activity": "child",
            "disability": "none",
            "clinic_attached": True,
            "chronic_condition": False,
            "enrolled": True,
        },
    ],
    "incomes": [
        {"person_id": 1, "month": f"2025-{month}-01", "source": "wage", "amount": 118_000}
        for month in ("10", "11", "12")
    ],
    "properties": [
        {
            "person_id": 1,
            "kind": "house",
            "area_m2": 62.5,
            "share": 1.0,
            "value": 7_500_000,
            "registered_on": "2015-05-20",
        }
    ],
    "vehicles": [],
    "livestock": [{"person_id": 1, "species": "sheep", "heads": 6}],
    "loans": [
        {
            "person_id": 1,
            "kind": "consumer",
            "monthly_payment": 21_000,
            "principal": 480_000,
            "issued_on": "2024-11-05",
            "outstanding": 265_000,
            "days_overdue": 0,
        }
    ],
    "businesses": [],
}
"""A mother and her son; the registers that are left out are silent."""


@cache
def answered() -> dict[str, Any]:
    """Return what the rules alone answer for the family: made, not written down."""
    [decision] = answers(read_one({"as_of": AS_OF, "household": FAMILY}), None)
    return decision.as_json()
