"""The verb that draws inspections and lists follow-ups, and proves a list by making it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import polars as pl

from features.errors import InputError
from features.files import tables as table_files
from features.files.whole import may_be_written, replacing, replacing_folder
from features.registers.snapshot import Snapshot
from serving.commands import month_list, sources, training_side
from serving.commands.decisions import chosen
from serving.commands.terminal import (
    DAY,
    FOLDER,
    SNAP,
    Answer,
    Terminal,
    as_of_option,
    day,
    model_option,
    unsigned_option,
    verb,
)
from serving.inspections import list_files, tables

if TYPE_CHECKING:
    from serving.inspections.pool import Pool

_HELP: Final = """\b
Examples:
  tarazy draw SNAP --capacity 1200 --out list.parquet --report report
With the hash of the seed published before anything is known:
  tarazy draw --commit seed.json
  tarazy draw SNAP --capacity 2% --sealed seed.json --out list.parquet \\
      --published 2026-01-05 "the ministry's site, notice 17"
Anybody may draw again, once the seed is shown:
  tarazy draw SNAP --replay list.parquet --reveal seed.json
How many random inspections prove what:
  tarazy draw --power
Whom a person looks at this month, of those whose decision asks for it:
  tarazy draw SNAP --follow-ups --looked december.parquet \\
      --out january.parquet
Why one family is on the list, or why not:
  tarazy draw SNAP --replay january.parquet --looked december.parquet \\
      --explain 4065159
