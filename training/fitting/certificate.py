"""What is promised of a flag: the threshold, fixed at training, and the certificate beside it.

Of the families that are flagged at most q would not be confirmed by an inspector, on average
over draws of the inspections. A run that cannot promise that flags nobody, and says why.
"""

from typing import Any, Final

import numpy as np

from models.assessment.metrics import share
from models.assessment.sequential import refuted_above
from models.learned import conformal
from models.learned.arrays import Mask, Vector
from training.fitting.hidden_income import Inspected
from training.labels.gather import FEWEST_RANDOM, Labels

_LOOKED_AT: Final = 0.10
"""Share of the most suspicious in which the two arms are compared when nobody can be flagged."""


def certified(
    inspected: Inspected, population: Vector, labels: Labels, *, unconfirmed: float
) -> tuple[float | None, dict[str, Any]]:
    """Fix the threshold of the flag, and write down what is promised for whom.

    ``unconfirmed`` is q, the share of the flagged that an inspector may fail to confirm: a
    dated parameter of the law on file, fixed before the labels are seen, for a level chosen
    by the labels that it is promised of would break the promise. What they would support is
    told beside it (``least_supported``, and how many labels q needs), so that whoever sets
    the parameter knows. Without a random arm, or with one too small for the level asked,
    nobody is flagged.
    """
    arm = inspected.in_random_arm
    clear = inspected.confirmed == 0
    weights, leans_on = _standing(inspected, unconfirmed, len(population))
    counted = weights > 0
    chosen = conformal.select(
        inspected.rank[counted],
        clear[counted],
        weights[counted],
        unconfirmed=unconfirmed,
        population=len(population),
    )
    enough = int(arm.sum()) >= FEWEST_RANDOM
    threshold = (
        conformal.threshold_for(population, chosen.share)
        if enough and chosen.share is not None
        else None
    )
    flagged = np.zeros(0) if threshold is None else population[population >= threshold]
    of_all = len(flagged) / len(population)
    seen = arm & (inspected.rank < of_all)
    certificate = {
        "method": "conformal selection (Jin & Candès 2023) with Benjamini–Hochberg, threshold "
        "fixed at training",
        "leans_on": leans_on,
        "choice": inspected.choice.as_json(),
        "holds": "on average over draws of the inspections, for families drawn like this "
        "population; families that calibrate were scored by models that had not seen them, "
        "so the level is approximate as in cross-conformal prediction",
        "unconfirmed_at_most": unconfirmed,
        "refuted_above": None
        if threshold is None
        else refuted_above(clear[seen], inspected.random[seen], unconfirmed),
        "unconfirmed_estimated": chosen.unconfirmed if threshold is not None else None,
        "least_supported": chosen.least_supported,
        "labels": int(counted.sum()),
        "random_labels": int(arm.sum()),
        "random_labels_needed": chosen.labels_needed,
        "population": labels.households,
        "as_of": labels.as_of.isoformat(),
        "flagged_share": of_all,
        "flagged_in_random_arm": int(seen.sum()),
        "unconfirmed_in_random_arm": share(int((seen & clear).sum()), int(seen.sum())).as_json(),
        "measured_on": "random labels that helped to set the threshold, so "
        "unconfirmed_in_random_arm is optimistic",
        "nobody_flagged_because": None
        if threshold is not None
        else _why_nobody(arm, int(counted.sum()), chosen),
    }
    return threshold, certificate


def _standing(inspected: Inspected, unconfirmed: float, population: int) -> tuple[Vector, str]:
    """Return the weights under which labels stand for the population, and which labels count.

    Targeted inspections help only as long as suspicion follows the registers. Where
    inspectors chose by what no register shows, the families they chose hide more often than
    others that look the same, and the promise would be too bold: that is asked all along
    the ranking (`training.labels.unmeasured_selection`) and once more among those that
    would be flagged.
    """
    together, arm = inspected.standing, inspected.in_random_arm
    if not (together[~arm] > 0).any():
        return inspected.random, "random inspections"
    clear, counted = inspected.confirmed == 0, together > 0
    chosen = conformal.select(
        inspected.rank[counted],
        clear[counted],
        together[counted],
        unconfirmed=unconfirmed,
        population=population,
    )
    looked_at = chosen.share if chosen.share is not None else _LOOKED_AT
    top = inspected.rank < looked_at
    estimated = float(together[top & clear].sum() / max(together[top].sum(), 1e-12))
    seen = share(int((arm & top & clear).sum()), int((arm & top).sum()))
    contradicted = seen.low is not None and estimated < seen.low
    if contradicted or inspected.choice.knows_more("targeted"):
        return inspected.random, (
            "random inspections alone: among families that look the same, those chosen by "
            "suspicion were confirmed at other odds than those drawn at random"
        )
    return together, (
        "random inspections, and targeted ones by the inverse of their chance, known or estimated"
    )


def _why_nobody(arm: Mask, labels: int, chosen: conformal.Selection) -> str:
    if not arm.any():
        return (
            "there is no random inspection: nothing can be promised of a flag. Inspect at least "
            "300 families drawn at random."
        )
    if arm.sum() < FEWEST_RANDOM:
        return (
            f"there are only {int(arm.sum())} random inspections: below {FEWEST_RANDOM} nothing is "
            "promised of a flag. Inspect at least 300 families drawn at random."
        )
    needed = "more" if chosen.labels_needed is None else f"about {chosen.labels_needed}"
    return (
        f"{labels} inspections, {int(arm.sum())} of them random, support no level below "
        f"{chosen.least_supported:.2f}: {needed} like them are needed."
    )
