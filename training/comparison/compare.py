"""Two models beside each other: what was measured of both, who moves, and why.

What training measured stands side by side, each figure with its interval. Judged anew, on
the same families, are only inspections that neither of the two has learned from. Who moves
is counted on every family of a snapshot (`training.gates.blast_radius`); of a few of them the
inputs that weigh differently are named, never a value.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from features.build import build, known_households
from features.errors import InputError
from features.progress import Progress, silent
from features.registers.declared import SCORING
from features.registers.snapshot import Snapshot
from models.assessment import metrics, target
from models.bundles import loading
from models.bundles.home import Home
from models.law.facts import treatment
from models.law.parameters import Law
from models.learned.predict import Models
from training.comparison import looks
from training.gates import blast_radius
from training.gates.blast_radius import CHANGES, Radius
from training.labels import gather as label
from training.labels.gather import FEWEST_RANDOM
from training.record import known_snapshots

KIND: Final = "tarazy-compare"
FORMAT: Final = 1
EXAMPLES: Final = 3
"""Families shown of each kind of move."""
INPUTS: Final = 3
"""Inputs named of each family."""
_EXPLAINS: Final = {
    name: "welfare" if name.endswith("_by_model") else "hidden_income" for name in CHANGES
}
"""Which of the models a move is explained by."""
_NOT_MEASURES: Final = ("groups", "labels", "random_arm.hiding_by_sensitivity")
"""Tables and counts that are no measure of a model's quality; they have reports of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two versions and the families that they are compared on."""

    first: Models
    second: Models
    snapshot: Snapshot
    as_of: date


def pair(first: str, second: str, *, home: Home, on: Snapshot | None = None) -> Pair:
    """Load two versions or aliases, and find the families to compare them on.

    Default: the newest snapshot that the second was trained on, seen as of the day of its
    training. Raises ``NoSuchModel`` for a name that stands for nothing and ``InputError``
    where the snapshot is not where it was.
    """
    loaded = [loading.load(home, name) for name in (first, second)]
    newest = max(loaded[1].manifest["trained_on"], key=lambda each: str(each["as_of"]))
    snapshot = on or known_snapshots.find(home, newest["digest"])
    if snapshot is None:
        raise InputError(
            f"The snapshot that version {loaded[1].version} was trained on "
            f"({newest['digest'][:12]}… of {newest['as_of']}) is not where it was: pass --on SNAP."
        )
    trained_here = snapshot.digest == newest["digest"]
    as_of = date.fromisoformat(loaded[1].manifest["as_of"]) if trained_here else snapshot.as_of
    return Pair(first=loaded[0], second=loaded[1], snapshot=snapshot, as_of=as_of)


def compare(two: Pair, *, home: Home, seed: int, progress: Progress = silent) -> dict[str, Any]:
    """Return the whole comparison, ready for JSON; ``seed`` is of the resampled intervals.

    The same models, snapshot and seed give the same report, byte for byte.
    """
    radius = blast_radius.measured(
        two.snapshot, as_of=two.as_of, before=two.first, after=two.second, progress=progress
    )
    moves = radius.as_json()
    return {
        "report": KIND,
        "format": FORMAT,
        "first": _described(two.first),
        "second": _described(two.second),
        "metrics": measures(two.first.manifest, two.second.manifest),
        "looks": {
            "first": looks.figures(two.first.manifest),
            "second": looks.figures(two.second.manifest),
        },
        "unseen": unseen(two, home, np.random.default_rng(seed)),
        "moves": moves,
        "examples": examples(two, radius),
    }


