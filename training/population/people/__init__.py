"""Who lives in the country: families, their lives, work, support and standing."""
