"""The gates that a candidate passes before it may serve, one question a function."""
