"""Registers in, one row a family out, seeing only what was known on the day."""

from datetime import date
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.build import build
from features.catalogue import FEATURES
from features.errors import InputError
from features.registers.declared import SCORING
from tests.tables import register

DAY = date(2026, 1, 1)

HOUSEHOLDS = register(
    "households",
    """
    household_id | region | settlement | tenure | living_area_m2 | rooms | piped_water | sewerage | central_heating | internet
    1            | 35     | urban      | owned  | 60.5           | 3     | yes         | yes      | no              | yes
    2            | 61     | rural      | rented | 30             | 1     | no          | no       | no              | no
    3            | 75     | urban      |        |                |       |             |          |                 |
    """,
)
PERSONS = register(
    "persons",
    """
    person_id | household_id | birth_date | sex | relation | education | activity      | disability | chronic_condition | enrolled | guardianship | clinic_attached
    11        | 1            | 1985-05-05 | f   | head     | higher    | employee      | none       | no                | no       | no           | yes
    12        | 1            | 1984-05-05 | m   | spouse   | secondary | self_employed | group2     | yes               | no       | no           | no
    13        | 1            | 2008-01-01 | f   | child    | none      | child         | none       | no                | yes      | no           | yes
    14        | 1            | 2008-01-02 | m   | child    | none      | child         | child      | no                | no       | yes          | yes
    21        | 2            | 1950-01-01 | f   | head     | primary   | pensioner     | none       | no                | no       | no           | yes
    31        | 3            | 1990-01-01 | m   | head     |           | employee      |            |                   |          |              |
    """,
)
INCOMES = register(
    "incomes",
    """
    household_id | person_id | month      | source              | amount
    1            | 11        | 2025-12-01 | wage                | 300000
    1            | 11        | 2025-11-01 | wage                | 300000
    1            | 11        | 2025-09-01 | wage                | 111000
    1            | 12        | 2025-10-01 | business            | 100001
    1            | 12        | 2025-10-01 | targeted_assistance | 5000
    1            | 12        | 2025-01-01 | alimony             | 7
    1            | 12        | 2024-12-01 | wage                | 900000
    1            | 11        | 2026-01-01 | wage                | 1
    2            | 21        | 2025-12-01 | pension             | 90000
    """,
)
VEHICLES = register(
    "vehicles",
    """
    household_id | person_id | kind    | model_year | value   | status                | registered_on
    1            | 11        | car     | 2018       | 4000000 |                       | 2025-01-01
    1            | 11        | car     | 2019       | 5000000 | normal                | 2024-12-31
    1            | 12        | truck   | 2020       | 9000000 | sold_not_reregistered | 2020-01-01
    1            | 12        | tractor | 2000       | 1000000 | normal                | 2020-01-01
    """,
)


def silent(**registers: pl.DataFrame) -> dict[str, pl.DataFrame | None]:
    """Every scoring register silent, but those given."""
    return {r.name: None for r in SCORING} | registers


def built(as_of: date = DAY, **registers: pl.DataFrame) -> dict[int, dict[str, object]]:
    given = {"households": HOUSEHOLDS, "persons": PERSONS, "incomes": INCOMES, **registers}
    rows = build(silent(**given), as_of).to_dicts()
    return {row["household_id"]: row for row in rows}


def test_there_are_at_least_45_features_over_all_five_blocks():
    assert len(FEATURES) >= 45
    assert len({f.block for f in FEATURES.values()}) == 5


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_every_feature_tells_an_auditor_what_it_counts_and_why_it_may(feature):
    assert feature.about.endswith(".")
    assert feature.basis
    assert feature.registers
    assert feature.direction in (-1, 0, 1)
    banned = ("iin", "name", "language", "citizenship", "nationality")
    assert not any(word in feature.name.split("_") for word in banned)
    assert not ({"sex", "region", "settlement"} & set(feature.reads) and feature.model_input)


def test_income_is_summed_over_complete_months_and_never_over_the_month_of_the_decision():
    family = built()[1]
    # 300,000 + 300,000 + 100,001 + 5,000; September and the decision's own month are outside.
    assert family["income_quarter"] == 705_001
    assert family["income_previous_quarter"] == 111_000
    # The year reaches back to January 2025 and no further.
    assert family["income_year"] == 705_001 + 111_000 + 7
    # (705,001 − 5,000 of targeted assistance) ÷ 3 ÷ 4 members = 58,333.4, rounded down.
    assert family["income_per_member"] == 58_333


