"""Decisions as they are answered and written: one family, a batch, a challenger's shadow."""
