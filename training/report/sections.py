"""The sections of a training report: words and tables, whatever page they end up on.

Markdown and HTML are made of the same sections, so neither says what the other does not.
Every number comes from the metrics; here it only gets words and places.
"""

from collections.abc import Mapping
from typing import Any, Final

from training.evaluation import seed_spread
from training.evaluation.strengthened import ALONE
from training.report import certificate_words, groups, looks
from training.report.parts import Section, Table, named, number, show, tenge

_IN_WORDS: Final = ("choice", "nobody_flagged_because")
"""Parts of the certificate that its sentences tell."""


def sections(
    metrics: Mapping[str, Any],
    manifest: Mapping[str, Any],
    seeds: Mapping[str, Any] | None = None,
) -> list[Section]:
    """Return every section that the metrics have something for, in reading order."""
    made = [
        _random_inspections(metrics),
        _seeds(seeds),
        _reliability(metrics.get("reliability")),
        _sensitivity(metrics),
        _policies(metrics.get("policy_value")),
        looks.section(manifest.get("follow_ups")),
        _newest(metrics.get("temporal")),
        groups.deciles(metrics.get("deciles")),
        groups.groups(metrics.get("groups")),
        groups.noise(metrics.get("label_noise")),
        groups.proxies(metrics.get("proxies")),
        _promise(manifest["certificate"]),
        Section(
            title="What it was trained on",
            points=[
                *(
                    f"snapshot {s['digest'][:12]} of {s['as_of']}, {s['households']} families"
                    for s in manifest["trained_on"]
                ),
                *(f"{named(key)}: {_plain(value)}" for key, value in metrics["labels"].items()),
            ],
        ),
    ]
    return [section for section in made if section is not None]


def _random_inspections(metrics: Mapping[str, Any]) -> Section:
    arm, title = metrics["random_arm"], "On the random inspections"
    if metrics["baselines"] is None:
        findings = [arm["why_no_auc"]]
        if "hiding_share_at_least" in arm:
            findings.append(
                f"Only a bound can be told: at least {arm['hiding_share_at_least']:.2%} of all "
                "families hide income, for inspections found that many."
            )
        return Section(title=title, paragraphs=findings)
    ranked = {"Tarazy": metrics["hidden_income"], **metrics["baselines"]}
    others = [k for k in metrics["hidden_income"] if "capacity" not in k and k != "auc"]
    rows = [(named(name), show(metrics["hidden_income"][name])) for name in others]
    rows += [
        (named(f"amounts_{name}"), show(metrics["amounts"][name]))
        for name in ("held", "below", "above")
    ]
    if (prevalence := metrics.get("flags_against_prevalence")) is not None:
        rows.append(
            (
                f"precision of {prevalence['of']}, against a bar of {number(prevalence['bar'])} "
                f"(twice the prevalence, one half): {prevalence['verdict']}",
                show(prevalence["precision"]),
            )
        )
    if (rates := arm.get("base_rates")) is not None:
        rows.append(
            (
                f"confirmed at other inspections, {number(rates['ratio'])} times the random "
                f"arm's share: {rates['verdict']} ({rates['why']})",
                show(rates["others"]),
            )
        )
    return Section(
        title=title,
        paragraphs=["Intervals are 95 %. Every family was judged by models that had not seen it."],
        tables=[
            Table(
                head=("", "AUC", "precision at 5 %", "lift at 5 %"),
                rows=[
                    (
                        name.replace("_", " "),
                        show(findings["auc"]),
                        show(findings["precision_at_capacity"]),
                        show(findings["lift_at_capacity"]),
                    )
                    for name, findings in ranked.items()
                ],
            ),
            Table(head=("measure", "value"), rows=rows),
        ],
        picture="roc",
    )


def _seeds(spread: Mapping[str, Any] | None) -> Section | None:
    if spread is None or spread["why_not"] is not None:
        return None
    left_out = spread["not_grown"]
    return Section(
        title="The same data, other seeds",
        paragraphs=[
            "A seed decides which families are judged by which models, and which inputs a tree may "
            "look at. Grown again with other seeds, on the same inspections, the detector comes to "
            "this. How far another draw of inspections would move it is told by the intervals.",
            *seed_spread.of_ranking(spread),
            *seed_spread.of_flags(spread),
            *(
                [f"{left_out} seeds could not be grown: a fold held all of one kind."]
                if left_out
                else []
            ),
        ],
        tables=[
            Table(
                head=("", "AUC", "above the better regression", "flagged, of all families"),
                rows=[
                    (
                        row["name"],
                        number(row["auc"]),
                        number(row[ALONE]),
                        f"{row['flagged_share']:.2%}",
                    )
                    for row in spread["rows"]
                ],
            )
        ],
    )


