"""Steps of many cells at once, and what is found out of a step by trying it."""
