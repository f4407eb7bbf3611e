"""Two groups of torch modules and their losses as a game for update rules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.utils import _pytree as pytree

from gandyn._node import replace
from gandyn.elementary import solve_dense
from gandyn.errors import GandynError
from gandyn.gans.games.batches import as_source
from gandyn.gans.games.checks import check_modules, tried
from gandyn.gans.games.drawing import Drawing
from gandyn.gans.games.member import Given, swept
from gandyn.gans.games.modules import Modules, Pair
from gandyn.gans.games.objective import Losses, OwnLosses
from gandyn.gans.games.sampling import Sampling

DENSE_LIMIT = 4096
"""Parameters of both players together, above which no dense Jacobian is made."""
_Two = tuple[Tensor, Tensor]


class OneByOne(GandynError):
    """An oracle call that is answered for one GAN at a time, not for an ensemble."""


class TorchGame(Drawing):
    r"""Two groups of torch modules and one function of losses, for update rules.

    Player x is the generator's parameters θ, player y the discriminator's ψ, each one
    vector: of shape (P,) for one GAN, (P, members) for an ensemble. The field is
    :math:`v = (\nabla_θ L_x, \nabla_ψ L_y)`; all derivatives are exact.

    Parameters
    ----------
    generator, discriminator : nn.Module, or mapping or sequence of nn.Module
        They are copied. Parameters that don't require grad are constants.
    losses : callable or Losses
        ``losses(G, D, batch) -> (loss_x, loss_y)``: plain torch code that gets the
        modules in the form in which they are given here. With a fourth argument
        ``step`` it gets the step's number too. An `Objective` is such a function; its
        numeric fields, as of any `Losses`, may be tensors of shape (members,).
    data : nested tensors, DataLoader, iterable or callable
        All points, nested tensors whose first axis counts them; or a loader, read
        epoch by epoch; or a function of the step that returns a batch.
    sampling : Sampling or str
        `FullBatch` or `Minibatch`, of points that are all here.
    seed : int
        Of all random numbers but the modules' initial parameters.
    dtype : torch.dtype, optional
        Of parameters and points; by default that of the points, or of the generator
        where a loader has them.
    device : torch.device or str, optional
        By default as for ``dtype``.
    own_data : bool
        Whether the points have an axis of members in front: each its own data.

    Raises
    ------
    GandynError
        For modules without parameters, shared, complex or on two devices; for losses
        that do not depend on a player, train, are not finite or no functions of
        parameters and batch; for a batch that does not fit.

    Notes
    -----
    *Batch normalisation* in training mode is a function of parameters and batch; its
    running averages feed nothing back. *Spectral norms* by a
    power iteration, gandyn's and torch's, move on once a step (in torch, in every call
    of the module) and are constants within it. *Random numbers* that the losses draw
    (latents, dropout) are those of the seed and the step; members see the same.

    ``detach``, ``data`` and ``no_grad`` hold back the gradient of the player whose loss
    it is, as in training. The game Jacobian is that of the field as a function of all
    parameters, and so sees the paths that were held back.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> generator, critic = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    >>> def losses(G, D, batch):
    ...     fake = G(batch["latents"])
    ...     return -D(fake).mean(), D(fake.detach()).mean() - D(batch["real"]).mean()
    >>> points = torch.tensor([[2.0], [4.0]])
    >>> data = {"real": points, "latents": points / 2}
    >>> game = TorchGame(generator, critic, losses, data)
    >>> x, y = torch.tensor([1.0]), torch.tensor([0.5])
    >>> game.gx(x, y), game.gy(x, y)
    (tensor([-0.7500]), tensor([-1.5000]))
    >>> game.dense_jacobian(x, y)
    tensor([[ 0.0000, -1.5000],
            [ 1.5000,  0.0000]])
    """

    zero_sum: ClassVar[bool] = False
    instead: ClassVar[str] = (
        "a TorchGame is trained by gandyn.gans.train and swept by gandyn.sweep; what "
        "is computed for games of numbers takes its linear game at a point, "
        "gandyn.gans.linearise(game, x, y).reduced()"
    )
    """What to call where a game of numbers is asked for."""

    def __init__(
        self,
        generator: Modules,
        discriminator: Modules,
        losses: Callable[..., Any] | Losses,
        data: Any,
        *,
        sampling: Sampling | str = "full",
        seed: int = 0,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
        own_data: bool = False,
    ) -> None:
        self.losses = losses if isinstance(losses, Losses) else OwnLosses(losses)
        check_modules(generator, discriminator)
        source = as_source(data, sampling, seed, generator, dtype, device)
        self.pools, self.sampling, self.dtype, self.device = source
        self.seed, self.own_data = seed, own_data
        self.pair = Pair(generator, discriminator, self.dtype, self.device)
        self.settings = swept(self.losses, self.start()[0])
        self.state = self.pair.state()
        self._draws = True  # until the losses are tried
        self._draw(0)
        self.member = tried(self.pair, self.losses, self.one())
        self._draws = self.member.draws
        self._alone = ["the losses call autograd"] if self.member.alone else []

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (m,))``."""
        return (self.pair.generator.size,), (self.pair.discriminator.size,)

    def equilibria(self) -> Any:
        """Refuse: none is known of modules."""
        raise GandynError(self.instead)

    def start(self) -> tuple[Tensor, Tensor]:
        """Return the modules' own parameters, as the players' vectors."""
        return self.pair.generator.vector(), self.pair.discriminator.vector()

    def for_step(self, step: int, x: Tensor, y: Tensor) -> TorchGame:
        """Return the oracle of one step of training, which starts at (x, y).

        It draws the step's minibatch, and moves the power iterations of spectral norms
        on by one; a deterministic game is its own oracle. The next step's oracle is
        made from this one, or from any with its ``state``.
        """
        if self.deterministic and not self.state:
            return self
        game = copy.copy(self)
        game._draw(step)
        if self.state:
            game.state = self.pair.iterated(self.state, x, y)
        return game

    def modules(self, x: Tensor, y: Tensor) -> tuple[Any, Any]:
        """Return copies of both groups of modules with the given parameters."""
        found = []
        for flat, vector in zip(self.pair.flats, (x, y), strict=True):
            module, form = copy.deepcopy((flat.module, flat.form))
            for name, value in flat.split(vector.detach()).items():
                module.get_parameter(name).data.copy_(value)
            found.append(form)
        return found[0], found[1]

    def settled(self, x: Tensor, y: Tensor) -> TorchGame:
        """Return the game with power iterations that have settled at (x, y)."""
        return self.with_state(self.pair.settled(x, y)) if self.state else self

    def with_state(self, state: Mapping[str, Tensor]) -> TorchGame:
        """Return the game with other singular vectors of its power iterations."""
        game = copy.copy(self)
        game.state = dict(state)
        return game if state else self

    def with_given(self, given: Given) -> TorchGame:
        """Return the oracle that answers by another batch, settings and state."""
        game = copy.copy(self)
        game._batch, game._clock = given.batch, (given.step, given.noise)
        game.settings, game.state = dict(given.settings), dict(given.norms)
        return game

    def with_losses(self, losses: Losses) -> TorchGame:
        """Return the game played for other losses, with fields of numbers only."""
        game = copy.copy(self)
        game.losses, game.member = losses, self.member.playing(losses)
        return game

    def with_settings(self, settings: Mapping[str, Tensor]) -> TorchGame:
        """Return the game with fields of its losses set, one value per member.

        Parameters
        ----------
        settings : mapping of str to Tensor
            By path (``regulariser.gamma``), of shape (members,).
        """
        game = copy.copy(self)
        game.losses = replace(self.losses, settings)
        game.member = self.member.playing(game.losses)
        game.settings = swept(game.losses, self.start()[0])
        game._draw(0)
        return game

    def select(self, members: int | slice | Tensor) -> TorchGame:
        """Return the game of some members, or, for a number, of one of them."""
        game = copy.copy(self)
        game._key = list(self._key)
        if self.own_data:
            game.pools = pytree.tree_map(lambda pool: pool[members], self.pools)
        game._batch = self._of_members(self._batch, members)
        if self.seeds:
            game.seeds = tuple(np.atleast_1d(np.array(self.seeds)[members]).tolist())
        game.state = {
            key: u[members] if u.ndim == 2 else u for key, u in self.state.items()
        }
        game.settings = {key: own[members] for key, own in self.settings.items()}
        if isinstance(members, int):
            game.losses = replace(self.losses, game.settings)
            game.member, game.settings = self.member.playing(game.losses), {}
            if game.seeds:
                game.seed, game.seeds = game.seeds[0], ()
                game._clock = game._at(*self._key)
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
        return self._each("loss_x", x, y)

    def loss_y(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the discriminator's loss, one number for each member."""
        return self._each("loss_y", x, y)

    def gx(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the gradient of L_x in x."""
        return self._each("gx", x, y)

    def gy(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the gradient of L_y in y."""
        return self._each("gy", x, y)

    def field(self, x: Tensor, y: Tensor) -> _Two:
        """Return (gx, gy) from one sample."""
        return self._each("field", x, y)

    def jvp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor) -> _Two:
        """Return J(x, y)·(u, w), forward over reverse where torch can."""
        return self._each("jvp", x, y, u, w)

    def vjp(self, x: Tensor, y: Tensor, u: Tensor, w: Tensor) -> _Two:
        """Return Jᵀ(x, y)·(u, w), reverse over reverse."""
        return self._each("vjp", x, y, u, w)

    def cross(self, x: Tensor, y: Tensor) -> _Two:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        return self._each("cross", x, y)

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
        found = self._each("matrix", x, y)
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
        return replace(self.losses, self.settings).project(x, y)

    def _each(self, name: str, x: Tensor, *others: Tensor) -> Any:
        """Call a function of one GAN on one GAN, or on each member."""
        given, function = self.given, getattr(self.member, name)
        if self.sampling.fresh_calls:
            self._draw(*self._key)
        if x.ndim == 1:
            if self.settings or self.own_data or self.seeds:
                what = ", ".join(self.settings) or (
                    "data" if self.own_data else "batch"
                )
                raise GandynError(
                    f"every member has its own {what}: the players must have shape "
                    "(P, members)"
                )
            return function(x, *others, given)
        if self._alone:
            return self._one_by_one(name, given, x, *others)
        norms = {key: 0 if u.ndim == 2 else None for key, u in given.norms.items()}
        own: Any = self._member_axes(given.batch), dict.fromkeys(given.settings, 0)
        axes: Any = (*own, norms, None, None)
        dims = *(-1,) * (1 + len(others)), Given._make(axes)
        call = vmap(function, in_dims=dims, out_dims=-1, randomness=self._randomness)
        try:
            return call(x, *others, given)
        except (RuntimeError, NotImplementedError, ValueError) as error:
            if isinstance(error, torch.OutOfMemoryError | GandynError):
                raise
            found = self._one_by_one(name, given, x, *others)
            self._alone.append(str(error).partition("\n")[0])
            return found

    @property
    def one_by_one(self) -> str:
        """Why members are computed one by one; empty where they are not."""
        return "; ".join(self._alone)

    def _one_by_one(self, name: str, given: Given, *players: Tensor) -> Any:
        if self.seeds and get_proxy_mode() is not None:
            # what a member draws for itself would be noted as constants
            raise RuntimeError("members with noise of their own come one by one")
        game, found = self.with_given(given), []
        for i in range(players[0].shape[1]):
            one = game.select(i)
            call = getattr(one.member, name)
            found.append(call(*(z[:, i] for z in players), one.given))
        return pytree.tree_map(lambda *parts: torch.stack(parts, -1), *found)
