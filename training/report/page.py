"""What a training run tells a person: findings in sentences, and a page in Markdown and HTML."""

import base64
import html as escape
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from training.evaluation import seed_spread
from training.fitting.fit import Fitted
from training.report import certificate_words
from training.report import pictures as report_pictures
from training.report.parts import OPTIMISTIC, Section, Table, show
from training.report.pictures import draw
from training.report.sections import sections

__all__ = ["OPTIMISTIC", "draw", "html", "page", "show", "words"]

_TEMPLATES: Final = Path(__file__).with_name("templates")


def words(
    metrics: Mapping[str, Any],
    certificate: Mapping[str, Any],
    seeds: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return the findings in sentences, most important first.

    ``seeds`` is what other seeds make of the same data (`training.evaluation.seed_spread`).
    """
    arm, detector = metrics["random_arm"], metrics["hidden_income"]
    sentences = []
    if detector is None:
        sentences.append(f"No AUC and no precision: {arm['why_no_auc']}.")
    else:
        sentences.append(
            f"Hidden income, AUC on {arm['labels']} random inspections: {show(detector['auc'])}; "
            f"logistic regression {show(metrics['baselines']['logistic_regression']['auc'])}, "
            "given the gap as well "
            f"{show(metrics['baselines']['logistic_regression_with_gap']['auc'])}; "
            f"difference to the better {show(metrics['auc_above_logistic_regression'])}."
        )
        sentences += seed_spread.of_ranking(seeds) if seeds else []
        sentences.append(
            f"Precision among the most suspicious 5 %: {show(detector['precision_at_capacity'])}, "
            f"where {show(arm['confirmed'])} of all are confirmed."
        )
    if certificate["nobody_flagged_because"]:
        sentences.append(f"Nobody is flagged: {certificate['nobody_flagged_because']}")
    else:
        sentences.append(
            f"{certificate['flagged_share']:.1%} of {certificate['population']} families are "
            f"flagged; at most {certificate['unconfirmed_at_most']:.0%} of them would not be "
            "confirmed, on average."
        )
    sentences += seed_spread.of_flags(seeds) if seeds else []
    sentences += certificate_words.news(certificate)
    welfare = metrics["welfare"]
    sentences.append(
        f"Welfare category: agreement with the survey's ladder (quadratic kappa) "
        f"{show(welfare['quadratic_kappa'])}; the sets hold it for {show(welfare['set_held'])}, "
        "by construction (set on the same families), and have "
        f"{welfare['mean_set_size']:.1f} categories on the mean."
    )
    if (groups := metrics.get("groups")) is not None:
        blocking = {name for name, rate in groups["rates"].items() if rate["blocks"]}
        failed = [
            row for row in groups["rows"] if row["rate"] in blocking and row["verdict"] == "FAIL"
        ]
        named = "".join(
            f"; {row['rate'].replace('_', ' ')}, {row['by'].replace('_', ' ')}: {row['name']}"
            for row in failed[:3]
        )
        sentences.append(
            f"Errors by group: {groups['verdict']}, {len(failed)} groups and rates fail{named}."
        )
    if (tenths := metrics.get("deciles")) is not None:
        poorest = tenths["rows"][0]["declared_and_estimate"]
        sentences.append(
            "In the poorest tenth, declared income plus the estimate is more than a fifth too high "
            f"for {show(poorest['too_high'])} and too low for {show(poorest['too_low'])}."
        )
    if late := metrics["labels"]["late"]:
        sentences.append(
            f"{late} labels are older than every snapshot: their features may know more."
        )
    return sentences


def page(
    metrics: Mapping[str, Any],
    manifest: Mapping[str, Any],
    seeds: Mapping[str, Any] | None = None,
) -> str:
    """Return the report of a run in Markdown."""
    findings = words(metrics, manifest["certificate"], seeds)
    lines = ["# Training report", "", *(f"* {finding}" for finding in findings)]
    for section in sections(metrics, manifest, seeds):
        lines += _in_markdown(section)
    return "\n".join(lines) + "\n"


def html(
    metrics: Mapping[str, Any],
    manifest: Mapping[str, Any],
    fitted: Fitted,
    seeds: Mapping[str, Any] | None = None,
) -> str:
    """Return the report of a run as one page: pictures inline, nothing to fetch or to run."""
    pictures = {
        name: Markup(
            '<img alt="{}" src="data:image/png;base64,{}">'.format(
                escape.escape(drawn.about), base64.b64encode(drawn.png).decode("ascii")
            )
        )
        for name, drawn in report_pictures.pictures(
            metrics, fitted, manifest.get("follow_ups")
        ).items()
    }
    return (
        _environment()
        .get_template("report.html")
        .render(
            findings=words(metrics, manifest["certificate"], seeds),
            sections=sections(metrics, manifest, seeds),
            pictures=pictures,
            as_of=manifest.get("as_of"),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _in_markdown(section: Section) -> list[str]:
    lines = ["", f"## {section.title}", ""]
    for paragraph in section.paragraphs:
        lines += [paragraph, ""]
    if section.points:
        lines += [*(f"* {point}" for point in section.points), ""]
    for table in section.tables:
        lines += _table(table)
    return lines[:-1]


def _table(table: Table) -> list[str]:
    caption = [f"### {table.caption}", ""] if table.caption else []
    return [
        *caption,
        f"| {' | '.join(table.head)} |",
        "|" + "---|" * len(table.head),
        *(f"| {' | '.join(row)} |" for row in table.rows),
        "",
    ]
