"""Who applied for which local programme, and how the rules would treat them: beside the pilot.

Category 6 takes local help away, so its share among the applicants is what the ministry
publishes of the pilot, by service. Here the same share is counted on the `applications`
register, with an exact interval, for all applicants and for those of the pilot's regions.
"""

from typing import Any, Final

import polars as pl

from models.assessment.metrics import share
from models.law.parameters import Law
from models.rules import programmes
from models.rules.category import RICHEST
from serving.shown import SHOWN_FROM

WHY_SILENT: Final = (
    "The register `applications` did not answer, so nobody can tell who asked for what."
)
_VERDICTS: Final = (programmes.ELIGIBLE, programmes.REVIEW, programmes.NOT_ELIGIBLE)


def by_service(table: pl.DataFrame, applications: pl.DataFrame | None, law: Law) -> dict[str, Any]:
    """Return what the rules say of all families and of the applicants, by programme.

    Parameters
    ----------
    table : one row a family with ``household_id``, ``region``, ``rule_category``,
        ``eligible_services`` and ``services_in_review``.
    applications : ``household_id`` and ``service``, as the register had them on the day;
        None: it was silent. A family that applied twice for one service counts once.
    law : of the day of the decisions.

    Returns
    -------
    ``why_not`` (text or None) and ``services``: for each programme in force the verdicts
    over all families, the applicants, those of category 6 and their share with its exact
    95 % interval, the same in the pilot's regions, and the newest published count.
    Fewer than ten applicants are not shown. ``not_on_file`` counts the applications for
    anything that is no local programme: of those nothing is decided here.
    """
    listed = programmes.in_force(law)
    applied = (
        pl.DataFrame(schema={"household_id": pl.Int64, "service": pl.String})
        if applications is None
        else applications.select("household_id", pl.col("service").cast(pl.String)).unique()
    )
    others = applied.filter(~pl.col("service").is_in([p.code for p in listed]))
    return {
        "why_not": WHY_SILENT if applications is None else None,
        "services": [_service(p, table, applied, law) for p in listed],
        "not_on_file": others.height,
    }


def _service(
    programme: programmes.Programme, table: pl.DataFrame, applied: pl.DataFrame, law: Law
) -> dict[str, Any]:
    applications = applied.filter(pl.col("service") == programme.code).select("household_id")
    applicants = table.join(applications, on="household_id", how="semi")
    pilot = applicants.filter(pl.col("region").is_in(law.programmes["pilot_regions"]))
    return {
        "service": programme.code,
        "name": programme.name.as_json(),
        "families": _verdicts(programme.code, table),
        "applicants": _applicants(programme.code, applicants),
        "pilot_regions": _applicants(programme.code, pilot),
        "published": _published(programme.code, law),
    }


def _applicants(code: str, applicants: pl.DataFrame) -> dict[str, Any]:
    shown = applicants.height >= SHOWN_FROM
    richest = int((applicants["rule_category"] == RICHEST).sum())
    return {
        "suppressed": 0 < applicants.height < SHOWN_FROM,
        "families": applicants.height if shown or applicants.is_empty() else None,
        "category_6": richest if shown else None,
        "share": share(richest, applicants.height).as_json() if shown else None,
        "verdicts": _verdicts(code, applicants) if shown else None,
    }


def _verdicts(code: str, table: pl.DataFrame) -> dict[str, int]:
    """Return how many families the rules let receive it, send to a person, or refuse."""
    counted = table.select(
        pl.col("eligible_services").list.contains(code).sum().alias(programmes.ELIGIBLE),
        pl.col("services_in_review").list.contains(code).sum().alias(programmes.REVIEW),
    ).row(0, named=True)
    refused = table.height - sum(counted.values())
    return {name: int((counted | {programmes.NOT_ELIGIBLE: refused})[name]) for name in _VERDICTS}


def _published(code: str, law: Law) -> dict[str, Any] | None:
    """Return the newest published count of the service that says how many were in category 6."""
    published = [p for p in law.programmes["published"] if p["service"] == code]
    with_category_6 = [p for p in published if p["category_6"] is not None]
    if not with_category_6:
        return None
    newest = max(with_category_6, key=lambda p: p["said"])
    return {
        "said": newest["said"].isoformat(),
        "applications": newest["applications"],
        "category_6": newest["category_6"],
        "share": share(newest["category_6"], newest["applications"]).as_json(),
        "url": newest["url"],
    }
