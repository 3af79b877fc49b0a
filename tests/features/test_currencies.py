"""Balances in other currencies: a code without a rate is named, anything else is repeated nowhere."""

from decimal import Decimal

import polars as pl
import pytest

from features.checking.check import faults
from features.checking.currencies import unpriced
from features.facts.treatment import Treatment
from features.registers.reading.load import open_data_set
from tests.features.data_sets import AS_OF, write

LAW = Treatment(rates={"USD": Decimal(500)}, rates_of=AS_OF)


@pytest.mark.parametrize(
    ("currency", "problem"),
    [("KZT", None), ("USD", None), ("EUR", "no official rate of EUR")],
)
def test_a_currency_has_a_price_or_the_rate_that_is_missing_is_named(currency, problem):
    answer = unpriced(currency, 1_000, LAW)
    assert answer is None if problem is None else answer[0].startswith(problem)


def test_what_is_no_code_breaks_the_columns_promise_and_is_never_repeated(tmp_path):
    name = "Ivan Ivanov 850101300123"
    deposits = pl.DataFrame({"person_id": [11], "balance": [1_000], "currency": [name]})
    every_fault = faults(open_data_set(write(tmp_path, {"deposits": deposits})), AS_OF, LAW)
    assert [(f.place, f.rows) for f in every_fault if f.is_error] == [("deposits.currency", 1)]
    assert not any("Ivan" in fault.sentence for fault in every_fault)
    assert unpriced(name, 1_000, LAW) is None
