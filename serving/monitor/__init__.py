"""The monitor: whether families have changed, and whether the live model keeps its promises."""
