"""A region reviews what it has room for: who asks depends on the family and its region alone."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learned.review_capacity import ReviewBars, fix

TEN = np.arange(10.0)
"""Raw scores of ten families of one region, the last one the most suspicious."""


def bars(capacity, *, margin=TEN, material=None, region=None, threshold=4.0):
    margin = np.asarray(margin, dtype=float)
    return fix(
        margin,
        margin >= threshold if material is None else np.asarray(material),
        pl.Series([35] * len(margin) if region is None else region, dtype=pl.Int64),
        threshold=threshold,
        capacity=capacity,
    )


def asks(fixed: ReviewBars, margin: float, region: int | None = 35) -> bool:
    return bool(fixed.reached(np.array([margin]), pl.Series([region], dtype=pl.Int64))[0])


def test_the_most_suspicious_ask_as_many_as_there_is_room_for():
    fixed = bars(0.3)
    assert fixed.by_region == {35: 7.0}
    assert asks(fixed, 7.0)
    assert not asks(fixed, np.nextafter(7.0, 0))


def test_only_material_flags_take_room():
    of_the_last_but_one_nothing_would_change = [*[True] * 8, False, True]
    fixed = bars(0.3, material=of_the_last_but_one_nothing_would_change)
    assert fixed.by_region == {35: 6.0}


def test_where_there_is_room_for_all_the_bar_is_the_threshold_of_the_flag():
    assert bars(0.6).by_region == {35: 4.0}
    assert bars(None).by_region == {35: 4.0}
    assert bars(0.5).by_region == {35: 5.0}


def test_families_of_one_score_ask_together_or_not_at_all():
    tied = [0, 1, 2, 3, 4, 5, 6, 7, 7, 9]
    assert bars(0.3, margin=tied).by_region == {35: 7.0}
    assert bars(0.2, margin=tied).by_region == {35: 9.0}
    assert bars(0.2, margin=[*range(7), 9, 9, 9]).by_region == {35: None}


def test_a_region_with_room_for_nobody_is_asked_by_nobody():
    fixed = bars(0.09)
    assert fixed.by_region == {35: None}
    assert not asks(fixed, 1e9)


def test_each_region_has_its_own_bar():
    region = [35] * 5 + [62] * 5
    fixed = bars(0.2, region=region, threshold=2.0)
    assert fixed.by_region == {35: 4.0, 62: 9.0}
    assert asks(fixed, 5.0, 35)
    assert not asks(fixed, 5.0, 62)


@pytest.mark.parametrize("region", [99, None])
def test_a_region_that_training_did_not_meet_has_the_strictest_bar(region):
    fixed = bars(0.2, region=[35] * 5 + [62] * 5, threshold=2.0)
    assert asks(fixed, 9.0, region)
    assert not asks(fixed, 8.9, region)
    none_for_one = ReviewBars({35: 4.0, 62: None})
    assert not asks(none_for_one, 1e9, region)


def test_without_a_threshold_there_are_no_bars_and_nobody_asks():
    assert bars(0.5, material=[False] * 10, threshold=None) == ReviewBars()
    assert not asks(ReviewBars(), 1e9)
    assert not asks(ReviewBars(), 1e9, None)


def test_a_score_that_is_unknown_reaches_no_bar_and_makes_none():
    assert not asks(bars(None), np.nan)
    with_one_unknown = bars(0.3, margin=[*TEN[:-1], np.nan])
    assert with_one_unknown.by_region == {35: 6.0}


def test_families_without_a_region_make_no_bar():
    assert bars(0.5, region=[None] * 10).by_region == {}


def test_what_a_manifest_tells_of_the_bars_reads_back_to_the_last_bit():
    fixed = ReviewBars({35: 0.1 + 0.2, 10: None})
    assert list(fixed.as_json()) == ["10", "35"]
    assert ReviewBars.read(fixed.as_json()) == fixed


FAMILY = st.tuples(
    st.integers(-3, 6) | st.just(np.nan), st.booleans(), st.sampled_from((10, 35, 62, None))
)


@given(st.lists(FAMILY, min_size=1, max_size=60), st.floats(0.01, 1.0))
def test_no_region_is_asked_for_more_than_it_has_room_for_and_company_changes_nothing(
    families, capacity
):
    margin = np.array([m for m, _, _ in families], dtype=float)
    region = pl.Series([r for _, _, r in families], dtype=pl.Int64)
    material = np.array([changes for _, changes, _ in families]) & (margin >= 0)
    fixed = bars(capacity, margin=margin, material=material, region=region, threshold=0.0)
    reached = fixed.reached(margin, region)
    for code in (10, 35, 62):
        mine = region.to_numpy() == code
        assert (material & reached)[mine].sum() <= capacity * mine.sum() + 1e-9
    alone = [asks(fixed, m, r) for m, _, r in families]
    assert alone == reached.tolist()
