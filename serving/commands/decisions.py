"""Verbs that decide: for all families of a snapshot, and for one with its reasons.

What loads LightGBM is imported inside the verbs: `--help` must answer at once.
"""

import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from features.errors import InputError
from features.files import tables
from models.bundles import aliases
from models.bundles.home import Home
from models.writing import version_shown
from serving.commands import sources
from serving.commands.terminal import (
    FOLDER,
    Answer,
    Terminal,
    as_of_option,
    day,
    examples,
    model_option,
    snap_argument,
    table_option,
    verb,
)

if TYPE_CHECKING:
    from features.build import Registers
    from models.explanation.explain import Explanation
    from models.learned.predict import Models

_LETTERS = (".html", ".pdf")
_PICTURES = (".svg", ".png", ".pdf")


@click.command(
    epilog=examples(
        "tarazy score SNAP --out decisions.parquet",
        "tarazy score SNAP --out decisions.csv --model none",
        "tarazy score SNAP --before december.parquet --out january.parquet",
    )
)
@snap_argument
@table_option
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="Where partitions are decided; spark is for countries that outgrow one machine.",
)
@click.option(
    "--shadow",
    is_flag=True,
    help="Let the challenger look at every family as well; its opinion is written to "
    "FILE.shadow.parquet (or .csv) and touches no decision.",
)
@click.option(
    "--before",
    type=FOLDER,
    multiple=True,
    metavar="FILE",
    help="Decisions of an earlier day: who waits for a register keeps its own, listed in "
    "FILE.kept.parquet (or .csv). Repeatable.",
)
@model_option
@as_of_option
@verb
def score(
    terminal: Terminal,
    snap: Path,
    out: Path,
    engine: str,
    shadow: bool,
    before: tuple[Path, ...],
    model: str,
    as_of: datetime | None,
) -> Answer:
    """Decide for every family: the rules' category, the model's opinion, what a person must see.

    A killed run goes on where it stopped when the same command is given again.
    """
    from models.law.parameters import Law
    from serving.decisions import kept
    from serving.decisions.batch import score as score_all
    from serving.decisions.shadow import run_beside

    tables.may_hold_a_table(out)
    if engine == "spark":
        raise InputError("--engine spark is not built yet: decide with --engine local.")
    snapshot, on = sources.opened(snap, day(as_of), terminal)
    if before:
        tables.may_hold_a_table(kept.place(out))
    earlier = kept.earlier(before, Law(on)) if before else None
    home = sources.home()
    models = chosen(home, model)
    challenger = chosen(home, aliases.SHADOW) if shadow else None
    with terminal.bar() as progress:
        scored = score_all(
            snapshot, as_of=on, models=models, out=out, key=home.slices_key(), progress=progress
        )
    summary = scored.summary()
    words: list[Table | str] = [
        _tally(summary),
        *_counts(summary),
        *_awaited(summary),
        *([] if models is None else [f"model: version {models.shown}"]),
        *(f"warning: {line}" for line in terminal.warnings),
        f"{out}: {scored.table.height:,} decisions as of {on}.",
    ]
    if earlier is not None:
        keeping = kept.keep(scored.table, earlier, kept.place(out)).summary()
        summary |= {"kept": keeping}
        words.append(_kept(keeping))
    if challenger is not None:
        with terminal.bar() as progress:
            beside = run_beside(
                scored,
                snapshot,
                as_of=on,
                challenger=challenger,
                key=home.slices_key(),
                progress=progress,
            )
        summary |= {"shadow": beside}
        words += _beside(beside)
    result = {"out": str(out), "as_of": on, **_versions(models), **summary}
    return Answer(result, words)


class _OfAKey(click.Command):
    """A verb that takes a key: a negative one is a key as well, not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words with negative numbers after all options, where click takes them so."""
        negative = [word for word in args if re.fullmatch(r"-\d+", word)]
        if negative and "--" not in args:
            args = [word for word in args if word not in negative] + ["--", *negative]
        return super().parse_args(ctx, args)


