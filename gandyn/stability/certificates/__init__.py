"""What is proved of multipliers."""
