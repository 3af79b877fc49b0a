"""A drawn list: sizes, chances, the arm nobody can touch, and the proof by drawing again."""

import json
from datetime import date, timedelta
from hashlib import sha256

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DeclarationError, InputError, ParameterNotInForce
from models.law.parameters import Law
from training.inspections import design, estimates, lot, objectives, policy, record, report
from training.inspections.lot import Sealed, seal, unseal
from training.inspections.policy import Policy, policy_of

LAW = Law(date(2026, 1, 1))
TWENTY = Policy(
    random_share=0.2, random_least=0, burden=10_000, favour=2.0, floor=0.1, cap=0.9, sensitivity=0.8
)
INPUTS = {
    "snapshot": "5a" * 32,
    "as_of": "2026-01-01",
    "model": {"version": "3", "manifest_sha256": "ab" * 32},
    "versions": {},
    "among": False,
}


def country(families=400, seed=1, regions=("11", "62", "75"), silent=0.1):
    """Families of some regions, most of them in the last, with an opinion of each but a tenth."""
    chance = np.random.default_rng(seed)
    probability = chance.beta(1, 2, families)
    amount = np.round(probability * chance.lognormal(11.5, 0.8, families))
    knows = chance.random(families) >= silent
    share = np.arange(1, len(regions) + 1) ** 2
    return pl.DataFrame(
        {
            "household_id": chance.permutation(families) + 7_000_000,
            "region": chance.choice(regions, families, p=share / share.sum()),
            "settlement": chance.choice(["urban", "rural"], families, p=[0.7, 0.3]),
            "members": chance.integers(1, 7, families),
            "hidden_income_probability": [
                p if k else None for p, k in zip(probability, knows, strict=True)
            ],
            "hidden_income_estimate": amount.astype(np.int64),
        }
    )


def drawn(families, visits=60, rules=TWENTY, seed="a", snapshot="s"):
    return design.draw(
        families,
        capacities=design.shared_out(families, visits),
        policy=rules,
        lot=Sealed(seed, "salt").lot(snapshot),
    )


@pytest.fixture(scope="module")
def families():
    return country()


# Sizes


@pytest.mark.parametrize(
    ("capacity", "least", "share", "random"),
    [
        (100, 0, 0.2, 20),
        (101, 0, 0.2, 21),  # 20.2 visits: rounded up, the arm is never below its share
        (1_505, 0, 0.2, 301),  # exactly 301, whatever binary fractions make of 0.2
        (1_500, 300, 0.2, 300),
        (1_501, 300, 0.2, 301),
        (301, 300, 0.2, 300),
        (300, 300, 0.2, 300),
        (299, 300, 0.2, 299),  # never more than can be visited
        (40, 0, 0.0, 0),
        (40, 0, 1.0, 40),
    ],
)
def test_the_random_arm_is_the_greater_of_share_and_least_within_capacity(
    capacity, least, share, random
):
    rules = Policy(**TWENTY.as_json() | {"random_share": share, "random_least": least})
    assert design.random_visits(capacity, rules) == random


