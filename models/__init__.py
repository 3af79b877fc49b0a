"""The law as data, the rules, the models, and the decision they make together."""
