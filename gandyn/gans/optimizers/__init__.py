"""Torch's optimizers as update rules, with their groups and their memory."""
