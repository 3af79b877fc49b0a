"""Registers in, one row a family out: what the state's registers show, as of a day."""
