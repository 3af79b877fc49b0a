"""The month's list: never beyond a region's room, in order of worth, by lot where it is a lot."""

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError, ParameterNotInForce
from models.law.parameters import Law
from training.inspections.lot import Sealed
from training.inspections.month import record as month_record
from training.inspections.month.explained import explained
from training.inspections.month.policy import MonthPolicy, month_policy_of
from training.inspections.month.record import Made, month
from training.inspections.month.selection import (
    FAMILIES,
    LIST_SCHEMA,
    Earlier,
    Month,
    listed,
    places_of,
)

DAY = date(2026, 3, 1)
LAW = Law(DAY)
POLICY = MonthPolicy(lot_share=0.1, quiet_months=12, learning_share=0.5)
CARS, LOANS = "MORE_THAN_ONE_CAR", "LOAN_PAYMENTS_ABOVE_TWICE_INCOME"
INPUTS = {"snapshot": "5a" * 32, "as_of": DAY.isoformat(), "model": None, "versions": {}}


def lot(seed: str = "a"):
    return Sealed(seed, "salt").lot("s")


def family(household_id: int, **facts):
    """A family of region 75 in which nothing asks for a look, but for the given facts."""
    nothing = dict.fromkeys(FAMILIES) | {
        "household_id": household_id,
        "region": "75",
        "settlement": "urban",
        "members": 3,
        "category": 4,
        "review_reasons": [],
        "raised_flags": [],
    }
    return nothing | facts


def asks(household_id: int, worth: float = 1.0, codes=(LOANS,), **facts):
    return family(
        household_id,
        codes=list(codes),
        worth=worth,
        best=codes[0],
        chance=0.5,
        category_then=5,
        protected="NO_ADULT" in codes,
        follow_up=True,
        **facts,
    )


def families(rows) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FAMILIES)


def country(number: int = 300, seed: int = 1, regions=("11", "62", "75"), asking: float = 0.3):
    """Families of some regions, a part of which ask for a look, a few of them protected."""
    chance = np.random.default_rng(seed)
    rows = []
    for key in chance.permutation(number) + 7_000_000:
        place = {
            "region": str(chance.choice(regions)),
            "raised_flags": [CARS] if chance.random() < 0.2 else [],
        }
        if chance.random() < asking:
            code = "NO_ADULT" if chance.random() < 0.05 else LOANS
            rows.append(asks(int(key), float(np.round(chance.random(), 1)), (code,), **place))
        else:
            rows.append(family(int(key), **place))
    return families(rows)


def make(pool, room, *, earlier=(), policy=POLICY, seed="a", learn=None) -> Month:
    capacities = room if isinstance(room, dict) else dict.fromkeys(pool["region"].unique(), room)
    return listed(
        pool,
        capacities=capacities,
        policy=policy,
        law=LAW,
        lot=lot(seed),
        earlier=earlier,
        learn=learn,
    )


def keys(selection: Month, **where) -> list[int]:
    return selection.list.filter(**where)["household_id"].to_list()


NO_LOT = replace(POLICY, lot_share=0.0)


# Room


@given(
    seed=st.integers(0, 10_000),
    number=st.integers(1, 120),
    rooms=st.lists(st.integers(0, 9), min_size=12, max_size=12),
    share=st.floats(0, 1),
    learn=st.sampled_from([None, CARS]),
)
@settings(max_examples=60, deadline=None)
def test_no_region_looks_at_more_families_than_it_has_room_for(seed, number, rooms, share, learn):
    regions = [f"{code}" for code in range(10, 22)]
    pool = country(number, seed, regions, asking=0.6)
    policy = replace(POLICY, lot_share=share)
    capacities = dict(zip(regions, rooms, strict=True))
    selection = make(pool, capacities, policy=policy, seed=str(seed), learn=learn)
    taking = selection.list.filter(pl.col("arm") != "protected")
    for region, count in Counter(taking["region"]).items():
        assert count <= capacities[region]
    assert selection.list["household_id"].is_unique().all()
    assert selection.list.schema == LIST_SCHEMA


def test_children_without_an_adult_come_first_and_take_no_place():
    pool = families([asks(1, 9.0), asks(2, 0.1, ("NO_ADULT",)), asks(3, 8.0)])
    selection = make(pool, 1, policy=NO_LOT)
    assert selection.list.select("household_id", "arm", "position").rows() == [
        (2, "protected", 1),
        (1, "follow_up", 2),
    ]


