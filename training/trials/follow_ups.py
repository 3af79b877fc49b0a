"""What looking at families catches where the truth is known, against the queue before and chance.

    python -m training.trials.follow_ups --households 20000 --draws 2 --out FOLDER

For every world and draw a country is simulated and trained on as always, every family is
decided, and the rules are applied again with the family's true hidden income counted: its
answer *changes* where the category or an entitlement is another one then. Judged are families
that no label speaks of; those who learn have seen the others.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from features.checking import check
from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from models.assessment import looks
from models.assessment.looks import Load, Looks
from models.decision import materiality
from models.decision.pipeline import Decisions, decide
from models.law.parameters import Law
from models.learned.predict import Models
from training.evaluation import follow_ups, review_load
from training.evaluation import looks as by_group
from training.fitting.fit import fit
from training.labels.gather import gather
from training.population import simulate, truth
from training.population.worlds import ORDINARY
from training.population.worlds import worlds as known_worlds

_IN_NEED: Final = ("1", "2")
_FIGURES: Final[Mapping[str, Callable[[Looks], float | None]]] = {
    "waiting": lambda m: m.whole.waiting / m.whole.families,
    "waited before": lambda m: m.whole.waited_before / m.whole.families,
    "category 1 and 2 waiting": lambda m: _share_in_need(m, lambda load: load.waiting),
    "category 1 and 2 waited before": lambda m: _share_in_need(m, lambda load: load.waited_before),
    "asking for a look": lambda m: m.whole.asking / m.whole.families,
    "followed up": lambda m: m.whole.followed_up.families / m.whole.families,
    "answer changes, of all": lambda m: m.whole.changed.value,
    "answer changes, of the followed up": lambda m: m.whole.followed_up.changed.value,
    "answer changes, of the queue before": lambda m: m.whole.before.changed.value,
    "of all changed, followed up": lambda m: m.whole.followed_up.of_changed,
    "of all changed, in the queue before": lambda m: m.whole.before.of_changed,
    "of what the queue before would catch, caught": lambda m: m.of_before.value,
    "the most that so many looks could catch of it": lambda m: m.at_most_of_before,
}
"""Shares, told as such."""
_RATIOS: Final[Mapping[str, Callable[[Looks], float | None]]] = {
    "changed for 1,000 looks": lambda m: m.whole.followed_up.per_thousand,
    "changed for 1,000 looks before": lambda m: m.whole.before.per_thousand,
    "times the queue before": lambda m: m.whole.ratio,
    "times chance": lambda m: m.whole.against_chance,
    "troubled for each changed": lambda m: m.whole.followed_up.troubled,
    "troubled for each changed before": lambda m: m.whole.before.troubled,
    "working days": lambda m: m.days,
    "working days before": lambda m: m.days_before,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One simulated country, and what looks cost and catch in it.

    ``seconds`` of processor time; ``refused``: why nothing could be learned there.
    """

    world: str
    seed: int
    measured: Looks | None
    seconds: float
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "world": self.world,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "refused": self.refused,
            "looks": None if self.measured is None else self.measured.as_json(),
        }


