"""The validator: every promise of the contract, and what is unlikely, in one table of faults."""
