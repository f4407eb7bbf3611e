"""Advice on a training: rehearsed from its checkpoint, or exact at an equilibrium."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from gandyn._node import find_field
from gandyn._progress import Progress
from gandyn.errors import FieldError, GandynError
from gandyn.gans.advising.advice import (
    FEWEST,
    Advice,
    Axis,
    Breaking,
    breaking,
    limits_of,
)
from gandyn.gans.advising.description import describe as described
from gandyn.gans.advising.evidence import (
    Evidence,
    Metric,
    MetricEvidence,
    SignalEvidence,
)
from gandyn.gans.advising.exact import exact_advice
from gandyn.gans.advising.live import Training
from gandyn.gans.advising.rehearsal import (
    Rehearsal,
    Variation,
    axis_of,
    variation,
)
from gandyn.gans.games.game import TorchGame
from gandyn.gans.training.train import State, begin
from gandyn.rules import Rule

FACTORS = tuple(1.5**k for k in (-2, *range(9)))
"""Factors of the learning rates that are tried: ÷2.25, 1, ×1.5, …, ×25.6."""
STEPS, REPLICAS, LOOKS, SLACK = 400, 4, 4, 0.5
_TRIALS = "docs/results/real_runs.json"
"""Where the experiment with real trainings says how often advice was right."""


def advise(
    game: TorchGame | Training,
    rule: Rule | None = None,
    metric: Metric | None = None,
    *,
    start: tuple[Tensor, Tensor] | State | None = None,
    factors: Mapping[str, Sequence[float]] | None = None,
    values: Mapping[str, Sequence[float]] | None = None,
    replicas: int = REPLICAS,
    steps: int = STEPS,
    slack: float = SLACK,
    better: str | None = None,
    looks: int = LOOKS,
    seed: int = 0,
    engine: str = "auto",
    describe: bool = True,
    notes: Sequence[str] = (),
    progress: Progress | None = None,
) -> Advice:
    r"""Return by which factors a training's rates can change before it breaks.

    Copies of the checkpoint, its optimizer's state included, train on for some hundred
    steps, each with a factor of its own and under replicas of the noise; they are
    judged by the user's metric against the replicas at factor 1. On a full batch,
    where there is no noise, the replicas start from points near the checkpoint. At an
    exact equilibrium of a full batch, for rules without adaptation, the multipliers of
    the step answer instead.

    Parameters
    ----------
    game : TorchGame or Training
        A `Training` brings rule, metric and start with it.
    rule : Rule, optional
        Of a game; a `Training` has its own.
    metric : callable, optional
        ``metric(G, D)`` or ``metric(G, D, step)`` with copies of the modules, a number.
        Without one losses and gradients judge, and the advice is weak.
    start : pair of Tensor or State, optional
        The checkpoint: parameters, or the state of a training with the optimizer's
        memory; by default the modules' own parameters.
    factors : mapping of str to sequence of float, optional
        Factors of numeric fields of the rule or the losses; by default of ``"lr"``,
        both learning rates together, from ÷2.25 to ×25.6.
    values : mapping of str to sequence of float, optional
        Values of fields that have no factors: ``{"beta1": [0, 0.5, 0.9]}``. One or two
        fields in all.
    replicas : int
        Of the noise, 2 at least; training as it is has twice as many.
    steps : int
        Of every copy.
    slack : float
        A run counts as worse when its metric is worse than the replicas at factor 1
        would let one more of them be (a chance of 1 %), and by this share at least.
    better : {"lower", "higher"}, optional
        Which values of the metric are; lower ones by default.
    looks : int
        How often the metric is called for a copy, over the last 40 % of the steps; the
        mean counts.
    seed : int
        Of the replicas.
    engine : str
        See `gandyn.gans.training.stepping.Stepper`.
    describe : bool
        Whether field and multipliers of the checkpoint are computed, too.
    notes : sequence of str
        To be said with the answer.
    progress : callable, optional
        Called with the steps done and the steps in all.

    Returns
    -------
    Advice

    Raises
    ------
    GandynError
        If a game has no rule or a `Training` is given one, if the metric is no number
        at the checkpoint, or if training as it is breaks down.
    FieldError
        For fields, factors and values that can't be varied.

    Examples
    --------
    At the equilibrium of the Dirac-GAN with R1, γ = .1, play is stable up to lr = 4γ:

    >>> import torch
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> game, zero = DiracGAN(regulariser="R1").game(), torch.zeros(1).double()
    >>> found = advise(game, Simultaneous(lr=0.05), start=(zero, zero))
    >>> found.kind, round(found.upwards[0].value, 9)
    ('exact', 8.0)

    Rehearsed from a point nearby it is the same, to the width of the grid:

    >>> def distance(G, D):
    ...     return sum(float(p.norm()) for m in (G, D) for p in m.parameters())
    >>> found = advise(game, Simultaneous(lr=0.05), distance, start=(zero + 0.1, zero))
    >>> round(found.upwards[0].low, 2), round(found.upwards[0].high, 2)
    (7.59, 11.39)
    """
    _check(replicas=replicas, steps=steps, looks=looks)
    if slack < 0 or not math.isfinite(slack):
        raise FieldError(f"slack must be zero or positive, got {slack}")
    if isinstance(game, Training):
        if rule is not None:
            raise GandynError(
                "a Training plays by its optimizers: leave the rule out, or give the "
                "rule beside the Training's game"
            )
        own = game
        game, rule, start = own.game, own.rule, start or own.state
        metric, better = metric or own.metric, better or own.better
    if rule is None:
        raise GandynError("advise needs a rule beside a game, or a Training")
    better, state = better or "lower", _state(rule, game, start)
    nodes = {"rule": rule, "game": game.losses}
    axes = _axes(nodes, factors, values)
    exact = exact_advice(rule, game, state, axes)
    if exact is not None:
        return exact
    if 2 * replicas < FEWEST:
        raise FieldError(f"a rehearsal needs 2 replicas or more, got {replicas}")
    before, evidence = math.nan, SignalEvidence()  # type: float, Evidence
    if metric is not None:
        evidence = own_metric = MetricEvidence(metric, better, looks)
        before = own_metric.first(game, state)
    plan = _plan(nodes, axes, replicas, seed)
    tell = progress or (lambda done, total: None)
    rehearsal = Rehearsal(rule, game, state, evidence, steps, engine, tell)
    runs = rehearsal.run(plan.variations)
    if evidence.failures:
        lost = f"the metric failed in {evidence.failures} looks: taken as broken"
        notes = [*notes, lost]
    judged = _judged(axes, plan, runs, evidence, slack, steps, better)
    return Advice(
        kind="rehearsal", rule=rule, game=game.losses, axes=axes, before=before,
        steps=steps, runs=len(runs), engine=rehearsal.engines, trials=_trials(),
        description=described(rule, game, state) if describe else None,
        notes=tuple(notes), **judged,
    )  # fmt: skip


class _Plan(NamedTuple):
    """All runs: those of the cells, and further ones of training as it is."""

    shape: tuple[int, ...]
    variations: list[Variation]
    usual: list[int]


def _plan(nodes: Any, axes: Sequence[Axis], replicas: int, seed: int) -> _Plan:
    shape = (*(len(axis.values) for axis in axes), replicas)
    places = list(itertools.product(*(range(n) for n in shape[:-1])))
    now = tuple(axis.now for axis in axes)
    seeds = [seed + 1 + r for r in range(2 * replicas)]
    runs = [variation(nodes, axes, p, s) for p in places for s in seeds[:replicas]]
    first = places.index(now) * replicas
    usual = [*range(first, first + replicas), *range(len(runs), len(runs) + replicas)]
    runs += [variation(nodes, axes, now, s) for s in seeds[replicas:]]
    return _Plan(shape, runs, usual)


def _judged(
    axes: tuple[Axis, ...],
    plan: _Plan,
    runs: np.ndarray,
    evidence: Evidence,
    slack: float,
    steps: int,
    better: str,
) -> dict[str, Any]:
    """Return the fields of an advice that judge the runs."""
    usual = runs[plan.usual]
    limits = limits_of(usual, evidence.two_sided, slack)
    if limits is None:
        lost = int((~np.isfinite(usual).all(-1)).sum())
        raise GandynError(
            f"training as it is breaks down in {lost} of {len(usual)} replicas within "
            f"{steps} steps: there is nothing to judge by; start from an earlier "
            "checkpoint, or lower the learning rates"
        )
    excess, cells = limits.excess(runs), int(np.prod(plan.shape))
    worse = (excess > 1)[:cells].reshape(plan.shape)
    weak, edge = len(evidence.names) > 1, limits.middle + limits.allowance
    scores = excess if weak else evidence.sign * runs[:, 0]
    up, down = _breakings(axes, worse.mean(-1))
    return {
        "evidence": "losses and gradients" if weak else "metric",
        "scores": scores[:cells].reshape(plan.shape), "worse": worse,
        "usual": scores[plan.usual],
        "limit": 1.0 if weak else float(evidence.sign * edge[0]),
        "better": "lower" if weak else better, "upwards": up, "downwards": down,
    }  # fmt: skip


def _breakings(
    axes: Sequence[Axis], share: np.ndarray
) -> tuple[tuple[Breaking, ...], tuple[Breaking, ...]]:
    """Return where replicas break along every axis of factors, up and down."""
    sides: tuple[list[Breaking], list[Breaking]] = ([], [])
    for i, axis in enumerate(axes):
        if not axis.relative:
            continue
        line = share[
            tuple(slice(None) if i == j else a.now for j, a in enumerate(axes))
        ]
        up, down = slice(axis.now, None), slice(axis.now, None, -1)
        for side, part in zip(sides, (up, down), strict=True):
            found = breaking(axis.name, axis.values[part], line[part])
            if found is not None:
                side.append(found)
    return tuple(sides[0]), tuple(sides[1])


def _axes(nodes: Any, factors: Any, values: Any) -> tuple[Axis, ...]:
    if not factors and not values:
        factors = {"lr": FACTORS}
    found = [axis_of(nodes, n, v, True) for n, v in (factors or {}).items()]
    found += [axis_of(nodes, n, v, False) for n, v in (values or {}).items()]
    if len(found) > 2:
        raise FieldError(f"one or two fields vary, got {[a.name for a in found]}")
    taken: dict[Any, str] = {}
    for axis in found:
        owner, paths = find_field(nodes, axis.name)
        for path in paths:
            if (owner, path) in taken:
                raise FieldError(
                    f"{taken[owner, path]} and {axis.name} both set {path}"
                )
            taken[owner, path] = axis.name
    return tuple(found)


def _state(rule: Rule, game: TorchGame, start: Any) -> State:
    if isinstance(start, State):
        game.checked(start.x, start.y)
        return start
    return begin(rule, game, game.start() if start is None else start)


def _check(**counts: int) -> None:
    for name, value in counts.items():
        if value != int(value) or value < 1:
            raise FieldError(f"{name} must be a whole number from 1 on, got {value}")


def _trials() -> dict[str, Any] | None:
    """Return what the experiment with real trainings found, None before it was made."""
    path = Path(__file__).parents[3] / _TRIALS
    if not path.is_file():
        return None
    found: dict[str, Any] | None = json.loads(path.read_text("utf-8")).get("advice")
    return found
