"""Closed invariant curves of maps."""
