"""All fixed points over a box, and their branches."""
