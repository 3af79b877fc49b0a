"""What the monitor says in words: first whether anything must be done, then why."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.assessment.drift import PSI_ACT, RATIO_ACT
from models.writing import version_shown
from serving.monitor.changes import SECTIONS

_NAMED: Final = 5
"""Changes that a sentence names; the tables have them all."""
QUESTIONS: Final = {
    "unconfirmed_flags": "more flags are unconfirmed than its certificate leaves possible",
    "false_flags_by_settlement": "false flags fall unequally on villages and towns",
    "false_flags_by_head": "false flags fall unequally on families headed by women and by men",
    "false_flags_by_children": "false flags fall unequally on families of four or more children",
    "false_flags_by_disability": "false flags fall unequally on families with a disability",
    "calibration": "probabilities are off on average",
}
"""What each question would prove against the model."""
SHARES: Final = {
    "rule_flag": "red flag by the rules",
    "model_flag": "flag by the model",
    "material": "flag that would change the category",
    "review": "wait for a person or a register",
    "follow_up": "are looked at later",
}


def words(report: Mapping[str, Any]) -> list[str]:
    """Return the report's first lines, the most important first."""
    return [
        *_first(report),
        _about(report),
        *_drift(report),
        *_inspections(report),
        *_proofs(report),
    ]


def proof(entry: Mapping[str, Any]) -> str:
    """Say what a crossed question has proven."""
    what = QUESTIONS[entry["question"]]
    on = f" on {entry['proven_on']}" if entry["proven_on"] else ""
    return (
        f"{what} (evidence reached {entry['highest']:g} of the {entry['proof']:g} that are proof, "
        f"after {entry['proven_after']} observations{on})"
    )


_VERDICTS: Final = {
    "calm": "Calm: nothing must be done.",
    "look": "Look: nothing must be done today, but somebody should learn why these moved.",
    "act": "Act: families or registers have changed so much that somebody must find out why "
    "before the next decisions. If the change is real, train again and promote.",
}


def _first(report: Mapping[str, Any]) -> list[str]:
    """Say whether anything must be done: about the model first, then about the families."""
    crossed = report["crossed"]
    if not crossed:
        return [_VERDICTS[report["drift"]]]
    if report["action"]["done"]:
        model = (
            "Done: the model was taken back to shadow. From now the rules answer alone, until a "
            "version is promoted."
        )
    elif "champion" in report["header"]["model"]["aliases"]:
        model = (
            "Act: the model has broken a promise, and must go back to shadow. Run the same "
            "command with --act."
        )
    else:
        model = "Act: the model has broken a promise, and must not be promoted. It serves nobody."
    lines = [model, report["action"]["not_mirrored"]]
    if report["drift"] == "act":
        lines.append(_VERDICTS["act"])
    return [line for line in lines if line]


def _about(report: Mapping[str, Any]) -> str:
    head = report["header"]
    sides = [
        f"{head[n]['households']:,} families of {head[n]['as_of']}" for n in ("reference", "new")
    ]
    model = head["model"]
    by = "rules alone"
    if model is not None:
        by = f"model version {version_shown(model['version'], model['override'])}"
    return f"Compared: {sides[0]} with {sides[1]}, {by}."


def _drift(report: Mapping[str, Any]) -> list[str]:
    compared = sum(section["compared"] for section in report["summary"].values())
    lines = []
    for verdict, says in (("act", "so far that somebody must act"), ("look", "far enough to look")):
        moved = [
            (section, each)
            for section, part in report["changes"].items()
            for each in part
            if each["verdict"] == verdict
        ]
        if moved:
            named = "; ".join(_named(*one) for one in _largest(moved))
            more = f"; and {len(moved) - _NAMED} more" if len(moved) > _NAMED else ""
            lines.append(f"Moved {says}: {named}{more}.")
    small = [
        (section, each)
        for section, part in report["changes"].items()
        for each in part
        if each["proven"] and each["verdict"] == "calm"
    ]
    if small:
        named = "; ".join(_named(*one) for one in _largest(small))
        more = ", the largest" if len(small) > _NAMED else ""
        lines.append(
            f"{'Beside these' if lines else 'Nothing has drifted'}: of {compared} comparisons "
            f"{len(small)} moved provably, but too little to matter{more}: {named}."
        )
    return lines or [f"Nothing has drifted: of {compared} comparisons none moved provably."]


