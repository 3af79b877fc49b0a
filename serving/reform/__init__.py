"""What a reform would do to every family of a snapshot, beside the law as it stands."""
