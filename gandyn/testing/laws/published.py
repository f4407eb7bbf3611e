"""Laws from the literature: spectra, reductions, conserved quantities, certificates."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gandyn._node import find_member, leaves, replace
from gandyn.games.bilinear import Bilinear
from gandyn.games.dirac import DiracGAN, Minimax, NonSaturating, Wasserstein
from gandyn.rules import Rule
from gandyn.testing import strategies
from gandyn.testing._cases import on
from gandyn.testing._law import Broken, Law, Tolerance
from gandyn.testing._play import (
    Unsuitable,
    play,
    players,
    vector,
    with_rates,
)
from gandyn.testing.laws.linear import exact_map
from gandyn.testing.strategies.symmetries import SLOPES
from gandyn.testing.strategies.values import STEEP

_STEPS = 6


class BilinearSpectrum(Law):
    """Published multipliers on the bilinear game."""

    id = "spectrum"
    statement = (
        "On the bilinear game the multipliers are the roots of the declared "
        "polynomial, so thresholds and rates are the published ones."
    )
    reference = (
        "Zhang, Yu, Convergence of Gradient Methods on Bilinear Zero-Sum Games, "
        "ICLR 2020, Theorems 3.1 to 3.4"
    )
    trait = "analytic"
    tolerance = Tolerance(2.0**-20)

    def declared(self, rule: Any) -> bool | None:
        """Tell whether a polynomial is declared."""
        polynomial = getattr(rule, "characteristic", None)
        return True if polynomial is not None and polynomial(1.0) else None

    def cases(self, rule: Any) -> Any:
        """Return bilinear games."""
        return st.fixed_dictionaries(
            {
                "game": strategies.bilinear_games(offset=False),
                "settings": strategies.settings(rule),
            }
        )

    def examine(self, rule: Any, game: Any) -> None:
        """Compare coefficients; multipliers of 0 may be more."""
        got = np.poly(exact_map(rule, game))
        due = np.array(rule.characteristic(game.A), dtype=float)
        size = max(got.size, due.size)
        got, due = (np.pad(c, (0, size - c.size)) for c in (got, due))
        self.same(got, due, "the characteristic polynomial")


class DiracLinearisation(Law):
    """Near its equilibrium the Dirac-GAN is a bilinear game."""

    id = "dirac"
    statement = (
        "On the Dirac-GAN without regulariser the multipliers are those of the "
        "bilinear game with singular value f'(0)."
    )
    reference = (
        "Mescheder, Geiger, Nowozin, Which Training Methods for GANs do actually "
        "Converge?, ICML 2018, Lemmas 2.2 to 2.4"
    )
    trait = "analytic"

    def applies(self, rule: Any) -> str:
        """Tell that a rule that changes with time has no multipliers."""
        if not getattr(rule, "autonomous", False):
            return "the rule changes with time: it has no multipliers"
        return ""

    def cases(self, rule: Any) -> Any:
        """Return members of the family."""
        losses = [Minimax(), NonSaturating(), Wasserstein()]
        game = st.sampled_from(losses).map(DiracGAN)
        return st.fixed_dictionaries(
            {"game": game, "settings": strategies.settings(rule)}
        )

    def examine(self, rule: Any, game: Any) -> None:
        """Compare the maps' polynomials."""
        sigma = float(game.jacobian(0.0, 0.0)[1])
        got, due = (np.poly(exact_map(rule, g)) for g in (game, Bilinear(sigma)))
        self.same(got, due, "the characteristic polynomial")


class Reductions(Law):
    """Special values give simpler rules."""

    id = "reductions"
    statement = "With the declared values of its fields the rule is a simpler rule."
    trait = "reduces"

    def declared(self, rule: Any) -> bool | None:
        """Tell whether any is declared."""
        return True if getattr(rule, "reduces", ()) else None

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state and which reduction to look at."""
        which = st.integers(0, len(rule.reduces) - 1)
        return on(rule, strategies.games(), which=which)

    def examine(self, rule: Any, game: Any, x: Any, y: Any, which: int) -> None:
        """Play both."""
        fields, simpler, theirs = _reduction(rule, which)
        got = players(play(replace(rule, fields), game, x, y, _STEPS))
        expected = players(play(simpler, game, x, y, _STEPS))
        what = f"with {theirs}, the orbit of {simpler!r}"
        self.same_orbit(got, expected, what, (simpler, game, x, y))


class Energy(Law):
    """A conserved quantity on the bilinear game."""

    id = "energy"
    statement = "On the bilinear game the declared energy is conserved."
    reference = (
        "Bailey, Gidel, Piliouras, Finite Regret and Cycles with Fixed Step-Size via "
        "Alternating Gradient Descent-Ascent, COLT 2020, Theorem 4"
    )
    trait = "energy"

    def declared(self, rule: Any) -> bool | None:
        """Tell whether an energy is declared."""
        energy = getattr(rule, "energy", None)
        return True if energy and energy(1.0, 1.0, 1.0) is not None else None

    def cases(self, rule: Any) -> Any:
        """Return bilinear games with a state."""
        return on(rule, strategies.bilinear_games(offset=False))

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Compare its values along the orbit."""
        orbit = players(play(rule, game, x, y, _STEPS))
        values = np.array([rule.energy(game.A, u, w) for u, w in orbit])
        self.same(values, np.full(len(values), values[0]), "the energy")


