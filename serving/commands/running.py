"""Verbs that run the service: the API and the pages, and a demonstration to run it on."""

from datetime import UTC, date, datetime

import click

from features.errors import NoSuchModel
from models.bundles import aliases
from serving.commands import sources, training_side
from serving.commands.auditing import audited
from serving.commands.terminal import Answer, Terminal, examples, model_option, verb

_DAY = date(2026, 1, 1)
_HOUSEHOLDS = 20_000
_SEED = 20_260_101


@click.command(
    epilog=examples("tarazy serve", "tarazy serve --port 8080 --model none")
    + "\n\nThen open http://127.0.0.1:3000/ in a browser."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=3000,
    show_default=True,
    metavar="N",
    help="The port to listen on.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that answer. Default: one for each core.",
)
@click.option(
    "--shadow",
    is_flag=True,
    help="Let the challenger look at every family as well; it answers nobody, /metrics counts "
    "where it differs.",
)
@model_option
def serve(host: str, port: int, workers: int | None, model: str, shadow: bool) -> None:
    """Start the API and the pages; with no model promoted, rules alone answer and say so.

    Development mode: no token is asked for. Listen on another address than this
    machine's own only behind a proxy that authenticates.
    """
    from serving.api.server import serve as start

    start(
        host=host, port=port, home=sources.home().root, model=model, workers=workers, shadow=shadow
    )


@click.command(
    epilog=examples("tarazy demonstrate") + "\n\nIt is what `make serve` does beside the API."
)
@click.option(
    "--households",
    type=click.IntRange(min=1_000),
    default=_HOUSEHOLDS,
    show_default=True,
    metavar="N",
    help="Families to simulate.",
)
@verb
def demonstrate(terminal: Terminal, households: int) -> Answer:
    """Prepare a demonstration where no model is promoted: simulate, train, promote, audit.

    The promotion passes its gates by the recorded override "demonstration", which is
    shown wherever the model is shown. An existing champion is left as it is.
    """
    from models.bundles.loading import load

    home = sources.home()
    if gone := aliases.read(home).retired("champion"):
        why = f"The champion was taken back on {gone.since} ({gone.reason}); nothing is promoted."
        return Answer({"champion": None}, [why])
    try:
        champion = load(home, "champion")
        return Answer(
            {"champion": champion.version}, [f"Version {champion.shown} is champion already."]
        )
    except NoSuchModel:
        pass
    data = home.root / "demonstration"
    with terminal.bar() as progress:
        if not data.is_dir():
            terminal.say(f"Simulating {households:,} families under {data}.")
            training_side.population.simulate(
                data, households=households, seed=_SEED, as_of=_DAY, progress=progress
            )
    snapshot, _ = sources.opened(data, _DAY, terminal)
    terminal.say("Training on their inspections and survey.")
    with terminal.bar() as progress:
        # Without other seeds: the bundle is the same, and a first answer comes sooner.
        trained = training_side.train.train(
            [snapshot.folder], home=home, refits=0, progress=progress
        )
    training_side.promote.promote(
        trained.version, home=home, override="demonstration", when=datetime.now(UTC)
    )
    terminal.say("Comparing the model with the rules for auditors.")
    audited(snapshot.folder, None, home, "champion", home.audit, "en", terminal)
    return Answer(
        {"champion": trained.version, "snapshot": str(snapshot.folder)},
        [f"Version {trained.version} is champion by the recorded override 'demonstration'."],
    )
