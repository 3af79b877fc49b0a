"""What looking at families costs, and what it catches: in order of worth, as before, and by chance.

A look *catches* where the answer changes: what changes is given, by the truth of a simulated
world or by inspections drawn at random. Compared are the looks that are made within capacity,
the queue of the policy before (in random order, so its line is straight), and looking at anybody.
Families whose decision waits in any case, as in category 6 with its hearing, are counted apart:
who looks at them is no matter of order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment import survey_design
from models.assessment.metrics import UNKNOWN, Estimate, share
from models.assessment.suppression import SHOWN_FROM
from models.assessment.survey_design import Design
from models.decision import outcome
from models.decision.pipeline import Decisions
from models.law.parameters import Law
from models.learned.arrays import Codes, Mask, Vector

BEFORE: Final = date(2025, 12, 31)
"""The last day of the policy under which everybody waited for whom there was a reason to look."""
POINTS: Final = 40
"""Of a curve at most, beside its beginning."""
FEWEST: Final = 10
"""Known answers in a stretch of the curve, where not all are known: fewer draw chance alone."""
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Families that are looked at, and for how many of them the answer changes.

    ``changed``: share of the looks that change it, with its 95 % interval; unknown where it is
    known of none. ``of_changed``: share of all families with a changed answer that are reached.
    """

    families: int
    known: int
    changed: Estimate
    of_changed: float | None

    @property
    def per_thousand(self) -> float | None:
        """Changed answers for 1,000 looks."""
        return None if self.changed.value is None else 1_000 * self.changed.value

    @property
    def troubled(self) -> float | None:
        """Families for whom nothing changes, for each one for whom something does."""
        rate = self.changed.value
        return None if not rate else (1 - rate) / rate

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "families": self.families,
            "known": self.known,
            "changed": self.changed.as_json(),
            "of_changed": _rounded(self.of_changed),
            "per_thousand": _rounded(self.per_thousand),
            "troubled": _rounded(self.troubled),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Changed families reached after so many looks, in three orders; null: it is not known."""

    looks: int
    in_order: float | None
    before: float | None
    by_chance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Some families: who waits, who is looked at later, and what that catches.

    ``waited_before``: whose decision waited under the policy before; ``before``: those of them
    that wait no longer. ``changed``: of all, by chance.
    """

    families: int
    changed: Estimate
    waiting: int
    waited_before: int
    asking: int
    followed_up: Queue
    before: Queue

    @property
    def ratio(self) -> float | None:
        """How many times as many changed answers a look brings as one of the queue before."""
        return _over(self.followed_up.changed.value, self.before.changed.value)

    @property
    def against_chance(self) -> float | None:
        """How many times as many changed answers a look brings as a look at anybody."""
        return _over(self.followed_up.changed.value, self.changed.value)

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "families": self.families,
            "changed": self.changed.as_json(),
            "waiting": self.waiting,
            "waited_before": self.waited_before,
            "asking": self.asking,
            "followed_up": self.followed_up.as_json(),
            "before": self.before.as_json(),
            "ratio": _rounded(self.ratio),
            "against_chance": _rounded(self.against_chance),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The load of a group of families; null where they are too few to be shown."""

    value: str | None
    load: Load | None

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"value": self.value, "load": None if self.load is None else self.load.as_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What looks cost and catch among all families, as a curve, and by group.

    ``of_before``: of the families with a changed answer that the queue before would reach, the
    share that is followed up. ``review_days``: working days of one person for each look.
    """

    whole: Load
    of_before: Estimate
    review_days: float
    curve: Sequence[Point]
    groups: Mapping[str, Sequence[Group]]

    @property
    def at_most_of_before(self) -> float | None:
        """The share `of_before` if every look that is made were at one of these families."""
        rate = self.whole.before.changed.value
        caught = _over(self.whole.followed_up.families, rate and rate * self.whole.before.families)
        return None if caught is None else min(1.0, caught)

    @property
    def days(self) -> float:
        """Working days for all who wait and all who are followed up."""
        return self.review_days * (self.whole.waiting + self.whole.followed_up.families)

    @property
    def days_before(self) -> float:
        """Working days under the policy before."""
        return self.review_days * self.whole.waited_before

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            **self.whole.as_json(),
            "of_before": self.of_before.as_json(),
            "at_most_of_before": _rounded(self.at_most_of_before),
            "review_days": self.review_days,
            "days": _rounded(self.days),
            "days_before": _rounded(self.days_before),
            "curve": [
                {name: _rounded(value) for name, value in asdict(point).items()}
                for point in self.curve
            ],
            "groups": {
                name: [group.as_json() for group in groups] for name, groups in self.groups.items()
            },
        }


