"""A simulated country: families, what they truly live on, and what the registers see of it.

The story runs one way: abilities and shocks (`families`) → formal and informal work (`work`)
→ state support (`support`) → standing, wealth, consumption (`standing`) → possessions and
debts (`housing`, `possessions`, `debts`) → what each register sees (`payments`, `traces`) →
inspections and survey (`labels`). Levels are calibrated to published figures
(`figures.yaml`, with sources); what is not published is marked as assumed. Other countries
(`worlds.yaml`) shift the story where a cause acts, and promise what follows; faults of
registers and registers that are silent are made on the observers' side (`faults`).
"""

from training.population.simulation import simulate

__all__ = ["simulate"]
