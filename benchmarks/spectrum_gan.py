"""Leading eigenvalues of GANs of 10⁵ and 10⁶ parameters, in units of gradients."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from benchmarks.report import Row, Scale
from gandyn.gans import TeacherStudent
from gandyn.gans.spectra.eigenvalues import Eigenvalues
from gandyn.gans.spectra.linearisation import leading_spectrum
from gandyn.gans.spectra.multipliers import step_multipliers
from gandyn.rules import Alternating

TARGET, LARGE = 50.0, 60.0
OUTER = ("largest real", "largest imaginary", "largest modulus")
ALL = (*OUTER, "smallest real")


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the cost of an eigenvalue that has converged, in costs of the field v."""
    torch.set_num_threads(1)  # a ratio of costs, not how small products scale
    gan = TeacherStudent(
        regulariser="R1", hidden=scale.pick(220, 12), depth=2, latent_size=8,
        points=256,
    )  # fmt: skip
    game = gan.game()
    for name, (x, y) in (
        ("an equilibrium", gan.equilibrium()),
        ("a random start", gan.initial()),
    ):
        for ends in (OUTER, ALL):
            found = ", ".join(ends)
            yield _row(
                f"J at {name}: {found}", game, x, y, scale,
                lambda x=x, y=y, ends=ends: leading_spectrum(
                    game, x, y, ends=ends, count=4, most=150
                ),
                target=None if "smallest real" in ends else TARGET,
            )  # fmt: skip
    gan = TeacherStudent(
        regulariser="R1", hidden=scale.pick(685, 12), depth=2, latent_size=8,
        points=256,
    )  # fmt: skip
    game, rule = gan.game(), Alternating(lr=0.1)
    for name, (x, y) in (
        ("an equilibrium", gan.equilibrium()),
        ("a random start", gan.initial()),
    ):
        yield _row(
            f"multipliers of alternating play, lr 0.1, at {name}", game, x, y, scale,
            lambda x=x, y=y: step_multipliers(
                rule, game, x, y, 4, most=120, dense=False
            ),
            target=LARGE,
        )  # fmt: skip


def _row(
    what: str,
    game: Any,
    x: Any,
    y: Any,
    scale: Scale,
    work: Callable[[], Eigenvalues],
    target: float | None,
) -> Row:
    gradient = _seconds(lambda: game.field(x, y), max(scale.repeats, 3))
    product = _seconds(lambda: game.jvp(x, y, x, y), max(scale.repeats, 3))
    begin = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - begin
    known = int(found.converged.sum())
    return Row(
        f"{len(x) + len(y)} parameters, {what}: gradients per converged eigenvalue",
        seconds / gradient / known if known else float("inf"), target, at_least=False,
        unit="gradients",
        detail=f"{known} of {len(found.values)} converged in {found.products} products "
        f"and {seconds:.3g} s; a gradient {gradient:.3g} s, a product "
        f"{product / gradient:.3g} gradients; largest residual of those over the "
        f"largest modulus "
        f"{(found.residuals[found.converged] / found.scale).max(initial=0.0):.1e}",
    )  # fmt: skip


def _seconds(function: Callable[[], object], repeats: int) -> float:
    function()
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)
