"""Reasons in words: which facts decided, in three languages, with numbers as people write them."""
