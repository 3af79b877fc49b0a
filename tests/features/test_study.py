"""Where members study: what is not told is unknown, and enrolled nowhere is nought."""

from datetime import date

import pytest

from features.build import build
from tests.tables import register

DAY = date(2026, 1, 1)
HOUSEHOLDS = register("households", "household_id | region | settlement\n 1 | 35 | urban")
COUNTS = ("pupils", "children_taught_at_home", "college_students", "university_students")


def counted(*members: str) -> dict[str, int | None]:
    """Members by day of birth, whether enrolled, and where, as the register of persons has them."""
    rows = "\n".join(f"{10 + n} | 1 | {member}" for n, member in enumerate(members))
    persons = register(
        "persons", f"person_id | household_id | birth_date | enrolled | study\n{rows}"
    )
    built = build({"households": HOUSEHOLDS, "persons": persons}, DAY).row(0, named=True)
    return {name: built[name] for name in (*COUNTS, "infants", "children_one_to_six")}


def test_each_place_of_study_is_counted():
    counts = counted(
        "2018-05-05 | yes | school",
        "2012-05-05 | yes | home",
        "2008-05-05 | yes | college",
        "2005-05-05 | yes | university",
        "1980-05-05 | no  |",
    )
    assert [counts[name] for name in COUNTS] == [2, 1, 1, 1]


def test_who_is_enrolled_nowhere_studies_nowhere():
    counts = counted("2018-05-05 | no |", "1980-05-05 | no |")
    assert [counts[name] for name in COUNTS] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("born", "unknown"),
    [
        ("2021-01-02", {"children_taught_at_home"}),  # four
        ("2021-01-01", {"pupils", "children_taught_at_home"}),  # five
        ("2012-01-02", {"pupils", "children_taught_at_home"}),  # thirteen
        ("2012-01-01", set(COUNTS)),  # fourteen
        ("2008-01-02", set(COUNTS)),  # seventeen
        ("2008-01-01", {"pupils", "college_students", "university_students"}),  # eighteen
        ("2004-01-02", {"college_students", "university_students"}),  # twenty-one
    ],
)
def test_where_somebody_is_enrolled_and_it_is_not_told_where_the_count_is_unknown(born, unknown):
    counts = counted(f"{born} | yes |")
    assert {name for name in COUNTS if counts[name] is None} == unknown


def test_without_the_column_of_enrolment_nothing_of_study_is_known():
    persons = register("persons", "person_id | household_id | birth_date\n 1 | 1 | 2015-05-05")
    built = build({"households": HOUSEHOLDS, "persons": persons}, DAY).row(0, named=True)
    assert [built[name] for name in COUNTS] == [None] * 4


def test_the_youngest_are_counted_by_full_years():
    # under one; one on the day itself; six; seven on the day itself
    counts = counted(
        "2025-01-02 | no |", "2025-01-01 | no |", "2019-01-02 | no |", "2019-01-01 | no |"
    )
    assert (counts["infants"], counts["children_one_to_six"]) == (1, 2)
