"""Category 6 by every reading of the hard rule, beside what the pilot published of it.

For all families, and for those who applied for each service as the register of
applications has them: an applicant is no family at random.
"""

from datetime import date
from typing import Any, Final

import polars as pl

from features.build import build, visible
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules.category import RICHEST
from models.rules.readings import IN_FORCE, Reading, by_reading, questions, readings
from models.rules.scorecard import Scorecard, assess

NO_APPLICATIONS: Final = (
    "The data hold no register `applications`: the shares that the pilot published are of those "
    "who applied for a service, so they stand beside nothing here."
)
_BY_POINTS: Final = "or_by_points"


def report(snapshot: Snapshot, *, as_of: date, progress: Progress = silent) -> dict[str, Any]:
    """Count who is in category 6 by each reading, ready for JSON.

    Returns ``readings``: for each its question, answer and combinator; of all families
    ``met``, ``unknown``, ``share``; ``services``: the same of the applications for each
    published service (null without the register); ``distance``: the mean distance to the
    published shares. One reading more lets points lead into category 6 as well, as the
    policy might. ``published`` is the newest count of each service with its address.
    """
    law = Law(as_of)
    every = readings(law)
    names = [*(r.name for r in every), _BY_POINTS]
    published = _published(law)
    of_all: list[pl.DataFrame] = []
    of_services: list[pl.DataFrame] = []
    for number in snapshot.partitions:
        progress("reading the rule", number, len(snapshot.partitions))
        registers = snapshot.registers(number, as_of)
        table = _answers(registers, every, law)
        of_all.append(_counted(table, names))
        rows = registers.get("applications")
        if rows is not None:
            applications = (
                visible("applications", rows, as_of)
                .select("household_id", pl.col("service").cast(pl.String))
                .filter(pl.col("service").is_in(list(published)))
                .collect()
                .join(table, on="household_id", how="inner")
            )
            of_services += [
                _counted(mine, names).with_columns(service=pl.lit(service))
                for (service,), mine in applications.group_by("service", maintain_order=True)
            ]
    progress("reading the rule", len(snapshot.partitions), len(snapshot.partitions))
    families = pl.concat(of_all).sum().row(0, named=True)
    services = _summed(of_services) if "applications" not in snapshot.silent_on(as_of) else None
    entries = [
        _entry(reading, name, families, services, published)
        for reading, name in zip([*every, None], names, strict=True)
    ]
    judged = [e for e in entries if e["distance"] is not None]
    return {
        "households": families["_families"],
        "as_of": as_of.isoformat(),
        "questions": [
            {"code": q.code, "about": q.about, "answers": list(q.answers)} for q in questions(law)
        ],
        "readings": entries,
        "published": published,
        "nearest": min(judged, key=lambda e: e["distance"]) if judged else None,
        "why_not": None if services is not None else NO_APPLICATIONS,
    }


def _answers(registers: Any, every: tuple[Reading, ...], law: Law) -> pl.DataFrame:
    features = build(registers, law.day, treatment(law))
    card = Scorecard.in_force(law)
    begins = next(c.begins for c in card.categories if c.category == RICHEST)
    table = by_reading(features, every)
    points = assess(features, law)
    by_points = points["points_poorest"] >= begins if begins is not None else None
    might = points["points_richest"] >= begins if begins is not None else None
    frame = table.with_columns(_surely=by_points, _perhaps=might)
    rule = pl.col(next(r.name for r in every if r.answer == IN_FORCE and r.combinator == _own(law)))
    answer = (
        pl.when(pl.col("_surely") | rule)
        .then(pl.lit(value=True))
        .when(~pl.col("_perhaps") & ~rule)
        .then(pl.lit(value=False))
    )
    return frame.select(*table.columns, answer.alias(_BY_POINTS))


def _own(law: Law) -> str:
    """Return the name of the combinator in force."""
    raw = law.hard_rule
    many = len(raw["conditions"])
    return raw["combinator"] if raw["k"] is None else f"{raw['k']}_of_{many}"


def _counted(table: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return table.select(
        pl.len().cast(pl.Int64).alias("_families"),
        *(pl.col(name).sum().cast(pl.Int64).alias(name) for name in names),
        *(pl.col(name).null_count().cast(pl.Int64).alias(f"?{name}") for name in names),
    )


def _summed(parts: list[pl.DataFrame]) -> dict[str, dict[str, int]]:
    if not parts:
        return {}
    table = pl.concat(parts).group_by("service", maintain_order=True).sum()
    return {str(row.pop("service")): row for row in table.to_dicts()}


def _entry(
    reading: Reading | None,
    name: str,
    families: dict[str, int],
    services: dict[str, dict[str, int]] | None,
    published: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    by_service = None
    distance = None
    if services is not None:
        by_service = {service: _part(row, name) for service, row in services.items()}
        apart = [
            abs(part["share"] - published[service]["share"])
            for service, part in by_service.items()
            if part["share"] is not None
        ]
        distance = round(sum(apart) / len(apart), 6) if apart else None
    return {
        "question": reading.question if reading else None,
        "answer": reading.answer if reading else _BY_POINTS,
        "combinator": reading.combinator if reading else None,
        "minimum_of": reading.minimum_of if reading else None,
        **_part(families, name),
        "services": by_service,
        "distance": distance,
    }


def _part(row: dict[str, int], name: str) -> dict[str, Any]:
    of = row["_families"]
    return {
        "met": row[name],
        "unknown": row[f"?{name}"],
        "of": of,
        "share": round(row[name] / of, 6) if of else None,
    }


def _published(law: Law) -> dict[str, dict[str, Any]]:
    """Return the newest published count of category 6 for each service."""
    with_category_6 = [p for p in law.programmes["published"] if p["category_6"] is not None]
    newest = {p["service"]: p for p in sorted(with_category_6, key=lambda p: p["said"])}
    return {
        service: {
            "applications": p["applications"],
            "category_6": p["category_6"],
            "share": round(p["category_6"] / p["applications"], 6),
            "said": p["said"].isoformat(),
            "url": p["url"],
        }
        for service, p in newest.items()
    }
