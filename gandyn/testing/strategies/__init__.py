"""Hypothesis strategies of games, states, learning rates, rules and symmetries.

Everything is drawn as small dyadic numbers, exact in floating point, and games are
built from their spectrum: a counterexample shrinks to a game that can be read.
"""

from __future__ import annotations

from hypothesis import strategies as st

from gandyn import rules as rule_room
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.games.dirac import DiracGAN
from gandyn.games.quadratic import GeneralQuadratic, Quadratic
from gandyn.rules import Rule
from gandyn.testing._games import BoundedBilinear, CubicPayoff, TinyMLP
from gandyn.testing.strategies.games import (
    bilinear_games,
    dirac_gans,
    games,
    hamiltonian_games,
    linear_games,
    mlp_games,
    monotone_games,
    polynomial_games,
    potential_games,
    quadratic_games,
    wide_games,
)
from gandyn.testing.strategies.rules import rules, settings
from gandyn.testing.strategies.states import (
    fixed_points,
    initial_states,
    learning_rates,
    memories,
    stable_rates,
)
from gandyn.testing.strategies.symmetries import (
    NoisyOracle,
    noisy_oracles,
    orthogonal_matrices,
    signed_permutations,
)
from gandyn.testing.strategies.values import numbers, positions, positive_numbers

__all__ = [
    "NoisyOracle",
    "bilinear_games",
    "dirac_gans",
    "fixed_points",
    "games",
    "hamiltonian_games",
    "initial_states",
    "learning_rates",
    "linear_games",
    "memories",
    "mlp_games",
    "monotone_games",
    "noisy_oracles",
    "numbers",
    "orthogonal_matrices",
    "polynomial_games",
    "positions",
    "positive_numbers",
    "potential_games",
    "quadratic_games",
    "rules",
    "settings",
    "signed_permutations",
    "stable_rates",
    "wide_games",
]


def _register() -> None:
    for cls, strategy in {
        Bilinear: bilinear_games(),
        Quadratic: quadratic_games(),
        DiracGAN: dirac_gans(),
        GeneralQuadratic: potential_games(),
        BoundedBilinear: games("bounded"),
        CubicPayoff: polynomial_games(),
        TinyMLP: mlp_games(),
        NoisyOracle: noisy_oracles(),
        Game: games(),
        Rule: rules(),
    }.items():
        st.register_type_strategy(cls, strategy)
    for name, cls in rule_room.CATALOGUE.items():
        st.register_type_strategy(cls, rules(name))


_register()