def _largest(moved: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the few that moved most, each measured by its own bound to act."""

    def far(one: tuple[str, Mapping[str, Any]]) -> float:
        size: float | None = one[1]["size"]
        if size is None:
            return float("inf")
        is_ratio = one[1]["measure"] == "ratio"
        return (size - 1) / (RATIO_ACT - 1) if is_ratio else size / PSI_ACT

    return sorted(moved, key=far, reverse=True)[:_NAMED]


def _named(section: str, change: Mapping[str, Any]) -> str:
    name = SHARES.get(change["name"]) or change.get("about") or change["name"].replace("_", " ")
    if change["measure"] == "ratio":
        before, after = ("not known" if s is None else f"{100 * s:.1f} %" for s in change["share"])
        return f"{name} {before} → {after}"
    where = (
        f" ({SECTIONS[section]})" if section in ("regions", "services", "since_training") else ""
    )
    return f"{name}{where} PSI {change['size']:.2f}"


def _inspections(report: Mapping[str, Any]) -> list[str]:
    counted, kept = report["inspections"], report["kept"]
    if counted is None:
        return []
    if not counted["counted"]:
        why = (
            "the new snapshot brought none that the model has not learned from"
            if counted["register"]
            else "the data hold no register of inspections"
        )
        return [f"No inspection tells how the model does: {why}."]
    arm = kept["arms"]["random"]
    lines = [
        f"Inspections that the model has not learned from: {counted['counted']:,}, of them "
        f"{counted['new']:,} new and {arm['inspections']:,} drawn at random."
    ]
    unconfirmed = kept["unconfirmed"]
    if kept["promised"] is None:
        return [*lines, "The model promises nothing of its flags."]
    if unconfirmed["value"] is None:
        return [
            *lines,
            f"Flagged families among those drawn at random: {arm['flagged']}, too few to judge the "
            "promise by.",
        ]
    return [
        *lines,
        f"Of {arm['flagged']:,} flagged families drawn at random "
        f"{100 * unconfirmed['value']:.1f} % were not confirmed "
        f"({100 * unconfirmed['low']:.1f} to {100 * unconfirmed['high']:.1f}); promised were at "
        f"most {100 * kept['promised']:.0f} %: {_PROMISE[kept['promise']]}."
        + _possible(report["watch"], kept["promised"]),
    ]


def _possible(watch: Sequence[Mapping[str, Any]], promised: float) -> str:
    """Say how far one model's own share may lie above a promise that holds on average."""
    (entry,) = (one for one in watch if one["question"] == "unconfirmed_flags")
    above = entry.get("refuted_above")
    if above is None or above <= promised:
        return ""
    return (
        " The promise is an average over sets of labels: this model's certificate leaves up to "
        f"{100 * above:.1f} % possible, and only what lies above is held against it."
    )


# A single look: who looks often must go by the evidence, which allows for it.
_PROMISE: Final = {
    "kept": "by this look alone, kept",
    "broken": "by this look alone, broken",
    "cannot be told": "too few to tell",
}


def _proofs(report: Mapping[str, Any]) -> list[str]:
    watch = report["watch"]
    if not watch:
        return []
    proven = [entry for entry in watch if entry["proven"]]
    if not proven:
        most = max(
            (t for t in watch if t["highest"] is not None), key=lambda t: t["highest"] / t["proof"]
        )
        return [
            f"Watched at every random inspection: nothing is proven against the model. The most "
            f"evidence there ever was is {most['highest']:g} of the {most['proof']:g} that would "
            f"prove that {QUESTIONS[most['question']]}."
        ]
    idle = "; today the rates differ too little to act"
    return [f"Proven: {proof(entry)}{'' if entry['act'] else idle}." for entry in proven]
