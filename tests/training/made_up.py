"""Labels of families that do not exist: every feature plausible, nothing to be learned."""

from datetime import date

import numpy as np
import polars as pl

from features.catalogue import FEATURES
from features.units import Unit
from training.labels.gather import Labels

DAY = date(2026, 1, 1)


def made_up(households: int, random: np.ndarray, seed: int = 0) -> Labels:
    """Families with plausible features, each inspected once and surveyed once."""
    generator = np.random.default_rng(seed)
    scale = {Unit.TENGE: 300_000, Unit.SHARE: 1, Unit.YES_NO: 1}
    columns = {"household_id": pl.Series(range(households), dtype=pl.Int64)}
    for name, f in FEATURES.items():
        drawn = generator.random(households) * scale.get(f.unit, 6)
        values = drawn if f.unit is Unit.SHARE else np.rint(drawn)
        columns[name] = pl.Series(values).cast(f.dtype)
    features = pl.DataFrame(columns).with_columns(members=pl.lit(3, pl.Int64))
    dated = features.with_columns(as_of=pl.lit(DAY), late=pl.lit(value=False), day=pl.lit(DAY))
    hides = generator.random(households) < 0.4
    return Labels(
        inspections=dated.with_columns(
            inspected_on=pl.lit(DAY),
            design=pl.Series(np.where(random, "random", "targeted")),
            probability=pl.lit(0.1),
            hidden_income_monthly=pl.Series(np.where(hides, 300_000, 0)),
        ),
        survey=dated.with_columns(
            weight=pl.lit(1.0),
            consumption_monthly=pl.Series(np.rint(2e5 + 4e5 * generator.random(households))),
            subjective_level=pl.Series(generator.integers(1, 7, households)),
        ),
        population=features,
        households=households,
        as_of=DAY,
        late=0,
        strangers=0,
    )
