"""The verb for an authority: what the public may read of a model version."""

import importlib
from datetime import UTC, datetime
from pathlib import Path

import click

from serving.commands import sources
from serving.commands.terminal import FOLDER, Answer, Terminal, verb


@click.command(
    epilog="Example: tarazy publish 3 --out published --authority authority.yaml, where "
    "authority.yaml is a copy of training/publish/authority.example.yaml, filled in."
)
@click.argument("version")
@click.option("--out", type=FOLDER, required=True, metavar="FOLDER", help="The folder to make.")
@click.option(
    "--authority",
    type=FOLDER,
    metavar="FILE.yaml",
    help="What only the authority knows. Without an owner, a legal basis and a way to appeal "
    "nothing is published.",
)
@verb
def publish(_: Terminal, version: str, out: Path, authority: Path | None) -> Answer:
    """Make a version's model card (CycloneDX) and its entry in a public algorithm register.

    Both are made from the signed manifest and validated against their schemas; every number
    is compared with the evaluation.
    """
    # By its name, as everything of training: nothing of serving imports it.
    made = importlib.import_module("training.publish").publish(
        version, home=sources.home(), out=out, authority_file=authority, when=datetime.now(UTC)
    )
    told = [f"{made.folder / name}" for name in made.files]
    if made.must_fill:
        told.append(
            f"{len(made.must_fill)} fields say AUTHORITY MUST FILL: {', '.join(made.must_fill)}."
        )
    told.append(f"Version {version} can be published: {made.measures} figures, each as measured.")
    return Answer(
        {
            "version": version,
            "out": str(made.folder),
            "files": list(made.files),
            "authority_must_fill": list(made.must_fill),
            "figures": made.measures,
        },
        told,
    )
