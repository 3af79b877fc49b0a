"""Where models live: signed bundles, the aliases that name them, the home and its keys."""
