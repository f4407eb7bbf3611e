"""What every named GAN is: two networks, data, and what they play for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn._node import Count, Positive
from gandyn.errors import GandynError
from gandyn.gans.catalogue.networks import initial_vector
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.modules import Modules, ensemble
from gandyn.gans.games.objective import Losses, Objective
from gandyn.gans.games.sampling import DATA, START, Sampling, stream

_Seeds = int | Sequence[int]
_RESIDUAL = 1e-12
"""The largest |v| of a point that counts as an exact equilibrium, in float64."""


class GAN(Objective):
    """A named GAN: it makes a game, initial parameters and an equilibrium if known.

    A class implements `networks` and `data`, and `settled` where it knows an
    equilibrium. Numeric fields of the objective may be tensors of shape (members,).
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    points: Count = 256
    gain: Positive = 1.0

    def networks(self) -> tuple[Modules, Modules]:
        """Return a generator and a discriminator, whatever their parameters."""
        raise NotImplementedError

    def modules(self) -> tuple[Modules, Modules]:
        """Return `networks`, always the same and without a trace in torch's seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.networks()

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return real points and latents, in float64 on the CPU."""
        raise NotImplementedError

    def setting(self, path: str) -> str:
        """Return the path of a field within `played`: the same."""
        return path

    def played(self) -> Losses:
        """Return what is played for, without what makes networks and data."""
        return Objective(**self.shared(Objective))

    def shared(self, cls: type[Losses]) -> dict[str, Any]:
        """Return the values of the fields that a class of losses has, too."""
        names = [field.name for field in dataclasses.fields(cls)]
        return {name: getattr(self, name) for name in names}

    def pools(self, rng: torch.Generator) -> dict[str, Tensor]:
        """Return all points by name: those of `data`, and more where there are any."""
        real, latents = self.data(rng)
        return {"real": real, "latents": latents}

    def settled(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return an exact equilibrium of the game of that seed, in float64."""
        raise GandynError(f"{type(self).__name__} has no equilibrium known beforehand")

    def game(
        self,
        seed: _Seeds = 0,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
        sampling: Sampling | str = "full",
    ) -> TorchGame:
        """Return the game.

        Parameters
        ----------
        seed : int or sequence of int
            Of the data; of several, each member of an ensemble has its own data.
        dtype : torch.dtype
            float32 or float64; random numbers are the same for both.
        device : torch.device or str
        sampling : Sampling or str

        Examples
        --------
        >>> from gandyn.gans import Ring
        >>> Ring(hidden=8, depth=1, latent_size=2).game().shape
        ((42,), (33,))
        """
        device = usable(device)
        many = not isinstance(seed, int)
        seeds = [seed] if isinstance(seed, int) else list(seed)
        pools = [self.pools(stream(DATA, s)) for s in seeds]
        data = (
            pytree.tree_map(lambda *own: torch.stack(own), *pools) if many else pools[0]
        )
        return TorchGame(
            *self.modules(),
            self.played(),
            data,
            dtype=dtype,
            device=device,
            sampling=sampling,
            seed=seeds[0],
            own_data=many,
        )

    def start(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return initial parameters of one GAN, in float64 on the CPU."""
        rng, gain = stream(START, seed), float(self.gain)
        x, y = (initial_vector(module, rng, gain) for module in self.modules())
        return x, y

    def initial(
        self,
        seed: _Seeds = 0,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> tuple[Tensor, Tensor]:
        """Return initial parameters from a seed, (P,), or from several, (P, members).

        Weights are normal with standard deviation ``gain``/√(fan-in), biases 0.
        """
        return _vectors(self.start, seed, dtype, device)

    def equilibrium(
        self,
        seed: _Seeds = 0,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> tuple[Tensor, Tensor]:
        """Return an exact equilibrium of ``game(seed)`` on the full batch.

        Raises
        ------
        GandynError
            If none is known, or the loss and the regulariser move it: the field at the
            known point is looked at.
        """
        x, y = _vectors(self.settled, seed, torch.float64, "cpu")
        u, w = self.game(seed).field(x, y)
        residual = float(torch.cat([u, w]).norm(dim=0).max())
        if not residual <= _RESIDUAL * (len(x) + len(y)):
            raise GandynError(
                f"no equilibrium is known of {self!r}: at the usual one |v| = "
                f"{residual:.2e}"
            )
        return x.to(usable(device), dtype), y.to(usable(device), dtype)


def usable(device: torch.device | str) -> torch.device:
    """Return a device that is there.

    Raises
    ------
    GandynError
        If it isn't.
    """
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError) as error:
        raise GandynError(
            f"there is no device {str(device)!r}: {str(error).splitlines()[0]}; "
            "use device='cpu'"
        ) from error
    return found


def _vectors(
    make: Callable[[int], tuple[Tensor, Tensor]],
    seed: _Seeds,
    dtype: torch.dtype,
    device: Any,
) -> tuple[Tensor, Tensor]:
    device = usable(device)
    if isinstance(seed, int):
        x, y = (v.to(device, dtype) for v in make(seed))
        return x, y
    pairs = zip(*(make(s) for s in seed), strict=True)
    x, y = (ensemble([v.to(device, dtype) for v in column]) for column in pairs)
    return x, y
