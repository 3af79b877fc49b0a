"""Two versions on the same families: paired differences, who moves and why."""
