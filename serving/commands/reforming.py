"""The verb for those who draft law: what a change would do to every family."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from serving.commands import sources
from serving.commands.terminal import FOLDER, Answer, Terminal, as_of_option, day, verb

EXAMPLES: Final = Path(__file__).parents[1] / "reform" / "examples"
"""Reforms that come with Tarazy; FILE may be the name of one."""
_HELP = """\b
Example: tarazy reform reform.yaml SNAP --out report, where reform.yaml holds
    about: The hard rule of category 6 at three subsistence minimums instead of four
    changes:
      hard_rule: {conditions: {INCOME: {above: 3}}}
Files and keys are those of models/law/values/; entries of a list are named by their code.
FILE may also be a name that comes with Tarazy: three_minimums, whole_minimum.
"""


@click.command(epilog=_HELP)
@click.argument("file", type=FOLDER)
@click.argument("snap", type=FOLDER)
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

    shipped = EXAMPLES / f"{file}.yaml"
    proposed = proposal.read(shipped if not file.exists() and shipped.is_file() else file)
    report.may_take(out)
    with tempfile.TemporaryDirectory(prefix="tarazy-reform-") as folder:
        snapshot, on = sources.opened(snap, day(as_of), terminal)
        law = proposed.enact(Path(folder) / "law", on)
        with terminal.bar() as progress:
            told = report.compare(proposed, snapshot, as_of=on, law=law, progress=progress)
        report.write(told, pages.page(told), law, out)
    shown = ("about", "as_of", "households", "people", "law", "totals", "moves")
    return Answer(
        {"out": str(out), "page": str(out / "index.html"), **{key: told[key] for key in shown}},
        [_table(told, pages.WORDS), f"{out / 'index.html'}: open it in a browser."],
    )


def _table(told: dict[str, Any], words: dict[str, str]) -> Table:
    table = Table(told["about"], "families", "people", "share", box=None)
    for name, total in told["totals"].items():
        share = "" if total["share"] is None else f"{total['share']:.2%}"
        table.add_row(words[name], f"{total['families']:,}", f"{total['people']:,}", share)
    return table
