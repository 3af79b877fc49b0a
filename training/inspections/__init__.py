"""Whom to visit: lists drawn with known chances, so that what the visits find can be trusted."""
