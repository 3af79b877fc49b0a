"""The one way from the command to the training side: modules that are loaded when first used.

No verb loads what it does not use, and nothing of serving imports training when it runs: the
imports below are read by the type checker alone, so that a call across is checked like any other.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from training import population, promote, publish, registry, train
    from training.comparison import compare
    from training.comparison import looks as comparison_looks
    from training.comparison import page as comparison_page
    from training.inspections import (
        design,
        lot,
        objectives,
        policy,
        power,
    )
    from training.inspections import record as list_record
    from training.inspections import report as list_report
    from training.inspections.month import explained as month_explained
    from training.inspections.month import policy as month_policy
    from training.inspections.month import record as month_record
    from training.inspections.month import selection as month_list
    from training.population import worlds
    from training.population.calibration import page as world_page
    from training.population.calibration import pictures
    from training.record import known_snapshots
    from training.scorecard import card_file
    from training.scorecard import fit as scorecard

__all__ = [
    "card_file",
    "compare",
    "comparison_looks",
    "comparison_page",
    "design",
    "known_snapshots",
    "list_record",
    "list_report",
    "lot",
    "month_explained",
    "month_list",
    "month_policy",
    "month_record",
    "objectives",
    "pictures",
    "policy",
    "population",
    "power",
    "promote",
    "publish",
    "registry",
    "scorecard",
    "train",
    "world_page",
    "worlds",
]

PLACES: Final = {
    "card_file": "training.scorecard.card_file",
    "compare": "training.comparison.compare",
    "comparison_looks": "training.comparison.looks",
    "comparison_page": "training.comparison.page",
    "design": "training.inspections.design",
    "known_snapshots": "training.record.known_snapshots",
    "list_record": "training.inspections.record",
    "list_report": "training.inspections.report",
    "lot": "training.inspections.lot",
    "month_explained": "training.inspections.month.explained",
    "month_list": "training.inspections.month.selection",
    "month_policy": "training.inspections.month.policy",
    "month_record": "training.inspections.month.record",
    "objectives": "training.inspections.objectives",
    "pictures": "training.population.calibration.pictures",
    "policy": "training.inspections.policy",
    "population": "training.population",
    "power": "training.inspections.power",
    "promote": "training.promote",
    "publish": "training.publish",
    "registry": "training.registry",
    "scorecard": "training.scorecard.fit",
    "train": "training.train",
    "world_page": "training.population.calibration.page",
    "worlds": "training.population.worlds",
}
"""Every module that a verb may ask for; a test holds it to the imports above."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> ModuleType:
        """Load a module of the training side (PEP 562)."""
        if name not in PLACES:
            raise AttributeError(f"{__name__} has no {name}")
        return importlib.import_module(PLACES[name])
