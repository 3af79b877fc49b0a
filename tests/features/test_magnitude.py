"""Whether amounts are tenge: thousands of a whole register, or of one month, are seen."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.checking import magnitude
from features.checking.magnitude import APART, FEWEST, LEAST_MEDIANS, unlikely
from features.registers.declared import SCORING
from features.registers.schema import Kind
from features.units import add_months


def incomes(*amounts, rows=FEWEST):
    """So many rows of each amount, one month after another."""
    return pl.LazyFrame(
        [
            {"person_id": n, "month": add_months(date(2025, 1, 1), at), "amount": amount}
            for at, amount in enumerate(amounts)
            for n in range(rows)
        ],
        schema={"person_id": pl.Int64, "month": pl.Date, "amount": pl.Int64},
    )


def deposits(balance, rows=FEWEST):
    return pl.LazyFrame({"person_id": range(rows), "balance": [balance] * rows})


def test_every_amount_that_a_score_reads_has_a_least_median():
    amounts = {(r.name, c.name) for r in SCORING for c in r if c.kind is Kind.AMOUNT}
    assert amounts == set(LEAST_MEDIANS)


@pytest.mark.parametrize(
    ("last", "faults"),
    [
        (100_000, []),
        (100_000 // APART + 1, []),
        (100_000 // APART, ["error"]),
        (100_000 * APART, ["error"]),
    ],
)
def test_a_month_in_another_unit_than_the_others_is_an_error_that_names_it(last, faults):
    seen = unlikely({"incomes": incomes(100_000, 100_000, last)})
    assert [fault.severity for fault in seen] == faults
    assert all("2025-03" in fault.rule and fault.rows == FEWEST for fault in seen)


@pytest.mark.parametrize("under", [0, 1])
def test_a_register_in_thousands_is_a_warning_below_its_least_median(under):
    least = LEAST_MEDIANS["deposits", "balance"]
    seen = unlikely({"deposits": deposits(least - under)})
    assert [fault.severity for fault in seen] == ["warning"] * under


@pytest.mark.parametrize("rows", [FEWEST - 1, FEWEST])
def test_a_handful_of_amounts_says_nothing_of_the_unit(rows):
    assert bool(unlikely({"deposits": deposits(10, rows)})) is (rows == FEWEST)


def test_zeros_are_no_small_amounts():
    nothing = pl.LazyFrame({"person_id": range(90), "balance": [0] * 60 + [50_000] * 30})
    assert unlikely({"deposits": nothing}) == []


def test_no_amount_of_anybody_is_shown():
    [fault] = unlikely({"deposits": deposits(777)})
    assert "777" not in fault.sentence
    assert fault.examples == ()


def test_a_month_that_cannot_be_read_is_no_month_of_another_unit():
    unread = incomes(100_000, 100_000, 100).with_columns(
        month=pl.when(pl.col("amount") > 100).then(pl.col("month"))
    )
    assert unlikely({"incomes": unread}) == []


def test_balances_in_other_currencies_are_no_small_ones():
    foreign = deposits(2_000).with_columns(currency=pl.lit("USD"))
    assert unlikely({"deposits": foreign}) == []
    assert unlikely({"deposits": foreign.with_columns(currency=pl.lit("KZT"))}) != []


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.lists(st.integers(30, 3_000_000), min_size=FEWEST - 1, max_size=FEWEST + 2),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_told_by_the_number_of_digits_alone_is_told_rightly(months):
    paid = pl.LazyFrame(
        [
            {"person_id": n, "month": date(2025, at + 1, 1 + n % 2), "amount": amount}
            for at, amounts in enumerate(months)
            for n, amount in enumerate(amounts)
        ]
    )
    with pytest.MonkeyPatch.context() as always:
        always.setattr(magnitude, "_in_doubt", lambda *_: True)
        by_medians = unlikely({"incomes": paid})
    assert unlikely({"incomes": paid}) == by_medians
