"""The month's list, as `tarazy draw --follow-ups` makes it, proves it and explains it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import polars as pl

from features.errors import InputError
from features.files.whole import replacing
from models.law.parameters import Law
from serving.commands import sources, training_side
from serving.commands.terminal import Answer
from serving.inspections import list_files, tables

if TYPE_CHECKING:
    from serving.commands.inspecting import DrawOptions, Places, Seed
    from serving.inspections.pool import Pool


def refuse_options(options: "DrawOptions") -> None:
    """Refuse what belongs to one kind of draw where the other is asked for."""
    if options.replay is not None:
        return
    others = {
        "--report": options.report is not None,
        "--among": options.among is not None,
        "--random-least": options.random_least is not None,
    }
    ours = {
        "--looked": bool(options.looked),
        "--learn": options.learn is not None,
        "--explain": options.explain is not None,
    }
    wrong = [name for name, given in (others if options.follow_ups else ours).items() if given]
    if wrong:
        raise click.UsageError(
            f"{', '.join(wrong)} cannot stand {'with' if options.follow_ups else 'without'} "
            "--follow-ups."
        )


def made(options: "DrawOptions", pool: "Pool", places: "Places", seed: "Seed") -> Answer:
    """Make the list of a month, and write it with its record and its seed."""
    law = _law(pool)
    changes = {} if options.random_share is None else {"lot_share": options.random_share}
    policy = training_side.month_policy.month_policy_of(law.day, **changes)
    month, record = training_side.month_record.month(
        _made_of(pool, law, options.looked),
        capacities=_capacities(options, pool, law),
        policy=policy,
        sealed=seed.secret,
        promise=seed.promise,
        learn=options.learn,
    )
    why = _why(month, options.explain, policy)
    if options.sealed is None:
        list_files.write_seal(places.sealed, seed.secret.as_json())
    with replacing(places.out) as path:
        month.list.write_parquet(path)
    list_files.write_json(places.record, record)
    design = record["design"]
    arms = ", ".join(f"{arm.replace('_', ' ')} {n:,}" for arm, n in design["arms"].items())
    chosen_by = ("commitment", "promise", "hashes", "parameters", "design", "learning")
    return Answer(
        places.as_json() | {name: record[name] for name in chosen_by} | _explained(why),
        [
            tables.of_month(design),
            f"To look at this month: {design['listed']:,} families ({arms}). "
            f"{design['without_room']:,} more ask and find no room; "
            f"{design['looked_at_before']:,} were listed before for the same reasons.",
            *([] if record["learning"] is None else [record["learning"]["weights"]]),
            *([] if why is None else [f"Household {why.household_id}: {why.why}"]),
            f"The hash of the seed{'' if options.published else ', to be published'}: "
            f"{record['commitment']}",
            f"Keep the seed sealed until the looks are made: {places.sealed}",
            f"Out: {places.out}",
            f"Record: {places.record}",
        ],
    )


def replayed(
    options: "DrawOptions",
    shown: pl.DataFrame,
    pool: "Pool",
    record: Any,
    secret: "training_side.lot.Sealed | None",
) -> Answer:
    """Make a list again from its seed, and say whether it is the same; or explain one family."""
    of_day = _made_of(pool, _law(pool), options.looked)
    policy = training_side.month_policy.month_policy_of_record(record["parameters"]["policy"])
    why = None
    if options.explain is not None:
        month = training_side.month_record.of_list(shown, record, of_day)
        why = _why(month, options.explain, policy)
    place = {"list": str(options.replay)}
    sentence = [] if why is None else [f"Household {why.household_id}: {why.why}"]
    if secret is None:
        return Answer(place | _explained(why), sentence)
    replay = training_side.month_record.replayed(shown, record, of_day, sealed=secret)
    counts = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in replay["families"].items())
    return Answer(
        place | {"commitment": record["commitment"], **replay, **_explained(why)},
        [
            *sentence,
            f"Identical: {shown.height:,} families, listed again from the seed of the record.",
        ]
        if replay["identical"]
        else ["Differs:", *(f"  {why}" for why in replay["differences"]), f"  families {counts}"],
        exit_code=0 if replay["identical"] else 1,
    )


def _law(pool: "Pool") -> Law:
    return sources.in_force(date.fromisoformat(pool.inputs["as_of"]))


def _made_of(pool: "Pool", law: Law, looked: Sequence[Path]) -> "training_side.month_record.Made":
    return training_side.month_record.Made(
        families=pool.decided,
        law=law,
        inputs=pool.inputs,
        earlier=tuple(_earlier(path) for path in looked),
    )


def _earlier(path: Path) -> "training_side.month_list.Earlier":
    """Read the list of an earlier month; its record says of which day it is."""
    record = list_files.record_beside(path)
    shown = list_files.read_list(path)
    try:
        training_side.month_record.refuse_stranger(record)
        training_side.month_record.refuse_touched(shown, record)
    except InputError as error:
        raise InputError(f"--looked {path}: {error}") from None
    day = date.fromisoformat(record["inputs"]["as_of"])
    return training_side.month_list.Earlier(day=day, list=shown)


def _capacities(options: "DrawOptions", pool: "Pool", law: Law) -> dict[str, int]:
    if options.capacities is not None:
        return list_files.visits_by_region(options.capacities)
    if isinstance(options.capacity, int):
        shared: dict[str, int] = training_side.design.shared_out(pool.families, options.capacity)
        return shared
    share = options.capacity or float(law.review_capacity)
    places: dict[str, int] = training_side.month_list.places_of(pool.decided, share)
    return places


def _why(
    month: "training_side.month_list.Month",
    household_id: int | None,
    policy: "training_side.month_policy.MonthPolicy",
) -> "training_side.month_explained.Why | None":
    if household_id is None:
        return None
    return training_side.month_explained.explained(month, household_id, policy)


def _explained(why: "training_side.month_explained.Why | None") -> dict[str, Any]:
    return {} if why is None else {"explained": why.as_json()}
