"""Where multipliers cross the unit circle, and the normal forms there."""
