"""Games of two groups of modules: vectors, losses, batches, and what is refused."""
