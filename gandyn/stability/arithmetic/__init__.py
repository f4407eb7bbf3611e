"""Numbers that carry derivatives, enclosures or symbols through a step: rings."""
