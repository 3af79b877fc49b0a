"""A simulated country: families, what they truly live on, and what the registers see of it.

The story runs one way: abilities and shocks (`families`) → formal and informal work (`work`)
→ state support (`support`) → standing, wealth, consumption (`standing`) → possessions and
debts (`housing`, `possessions`, `debts`) → what each register sees (`payments`, `traces`),
and with what delay (`lags`) → inspections and survey (`labels`, `survey`). Levels are
calibrated to published figures (`figures.yaml`, with sources); what is not published is
marked as assumed. Other countries (`worlds.yaml`) shift the story where a cause acts, and
promise what follows; faults of registers and registers that are silent are made on the
observers' side (`faults`).

A `State` holds what is true on a day (`state`). It is begun once, and passed from month to
month in the order of the same story (`months`): lives (`lives`, `regroup`), careers and
benefits (`careers`), belongings (`belongings`), and what a month adds to the registers. What
a family or person is by nature (fortune, custom, taste, the habit of borrowing) is drawn
once and kept. Whoever starts anew draws as anyone alike would, and flags drift from one
probability to the next with the fewest changes; so published levels stand while people age.
Observing (`observe`) reads the state and never changes it.
"""

from training.population.simulation import simulate

__all__ = ["simulate"]
