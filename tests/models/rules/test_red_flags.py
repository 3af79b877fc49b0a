"""Red flags on both sides of each bound, on the days they exist, and never from silence."""

from datetime import date

import pytest

from features.errors import DeclarationError
from models.law.parameters import Law
from models.rules.red_flags import in_force, red_flags
from tests.models.law.lawbook import amended, family, features

DAY = date(2026, 1, 1)
PAYMENTS = "LOAN_PAYMENTS_ABOVE_TWICE_INCOME"
LOANS = "LOANS_ABOVE_TWO_MINIMA"
CARS = "MORE_THAN_ONE_CAR"
TRANSFERS = "TRANSFERS_LIKE_TRADE"
IMPUTED = "IMPUTED_LOAN_INCOME_ABOVE_LINE"
DEPOSITS = "DEPOSITS_ABOVE_LIMIT"


def flag(code, law=None, **feature_values):
    return red_flags(family(**feature_values), law or Law(DAY))[code].item()


@pytest.mark.parametrize(
    ("payment", "income", "expected"),
    [
        (100_000, 150_000, False),  # 300 000 = 2 × 150 000: on the line
        (100_000, 149_999, True),
        (50_001, 75_001, True),  # 150 003 > 150 002
        (0, 0, False),  # nothing paid, nothing asked
        (1, 0, True),  # paid from nothing that is seen
        (0, None, False),  # without payments no income can matter
        (100_000, None, None),
        (None, 500_000, None),
    ],
)
def test_payments_above_twice_the_income_of_the_quarter(payment, income, expected):
    assert flag(PAYMENTS, loan_payments_month=payment, counted_income_quarter=income) is expected


@pytest.mark.parametrize(
    ("lent", "members", "expected"),
    [
        (305_106, 3, False),  # 2 × 50 851 × 3
        (305_107, 3, True),
        (101_703, 1, True),  # 2 × 50 851 = 101 702
        (101_703, 2, False),
        (0, 3, False),
        (None, 3, None),  # a principal or a date is unknown: never guessed
    ],
)
def test_loans_above_two_minima_per_member_in_a_quarter(lent, members, expected):
    assert flag(LOANS, loan_principal_quarter=lent, members=members) is expected


def test_the_bound_of_loans_moves_with_the_minimum():
    feature_values = {
        "loan_principal_quarter": 300_000,
        "members": 3,
    }  # 277 368 in 2025, 305 106 in 2026
    assert flag(LOANS, Law(date(2025, 12, 31)), **feature_values) is True
    assert flag(LOANS, Law(date(2026, 1, 1)), **feature_values) is False


@pytest.mark.parametrize(
    ("feature_values", "expected"),
    [
        ({"cars": 1}, False),
        ({"cars": 2}, True),
        ({"cars": 2, "children": 3, "children_and_students": 3}, True),
        ({"cars": 2, "children": 4, "children_and_students": 4}, False),  # a large family
        ({"cars": 2, "members_with_disability": 1}, False),
        ({"cars": 5, "children": 8, "children_and_students": 8}, False),
        ({"cars": None}, None),
        (
            {"cars": None, "children": 4, "children_and_students": 4},
            False,
        ),  # exempt whatever the number of cars
        ({"cars": 2, "members_with_disability": None}, None),  # might be exempt
    ],
)
def test_more_than_one_car_unless_children_or_a_disability_explain_it(feature_values, expected):
    assert flag(CARS, **feature_values) is expected


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (1_020_001, True),  # 12 × 85 000 = 1 020 000
        (1_020_000, False),
        (0, False),  # nobody has a hundred senders in each month
        (None, None),
    ],
)
def test_transfers_from_a_hundred_senders_and_above_twelve_wages(received, expected):
    assert flag(TRANSFERS, transfers_from_many_senders_quarter=received) is expected


def test_a_law_that_counts_from_other_senders_than_the_feature_is_refused(tmp_path):
    folder = amended(
        tmp_path, "transfer_senders_limit.yaml", lambda c: c["editions"][0].update(value=50)
    )
    with pytest.raises(DeclarationError, match="50 senders on 2026-01-01.*100 on: change both"):
        flag(TRANSFERS, Law(DAY, folder))