def test_the_age_of_adults_is_their_mean_in_whole_years_children_left_out():
    # Born 1985-05-05 and 1984-05-05: 40 and 41 on 1 January 2026; the son turns 18 a day later.
    # The daughter is 18 that very day: (40 + 41 + 18) ÷ 3 = 33.
    assert built()[1]["mean_age_of_adults"] == 33
    assert built()[2]["mean_age_of_adults"] == 76
    assert built()[3]["mean_age_of_adults"] == 36  # born on the first of January 1990


def test_a_place_is_told_for_judging_and_read_by_no_model():
    families = built()
    assert [families[i]["lives_in_village"] for i in (1, 2, 3)] == [False, True, False]
    assert [families[i]["lives_in_republican_city"] for i in (1, 2, 3)] == [False, False, True]
    assert not FEATURES["lives_in_village"].model_input
    assert not FEATURES["lives_in_republican_city"].model_input


def test_what_a_family_has_besides_state_payments_does_not_move_with_them():
    family = built()[1]
    besides = family["income_quarter"] - family["benefits_quarter"]
    assert family["benefits_quarter"] >= family["targeted_assistance_quarter"] > 0
    assert family["income_besides_benefits_per_member"] == besides // 12  # 3 months, 4 members


def test_a_register_that_answers_without_rows_gives_the_empty_value():
    family = built()[3]
    assert family["income_quarter"] == 0
    assert family["income_besides_benefits_per_member"] == 0


def test_a_silent_register_gives_null_not_zero():
    family = built()[1]
    assert family["vehicles"] is None
    assert family["loan_payments_month"] is None
    assert family["payment_burden"] is None
    assert family["transfer_senders"] is None


def test_an_empty_register_gives_zero_not_null():
    empty = VEHICLES.clear()
    assert built(vehicles=empty)[1]["vehicles"] == 0


def test_an_unknown_value_makes_only_what_needs_it_unknown():
    family = built()[3]
    assert family["members"] == 1
    assert family["working_members"] == 1
    assert family["members_with_disability"] is None
    assert family["best_education"] is None
    assert family["living_area"] is None
    assert family["without_own_home"] is None
    # The neighbour's values are known all the same.
    assert built()[1]["members_with_disability"] == 2


def test_a_column_that_never_arrived_is_unknown_and_not_none():
    without = PERSONS.drop("disability")
    assert built(persons=without)[1]["members_with_disability"] is None


def test_majority_begins_on_the_eighteenth_birthday():
    assert built(date(2025, 12, 31))[1]["children"] == 2
    assert built(date(2026, 1, 1))[1]["children"] == 1
    assert built(date(2026, 1, 2))[1]["children"] == 0


def test_a_person_born_on_29_february_comes_of_age_on_1_march():
    leap = PERSONS.with_columns(birth_date=pl.lit(date(2008, 2, 29))).filter(
        pl.col("person_id") == 13
    )
    assert built(date(2026, 2, 28), persons=leap)[1]["children"] == 1
    assert built(date(2026, 3, 1), persons=leap)[1]["children"] == 0


def test_a_null_status_is_normal_and_sold_cars_do_not_count():
    family = built(vehicles=VEHICLES)[1]
    assert family["vehicles"] == 2
    assert family["cars"] == 2
    assert family["recent_vehicles"] == 1  # 2026 − 7 = 2019; the car of 2018 is older
    assert family["vehicle_value"] == 10_000_000
    assert family["vehicles_acquired_year"] == 4_000_000  # entered on 1 January 2025, a year ago


def test_later_knowledge_is_invisible():
    known = VEHICLES.with_columns(known_on=pl.lit(date(2026, 1, 2)))
    assert built(vehicles=known)[1]["vehicles"] == 0
    assert built(date(2026, 1, 2), vehicles=known)[1]["vehicles"] == 2


def test_a_record_struck_off_on_the_day_no_longer_counts():
    removed = VEHICLES.with_columns(removed_on=pl.lit(date(2026, 1, 2)))
    assert built(date(2026, 1, 1), vehicles=removed)[1]["vehicles"] == 2
    assert built(date(2026, 1, 2), vehicles=removed)[1]["vehicles"] == 0


def test_a_birth_after_the_decision_is_invisible_to_an_earlier_decision():
    assert built(date(2007, 12, 31))[1]["members"] == 2


