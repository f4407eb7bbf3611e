"""One engine for curves of solutions: tangent, step, return, and when to doubt them."""
