"""Trials of the detector where the truth is known: the tables and pictures of `training.trials`.

    python -m training.trials --households 60000 --out FOLDER [--beside DATA]

For every world: a country is simulated, trained on as always, and judged by its truth. In the
ordinary world inspections are drawn anew under four regimes of selection. Parts can be asked
for alone. With ``--beside`` a data set made by others is trained on too, and each model is
asked to rank the other's random inspections.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from features.checking import check
from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from models.assessment import metrics
from models.law.parameters import Law
from models.learned.arrays import Vector
from training.labels.gather import gather
from training.population import simulate
from training.population.worlds import ORDINARY
from training.population.worlds import worlds as known_worlds
from training.trials import (
    calibrators,
    elsewhere,
    guarantees,
    judged,
    own_estimates,
    pages,
    rankings,
    registers,
    variants,
)
from training.trials.country import Country, World, opened, trained
from training.trials.regimes import AT_RANDOM, CAPACITY, REGIMES, inspected

PARTS: Final = ("worlds", "regimes", "variants", "registers", "calibrators", "guarantees")
_SURVEYED: Final = 2_000
"""Answers that set the bar of category sets, when a survey is drawn again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """A world opened, and the detector of the labels that came with it."""

    world: World
    base: Country
    oracles: Mapping[str, Vector]
    ladder: Vector
    seed: int

    @property
    def earlier(self) -> Vector:
        """The score by which this country's authority chooses the next inspections."""
        return rankings.rankings(self.base)["tarazy"]


@click.command(epilog="Example: python -m training.trials --households 60000 --out trials")
@click.option("--households", type=click.IntRange(min=5_000), default=60_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=20_260_101, show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default="2026-01-01", metavar="DAY")
@click.option(
    "--world",
    "chosen",
    multiple=True,
    type=click.Choice(sorted(known_worlds())),
    help="Only these worlds; default: every one.",
)
@click.option("--worlds", is_flag=True, help="How hard each world is.")
@click.option("--regimes", is_flag=True, help="Four ways to come to be inspected.")
@click.option("--variants", is_flag=True, help="Other ways to learn from the same labels.")
@click.option("--registers", is_flag=True, help="What is lost without each register.")
@click.option("--calibrators", is_flag=True, help="Other ways from a score to a probability.")
@click.option("--guarantees", is_flag=True, help="What is promised, on labels drawn again.")
@click.option(
    "--draws",
    type=click.IntRange(min=2),
    default=200,
    show_default=True,
    help="How often labels are drawn again.",
)
@click.option(
    "--beside",
    type=click.Path(path_type=Path, exists=True),
    metavar="DATA",
    help="A data set of others: it and the ordinary world judge each other's models.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def main(
    households: int,
    seed: int,
    as_of: datetime,
    chosen: Sequence[str],
    draws: int,
    beside: Path | None,
    out: Path,
    *,
    as_json: bool,
    **flags: bool,
) -> None:
    """Try the detector where the truth is known; keep FOLDER/trials.md, trials.json, pictures.

    Without a part asked for, all are made: at 60,000 families about 20 minutes of one core
    and as long again for 200 draws; for the registers as many trainings as there are.
    """
    parts = {part for part in PARTS if flags[part]} or set(PARTS)
    out.mkdir(parents=True, exist_ok=True)
    trial: dict[str, Any] = {"households": households, "seed": seed, "draws": draws}
    with tempfile.TemporaryDirectory(prefix="trials-") as place:
        work = Path(place)
        for world in _needed(chosen, parts):
            click.echo(f"{world} …", err=True)
            data = work / world
            simulate(data, households=households, seed=seed, as_of=as_of.date(), world=world)
            began = time.monotonic()
            try:
                made = _snapshot(data, as_of.date(), work / f"{world}-snapshot")
                tried = _first(made, data, seed)
            except InputError as refusal:
                trial.setdefault("worlds", {})[world] = {"refused": str(refusal)}
                continue
            _one_world(trial, world, tried, parts, draws, began)
            if beside is not None and world == ORDINARY:
                trial["beside"] = _agreement(tried.base, beside, work / "beside", seed)
            shutil.rmtree(data)
        (out / "trials.json").write_text(json.dumps(trial, indent=1) + "\n", encoding="utf-8")
        (out / "trials.md").write_text(pages.page(trial), encoding="utf-8")
        pages.draw(trial, out)
    click.echo(json.dumps(trial) if as_json else pages.page(trial))


def _needed(chosen: Sequence[str], parts: set[str]) -> tuple[str, ...]:
    """Return the worlds to be told; only the ordinary one where no table of worlds is asked."""
    if chosen:
        return tuple(chosen)
    return tuple(known_worlds()) if parts & {"worlds"} else (ORDINARY,)


def _first(made: Snapshot, data: Path, seed: int) -> _Tried:
    world = opened(made, data, seed=seed)
    base = trained(world.labels, world.law, world.silent, seed=seed)
    generator = np.random.default_rng(seed)
    return _Tried(
        world=world,
        base=base,
        oracles=rankings.oracles(base, world, generator),
        ladder=judged.ladder_oracle(base, world, generator),
        seed=seed,
    )