def test_the_looks_that_are_worth_most_come_first_and_the_lot_before_them():
    pool = families([*(asks(n, worth=n / 10) for n in range(1, 11)), *map(family, range(11, 41))])
    selection = make(pool, 10, policy=replace(POLICY, lot_share=0.2))
    assert selection.list["arm"].to_list() == ["random"] * 2 + ["follow_up"] * 8
    drawn = set(keys(selection, arm="random"))
    assert keys(selection, arm="follow_up") == [n for n in range(10, 0, -1) if n not in drawn][:8]


def test_families_of_one_worth_are_taken_in_an_order_that_has_nothing_to_do_with_their_keys():
    pool = families([asks(n) for n in range(1, 201)])
    taken = keys(make(pool, 100, policy=NO_LOT))
    assert taken != sorted(taken)
    assert 30 < sum(key <= 100 for key in taken) < 70


def test_a_region_whose_room_is_not_known_or_below_zero_is_named():
    pool = families([asks(1), asks(2, region="62")])
    with pytest.raises(InputError, match="Region 62: families live there"):
        make(pool, {"75": 1})
    with pytest.raises(InputError, match="places of 62 are below 0"):
        make(pool, {"75": 1, "62": -1})


@pytest.mark.parametrize(
    ("size", "places"),
    [(49, 0), (50, 1), (149, 2), (150, 3)],  # 2 % of 149 are 2.98: rounded down
)
def test_a_share_of_a_region_is_rounded_down_to_whole_places(size, places):
    assert places_of(families(map(family, range(size))), 0.02) == {"75": places}


def test_a_family_without_members_is_nobody_to_look_at_and_takes_no_room():
    pool = families([asks(1, members=0), *map(family, range(2, 52))])
    assert places_of(pool, 0.02) == {"75": 1}
    assert keys(make(pool, 1, policy=NO_LOT)) == []


def test_a_family_whose_region_is_unknown_is_listed_by_no_region():
    pool = families([asks(1, region=None), asks(2)])
    selection = make(pool, {"75": 5}, policy=NO_LOT)
    assert keys(selection) == [2]
    assert explained(selection, 1, POLICY).because == "region_unknown"


# The lot


def test_the_chances_of_a_region_add_up_to_the_part_of_its_places_that_is_drawn():
    pool = country(600)
    selection = make(pool, {"11": 40, "62": 15, "75": 3}, policy=replace(POLICY, lot_share=0.3))
    for region, expected in (("11", 12.0), ("62", 4.5), ("75", 0.9)):
        drawn = selection.list.filter(arm="random", region=region)
        assert drawn.height in (int(expected), int(expected) + 1)
        for chance in drawn["probability"].unique():
            assert chance * pool.filter(region=region).height == pytest.approx(expected)


def test_a_part_of_a_place_is_drawn_as_often_as_the_part_says():
    pool = families(map(family, range(30)))
    heights = [make(pool, 4, seed=str(n)).list.height for n in range(400)]  # 0.4 of a place
    assert set(heights) == {0, 1}
    assert 0.33 < np.mean(heights) < 0.47


def test_the_lot_asks_nothing_of_what_a_decision_says():
    pool = country(300)
    silent = families(
        [family(k, region=r) for k, r in pool.select("household_id", "region").rows()]
    )
    with_looks, without = (make(each, 30, seed="b") for each in (pool, silent))
    assert keys(with_looks, arm="random") == keys(without, arm="random")


def test_whom_a_lot_of_the_year_drew_it_leaves_out_and_the_others_have_equal_chances():
    pool = families(map(family, range(40)))
    first = make(pool, 20, policy=replace(POLICY, lot_share=1.0))
    again = make(
        pool,
        20,
        policy=replace(POLICY, lot_share=1.0),
        seed="b",
        earlier=[Earlier(day=date(2026, 2, 1), list=first.list)],
    )
    assert set(keys(first)).isdisjoint(keys(again))
    assert again.list["probability"].unique().to_list() == [1.0]


# Learning about a flag


