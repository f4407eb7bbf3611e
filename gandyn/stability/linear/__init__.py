"""Linearised steps: exact, rational, symbolic, in batches, and the best ones."""