def of(decisions: Decisions) -> pl.DataFrame:
    """Return the row of each family that `measured` reads, but for what changes.

    ``household_id``, ``category``, ``region`` (two digits of KATO as a number), ``waiting``,
    ``waited_before``, ``worth``, ``protected``, ``follow_up``.
    """
    return (
        decisions.table.select(
            "household_id",
            "category",
            region=decisions.features["region_code"],
            waiting=pl.col("status") == "review",
            waited_before=waited(decisions, Law(BEFORE)),
        )
        .join(
            decisions.looks.select("household_id", "worth", "protected", "follow_up"),
            on="household_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("protected", "follow_up").fill_null(value=False))
    )


def waited(decisions: Decisions, law: Law) -> pl.Series:
    """Return whose decision would wait by the policy of another day, all other facts as they are.

    Only the consequences are the other day's: categories, red flags and what the model asks for
    stay those of the decisions.
    """
    facts = decisions.by_rules
    doubts = outcome.doubts(facts.features, facts.ruled, facts.unknown)
    flags = facts.flags.drop("household_id", "rule_flag", "raised_flags")
    return outcome.waits(doubts, flags, decisions.model_asks, law).list.len() > 0


def measured(families: pl.DataFrame, groups: Sequence[str], *, review_days: float) -> Looks:
    """Return what looks at these families cost and catch.

    Parameters
    ----------
    families : one row a family, in any order: ``household_id``, ``region``, ``waiting`` and
        ``waited_before`` (Boolean), ``worth`` (null: nothing asks for a look), ``protected`` and
        ``follow_up`` (Boolean), ``changed`` (Boolean: whether its answer would change; null: not
        known) and, where the known are a sample, ``weight``: for how many families each stands.
    groups : columns by which the families are counted apart.
    review_days : working days of one person for each look.

    Where only a sample is known, a share is that of the known under their weights, and a number
    is that share of all who are looked at. Nothing depends on the order of the rows.
    """
    ordered = families.sort("household_id")
    everybody = _Families(ordered)
    before = everybody.flag("waited_before") & ~everybody.flag("waiting")
    caught_before = before & everybody.changed
    return Looks(
        whole=_load(everybody, everybody.all),
        of_before=everybody.share(caught_before & everybody.flag("follow_up"), caught_before),
        review_days=review_days,
        curve=_curve(everybody, before),
        groups={name: _groups(everybody, name) for name in groups},
    )


class _Families:
    """The families as arrays, in the order of their keys, and what is known of a sample."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table
        self.known: Mask = table["changed"].is_not_null().to_numpy()
        self.changed: Mask = table["changed"].fill_null(value=False).to_numpy()
        self.all: Mask = np.ones(table.height, dtype=bool)
        weight = table["weight"] if "weight" in table else pl.repeat(1.0, table.height, eager=True)
        self.weight: Vector = np.where(self.known, weight.fill_null(0.0).to_numpy(), 0.0)

    def flag(self, name: str) -> Mask:
        return np.asarray(self.table[name].fill_null(value=False).to_numpy(), dtype=bool)

    @cached_property
    def even(self) -> bool:
        """Whether all that are known stand for as many."""
        return len(np.unique(self.weight[self.known])) <= 1

    @cached_property
    def design(self) -> Design:
        rows = self.table.select("household_id").filter(pl.Series(self.known))
        return Design.of(rows, self.weight[self.known])

    def share(self, above: Mask, below: Mask) -> Estimate:
        """Return how many of some are of a kind, of the known; the interval is 95 %."""
        known, kind = self.known & below, self.known & below & above
        if self.even:
            return share(int(kind.sum()), int(known.sum()))
        numbers = [one[self.known].astype(np.float64) for one in (kind, known)]
        return survey_design.ratio(numbers[0], numbers[1], self.design) if known.any() else UNKNOWN


def _load(families: _Families, those: Mask) -> Load:
    waiting, before = families.flag("waiting") & those, families.flag("waited_before") & those
    asking = families.table["worth"].is_not_null().to_numpy() & those
    rate = families.share(families.changed, those)
    many = int(those.sum())
    reachable = None if rate.value is None else rate.value * many
    return Load(
        families=many,
        changed=rate,
        waiting=int(waiting.sum()),
        waited_before=int(before.sum()),
        asking=int(asking.sum()),
        followed_up=_queue(families, families.flag("follow_up") & those, reachable),
        before=_queue(families, before & ~waiting, reachable),
    )


def _queue(families: _Families, looked_at: Mask, reachable: float | None) -> Queue:
    changed = families.share(families.changed, looked_at)
    many = int(looked_at.sum())
    caught = None if changed.value is None else changed.value * many
    return Queue(
        families=many,
        known=int((looked_at & families.known).sum()),
        changed=changed,
        of_changed=0.0 if reachable and not many else _over(caught, reachable),
    )


def _groups(families: _Families, name: str) -> tuple[Group, ...]:
    """Return the load of each value, the unknown last."""
    column = families.table[name]
    values = [*column.drop_nulls().unique().sort().to_list(), *([None] * column.has_nulls())]
    made = []
    for value in values:
        those: Mask = (column.is_null() if value is None else column.eq_missing(value)).to_numpy()
        load = _load(families, those) if those.sum() >= SHOWN_FROM else None
        made.append(Group(value=None if value is None else str(value), load=load))
    return tuple(made)


def _curve(families: _Families, before: Mask) -> tuple[Point, ...]:
    """Return how many changed families are reached, look after look in order of worth."""
    rows = _order(families.table)
    known, weight = families.known[rows], families.weight[rows]
    ends = np.unique(np.linspace(0, len(rows), min(POINTS, len(rows)) + 1).round().astype(np.int64))
    ends = _of_enough_families(ends, known)
    caught = _gained(weight * families.changed[rows], weight, ends)
    queue = families.share(families.changed, before).value
    anybody = families.share(families.changed, families.all).value
    waiting = int(before.sum())
    return tuple(
        Point(
            looks=k,
            in_order=reached,
            before=None if queue is None else queue * min(k, waiting),
            by_chance=None if anybody is None else anybody * k,
        )
        for k, reached in zip(ends.tolist(), caught, strict=True)
    )


def _of_enough_families(ends: Codes, known: Mask) -> Codes:
    """Keep the ends of stretches in which all are known, or at least `FEWEST`; the last stays."""
    counted = np.concatenate([[0], np.cumsum(known)])
    kept = [0]
    for end in ends[1:].tolist():
        inside = counted[end] - counted[kept[-1]]
        if inside == end - kept[-1] or inside >= FEWEST:
            kept.append(end)
    if kept[-1] != ends[-1]:
        # What is left is told by too few: it belongs to the stretch before.
        kept = [*kept[: max(1, len(kept) - 1)], int(ends[-1])]
    return np.asarray(kept, dtype=np.int64)


def _gained(caught: Vector, weight: Vector, ends: Codes) -> list[float | None]:
    """Return the changed families reached at each end: of each stretch its share of the known."""
    reached: list[float | None] = [0.0]
    so_far: float | None = 0.0
    for first, last in pairwise(ends.tolist()):
        rate = _over(float(caught[first:last].sum()), float(weight[first:last].sum()))
        so_far = None if rate is None or so_far is None else so_far + rate * (last - first)
        reached.append(so_far)
    return reached


def _order(table: pl.DataFrame) -> Codes:
    """Return the rows of those that something asks to look at, in the order of the looks.

    First whom no capacity may put off; then the families of each region by worth, so that all
    regions are as far with theirs at any time. Equal worth: by key, as of nothing a family is.
    """
    best_first = ("worth", "household_id")
    size = table.group_by("region").agg(_families=pl.len())
    ordered = (
        table.with_row_index("_row")
        .filter(pl.col("worth").is_not_null())
        .join(size, on="region", how="left", nulls_equal=True)
        .sort(best_first, descending=[True, False])
        .with_columns(
            _place=(pl.int_range(pl.len()).over("protected", "region") + 1) / pl.col("_families")
        )
        .sort("protected", "_place", *best_first, descending=[True, False, True, False])
    )
    return np.asarray(ordered["_row"].to_numpy(), dtype=np.int64)


def _over(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