def measures(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return what training measured of both, side by side.

    ``same_labels`` says whether both were judged on the same inspections and survey, by
    models that had not seen the family; where they were not, a difference may be of the
    labels rather than of the models.
    """
    mine, theirs = (_estimates(m["metrics"]) for m in (first, second))
    digests = [sorted(s["digest"] for s in m["trained_on"]) for m in (first, second)]
    same = digests[0] == digests[1] and (
        first["metrics"]["labels"] == second["metrics"]["labels"]
        and first["as_of"] == second["as_of"]
    )
    return {
        "same_labels": same,
        "rows": [
            {"name": name, "first": mine.get(name), "second": theirs.get(name)}
            for name in [*mine, *(n for n in theirs if n not in mine)]
        ],
    }


def unseen(two: Pair, home: Home, generator: np.random.Generator) -> dict[str, Any]:
    """Judge both, paired, on random inspections that neither has learned from.

    Families whom a training snapshot of either labelled are left out. ``why_not`` says why
    nothing is judged: too few are left, or what was learned from cannot be told.
    """
    comparison: dict[str, Any] = {
        "labels": 0,
        "why_not": None,
        "auc_first": None,
        "auc_second": None,
        "auc_difference": None,
    }
    inspections = two.snapshot.learning("inspections")
    if inspections is None:
        return comparison | {"why_not": "the snapshot holds no inspections"}
    learned = _learned_from((two.first, two.second), home)
    if learned is None:
        why = "a snapshot that one of them was trained on is not where it was, so what it saw "
        return comparison | {"why_not": why + "cannot be told"}
    left = inspections.filter(
        (pl.col("design").cast(pl.String) == "random") & (pl.col("inspected_on") >= two.as_of)
    ).filter(~pl.col("household_id").is_in(learned.implode()))
    judged = _judged(two, left)
    comparison["labels"] = judged.height
    if judged.height < FEWEST_RANDOM:
        why = (
            f"{judged.height} random inspections are left that neither has learned from; at least "
            f"{FEWEST_RANDOM} are needed. Bring a newer snapshot with --on SNAP"
        )
        return comparison | {"why_not": why}
    truth = judged["confirmed"].cast(pl.Float64).to_numpy()
    scores = [judged[name].to_numpy() for name in ("first", "second")]
    weights = label.random_weights(judged)
    drawn = metrics.draws(judged["household_id"].to_numpy(), generator)
    aucs = [metrics.auc_with_interval(truth, s, weights, drawn).as_json() for s in scores]
    difference = metrics.auc_difference(truth, scores[1], scores[0], weights, drawn)
    return comparison | {
        "auc_first": aucs[0],
        "auc_second": aucs[1],
        "auc_difference": difference.as_json(),
    }


def examples(two: Pair, radius: Radius) -> dict[str, list[dict[str, Any]]]:
    """Return a few families of each move by their key, with the inputs that weigh differently.

    They are the first in the order of a hash of their key: nobody chose them. ``inputs``
    are the largest changes of the inputs' exact contributions (TreeSHAP, log-odds), the
    second model's less the first's.
    """
    chosen = {name: _first_by_hash(radius.table.filter(test)) for name, test in CHANGES.items()}
    wanted = sorted({family for families in chosen.values() for family in families})
    weighed = dict(_weighed(two, wanted))
    return {
        name: [
            {"household_id": family, "inputs": _largest(weighed[family][_EXPLAINS[name]])}
            for family in families
        ]
        for name, families in chosen.items()
    }


def _weighed(
    two: Pair, families: list[int]
) -> Iterator[tuple[int, dict[str, tuple[dict[str, float], dict[str, float]]]]]:
    """Yield for each family what each input added to the scores of the first and the second."""
    law = Law(two.as_of)
    for number in sorted({two.snapshot.partition_holding(family) for family in families}):
        registers = two.snapshot.registers(number, two.as_of)
        quiet = tuple(r.name for r in SCORING if registers.get(r.name) is None)
        held = known_households(registers)
        mine = pl.Series("household_id", families, dtype=pl.Int64)
        mine = mine.filter(mine.is_in(held["household_id"].implode()))
        table = build(blast_radius.of_families(registers, mine), two.as_of, treatment(law))
        for row in range(table.height):
            family = table[row]
            one, other = (
                m.contributions(m.look(family, law, quiet)) for m in (two.first, two.second)
            )
            yield (
                int(family["household_id"][0]),
                {
                    model: (one.get(model, {}), other.get(model, {}))
                    for model in ("hidden_income", "welfare")
                },
            )


def _largest(weighed: tuple[Mapping[str, float], Mapping[str, float]]) -> list[dict[str, Any]]:
    one, other = weighed
    names = [n for n in {**one, **other} if n != "(base)"]
    changes = {n: other.get(n, 0.0) - one.get(n, 0.0) for n in names}
    ordered = sorted(changes.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [{"input": name, "change": round(value, 4)} for name, value in ordered[:INPUTS]]


def _first_by_hash(moved: pl.DataFrame) -> list[int]:
    ids = moved["household_id"].to_list()
    return sorted(sorted(ids, key=_hash)[:EXAMPLES])


def _hash(household_id: int) -> str:
    return hashlib.sha256(str(household_id).encode()).hexdigest()


def _learned_from(two: tuple[Models, Models], home: Home) -> pl.Series | None:
    """Return every family that some training snapshot of the two labelled; None: cannot be told."""
    seen = [pl.Series("household_id", [], dtype=pl.Int64)]
    for digest in sorted({s["digest"] for m in two for s in m.manifest["trained_on"]}):
        snapshot = known_snapshots.find(home, digest)
        if snapshot is None:
            return None
        for register in ("inspections", "survey"):
            labels = snapshot.learning(register)
            if labels is not None:
                seen.append(labels["household_id"].cast(pl.Int64))
    return pl.concat(seen).unique()


def _judged(two: Pair, left: pl.DataFrame) -> pl.DataFrame:
    """Return the inspections with what was confirmed and both models' probabilities."""
    law, rows = Law(two.as_of), []
    for number in two.snapshot.partitions:
        registers = two.snapshot.registers(number, two.as_of)
        quiet = tuple(r.name for r in SCORING if registers.get(r.name) is None)
        held = known_households(registers).select("household_id")
        mine = left.join(held, on="household_id", how="semi")
        if mine.is_empty():
            continue
        ids = mine["household_id"].unique().sort()
        table = build(blast_radius.of_families(registers, ids), two.as_of, treatment(law))
        probabilities = table.select("household_id", "members").with_columns(
            first=two.first.predict(table, law, quiet)["hidden_income_probability"],
            second=two.second.predict(table, law, quiet)["hidden_income_probability"],
        )
        rows.append(mine.join(probabilities, on="household_id", how="inner"))
    if not rows:
        return left.clear()
    judged = pl.concat(rows).sort("household_id", "inspected_on")
    return judged.with_columns(target.confirmed(judged)).drop_nulls(
        ["confirmed", "first", "second"]
    )


def _described(models: Models) -> dict[str, Any]:
    manifest, certificate = models.manifest, models.manifest["certificate"]
    return {
        "version": models.version,
        "as_of": manifest["as_of"],
        "override": models.override,
        "law": manifest["law"]["version"],
        "manifest_sha256": manifest["manifest_sha256"],
        "trained_on": manifest["trained_on"],
        "flagged_share": certificate["flagged_share"],
        "unconfirmed_at_most": certificate["unconfirmed_at_most"],
        "refuted_above": certificate.get("refuted_above"),
        "leans_on": certificate.get("leans_on"),
    }


def _estimates(figures: Mapping[str, Any], path: str = "") -> dict[str, dict[str, Any]]:
    """Return every figure that has an interval, by its path; what is unknown is left out."""
    estimates: dict[str, dict[str, Any]] = {}
    for key, value in figures.items():
        name = f"{path}.{key}" if path else key
        if name in _NOT_MEASURES or not isinstance(value, Mapping):
            continue
        if {"value", "low", "high"} <= value.keys():
            if value["value"] is not None:
                estimates[name] = {end: value[end] for end in ("value", "low", "high")}
        else:
            estimates |= _estimates(value, name)
    return estimates
