"""The page of a run: what a data scientist and an auditor look at."""
