"""What the suites of trained GANs share: train, polish, predict, measure."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.crosschecks._outcome import Outcome
from benchmarks.crosschecks._tangents import TangentCheck, tangent_check
from gandyn._progress import Progress
from gandyn.errors import GandynError
from gandyn.gans import GAN, TorchGame, train
from gandyn.gans.spectra.equilibria import polish
from gandyn.rules import Rule
from gandyn.rules.gradient import Alternating, Simultaneous

SURE = 4.0
"""Standard errors within which a measured rate or angle agrees."""
RELATIVE = 0.02
STILL = 1e-6
"""A multiplier at a smaller angle doesn't turn: there is no frequency to compare."""
COARSE = 0.2
"""A difference beyond this does not agree whatever the error bar."""
ABSOLUTE = 1e-5
"""Of a growth rate per step: a thousandth of a fold in a hundred steps."""


def compare(
    gan: GAN,
    progress: Progress,
    *,
    rates: tuple[float, ...],
    train_lr: float,
    train_steps: int,
    polish_steps: int,
    steps: int,
) -> Outcome:
    """Train a GAN for a while, polish the point, and compare at both.

    The stability and the growth rate are those of the leading multiplier, the frequency
    that of the multiplier which turns fastest. At the polished point they are to agree;
    at the trained point, which is no equilibrium, the differences are reported.
    """
    game = gan.game(0)
    trainer = Alternating()
    trainer = type(trainer)(train_lr, train_lr)
    run = train(trainer, game, gan.initial(0), train_steps, every=train_steps)
    trained = run.state.x, run.state.y
    progress(1, 4)
    found = polish(game, *trained, steps=polish_steps)
    progress(2, 4)
    places = {"polished": (found.x, found.y), "trained": trained}
    tables: dict[str, Any] = {}
    for i, (name, point) in enumerate(places.items()):
        tables[name] = _table(Simultaneous(), game, point, rates, steps)
        progress(3 + i, 4)
    agrees = found.converged and all(row["agrees"] for row in tables["polished"])
    summary = {
        "trained_residual": found.residuals[0],
        "polished_residual": found.residual,
        "polished": found.converged,
        "moved": found.moved,
        "polished_agree": _share(tables["polished"]),
        "trained_agree": _share(tables["trained"]),
        "why": _why(tables, found.converged),
    }
    details = {"gan": repr(gan), "parameters": sum(s[0] for s in game.shape), **tables}
    return Outcome(agrees, summary, details)


def _table(
    rule: Rule,
    game: TorchGame,
    point: tuple[Any, Any],
    rates: tuple[float, ...],
    steps: int,
) -> list[dict[str, Any]]:
    rows = []
    for turning in (False, True):
        try:
            checks = tangent_check(
                rule, game, point, rates, turning=turning, steps=steps
            )
        except GandynError as error:
            rows.append({"turning": turning, "refused": str(error), "agrees": False})
            continue
        for one in checks:
            if turning and one.predicted_angle < STILL:
                continue
            row = {"turning": turning, **one.as_dict()}
            rows.append({**row, "agrees": bool(_agrees(one, turning))})
    return rows


def _agrees(one: TangentCheck, turning: bool) -> bool:
    """Return whether rate or angle agrees; what is not resolved does not."""
    told = one.predicted_angle if turning else one.predicted_rate
    seen = one.angle if turning else one.rate
    bound = max(RELATIVE * abs(told), min(SURE * seen.error, COARSE * abs(told)))
    if turning:
        return abs(seen.value - told) <= bound
    return one.stability_agrees and abs(seen.value - told) <= max(bound, ABSOLUTE)


def _share(rows: list[dict[str, Any]]) -> str:
    return f"{sum(row['agrees'] for row in rows)} of {len(rows)}"


def _why(tables: dict[str, Any], polished: bool) -> str:
    """Return what the failures at the trained point have in common."""
    rows = [row for row in tables["trained"] if "moved" in row]
    wrong = [row["moved"] for row in rows if not row["agrees"]]
    if not wrong:
        return "the trained point agrees as well"
    text = (
        f"the trained point is no equilibrium: while the difference is measured, the "
        f"training itself moves by {np.median(wrong):.2g} of the point's norm (median "
        "over the cases that disagree), and the Jacobian with it"
    )
    if not polished:
        text += "; no equilibrium was found near it either"
    return text
