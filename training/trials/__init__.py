"""Trials in a world whose truth is known: our detector beside an oracle and naive rivals.

In a simulated country every family's hidden income is known. Models are trained as
always, on inspections and survey alone; only then the truth is opened, and every family
that no label speaks of is judged by it. None of this is a claim about the real country.

* `country`: a world, its truth, and models trained in it as always;
* `regimes`: four ways in which families come to be inspected;
* `rankings`: every way of ranking families, and oracles that the truth has taught;
* `judged`: what the models said, measured against the truth;
* `variants`: other ways to learn from selected labels;
* `calibrators`: other ways from a score to a probability, by the number of labels;
* `guarantees`: what is promised, against labels drawn again hundreds of times;
* `elsewhere`: two countries judge each other's models;
* `pages`: the tables and pictures that `training.trials` keeps.
"""