"""


class _Capacity(click.ParamType[int | float]):
    """A number of visits, or a share of the families."""

    name = "N|N%"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> int | float:
        """Return whole visits as an int, a share as a float."""
        try:
            text = str(value)
            capacity = float(text[:-1]) / 100 if text.endswith("%") else int(text)
        except ValueError:
            self.fail(f"{value!r} is neither a number such as 1200 nor a share such as 2%.")
        if capacity <= 0 or (isinstance(capacity, float) and capacity > 1):
            self.fail(f"{value!r} is out of range: at least one visit, at most 100%.")
        return capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawOptions:
    """What the options of `tarazy draw` name; None: not given."""

    snap: Path | None
    capacity: int | float | None
    """Visits in all: an int is their number, a float a share of the families, above 0 to 1."""
    capacities: Path | None
    random_share: float | None
    random_least: int | None
    out: Path | None
    report: Path | None
    among: Path | None
    seed: str | None
    commit: Path | None
    sealed: Path | None
    published: tuple[datetime, str] | None
    replay: Path | None
    reveal: Path | None
    power: bool
    follow_ups: bool
    looked: tuple[Path, ...]
    learn: str | None
    explain: int | None
    model: str
    as_of: datetime | None

    @property
    def policy(self) -> dict[str, float]:
        """What is drawn otherwise than the policy has it."""
        changes = {"random_share": self.random_share, "random_least": self.random_least}
        return {name: value for name, value in changes.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a draw writes: the list, its record, the seed, and the report if one is asked for."""

    out: Path
    record: Path
    sealed: Path
    report: Path | None

    @classmethod
    def of(cls, out: Path, sealed: Path | None, report: Path | None) -> "Places":
        """Refuse what cannot be written before anything is drawn."""
        table_files.refuse_ending(out, ".parquet")
        may_be_written(out)
        if report is not None:
            list_files.may_take(report)
        record, seal = out.with_suffix(".json"), sealed or out.with_suffix(".seed.json")
        if seal.resolve() == record.resolve():
            raise InputError(
                f"The record of {out} would be written over the sealed seed {seal}: name another "
                "--out."
            )
        return cls(out=out, record=record, sealed=seal, report=report)

    def as_json(self) -> dict[str, str]:
        """Return the names of the files that a draw has written."""
        page = {} if self.report is None else {"report": str(self.report / "index.html")}
        return {
            "out": str(self.out),
            "record": str(self.record),
            "sealed": str(self.sealed),
            **page,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """The secret that a list is drawn by, and where its hash was published before, if it was."""

    secret: "training_side.lot.Sealed"
    promise: "training_side.lot.Promise"


@click.command(epilog=_HELP)
@click.argument("snap", type=FOLDER, required=False, metavar="[SNAP]", help=SNAP)
@unsigned_option
@click.option("--capacity", type=_Capacity(), help="Visits in all, or a share of the families.")
@click.option(
    "--capacities",
    type=FOLDER,
    metavar="FILE.csv",
    help="Visits of each region (columns region, visits) instead of --capacity.",
)
@click.option(
    "--random-share",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Share of the visits that is drawn at random. Default: the policy's.",
)
@click.option(
    "--random-least",
    type=click.IntRange(min=0),
    metavar="N",
    help="Visits drawn at random, at the least. Default: the policy's.",
)
@click.option(
    "--out", type=FOLDER, metavar="LIST.parquet", help="The list; its record is written beside it."
)
@click.option("--report", type=FOLDER, metavar="FOLDER", help="The report as a page.")
@click.option(
    "--among",
    type=FOLDER,
    metavar="FILE.parquet",
    help="The households that may be visited (column household_id). Default: all with a member.",
)
@click.option("--seed", metavar="TEXT", help="The seed. Default: drawn by the operating system.")
@click.option("--commit", type=FOLDER, metavar="FILE", help="Seal a seed; print its hash alone.")
@click.option("--sealed", type=FOLDER, metavar="FILE", help="Draw by a seed sealed before.")
@click.option(
    "--published",
    type=(DAY, str),
    metavar="DAY PLACE",
    help="When and where the hash of the sealed seed was published; the report says so.",
)
@click.option("--replay", type=FOLDER, metavar="LIST.parquet", help="Draw this list again.")
@click.option("--reveal", type=FOLDER, metavar="FILE", help="The seed of the list to replay.")
@click.option(
    "--follow-ups",
    is_flag=True,
    help="List whom a person looks at this month. Default capacity: the law's share of a region.",
)
@click.option(
    "--looked",
    type=FOLDER,
    multiple=True,
    metavar="LIST.parquet",
    help="A list of an earlier month: nobody is listed again for the same reasons. Repeatable.",
)
@click.option(
    "--learn",
    metavar="FLAG_CODE",
    help="Keep a part of the places drawn by lot for families with this red flag.",
)
@click.option(
    "--explain",
    type=click.IntRange(-(2**63), 2**63 - 1),
    metavar="HOUSEHOLD_ID",
    help="Say why this family is on the month's list, or why not.",
)
@click.option("--power", is_flag=True, help="Show how many random inspections prove what.")
@model_option
@as_of_option
@verb
def draw(terminal: Terminal, **named: Any) -> Answer:
    """Draw whom to visit: a random arm, and the rest where a visit is worth its burden.

    With --follow-ups: whom a person looks at this month, within the room of each region.

    Every chance is logged. The hash of the secret seed is published with the list or before
    it, and whoever is shown the seed can draw the list again.
    """
    options = DrawOptions(**named)
    if options.power:
        return _power()
    if options.commit is not None:
        return _committed(options.commit, options.seed)
    if options.snap is None:
        raise click.UsageError("Name the snapshot to draw from, or ask for --commit or --power.")
    if options.replay is not None:
        if options.reveal is None and options.explain is None:
            raise click.UsageError("--replay needs --reveal FILE: the seed of the list.")
        return _replayed(terminal, options, options.snap, options.replay)
    month_list.refuse_options(options)
    rooms = (options.capacity is not None) + (options.capacities is not None)
    if options.out is None or rooms > 1 or (rooms == 0 and not options.follow_ups):
        raise click.UsageError(
            "A draw needs --out LIST.parquet, and either --capacity or --capacities (with "
            "--follow-ups at most one of them)."
        )
    if options.seed is not None and options.sealed is not None:
        raise click.UsageError("Give --seed or --sealed, not both.")
    if options.published is not None and options.sealed is None:
        raise click.UsageError(
            "--published needs --sealed FILE: a seed that is drawn with the list cannot have been "
            "promised before."
        )
    return _drawn(
        terminal, options, options.snap, Places.of(options.out, options.sealed, options.report)
    )


def _drawn(terminal: Terminal, options: DrawOptions, snap: Path, places: Places) -> Answer:
    seed = _seed(options, places)
    opened = sources.opened(snap, day(options.as_of), terminal)
    pool = _pool(terminal, opened, options.model, options.among)
    if options.follow_ups:
        return month_list.made(options, pool, places, seed)
    policy = training_side.policy.policy_of(
        sources.in_force(date.fromisoformat(pool.inputs["as_of"])), **options.policy
    )
    drawn, record = training_side.list_record.drawn(
        pool.families,
        capacities=_capacities(pool.families, options.capacity, options.capacities),
        policy=policy,
        sealed=seed.secret,
        inputs=pool.inputs,
        promise=seed.promise,
    )
    objectives = training_side.objectives.audit(drawn, pool.groups, policy=policy)
    if options.sealed is None:
        list_files.write_seal(places.sealed, seed.secret.as_json())
    with replacing(places.out) as path:
        drawn.list.write_parquet(path)
    list_files.write_json(places.record, record)
    if places.report is not None:
        _write_report(places.report, training_side.list_report.as_json(record, objectives))
    written = places.as_json()
    chosen_by = ("commitment", "promise", "hashes", "parameters", "design")
    return Answer(
        {**written, **{name: record[name] for name in chosen_by}, "objectives": objectives},
        [
            tables.of_arms(record["design"]),
            tables.of_reach(objectives),
            training_side.list_report.promised(record),
            f"The hash of the seed{'' if options.published else ', to be published'}: "
            f"{record['commitment']}",
            f"Keep the seed sealed until the visits are made: {places.sealed}",
            *(
                f"{name.capitalize()}: {place}"
                for name, place in written.items()
                if name != "sealed"
            ),
        ],
    )


def _seed(options: DrawOptions, places: Places) -> Seed:
    """Return the seed of the list, before any work: what is wrong with it is not learned later."""
    content: dict[str, Any] = {}
    if options.sealed is None:
        list_files.refuse_existing(places.sealed)
        secret = training_side.lot.seal(options.seed)
    else:
        content = list_files.read_json(options.sealed)
        secret = training_side.lot.unseal(content)
    place = (
        None if options.published is None else (options.published[0].date(), options.published[1])
    )
    promise = training_side.lot.promise(content, place, datetime.now(UTC).date())
    return Seed(secret=secret, promise=promise)


def _write_report(folder: Path, content: dict[str, Any]) -> None:
    with replacing_folder(folder) as draft:
        list_files.write_json(draft / "report.json", content)
        page = training_side.list_report.page(content)
        (draft / "index.html").write_text(page, encoding="utf-8")


def _power() -> Answer:
    power = training_side.power.table()
    assumed = power["auc"]["assumed"]
    return Answer(
        power,
        [
            f"Two-sided {power['level']:.0%} intervals, {power['power']:.0%} chance to see it. "
            f"For AUC, assumed: correlation {assumed['correlation']}, AUC {assumed['auc']}, "
            f"{assumed['confirmed']:.0%} confirmed.",
            *tables.of_power(power),
        ],
    )


def _committed(path: Path, seed: str | None) -> Answer:
    list_files.refuse_existing(path)
    secret = training_side.lot.seal(seed)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    list_files.write_seal(path, {**secret.as_json(), "sealed_at": now})
    return Answer(
        {"sealed": str(path), "commitment": secret.commitment},
        [
            f"Publish the hash of the seed: {secret.commitment}",
            f"Keep {path} sealed; best publish before the snapshot to draw from is made, and name "
            "day and place by --published when you draw.",
        ],
    )


def _replayed(terminal: Terminal, options: DrawOptions, snap: Path, listed: Path) -> Answer:
    record = list_files.record_beside(listed)
    of_month = isinstance(record, dict) and record.get("record") == training_side.month_record.KIND
    kind = training_side.month_record if of_month else training_side.list_record
    kind.refuse_stranger(record)
    seal = None if options.reveal is None else list_files.read_json(options.reveal)
    secret = None if seal is None else training_side.lot.unseal(seal)
    shown = list_files.read_list(listed)
    if of_month:
        pool = _pool_again(terminal, options, snap, listed, record)
        return month_list.replayed(options, shown, pool, record, secret)
    if secret is None or options.looked or options.explain is not None:
        raise click.UsageError(
            f"{listed} is a list of inspections: it is proved by --reveal; --looked and --explain "
            "are of a month's list."
        )
    pool = _pool_again(terminal, options, snap, listed, record)
    replay = training_side.list_record.replayed(
        shown, record, pool.families, sealed=secret, inputs=pool.inputs
    )
    counts = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in replay["families"].items())
    words = (
        [
            f"Identical: {shown.height:,} families, drawn again from the seed whose hash the "
            "record names."
        ]
        if replay["identical"]
        else ["Differs:", *(f"  {why}" for why in replay["differences"]), f"  families {counts}"]
    )
    return Answer(
        {"list": str(listed), "commitment": record["commitment"], **replay},
        words,
        exit_code=0 if replay["identical"] else 1,
    )


