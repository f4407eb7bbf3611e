"""What is linear near a point: Jacobians, multipliers of a period, equilibria."""
