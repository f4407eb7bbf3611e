"""Runs of a rule on one GAN or on many, and their phase diagrams."""
