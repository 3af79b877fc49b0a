"""The `tarazy` command: one verb a file-and-function, found by name only when it is called.

So `score` never loads MLflow, and serving never imports training: the verbs that
learn are reached lazily, by their names as text.
"""

import errno
import importlib
import json
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from features.errors import InputError, TarazyError
from features.files.whole import is_full
from features.registers.masked import masked

_OURS: Final = {"features", "models", "serving", "tarazy", "training"}


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a verb's function lies, and what it does in one line of help, whole at 80 columns."""

    place: str
    about: str


SECTIONS: Final[dict[str, dict[str, Verb]]] = {
    "Registers": {
        "simulate": Verb(
            "serving.commands.learning:simulate",
            "Make a country to learn in, its truth kept apart",
        ),
        "check": Verb(
            "serving.commands.data:check",
            "Find every fault of a folder of registers at once",
        ),
        "snapshot": Verb(
            "serving.commands.data:snapshot",
            "Freeze checked registers for a day, never changed again",
        ),
        "features": Verb(
            "serving.commands.data:features",
            "Build every declared feature, one row a family",
        ),
        "prune": Verb(
            "serving.commands.pruning:prune",
            "Remove what killed runs left behind",
        ),
    },
    "Models": {
        "train": Verb(
            "serving.commands.learning:train",
            "Train, evaluate and register a candidate version",
        ),
        "compare": Verb(
            "serving.commands.promoting:compare",
            "Hold two versions beside each other: who moves, and why",
        ),
        "promote": Verb(
            "serving.commands.promoting:promote",
            "Let a version through the gates; say which one fails",
        ),
        "models": Verb(
            "serving.commands.promoting:models",
            "Say which version is live, and which was live when",
        ),
        "draw": Verb(
            "serving.commands.inspecting:draw",
            "Draw whom to inspect, so that anybody can draw it again",
        ),
        "monitor": Verb(
            "serving.commands.monitoring:monitor",
            "Say what has changed, and whether promises are kept",
        ),
        "publish": Verb(
            "serving.commands.publishing:publish",
            "Make the model card and the register entry of a version",
        ),
    },
    "Decisions": {
        "score": Verb(
            "serving.commands.decisions:score",
            "Decide for every family",
        ),
        "explain": Verb(
            "serving.commands.decisions:explain",
            "Say why one family is in its category; write its letter",
        ),
        "audit": Verb(
            "serving.commands.auditing:audit",
            "Compare the model with the rules, as a page for auditors",
        ),
        "serve": Verb(
            "serving.commands.running:serve",
            "Start the API and the auditors' pages",
        ),
        "demonstrate": Verb(
            "serving.commands.running:demonstrate",
            "Prepare a demonstration where no model is promoted",
        ),
    },
    "Law": {
        "reform": Verb(
            "serving.commands.reforming:reform",
            "Apply a change of law to every family; see who moves",
        ),
        "cards": Verb(
            "serving.commands.comparing:cards",
            "Place every family by every scorecard on file",
        ),
        "check-law": Verb(
            "serving.commands.comparing:check_law",
            "List the legal values that end soon",
        ),
        "readings": Verb(
            "serving.commands.comparing:readings",
            "Count category 6 by each reading of the hard rule",
        ),
        "fit-scorecard": Verb(
            "serving.commands.learning:fit_scorecard",
            "Fit the unpublished points of a card to the survey",
        ),
    },
}
"""The verbs by what they are about, in the order in which a newcomer needs them."""

VERBS: Final = {name: verb for verbs in SECTIONS.values() for name, verb in verbs.items()}

_EPILOG: Final = """\b
Examples:
  tarazy simulate --households 20000 --out country
  tarazy check country
  tarazy snapshot country --as-of 2026-01-01 --out snapshot
  tarazy train snapshot
  tarazy promote 1 --override "a first look"
  tarazy score snapshot --out decisions.csv

`tarazy VERB --help` tells of one verb, with examples. Every verb but `serve` takes --json: one
JSON object on standard output, progress and messages on standard error. All state lies under
TARAZY_HOME (default: the folder var/ here).

\b
Exit codes:
  0  done
  1  the input or a gate says no
  2  wrong usage
  3  our fault
"""


