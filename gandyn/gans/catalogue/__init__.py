"""GANs by their names, and those that a user's file brings."""
