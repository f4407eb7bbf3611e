"""Orbits that pass a saddle, or end on it, against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import simulate
from gandyn.games import Quadratic
from gandyn.rules import Extragradient, HeavyBall, Simultaneous


@pytest.mark.parametrize(
    ("lr_y", "start"),
    [(0.001, (1e6, 0.1)), (0.0019, (1.0, 1e-10)), (0.0019, (1.0, 1e-14))],
)
def test_a_close_pass_of_a_saddle_neither_converges_nor_is_chaos(lr_y, start):
    game = Quadratic(f_xx=1.0, f_xy=0.0, f_yy=1.0)
    found = simulate(Simultaneous(lr_x=0.5, lr_y=lr_y), game, start, 5000)
    assert found.y[-1] == pytest.approx(start[1] * (1 + lr_y) ** 5000, rel=1e-9)
    assert found.verdict in ("undecided", "diverges_monotone")


def test_an_orbit_that_ends_on_a_saddle_along_its_line_is_no_chaos():
    game = Quadratic(f_xx=0.7476, f_xy=0.0, f_yy=1.4202)
    rule = Extragradient(lr_x=0.1157, lr_y=0.4643)
    found = simulate(rule, game, (-0.7729, 0.0), 5000)
    assert found.verdict == "unstable_point"


@pytest.mark.parametrize(
    ("rule", "start", "multiplier"),
    [
        (Simultaneous(lr_x=0.5, lr_y=0.1), (1.0, 0.0), 1.1),
        (Simultaneous(lr_x=0.01, lr_y=0.1), (1.0, 0.0), 1.1),
        (Extragradient(lr_x=0.5, lr_y=0.1), (-3.0, 0.0), 1.11),
        (HeavyBall(lr_x=0.3, lr_y=0.2), (1.0, 0.0), (1.7 + np.sqrt(0.89)) / 2),
        (Simultaneous(lr_x=0.5, lr_y=0.1), (0.0, 0.0), 1.1),
    ],
)
def test_what_exact_zeros_hold_on_a_saddle_ends_at_an_unstable_point(
    rule, start, multiplier
):
    """A start beside it leaves; one on it is held, however many steps are taken."""
    game = Quadratic(f_xx=1.0, f_xy=0.0, f_yy=1.0)
    found = simulate(rule, game, start, 32768)
    assert (found.verdict, found.ended) == ("unstable_point", "settled")
    assert found.lyapunov == pytest.approx(np.log(multiplier))
    beside = simulate(rule, game, (start[0], 1e-30), 32768)
    assert beside.verdict == "diverges_monotone"


def test_what_nothing_holds_exactly_is_not_said_to_be_held():
    """The field's own y-part moves y off 0, by less than the first digits of x show."""
    game = Quadratic(f_xx=1.0, f_xy=1e-12, f_yy=1.0)
    found = simulate(Simultaneous(lr_x=0.5, lr_y=0.001), game, (1.0, 0.0), 2000)
    assert found.y[-1] != 0
    assert found.verdict != "unstable_point"


def test_a_saddle_left_within_the_budget_diverges():
    game = Quadratic(f_xx=1.0, f_xy=0.0, f_yy=1.0)
    rule = Simultaneous(lr_x=0.5, lr_y=0.0019)
    assert simulate(rule, game, (1.0, 1e-10), 30000).verdict == "diverges_monotone"
