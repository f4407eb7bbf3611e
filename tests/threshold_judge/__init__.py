"""A judge of thresholds on random linear games, by dense scans and bisection.

It imports rules, whose own ``step`` it plays on unit vectors and single numbers, in
plain numpy and in 50 digits, and nothing of gandyn's games, dynamics or stability; of
rules that ask for losses it has rational maps of its own. Each multiplier outside the
unit circle is counted at 20,001 values of the learning rate; where the count changes it
is bisected.

``python -m tests.threshold_judge --games 2000 --seed 0`` compares the package with it.
"""