@pytest.mark.parametrize(
    ("imputed", "expected"),
    [(333_333, True), (39_346, True), (39_345, False), (33_333, False), (0, False), (None, None)],
)
def test_imputed_income_above_the_line_of_the_ministers_day(imputed, expected):
    law = Law(date(2025, 9, 10))  # 0.7 × 56 208 = 39 345.6
    assert flag(IMPUTED, law, imputed_loan_income=imputed) is expected


@pytest.mark.parametrize(
    ("balance", "expected"), [(865_000, False), (865_001, True), (0, False), (None, None)]
)
def test_deposits_above_two_hundred_indices(balance, expected):
    assert flag(DEPOSITS, deposits_balance=balance) is expected  # 200 × 4 325 = 865 000


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2025, 5, 20), []),
        (date(2025, 5, 21), [PAYMENTS]),
        (date(2025, 9, 1), [PAYMENTS]),
        (date(2025, 9, 2), [PAYMENTS, LOANS, DEPOSITS, CARS]),
        (date(2025, 9, 9), [PAYMENTS, LOANS, DEPOSITS, CARS]),
        (date(2025, 9, 10), [PAYMENTS, LOANS, IMPUTED, DEPOSITS, CARS]),
        (date(2025, 12, 31), [PAYMENTS, LOANS, IMPUTED, DEPOSITS, CARS]),
        (date(2026, 1, 1), [PAYMENTS, LOANS, IMPUTED, DEPOSITS, CARS, TRANSFERS]),
    ],
)
def test_a_flag_exists_only_from_the_day_of_its_source(day, codes):
    law = Law(day)
    assert [f.code for f in in_force(law)] == codes
    flags = red_flags(family(cars=2), law)
    assert flags.columns == ["household_id", *codes, "rule_flag", "raised_flags"]


def test_each_flag_says_whether_its_source_is_law():
    assert {f.code: f.status for f in in_force(Law(DAY))} == {
        PAYMENTS: "assumed",
        LOANS: "proposal",
        IMPUTED: "proposal",
        DEPOSITS: "proposal",
        CARS: "proposal",
        TRANSFERS: "published",
    }


def test_an_unknown_flag_counts_as_not_raised_and_no_answer_at_all_is_null():
    nothing_known = dict.fromkeys(
        [
            "cars",
            "children_and_students",
            "members_with_disability",
            "loan_payments_month",
            "members",
            "counted_income_quarter",
            "loan_principal_quarter",
            "imputed_loan_income",
            "deposits_balance",
            "transfers_from_many_senders_quarter",
        ]
    )
    flags = red_flags(
        features(
            {"cars": 2, "loan_principal_quarter": None},  # one raised, one unknown
            {"cars": 1, "loan_principal_quarter": None},  # none raised, one unknown
            {"cars": 1},
            nothing_known,
        ),
        Law(DAY),
    )
    assert flags["rule_flag"].to_list() == [True, False, False, None]
    assert flags["raised_flags"].to_list() == [[CARS], [], [], []]


def test_raised_flags_stand_in_the_order_of_their_file():
    flags = red_flags(family(cars=3, loan_payments_month=900_000), Law(DAY))
    assert flags["raised_flags"].to_list() == [[PAYMENTS, CARS]]


def test_on_a_day_without_flags_nothing_can_be_said():
    flags = red_flags(family(cars=3), Law(date(2025, 1, 1)))
    assert flags["rule_flag"].to_list() == [None]
    assert flags["raised_flags"].to_list() == [[]]


def test_a_ratio_with_a_fraction_is_compared_exactly(tmp_path):
    folder = amended(
        tmp_path, "payments_to_income_ratio.yaml", lambda c: c["editions"][0].update(value=0.7)
    )
    law = Law(DAY, folder)
    # 3 × 7 = 21 against 0.7 × 30 = 21: on the line, though 0.7 × 30 in floats is 20.999…96
    assert flag(PAYMENTS, law, loan_payments_month=7, counted_income_quarter=30) is False
    assert flag(PAYMENTS, law, loan_payments_month=7, counted_income_quarter=29) is True


def test_a_declared_flag_that_no_code_can_tell_is_refused(tmp_path):
    folder = amended(tmp_path, "red_flags.yaml", lambda c: c["flags"][0].update(code="RICH_AUNT"))
    with pytest.raises(DeclarationError, match="RICH_AUNT"):
        red_flags(family(), Law(DAY, folder))
