"""What stands beside a month's list, and the proof by making it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from features.errors import InputError
from models.law.parameters import Law
from training.inspections.lot import Promise, Sealed
from training.inspections.month.policy import (
    MonthPolicy,
    month_assumptions,
    month_policy_of_record,
)
from training.inspections.month.selection import (
    ARMS,
    FAMILIES,
    LEARNING,
    Earlier,
    Month,
    asking,
    listed,
    may_be_listed,
)
from training.inspections.record import (
    NOTHING_PROMISED,
    compared,
    hash_of,
    hash_of_rows,
    is_record,
)

KIND: Final = "tarazy-month-list"
FORMAT: Final = 1
_HASHES: Final = {
    "snapshot": "the snapshot",
    "model_manifest": "the model",
    "parameters": "the policy, the capacity or the flag to learn about",
    "families": "what decisions say of the families",
    "earlier": "the lists of earlier months, by --looked,",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a month's list is made of, besides the seed.

    ``families`` as `month_list.listed` reads them; ``inputs``: ``snapshot`` (its digest),
    ``as_of``, ``model`` (version and hash of its manifest; null: none), ``versions``.
    """

    families: pl.DataFrame
    law: Law
    inputs: Mapping[str, Any]
    earlier: Sequence[Earlier] = ()


def month(
    made: Made,
    *,
    capacities: Mapping[str, int],
    policy: MonthPolicy,
    sealed: Sealed,
    promise: Promise = NOTHING_PROMISED,
    learn: str | None = None,
) -> tuple[Month, dict[str, Any]]:
    """Make the list of a month and write its record; the seed is not in it."""
    selection = listed(
        made.families,
        capacities=capacities,
        policy=policy,
        law=made.law,
        lot=sealed.lot(str(made.inputs["snapshot"])),
        earlier=made.earlier,
        learn=learn,
    )
    parameters = {"capacities": dict(capacities), "policy": policy.as_json(), "learn": learn}
    return selection, {
        "record": KIND,
        "format": FORMAT,
        "commitment": sealed.commitment,
        "promise": promise.as_json(),
        "inputs": dict(made.inputs),
        "parameters": parameters,
        "hashes": {
            "snapshot": made.inputs["snapshot"],
            "model_manifest": (made.inputs["model"] or {}).get("manifest_sha256"),
            "parameters": hash_of(parameters),
            "families": hash_of_rows(selection.families.select(*FAMILIES)),
            "earlier": _hash_of_earlier(made.earlier),
            "list": hash_of_rows(selection.list),
        },
        "design": _design(selection),
        "learning": None if learn is None else _learning(selection, learn),
        "assumed": month_assumptions(made.law.day),
    }


def refuse_stranger(record: Any) -> None:
    """Refuse what is no record of a month's list."""
    parts = {
        "inputs": {"snapshot", "as_of", "model"},
        "parameters": {"capacities", "policy", "learn"},
        "hashes": {*_HASHES, "list"},
    }
    if not is_record(record, KIND, FORMAT, parts):
        raise InputError(
            "This is no record of a month's list: take the .json that `tarazy draw --follow-ups` "
            "wrote beside it."
        )


def refuse_touched(shown: pl.DataFrame, record: Mapping[str, Any]) -> None:
    """Refuse a list that is not the one its record names: nobody is left out by it."""
    if hash_of_rows(shown) != record["hashes"]["list"]:
        raise InputError(
            "The list is not the one that its record names: take both files as `tarazy draw "
            "--follow-ups` wrote them."
        )


def replayed(
    shown: pl.DataFrame, record: Mapping[str, Any], made: Made, *, sealed: Sealed
) -> dict[str, Any]:
    """Make a list again and say whether it is the one that is shown.

    Returns ``identical``; ``differences``: what does not agree, in words without any family's
    values; and how many families are on one list alone or stand there otherwise.
    """
    parameters = record["parameters"]
    differences = []
    if not sealed.opens(str(record.get("commitment"))):
        differences.append("the seed shown is not the one whose hash the record names")
    again, fresh = month(
        made,
        capacities=parameters["capacities"],
        policy=month_policy_of_record(parameters["policy"]),
        sealed=sealed,
        learn=parameters["learn"],
    )
    differences += [
        f"{words} is not the one that the record names"
        for name, words in _HASHES.items()
        if fresh["hashes"][name] != record["hashes"].get(name)
    ]
    if hash_of_rows(shown) != record["hashes"].get("list"):
        differences.append("the list is not the one that the record names")
    rows = compared(shown, again.list)
    if any(rows.values()):
        differences.append("the list made again is another one")
    return {"identical": not differences, "differences": differences, "families": rows}


def of_list(shown: pl.DataFrame, record: Mapping[str, Any], made: Made) -> Month:
    """Return the month that a list was written for, to ask about one family; no seed is needed.

    Raises InputError where the list, or what it is said to be made of, is another one.
    """
    refuse_touched(shown, record)
    if hash_of_rows(may_be_listed(made.families)) != record["hashes"]["families"]:
        raise InputError(
            "Decisions say something else of the families than when the list was made: take the "
            "snapshot, the model and the version of Tarazy that its record names."
        )
    if _hash_of_earlier(made.earlier) != record["hashes"]["earlier"]:
        raise InputError(
            "The list was made beside other lists of earlier months: name those by --looked."
        )
    policy = month_policy_of_record(record["parameters"]["policy"])
    return Month(
        list=shown,
        families=asking(made.families, made.law.day, made.earlier, policy),
        capacities=record["parameters"]["capacities"],
    )


def _hash_of_earlier(earlier: Sequence[Earlier]) -> str:
    return hash_of({"lists": sorted(f"{e.day} {hash_of_rows(e.list)}" for e in earlier)})


def _design(selection: Month) -> dict[str, Any]:
    """Count who is listed by region, and who asks and is not."""
    pool = selection.families
    listed_by = selection.list.group_by("region", "arm").len().rows_by_key(["region", "arm"])
    due = pool.filter("due").join(selection.list, on="household_id", how="anti")
    without = dict(due.group_by("region").len().iter_rows())
    quiet = pool.filter(pl.col("follow_up") & pl.col("quiet"))
    families = dict(pool.group_by("region").len().iter_rows())
    return {
        "families": pool.height,
        "listed": selection.list.height,
        "arms": {arm: selection.list.filter(arm=arm).height for arm in ARMS},
        "without_room": due.height,
        "looked_at_before": quiet.height,
        "regions": [
            {"region": region, "families": families.get(region, 0), "capacity": room}
            | {arm: sum(n for (n,) in listed_by.get((region, arm), [])) for arm in ARMS}
            | {"without_room": without.get(region, 0)}
            for region, room in selection.capacities.items()
        ],
    }


def _learning(selection: Month, flag: str) -> dict[str, Any]:
    """Say what was spent on learning about a flag, and how its precision is weighed."""
    return {
        "flag": flag,
        "drawn": selection.list.filter(arm=LEARNING).height,
        "raised": selection.families.filter(pl.col("raised_flags").list.contains(flag)).height,
        "weights": "The precision of the flag is estimated from the families of the arms random "
        "and learning for which it is raised, those that a lot of the quiet months drew left out: "
        "within a region the others have the same chance to be in one of the two, the sum of both "
        "arms' chances, and one over it weighs regions against each other. The arm random alone "
        "speaks for all families.",
    }
