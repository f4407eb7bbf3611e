"""Lyapunov exponents, and basins of attraction."""
