"""The judge: what an orbit does, by means that gandyn's own verdicts do not use.

It plays a rule's own ``step`` in plain, long, unstrided loops, one numpy column for a
cell, and answers from Newton's method, eigenvalues, returns and a twin orbit that
starts 1e-11 away. It imports rules and games, and nothing of gandyn's dynamics or
stability: where the two agree, they agree independently.

``python -m tests.judge --cells 20000 --seed 0`` compares the package with it.
"""

from __future__ import annotations

from tests.judge.judging import judge, judge_group
from tests.judge.truth import Truth, agrees

__all__ = ["Truth", "agrees", "judge", "judge_group"]
