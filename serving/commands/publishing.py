"""The verb for an authority: what the public may read of a model version."""

from datetime import UTC, datetime
from pathlib import Path

import click

from serving.commands import sources, training_side
from serving.commands.terminal import FOLDER, Answer, Terminal, examples, verb


@click.command(
    epilog=examples(
        "tarazy publish 3 --out preview --draft",
        "tarazy publish 3 --out published --authority authority.yaml",
    )
    + "\n\nauthority.yaml is a copy of training/publish/authority.example.yaml, filled in."
)
@click.argument("version", metavar="VERSION", help="Its number, as `tarazy train` gave it.")
@click.option("--out", type=FOLDER, required=True, metavar="FOLDER", help="The folder to make.")
@click.option(
    "--authority",
    type=FOLDER,
    metavar="FILE.yaml",
    help="What only the authority knows. Nothing is published without an owner, a legal basis and "
    "a way to appeal, or in the words of the example.",
)
@click.option(
    "--draft",
    is_flag=True,
    help="Make pages to look at, in the example's words where there are no others; each says that "
    "it is a draft.",
)
@verb
def publish(_: Terminal, version: str, out: Path, authority: Path | None, draft: bool) -> Answer:
    """Make a version's model card (CycloneDX) and its entry in a public algorithm register.

    Both are made from the signed manifest and validated against their schemas; every number
    is compared with the evaluation.
    """
    made = training_side.publish.publish(
        version,
        home=sources.home(),
        out=out,
        authority_file=authority,
        when=datetime.now(UTC),
        draft=draft,
    )
    words = [f"{made.folder / name}" for name in made.files]
    if made.must_fill:
        words.append(
            f"{len(made.must_fill)} fields say AUTHORITY MUST FILL: {', '.join(made.must_fill)}."
        )
    figures = f"{made.measures} figures, each as measured"
    words.append(
        f"A DRAFT of version {version}, and every page says so: {figures}. To publish, pass "
        "--authority without --draft."
        if draft
        else f"Version {version} can be published: {figures}."
    )
    return Answer(
        {
            "version": version,
            "draft": draft,
            "out": str(made.folder),
            "files": list(made.files),
            "authority_must_fill": list(made.must_fill),
            "figures": made.measures,
        },
        words,
    )
