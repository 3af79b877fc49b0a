"""What looks cost and catch: small countries whose curves can be counted by hand."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.assessment import looks

# region  worth  followed up  waits  waited before  changed
COUNTRY = """
1         5      yes          no     yes            yes
1         3      yes          no     no             yes
1         3      no           no     yes            no
1         -      no           no     yes            no
2         4      yes          no     yes            no
2         1      no           no     yes            yes
2         -      no           yes    yes            no
2         -      no           no     no             yes
"""
NAMES = ("region", "worth", "follow_up", "waiting", "waited_before", "changed")
YES = {"yes": True, "no": False, "?": None}


def families(country=COUNTRY, **more):
    rows = [line.split() for line in country.strip().splitlines()]
    cells = [
        [int(r[0]), None if r[1] == "-" else float(r[1]), *(YES[c] for c in r[2:])] for r in rows
    ]
    table = pl.DataFrame(cells, orient="row", schema=dict.fromkeys(NAMES)).with_columns(
        pl.col("region").cast(pl.Int64),
        pl.col("worth").cast(pl.Float64),
        pl.col("follow_up", "waiting", "waited_before", "changed").cast(pl.Boolean),
        household_id=pl.int_range(1, len(rows) + 1),
        protected=pl.lit(value=False),
    )
    return table.with_columns(**more)


def measured(table, *groups, days=1.0):
    return looks.measured(table, groups, review_days=days)


def curve(result, which):
    return [(p.looks, getattr(p, which)) for p in result.curve]


def test_the_curve_counts_changed_families_look_by_look_all_regions_as_far_with_theirs():
    # A quarter of each region: 5 (yes) and 4 (no), the better one first; then the halves:
    # 3 of the lower key (yes) and 1 (yes); then the third quarter: the other 3 (no).
    expected = [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (5, 3)]
    assert curve(measured(families()), "in_order") == expected


def test_the_queue_before_is_a_straight_line_of_its_own_share_and_ends_with_its_families():
    # Five waited before and wait no longer; for two of them the answer changes.
    result = measured(families())
    assert result.whole.before.families == 5
    assert curve(result, "before") == [(k, pytest.approx(2 / 5 * k)) for k in range(6)]


def test_by_chance_a_look_catches_as_many_as_there_are_among_all():
    result = measured(families())
    assert result.whole.changed.value == 4 / 8
    assert curve(result, "by_chance") == [(k, k / 2) for k in range(6)]


def test_within_capacity_two_of_three_looks_change_an_answer():
    whole = measured(families()).whole
    made = whole.followed_up
    assert (made.families, made.changed.value, made.of_changed) == (3, 2 / 3, 2 / 4)
    assert made.per_thousand == pytest.approx(666.667, abs=1e-3)
    assert made.troubled == pytest.approx(1 / 2)  # one for whom nothing changes, for two
    assert whole.before.troubled == pytest.approx(3 / 2)
    assert whole.ratio == pytest.approx((2 / 3) / (2 / 5))
    assert whole.against_chance == pytest.approx((2 / 3) / (4 / 8))


def test_of_what_the_queue_before_would_catch_one_of_two_is_caught_within_capacity():
    assert measured(families()).of_before.value == 1 / 2


def test_no_order_could_catch_more_of_it_than_there_are_looks():
    result = measured(families())  # three looks, two families to catch
    assert result.at_most_of_before == 1
    one = families(follow_up=pl.col("household_id") == 1)
    assert measured(one).at_most_of_before == measured(one).of_before.value == 1 / 2


def test_working_days_are_of_those_who_wait_and_those_who_are_followed_up():
    result = measured(families(), days=1.5)
    assert result.days == 1.5 * (1 + 3)
    assert result.days_before == 1.5 * 6


def test_whom_no_capacity_may_put_off_comes_first_whatever_the_look_is_worth():
    table = families(protected=pl.col("household_id") == 6)  # worth 1, and the answer changes
    assert curve(measured(table), "in_order")[:4] == [(0, 0), (1, 1), (2, 2), (3, 2)]


def test_where_nobody_is_looked_at_nothing_is_caught_and_a_rate_is_unknown():
    nobody = families(worth=pl.lit(None, pl.Float64), follow_up=pl.lit(value=False))
    result = measured(nobody)
    assert [p.looks for p in result.curve] == [0]
    made = result.whole.followed_up
    assert (made.families, made.of_changed) == (0, 0.0)
    assert made.changed.value is made.per_thousand is made.troubled is result.whole.ratio is None
    assert result.of_before.value == 0
    result.as_json()


def test_where_no_answer_is_known_numbers_of_families_stand_and_what_they_catch_is_unknown():
    result = measured(families(changed=pl.lit(None, pl.Boolean)))
    assert result.whole.followed_up.families == 3
    assert result.whole.followed_up.of_changed is result.whole.changed.value is None
    assert curve(result, "in_order")[-1] == (5, None)


def test_nobody_at_all_makes_an_empty_curve():
    result = measured(families().clear())
    assert (result.whole.families, [p.looks for p in result.curve]) == (0, [0])


def test_unknown_answers_are_left_out_and_the_known_stand_for_them():
    # Of the three followed up the first is not known: one of the two others changes.
    table = families(changed=pl.when(pl.col("household_id") != 1).then("changed"))
    made = measured(table).whole.followed_up
    assert (made.families, made.known, made.changed.value) == (3, 2, 1 / 2)
    assert made.of_changed == pytest.approx((3 / 2) / (3 / 7 * 8))


def test_a_family_counts_for_as_many_as_it_stands_for():
    weight = pl.when(pl.col("household_id") == 5).then(4.0).otherwise(1.0)
    result = measured(families(weight=weight))
    # 1, 2 (changed) and 5 (not, for four) are followed up: two of six.
    assert result.whole.followed_up.changed.value == pytest.approx(2 / 6)
    assert result.whole.changed.value == pytest.approx(4 / 11)
    assert curve(result, "in_order")[1:3] == [(1, 1), (2, 1)]


def sampled(every):
    """Four hundred families of one region in order of worth; the answer changes for half."""
    n = pl.int_range(400)
    return pl.select(
        household_id=n,
        region=pl.lit(1, pl.Int64),
        worth=(400 - n).cast(pl.Float64),
        protected=pl.lit(value=False),
        follow_up=n < 100,
        waiting=pl.lit(value=False),
        waited_before=pl.lit(value=False),
        changed=pl.when(n % every == 0).then(n < 200),
    )


@pytest.mark.parametrize(
    ("every", "points"),
    [
        (1, 41),  # all are known: forty stretches
        (10, 5),  # forty are known: four stretches of ten
        (25, 2),  # sixteen are known: the six left over join the ten before
        (100, 2),  # four are known: one straight line
    ],
)
def test_a_curve_of_a_sample_has_as_many_points_as_its_known_can_tell_and_never_falls(
    every, points
):
    reached = [r for _, r in curve(measured(sampled(every)), "in_order")]
    assert len(reached) == points
    assert reached == sorted(reached)
    assert reached[-1] == pytest.approx(200)


def test_a_curve_of_which_nothing_is_known_has_its_looks_and_no_catch():
    unknown = sampled(1).with_columns(changed=pl.lit(None, pl.Boolean))
    assert curve(measured(unknown), "in_order") == [(0, 0), (400, None)]


def test_equal_weights_say_what_no_weights_say():
    assert measured(families(weight=pl.lit(7.0))).as_json() == measured(families()).as_json()


def test_groups_add_up_and_few_families_are_not_shown():
    many = pl.concat([families()] * 3).with_columns(
        household_id=pl.int_range(1, 25),
        kind=pl.Series(["a"] * 11 + ["b"] * 9 + [None] * 4),
    )
    result = measured(many, "kind", "region")
    loads = {group.value: group.load for group in result.groups["kind"]}
    assert list(loads) == ["a", "b", None]
    assert loads["a"].families == 11
    assert loads["b"] is loads[None] is None
    regions = [group.load for group in result.groups["region"]]
    assert sum(load.followed_up.families for load in regions) == 9
    assert sum(load.waited_before for load in regions) == result.whole.waited_before == 18


ORDERS = st.permutations(range(8))


@given(ORDERS, st.permutations([1, 2]))
@settings(max_examples=50, deadline=None)
def test_neither_the_order_of_rows_nor_the_name_of_a_region_changes_anything(order, regions):
    renamed = families()[order].with_columns(
        region=pl.col("region").replace_strict({1: regions[0], 2: regions[1]})
    )
    assert measured(renamed).as_json() == measured(families()).as_json()


def test_neither_sex_nor_language_nor_name_is_read():
    who = {"head": "f", "language": "kk", "name": "A"}
    other = {"head": "m", "language": "ru", "name": "B"}
    one, another = (families(**{k: pl.lit(v) for k, v in w.items()}) for w in (who, other))
    assert measured(one).as_json() == measured(another).as_json()