@click.command(epilog="Example: python -m training.trials.follow_ups --world ordinary --out looks")
@click.option("--households", type=click.IntRange(min=5_000), default=20_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=20_260_101, show_default=True)
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Countries simulated of each world, of this seed and the next ones.",
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default="2026-01-01", metavar="DAY")
@click.option(
    "--world",
    "chosen",
    multiple=True,
    type=click.Choice(sorted(known_worlds())),
    help=f"Only these worlds; default: {ORDINARY}.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def main(
    households: int,
    seed: int,
    draws: int,
    as_of: datetime,
    chosen: Sequence[str],
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Measure what looks catch where the truth is known; keep FOLDER/looks.md, .json and .png."""
    out.mkdir(parents=True, exist_ok=True)
    made: list[Draw] = []
    with tempfile.TemporaryDirectory(prefix="follow-ups-") as place:
        for world in chosen or (ORDINARY,):
            for number in range(draws):
                click.echo(f"{world}, draw {number + 1} of {draws} …", err=True)
                work = Path(place) / f"{world}-{number}"
                made.append(
                    drawn(
                        work, world, households=households, seed=seed + number, as_of=as_of.date()
                    )
                )
                shutil.rmtree(work)
    trial = {"households": households, "draws": [draw.as_json() for draw in made]}
    (out / "looks.json").write_text(json.dumps(trial, indent=1) + "\n", encoding="utf-8")
    (out / "looks.md").write_text(page(made, households), encoding="utf-8")
    picture(made, out / "looks.png")
    click.echo(json.dumps(trial) if as_json else page(made, households))


def drawn(work: Path, world: str, *, households: int, seed: int, as_of: date) -> Draw:
    """Simulate a country in a folder, learn in it, and measure by its truth."""
    began = time.process_time()
    data = work / "data"
    simulate(data, households=households, seed=seed, as_of=as_of, world=world)
    try:
        made = _snapshot(data, as_of, work / "snapshot")
        measured = judged(made, truth.read(data), seed=seed)
    except InputError as refusal:
        return Draw(
            world=world,
            seed=seed,
            measured=None,
            seconds=time.process_time() - began,
            refused=str(refusal),
        )
    return Draw(world=world, seed=seed, measured=measured, seconds=time.process_time() - began)


def judged(snapshot: Snapshot, real: pl.DataFrame, *, seed: int) -> Looks:
    """Learn from a snapshot, decide for all of its families, and judge by what they truly hide."""
    law = Law(snapshot.as_of)
    generator = np.random.default_rng(seed)
    labels = gather([snapshot], generator=generator)
    fitted = fit(labels, law=law, seed=seed % 2**31, generator=generator)
    fitted, _ = review_load.limited(labels, fitted, law)
    fitted, _ = follow_ups.fixed(labels, fitted, snapshot, law)
    families = pl.concat(
        _partition(snapshot, number, fitted.models, law, real) for number in snapshot.partitions
    )
    labelled = pl.concat([f["household_id"] for f in (labels.inspections, labels.survey)])
    return of_unlabelled(families, labelled, law)


def of_unlabelled(families: pl.DataFrame, labelled: pl.Series, law: Law) -> Looks:
    """Measure, leaving unknown what changes for families from whom something was learned."""
    met = pl.col("household_id").is_in(labelled.unique().implode())
    unseen = families.with_columns(changed=pl.when(~met).then("changed"))
    return looks.measured(unseen, by_group.GROUPS, review_days=float(law.review_days))


def truly_changed(decisions: Decisions, real: pl.DataFrame) -> pl.DataFrame:
    """Say of each family whether its category or an entitlement is another by its true income.

    ``real`` holds ``hidden_income_monthly``; a family whose truth is not there is null. Returns
    ``household_id`` and ``changed``.
    """
    hidden = decisions.table.select("household_id").join(
        real.select("household_id", extra=pl.col("hidden_income_monthly").cast(pl.Int64)),
        on="household_id",
        how="inner",
        maintain_order="left",
    )
    then = materiality.with_income(decisions.by_rules.counted, hidden, decisions.law)
    return (
        decisions.table.select("household_id", "category", "eligible_services")
        .join(then, on="household_id", how="left", maintain_order="left")
        .select(
            "household_id",
            changed=(pl.col("category_then") != pl.col("category"))
            | (pl.col("services_then") != pl.col("eligible_services")),
        )
    )


def page(made: Sequence[Draw], households: int) -> str:
    """Return the tables in Markdown: each world, then by category and by group."""
    worlds = {
        world: [d.measured for d in made if d.world == world and d.measured is not None]
        for world in dict.fromkeys(d.world for d in made)
    }
    known = {world: measured for world, measured in worlds.items() if measured}
    lines = [
        "# What looks cost, and what they catch",
        "",
        f"{households:,} families a draw; mean ± standard deviation over draws. An answer changes "
        "where the category or an entitlement is another one with the true hidden income counted; "
        "judged on families that no label speaks of. The queue before: who waited by the policy "
        "until 2025-12-31 and waits no longer, looked at in random order.",
        "",
        *(f"* {d.world}, seed {d.seed}: {d.refused}" for d in made if d.refused),
        "",
        _row("", *(f"{world} ({len(m)})" for world, m in known.items())),
        "|---" * (len(known) + 1) + "|",
    ]
    for name, figure in _FIGURES.items():
        lines.append(_row(name, *(_spread(map(figure, m), "{:.2%}") for m in known.values())))
    for name, figure in _RATIOS.items():
        lines.append(_row(name, *(_spread(map(figure, m), "{:,.2f}") for m in known.values())))
    seconds = {w: [d.seconds for d in made if d.world == w] for w in known}
    lines.append(
        _row("processor seconds a draw", *(_spread(s, "{:.0f}") for s in seconds.values()))
    )
    for world, measured in known.items():
        for name in by_group.GROUPS:
            lines += [
                "",
                f"## {world}, by {name.replace('_', ' ')}",
                "",
                *_by_group(measured, name),
            ]
    return "\n".join(lines) + "\n"


def picture(made: Sequence[Draw], file: Path) -> None:
    """Draw the curve of every draw, a world beside the other."""
    worlds = list(dict.fromkeys(d.world for d in made))
    with mpl.rc_context({"svg.hashsalt": "tarazy"}):
        figure = Figure(figsize=(5 * len(worlds), 4), layout="constrained")
        many = figure.subplots(1, len(worlds), squeeze=False)[0]
        for axes, world in zip(many, worlds, strict=True):
            for draw in made:
                if draw.world == world and draw.measured is not None:
                    _lines(axes, draw.measured)
            axes.set(title=world, xlabel="looks", ylabel="changed answers reached")
            axes.grid(alpha=0.3)
        figure.savefig(file, dpi=120, metadata={"Software": None})


def _lines(axes: Any, measured: Looks) -> None:
    at = [p.looks for p in measured.curve]
    for name, colour in (("in_order", "#0b5394"), ("before", "#b3261e"), ("by_chance", "grey")):
        axes.plot(at, [getattr(p, name) for p in measured.curve], color=colour, linewidth=1)
    axes.axvline(measured.whole.followed_up.families, color="grey", linewidth=0.6, linestyle=":")


def _partition(
    snapshot: Snapshot, number: int, models: Models, law: Law, real: pl.DataFrame
) -> pl.DataFrame:
    registers = snapshot.registers(number, law.day)
    decisions = decide(registers, models, law)
    return by_group.of(decisions, registers, law.day).join(
        truly_changed(decisions, real), on="household_id", how="left"
    )


def _snapshot(data: Path, as_of: date, folder: Path) -> Snapshot:
    opened = open_data_set(data)
    errors = [fault for fault in check.faults(opened, as_of) if fault.is_error]
    if errors:
        raise InputError(f"`check` finds {len(errors)} kinds of errors: nothing is trained on it.")
    return make(opened, as_of, folder)


def _by_group(measured: Sequence[Looks], name: str) -> list[str]:
    loads: dict[str | None, list[Load]] = {}
    for one in measured:
        for group in one.groups[name]:
            if group.load is not None:
                loads.setdefault(group.value, []).append(group.load)
    columns: dict[str, tuple[str, Callable[[Load], float | None]]] = {
        "families": ("{:,.0f}", lambda of: of.families),
        "waiting": ("{:.1%}", lambda of: of.waiting / of.families),
        "waited before": ("{:.1%}", lambda of: of.waited_before / of.families),
        "followed up": ("{:.2%}", lambda of: of.followed_up.families / of.families),
        "changes, of all": ("{:.1%}", lambda of: of.changed.value),
        "of the followed up": ("{:.1%}", lambda of: of.followed_up.changed.value),
        "of the queue before": ("{:.1%}", lambda of: of.before.changed.value),
        "of all changed, followed up": ("{:.1%}", lambda of: of.followed_up.of_changed),
        "troubled for each changed": ("{:.2f}", lambda of: of.followed_up.troubled),
        "before": ("{:.2f}", lambda of: of.before.troubled),
    }
    return [
        _row("", *columns),
        "|---" * (len(columns) + 1) + "|",
        *(
            _row(
                by_group.named(name, value),
                *(_spread(map(of, rows), shape) for shape, of in columns.values()),
            )
            for value, rows in loads.items()
        ),
    ]


def _share_in_need(measured: Looks, count: Callable[[Load], int]) -> float | None:
    loads = [
        g.load for g in measured.groups["category"] if g.value in _IN_NEED and g.load is not None
    ]
    families = sum(load.families for load in loads)
    return sum(count(load) for load in loads) / families if families else None


def _spread(values: Any, shape: str) -> str:
    known = [float(v) for v in values if v is not None]
    if not known:
        return "unknown"
    mean = shape.format(float(np.mean(known)))
    return f"{mean} ± {shape.format(float(np.std(known, ddof=1)))}" if len(known) > 1 else mean


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
