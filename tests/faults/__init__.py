"""Faults of machines: what is killed, stopped, full or broken must cost time only."""
