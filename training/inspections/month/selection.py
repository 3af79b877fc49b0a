"""The month's list: whom a person looks at this month, never more than a region has room for.

A decision says that a family is to be looked at; this says when. Of each region's places a
part is drawn by lot from all its families with an equal chance, whatever a decision says of
them, so that what the looks find can be held against everybody. The rest goes to the families
whose look is worth most. Protected families (children without an adult) come first and take no
place. Nobody is listed twice within the quiet months for the same reasons: a new reason is
news. Whom the lot drew, it leaves out as long: as it drew them with equal chances, the others
have equal chances still.

Places may also be kept for learning about one red flag: they are drawn by lot from the
families for which it is raised, in an arm of their own. All such families of a region then
have the same chance to be in one of the two arms, which is what its precision is weighed by.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.errors import InputError
from models.law.parameters import Law
from models.law.policy import Worth
from models.rules import red_flags
from training.inspections.lot import Lot
from training.inspections.month import words as month_words
from training.inspections.month.policy import MonthPolicy

RANDOM: Final = "random"
LEARNING: Final = "learning"
FOLLOW_UP: Final = "follow_up"
PROTECTED: Final = "protected"
ARMS: Final = (PROTECTED, RANDOM, LEARNING, FOLLOW_UP)
"""In the order in which a region goes about them: what time runs out for is worth least."""
CODES: Final = pl.List(pl.String())
FAMILIES: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "region": pl.String(),
    "settlement": pl.String(),
    "members": pl.Int64(),
    "category": pl.Int8(),
    "review_reasons": CODES,
    "raised_flags": CODES,
    "codes": CODES,
    "worth": pl.Float64(),
    "best": pl.String(),
    "chance": pl.Float64(),
    "category_then": pl.Int8(),
    "protected": pl.Boolean(),
    "follow_up": pl.Boolean(),
}
"""All that the list reads of a family. Sex, language, names and groups are not among them."""
LIST_SCHEMA: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "arm": pl.String(),
    "probability": pl.Float64(),
    "region": pl.String(),
    "settlement": pl.String(),
    "reasons": CODES,
    "worth": pl.Float64(),
    "position": pl.Int64(),
    "why_now": pl.String(),
}
"""Columns of a list, in the order in which they are written; null probability: no lot drew it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A list of an earlier month, and the day whose decisions it was made of."""

    day: date
    list: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The list of a month, and what is known of everybody who could have been on it.

    ``list`` has the columns of `LIST_SCHEMA`, by region in the order of the looks; ``position``
    counts them in each region. ``families`` has a row each with the columns of `FAMILIES`, then
    ``looked_on`` (when it was last listed for one of today's reasons; null: not within the
    quiet months), ``quiet`` (for all of them), ``due`` (asks for a look this month), and whether
    a lot of the quiet months drew it, from all (``drawn_before``) or to learn of a flag
    (``learned_before``).
    """

    list: pl.DataFrame
    families: pl.DataFrame
    capacities: Mapping[str, int]


