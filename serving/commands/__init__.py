"""The `tarazy` command: one verb a file-and-function, found by name only when it is called.

So `score` never loads MLflow, and serving never imports training: the verbs that
learn are reached lazily, by their names as text.
"""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Final

import click

from features.errors import TarazyError

VERBS: Final[dict[str, str]] = {
    "simulate": "serving.commands.learning:simulate",
    "check": "serving.commands.data:check",
    "snapshot": "serving.commands.data:snapshot",
    "features": "serving.commands.data:features",
    "train": "serving.commands.learning:train",
    "compare": "serving.commands.promoting:compare",
    "promote": "serving.commands.promoting:promote",
    "models": "serving.commands.promoting:models",
    "publish": "serving.commands.publishing:publish",
    "fit-scorecard": "serving.commands.learning:fit_scorecard",
    "score": "serving.commands.decisions:score",
    "explain": "serving.commands.decisions:explain",
    "audit": "serving.commands.auditing:audit",
    "draw": "serving.commands.inspecting:draw",
    "monitor": "serving.commands.monitoring:monitor",
    "reform": "serving.commands.reforming:reform",
    "cards": "serving.commands.comparing:cards",
    "readings": "serving.commands.comparing:readings",
    "serve": "serving.commands.running:serve",
    "demonstrate": "serving.commands.running:demonstrate",
}
"""Verb → where its function lies, in the order in which a newcomer needs them."""


class _Verbs(click.Group):
    """A group that imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        place = VERBS.get(cmd_name)
        if place is None:
            return None
        module, _, function = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="All state lives under TARAZY_HOME (default: the folder var/ here). "
    "Exit codes: 0 done, 1 the input or a gate says no, 2 wrong usage, 3 our fault.",
)
@click.version_option(package_name="tarazy")
def tarazy() -> None:
    """Tell which families need help, and how sure we are.

    Registers in, decisions out: `tarazy simulate` or your own data set, then check,
    snapshot, train, promote, score, explain, audit, serve.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and leave with its exit code; an error is one clear line, never a trace."""
    words = sys.argv[1:] if arguments is None else arguments
    # Polars' engine notes its panics on damaged files by itself; its stack is of no use to anyone.
    os.environ["RUST_BACKTRACE"] = "0"
    try:
        code = tarazy.main(words, prog_name="tarazy", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        code = _in_json(problem.format_message(), problem.exit_code, words)
    except (click.Abort, KeyboardInterrupt):
        stopped = "Stopped. What was finished is kept; the same command goes on from there."
        click.echo(stopped, err=True)
        code = _in_json(stopped, 1, words)
    except TarazyError as problem:
        code = _told(str(problem), problem.exit_code, words)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as problem:
        place = problem.filename or "A file"
        code = _told(
            f"{place} cannot be read or written ({problem.strerror or type(problem).__name__}): "
            "choose another --out or TARAZY_HOME, or make room there.",
            1,
            words,
        )
    except Exception as problem:  # the last resort, so that no family's value is printed
        code = _told(_ours(problem), 3, words)
    sys.exit(code if isinstance(code, int) else 0)


def _told(message: str, code: int, words: list[str]) -> int:
    click.echo(message if message.startswith("tarazy") else f"tarazy: {message}", err=True)
    return _in_json(message, code, words)


def _in_json(message: str, code: int, words: list[str]) -> int:
    if "--json" in words:
        click.echo(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    return code


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
