"""Benchmarks of gandyn beside its peers: ``python -m benchmarks``."""