def listed(
    families: pl.DataFrame,
    *,
    capacities: Mapping[str, int],
    policy: MonthPolicy,
    law: Law,
    lot: Lot,
    earlier: Iterable[Earlier] = (),
    learn: str | None = None,
) -> Month:
    """Make the list of a month.

    Parameters
    ----------
    families : one row a family with the columns of `FAMILIES`; the order does not matter, other
        columns are not read. Where nothing asks for a look, ``codes`` and what follows is null.
    capacities : places of each region (`places_of` makes them of a share).
    law : of the day of the decisions; its policy says how urgent each category is.
    lot : the numbers drawn by the seed.
    earlier : lists of months before.
    learn : code of a red flag that a part of the drawn places is kept for.

    The same families, capacities, policy, seed and earlier lists give the same list.
    """
    worth = _worth_of(law)
    _refuse_unknown_flag(learn, law)
    pool = asking(families, law.day, earlier, policy)
    _refuse_without_room(pool, capacities)
    rooms = _rooms(pool, capacities, policy, lot, learning=learn is not None)
    placed = pool.join(rooms, on="region", how="left", maintain_order="left")

    drawn = _first(placed.filter(~pl.col("drawn_before")), "draws", RANDOM, lot).with_columns(
        probability="even"
    )
    rest = placed.join(drawn, on="household_id", how="anti")
    before = pl.col("drawn_before") | pl.col("learned_before")
    raised = rest.filter(~before & pl.col("raised_flags").list.contains(learn))
    learned = _first(
        raised.with_columns(_raised=pl.len().over("region")), "kept", LEARNING, lot
    ).with_columns(
        probability=(1 - pl.col("even")) * pl.min_horizontal("kept", "_raised") / pl.col("_raised")
    )
    by_lot = pl.concat([drawn, learned.drop("_raised")])
    due = rest.join(learned, on="household_id", how="anti").filter("due")
    spent = by_lot.group_by("region").len("_spent")
    left = due.filter(~pl.col("protected")).join(spent, on="region", how="left")
    best = _first(
        left.with_columns(_left=pl.col("room") - pl.col("_spent").fill_null(0)),
        "_left",
        FOLLOW_UP,
        lot,
        by_worth=True,
    ).drop("_spent", "_left")
    protected = _first(
        due.filter("protected").with_columns(_all=pl.len()), "_all", PROTECTED, lot
    ).drop("_all")
    unweighed = pl.concat([protected, best]).with_columns(probability=pl.lit(None, pl.Float64))
    return Month(
        list=_ordered(pl.concat([by_lot, unweighed]), worth, learn),
        families=pool,
        capacities=dict(sorted(capacities.items())),
    )


def places_of(families: pl.DataFrame, share: float) -> dict[str, int]:
    """Return the places of each region: a share of the families that can be looked at, whole.

    Rounded down, so that no region gets more than its share.
    """
    sizes = may_be_listed(families).drop_nulls("region").group_by("region").len().sort("region")
    # 0.02 is no exact binary fraction: 0.02 × 150 must not become 2.
    return {region: int(round(share * size, 9)) for region, size in sizes.iter_rows()}


def may_be_listed(families: pl.DataFrame) -> pl.DataFrame:
    """Keep the families that can be looked at: those with a member, by household."""
    for name in FAMILIES:
        if name not in families.columns:
            raise InputError(f"A list needs the column {name} of every family; it is missing.")
    pool = families.select(pl.col(name).cast(dtype) for name, dtype in FAMILIES.items())
    if pool["household_id"].n_unique() < pool.height:
        raise InputError("A family stands twice among those to look at: give one row for each.")
    return pool.filter(pl.col("members") > 0).sort("household_id")


def asking(
    families: pl.DataFrame, day: date, earlier: Iterable[Earlier], policy: MonthPolicy
) -> pl.DataFrame:
    """Say of every family whether it asks for a look this month (`Month.families`)."""
    pool = may_be_listed(families)
    recent = [each for each in earlier if policy.quiet_until(each.day) > day]
    late = [each.day for each in recent if each.day > day]
    if late:
        raise InputError(
            f"A list of {max(late)} is no earlier one on {day}: name by --looked the lists of the "
            "months before."
        )
    past = pl.concat(
        [
            pl.DataFrame(schema={"household_id": pl.Int64, "arm": pl.String, "reasons": CODES}),
            *(each.list.select("household_id", "arm", "reasons") for each in recent),
        ]
    ).with_columns(
        day=pl.Series([each.day for each in recent for _ in range(each.list.height)], dtype=pl.Date)
    )
    ids = pool["household_id"]
    news = pool.select("household_id", reason="codes").explode("reason").drop_nulls()
    looked = past.explode("reasons").rename({"reasons": "reason"}).drop_nulls("reason")
    seen = news.join(looked, on=["household_id", "reason"], how="left").group_by("household_id")
    known = seen.agg(
        looked_on=pl.col("day").max(),
        quiet=pl.col("reason").n_unique()
        == pl.col("reason").filter(pl.col("day").is_not_null()).n_unique(),
    )
    return (
        pool.join(known, on="household_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("quiet").fill_null(value=False),
            drawn_before=ids.is_in(past.filter(arm=RANDOM)["household_id"].implode()),
            learned_before=ids.is_in(past.filter(arm=LEARNING)["household_id"].implode()),
        )
        .with_columns(due=pl.col("follow_up").fill_null(value=False) & ~pl.col("quiet"))
    )


