"""The law beside itself: cards with each other, readings of one rule, on all families."""
