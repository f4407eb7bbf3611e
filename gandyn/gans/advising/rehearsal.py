"""Rehearsals: copies of a checkpoint trained side by side, each in its own way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gandyn._node import Node, find_field, is_structural, leaves, replace
from gandyn._progress import Progress
from gandyn._trees import map_leaves
from gandyn.errors import FieldError
from gandyn.gans.advising.advice import Axis
from gandyn.gans.advising.evidence import Evidence
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.sampling import START, stream
from gandyn.gans.training.ensembles import chunks, fitting
from gandyn.gans.training.stepping import Stepper
from gandyn.gans.training.train import State
from gandyn.rules import Rule

DISPLACEMENT = 1e-3
"""How far replicas start from the checkpoint where nothing else is random: a share of
the length of its parameters."""


class Variation(NamedTuple):
    """How one member trains: fields of the rule and of the losses that are its own."""

    structure: tuple[tuple[str, Any], ...]
    fields: Mapping[str, float]
    settings: Mapping[str, float]
    seed: int


class Rehearsal:
    """Trains variations from one checkpoint and looks at them.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
    start : State
        Of one GAN.
    evidence : Evidence
    steps : int
    engine : str
        See `gandyn.gans.training.stepping.Stepper`.
    progress : callable
        Called with the steps done and the steps in all.
    """

    def __init__(
        self,
        rule: Rule,
        game: TorchGame,
        start: State,
        evidence: Evidence,
        steps: int,
        engine: str,
        progress: Progress,
    ) -> None:
        self._rule, self._game, self._start = rule, game, start
        self._evidence, self._steps = evidence, steps
        self._engine, self._progress, self._done = engine, progress, 0
        self._used: set[str] = set()

    def run(self, variations: Sequence[Variation]) -> np.ndarray:
        """Return the evidence averaged over the looks, (variations, names)."""
        scores = np.full((len(variations), len(self._evidence.names)), np.inf)
        total = len(variations) * self._steps
        groups: dict[Any, list[int]] = {}
        for i, one in enumerate(variations):
            groups.setdefault(one.structure, []).append(i)
        for structure, places in groups.items():
            stepper = Stepper(replace(self._rule, dict(structure)), self._engine)
            width = _even(len(places), fitting(self._game, len(places)))

            def some(
                first: int, width: int, own: Any = places, by: Any = stepper
            ) -> None:
                here = own[first : first + width]
                scores[here] = self._chunk(by, [variations[i] for i in here], total)

            chunks(len(places), width, some)
            self._used.add(stepper.used)
        return scores

    @property
    def engines(self) -> str:
        """How the steps were taken."""
        return ", ".join(sorted(self._used))

    def _chunk(
        self, stepper: Stepper, members: list[Variation], total: int
    ) -> np.ndarray:
        game, fields = self._ensemble(members)
        state = self._copies(members)
        looks, seen = self._evidence.looks(self._steps), []
        for step in range(1, self._steps + 1):
            state = stepper.step(game, state, fields)
            if step in looks:
                seen.append(self._evidence(game, state))
            if step % 16 == 0:
                self._progress(self._done + step * len(members), total)
        self._done += self._steps * len(members)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.mean(seen, 0).T)

    def _ensemble(
        self, members: list[Variation]
    ) -> tuple[TorchGame, dict[str, Tensor]]:
        """Return the members' game, and their fields of the rule."""
        like, game = self._start.x, self._game
        if not game.deterministic:
            game = game.replicas([one.seed for one in members])
        settings = _columns([one.settings for one in members], like)
        if settings:
            game = game.with_settings(settings)
        return game, _columns([one.fields for one in members], like)

    def _copies(self, members: list[Variation]) -> State:
        """Return the checkpoint once for each member."""
        width = len(members)
        x, y, memory, norms = map_leaves(
            lambda leaf: _repeated(leaf, width, self._start.x),
            (self._start.x, self._start.y, self._start.memory, ()),
        )
        if self._game.deterministic:
            pushes = [_push(self._start, one.seed) for one in members]
            moved = torch.stack(pushes, -1)
            x, y = x + moved[: len(x)], y + moved[len(x) :]
        norms = {
            k: _repeated(u, width, u).movedim(-1, 0)
            for k, u in self._start.norms.items()
        }
        return State(x, y, memory, self._start.step, norms)


def axis_of(
    nodes: Mapping[str, Node], name: str, values: Sequence[float], relative: bool
) -> Axis:
    """Return an axis that has training as it is among its values.

    Raises
    ------
    UnknownName
        If there is no such field.
    FieldError
        For factors that aren't positive, and factors of what is no number.
    """
    owner, paths = find_field(nodes, name)
    now = {leaves(nodes[owner])[path] for path in paths}
    found = np.asarray(values, dtype=float).reshape(-1)
    if relative:
        if not (np.isfinite(found).all() and (found > 0).all()):
            raise FieldError(f"factors of {name} must be positive, got {values}")
        if any(_structural(nodes[owner], path) for path in paths):
            raise FieldError(f"{name} has no factors: give values of it")
        present = 1.0
    elif len(now) > 1:
        raise FieldError(f"{name} stands for fields that differ: take one of them")
    else:
        present = float(now.pop())
    found = np.unique(np.append(found, present))
    return Axis(name, found, int(np.flatnonzero(found == present)[0]), relative)


def variation(
    nodes: Mapping[str, Node], axes: Sequence[Axis], places: Sequence[int], seed: int
) -> Variation:
    """Return the variation in a cell of a grid.

    Raises
    ------
    FieldError
        If a field does not take its value.
    """
    structure, own = [], {"rule": {}, "game": {}}  # type: ignore[var-annotated]
    for axis, place in zip(axes, places, strict=True):
        owner, paths = find_field(nodes, axis.name)
        for path in paths:
            value = float(axis.values[place])
            now = leaves(nodes[owner])[path]
            if axis.relative:
                value = value * float(now)
            if _structural(nodes[owner], path):
                value = type(now)(value)
                structure.append((path, value))
            else:
                own[owner][path] = value
            replace(nodes[owner], {path: value})  # refuses what is out of its domain
    return Variation(tuple(structure), own["rule"], own["game"], seed)


def _structural(node: Node, path: str) -> bool:
    *parents, last = path.split(".")
    for parent in parents:
        node = getattr(node, parent)
    return is_structural(type(node), last)


def _columns(rows: Sequence[Mapping[str, float]], like: Tensor) -> dict[str, Tensor]:
    names = rows[0] if rows else ()
    return {n: torch.tensor([row[n] for row in rows]).to(like) for n in names}


def _repeated(leaf: Any, members: int, like: Tensor) -> Any:
    """Return a vector once for each member, (P, members); a number as it is."""
    if not isinstance(leaf, Tensor):
        return torch.tensor(leaf, dtype=torch.float64, device=like.device)
    if not leaf.ndim:
        return leaf
    return leaf.detach().expand(members, *leaf.shape).clone().movedim(0, -1)


def _push(start: State, seed: int) -> Tensor:
    """Return a displacement in a random direction of its seed."""
    z = torch.cat([start.x, start.y])
    rng = stream(START, seed, 1)
    push = torch.randn(len(z), generator=rng, dtype=torch.float64).to(z)
    return DISPLACEMENT * z.norm().clamp(min=1) * push / push.norm()


def _even(members: int, most: int) -> int:
    """Return the width of chunks of equal width, each at most so wide."""
    return math.ceil(members / math.ceil(members / most))
