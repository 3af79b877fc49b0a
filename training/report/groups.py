"""The sections of a training report that tell of groups of families, and of the poorest."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.report.parts import ABOUT, RATES, Section, Table, number, show


def deciles(metrics: Mapping[str, Any] | None) -> Section | None:
    """Whose income is thought too high, and who is missed (E7)."""
    if metrics is None:
        return None
    names = {k: k.replace("_", " ") for k in metrics["compared"]}
    missed = metrics["missed_in_the_poorest_tenth"]
    verdicts = [
        f"tenth {tenth}, {names[name]}: too high less too low {show(v)}, {v['verdict']}"
        for name, by_tenth in metrics["verdicts"].items()
        for tenth, v in by_tenth.items()
    ]
    return Section(
        title="By tenths of true consumption",
        paragraphs=[
            f"Against {metrics['against']}",
            *(f"{names[k].capitalize()}: {about}." for k, about in metrics["compared"].items()),
            f"{metrics['left_out_as_inspected']} surveyed families are left out here because they "
            "were inspected too.",
        ],
        points=[
            *verdicts,
            *(
                f"poorest tenth, {cut.replace('_', ' ')}: rules {show(missed[cut]['rules'])}, "
                f"model {show(missed[cut]['model'])}; model above rules "
                f"{show(missed[cut]['model_above_rules'])}, "
                f"{missed[cut]['model_above_rules']['verdict']}"
                for cut in ("left_out", "not_among_the_poorest")
            ),
        ],
        tables=[
            Table(
                head=(
                    "tenth",
                    "families",
                    "spent, ПМ a member",
                    *(f"{n}: {side}" for n in names.values() for side in ("too high", "too low")),
                ),
                rows=[
                    (
                        str(r["tenth"]),
                        str(r["families"]),
                        number(r["spent"]),
                        *(show(r[k][side]) for k in names for side in ("too_high", "too_low")),
                    )
                    for r in metrics["rows"]
                ],
            )
        ],
    )


def groups(metrics: Mapping[str, Any] | None) -> Section | None:
    """Every rate of every group with its verdict (E4)."""
    if metrics is None:
        return None
    rows: Sequence[Mapping[str, Any]] = metrics["rows"]
    summary = Table(
        head=("rate", "of", "families", "PASS", "FAIL", "UNKNOWN", "verdict", "blocks"),
        rows=[
            (
                RATES.get(name, name),
                r["about"],
                f"{r['count']} of {r['of']}",
                *(str(r["groups"][v]) for v in ("PASS", "FAIL", "UNKNOWN")),
                r["verdict"],
                "yes" if r["blocks"] else "no",
            )
            for name, r in metrics["rates"].items()
        ],
    )
    return Section(
        title="Errors by group",
        paragraphs=[
            f"Verdict over the rates that block: {metrics['verdict']}. FAIL: an exact test against "
            "everybody else, corrected for all groups (Holm), speaks against equality, and the "
            "ratio is above 1.25. PASS: a ratio of 1.5 would have been found with a chance of "
            "80 %. UNKNOWN: anything else; it is no pass. Groups below "
            f"{metrics['suppressed_below']} families are hidden, and so is another that would give "
            "them away.",
            f"Flagged, here: {metrics['judged']}.",
        ],
        tables=[summary, *(_of_rate(name, rows) for name in metrics["rates"])],
        picture="groups",
    )


def _of_rate(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Every single attribute, and of the crossed ones what failed."""
    mine = [r for r in rows if r["rate"] == name and ("×" not in r["by"] or r["verdict"] == "FAIL")]
    return Table(
        caption=RATES.get(name, name),
        head=("by", "group", "families", "value", "rest", "ratio", "p (Holm)", "power", "verdict"),
        rows=[
            (ABOUT.get(r["by"], r["by"]), r["name"], "hidden", "", "", "", "", "", r["verdict"])
            if r.get("hidden")
            else (
                ABOUT.get(r["by"], r["by"]),
                r["name"],
                f"{r['count']} of {r['of']}",
                show(r),
                number(r["rest"]),
                number(r["ratio"]),
                number(r["p_adjusted"]),
                number(r["power"]),
                r["verdict"],
            )
            for r in mine
        ],
        long=True,
    )


def noise(metrics: Mapping[str, Any] | None) -> Section | None:
    """Whether the worst group stays the worst under noise in the findings (E18)."""
    if metrics is None or not metrics["rows"]:
        return None
    shares = list(metrics["rows"][0]["stays_worst"])
    return Section(
        title="If inspectors erred more in one group",
        paragraphs=[f"{metrics['note'].capitalize()}."],
        tables=[
            Table(
                head=(
                    "by",
                    "rate",
                    "worst group",
                    *(f"stays worst, {float(s):.0%} turned" for s in shares),
                    "verdict",
                ),
                rows=[
                    (
                        ABOUT.get(r["by"], r["by"]),
                        RATES[r["rate"]],
                        r["worst"],
                        *(f"{r['stays_worst'][s]:.0%}" for s in shares),
                        r["verdict"],
                    )
                    for r in metrics["rows"]
                ],
                long=True,
            )
        ],
    )


def proxies(aucs: Mapping[str, Any] | None) -> Section | None:
    """How well the score tells groups apart (E3)."""
    if aucs is None:
        return None
    return Section(
        title="Can the score tell who a family is?",
        paragraphs=[
            f"How well each group is told apart (0.5: not at all) by the score alone, on "
            f"{aucs['families']} families, and by what the detector reads, on "
            f"{aucs['families_for_inputs']}. Beyond {aucs['bound']:.2f} the score needs a written "
            "reason.",
        ],
        points=sorted({f"{ABOUT[r['by']]}: {r['note']}" for r in aucs["rows"] if r["note"]}),
        tables=[
            Table(
                head=("by", "group", "by the score alone", "by the inputs", "verdict"),
                rows=[
                    (
                        ABOUT[r["by"]],
                        r["name"],
                        show(r["from_score"]),
                        show(r["from_inputs"]),
                        r["verdict"] + (", with a reason" if r["note"] else ""),
                    )
                    for r in aucs["rows"]
                ],
                long=True,
            )
        ],
    )
