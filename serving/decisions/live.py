"""The model that answers now: loaded once, watched, and changed only for a verified one.

A model stands behind an alias in a signed file beside the bundles. A newly promoted one
replaces the old between two requests; one that cannot be verified replaces nothing.
"""

import gc
import logging
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from features.errors import TarazyError
from models.bundles import aliases
from models.bundles.home import Home
from models.bundles.loading import load
from models.learned.predict import Models

LOOK_SECONDS: Final = 1.0
"""How often the alias file is looked at; a promotion is live about so much later."""
NONE: Final = "none"
"""The alias that declares that rules shall answer alone."""

log = logging.getLogger("tarazy.serving")


class State(StrEnum):
    """Whether a model answers, and if not, whether that is meant so."""

    LOADED = "loaded"
    ABSENT = "absent"
    RETIRED = "retired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What answers at one moment: a request keeps the one it began with."""

    state: State
    models: Models | None
    note: str
    """One sentence for people: what answers, or why no model does."""

    @property
    def ready(self) -> bool:
        """Whether decisions may be made: with a verified model, or with none by a signed word."""
        return self.state is not State.REFUSED

    @property
    def version(self) -> str | None:
        """The version of the model; null where rules answer alone."""
        return self.models.version if self.models else None

    @property
    def override(self) -> str | None:
        """The word by which a person let it pass a gate; null where none was needed."""
        return self.models.override if self.models else None


class Live:
    """The model behind one alias of one home, as it is at the moment."""

    def __init__(self, home: Home, alias: str) -> None:
        """Load the model; nothing is raised: what cannot be loaded is said by ``now``."""
        self.home, self.alias = home, alias
        self._seen = self._mark()
        self._stop = threading.Event()
        self.now = self._load()
        gc.collect()
        gc.freeze()  # what is loaded now stays: the collector need not walk it again

    def look(self) -> None:
        """Take a newly promoted model if it can be verified, and let a retired one go."""
        mark = self._mark()
        if mark == self._seen:
            return
        self._seen = mark
        newest = self._load()
        if newest.state is State.RETIRED:
            log.warning("%s", newest.note)
        if newest.models is not None or self.now.models is None or newest.state is State.RETIRED:
            self.now = newest
        else:
            log.error("The model that answers stays: %s", newest.note)

    def watch(self) -> None:
        """Look for a newly promoted model from now on, in the background."""
        threading.Thread(target=self._watch, name="promotions", daemon=True).start()

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:
                log.error("Looking for a new model failed: %s", type(error).__name__)

    def _mark(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Return what changes when the alias file or its signature is replaced."""
        return tuple(_identity(self.home.bundles / f"aliases.{part}") for part in ("json", "sig"))

    def _load(self) -> Answering:
        if self.alias == NONE:
            return Answering(
                state=State.ABSENT, models=None, note="Rules answer alone, as was asked for."
            )
        try:
            standing = aliases.read(self.home)
            if gone := standing.retired(self.alias):
                return Answering(state=State.RETIRED, models=None, note=retired(self.alias, gone))
            if not self.alias.isdecimal() and self.alias not in standing.names:
                return Answering(
                    state=State.ABSENT,
                    models=None,
                    note=f"Rules answer alone: no model is promoted as {self.alias}. Run "
                    "`tarazy train` and `tarazy promote VERSION`; it is taken up within seconds.",
                )
            models = load(self.home, self.alias)
        except TarazyError as refused:
            log.error("The model behind %s is refused: %s", self.alias, refused)
            return Answering(state=State.REFUSED, models=None, note=str(refused))
        except Exception as broken:
            log.error("The model behind %s cannot be loaded: %s", self.alias, type(broken).__name__)
            return Answering(
                state=State.REFUSED,
                models=None,
                note=f"The model behind {self.alias} cannot be loaded "
                f"({type(broken).__name__}). Promote a version again, or serve with --model none.",
            )
        return Answering(
            state=State.LOADED,
            models=models,
            note=f"Model {models.shown} answers beside the rules.",
        )


def retired(alias: str, move: aliases.Move) -> str:
    """Return the sentence for a name that was taken from its version."""
    return (
        f"Rules answer alone: the {alias} was taken back on {move.since}: "
        f"{move.reason}. Promote a version when the reason is gone."
    )


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        file = path.stat()
    except OSError:
        return None
    return file.st_mtime_ns, file.st_size, file.st_ino
