"""Any two torch modules as a game that update rules can play."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import vmap

from gandyn._node import leaves, replace
from gandyn.elementary import solve_dense
from gandyn.errors import GandynError
from gandyn.gans.member import Given, Member, Objective
from gandyn.gans.modules import Pair
from gandyn.gans.sampling import FullBatch, Sampling, as_sampling

DENSE_LIMIT = 4096
"""Parameters of both players together, above which no dense Jacobian is made."""
_Two = tuple[Tensor, Tensor]


class OneByOne(GandynError):
    """An oracle call that is answered for one GAN at a time, not for an ensemble."""


class TorchGame:
    r"""A GAN of two torch modules as an oracle for update rules.

    Player x is the generator's parameters θ, player y the discriminator's ψ, each one
    vector: of shape (P,) for one GAN, (P, members) for an ensemble. The field is
    :math:`v = (\nabla_θ L_x, \nabla_ψ L_y)`; all derivatives are exact. Numeric fields
    of the objective (``regulariser.gamma``, ``noise_std``, ...) may be tensors of shape
    (members,): each member has its own.

    Parameters
    ----------
    generator, discriminator : nn.Module
        Functions of one batch; they are copied. The discriminator returns one logit
        per point, high for what it takes for real.
    real : Tensor, shape (points, ...)
        The data; its type and device are the game's.
    latents : Tensor, shape (latents, ...)
        The generator's inputs.
    objective : Objective, optional
        Loss, regulariser and instance noise.
    sampling : Sampling or str
        `FullBatch` or `Minibatch`.
    seed : int
        Of all random numbers but the modules' own.
    own_data : bool
        Whether real and latents have an axis of members in front: each its own data.

    Raises
    ------
    GandynError
        For modules that are no functions of their parameters and inputs (running
        statistics, dropout), for parameters that don't require grad, and for shapes
        that don't fit.

    Examples
    --------
    >>> import torch
    >>> generator, critic = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    >>> points = torch.tensor([[2.0], [4.0]])
    >>> objective = Objective("wasserstein")
    >>> game = TorchGame(generator, critic, points, points / 2, objective)
    >>> x, y = torch.tensor([1.0]), torch.tensor([0.5])
    >>> game.gx(x, y), game.gy(x, y)
    (tensor([-0.7500]), tensor([-1.5000]))
    """

    zero_sum: ClassVar[bool] = False

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        real: Tensor,
        latents: Tensor,
        objective: Objective | None = None,
        *,
        sampling: Sampling | str = "full",
        seed: int = 0,
        own_data: bool = False,
    ) -> None:
        if not real.is_floating_point():
            raise GandynError(f"real points must be floating-point, got {real.dtype}")
        self.objective = Objective() if objective is None else objective
        self.sampling = as_sampling(sampling)
        self.seed, self.own_data = seed, own_data
        self.dtype, self.device = real.dtype, real.device
        self.pools = {"real": real, "latents": latents.to(real)}
        sample = [pool[0] if own_data else pool for pool in self.pools.values()]
        self.pair = Pair(generator, discriminator, *sample)
        self.member = Member(self.pair, self.objective)
        self.settings = _swept(self.objective, real)
        self.state = self.pair.state()
        self._key = [0, 0]
        self._batch = self._draw()

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (m,))``."""
        return (self.pair.generator.size,), (self.pair.discriminator.size,)

    def start(self) -> tuple[Tensor, Tensor]:
        """Return the modules' own parameters, as the players' vectors."""
        return self.pair.generator.vector(), self.pair.discriminator.vector()

    def for_step(self, step: int, x: Tensor, y: Tensor) -> TorchGame:
        """Return the oracle of one step of training, which starts at (x, y).

        It draws the step's minibatch, and moves the power iterations of spectral norms
        on by one; a deterministic game is its own oracle. The next step's oracle is
        made from this one, or from any with its ``state``.
        """
        if not self.state and isinstance(self.sampling, FullBatch):
            return self
        game = copy.copy(self)
        game._key = [step, 0]
        game._batch = game._draw()
        if self.state:
            game.state = self.pair.iterated(self.state, x, y)
        return game

    def for_call(self, call: int) -> TorchGame:
        """Return the oracle of the same step on another of its batches, 0 the first."""
        if isinstance(self.sampling, FullBatch) or self._key[1] == call:
            return self
        game = copy.copy(self)
        game._key = [self._key[0], call]
        game._batch = game._draw()
        return game

    def settled(self, x: Tensor, y: Tensor) -> TorchGame:
        """Return the game with power iterations that have settled at (x, y)."""
        return self.with_state(self.pair.settled(x, y)) if self.state else self

    def with_state(self, state: Mapping[str, Tensor]) -> TorchGame:
        """Return the game with other singular vectors of its power iterations."""
        game = copy.copy(self)
        game.state = dict(state)
        return game if state else self

    @property
    def given(self) -> Given:
        """All that the oracle's answers depend on beside the players."""
        return Given(self._batch, self.settings, self.state)

    def with_given(self, given: Given) -> TorchGame:
        """Return the oracle that answers by another batch, settings and state."""
        game = copy.copy(self)
        game._batch, game.settings, game.state = map(dict, given)
        return game

    def with_settings(self, settings: Mapping[str, Tensor]) -> TorchGame:
        """Return the game with fields of its objective set, one value per member.

        Parameters
        ----------
        settings : mapping of str to Tensor
            By path (``regulariser.gamma``), of shape (members,).
        """
        game = copy.copy(self)
        game.objective = replace(self.objective, settings)
        game.member = Member(self.pair, game.objective)
        game.settings = _swept(game.objective, self.pools["real"])
        game._key = [0, 0]
        game._batch = game._draw()
        return game

    def select(self, members: int | slice | Tensor) -> TorchGame:
        """Return the game of some members, or, for a number, of one of them."""
        game = copy.copy(self)
        own = set(self.pools) if self.own_data else set()
        game._key = list(self._key)
        game.pools = _chosen(self.pools, own, members)
        game._batch = _chosen(self._batch, own, members)
        moved = {key for key, u in self.state.items() if u.ndim == 2}
        game.state = _chosen(self.state, moved, members)
        game.settings = _chosen(self.settings, set(self.settings), members)
        if isinstance(members, int):
            game.objective = replace(self.objective, game.settings)
            game.member, game.settings = Member(self.pair, game.objective), {}
            game.own_data = False
        return game

    def checked(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the players' vectors; refuse those that don't fit the game."""
        for name, value, size in zip("xy", (x, y), self.shape, strict=True):
            if value.shape[:1] != size or value.ndim > 2 or x.shape[1:] != y.shape[1:]:
                raise GandynError(
                    f"player {name} must have shape {size} or ({size[0]}, members), "
                    f"got {tuple(value.shape)}"
                )
            if value.dtype != self.dtype or value.device != self.device:
                raise GandynError(
                    f"player {name} is {value.dtype} on {value.device}, the game is "
                    f"{self.dtype} on {self.device}: move it with .to()"
                )
        return x, y

    def loss_x(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the generator's loss, one number for each member."""
        return self._each(self.member.loss_x, x, y)

    def loss_y(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the discriminator's loss, one number for each member."""
        return self._each(self.member.loss_y, x, y)

    def gx(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the gradient of L_x in x."""
        return self._each(self.member.gx, x, y)

    def gy(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the gradient of L_y in y."""
        return self._each(self.member.gy, x, y)

    def field(self, x: Tensor, y: Tensor) -> _Two:
        """Return (gx, gy) from one sample."""
        return self._each(self.member.field, x, y)

    def jvp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor) -> _Two:
        """Return J(x, y)·(u, w), forward over reverse."""
        return self._each(self.member.jvp, x, y, u, w)

    def vjp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor) -> _Two:
        """Return Jᵀ(x, y)·(u, w), reverse over reverse."""
        return self._each(self.member.vjp, x, y, u, w)

    def cross(self, x: Tensor, y: Tensor) -> _Two:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return self._each(self.member.cross, x, y)

    def dense_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Return J as a matrix, (P, P) with P = n + m, or (members, P, P).

        Raises
        ------
        GandynError
            If P exceeds `DENSE_LIMIT`.
        """
        total = self.shape[0][0] + self.shape[1][0]
        if total > DENSE_LIMIT:
            raise GandynError(
                f"a dense game Jacobian is made up to {DENSE_LIMIT} parameters, this "
                f"GAN has {total}: take a rule that needs products only, or a smaller "
                "GAN"
            )
        found = self._each(self.member.matrix, x, y)
        return found if x.ndim == 1 else found.movedim(-1, 0)

    def jacobian(self, x: Tensor, y: Tensor) -> tuple[Any, Any, Any, Any]:
        """Return the blocks (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y) of J of one GAN.

        They are numpy arrays: `gandyn.elementary` gives them the type and device of
        the vectors that they meet.

        Raises
        ------
        OneByOne
            For an ensemble; `gandyn.gans.advance` then plays member by member.
        GandynError
            Above `DENSE_LIMIT` parameters.
        """
        if x.ndim > 1:
            raise OneByOne(
                "the blocks of J are made for one GAN at a time: play this rule on "
                "each member by itself"
            )
        n, dense = len(x), self.dense_jacobian(x, y).detach().cpu().numpy()
        return dense[:n, :n], dense[:n, n:], dense[n:, :n], dense[n:, n:]

    def solve(self, x: Tensor, y: Tensor, a: Any, b: Any, u: Tensor, w: Tensor) -> _Two:
        """Return (I + diag(a, b) J(x, y))⁻¹ (u, w) by a dense solve for each member."""
        return solve_dense(self.dense_jacobian(x, y), a, b, u, w)

    def project(self, x: Tensor, y: Tensor) -> _Two:
        """Return the parameters next to (x, y) that the regulariser allows."""
        own = replace(self.objective, self.settings)
        return own.regulariser.project(x, y)

    def _each(self, function: Callable[..., Any], x: Tensor, *others: Tensor) -> Any:
        """Call a function of one GAN on one GAN, or on each member."""
        given = Given(self._next_batch(), self.settings, self.state)
        if x.ndim == 1:
            if self.settings or self.own_data:
                what = "data" if self.own_data else ", ".join(self.settings)
                raise GandynError(
                    f"every member has its own {what}: the players must have shape "
                    "(P, members)"
                )
            return function(x, *others, given)
        axes = (
            {key: self._batch_axis(key) for key in given.batch},
            dict.fromkeys(given.settings, 0),
            {key: 0 if u.ndim == 2 else None for key, u in given.norms.items()},
        )
        dims = Given._make(axes)
        players = (-1,) * (1 + len(others))
        return vmap(function, in_dims=(*players, dims), out_dims=-1)(x, *others, given)

    def _batch_axis(self, key: str) -> int | None:
        return 0 if self.own_data and key in self.pools else None

    def _draw(self) -> dict[str, Tensor]:
        names, (step, call) = self.objective.random, self._key
        axis = int(self.own_data)
        return self.sampling.draw(self.pools, names, self.seed, (step, call), axis)

    def _next_batch(self) -> dict[str, Tensor]:
        batch = self._batch
        if self.sampling.fresh_calls:
            self._key[1] += 1
            self._batch = self._draw()
        return batch


def _chosen(
    values: Mapping[str, Tensor], own: set[str], members: int | slice | Tensor
) -> dict[str, Tensor]:
    """Return values, of the named ones only those of some members."""
    return {k: v[members] if k in own else v for k, v in values.items()}


def _swept(objective: Objective, like: Tensor) -> dict[str, Tensor]:
    """Return the fields with a value for each member, as tensors."""
    found = {
        path: torch.as_tensor(value).to(like)
        for path, value in leaves(objective).items()
        if isinstance(value, Tensor | np.ndarray) and value.ndim
    }
    replace(objective, {k: v.detach().cpu().numpy() for k, v in found.items()})
    return found
