"""Exact advice: at an equilibrium, of rules whose step has multipliers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch

from gandyn._node import Node, find_field, leaves
from gandyn.gans.advising.advice import Advice, Axis, Breaking
from gandyn.gans.games.game import DENSE_LIMIT, TorchGame
from gandyn.gans.spectra.equilibria import equilibrium_tolerance
from gandyn.gans.spectra.linearisation import linearise
from gandyn.gans.training.train import State
from gandyn.rules import Rule
from gandyn.stability import stability_limit

_REACH = 2.0
"""The least largest factor that is looked at: looking costs no training here."""


def exact_advice(
    rule: Rule, game: TorchGame, state: State, axes: tuple[Axis, ...]
) -> Advice | None:
    """Return what the multipliers of the step say, or None where they don't decide.

    They do at an equilibrium of a full batch, for rules without adaptation, along one
    axis of factors of the rule's fields.
    """
    size, axis = len(state.x) + len(state.y), axes[0]
    nodes: Mapping[str, Node] = {"rule": rule, "game": game.losses}
    adaptive = not (rule.autonomous and rule.linear)
    if adaptive or not game.deterministic or size > DENSE_LIMIT or len(axes) > 1:
        return None
    owner, paths = find_field(nodes, axis.name)
    if not axis.relative or owner != "rule":
        return None
    u, w = game.settled(state.x, state.y).field(state.x, state.y)
    residual = float(torch.cat([u, w]).norm())
    if not residual <= equilibrium_tolerance(state.x, state.y):
        return None
    found = linearise(game, state.x, state.y)
    linear = found.reduced() if rule.orthogonal else found.game()
    field, now = _tied(rule, paths)
    least, most = float(axis.values[0]), max(float(axis.values[-1]), _REACH)
    limit = stability_limit(rule, linear, field, now, now * most)
    if limit.status == "unstable" and least < 1:
        limit = stability_limit(rule, linear, field, now * least, now)
    lost = limit.status == "lost"
    value = float(limit.value) / now if lost and limit.value else math.nan
    up = Breaking(axis.name, value if lost else 1.0, value, value, most)
    kind = f", {limit.bifurcation.kind}" if lost and limit.bifurcation else ""
    nothing = np.empty(0)
    return Advice(
        kind="exact", evidence="multipliers", rule=rule, axes=axes,
        game=game.losses, scores=nothing, worse=nothing.astype(bool),
        usual=nothing, limit=math.nan, before=math.nan, better="lower", upwards=(up,),
        downwards=(), steps=0, runs=0,
        notes=(f"an equilibrium, |v| = {residual:.1e}: {limit.status}{kind}",),
    )  # fmt: skip


def _tied(rule: Rule, paths: tuple[str, ...]) -> tuple[str, float]:
    """Return a name of fields that grow in proportion, and the first one's value."""
    first, *rest = paths
    values = leaves(rule)
    ties = (f"{path}={values[path] / values[first]!r}*{first}" for path in rest)
    return ", ".join([first, *ties]), float(values[first])
