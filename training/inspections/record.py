"""What stands beside a drawn list: the promise, the hashes, the counts; and the proof by redrawing.

A list can be proved right later: who has the snapshot, the model, the record and the
seed draws again and compares. The hashes say which input was altered, if one was.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from features.errors import InputError
from training.inspections import design
from training.inspections.design import Drawn
from training.inspections.lot import Promise, Sealed
from training.inspections.policy import Policy, assumptions, policy_of_record

KIND: Final = "tarazy-inspection-list"
FORMAT: Final = 1
NOTHING_PROMISED: Final = Promise()


def drawn(
    families: pl.DataFrame,
    *,
    capacities: Mapping[str, int],
    policy: Policy,
    sealed: Sealed,
    inputs: Mapping[str, Any],
    promise: Promise = NOTHING_PROMISED,
) -> tuple[Drawn, dict[str, Any]]:
    """Draw a list and write its record.

    Parameters
    ----------
    families : as `design.draw` reads them.
    capacities, policy : as `design.draw` reads them.
    sealed : the seed, whose hash is the commitment of the record.
    inputs : what the families come from: ``snapshot`` (its digest), ``as_of``, ``model``
        (version and hash of its manifest; null: none), ``versions``.
    promise : what was known of the seed before this draw; by default nothing.

    Returns
    -------
    The list and its record, ready for JSON. The seed is not in it.
    """
    lot = sealed.lot(str(inputs["snapshot"]))
    selection = design.draw(families, capacities=capacities, policy=policy, lot=lot)
    parameters = {"capacities": dict(capacities), "policy": policy.as_json()}
    return selection, {
        "record": KIND,
        "format": FORMAT,
        "commitment": sealed.commitment,
        "promise": promise.as_json(),
        "inputs": dict(inputs),
        "parameters": parameters,
        "hashes": {
            "snapshot": inputs["snapshot"],
            "model_manifest": (inputs["model"] or {}).get("manifest_sha256"),
            "parameters": hash_of(parameters),
            "families": hash_of_rows(selection.chances.select(design.NEEDED)),
            "list": hash_of_rows(selection.list),
        },
        "design": _design(selection),
        "assumed": assumptions(date.fromisoformat(inputs["as_of"])),
    }


def refuse_stranger(record: Any) -> None:
    """Refuse what is no record of a drawn list."""
    parts = {
        "inputs": {"snapshot", "as_of", "model"},
        "parameters": {"capacities", "policy"},
        "hashes": {"snapshot", "model_manifest", "parameters", "families", "list"},
    }
    if not is_record(record, KIND, FORMAT, parts):
        raise InputError(
            "This is no record of a drawn list: take the .json that `tarazy draw` wrote beside it."
        )


def is_record(record: Any, kind: str, form: int, parts: Mapping[str, set[str]]) -> bool:
    """Whether something read from JSON is a record of this kind and form, with all its parts."""
    return (
        isinstance(record, dict)
        and (record.get("record"), record.get("format")) == (kind, form)
        and all(
            isinstance(record.get(part), dict) and needed <= set(record[part])
            for part, needed in parts.items()
        )
    )


def replayed(
    shown: pl.DataFrame,
    record: Mapping[str, Any],
    families: pl.DataFrame,
    *,
    sealed: Sealed,
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """Draw a list again and say whether it is the one that is shown.

    Parameters
    ----------
    shown : the list that is to be proved.
    record : what stands beside it.
    families, sealed, inputs : what the list is said to be drawn from and by.

    Returns
    -------
    ``identical``; ``differences``: what does not agree, in words without any family's
    values; and how many families are on one list alone or stand there otherwise.
    """
    policy = policy_of_record(record["parameters"]["policy"])
    capacities = record["parameters"]["capacities"]
    differences = []
    if not sealed.opens(str(record.get("commitment"))):
        differences.append("the seed shown is not the one whose hash the record names")
    again, fresh = drawn(
        families, capacities=capacities, policy=policy, sealed=sealed, inputs=inputs
    )
    differences += [
        f"{_NAMES[name]} is not the one that the record names"
        for name, digest in fresh["hashes"].items()
        if name != "list" and digest != record["hashes"].get(name)
    ]
    if hash_of_rows(shown) != record["hashes"].get("list"):
        differences.append("the list is not the one that the record names")
    rows = compared(shown, again.list)
    if any(rows.values()):
        differences.append("the list drawn again is another one")
    return {"identical": not differences, "differences": differences, "families": rows}


_NAMES: Final = {
    "snapshot": "the snapshot",
    "model_manifest": "the model",
    "parameters": "the policy or the capacity",
    "families": "who may be visited, or what the model says of them,",
}


def compared(shown: pl.DataFrame, again: pl.DataFrame) -> dict[str, int]:
    """Count families on one list alone, or on both with other values."""
    if shown.schema != again.schema:
        raise InputError(
            f"The list must have the columns {', '.join(again.columns)} with their types: "
            "take the file that `tarazy draw` wrote."
        )
    columns = shown.columns
    missing = again.join(shown, on="household_id", how="anti").height
    added = shown.join(again, on="household_id", how="anti").height
    same = shown.join(again, on=columns, how="inner", nulls_equal=True).height
    both = shown.join(again, on="household_id", how="inner").height
    return {"left_out": missing, "put_in": added, "altered": both - same}


def _design(selection: Drawn) -> dict[str, Any]:
    """Count who was drawn, and what the model expects of the visits."""
    arms = selection.list.join(
        selection.chances.select("household_id", "expected_confirmed"), on="household_id"
    )
    strata = selection.chances.group_by("stratum").len("families")
    counted = arms.group_by("stratum").agg(
        (pl.col("arm") == arm).sum().alias(arm) for arm in (design.RANDOM, design.TARGETED)
    )
    by_stratum = strata.join(counted, on="stratum", how="left").fill_null(0).sort("stratum")
    return {
        "families": selection.chances.height,
        "visits": selection.list.height,
        "arms": [_arm(arms, selection.chances, arm) for arm in (design.RANDOM, design.TARGETED)],
        "strata": by_stratum.to_dicts(),
        "regions": [
            {"region": region, "capacity": visits}
            | {
                arm: selection.list.filter(region=region, arm=arm).height
                for arm in (design.RANDOM, design.TARGETED)
            }
            for region, visits in selection.capacities.items()
        ],
        "silent": int(selection.chances["expected_confirmed"].null_count()),
    }


def _arm(arms: pl.DataFrame, everybody: pl.DataFrame, arm: str) -> dict[str, Any]:
    mine = arms.filter(arm=arm)
    chance = everybody[f"{arm}_chance"].to_numpy()
    possible = chance[chance > 0]
    expected = mine["expected_confirmed"].drop_nulls()
    return {
        "arm": arm,
        "visits": mine.height,
        "silent": mine.height - len(expected),
        "smallest_chance": float(possible.min()) if len(possible) else None,
        "largest_chance": float(possible.max()) if len(possible) else None,
        "expected_confirmed": float(expected.sum()),
        "expected_amount": int(mine["expected_amount"].sum()),
    }


def hash_of(value: Mapping[str, Any]) -> str:
    """Hash what a list was made by."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def hash_of_rows(frame: pl.DataFrame) -> str:
    """Hash the rows, one JSON object a family, in the order of the families."""
    return hashlib.sha256(frame.sort("household_id").write_ndjson().encode()).hexdigest()
