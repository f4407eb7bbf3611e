"""Exact multipliers of linear rules on linear games."""
