"""Games of categories: what the softmax's shift must not change."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn.games import TabularGAN


@pytest.mark.parametrize("shift", [-1e4, 720.0, 1e4])
def test_a_shift_of_all_logits_changes_nothing_and_overflows_nothing(shift):
    game = TabularGAN()
    x, y = np.array([0.3, -0.2, 0.1]), np.array([0.5, 0.1, -0.4])
    for near, far in zip(
        (game.gx(x, y), game.gy(x, y), *game.jvp(x, y, y, x)),
        (game.gx(x + shift, y), game.gy(x + shift, y), *game.jvp(x + shift, y, y, x)),
        strict=True,
    ):
        assert far == pytest.approx(near, rel=1e-10)