def test_a_household_without_members_has_no_income_per_member():
    family = built(persons=PERSONS.filter(pl.col("household_id") != 2))[2]
    assert family["members"] == 0
    assert family["income_per_member"] is None
    assert family["dependency_ratio"] is None


def test_without_households_there_is_nobody_to_score():
    with pytest.raises(InputError, match="nobody to score"):
        build(silent(persons=PERSONS), DAY)


TRANSFERS = register(
    "transfers",
    """
    household_id | person_id | month      | senders | amount
    1            | 11        | 2025-10-01 | 120     | 500000
    1            | 11        | 2025-11-01 | 101     | 500000
    1            | 11        | 2025-12-01 | 150     | 500000
    1            | 12        | 2025-11-01 | 900     | 900000
    2            | 21        | 2025-09-01 | 500     | 100000
    """,
)


def test_senders_count_in_each_of_three_months_for_one_and_the_same_member():
    families = built(transfers=TRANSFERS)
    assert families[1]["transfer_senders"] == 101
    assert families[1]["transfers_of_top_receiver_quarter"] == 1_500_000
    assert families[1]["transfers_quarter"] == 2_400_000
    assert families[2]["transfer_senders"] == 0
    assert families[3]["transfer_senders"] == 0


BROTHER_AND_SISTER = register(
    "transfers",
    """
    household_id | person_id | month      | senders | amount
    1            | 11        | 2025-10-01 | 400     | 10000
    1            | 11        | 2025-11-01 | 400     | 10000
    1            | 11        | 2025-12-01 | 400     | 10000
    1            | 12        | 2025-10-01 | 100     | 500000
    1            | 12        | 2025-11-01 | 100     | 500000
    1            | 12        | 2025-12-01 | 100     | 500000
    2            | 21        | 2025-10-01 | 99      | 900000
    2            | 21        | 2025-11-01 | 300     | 900000
    2            | 21        | 2025-12-01 | 300     | 900000
    """,
)


def test_each_member_is_looked_at_not_only_the_one_with_most_senders():
    families = built(transfers=BROTHER_AND_SISTER)
    assert families[1]["transfer_senders"] == 400
    assert families[1]["transfers_of_top_receiver_quarter"] == 30_000
    assert families[1]["transfers_from_many_senders_quarter"] == 1_500_000
    assert families[2]["transfers_from_many_senders_quarter"] == 0  # 99 senders in one month
    assert families[3]["transfers_from_many_senders_quarter"] == 0


def test_what_needs_the_principal_is_unknown_without_it_and_never_approximated():
    loans = register(
        "loans",
        """
        household_id | person_id | kind     | monthly_payment | principal | issued_on  | outstanding | days_overdue
        1            | 11        | consumer | 20000           | 700000    | 2025-10-01 | 600000      | 0
        1            | 11        | mortgage | 90000           | 9000000   | 2025-11-01 | 8900000     | 31
        2            | 21        | micro    | 5000            |           |            | 90000       | 0
        """,
    )
    families = built(loans=loans)
    assert families[1]["loan_principal_quarter"] == 700_000
    assert families[1]["loan_payments_month"] == 110_000
    assert families[1]["days_overdue"] == 31
    assert families[2]["loan_principal_quarter"] is None
    assert families[2]["loan_payments_month"] == 5_000
    assert families[3]["loan_principal_quarter"] == 0


def test_the_ministers_three_million_lent_to_a_family_of_three_make_333_333_each():
    persons = PERSONS.filter(pl.col("person_id") != 14)
    loans = register(
        "loans",
        """
        household_id | person_id | kind       | monthly_payment | principal | issued_on  | outstanding | days_overdue
        1            | 11        | consumer   | 90000           | 3000000   | 2025-11-20 | 2900000     | 0
        1            | 12        | mortgage   | 90000           | 20000000  | 2025-11-20 | 9900000     | 0
        1            | 12        | instalment | 10000           | 400000    | 2025-11-20 | 300000      | 0
        """,
    )
    families = built(persons=persons, loans=loans)
    assert families[1]["imputed_loan_income"] == 333_333
    assert families[2]["imputed_loan_income"] == 0
    assert built(persons=persons)[1]["imputed_loan_income"] is None  # a silent register


TOGETHER = {
    "households": HOUSEHOLDS,
    "persons": PERSONS,
    "incomes": INCOMES,
    "vehicles": VEHICLES,
}


