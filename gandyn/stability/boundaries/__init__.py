"""Stability boundaries as curves in two fields."""