def _pool_again(
    terminal: Terminal, options: DrawOptions, snap: Path, listed: Path, record: Mapping[str, Any]
) -> "Pool":
    """Decide again what a list was made of; the snapshot must be its own."""
    inputs, among = record["inputs"], options.among
    opened = sources.opened(snap, date.fromisoformat(inputs["as_of"]), terminal)
    _refuse_other(opened[0], record)
    if inputs.get("among") and among is None:
        raise InputError(
            f"{listed} was drawn among households that were handed in: pass their file by --among."
        )
    model = "none" if inputs["model"] is None else str(inputs["model"]["version"])
    return _pool(terminal, opened, model, among)


def _refuse_other(snapshot: Snapshot, record: Mapping[str, Any]) -> None:
    """Refuse another snapshot before any work: everything drawn from it would differ, too."""
    inputs = record["inputs"]
    if snapshot.digest != inputs["snapshot"]:
        raise InputError(
            f"{snapshot.folder} is not the snapshot that the list was drawn from: its digest is "
            f"{snapshot.digest[:12]} (of {snapshot.as_of}), the record names "
            f"{str(inputs['snapshot'])[:12]} (for {inputs['as_of']}). Nothing was drawn: pass that "
            "snapshot; the list itself is neither proved nor disproved."
        )


def _pool(
    terminal: Terminal, opened: tuple[Snapshot, date], model: str, among: Path | None
) -> "Pool":
    from serving.inspections.pool import pool

    snapshot, on = opened
    models = chosen(sources.home(), model)
    may = None if among is None else list_files.households(among)
    with terminal.bar() as progress:
        return pool(snapshot, as_of=on, models=models, among=may, progress=progress)


def _capacities(
    families: pl.DataFrame, capacity: int | float | None, path: Path | None
) -> dict[str, int]:
    if path is not None:
        return list_files.visits_by_region(path)
    if capacity is None:
        raise click.UsageError("Give --capacity or --capacities.")
    if isinstance(capacity, float):
        living = families.filter(pl.col("members") > 0).height
        capacity = max(1, round(capacity * living))
    shared: dict[str, int] = training_side.design.shared_out(families, capacity)
    return shared
