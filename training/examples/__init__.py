"""Short scripts that show a path from end to end; each is run by the tests."""
