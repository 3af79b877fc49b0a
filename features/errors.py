"""Everything that can go wrong on purpose, and whose job it is to mend it.

* TarazyError
  x InputError            - the caller's: a file, a folder, a date, a request (exit 1)
    x RegisterFaults      - the data owner's: what `tarazy check` lists
    x SnapshotError       - a folder that is not, or is no longer, a snapshot
    x SealedTruth         - data that no register can hold: the truth of a simulated country
    x DayError            - the caller's: a day that does not have what was asked of it
      x ParameterNotInForce - the lawyer's: a legal value on a day that has none
      x LawLapsed         - the lawyer's: a day for which no newer law is on file
    x NoSuchModel         - a model that was never trained, promoted or signed
  x DeclarationError      - ours, before release: something is declared wrongly (exit 3)

No message ever carries a family's personal value: a place, a count and a remedy, no more.

An error that is raised in more than one way has a *named constructor* for each: the words stand
here, side by side, where somebody can read them as a reader will, and the place that raises
says in two words what is wrong (``raise SnapshotError.altered(file)``). CONTRIBUTING.md says
what a good text is.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Self


class TarazyError(Exception):
    """Base of every error that Tarazy raises on purpose."""

    exit_code = 3


class InputError(TarazyError):
    """What was handed in cannot be used as it is; nothing was written."""

    exit_code = 1


class RegisterFaults(InputError):
    """A data set breaks the register contract; `tarazy check` lists every fault at once."""


class SnapshotError(InputError):
    """A folder is not a snapshot, or its bytes are not those its manifest names."""

    @classmethod
    def not_one(cls, folder: Path) -> Self:
        """The folder has no manifest."""
        return cls(
            f"{folder} is no snapshot: it has no manifest.json. Make one with "
            f"`tarazy snapshot DATA --as-of DAY --out {folder}`."
        )

    @classmethod
    def unreadable(cls, manifest: Path) -> Self:
        """The manifest is no JSON, or lacks what every manifest has."""
        return cls(f"{manifest} cannot be read as a manifest; make the snapshot again.")

    @classmethod
    def of_another_format(cls, folder: Path, *, written: object, reads: int) -> Self:
        """An earlier or later release wrote it."""
        return cls(
            f"{folder} has snapshot format {written}, this version reads {reads}; "
            "make the snapshot again."
        )

    @classmethod
    def incomplete(cls, folder: Path, register: str) -> Self:
        """The manifest names no partition of a register that every snapshot has."""
        return cls(f"{folder}'s manifest names no {register}; make it again.")

    @classmethod
    def without_rows(cls, register: str) -> Self:
        """A register is to be joined that the data set does not have."""
        return cls(f"{register} is not in the data: it has no rows to join.")

    @classmethod
    def altered(cls, file: Path) -> Self:
        """The bytes of a partition are not those that the manifest names."""
        return cls(
            f"{file} is missing or is not the file that the manifest names; "
            "remove the snapshot and make it again."
        )

    @classmethod
    def of_another_digest(cls, manifest: Path) -> Self:
        """The hashes in the manifest do not add up to the digest that it names."""
        return cls(
            f"{manifest} was edited: the files that it names do not give its digest. Restore the "
            "snapshot from its backup, or remove it and make it again."
        )

    @classmethod
    def doubted(cls, doubt: str, trusted: Path) -> Self:
        """No key that the home trusts has signed the manifest as it stands."""
        return cls(
            f"{doubt}. Make it again from its registers with `tarazy snapshot`; or, if another "
            f"home of yours made it, put that home's keys/sealing.public.pem into {trusted}; or "
            "pass --unsigned to use it as it is."
        )


class SealedTruth(InputError):
    """Somebody handed in what only a simulated country knows of itself; nothing was read."""

    @classmethod
    def in_folder(cls, place: Path, folder: str) -> Self:
        """The path lies in the folder of the truth."""
        return cls(
            f"{place} lies in a folder named {folder}: 0 registers read. What families truly "
            "live on is for judging simulated worlds, never for features, models or training. "
            "Pass the folder above it; a real data set must not stand under that name."
        )

    @classmethod
    def in_columns(cls, place: str, register: str, columns: Iterable[str]) -> Self:
        """A file of a register carries columns that only the truth has."""
        return cls(
            f"{place} of {register} carries {', '.join(columns)}: 0 registers read. No "
            "register knows this; only the truth of a simulated country does. Write the register "
            "again without it."
        )


class DayError(InputError):
    """What was asked does not exist on the day: a legal value, or a month of the calendar."""


class ParameterNotInForce(DayError):
    """A legal value was asked for on a day for which the law on file gives none."""

    def __init__(
        self, name: str, day: date, first: date | None, *, ended: date | None = None
    ) -> None:
        if first:
            why = f"the earliest edition on file starts {first}"
        elif ended:
            why = f"the newest edition begun by then speaks of the time up to {ended} only"
        else:
            why = "it was repealed, or is not published"
        super().__init__(
            f"{name} has no value on {day}: {why}. Add the edition of the act to "
            f"models/law/values/{name}.yaml, or check the date."
        )


class LawLapsed(DayError):
    """A decision was asked for on a day that lies too far behind the end of the law on file."""

    def __init__(self, problems: Sequence[str], allowed: int | None, names: Sequence[str]) -> None:
        files = ", ".join(f"models/law/values/{name}.yaml" for name in names)
        super().__init__(
            f"{'; '.join(problems)}: later than the {allowed} days that lapsed_law_days allows. "
            f"Add the next editions to {files}, or check the date."
        )


class NoSuchModel(InputError):
    """No model stands behind the name or version that was asked for."""


class DeclarationError(TarazyError):
    """A feature, parameter, rule, reason or register is declared wrongly: ours to fix."""
