"""Which model is the champion, and which was when: a signed file beside the bundles.

Serving reads only this file and the bundles. It never asks MLflow, so a registry that is
down, slow or tampered with changes nothing for the families. The file also keeps every move
of every name, under the same signature: MLflow forgets an alias once it moves.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from features.errors import InputError, NoSuchModel
from features.files.whole import write_durably
from models.bundles import signing
from models.bundles.home import Home

ALIASES: Final = ("champion", "challenger")
SHADOW: Final = "challenger"
"""The alias whose model runs beside the champion without effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """The version a name stands for, pinned by the hash of its manifest.

    ``override`` is the reason for which a person passed a gate; null: every gate said yes.
    """

    version: str
    manifest_sha256: str
    override: str | None
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From ``since`` on a name stands for a version; ``version`` null: for none.

    ``reason`` says why a name was taken from its version; null where a version was promoted.
    """

    name: str
    version: str | None
    manifest_sha256: str | None
    override: str | None
    since: str
    reason: str | None = None

    @property
    def at(self) -> datetime:
        """The moment from which it holds; one written without a zone is read as UTC."""
        moment = datetime.fromisoformat(self.since)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one version stands for now, and by whose word it may: told wherever it is named.

    ``override`` is what persons gave as their reason whenever this version passed a gate by
    their word; null: nobody ever had to.
    """

    names: Mapping[str, Alias]
    override: str | None


@dataclass(frozen=True, slots=True)
class Aliases:
    """All names, with a number that only grows: an older file can be told from a newer.

    ``history`` holds every move in the order in which it was made.
    """

    sequence: int
    names: dict[str, Alias]
    history: tuple[Move, ...] = ()

    def standing(self, version: str, manifest_sha256: str) -> Standing:
        """Return the names of a version and the words that it passed gates by, first given first.

        A word belongs to the version and outlives the name that it was given for. Numbers
        repeat from home to home, so only what is pinned to these very bytes speaks of them.
        """
        words = (
            move.override
            for move in self.history
            if (move.version, move.manifest_sha256) == (version, manifest_sha256)
        )
        return Standing(
            names={
                name: alias
                for name, alias in self.names.items()
                if (alias.version, alias.manifest_sha256) == (version, manifest_sha256)
            },
            override="; ".join(dict.fromkeys(word for word in words if word)) or None,
        )

    def retired(self, name: str) -> Move | None:
        """Return the move that took a name from its version; None: it has one, or never had."""
        moves = [move for move in self.history if move.name == name]
        return moves[-1] if moves and moves[-1].version is None else None

    def live_at(self, moment: datetime, name: str = "champion") -> Move | None:
        """Return what a name stood for at a moment: the last move made by then.

        None before its first move. A move whose ``version`` is null: rules answered alone.
        """
        when = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moves = [m for m in self.history if m.name == name and m.at <= when]
        return moves[-1] if moves else None


def read(home: Home) -> Aliases:
    """Read the aliases after checking their signature; none written yet: no names."""
    path = home.bundles / "aliases.json"
    if not path.exists():
        return Aliases(0, {})
    content = path.read_bytes()
    signing.check_signature(content, path.with_suffix(".sig"), home.public_key())
    content_read = json.loads(content)
    names = {name: Alias(**alias) for name, alias in content_read["aliases"].items()}
    # A file of before the history was kept tells at least since when its names stand.
    moves = (
        [Move(**move) for move in content_read["history"]]
        if "history" in content_read
        else [Move(name=name, **asdict(alias)) for name, alias in sorted(names.items())]
    )
    return Aliases(int(content_read["sequence"]), names, tuple(moves))


def write(
    home: Home,
    name: str,
    version: str,
    manifest_sha256: str,
    *,
    override: str | None,
    when: datetime,
) -> Aliases:
    """Let ``name`` stand for a version from ``when`` on, signed; returns what now stands.

    The signature is replaced after the file; a machine that stops between the two
    refuses to serve a model rather than serve the wrong one.
    """
    before = read(home)
    alias = Alias(
        version=version,
        manifest_sha256=manifest_sha256,
        override=override,
        since=_moment(when),
    )
    return _signed(home, before, before.names | {name: alias}, [Move(name=name, **asdict(alias))])


def retire(home: Home, reason: str, when: datetime, name: str = "champion") -> Aliases:
    """Take a name from its version for a reason that is kept; returns what now stands.

    The version goes back to shadow: it runs on as challenger, without effect, unless another
    challenger stands already. From then on rules answer alone, until a version is promoted.
    Raises ``NoSuchModel`` where the name stands for nothing, and ``InputError`` without a reason.
    """
    if not reason.strip():
        raise InputError("Taking a model back needs a reason: it is shown wherever models are.")
    before = read(home)
    if name not in before.names:
        raise NoSuchModel(f"No model is promoted as {name!r}, so none can be taken back.")
    since = _moment(when)
    left = {n: alias for n, alias in before.names.items() if n != name}
    moves = [
        Move(
            name=name,
            version=None,
            manifest_sha256=None,
            override=None,
            since=since,
            reason=reason.strip(),
        )
    ]
    if name != SHADOW and SHADOW not in left:
        shadow = replace(before.names[name], since=since)
        left[SHADOW] = shadow
        moves.append(Move(name=SHADOW, **asdict(shadow), reason=reason.strip()))
    return _signed(home, before, left, moves)


def live_at(home: Home, moment: datetime, name: str = "champion") -> Move | None:
    """Return which version a name stood for at a moment, after checking the signature."""
    return read(home).live_at(moment, name)


def _signed(home: Home, before: Aliases, names: dict[str, Alias], moves: Sequence[Move]) -> Aliases:
    """Write names and history with their signature, the number one higher."""
    after = Aliases(before.sequence + 1, names, (*before.history, *moves))
    content = _bytes(
        {
            "sequence": after.sequence,
            "aliases": {name: asdict(alias) for name, alias in after.names.items()},
            "history": [asdict(move) for move in after.history],
        }
    )
    home.bundles.mkdir(parents=True, exist_ok=True)
    path = home.bundles / "aliases.json"
    write_durably(path, content)
    write_durably(path.with_suffix(".sig"), home.signing_key().sign(content))
    return after


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def _bytes(entries: dict[str, Any]) -> bytes:
    return (json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
