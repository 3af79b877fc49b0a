"""A red flag asks for a look only where random inspections support it."""

import polars as pl
import pytest

from models.assessment.flag_precision import evidence
from models.learned.flag_evidence import REFUTED, SUPPORTED, UNTOLD, FlagEvidence


def inspected(raised, confirmed, clear, confirmed_clear, *, place=1, category=4):
    """So many inspected families with the flag and without, and how many of each confirmed."""
    flags = [True] * raised + [False] * clear
    truth = [True] * confirmed + [False] * (raised - confirmed)
    truth += [True] * confirmed_clear + [False] * (clear - confirmed_clear)
    return pl.DataFrame({"FLAG": flags, "confirmed": truth}).with_columns(
        place=pl.lit(place, pl.Int64), category=pl.lit(category, pl.Int8)
    )


def asks(known, *, place=1, category=4, code="FLAG"):
    flags = pl.DataFrame({"code": [code], "place": [place], "category": [category]})
    return known.asks(flags).to_list()[0]


@pytest.mark.parametrize(
    ("raised", "confirmed", "verdict"),
    [
        (50, 30, SUPPORTED),  # 60 % [45, 74] where 30 % of all are
        (50, 15, UNTOLD),
        (50, 3, REFUTED),  # 6 % [1, 17]
        (4, 3, UNTOLD),  # 75 % [19, 99]: four families cannot tell
        (0, 0, UNTOLD),
    ],
)
def test_a_flag_is_supported_where_its_whole_interval_lies_above_everybody(
    raised, confirmed, verdict
):
    known = evidence(inspected(raised, confirmed, 200, 75 - confirmed), ["FLAG"])
    assert known.cells[0].verdict == verdict
    assert asks(known) is (verdict == SUPPORTED)


def test_where_a_place_or_a_category_refutes_it_a_supported_flag_asks_for_nothing():
    good = inspected(200, 180, 200, 20, category=3)
    village = inspected(60, 4, 60, 40, place=2, category=4)
    poorest = inspected(60, 4, 60, 40, place=1, category=1)
    known = evidence(pl.concat([good, village, poorest]), ["FLAG"])
    assert asks(known, place=1, category=3)
    assert not asks(known, place=2, category=3)
    assert not asks(known, place=1, category=1)


def test_without_inspections_no_flag_asks_and_nor_does_one_that_nobody_inspected():
    assert not asks(FlagEvidence())
    known = evidence(inspected(50, 30, 200, 45), ["FLAG"])
    assert not asks(known, code="ANOTHER")


def test_an_unknown_flag_counts_neither_way():
    table = inspected(50, 30, 200, 45)
    blind = table.head(40).with_columns(FLAG=pl.lit(None, pl.Boolean))
    assert evidence(pl.concat([table, blind]), ["FLAG"]) == evidence(table, ["FLAG"])


def test_what_a_bundle_keeps_is_read_back_the_same():
    known = evidence(inspected(50, 30, 200, 45), ["FLAG"])
    assert FlagEvidence.read(known.as_json()) == known