@click.command(
    cls=_OfAKey,
    epilog=examples(
        "tarazy explain SNAP 4065159 --language en",
        "tarazy explain SNAP 4065159 --language kk --letter letter.pdf",
    ),
)
@snap_argument
@click.argument(
    "household_id",
    type=click.IntRange(-(2**63), 2**63 - 1),
    metavar="HOUSEHOLD_ID",
    help="Its key, as in the column household_id of `tarazy score`.",
)
@click.option(
    "--language",
    type=click.Choice(["kk", "ru", "en"]),
    default="en",
    show_default=True,
    help="Language of the words, the picture and the letter.",
)
@click.option(
    "--picture",
    type=FOLDER,
    metavar="FILE",
    help="Where to draw the contributions: .svg, .png or .pdf. Default: under TARAZY_HOME.",
)
@click.option(
    "--letter",
    "letter_to",
    type=FOLDER,
    metavar="FILE",
    help="Write the family's letter there as well: .html or .pdf.",
)
@model_option
@as_of_option
@verb
def explain(
    terminal: Terminal,
    snap: Path,
    household_id: int,
    language: str,
    picture: Path | None,
    letter_to: Path | None,
    model: str,
    as_of: datetime | None,
) -> Answer:
    """Say why one family is in its category: in words, in points, and as a picture."""
    from models.explanation.explain import explained
    from models.law.parameters import Law
    from serving.decisions.batch import one_household
    from serving.explanations.picture import draw
    from serving.explanations.record import record
    from serving.explanations.words import words

    if letter_to is not None:
        tables.refuse_ending(letter_to, *_LETTERS)
    if picture is not None:
        tables.refuse_ending(picture, *_PICTURES)
    snapshot, on = sources.opened(snap, day(as_of), terminal, for_one_family=True)
    registers = one_household(snapshot, household_id, on)
    if registers is None:
        raise InputError(
            f"Household {household_id} is not in {snap}, which holds {snapshot.households:,} "
            "others. Take a key from the column household_id of its register `households`, or of "
            "what `tarazy score` wrote of this snapshot; a person's key is none."
        )
    home = sources.home()
    models = chosen(home, model)
    explanation = explained(registers, models, Law(on))
    beside = record(snapshot, household_id)
    drawn = picture or home.explanations / f"{household_id}-{on}-{language}.svg"
    draw(explanation, drawn, language)
    fields = {
        **explanation.answer,
        **_versions(models),
        "contributions": explanation.contributions(),
        "snapshot": beside.digest,
        "inspections": None
        if beside.inspections is None
        else [asdict(inspection) for inspection in beside.inspections],
        "raised_flags": list(explanation.raised),
        "silent_registers": list(explanation.notes.silent),
        "family_warnings": [
            {"place": c.place, "problem": c.rule, "remedy": c.remedy}
            for c in explanation.notes.contradictions
        ],
        "uncounted": {each.cause: each.number for each in explanation.notes.uncounted},
    }
    places = {"picture": str(drawn)}
    if letter_to is not None:
        _write_letter(explanation, registers, letter_to, language)
        places["letter"] = str(letter_to)
    return Answer(
        fields | places,
        [
            *words(explanation, language, beside),
            *(f"{name.capitalize()}: {place}" for name, place in places.items()),
        ],
    )


def _write_letter(
    explanation: "Explanation", registers: "Registers", path: Path, language: str
) -> None:
    from features.files.whole import replacing
    from models.explanation.counterfactual import nearest
    from serving.letters.letter import letter
    from serving.letters.request import FORMATS

    law = explanation.decisions.law
    corrections = nearest(registers, law)
    _, lay_out = FORMATS[path.suffix.removeprefix(".")]
    with replacing(path) as partial:
        written = letter(explanation.answered, corrections, explanation.notes, law, language)
        partial.write_bytes(lay_out(written))


def chosen(home: Home, model: str) -> "Models | None":
    """Load the model behind an alias or a version, verified before it is parsed; None: "none".

    None as well where the alias was taken from its version: rules answer alone, and it is said.
    """
    if model == "none":
        return None
    from models.bundles.loading import load
    from serving.decisions.live import retired

    if model in aliases.ALIASES and (gone := aliases.read(home).retired(model)):
        click.echo(f"warning: {retired(model, gone)}", err=True)
        return None
    return load(home, model)


def _versions(models: "Models | None") -> dict[str, str | None]:
    """Return which model looked, and by whose word it may; null: none did, nobody's was needed."""
    if models is None:
        return {"model_version": None, "model_override": None}
    return {"model_version": models.version, "model_override": models.override}


def _beside(beside: dict[str, Any]) -> list[str]:
    changes = (
        f"{column.replace('_', ' ')}: "
        + (", ".join(f"{how.replace('_', ' ')} {n:,}" for how, n in counts.items()) or "same")
        for column, counts in beside["differences"].items()
    )
    version = version_shown(beside["model_version"], beside["model_override"])
    return [
        f"In shadow, version {version} would say otherwise: {'; '.join(changes)}.",
        f"{beside['out']}: its opinion, without effect.",
    ]


def _tally(summary: dict[str, Any]) -> Table:
    table = Table("", "1", "2", "3", "4", "5", "6", "none", box=None)
    for name in ("category", "model_category"):
        counts = summary[name]
        table.add_row(
            name.replace("_", " "),
            *(f"{counts.get(str(level), 0):,}" for level in range(1, 7)),
            f"{counts.get('None', 0):,}",
        )
    return table


def _kept(kept: dict[str, Any]) -> str:
    until = ", ".join(f"{families:,} until {day}" for day, families in kept["until"].items())
    return (
        f"{kept['out']}: of those who wait for a register {kept['families']:,} of "
        f"{kept['waiting']:,} keep an earlier decision{f' ({until})' if until else ''}."
    )


def _awaited(summary: dict[str, Any]) -> list[str]:
    """Say to the keeper of each silent register how many families wait for it."""
    return [
        f"to the keeper of {register}: families that wait for it: {families:,}; nothing is asked "
        "of them."
        for register, families in summary["awaited_registers"].items()
    ]


def _counts(summary: dict[str, Any]) -> list[str]:
    return [
        f"{name.replace('_', ' ')}: "
        + ", ".join(f"{key} {count:,}" for key, count in summary[name].items())
        for name in ("status", "follow_up", "rule_flag", "model_flag", "material")
    ]
