"""The tables of the trials in Markdown, and two pictures of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from models.learned.hidden_income import PLACES
from training.trials.rankings import WAYS
from training.trials.variants import VARIANTS

_SHOWN_DIFFERENCES: Final = 12
_WAYS_ELSEWHERE: Final = tuple(
    w for w in WAYS if w not in ("random", "oracle", "oracle_without_invariants")
)


def page(trial: Mapping[str, Any]) -> str:
    """Return every table that was made, in Markdown."""
    parts = [
        *_worlds(trial.get("worlds") or {}, trial),
        *_regimes(trial.get("regimes") or {}, trial),
        *_variants(trial),
        *_registers(trial.get("registers"), trial),
        *_calibrators(trial.get("calibrators")),
        *_guarantees(trial.get("guarantees")),
        *_beside(trial.get("beside")),
    ]
    return "\n".join([*parts, ""])


def _size(trial: Mapping[str, Any]) -> str:
    return f"{trial['households']:,} families, seed {trial['seed']}"


def _worlds(worlds: Mapping[str, Any], trial: Mapping[str, Any]) -> Iterator[str]:
    if not worlds:
        return
    yield from (
        "# How hard the worlds are",
        "",
        f"{_size(trial)}. AUC against the truth of families that no label speaks of; in brackets "
        "the lift among the most suspicious 5 %. *Of oracle*: our share of the distance from "
        "chance to the oracle, the same learner under the same invariants taught with the truth.",
        "",
    )
    yield from _ranked("world", worlds)
    yield from ("", "What was said of these families, against the truth:", "")
    yield from _against_truth("world", worlds)
    yield ""


def _regimes(regimes: Mapping[str, Any], trial: Mapping[str, Any]) -> Iterator[str]:
    if not regimes:
        return
    yield from (
        "# Four ways to come to be inspected",
        "",
        f"The ordinary world, {_size(trial)}; inspections drawn anew under each regime, a third at "
        "random beside suspicion. Columns as above.",
        "",
    )
    yield from _ranked("regime", regimes)
    yield from ("", "What was said of these families, against the truth:", "")
    yield from _against_truth("regime", regimes)
    yield from (
        "",
        "# What a run says of itself, and the truth",
        "",
        "Said by the run's own evaluation with its 95 % interval, and the same measure on all "
        "families that no label speaks of; ✗ where the interval does not hold it.",
        "",
    )
    measures = list(
        dict.fromkeys(r["measure"] for country in regimes.values() for r in country.get("own", ()))
    )
    yield from _head("measure", *regimes)
    for measure in measures:
        cells = []
        for country in regimes.values():
            row = next((r for r in country.get("own", ()) if r["measure"] == measure), None)
            cells.append("" if row is None else _beside_truth(row))
        yield _row(measure, *cells)
    yield ""


def _ranked(name: str, rows: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(name, "hide", "inspections", *(w.replace("_", " ") for w in WAYS), "of oracle")
    for key, country in rows.items():
        if "refused" in country:
            yield f"| {key} | {country['refused']} |"
            continue
        ways = country["ways"]
        yield _row(
            key,
            f"{country['true']['hide']:.1%}",
            country["inspections"],
            *(f"{ways[w]['auc']['value']:.3f} ({ways[w]['lift_at_5_percent']:.2f})" for w in WAYS),
            _number(ways["tarazy"]["share_of_the_oracles_distance"]),
        )


def _against_truth(name: str, rows: Mapping[str, Any]) -> Iterator[str]:
    truths = {key: country["true"] for key, country in rows.items() if "refused" not in country}
    yield from _head(
        name,
        "ECE",
        "flagged",
        "truly clear",
        "unconfirmed",
        "of all hiders",
        "amounts held",
        *(f"in a {place}" for place in PLACES),
    )
    for key, truth in truths.items():
        flag, held = truth["flags"], truth["intervals"]
        yield _row(
            key,
            _number(truth["calibration"]["ece"]),
            f"{flag['flagged_share']:.1%}",
            _number(flag["truly_clear"]),
            _number(flag["unconfirmed"]),
            f"{flag['of_all_hiders']:.1%}",
            _number(held["all"]),
            *(_number(held[place]) for place in PLACES),
        )
    yield from (
        "",
        "Welfare category: kappa, in brackets its share of the kappa of the same learner that "
        "was taught every family's true step; against survey answers set aside, and the truth.",
        "",
    )
    yield from _head(
        name,
        "answers",
        "true ladder",
        "declared income alone",
        "sets hold answers",
        "sets hold the truth",
        "mean size",
    )
    for key, truth in truths.items():
        answers, true = (truth["welfare"][of] for of in ("answers_set_aside", "true_ladder"))
        yield _row(
            key,
            *(
                f"{of['kappa']['tarazy']:.3f} ({of['share_of_the_oracles']:.3f})"
                for of in (answers, true)
            ),
            f"{true['kappa']['declared_income_alone']:.3f} "
            f"({true['declared_income_of_the_oracles']:.3f})",
            _number(answers["set_held"]),
            _number(true["set_held"]),
            f"{true['mean_set_size']:.2f}",
        )
    yield from (
        "",
        "The poorest tenth by true income, and by true consumption. Income over- and "
        "under-predicted by more than a fifth; missed: not in categories 1–3, and not among the "
        "poorest fifth by income as read. *Rules*: by declaration alone.",
        "",
    )
    yield from _head(
        name,
        "tenth by",
        "hide",
        "over / under, model",
        "over / under, rules",
        "missed by category, model / rules",
        "missed for places, model / rules",
    )
    for key, truth in truths.items():
        for by, poor in truth["poorest_tenth"].items():
            sides = [poor["tarazy"], poor["rules"]]
            yield _row(
                key,
                by,
                f"{poor['hide']:.1%}",
                *(f"{of['over_predicted']:.1%} / {of['under_predicted']:.1%}" for of in sides),
                *(
                    " / ".join(f"{of[missed]:.1%}" for of in sides)
                    for missed in ("missed_by_category", "missed_for_places")
                ),
            )


def _variants(trial: Mapping[str, Any]) -> Iterator[str]:
    columns = {
        f"{kind}: {name}": figures["variants"]
        for kind, rows in (("world", trial.get("worlds")), ("regime", trial.get("regimes")))
        for name, figures in (rows or {}).items()
        if "variants" in figures
    }
    if not columns:
        return
    yield from (
        "# Other ways to learn from the same labels",
        "",
        f"{_size(trial)}. AUC against the truth of families that no label speaks of; in brackets "
        "the difference to the shipped way.",
        "",
    )
    yield from _head("variant", *columns)
    for name, variant in VARIANTS.items():
        cells = [
            f"{figures[name]:.4f}"
            if name == "shipped_detector"
            else f"{figures[name]:.4f} ({figures[name] - figures['shipped_detector']:+.4f})"
            for figures in columns.values()
        ]
        about = str(variant.__doc__).splitlines()[0]
        yield _row(f"**{name.replace('_', ' ')}**: {about}", *cells)
    yield ""


def _registers(rows: Sequence[Mapping[str, Any]] | None, trial: Mapping[str, Any]) -> Iterator[str]:
    if not rows:
        return
    yield from (
        "# Which register earns its keep",
        "",
        f"The ordinary world, {_size(trial)}. Expected consumption and the detector are learned "
        "again without what a register shows; declared income of the quarter and the number of "
        "members stay. AUC against the truth of families that no label speaks of, what is lost "
        "of it with its paired 95 % interval, and what the run's own random arm says of the loss. "
        "The last row tells how much is lost or won by chance alone. A row speaks of one register "
        "taken away, the others still there: what two of them show alike is lost with neither.",
        "",
    )
    yield from _head("without", "inputs", "AUC", "lost", "lost, says the random arm")
    for row in rows:
        yield _row(
            row["register"],
            len(row["inputs"]),
            f"{row['auc']:.4f}",
            *(_signed(row[of]) for of in ("lost", "lost_in_random_arm")),
        )
    yield ""


def _calibrators(calibrators: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> Iterator[str]:
    if not calibrators:
        return
    yield from (
        "# From a score to a probability, by the number of random labels",
        "",
        "Expected calibration error (15 bins) against the truth after the correction for what "
        "inspectors miss, mean ± standard deviation over draws of the labels. Sensitivity 0.83 "
        "is assumed throughout; the heading says what it was.",
        "",
    )
    for heading, rows in calibrators.items():
        sizes = list(dict.fromkeys(r["labels"] for r in rows))
        yield from _head(heading, *(f"{size} labels" for size in sizes))
        for name in dict.fromkeys(r["calibrator"] for r in rows):
            mine = {r["labels"]: r for r in rows if r["calibrator"] == name}
            yield _row(name, *(f"{mine[s]['ece']:.4f} ± {mine[s]['sd']:.4f}" for s in sizes))
        yield ""


def _guarantees(guarantees: Mapping[str, Any] | None) -> Iterator[str]:
    if not guarantees:
        return
    yield from (
        "# What is promised, against labels drawn again",
        "",
        "Of the flagged, the share that a visit does not confirm. Promised is at most q on "
        "average over all draws, where a draw that flags nobody counts as none unconfirmed; "
        "beside it mean ± standard deviation over the draws that flag somebody.",
        "",
    )
    yield from _head(
        "regime",
        "way",
        "q",
        "draws",
        "unconfirmed (± error)",
        "where anybody is flagged",
        "worst tenth above",
        "flagged",
        "nobody flagged",
        "fell back to the random arm",
    )
    for regime, rows in guarantees["flags"].items():
        for r in rows:
            yield _row(
                regime,
                r["way"].replace("_", " "),
                f"{r['q']:.2f}",
                r["draws"],
                f"{r['unconfirmed']:.4f} ± {r['standard_error']:.4f}",
                f"{r['where_anybody_is_flagged']:.4f} ± {r['sd']:.4f}",
                f"{r['worst_tenth_above']:.3f}",
                f"{r['flagged']:.3f} ± {r['flagged_sd']:.3f}",
                f"{r['flagged_nobody']:.1%}",
                f"{r['fell_back']:.1%}" if r["way"] == "shipped" else "",
            )
    yield from ("", "Share held, nominally 90 %, mean ± standard deviation over draws:", "")
    yield from _head("what", "draws", "labels", "all", *PLACES)
    for name, r in guarantees["held"].items():
        cells = (f"{h['mean']:.4f} ± {h['sd']:.4f}" for h in r["held"].values())
        yield _row(name, r["draws"], r["labels"], *cells)
    yield ""


def _beside(beside: Mapping[str, Any] | None) -> list[str]:
    """Return how two countries judge each other's models, and where they differ."""
    if beside is None:
        return []
    lines = ["# Each other's models", "", "AUC on random inspections, with 95 % intervals.", ""]
    lines += _head("judged", *(w.replace("_", " ") for w in _WAYS_ELSEWHERE))
    for name, ways in beside["crossed"].items():
        shown = [_shown(ways[way]) if way in ways else "" for way in _WAYS_ELSEWHERE]
        lines.append(_row(name, *shown))
    lines += [
        "",
        "Inputs that lie farthest apart. *Told apart*: AUC of telling the two countries by this "
        "input (0.5: alike). *Tells*: AUC of confirmed hiding by this input alone.",
        "",
        *_head("input", "median here", "median there", "told apart", "tells here", "tells there"),
    ]
    return lines + [
        _row(row["input"], *(f"{value:.3f}" for name, value in row.items() if name != "input"))
        for row in beside["inputs"][:_SHOWN_DIFFERENCES]
    ]


