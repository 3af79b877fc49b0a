"""How good a run is, for whom, beside which baselines, and how sure we can be."""
