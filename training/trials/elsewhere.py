"""Two countries judge each other's models: a simulated one, and one made by others."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from models.assessment import metrics
from models.assessment.metrics import Estimate
from models.learned.inputs import encode
from training.fitting.evidence import findings
from training.labels import gather as label
from training.trials.country import Country
from training.trials.rankings import rankings


def crossed(teacher: Country, pupil: Country, *, seed: int) -> dict[str, Estimate]:
    """Return the AUC of one country's models on the random inspections of another.

    ``teacher`` and ``pupil`` may be the same country: then its own out-of-fold scores
    are judged, as in every report.
    """
    inspections = pupil.labels.inspections
    weights = label.random_weights(inspections)
    arm = weights > 0
    confirmed = findings(inspections)[1][arm]
    drawn = metrics.draws(inspections["household_id"].to_numpy()[arm], np.random.default_rng(seed))
    if teacher is pupil:
        ways = {"tarazy": pupil.fitted.inspected.margin, "gap_alone": pupil.fitted.inspected.gap}
    else:
        ways = rankings(teacher, pupil)
    return {
        name: metrics.auc_with_interval(confirmed, score[arm], weights[arm], drawn)
        for name, score in ways.items()
    }


def differences(one: Country, other: Country, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return for each model input how far two countries lie apart, the farthest first.

    ``overlap`` is the AUC of telling the countries apart by this input alone (0.5: alike);
    ``tells_one`` and ``tells_other`` are the AUC of truly confirmed hiding by it among
    random inspections of each, so that an input that speaks in one country only shows.
    """
    inputs = tuple(
        i
        for i in one.fitted.inputs
        if i in other.fitted.inputs and (names is None or i.name in names)
    )
    of_one, of_other = (encode(c.features, inputs, c.law) for c in (one, other))
    rows = []
    for place, each in enumerate(inputs):
        both = np.concatenate([of_one[:, place], of_other[:, place]])
        which = np.repeat([0.0, 1.0], [len(of_one), len(of_other)])
        rows.append(
            {
                "input": each.name,
                "median_one": float(np.nanmedian(of_one[:, place])),
                "median_other": float(np.nanmedian(of_other[:, place])),
                "overlap": metrics.auc(which, np.nan_to_num(both, nan=-1.0)),
                "tells_one": _tells(one, each.name),
                "tells_other": _tells(other, each.name),
            }
        )
    return pl.DataFrame(rows).sort((pl.col("overlap") - 0.5).abs(), descending=True)


def _tells(country: Country, name: str) -> float:
    inspections = country.labels.inspections
    weights = label.random_weights(inspections)
    arm = weights > 0
    each = [i for i in country.fitted.inputs if i.name == name]
    value = np.nan_to_num(label.encoded(inspections, each)[arm, 0], nan=-1.0)
    return metrics.auc(findings(inspections)[1][arm], value, weights[arm])
