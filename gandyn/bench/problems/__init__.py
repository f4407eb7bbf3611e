"""The standard suite, one file per family; each has a tuple ``PROBLEMS``.

Games are scaled so that the largest singular value of J at the solution is of order 1:
one range of learning rates suits all.
"""