class _Verbs(click.Group):
    """A group that imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        module, _, function = verb.place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as unknown:
            # click knows only verbs that were loaded; ours are loaded when they are called.
            raise click.NoSuchCommand(unknown.command_name, possibilities=VERBS, ctx=ctx) from None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        widest = max(map(len, VERBS))
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(f"{name:{widest}}", v.about) for name, v in verbs.items()])


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(package_name="tarazy")
def tarazy() -> None:
    """Tell which families need help, and how sure we are.

    Registers in, decisions out: simulate a country or bring your own registers, then check,
    snapshot, train, promote, score, explain, audit, serve.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and leave with its exit code; an error is one clear line, never a trace."""
    words = sys.argv[1:] if arguments is None else arguments
    # Polars' engine notes its panics on damaged files by itself; its stack is of no use to anyone.
    os.environ["RUST_BACKTRACE"] = "0"
    try:
        _refuse_other_text(words)
        code = tarazy.main(words, prog_name="tarazy", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        code = _in_json(problem.format_message(), problem.exit_code, words)
    except (click.Abort, KeyboardInterrupt):
        stopped = "Stopped. What was finished is kept; the same command goes on from there."
        click.echo(stopped, err=True)
        code = _in_json(stopped, 1, words)
    except TarazyError as problem:
        code = _refused(str(problem), problem.exit_code, words)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as problem:
        code = _refused(_out_of_reach(problem), 1, words)
    except Exception as problem:  # the last resort, so that no family's value is printed
        if lacking := _lacking(problem, words):
            code = _refused(lacking, 1, words)
        elif is_full(problem):
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            code = _refused(_out_of_reach(full), 1, words)
        else:
            code = _refused(_ours(problem), 3, words)
    sys.exit(code if isinstance(code, int) else 0)


def _refused(message: str, code: int, words: list[str]) -> int:
    click.echo(message if message.startswith("tarazy") else f"tarazy: {message}", err=True)
    return _in_json(message, code, words)


def _refuse_other_text(words: list[str]) -> None:
    """Refuse a word whose bytes are no text: nothing could print the file that it names."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InputError(
                f"{masked(word)} is no UTF-8 text: rename the file or folder."
            ) from None


def _out_of_reach(problem: OSError) -> str:
    """Name the file that could not be read or written, and what to do."""
    home = os.environ.get("TARAZY_HOME", "var")
    place = (
        masked(problem.filename) if problem.filename else f"A file of --out, of {home} or of TMPDIR"
    )
    return (
        f"{place} cannot be read or written ({problem.strerror or type(problem).__name__}): "
        "choose another --out or TARAZY_HOME, or make room there."
    )


def _in_json(message: str, code: int, words: list[str]) -> int:
    if "--json" in words:
        click.echo(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    return code


def _lacking(problem: Exception, words: list[str]) -> str | None:
    """Return what to install where a verb that trains needs what only training installs."""
    if not isinstance(problem, ModuleNotFoundError):
        return None
    raised_in = {
        str(frame.f_globals.get("__name__")).partition(".")[0]
        for frame, _ in traceback.walk_tb(problem.__traceback__)
    }
    missing = str(problem.name).partition(".")[0]
    if "training" not in raised_in or missing in _OURS:
        return None
    verb = next((word for word in words if word in VERBS), "this verb")
    return (
        f"tarazy {verb} needs {missing}, which is not installed here: this environment serves "
        "and decides. Run it where tarazy[train] is installed: `pip install 'tarazy[train]'`, or "
        "in a checkout `make setup`."
    )


def _ours(problem: Exception) -> str:
    """Name the place of an unforeseen error, without its message: that may quote a value."""
    if os.environ.get("TARAZY_TRACEBACK"):
        traceback.print_exception(problem)
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return (
        f"internal error {type(problem).__name__} in {Path(last.filename).name}:{last.lineno}. "
        "This is our fault, not yours; nothing half-written was left. For the full trace on "
        "test data, set TARAZY_TRACEBACK=1 (a trace may quote values: never on real families)."
    )
