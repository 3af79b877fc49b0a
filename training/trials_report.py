"""The table of worlds: how hard each simulated world is, and how far it is from another data set.

    python -m training.trials_report --households 60000 --out FOLDER [--beside DATA]

For every world: a country is simulated, trained on as always, and judged by its truth
(`training.trials`). With ``--beside`` a data set made by others is trained on too, and
each model is asked to rank the other's random inspections.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click

from features.errors import InputError
from features.registers import check
from features.registers.load import open_data_set
from features.registers.snapshot import Snapshot, make
from training.population import simulate
from training.population.worlds import worlds as known_worlds
from training.trials import Country, crossed, differences, trained, tried

WAYS: Final = (
    "red_flags",
    "payments_above_twice_income",
    "gap_alone",
    "logistic_regression",
    "naive_boosting",
    "tarazy",
    "oracle",
    "oracle_without_invariants",
)
_SHOWN_DIFFERENCES: Final = 12


@click.command(epilog="Example: python -m training.trials_report --households 60000 --out trials")
@click.option("--households", type=click.IntRange(min=5_000), default=60_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=20_260_101, show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default="2026-01-01", metavar="DAY")
@click.option(
    "--world",
    "worlds",
    multiple=True,
    type=click.Choice(sorted(known_worlds())),
    help="Only these worlds; default: every one.",
)
@click.option(
    "--beside",
    type=click.Path(path_type=Path, exists=True),
    metavar="DATA",
    help="A data set of others: it and the ordinary world judge each other's models.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
def main(
    households: int,
    seed: int,
    as_of: datetime,
    worlds: Sequence[str],
    beside: Path | None,
    out: Path,
) -> None:
    """Try the detector in every world; keep the tables as FOLDER/trials.md and trials.json."""
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="trials-"))
    told: dict[str, Any] = {"households": households, "seed": seed, "worlds": {}}
    try:
        if beside is not None:
            other = trained(_snapshot(beside, None, work / "beside"), seed=seed)
        for world in worlds or tuple(known_worlds()):
            click.echo(f"{world} …", err=True)
            began = time.monotonic()
            data, packed = work / world, work / f"{world}-snapshot"
            simulate(data, households=households, seed=seed, as_of=as_of.date(), world=world)
            try:
                country = trained(_snapshot(data, as_of.date(), packed), seed=seed)
            except InputError as refusal:
                told["worlds"][world] = {"refused": str(refusal)}
                continue
            seconds = round(time.monotonic() - began, 1)
            told["worlds"][world] = tried(country, data, seed=seed).told() | {"seconds": seconds}
            if beside is not None and world == "ordinary":
                told["beside"] = _agreement(country, other, seed)
            shutil.rmtree(data)
            shutil.rmtree(packed)
        (out / "trials.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        (out / "trials.md").write_text(page(told), encoding="utf-8")
        click.echo(page(told))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _snapshot(data: Path, as_of: date | None, folder: Path) -> Snapshot:
    opened = open_data_set(data)
    errors = [f for f in check.faults(opened, as_of) if f.is_error]
    if errors:
        raise InputError(
            f"`check` finds {len(errors)} kinds of errors in {sum(f.rows for f in errors)} places: "
            "nothing is trained on such a data set."
        )
    return make(opened, as_of or check.decision_date(opened), folder)


def _agreement(ordinary: Country, other: Country, seed: int) -> dict[str, Any]:
    pairs = {
        "ordinary world by its own model": (ordinary, ordinary),
        "ordinary world by the other's model": (other, ordinary),
        "the other by its own model": (other, other),
        "the other by the ordinary world's model": (ordinary, other),
    }
    return {
        "crossed": {
            name: {way: e.told() for way, e in crossed(*pair, seed=seed).items()}
            for name, pair in pairs.items()
        },
        "inputs": differences(ordinary, other).to_dicts(),
    }


def page(told: Mapping[str, Any]) -> str:
    """Return the tables in Markdown."""
    lines = [
        "# How hard the worlds are",
        "",
        f"{told['households']:,} families a world. AUC against the truth of families that no label "
        "speaks of; in brackets the lift among the most suspicious 5 %. *Of oracle*: our share "
        "of the distance from chance to the oracle, the same learner under the same invariants "
        "taught with the truth.",
        "",
        _row("world", "hide", "inspections", *(w.replace("_", " ") for w in WAYS), "of oracle"),
        "|---" * (len(WAYS) + 4) + "|",
    ]
    for world, row in told["worlds"].items():
        if "refused" in row:
            lines.append(f"| {world} | {row['refused']} |")
            continue
        ways = (
            f"{row['auc'][way]['value']:.3f} ({row['lift_at_5_percent'][way]:.2f})" for way in WAYS
        )
        reached = row["share_of_the_oracles_distance"]
        lines.append(
            _row(world, f"{row['prevalence']:.1%}", row["inspections"], *ways, f"{reached:.3f}")
        )
    return "\n".join([*lines, *_beside(told.get("beside")), ""])


def _beside(beside: Mapping[str, Any] | None) -> list[str]:
    """Return how two countries judge each other's models, and where they differ."""
    if beside is None:
        return []
    lines = ["", "# Each other's models", "", "AUC on random inspections, with 95 % intervals.", ""]
    lines += [_row("judged", *(w.replace("_", " ") for w in WAYS[:6])), "|---" * 7 + "|"]
    for name, ways in beside["crossed"].items():
        shown = [_shown(ways[way]) if way in ways else "" for way in WAYS[:6]]
        lines.append(_row(name, *shown))
    lines += [
        "",
        "Inputs that lie farthest apart. *Told apart*: AUC of telling the two countries by this "
        "input (0.5: alike). *Tells*: AUC of confirmed hiding by this input alone.",
        "",
        _row("input", "median here", "median there", "told apart", "tells here", "tells there"),
        "|---" * 6 + "|",
    ]
    return lines + [
        _row(row["input"], *(f"{value:.3f}" for name, value in row.items() if name != "input"))
        for row in beside["inputs"][:_SHOWN_DIFFERENCES]
    ]


def _shown(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "unknown"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