def test_places_kept_for_a_flag_go_to_families_that_it_is_raised_for_with_their_chance():
    raised = [family(n, raised_flags=[CARS]) for n in range(20)]
    pool = families([*raised, *map(family, range(20, 100))])
    selection = make(pool, 20, policy=replace(POLICY, lot_share=0.5), learn=CARS)
    learned = selection.list.filter(arm="learning")
    drawn = selection.list.filter(arm="random")
    assert (drawn.height, learned.height) == (5, 5)
    assert max(learned["household_id"]) < 20
    # 5 of 100 are drawn from all; of those of the 20 that were not, 5 to learn of the flag.
    left = 20 - sum(key < 20 for key in drawn["household_id"])
    assert learned["probability"].unique().to_list() == pytest.approx([0.95 * 5 / left])
    assert "to learn how often it is right" in learned["why_now"][0]


def test_a_flag_that_nobody_knows_is_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"NO_FLAG is no red flag.*MORE_THAN_ONE_CAR"):
        make(country(20), 2, learn="NO_FLAG")


# Not twice


def before(day: date, codes=(LOANS,)) -> Earlier:
    selection = make(families([asks(1, codes=codes)]), 1, policy=NO_LOT)
    return Earlier(day=day, list=selection.list)


@pytest.mark.parametrize(
    ("day", "again"),
    [
        (date(2025, 3, 1), True),  # twelve months to the day
        (date(2025, 3, 2), False),
        (date(2026, 2, 1), False),
    ],
)
def test_nobody_is_listed_twice_within_twelve_months_for_the_same_reasons(day, again):
    pool = families([asks(1)])
    selection = make(pool, 1, policy=NO_LOT, earlier=[before(day)])
    assert keys(selection) == ([1] if again else [])


def test_a_new_reason_is_news_and_fewer_reasons_are_none():
    month_ago = [before(date(2026, 2, 1), (LOANS, "VALUE_UNKNOWN"))]
    for codes, again in (((LOANS,), []), ((LOANS, "HIDDEN_INCOME_MATERIAL"), [1])):
        pool = families([asks(1, codes=codes)])
        assert keys(make(pool, 1, policy=NO_LOT, earlier=month_ago)) == again


def test_reasons_that_were_looked_at_one_after_the_other_are_no_news_together():
    both = [before(date(2025, 6, 1)), before(date(2025, 9, 1), ("VALUE_UNKNOWN",))]
    pool = families([asks(1, codes=(LOANS, "VALUE_UNKNOWN"))])
    assert keys(make(pool, 1, policy=NO_LOT, earlier=both)) == []


def test_a_list_of_a_later_day_is_no_earlier_one():
    with pytest.raises(InputError, match="2026-04-01 is no earlier one on 2026-03-01"):
        make(families([asks(1)]), 1, earlier=[before(date(2026, 4, 1))])


# What it may not hang on