def _reliability(curve: Mapping[str, Any] | None) -> Section | None:
    if curve is None:
        return None
    return Section(
        title="Do probabilities mean what they say?",
        paragraphs=[
            f"Expected calibration error over {len(curve['bins'])} bins: {show(curve['ece'])}. A "
            "model whose every probability is right would show "
            f"{show(curve['ece_if_perfect'])} on as many labels, and as much as this one in "
            f"{curve['chance_if_perfect']:.0%} of the cases. An interval by resampling leans "
            "upwards."
        ],
        tables=[
            Table(
                head=("bin", "families", "said", "confirmed"),
                rows=[
                    (str(b["bin"]), str(b["families"]), number(b["said"]), show(b))
                    for b in curve["bins"]
                ],
                long=True,
            )
        ],
        picture="calibration",
    )


def _promise(certificate: Mapping[str, Any]) -> Section:
    return Section(
        title="The promise of the flag",
        paragraphs=[
            certificate_words.promise(certificate),
            *certificate_words.choices(certificate),
        ],
        points=[
            f"{named(name)}: {_plain(value)}"
            for name, value in certificate.items()
            if name not in _IN_WORDS
        ],
    )


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        counts = ", ".join(f"{name} {count}" for name, count in value.items())
        return show(value) if "value" in value else counts
    if isinstance(value, float):
        return number(value)
    return "none" if value is None else str(value)


def _sensitivity(metrics: Mapping[str, Any]) -> Section | None:
    band = metrics.get("sensitivity_band")
    if band is None:
        return None
    return Section(
        title="If inspectors find fewer, or more",
        paragraphs=[
            "How many of the hiding families an inspection finds is assumed. So everything that "
            "depends on it is told over the plausible band. Misses are taken to be the same for "
            "all hiding families."
        ],
        tables=[
            Table(
                head=(
                    "found of the hiding",
                    "families that hide income",
                    "AUC against the truth",
                    "truly clear among the flagged",
                ),
                rows=[
                    (
                        share,
                        show(b["hiding"]),
                        show(b["auc_against_the_truth"]),
                        show(b["clear_among_flagged"]),
                    )
                    for share, b in band.items()
                ],
            )
        ],
    )


def _policies(worth: Mapping[str, Any] | None) -> Section | None:
    if worth is None or worth.get("why_not") is not None:
        return None
    return Section(
        title="What inspecting by a score would bring",
        paragraphs=[
            f"For each inspection of the first {worth['capacity']:.0%} by each score, estimated on "
            f"{worth['inspections']['random']} random and {worth['inspections']['targeted']} "
            "targeted inspections of known probability (doubly robust). Confirmed above chance: "
            f"{show(worth['above_random'])}; above "
            f"{worth['above_best_regression']['than'].replace('_', ' ')}: "
            f"{show(worth['above_best_regression'])}."
        ],
        tables=[
            Table(
                head=(
                    "policy",
                    "confirmed",
                    "KZT a month found",
                    "effective inspections",
                    "largest weight",
                    "clipped",
                ),
                rows=[
                    (
                        name.replace("_", " "),
                        show(p["confirmed"]),
                        tenge(p["amount"]),
                        f"{p['confirmed']['effective']:.0f}",
                        f"{p['confirmed']['largest']:.1%}",
                        f"{p['confirmed']['clipped']:.1%}",
                    )
                    for name, p in worth["policies"].items()
                ],
            )
        ],
    )


def _newest(test: Mapping[str, Any] | None) -> Section | None:
    if test is None:
        return None
    title = "The newest inspections, judged by the older"
    if test.get("why_not") is not None:
        return Section(title=title, paragraphs=[f"Not told: {test['why_not']}."])
    return Section(
        title=title,
        paragraphs=[
            f"A detector of the {test['older']} inspections before {test['since']} ranks the "
            f"{test['newest']} random ones since: AUC {show(test['auc'])}; cross-fitted models "
            f"{show(test['auc_cross_fitted'])}; lost {show(test['auc_lost'])}. Confirmed at random "
            f"before {show(test['confirmed_before'])}, since {show(test['confirmed_since'])}."
        ],
    )