def _one_world(
    trial: dict[str, Any], name: str, tried: _Tried, parts: set[str], draws: int, began: float
) -> None:
    if parts & {"worlds", "variants"}:
        row = one_country(tried.base, tried, own=False, others="variants" in parts)
        row["seconds"] = round(time.monotonic() - began, 1)
        trial.setdefault("worlds", {})[name] = row
    if name != ORDINARY:
        return
    if parts & {"regimes", "variants"}:
        trial["regimes"] = {}
        for number, regime in enumerate(REGIMES):
            click.echo(f"{name}, {regime} …", err=True)
            generator = np.random.default_rng([tried.seed, number])
            labels = inspected(tried.world, regime, tried.earlier, generator)
            country = trained(labels, tried.world.law, tried.world.silent, seed=tried.seed)
            trial["regimes"][regime] = one_country(
                country, tried, own="regimes" in parts, others="variants" in parts
            )
    if "registers" in parts:
        click.echo(f"{name}, without each register …", err=True)
        trial["registers"] = registers.table(
            tried.base, tried.world, np.random.default_rng(tried.seed), seed=tried.seed
        )
    if "calibrators" in parts:
        trial["calibrators"] = calibration(tried.base, tried.world, draws // 4, tried.seed)
    if "guarantees" in parts:
        trial["guarantees"] = promised(tried.base, tried.world, draws, tried.seed)


def one_country(country: Country, tried: _Tried, *, own: bool, others: bool) -> dict[str, Any]:
    """Judge one trained country by the truth of its world."""
    generator = np.random.default_rng(tried.seed)
    truth = judged.judged(country, tried.world, tried.ladder, generator)
    row: dict[str, Any] = {
        "inspections": country.labels.inspections.height,
        "random_inspections": int(country.fitted.inspected.in_random_arm.sum()),
        "leans_on": country.fitted.certificate["leans_on"],
        "ways": rankings.compared(country, tried.world, tried.oracles, generator),
        "true": truth,
    }
    if own:
        row["own"] = own_estimates.beside_truth(country, tried.world, truth, generator)
    if others:
        among = ~country.labelled
        row["variants"] = {
            name: metrics.auc(tried.world.hides[among], score[among])
            for name, score in variants.scores(country).items()
        }
    return row


def calibration(base: Country, world: World, draws: int, seed: int) -> dict[str, Any]:
    """Compare calibrators on the base's scores, for inspectors that miss more and less."""
    among = ~base.labelled
    given, _ = guarantees.scored(base, world)
    hides, assumed = world.hides[among], float(world.law.inspection_sensitivity)
    generator = np.random.default_rng(seed)
    ways = {
        f"sensitivity {s:.2f}": calibrators.at_sensitivity(hides, s)
        for s in calibrators.SENSITIVITIES
    }
    ways["as the simulation's inspectors miss"] = lambda g: world.verified(g)[1][among]
    return {
        name: calibrators.compared(
            given.margin,
            hides,
            findings,
            assumed=assumed,
            draws=max(draws, 2),
            generator=generator,
        )
        for name, findings in ways.items()
    }


def promised(base: Country, world: World, draws: int, seed: int) -> dict[str, Any]:
    """Draw labels again under every regime, and a random arm and a survey for the sets."""
    given, among = guarantees.scored(base, world)
    generator = np.random.default_rng(seed)
    arm = CAPACITY * AT_RANDOM
    return {
        "families": len(given.margin),
        "flags": {
            regime: guarantees.flags(given, pull, generator, draws=draws)
            for regime, pull in guarantees.pulls(base, world, among).items()
        },
        "held": {
            "true amounts in their intervals": guarantees.intervals(
                given, generator, draws=draws, share=arm
            ),
            "the same, inspectors just as assumed": guarantees.intervals(
                given, generator, draws=draws, share=arm, exact_inspectors=True
            ),
            "true steps in their category sets": guarantees.categories(
                given, generator, draws=draws, answers=_SURVEYED
            ),
        },
    }


def _snapshot(data: Path, as_of: date | None, folder: Path) -> Snapshot:
    opened_data = open_data_set(data)
    errors = [f for f in check.faults(opened_data, as_of) if f.is_error]
    if errors:
        raise InputError(
            f"`check` finds {len(errors)} kinds of errors in {sum(f.rows for f in errors)} places: "
            "nothing is trained on such a data set."
        )
    return make(opened_data, as_of or check.decision_date(opened_data), folder)


def _agreement(ordinary: Country, beside: Path, folder: Path, seed: int) -> dict[str, Any]:
    made = _snapshot(beside, None, folder)
    labels = gather([made], generator=np.random.default_rng(seed))
    other = trained(labels, Law(made.as_of), made.silent, seed=seed)
    pairs = {
        "ordinary world by its own model": (ordinary, ordinary),
        "ordinary world by the other's model": (other, ordinary),
        "the other by its own model": (other, other),
        "the other by the ordinary world's model": (ordinary, other),
    }
    return {
        "crossed": {
            name: {way: e.as_json() for way, e in elsewhere.crossed(*pair, seed=seed).items()}
            for name, pair in pairs.items()
        },
        "inputs": elsewhere.differences(ordinary, other).to_dicts(),
    }


if __name__ == "__main__":
    main()
