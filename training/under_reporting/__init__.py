"""Under-reporting put into real families, and what can be detected of it."""