@given(order=st.permutations(range(60)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_families_changes_nothing(order):
    pool = country(60)
    assert make(pool[list(order)], 6, learn=CARS).list.equals(make(pool, 6, learn=CARS).list)


def test_sex_language_and_names_are_not_read():
    pool = country(200)
    chance = np.random.default_rng(5)
    lists = [
        make(
            pool.with_columns(
                sex_of_head=pl.Series(chance.permutation(["f", "m"] * 100)),
                language=pl.Series(chance.permutation(["kk", "ru"] * 100)),
                name=pl.Series([f"name {n}" for n in chance.permutation(200)]),
            ),
            9,
        ).list
        for _ in range(3)
    ]
    assert all(each.equals(lists[0]) for each in lists)


def test_a_region_is_read_for_its_room_alone():
    pool = country(200)
    other = {"11": "75", "62": "11", "75": "62"}
    moved = pool.with_columns(pl.col("region").replace(other))
    here, there = (
        make(each, room, policy=NO_LOT)
        for each, room in (
            (pool, {"11": 5, "62": 9, "75": 2}),
            (moved, {"75": 5, "11": 9, "62": 2}),
        )
    )
    assert set(keys(here)) == set(keys(there))


# Why now, and why not


def test_the_list_says_why_now_by_chance_change_and_urgency():
    selection = make(families([asks(1, 0.8, (LOANS, "VALUE_UNKNOWN"))]), 1, policy=NO_LOT)
    assert selection.list["why_now"].to_list() == [
        "LOAN_PAYMENTS_ABOVE_TWICE_INCOME (VALUE_UNKNOWN as well): a look changes category 4 to 5 "
        "with a chance of 50%; urgency 1, worth 0.800. Position 1 in region 75."
    ]
    same = families([asks(1) | {"category_then": 4}])
    assert (
        "changes an entitlement with a chance of 50%"
        in make(same, 1, policy=NO_LOT).list["why_now"].item()
    )


def test_each_reason_for_not_being_listed_is_told():
    pool = families(
        [
            asks(1, 2.0),
            asks(2, 1.0),
            family(3),
            asks(4) | {"follow_up": False},
            family(5, review_reasons=["CATEGORY_6_ADVERSE"]),
            family(6, review_reasons=["REGISTER_SILENT"]),
            asks(7, 3.0, ("VALUE_UNKNOWN",)),
        ]
    )
    looked = make(families([asks(7, codes=("VALUE_UNKNOWN",))]), 1, policy=NO_LOT)
    earlier = [Earlier(day=date(2026, 1, 31), list=looked.list)]
    selection = make(pool, 1, policy=NO_LOT, earlier=earlier)
    why = {key: explained(selection, key, POLICY) for key in range(1, 8)}
    assert {key: each.because for key, each in why.items()} == {
        1: "listed",
        2: "no_room",
        3: "not_asked",
        4: "below_the_bar",
        5: "waits_for_a_person",
        6: "waits_for_a_register",
        7: "looked_at",
    }
    assert "of the 2 families that ask 1 are worth more" in why[2].why
    assert "listed on 2026-01-31" in why[7].why
    assert "before 2027-01-31" in why[7].why
    with pytest.raises(InputError, match="Household 8 has no member in this snapshot"):
        explained(selection, 8, POLICY)


# The record


def made(pool, earlier=()) -> Made:
    return Made(families=pool, law=LAW, inputs=INPUTS, earlier=earlier)


def test_a_list_is_made_again_from_its_seed_and_a_touched_one_is_noticed():
    pool, sealed = country(300), Sealed("a", "salt")
    of_month = {"capacities": places_of(pool, 0.1), "policy": POLICY, "sealed": sealed}
    selection, record = month(made(pool), **of_month, learn=CARS)
    again = month_record.replayed(selection.list, record, made(pool), sealed=sealed)
    assert again == {
        "identical": True,
        "differences": [],
        "families": {"left_out": 0, "put_in": 0, "altered": 0},
    }
    touched = selection.list.with_columns(worth=pl.lit(1.0)).slice(1)
    spoiled = month_record.replayed(touched, record, made(pool), sealed=Sealed("b", "salt"))
    assert not spoiled["identical"]
    assert "the seed shown is not the one whose hash the record names" in spoiled["differences"]
    assert spoiled["families"]["left_out"] > 0


def test_a_list_made_beside_an_earlier_one_is_only_proved_with_it():
    pool, sealed = country(300), Sealed("a", "salt")
    of_month = {"capacities": places_of(pool, 0.1), "policy": POLICY, "sealed": sealed}
    first, _ = month(made(pool), **of_month)
    earlier = (Earlier(day=date(2026, 2, 1), list=first.list),)
    second, record = month(made(pool, earlier), **of_month)
    assert set(keys(first)).isdisjoint(keys(second, arm="follow_up"))
    replay = month_record.replayed(second.list, record, made(pool), sealed=sealed)
    assert any("--looked" in why for why in replay["differences"])
    with pytest.raises(InputError, match="name those by --looked"):
        month_record.of_list(second.list, record, made(pool))
    again = month_record.of_list(second.list, record, made(pool, earlier))
    assert again.families.equals(second.families)


def test_the_record_counts_every_region_and_holds_no_family():
    pool = country(300)
    selection, record = month(
        made(pool), capacities=places_of(pool, 0.1), policy=POLICY, sealed=Sealed("a", "salt")
    )
    design = record["design"]
    assert sum(design["arms"].values()) == design["listed"] == selection.list.height
    for region in design["regions"]:
        taken = region["random"] + region["learning"] + region["follow_up"]
        assert taken <= region["capacity"]
    assert not any(str(key) in str(record) for key in pool["household_id"])
    assert {each["name"] for each in record["assumed"]} == {
        "lot_share",
        "quiet_months",
        "learning_share",
    }


def test_before_follow_ups_there_is_no_list():
    early = Law(date(2025, 12, 31))
    with pytest.raises(ParameterNotInForce):
        month_policy_of(early.day)
    with pytest.raises(InputError, match="nobody is followed up"):
        listed(country(20), capacities={}, policy=POLICY, law=early, lot=lot())
