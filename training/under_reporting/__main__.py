"""Whether hidden income can be seen in real declarations with injected under-reporting.

    python -m training.under_reporting --data DATA --out FOLDER

DATA holds real tax-filing units in the register contract. Some of the self-employed are
made to under-report (`training.under_reporting.inject`), the models are trained as always, and
each family is judged by models that had met neither its inspection nor its survey answer.
Two more runs look for leaks: in one the truth is dealt out anew among the self-employed,
in the other nothing is struck. Neither can find anybody by right.

Only three registers answer, and none shows how a family lives, so expected spending knows
little more than who lives there.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import polars as pl

from features.checking import check
from features.errors import InputError
from features.progress import Progress, silent
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, existing, make
from training.under_reporting.detection import FOLDS, WAYS, judged, measured
from training.under_reporting.inject import Injection, inject

_RUNS: Final = ("injected", "truth_shuffled", "nothing_struck")
_TAUGHT: Final = (
    "logistic_regression",
    "naive_boosting",
    "tarazy",
    "taught_on_self_employed",
)
"""The ways that learn from inspections."""
_ELSEWHERE: Final = {"gap_alone": 0.66, "supervised": 0.79}
"""Measured elsewhere on the full file, whose columns show more than these."""
_TOO_GOOD: Final = 0.10
"""Above what was measured elsewhere by more than this, with certainty: look for a leak."""


@click.command(epilog="Example: python -m training.under_reporting --data DATA --out FOLDER")
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, metavar="DATA")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
@click.option("--seed", type=click.IntRange(min=0), default=20_260_101, show_default=True)
@click.option(
    "--chosen",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.5,
    show_default=True,
    help="Share of the self-employed families that under-report.",
)
@click.option(
    "--inspected",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    help="Share of all families that are inspected at random.",
)
@click.option(
    "--surveyed",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.25,
    show_default=True,
    help="Share of all families that are surveyed.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def main(
    data: Path,
    out: Path,
    seed: int,
    chosen: float,
    inspected: float,
    surveyed: float,
    *,
    as_json: bool,
) -> None:
    """Inject under-reporting into DATA and see who finds it: FOLDER/trial.md and trial.json.

    Exits 1 when what is found is too good to be true.
    """
    how = Injection(chosen=chosen, inspected=inspected, surveyed=surveyed)
    try:
        with click.progressbar(length=len(_RUNS) * FOLDS, label="folds", file=sys.stderr) as bar:
            report = trial(
                data, out, how, seed=seed, progress=lambda _, done, _of: bar.update(done - bar.pos)
            )
    except InputError as refusal:
        raise click.ClickException(str(refusal)) from None
    (out / "trial.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (out / "trial.md").write_text(page(report), encoding="utf-8")
    click.echo(json.dumps(report) if as_json else page(report))
    sys.exit(1 if report["leaks_suspected"] else 0)


def leaks(runs: Mapping[str, Any]) -> list[str]:
    """Return what looks like a leak, in words; nothing: none was seen."""
    question = "under_reports_among_self_employed"
    seen = []
    for way, auc in runs["injected"][question]["auc"].items():
        usual = _ELSEWHERE["supervised" if way in _TAUGHT else "gap_alone"]
        if auc["low"] is not None and auc["low"] > usual + _TOO_GOOD:
            seen.append(f"{way} reaches {auc['value']:.3f}, elsewhere {usual:.2f}")
    for run in ("truth_shuffled", "nothing_struck"):
        for way, auc in runs[run][question]["auc"].items():
            if auc["low"] is not None and auc["low"] > 0.5 + _TOO_GOOD / 2:
                seen.append(f"{way} reaches {auc['value']:.3f} where {run.replace('_', ' ')}")
    return seen


def trial(
    data: Path, out: Path, how: Injection, *, seed: int, progress: Progress = silent
) -> dict[str, Any]:
    """Run the injection and both searches for leaks; return every figure, ready for JSON.

    The injected data set and its snapshot are left under ``out``, without their truth.
    """
    as_of = check.decision_date(open_data_set(data))
    runs: dict[str, Any] = {}
    made: dict[bool, tuple[Snapshot, pl.DataFrame]] = {}
    for number, run in enumerate(_RUNS):
        placebo = run == "nothing_struck"
        if placebo not in made:
            folder = out / ("placebo" if placebo else "injected")
            truth = inject(
                data,
                folder / "data",
                replace(how, placebo=placebo),
                as_of=as_of,
                generator=np.random.default_rng(seed),
            )
            made[placebo] = _snapshot(folder), truth
        snapshot, truth = made[placebo]

        def tell(what: str, done: int, _of: int, before: int = number * FOLDS) -> None:
            progress(what, before + done, len(_RUNS) * FOLDS)

        judgement = judged(
            snapshot, truth, seed=seed, shuffled=run == "truth_shuffled", progress=tell
        )
        runs[run] = measured(judgement, seed=seed)
    return {
        "as_of": as_of.isoformat(),
        "seed": seed,
        "chosen": how.chosen,
        "struck": list(how.struck),
        "inspected": how.inspected,
        "surveyed": how.surveyed,
        "scatter_of_spending_assumed": how.scatter,
        "runs": runs,
        "elsewhere_on_the_full_file": dict(_ELSEWHERE),
        "leaks_suspected": leaks(runs),
    }


def _snapshot(folder: Path) -> Snapshot:
    opened = open_data_set(folder / "data")
    if errors := [f for f in check.faults(opened, None) if f.is_error]:
        raise InputError(
            f"`check` finds {len(errors)} kinds of errors in the injected data set: see "
            f"`tarazy check` on DATA, and mend it first."
        )
    day = check.decision_date(opened)
    return existing(folder / "snapshot", opened, day) or make(opened, day, folder / "snapshot")


def page(report: Mapping[str, Any]) -> str:
    """Return the tables in Markdown."""
    runs = report["runs"]
    lines = [
        "# Injected under-reporting in real declarations",
        "",
        f"Of the self-employed {report['chosen']:.0%} under-report; {report['struck'][0]:.0%} to "
        f"{report['struck'][1]:.0%} of their self-employment income is struck. "
        f"{report['inspected']:.0%} of all families are inspected at random and "
        f"{report['surveyed']:.0%} surveyed; spending scatters by "
        f"{report['scatter_of_spending_assumed']} on the logarithm (assumed). Each family is "
        f"judged by models that met no label of it ({FOLDS} folds). AUC with 95 % intervals.",
    ]
    for question, answer in runs["injected"].items():
        lines += [
            "",
            f"## {question.replace('_', ' ').capitalize()}",
            "",
            f"{answer['hiding']:,} of {answer['families']:,} families.",
            "",
            _row("", *(run.replace("_", " ") for run in _RUNS)),
            "|---" * (1 + len(_RUNS)) + "|",
        ]
        lines += [
            _row(way.replace("_", " "), *(_shown(runs[run][question]["auc"][way]) for run in _RUNS))
            for way in WAYS
        ]
    elsewhere = report["elsewhere_on_the_full_file"]
    suspected = report["leaks_suspected"]
    lines += [
        "",
        f"Measured elsewhere on the full file: gap alone {elsewhere['gap_alone']:.2f}, "
        f"supervised {elsewhere['supervised']:.2f}.",
        "",
        "**No leak was seen.**" if not suspected else "**A leak is suspected:** ",
        *(f"* {each}" for each in suspected),
        "",
    ]
    return "\n".join(lines)


def _shown(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "unknown"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
