"""The verb for those who draft law: what a change would do to every family."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from features.errors import InputError
from serving.commands import sources
from serving.commands.terminal import (
    FOLDER,
    Answer,
    Terminal,
    as_of_option,
    day,
    examples,
    snap_argument,
    verb,
)

EXAMPLES: Final = Path(__file__).parents[1] / "reform" / "examples"
"""Reforms that come with Tarazy; FILE may be the name of one."""
_FILE: Final = """

\b
reform.yaml holds, for instance:
  about: The hard rule of category 6 at three minimums instead of four
  changes:
    hard_rule: {conditions: {INCOME: {above: 3}}}

Files and keys are those of models/law/values/; entries of a list are named by their code.
"""


class _OfReforms(click.Command):
    """A verb whose help lists the reforms that come with Tarazy, read only for that help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and after them each reform with its sentence."""
        from models.law import reform as proposal

        super().format_options(ctx, formatter)
        with formatter.section("Reforms that come with Tarazy"):
            formatter.write_dl([(name, proposal.read(path).about) for name, path in _shipped()])


@click.command(
    cls=_OfReforms,
    epilog=examples(
        "tarazy reform three_minimums SNAP --out report",
        "tarazy reform reform.yaml SNAP --out report",
    )
    + _FILE,
)
@click.argument(
    "file",
    type=FOLDER,
    metavar="FILE|NAME",
    help="The YAML file of a reform, or the name of one that comes with Tarazy.",
)
@snap_argument
@click.option("--out", type=FOLDER, required=True, metavar="FOLDER", help="The folder to make.")
@as_of_option
@verb
def reform(terminal: Terminal, file: Path, snap: Path, out: Path, as_of: datetime | None) -> Answer:
    """Apply changed law to every family of a snapshot, beside the law as it stands.

    Who moves where, by region, settlement, family type and tenth of income, with families
    to look at; what programmes cost; by each yardstick of poverty whom help misses and whom
    it reaches without need, before and after: a page, the numbers, and the reformed law.
    """
    # Imported here: `--help` must answer at once.
    from models.law import reform as proposal
    from serving.reform import pages, report

    proposed = proposal.read(_file_of(file))
    report.may_take(out)
    with tempfile.TemporaryDirectory(prefix="tarazy-reform-") as folder:
        snapshot, on = sources.opened(snap, day(as_of), terminal)
        law = proposed.enact(Path(folder) / "law", on)
        with terminal.bar() as progress:
            comparison = report.compare(proposed, snapshot, as_of=on, law=law, progress=progress)
        report.write(comparison, pages.page(comparison), law, out)
    shown = ("about", "as_of", "households", "people", "law", "totals", "moves")
    return Answer(
        {
            "out": str(out),
            "page": str(out / "index.html"),
            **{key: comparison[key] for key in shown},
        },
        [_table(comparison, pages.WORDS), f"{out / 'index.html'}: open it in a browser."],
    )


def _shipped() -> Iterator[tuple[str, Path]]:
    """Yield name and file of each reform that comes with Tarazy."""
    return ((path.stem, path) for path in sorted(EXAMPLES.glob("*.yaml")))


def _file_of(given: Path) -> Path:
    """Return the file that is named, or that of a reform that comes with Tarazy."""
    if given.is_file():
        return given
    shipped = dict(_shipped())
    if str(given) in shipped:
        return shipped[str(given)]
    close = get_close_matches(given.name, shipped, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise InputError(
        f"{given} is {'a folder' if given.is_dir() else 'no file'}, and no reform that comes with "
        f"Tarazy has this name: {', '.join(shipped)} have.{hint} Or name the YAML file of a reform."
    )


def _table(comparison: dict[str, Any], words: dict[str, str]) -> Table:
    table = Table(comparison["about"], "families", "people", "share", box=None)
    for name, total in comparison["totals"].items():
        share = "" if total["share"] is None else f"{total['share']:.2%}"
        table.add_row(words[name], f"{total['families']:,}", f"{total['people']:,}", share)
    return table