@given(
    seed=st.text(min_size=1, max_size=8),
    visits=st.integers(3, 300),
    share=st.floats(0, 1),
    least=st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_any_draw_has_exact_sizes_and_nobody_twice(families, seed, visits, share, least):
    rules = Policy(**TWENTY.as_json() | {"random_share": share, "random_least": least})
    selection = drawn(families, visits, rules, seed)
    assert selection.list.height == visits
    assert selection.list["household_id"].n_unique() == visits
    assert selection.list.filter(arm="random").height == design.random_visits(visits, rules)
    by_region = dict(selection.list.group_by("region").len().iter_rows())
    assert by_region == design.shared_out(families, visits)
    assert sorted(selection.list["position"]) == list(range(1, visits + 1))
    assert selection.list["probability"].is_between(0, 1, closed="right").all()


def test_the_random_arm_gets_of_each_stratum_its_part_rounded_down_or_up(families):
    listed = drawn(families, 100, Policy(**TWENTY.as_json() | {"random_share": 1.0})).list
    parts = families.group_by("region", "settlement").len()
    for region, settlement, size in parts.iter_rows():
        got = listed.filter(region=region, settlement=settlement).height
        chance = listed.filter(region=region)["probability"].unique().item()
        assert abs(got - chance * size) < 1


def test_visits_are_shared_out_by_families_and_every_region_gets_one():
    families = country(1_000, regions=("11", "19", "62", "75"))
    shared = design.shared_out(families, 40)
    sizes = dict(families.group_by("region").len().iter_rows())
    assert sum(shared.values()) == 40
    assert all(abs(n - (1 + 36 * sizes[r] / 1_000)) < 1 for r, n in shared.items())
    assert set(design.shared_out(families, 4).values()) == {1}
    with pytest.raises(InputError, match=r"capacity of 3 cannot give each of 4 regions"):
        design.shared_out(families, 3)


def test_a_region_is_never_asked_for_more_visits_than_it_has_or_can_make(families):
    sizes = dict(families.group_by("region").len().iter_rows())
    capacities = {"11": 10_000, "62": 1, "75": 30, "99": 5}
    lot = Sealed("a", "b").lot("s")
    selection = design.draw(families, capacities=capacities, policy=TWENTY, lot=lot)
    assert selection.capacities == {"11": sizes["11"], "62": 1, "75": 30}
    assert dict(selection.list.group_by("region").len().iter_rows()) == selection.capacities
    assert (selection.chances["random_chance"] > 0).all()


def test_a_region_with_families_and_no_capacity_is_refused(families):
    with pytest.raises(
        InputError, match=r"Region 62: families live there but there is no capacity"
    ):
        design.draw(
            families,
            capacities={"11": 5, "62": 0, "75": 5},
            policy=TWENTY,
            lot=Sealed("a", "b").lot("s"),
        )


# Chances


@given(
    worth=st.lists(st.integers(0, 10**9), min_size=1, max_size=60),
    part=st.floats(0, 1),
    floor=st.floats(0.01, 1),
    cap=st.floats(0.05, 1),
)
def test_chances_add_up_to_the_visits_between_floor_and_cap(worth, part, floor, cap):
    visits = max(1, int(part * len(worth)))
    even = visits / len(worth)
    chance = design.chances(np.array(worth, dtype=np.float64), visits, floor=floor, cap=cap)
    assert chance.sum() == pytest.approx(visits)
    assert (chance <= max(cap, even) + 1e-12).all()
    assert (chance >= floor * min(even, cap) - 1e-12).all()
    order = np.argsort(worth, kind="stable")
    assert (np.diff(chance[order]) >= -1e-9).all()


def test_a_chance_is_proportional_to_worth_above_the_floor_until_the_cap():
    # Two visits, a tenth of them even: 0.05 each, 1.8 over the worth of 1 + 2 + 3.
    chance = design.chances(np.array([0.0, 1, 2, 3]), 2, floor=0.1, cap=1.0)
    assert chance == pytest.approx([0.05, 0.35, 0.65, 0.95])
    # Capped at 0.9, the rest goes to the others: 2 − 0.9 − 3 × 0.05 = 0.95 over 1 + 2.
    capped = design.chances(np.array([0.0, 1, 2, 3]), 2, floor=0.1, cap=0.9)
    assert capped == pytest.approx([0.05, 0.05 + 0.95 / 3, 0.05 + 1.9 / 3, 0.9])


def test_where_nobody_is_worth_a_visit_all_have_the_same_chance():
    assert design.chances(np.zeros(8), 2, floor=0.1, cap=0.9) == pytest.approx([0.25] * 8)


def test_more_visits_than_families_are_refused():
    with pytest.raises(InputError, match="3 visits are more than the 2 families"):
        design.chances(np.ones(2), 3, floor=0.1, cap=0.9)


def test_a_visit_is_worth_what_it_confirms_beyond_its_burden_and_silence_is_worth_nothing():
    pool = design.valued(
        pl.DataFrame(
            {
                "region": ["11"] * 4,
                "settlement": ["urban"] * 4,
                "hidden_income_probability": [0.5, 0.5, 0.5, None],
                # An inspector finds 0.8 of it: 10,000, 10,001 and much are expected.
                "hidden_income_estimate": [12_500, 12_501, 137_500, 900_000],
            }
        ),
        TWENTY,
    )
    assert pool["worth"].to_list() == [0.0, 1.0, 1e10, 0.0]
    assert pool["expected_amount"].to_list() == [10_000, 10_001, 110_000, None]
    assert pool["expected_confirmed"].to_list() == [0.4, 0.4, 0.4, None]
    assert pool["stratum"].unique().to_list() == ["11 urban"]


def test_silent_families_are_drawn_at_the_floor_alone(families):
    chances = drawn(families, 60).chances
    silent = chances.filter(
        pl.col("hidden_income_probability").is_null(), pl.col("targeted_chance") > 0
    )
    lowest = (
        chances.filter(pl.col("targeted_chance") > 0)
        .group_by("region")
        .agg(pl.col("targeted_chance").min().alias("lowest"))
    )
    assert silent.height > 20
    joined = silent.join(lowest, on="region")
    assert np.allclose(joined["targeted_chance"], joined["lowest"])


def test_without_a_model_the_rest_is_drawn_evenly():
    mute = country(silent=1.0)
    chances = drawn(mute, 60).chances.filter(pl.col("targeted_chance") > 0)
    assert chances.group_by("region").agg(pl.col("targeted_chance").n_unique())[
        "targeted_chance"
    ].to_list() == [1, 1, 1]


@pytest.fixture(scope="module")
def many():
    """Six hundred draws of 30 visits among the same ninety families, each by its own seed."""
    families = country(90, seed=4)
    capacities = design.shared_out(families, 30)
    return [
        design.draw(families, capacities=capacities, policy=TWENTY, lot=Sealed(str(n), "").lot("s"))
        for n in range(600)
    ]


@pytest.mark.parametrize("arm", ["random", "targeted"])
def test_the_frequency_over_many_seeds_is_the_logged_chance(many, arm):
    ids = many[0].chances["household_id"].to_numpy()
    hits, logged = np.zeros(len(ids)), np.zeros(len(ids))
    for selection in many:
        drawn_ids = selection.list.filter(arm=arm)["household_id"].to_numpy()
        hits[np.searchsorted(ids, drawn_ids)] += 1
        chance = selection.chances[f"{arm}_chance"].to_numpy()
        if arm == "targeted":
            # Logged is the chance to be left by the random arm and drawn then: on the mean over
            # the draws in which a family was left, it is the frequency.
            chance = chance / (1 - selection.chances["random_chance"].to_numpy())
        logged += chance
    error = np.sqrt(np.maximum(logged * (1 - logged / len(many)), 1.0))
    # Of ninety families the farthest lies within four errors, and all together within chance.
    assert np.abs((hits - logged) / error).max() < 4.5
    assert ((hits - logged) ** 2 / error**2).mean() < 1.5
    assert hits.min() > 0


@pytest.mark.parametrize("arm", ["random", "targeted"])
def test_weighted_by_one_over_the_chance_each_arm_gives_the_total_without_bias(many, arm):
    ids = many[0].chances["household_id"].to_numpy()
    hiding = ids[np.arange(len(ids)) % 3 == 0]
    sums = []
    for selection in many:
        mine = selection.list.filter(arm=arm)
        hides = np.isin(mine["household_id"].to_numpy(), hiding).astype(float)
        sums.append(estimates.total(hides, mine["probability"].to_numpy()))
    error = np.std(sums) / np.sqrt(len(sums))
    assert abs(np.mean(sums) - len(hiding)) < 3.5 * error
    assert error < 2  # a bias of a fifth would be seen


def test_taken_as_drawn_evenly_the_targeted_visits_would_lie():
    families = country(400, seed=4, silent=0.0).with_columns(
        hides=pl.col("hidden_income_estimate").rank() > 200
    )
    truth, naive, weighted = 0.5, [], []
    for seed in range(60):
        visited = (
            drawn(families, 80, seed=str(seed))
            .list.filter(arm="targeted")
            .join(families.select("household_id", "hides"), on="household_id")
        )
        hides, chance = visited["hides"].cast(float).to_numpy(), visited["probability"].to_numpy()
        naive.append(hides.mean())
        weighted.append(estimates.prevalence(hides, chance).value)
    assert np.mean(naive) > 0.85
    assert np.mean(weighted) == pytest.approx(truth, abs=0.08)


def test_prevalence_is_corrected_by_what_inspectors_miss():
    confirmed = np.array([1.0] * 30 + [0.0] * 70)
    plain = estimates.prevalence(confirmed, np.full(100, 0.02))
    mended = estimates.prevalence(confirmed, np.full(100, 0.02), sensitivity=0.75)
    assert plain.value == pytest.approx(0.3)
    # 1.96 × √(0.3 × 0.7 ÷ 99) = 0.0903
    assert (plain.low, plain.high) == pytest.approx((0.2097, 0.3903), abs=1e-4)
    assert mended.value == pytest.approx(0.4)
    assert mended.high == pytest.approx(plain.high / 0.75)
    assert estimates.prevalence(confirmed[:1], np.ones(1)).value is None


# Who and by what


def test_only_families_with_a_member_and_a_place_are_drawn(families):
    emptied = families.with_columns(
        members=pl.when(pl.col("household_id") % 2 == 0).then(pl.col("members")).otherwise(0)
    )
    assert (drawn(emptied, 40).list["household_id"] % 2 == 0).all()
    with pytest.raises(InputError, match="1 families have no region or settlement"):
        drawn(families.with_columns(region=pl.when(pl.int_range(pl.len()) > 0).then("region")))
    with pytest.raises(InputError, match="stands twice"):
        drawn(pl.concat([families, families.head(1)]))
    with pytest.raises(InputError, match="No family with a member"):
        drawn(families.with_columns(members=pl.lit(None, pl.Int64)))
    with pytest.raises(InputError, match="column members"):
        drawn(families.drop("members"))


def test_groups_order_and_company_do_not_move_the_list(families):
    shuffled = families.sample(fraction=1, shuffle=True, seed=9).with_columns(
        sex_of_head=pl.lit("f")
    )
    assert drawn(shuffled).list.equals(drawn(families).list)


def test_no_model_moves_the_random_arm_and_no_capacity_reshuffles_it(families):
    other = families.with_columns(
        hidden_income_probability=1 - pl.col("hidden_income_probability"),
        hidden_income_estimate=pl.col("hidden_income_estimate").reverse(),
    )
    arm = drawn(families).list.filter(arm="random")
    assert (
        arm.sort("household_id")
        .drop("position", "expected_amount")
        .equals(
            drawn(other)
            .list.filter(arm="random")
            .sort("household_id")
            .drop("position", "expected_amount")
        )
    )
    assert set(drawn(families).list["household_id"]) != set(drawn(other).list["household_id"])


def test_another_seed_and_another_snapshot_give_another_list(families):
    lists = [drawn(families), drawn(families, seed="b"), drawn(families, snapshot="t")]
    assert len({tuple(selection.list["household_id"]) for selection in lists}) == 3


def test_the_order_of_the_visits_says_nothing_of_the_arm(families):
    places = [
        drawn(families, 100, seed=str(seed)).list.filter(arm="random")["position"].mean()
        for seed in range(60)
    ]
    # Twenty places of a hundred: the mean of their mean is 50.5, with an error of 0.75.
    assert np.mean(places) == pytest.approx(50.5, abs=3)


# The seed


def test_the_commitment_is_the_hash_of_salt_and_seed_and_anyone_can_check_it():
    sealed = Sealed("the seed", "the salt")
    expected = sha256(b"tarazy-draw-commitment\nthe salt\nthe seed").hexdigest()
    assert sealed.commitment == expected
    assert sealed.opens(expected)
    assert not Sealed("the seed", "another salt").opens(expected)
    assert "the seed" not in repr(sealed)


def test_a_familys_number_needs_nothing_but_sha_256():
    key = sha256(b"tarazy-draw-lot\nthe seed\ndigest").digest()
    number = int.from_bytes(sha256(key + b"random\n4065159").digest()[:8], "big")
    assert Sealed("the seed", "").lot("digest").numbers("random", [4065159]).tolist() == [number]


def test_a_start_lies_in_the_first_step():
    starts = [Sealed(str(n), "").lot("s").start("random") for n in range(500)]
    assert 0 <= min(starts) < 0.02
    assert 0.98 < max(starts) < 1


def test_seeds_come_from_the_system_unless_one_is_named_and_each_has_its_own_salt():
    assert seal().seed != seal().seed
    assert seal("42").seed == "42"
    assert seal("42").commitment != seal("42").commitment
    with pytest.raises(InputError, match="seed is empty"):
        seal("")


def test_a_sealed_file_that_was_altered_is_refused():
    content = seal("42").as_json()
    assert unseal(content).seed == "42"
    with pytest.raises(InputError, match="was altered"):
        unseal(content | {"seed": "43"})
    for broken in ([], {}, content | {"salt": 5}):
        with pytest.raises(InputError, match="seed, salt, commitment"):
            unseal(broken)


# The record and its proof


@pytest.fixture(scope="module")
def written(families):
    sealed = Sealed("the very seed", "its salt")
    selection, kept = record.drawn(
        families,
        capacities=design.shared_out(families, 60),
        policy=TWENTY,
        sealed=sealed,
        inputs=INPUTS,
    )
    return selection, json.loads(json.dumps(kept)), sealed


def replay(written, families, *, shown=None, claimed=None, sealed=None, inputs=INPUTS):
    selection, kept, seed = written
    record.refuse_stranger(claimed or kept)
    return record.replayed(
        selection.list if shown is None else shown,
        claimed or kept,
        families,
        sealed=sealed or seed,
        inputs=inputs,
    )


def test_drawn_again_from_the_revealed_seed_the_list_is_identical(written, families):
    assert replay(written, families.reverse()) == {
        "identical": True,
        "differences": [],
        "families": {"left_out": 0, "put_in": 0, "altered": 0},
    }


def test_the_record_holds_no_seed_and_counts_every_visit(written):
    _, kept, sealed = written
    assert sealed.seed not in json.dumps(kept)
    assert sealed.salt not in json.dumps(kept)
    assert sum(s["random"] + s["targeted"] for s in kept["design"]["strata"]) == 60
    assert sum(r["capacity"] for r in kept["design"]["regions"]) == 60
    assert [arm["visits"] for arm in kept["design"]["arms"]] == [12, 48]
    assert len(kept["assumed"]) == 6


TAMPERED = {
    "a family left out": (lambda f: f.slice(1), "left_out"),
    "a family put in": (
        lambda f: pl.concat([f, f.head(1).with_columns(household_id=pl.lit(1, pl.Int64))]),
        "put_in",
    ),
    "a chance altered": (
        lambda f: f.with_columns(
            probability=pl.when(position=3).then(0.5).otherwise("probability")
        ),
        "altered",
    ),
    "an arm altered": (lambda f: f.with_columns(arm=pl.lit("random")), "altered"),
    "two visits swapped": (
        lambda f: f.with_columns(
            position=pl.when(position=1)
            .then(2)
            .when(position=2)
            .then(1)
            .otherwise("position")
            .cast(pl.Int64)
        ),
        "altered",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_list_that_was_tampered_with_differs(written, families, how):
    change, count = TAMPERED[how]
    replayed = replay(written, families, shown=change(written[0].list))
    assert not replayed["identical"]
    assert replayed["families"][count] > 0
    assert "the list is not the one that the record names" in replayed["differences"]


def test_a_list_altered_together_with_its_record_differs_still(written, families):
    selection, kept, _ = written
    shown = selection.list.slice(1)
    forged = kept | {"hashes": kept["hashes"] | {"list": record.hash_of_rows(shown)}}
    assert replay(written, families, shown=shown, claimed=forged)["differences"] == [
        "the list drawn again is another one"
    ]


def test_another_seed_than_the_promised_one_differs(written, families):
    replayed = replay(written, families, sealed=Sealed("another", "its salt"))
    assert replayed["differences"][0] == "the seed shown is not the one whose hash the record names"
    assert replayed["families"]["left_out"] == replayed["families"]["put_in"] > 0


def test_the_hashes_say_which_input_was_altered(written, families):
    richer = families.with_columns(hidden_income_estimate=pl.col("hidden_income_estimate") + 1)
    differences = replay(written, richer)["differences"]
    assert (
        "who may be visited, or what the model says of them, is not the one that the record names"
        in differences
    )
    other = INPUTS | {"model": {"version": "3", "manifest_sha256": "cd" * 32}}
    assert replay(written, families, inputs=other)["differences"] == [
        "the model is not the one that the record names"
    ]
    kept = written[1]
    parameters = kept["parameters"] | {"policy": kept["parameters"]["policy"] | {"burden": 1}}
    differences = replay(written, families, claimed=kept | {"parameters": parameters})[
        "differences"
    ]
    assert "the policy or the capacity is not the one that the record names" in differences


def test_strangers_are_refused_as_records_and_as_lists(written, families):
    for stranger in (
        None,
        {},
        {"record": "tarazy-audit", "format": 1},
        written[1] | {"inputs": {}},
    ):
        with pytest.raises(InputError, match="no record of a drawn list"):
            record.refuse_stranger(stranger)
    with pytest.raises(InputError, match="must have the columns household_id, arm"):
        replay(written, families, shown=written[0].list.drop("arm"))


# Objectives, policy, report


def groups(families):
    return families.select(
        "household_id",
        pl.col("settlement"),
        wealth=pl.when(pl.col("hidden_income_estimate") > 50_000)
        .then(pl.lit("much"))
        .otherwise(pl.lit("little")),
        rare=pl.when(pl.int_range(pl.len()) < 9).then(pl.lit("few")),
    )


def test_objectives_stand_side_by_side_for_the_same_visits(families):
    audited = objectives.audit(drawn(families), groups(families), policy=TWENTY)
    ways = {way["objective"]: way for way in audited["objectives"]}
    assert list(ways) == ["even", "hit_rate", "amount", "list"]
    assert all(way["visits"] == pytest.approx(60) for way in ways.values())
    confirmed = {name: way["expected_confirmed"] for name, way in ways.items()}
    amount = {name: way["expected_amount"] for name, way in ways.items()}
    assert max(confirmed, key=confirmed.get) == "hit_rate"
    assert max(amount, key=amount.get) == "amount"
    assert amount["even"] < amount["list"] < amount["amount"]
    best = sorted((p for p in families["hidden_income_probability"] if p is not None), reverse=True)
    assert confirmed["hit_rate"] == pytest.approx(0.8 * sum(best[:60]))
    for kind in ("settlement", "wealth"):
        rows = [row for row in audited["groups"] if row["kind"] == kind]
        for name in ways:
            assert sum(row["share_of_visits"][name] for row in rows) == pytest.approx(1)
        assert all(row["times_even"]["even"] == pytest.approx(1) for row in rows)
    much = next(row for row in audited["groups"] if row["group"] == "much")["times_even"]
    assert much["amount"] > 1 < much["hit_rate"]
    even = next(row for row in audited["groups"] if row["group"] == "much")["share_of_visits"][
        "even"
    ]
    assert even == pytest.approx((families["hidden_income_estimate"] > 50_000).mean())


def test_families_level_on_the_edge_share_the_visits_that_are_left():
    values = pl.Series([5.0, 3.0, 3.0, 3.0, None])
    assert objectives._most(values, 2).tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])
    assert objectives._most(values, 5).tolist() == [1, 1, 1, 1, 1]


def test_a_group_of_nine_is_not_shown_and_one_of_ten_is(families):
    def rare(count):
        table = families.select(
            "household_id", rare=pl.when(pl.int_range(pl.len()) < count).then(pl.lit("few"))
        )
        return objectives.audit(drawn(families), table, policy=TWENTY)["groups"]

    assert rare(9) == []
    assert [row["families"] for row in rare(10)] == [10]


def test_the_policy_of_a_day_is_dated_and_each_value_admits_that_it_is_assumed():
    dated = policy_of(LAW)
    assert (dated.random_share, dated.random_least) == (0.2, 300)
    assert dated.burden == 2 * LAW.monthly_calculation_index
    assert dated.sensitivity == LAW.inspection_sensitivity
    assert policy_of(LAW, random_least=75).random_least == 75
    assert all(each["doubt"] for each in policy.assumptions(LAW.day))
    with pytest.raises(ParameterNotInForce):
        policy_of(Law(date(2018, 12, 31)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("random_share", 1.01),
        ("random_share", -0.01),
        ("floor", 0.0),
        ("cap", 1.01),
        ("cap", 0.0),
        ("burden", -1),
        ("favour", 0.0),
        ("random_least", -1),
        ("sensitivity", 0.0),
    ],
)
def test_a_policy_that_leaves_somebody_without_a_chance_is_refused(name, value):
    with pytest.raises(InputError, match=name):
        policy_of(LAW, **{name: value})


def test_a_file_that_declares_something_else_is_refused(tmp_path, monkeypatch):
    (tmp_path / "policy.yaml").write_text("random_share: {editions: []}\n")
    monkeypatch.setattr(policy, "FILE", tmp_path / "policy.yaml")
    policy._file.cache_clear()
    with pytest.raises(DeclarationError, match="burden"):
        policy_of(LAW)
    policy._file.cache_clear()


def test_the_report_says_the_promise_the_arms_and_what_is_assumed_and_names_no_family(
    written, families
):
    selection, kept, sealed = written
    audited = objectives.audit(selection, groups(families), policy=TWENTY)
    page = report.page(report.as_json(kept, audited))
    assert kept["commitment"] in page
    assert sealed.seed not in page
    for words in (
        "Who knows",
        "no act on file",
        "13\u202f809",
        "wealth: much",
        "In this draw: 10000",
    ):
        assert words.lower() in page.lower()
    assert not any(str(key) in page for key in families["household_id"])
    assert page.count("<svg") == 2


TODAY = date(2026, 1, 12)
NOTICE = (date(2026, 1, 5), "the ministry's site, notice 17")


def promised(content, published):
    return report.promised({"promise": lot.promise(content, published, TODAY).as_json()})


def test_a_seed_that_came_with_the_list_was_promised_to_nobody():
    assert "not published before" in promised({}, None)


def test_a_sealed_seed_is_not_a_published_one():
    words = promised({"sealed_at": "2026-01-04T09:00:00+00:00"}, None)
    assert "nobody says that its hash was published" in words
    assert "2026-01-04T09:00:00" in words


@pytest.mark.parametrize("content", [{}, {"sealed_at": "2026-01-04T09:00:00+00:00"}])
def test_a_published_hash_is_named_with_day_and_place(content):
    words = promised(content, NOTICE)
    assert "published on 2026-01-05, before the draw: the ministry's site, notice 17" in words


def test_a_day_to_come_and_a_place_without_a_name_promise_nothing():
    lot.promise({}, (TODAY, "notice 17"), TODAY)
    with pytest.raises(InputError, match="which has not come"):
        lot.promise({}, (TODAY + timedelta(days=1), "notice 17"), TODAY)
    with pytest.raises(InputError, match="names no place"):
        lot.promise({}, (TODAY, " "), TODAY)
