"""What the orbit of a cell is seen to do: a verdict from simulation."""
