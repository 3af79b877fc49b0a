"""A challenger beside the champion: it decides the same families, and nobody is answered by it.

What it says is kept apart from every decision. In a batch that is a file of its own; in the
service it is counted, and a log names the decisions on which the two differ, never what they
say. A challenger that fails, is slow or cannot be verified changes no answer.
"""

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models import columns
from models.answer import Origin
from models.decision.by_rules import ByRules
from models.decision.pipeline import with_opinion
from models.learned.predict import Models
from serving import metrics
from serving.decisions.answers import Decided, Decision
from serving.decisions.batch import Scored, score
from serving.decisions.live import Live

COLUMNS: Final = columns.of(Origin.KEY, Origin.PREDICTION, Origin.MODEL)
"""What is kept of a challenger's opinion: nothing that law decides is among it."""
COMPARED: Final = ("model_flag", "material", "model_category")
WAITING: Final = 10_000
"""Households that may wait for the challenger in one worker; more are not compared."""

log = logging.getLogger("tarazy.shadow")


def place(out: Path) -> Path:
    """Return where the opinion of a challenger lies beside the decisions of a champion.

    >>> [place(Path(out)).name for out in ("decisions.parquet", "decisions.csv", "decisions")]
    ['decisions.shadow.parquet', 'decisions.shadow.csv', 'decisions.shadow.parquet']
    """
    return out.with_name(f"{out.stem}.shadow{out.suffix or '.parquet'}")


def run_beside(
    served: Scored,
    snapshot: Snapshot,
    *,
    as_of: date,
    challenger: Models,
    key: bytes,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Let a challenger look at every family that was decided; write its opinion beside.

    Returns where it lies and how often the two differ, ready for JSON.
    """
    opinion = score(
        snapshot,
        as_of=as_of,
        models=challenger,
        out=place(served.out),
        key=key,
        keep=COLUMNS,
        progress=progress,
    )
    return {
        "out": str(opinion.out),
        "model_version": challenger.version,
        "model_override": challenger.override,
        "differences": differences(served.table, opinion.table),
    }


def differences(served: pl.DataFrame, opinion: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count for each column that is compared what the challenger would change, and how."""
    counts_by_column: dict[str, dict[str, int]] = {}
    for column in COMPARED:
        pairs = served.select("household_id", before=column).join(
            opinion.select("household_id", after=column), on="household_id", how="inner"
        )
        counts: dict[str, int] = {}
        for before, after, families in sorted(
            pairs.group_by("before", "after").len().rows(), key=str
        ):
            if name := change(before, after):
                counts[name] = counts.get(name, 0) + families
        counts_by_column[column] = dict(sorted(counts.items()))
    return counts_by_column


def change(before: float | None, after: float | None) -> str | None:
    """Name what became of a flag or a category; None: nothing.

    >>> change(False, True), change(3, 2), change(True, None), change(4, 4)
    ('raised', 'lowered', 'no_longer_known', None)
    """
    if before == after:
        return None
    if before is None:
        return "newly_known"
    if after is None:
        return "no_longer_known"
    return "raised" if after > before else "lowered"


_Facts = list[tuple[Sequence[int], ByRules]]
"""Positions in a request, and what the rules say of the households there."""


class Shadow:
    """A challenger in the service: it works behind the answers, in a thread of its own."""

    def __init__(self, live: Live) -> None:
        """``live`` is the challenger's; families are compared while it has a model."""
        self.live = live
        self._work: queue.SimpleQueue[tuple[_Facts, list[dict[str, Any]]] | None] = (
            queue.SimpleQueue()
        )
        self._waiting, self._lock = 0, threading.Lock()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, groups: Sequence[Decided], answers: Sequence[Decision]) -> None:
        """Take households that were decided; it never waits, and what is too much is let go.

        ``answers`` are in the order of the request. The challenger is asked
        of the facts that the rules were: no register is read and no feature built again.
        """
        if self.live.now.models is None:
            return
        with self._lock:
            if self._waiting + len(answers) > WAITING:
                metrics.SHADOW.labels("let_go").inc(len(answers))
                return
            self._waiting += len(answers)
        kept = [{name: getattr(a, name) for name in (*COMPARED, "decision_id")} for a in answers]
        facts = [(group.positions, group.decisions.by_rules) for group in groups]
        self._work.put((facts, kept))

    def close(self) -> None:
        """Finish what waits and stop."""
        self._work.put(None)
        self._thread.join(timeout=5)
        self.live.close()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            facts, served_rows = work
            try:
                self._compare(facts, served_rows)
            except Exception as error:  # its words may hold a value
                metrics.SHADOW.labels("failed").inc(len(served_rows))
                log.error("The challenger failed: %s", type(error).__name__)
            finally:
                with self._lock:
                    self._waiting -= len(served_rows)

    def _compare(self, facts: _Facts, served_rows: list[dict[str, Any]]) -> None:
        challenger = self.live.now.models
        if challenger is None:
            return
        for positions, by_rules in facts:
            table = with_opinion(by_rules, challenger).table.select(COMPARED)
            for position, opinion in zip(positions, table.iter_rows(named=True), strict=True):
                _count(served_rows[position], opinion, challenger)


def _count(served: Mapping[str, Any], opinion: Mapping[str, Any], challenger: Models) -> None:
    """Count on what the two differ of one household, and name the decision in the log."""
    changed = {
        column: name for column in COMPARED if (name := change(served[column], opinion[column]))
    }
    metrics.SHADOW.labels("differs" if changed else "same").inc()
    for column, name in changed.items():
        metrics.SHADOW_CHANGES.labels(column, name).inc()
    if changed:
        log.info(
            "decision %s: version %s differs in %s",
            served["decision_id"],
            challenger.shown,
            ", ".join(changed),
        )
