"""The decision: rules and models together, for one family or a nation by the same function."""