def test_the_company_of_a_family_changes_no_byte():
    together = silent(**TOGETHER)
    in_company = build(together, DAY)
    for number in (1, 2, 3):
        alone = {
            name: None if rows is None else rows.filter(pl.col("household_id") == number)
            for name, rows in together.items()
        }
        assert build(alone, DAY).equals(in_company.filter(pl.col("household_id") == number))


@cache
def in_order() -> pl.DataFrame:
    return build(silent(**TOGETHER), DAY)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(9)), st.permutations(range(6)), st.permutations(range(3)))
def test_the_order_of_rows_changes_no_byte(incomes, persons, households):
    shuffled = {
        "households": HOUSEHOLDS[list(households)],
        "persons": PERSONS[list(persons)],
        "incomes": INCOMES[list(incomes)],
    }
    assert build(silent(**TOGETHER | shuffled), DAY).equals(in_order())


def test_other_identifiers_give_the_same_features():
    def renamed(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.col(c) * 1_000_003 + 17 for c in ("household_id", "person_id") if c in frame.columns
        )

    together = {"households": HOUSEHOLDS, "persons": PERSONS, "incomes": INCOMES}
    before = build(silent(**together), DAY).drop("household_id")
    after = build(silent(**{n: renamed(f) for n, f in together.items()}), DAY).drop("household_id")
    assert before.equals(after)


def test_features_are_a_pandas_frame_for_whoever_wants_one():
    frame = build(silent(households=HOUSEHOLDS, persons=PERSONS, incomes=INCOMES), DAY).to_pandas()
    assert list(frame.columns) == ["household_id", *FEATURES]
    assert frame.loc[frame["household_id"] == 1, "income_quarter"].item() == 705_001


def test_what_a_person_earns_does_not_count_before_the_person_does():
    late = PERSONS.with_columns(known_on=pl.when(pl.col("person_id") == 12).then(date(2026, 1, 2)))
    family = built(persons=late)[1]
    assert family["members"] == 3
    assert family["income_quarter"] == 600_000  # without the spouse's 105,001
    assert built(date(2026, 1, 2), persons=late)[1]["income_quarter"] == 705_001


def test_a_child_who_works_stays_a_child():
    working = PERSONS.with_columns(
        activity=pl.when(pl.col("person_id") == 14).then(pl.lit("employee")).otherwise("activity")
    )
    assert built(date(2026, 1, 1), persons=working)[1]["working_members"] == 2
    assert built(date(2026, 1, 2), persons=working)[1]["working_members"] == 3


def test_what_is_unknown_of_an_adult_makes_nothing_unknown_that_is_asked_of_children():
    untold = PERSONS.with_columns(
        pl.when(pl.col("person_id") == 11).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("enrolled", "guardianship", "disability")
    )
    family = built(persons=untold)[1]
    assert family["pupils_not_enrolled"] == 1
    assert family["children_under_guardianship"] == 1
    assert family["children_with_disability"] == 1
    assert family["members_with_disability"] is None


def test_what_is_unknown_of_a_child_makes_nothing_unknown_that_is_asked_of_adults():
    untold = PERSONS.with_columns(
        activity=pl.when(pl.col("person_id") != 14).then(pl.col("activity"))
    )
    family = built(persons=untold)[1]
    assert family["working_members"] == 2
    assert family["dependency_ratio"] == 0.5
    assert family["adults_without_work"] is None


def test_the_unknown_year_of_a_car_that_does_not_count_makes_nothing_unknown():
    untold = VEHICLES.with_columns(
        model_year=pl.when(~pl.col("kind").is_in(("truck", "tractor"))).then(pl.col("model_year"))
    )
    assert built(vehicles=untold)[1]["recent_vehicles"] == 1
    of_a_car = untold.with_columns(model_year=pl.lit(None, pl.Int64))
    assert built(vehicles=of_a_car)[1]["recent_vehicles"] is None


def test_what_is_unknown_of_a_mortgage_or_an_old_loan_leaves_the_loans_of_the_quarter_known():
    loans = register(
        "loans",
        """
        household_id | person_id | kind     | monthly_payment | principal | issued_on
        1            | 11        | consumer | 20000           | 700000    | 2025-10-01
        1            | 11        | mortgage | 90000           |           |
        1            | 12        | micro    | 90000           |           | 2025-09-30
        2            | 21        | micro    | 5000            |           | 2025-12-31
        """,
    )
    families = built(loans=loans)
    assert families[1]["loan_principal_quarter"] == 700_000
    assert families[2]["loan_principal_quarter"] is None
