"""Why a family is in its category, and which correction of a register would change it."""