def _rooms(
    pool: pl.DataFrame,
    capacities: Mapping[str, int],
    policy: MonthPolicy,
    lot: Lot,
    *,
    learning: bool,
) -> pl.DataFrame:
    """Return for each region its places, how many are drawn, and the equal chance of a family.

    A part of a place is a place as often as the part says, so that the chance is exact even
    where a region has only one.
    """
    open_ = dict(pool.filter(~pl.col("drawn_before")).group_by("region").len().iter_rows())
    rows = []
    for region, room in sorted(capacities.items()):
        by_lot = round(policy.lot_share * room, 9)
        kept = int(policy.learning_share * by_lot) if learning else 0
        families = open_.get(region, 0)
        wanted = min(by_lot - kept, float(families))
        draws = int(wanted + lot.start(f"month {region}"))
        rows.append((region, room, kept, draws, wanted / families if families else 0.0))
    return pl.DataFrame(
        rows,
        schema={
            "region": pl.String,
            "room": pl.Int64,
            "kept": pl.Int64,
            "draws": pl.Int64,
            "even": pl.Float64,
        },
        orient="row",
    )


def _first(
    families: pl.DataFrame, places: str, arm: str, lot: Lot, *, by_worth: bool = False
) -> pl.DataFrame:
    """Give the places of each region to its first families: by worth, and by lot among equals."""
    number = pl.Series(lot.numbers(f"month {arm}", families["household_id"]), dtype=pl.UInt64)
    numbered = families.with_columns(arm=pl.lit(arm), _lot=number)
    order = [-pl.col("worth")] if by_worth else []
    return numbered.sort(*order, "_lot", "household_id").filter(
        pl.int_range(pl.len()).over("region") < pl.col(places)
    )


def _ordered(chosen: pl.DataFrame, worth: Worth, learn: str | None) -> pl.DataFrame:
    """Return the list: protected families first, then the lots, then in order of worth."""
    ranked = pl.when(pl.col("arm") == FOLLOW_UP).then(-pl.col("worth")).otherwise(0.0)
    table = (
        chosen.with_columns(
            pl.col("codes").fill_null(pl.Series([[]], dtype=CODES)),
            _arm=pl.col("arm").replace_strict(
                {arm: n for n, arm in enumerate(ARMS)}, return_dtype=pl.Int8
            ),
            _worth=ranked,
        )
        .sort("region", "_arm", "_worth", "_lot", "household_id", nulls_last=True)
        .with_columns(position=pl.int_range(1, pl.len() + 1).over("region"))
    )
    why = [month_words.why_now(row, worth, learn) for row in table.iter_rows(named=True)]
    return table.with_columns(reasons="codes", why_now=pl.Series(why, dtype=pl.String)).select(
        pl.col(name).cast(dtype) for name, dtype in LIST_SCHEMA.items()
    )


def _worth_of(law: Law) -> Worth:
    if law.policy.worth is None:
        raise InputError(
            f"By the decision policy of {law.day} nobody is followed up: its edition tells no "
            "consequences apart. Take a snapshot of a later day, or draw without --follow-ups."
        )
    return law.policy.worth


def _refuse_unknown_flag(learn: str | None, law: Law) -> None:
    codes: Sequence[str] = [flag.code for flag in red_flags.in_force(law)]
    if learn is not None and learn not in codes:
        raise InputError(
            f"{learn} is no red flag of {law.day}; there are {', '.join(codes) or 'none'}."
        )


def _refuse_without_room(pool: pl.DataFrame, capacities: Mapping[str, int]) -> None:
    without = sorted(set(pool["region"].drop_nulls()) - set(capacities))
    if without:
        raise InputError(
            f"{'Region' if len(without) == 1 else 'Regions'} {', '.join(without)}: families live "
            "there and no capacity is given. Name the places of each region, 0 where nobody can "
            "be looked at."
        )
    below = sorted(region for region, room in capacities.items() if room < 0)
    if below:
        raise InputError(f"The places of {', '.join(below)} are below 0: give a whole number.")
