"""Periodic orbits of maps, their branches, and mode locking."""
