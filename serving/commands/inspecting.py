"""The verb that draws inspections, and proves a draw by drawing it again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import click
import polars as pl
from rich.table import Table

from features.errors import InputError
from features.files import tables as table_files
from features.files.whole import may_be_written, replacing, replacing_folder
from features.registers.snapshot import Snapshot
from serving.commands import sources, training_side
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
from serving.inspections import list_files

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
@click.option("--power", is_flag=True, help="Show how many random inspections prove what.")
@model_option
@as_of_option
@verb
def draw(
    terminal: Terminal,
    snap: Path | None,
    capacity: int | float | None,
    capacities: Path | None,
    random_share: float | None,
    random_least: int | None,
    out: Path | None,
    report: Path | None,
    among: Path | None,
    seed: str | None,
    commit: Path | None,
    sealed: Path | None,
    published: tuple[datetime, str] | None,
    replay: Path | None,
    reveal: Path | None,
    power: bool,
    model: str,
    as_of: datetime | None,
) -> Answer:
    """Draw whom to visit: a random arm, and the rest where a visit is worth its burden.

    Every chance is logged. The hash of the secret seed is published with the list or before
    it, and whoever is shown the seed can draw the list again.
    """
    if power:
        return _power()
    if commit is not None:
        return _committed(commit, seed)
    if snap is None:
        raise click.UsageError("Name the snapshot to draw from, or ask for --commit or --power.")
    if replay is not None:
        if reveal is None:
            raise click.UsageError("--replay needs --reveal FILE: the seed of the list.")
        return _replayed(terminal, snap, replay, reveal, among)
    if out is None or (capacity is None) == (capacities is None):
        raise click.UsageError(
            "A draw needs --out LIST.parquet, and either --capacity or --capacities."
        )
    if seed is not None and sealed is not None:
        raise click.UsageError("Give --seed or --sealed, not both.")
    if published is not None and sealed is None:
        raise click.UsageError(
            "--published needs --sealed FILE: a seed that is drawn with the list cannot have been "
            "promised before."
        )
    table_files.refuse_ending(out, ".parquet")
    may_be_written(out)
    if report is not None:
        list_files.may_take(report)
    # Before any work: what is wrong with the seed shall not be learned after an hour.
    seal = sealed or out.with_suffix(".seed.json")
    if seal.resolve() == out.with_suffix(".json").resolve():
        raise InputError(
            f"The record of {out} would be written over the sealed seed {seal}: name another --out."
        )
    content: dict[str, Any] = {}
    if sealed is None:
        list_files.refuse_existing(seal)
        secret = training_side.lot.seal(seed)
    else:
        content = list_files.read_json(sealed)
        secret = training_side.lot.unseal(content)
    place = None if published is None else (published[0].date(), published[1])
    promise = training_side.lot.promise(content, place, datetime.now(UTC).date())
    pool = _pool(terminal, snap, day(as_of), model, among)
    changes = {"random_share": random_share, "random_least": random_least}
    policy = training_side.policy.policy_of(
        sources.in_force(date.fromisoformat(pool.inputs["as_of"])),
        **{name: value for name, value in changes.items() if value is not None},
    )
    visits = _capacities(pool.families, capacity, capacities)
    drawn, record = training_side.list_record.drawn(
        pool.families,
        capacities=visits,
        policy=policy,
        sealed=secret,
        inputs=pool.inputs,
        promise=promise,
    )
    objectives = training_side.objectives.audit(drawn, pool.groups, policy=policy)
    if sealed is None:
        list_files.write_seal(seal, secret.as_json())
    with replacing(out) as path:
        drawn.list.write_parquet(path)
    list_files.write_json(out.with_suffix(".json"), record)
    places = {"out": out, "record": out.with_suffix(".json"), "sealed": seal}
    if report is not None:
        content = training_side.list_report.as_json(record, objectives)
        with replacing_folder(report) as folder:
            list_files.write_json(folder / "report.json", content)
            page = training_side.list_report.page(content)
            (folder / "index.html").write_text(page, encoding="utf-8")
        places["report"] = report / "index.html"
    return Answer(
        {
            **{name: str(place) for name, place in places.items()},
            **{
                name: record[name]
                for name in ("commitment", "promise", "hashes", "parameters", "design")
            },
            "objectives": objectives,
        },
        [
            _arms(record["design"]),
            _reached(objectives),
            training_side.list_report.promised(record),
            f"The hash of the seed{'' if published else ', to be published'}: "
            f"{record['commitment']}",
            f"Keep the seed sealed until the visits are made: {seal}",
            *(
                f"{name.capitalize()}: {place}"
                for name, place in places.items()
                if name != "sealed"
            ),
        ],
    )


def _power() -> Answer:
    power = training_side.power.table()
    tables = []
    for name, title in _TABLES.items():
        rows = power[name]["differences"] if name == "auc" else power[name]
        table = Table(title, *(_head(key) for key in list(rows[0])[1:]), box=None)
        for row in rows:
            table.add_row(*(_cell(value) for value in row.values()))
        tables.append(table)
    assumed = power["auc"]["assumed"]
    return Answer(
        power,
        [
            f"Two-sided {power['level']:.0%} intervals, {power['power']:.0%} chance to see it. "
            f"For AUC, assumed: correlation {assumed['correlation']}, AUC {assumed['auc']}, "
            f"{assumed['confirmed']:.0%} confirmed.",
            *tables,
        ],
    )


_TABLES: Final = {
    "prevalence": "prevalence",
    "precision": "precision above",
    "groups": "error of a group",
    "auc": "AUC better by",
    "promise": "random inspections",
    "without_a_failure": "never seen, so below",
}


def _head(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n:,} if {float(share):.0%} are flagged" for share, n in value.items())
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


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


def _replayed(
    terminal: Terminal, snap: Path, listed: Path, reveal: Path, among: Path | None
) -> Answer:
    record = list_files.read_json(listed.with_suffix(".json"))
    training_side.list_record.refuse_stranger(record)
    secret = training_side.lot.unseal(list_files.read_json(reveal))
    shown = list_files.read_list(listed)
    inputs = record["inputs"]
    _refuse_other(sources.opened(snap, date.fromisoformat(inputs["as_of"]), terminal)[0], record)
    if inputs.get("among") and among is None:
        raise InputError(
            f"{listed} was drawn among households that were handed in: pass their file by --among."
        )
    model = "none" if inputs["model"] is None else str(inputs["model"]["version"])
    pool = _pool(terminal, snap, date.fromisoformat(inputs["as_of"]), model, among)
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
    terminal: Terminal, snap: Path, as_of: date | None, model: str, among: Path | None
) -> Any:
    from serving.inspections.pool import pool

    snapshot, on = sources.opened(snap, as_of, terminal)
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


def _arms(design: dict[str, Any]) -> Table:
    table = Table("arm", "visits", "smallest chance", "largest", "expected confirmed", box=None)
    for arm in design["arms"]:
        ends = (
            "none" if arm[end] is None else f"{arm[end]:.3%}"
            for end in ("smallest_chance", "largest_chance")
        )
        table.add_row(arm["arm"], f"{arm['visits']:,}", *ends, f"{arm['expected_confirmed']:.0f}")
    return table


def _reached(objectives: dict[str, Any]) -> Table:
    """Return the share of the visits that goes to each group, by objective; regions left out."""
    names = [way["objective"] for way in objectives["objectives"]]
    table = Table("share of the visits", *(_head(name) for name in names), box=None)
    for row in objectives["groups"]:
        if row["kind"] != "region":
            shares = (f"{row['share_of_visits'][name]:.1%}" for name in names)
            table.add_row(f"{_head(row['kind'])}: {row['group']}", *shares)
    return table