def draw(trial: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw how each way ranks under each regime, and how calibrators improve with labels."""
    files = []
    with mpl.rc_context({"svg.hashsalt": "tarazy"}):
        if trial.get("regimes"):
            files.append(_save(_picture_of_ways(trial["regimes"]), folder / "regimes.png"))
        if trial.get("calibrators"):
            files.append(_save(_picture_of_lines(trial["calibrators"]), folder / "calibrators.png"))
    return files


def _picture_of_ways(regimes: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, country in regimes.items():
        axes.plot(
            [country["ways"][w]["auc"]["value"] for w in WAYS], range(len(WAYS)), "o", label=name
        )
    axes.set_yticks(range(len(WAYS)), [w.replace("_", " ") for w in WAYS])
    axes.set(xlabel="AUC against the truth", xlim=(0.48, 1.0))
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def _picture_of_lines(calibrators: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    figure = Figure(figsize=(4 * len(calibrators), 3.8), layout="constrained")
    for axes, (heading, rows) in zip(
        figure.subplots(1, len(calibrators), sharey=True, squeeze=False)[0],
        calibrators.items(),
        strict=True,
    ):
        for name in dict.fromkeys(r["calibrator"] for r in rows):
            mine = [r for r in rows if r["calibrator"] == name]
            axes.plot([r["labels"] for r in mine], [r["ece"] for r in mine], "o-", label=name)
        axes.set(xscale="log", xlabel="random labels", title=heading, ylim=(0, None))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("calibration error against the truth")
    figure.axes[0].legend(fontsize=8)
    return figure


def _save(figure: Figure, file: Path) -> Path:
    figure.savefig(file, dpi=120, metadata={"Software": None})
    return file


def _beside_truth(row: Mapping[str, Any]) -> str:
    if row["said"] is None:
        return "unknown"
    ends = "" if row["low"] is None else f" [{row['low']:.3f}, {row['high']:.3f}]"
    wrong = " ✗" if row["held"] is False else ""
    return f"{row['said']:.3f}{ends}; truth {_number(row['true'])}{wrong}"


def _shown(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "unknown"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def _signed(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "unknown"
    return f"{estimate['value']:+.4f} [{estimate['low']:+.4f}, {estimate['high']:+.4f}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _head(*cells: object) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