class VolumePreserved(Law):
    """Volume preservation."""

    id = "volume"
    statement = "On games without own curvature the step's determinant is ±1."
    reference = (
        "Bailey, Gidel, Piliouras, COLT 2020 (symplectic structure of alternating play)"
    )
    trait = "preserves_volume"

    def cases(self, rule: Any) -> Any:
        """Return bilinear games with a state."""
        return on(
            rule,
            st.one_of(strategies.games("hamiltonian"), strategies.games("bounded")),
        )

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Take the determinant of the players' block, by differences."""
        if vector(play(rule, game, x, y, 0)[0][2]).size:
            raise Broken("there is memory: the map is not one of the plane")
        h = 2.0**-12
        ends = [
            vector(play(rule, game, x + a, y + b, 1)[-1][:2])
            for a, b in ((h, 0), (-h, 0), (0, h), (0, -h))
        ]
        slopes = np.array([ends[0] - ends[1], ends[2] - ends[3]]) / (2 * h)
        if not np.isfinite(slopes).all():
            raise Unsuitable("not finite")
        size = abs(np.linalg.det(slopes))
        self.same(np.array([size]), np.ones(1), "|det| of the step")


class Contraction(Law):
    """One-step contraction within the worst-case certificate."""

    id = "contraction"
    statement = (
        "On a μ-strongly monotone, L-Lipschitz game one step shrinks the distance "
        "to the equilibrium at least by the declared factor."
    )
    reference = "Ryu, Boyd, A Primer on Monotone Operator Methods, 2016; Tseng 1995"
    trait = "contraction"
    tolerance = Tolerance(2.0**-40)
    needs_rates = True

    def declared(self, rule: Any) -> bool | None:
        """Tell whether a factor is declared."""
        factor = getattr(rule, "contraction", None)
        return True if factor and factor(1.0, 1.0) is not None else None

    def cases(self, rule: Any) -> Any:
        """Return monotone games, a state and a learning rate of at most 1/L."""
        game = st.sampled_from(SLOPES).flatmap(
            lambda t: strategies.monotone_games(t[0] / t[2], 1.0)
        )
        rate = st.sampled_from([1.0, *STEEP])
        settings = strategies.settings(rule, rates=False)
        return on(rule, game, rate=rate, settings=settings)

    def examine(self, rule: Any, game: Any, x: Any, y: Any, rate: float) -> None:
        """Compare lengths before and after."""
        rule = with_rates(rule, (rate, rate))
        J = np.array(game.jacobian(x, y), dtype=float).reshape(2, 2)
        lipschitz = float(np.linalg.norm(J, 2))
        mu = float(np.linalg.eigvalsh((J + J.T) / 2).min())
        factor = rule.contraction(mu, lipschitz)
        if factor is None:
            raise Unsuitable("no certificate for this rate")
        before, after = (np.linalg.norm(z) for z in players(play(rule, game, x, y, 1)))
        if not after <= factor * before + self.tolerance.relative * before:
            raise Broken(
                f"the distance grows by {after / before:.6g}, certified is "
                f"{factor:.6g} (μ = {mu:.6g}, L = {lipschitz:.6g})"
            )


def _reduction(rule: Any, which: int) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Return the fields to set, the simpler rule, and the fields as declared.

    An entry of ``reduces`` is ``(fields, name)`` or ``(fields, name, its fields)``; the
    name ``"inner"`` stands for the rule inside a wrapper. A value that is the name of a
    field stands for that field. The simpler rule has the fields that both have.
    """
    entry = rule.reduces[which]
    fields, name, own = (*entry, {})[:3]
    if name == "inner":
        return dict(fields), rule.inner, dict(fields)
    cls = find_member(Rule, name)
    mine = leaves(replace(rule, fields))
    shared = {path: mine[path] for path in leaves(cls()) if path in mine}
    given = {k: mine[v] if isinstance(v, str) else v for k, v in own.items()}
    return dict(fields), replace(cls(), shared | given), dict(fields)
