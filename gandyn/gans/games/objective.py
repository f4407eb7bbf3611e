"""What the players of a torch game play for."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, grad

from gandyn._node import Node, NonNegative
from gandyn.errors import FieldError, GandynError
from gandyn.games.losses import LeastSquares, Loss, NonSaturating, Wasserstein
from gandyn.games.regularisers import Regulariser, Unregularised
from gandyn.gans.games.modules import trained
from gandyn.gans.games.watch import check_logits

_NOISE = ("noise_real", "noise_fake")
"""The random numbers of instance noise, normal and shaped like the points."""


class Losses(Node):
    """The losses of both players, as functions of their modules and a batch.

    A class implements `loss_x` and `loss_y`; its numeric fields can be swept. A plain
    function of the same arguments that returns both losses is made one by `TorchGame`.

    Examples
    --------
    >>> from gandyn._node import NonNegative
    >>> class Bilinear(Losses):
    ...     gamma: NonNegative = 0.1
    ...
    ...     def loss_x(self, G, D, batch, step):
    ...         return D(G(batch)).mean()
    ...
    ...     def loss_y(self, G, D, batch, step):
    ...         penalty = sum(p.square().sum() for p in D.parameters())
    ...         return -D(G(batch)).mean() + self.gamma / 2 * penalty
    >>> Bilinear()
    Bilinear(gamma=0.1)
    """

    @property
    def random(self) -> frozenset[str]:
        """The names of the random numbers that a batch must have."""
        return frozenset()

    @property
    def timed(self) -> bool:
        """Whether the losses depend on the step."""
        return False

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the generator's loss.

        Parameters
        ----------
        G, D : nn.Module, or groups of them
            In the form in which the game was given them.
        batch : nested tensors
        step : Tensor or int
            A whole number.
        """
        raise NotImplementedError

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the discriminator's loss."""
        raise NotImplementedError

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed parameters next to (x, y)."""
        return x, y

    def check(self, G: Any, D: Any, batch: Any) -> None:
        """Raise a `GandynError` where modules and batch do not fit these losses."""

    def __call__(
        self, G: Any, D: Any, batch: Any, step: Tensor | int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return both losses, in a training loop of torch's too."""
        return self.loss_x(G, D, batch, step), self.loss_y(G, D, batch, step)


class OwnLosses(Losses):
    """A user's function ``losses(G, D, batch)`` or ``losses(G, D, batch, step)``.

    Parameters
    ----------
    function : callable
    """

    function: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.function):
            raise FieldError(
                "losses must be a function losses(G, D, batch) -> (loss_x, loss_y) or "
                f"an Objective, got {self.function!r}"
            )

    def __repr__(self) -> str:
        module = getattr(self.function, "__module__", "")
        return f"{type(self).__name__}({module}.{self.name})"

    @property
    def timed(self) -> bool:
        """Whether the function takes the step."""
        try:
            return "step" in inspect.signature(self.function).parameters
        except ValueError:  # a callable without a signature
            return False

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the first of both losses."""
        return self(G, D, batch, step)[0]

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the second of both losses."""
        return self(G, D, batch, step)[1]

    def __call__(
        self, G: Any, D: Any, batch: Any, step: Tensor | int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return both losses, each a tensor without axes."""
        found = self.function(G, D, batch, **({"step": step} if self.timed else {}))
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise GandynError(
                f"{self.name} must return the two losses (loss_x, loss_y), got "
                f"{type(found).__name__}"
            )
        return self._number(found[0], "loss_x"), self._number(found[1], "loss_y")

    @property
    def name(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def _number(self, loss: Any, name: str) -> Tensor:
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            what = tuple(loss.shape) if isinstance(loss, Tensor) else repr(loss)
            raise GandynError(
                f"{self.name} must return {name} as a tensor of one number, "
                f"got {what}: take the mean, and no .item()"
            )
        return loss.reshape(())


class Objective(Losses):
    """A loss, a regulariser and instance noise, of one generator and one discriminator.

    A batch has ``real`` points and ``latents``; ``labels``, where it has them, are the
    second argument of both modules.

    Parameters
    ----------
    loss : Loss or str
    regulariser : Regulariser or str
    noise_std : float
        Standard deviation of the instance noise that is added to real points and to
        fakes before the discriminator sees them, in units of the data.
    paired : bool
        Relativistic pairing: the loss is a function of the margin D(real) - D(fake) of
        pairs, in the order of the batch, for both players.
    mixed : bool
        Whether the discriminator sees real points and fakes in one batch, which its
        batch normalisation then has common statistics of, or one after the other.

    Raises
    ------
    FieldError
        For a regulariser that is known for the Dirac-GAN only.

    References
    ----------
    Jolicoeur-Martineau, *The Relativistic Discriminator*, ICLR 2019; Huang, Gokaslan,
    Kuleshov, Tompkin, *The GAN is dead; long live the GAN! A Modern GAN Baseline*,
    NeurIPS 2024, Equation 2 (pairing, with the regulariser `R1R2`).

    Examples
    --------
    >>> Objective("hinge", "R1", paired=True).paired
    True
    """

    loss: Loss = NonSaturating()
    regulariser: Regulariser = Unregularised()
    noise_std: NonNegative = 0.0
    paired: bool = False
    mixed: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.regulariser.of_networks:
            raise FieldError(
                f"{type(self).__name__}: regulariser {self.regulariser!r} is known for "
                "the Dirac-GAN only: give it penalty_x or penalty_y"
            )

    @property
    def timed(self) -> bool:
        """Whether the regulariser depends on the step."""
        return self.regulariser.timed

    @property
    def random(self) -> frozenset[str]:
        """The names of the random numbers that a batch must have."""
        quiet = isinstance(self.noise_std, numbers.Real) and self.noise_std == 0
        return self.regulariser.random | frozenset(() if quiet else _NOISE)

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the generator's loss."""
        play = Play(G, D, batch, self, step)
        loss = self.loss.value_x(play.margin()).mean()
        return loss + self.regulariser.penalty_x(play)

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the discriminator's loss."""
        play = Play(G, D, batch, self, step)
        return play.contest() + self.regulariser.penalty_y(play)

    def check(self, G: Any, D: Any, batch: Any) -> None:
        """Refuse a batch without points, and modules whose outputs do not fit them."""
        if not isinstance(batch, dict) or not {"real", "latents"} <= batch.keys():
            raise GandynError(
                f"{type(self).__name__} plays on data of the form "
                '{"real": points, "latents": inputs of the generator}'
            )
        real = batch["real"]
        if not real.is_floating_point():
            raise GandynError(f"real points must be floating-point, got {real.dtype}")
        play = Play(G, D, batch, self)
        if play.fake.shape[1:] != real.shape[1:]:
            raise GandynError(
                f"the generator makes points of shape {tuple(play.fake.shape[1:])}, "
                f"the real ones are {tuple(real.shape[1:])}"
            )
        logits = play.judge(play.real)
        if logits.numel() != len(real):
            raise GandynError(
                "the discriminator must return one logit per point, got shape "
                f"{tuple(logits.shape)} for {len(real)} points"
            )
        if not isinstance(self.loss, Wasserstein | LeastSquares):
            check_logits(logits, type(self.loss).__name__)

    def project(self, x: Any, y: Any) -> Any:
        """Return the parameters next to (x, y) that the regulariser allows."""
        return self.regulariser.project(x, y)


class Play:
    """The position that losses and penalties are functions of.

    Parameters
    ----------
    generator, judge : nn.Module
    batch : mapping
        ``real``, ``latents`` and what random numbers are needed beside.
    objective : Objective
    step : Tensor or int

    Attributes
    ----------
    x, y : Tensor, shapes (n,), (m,)
        The parameters of generator and discriminator.
    real, fake : Tensor
        Points as the discriminator sees them, with instance noise if there is any.
    """

    def __init__(
        self,
        generator: Callable[..., Tensor],
        judge: Any,
        batch: Mapping[str, Tensor],
        objective: Objective,
        step: Tensor | int = 0,
    ) -> None:
        self.batch, self.objective, self.step = batch, objective, step
        self._generator, self._judge = generator, judge
        self._labels = (batch["labels"],) if "labels" in batch else ()
        self.real = batch["real"]
        self.fake = generator(batch["latents"], *self._labels)
        if "noise_real" in batch:
            self.real = self.real + objective.noise_std * batch["noise_real"]
            self.fake = self.fake + objective.noise_std * batch["noise_fake"]

    @property
    def x(self) -> Tensor:
        """The generator's parameters, as one vector."""
        return _joined(trained(self._generator))  # type: ignore[arg-type]

    @property
    def y(self) -> Tensor:
        """The discriminator's parameters, as one vector."""
        return _joined(trained(self._judge))

    def judge(self, points: Tensor) -> Tensor:
        """Return the discriminator's logits of some points."""
        return self._judge(points, *self._named(points))

    def margin(self) -> Tensor:
        """Return what the generator's loss is a function of: by how much D is right."""
        objective = self.objective
        if objective.paired or objective.mixed:
            real, fake = self._both(self.judge)
            return real - fake if objective.paired else -fake
        return -self.judge(self.fake)

    def features(self, points: Tensor) -> Tensor:
        """Return what the discriminator's last layer is given, (points, units).

        Raises
        ------
        GandynError
            If the discriminator is not an ``nn.Sequential`` of at least two layers.
        """
        judge = self._judge
        if not isinstance(judge, torch.nn.Sequential) or len(judge) < 2:
            raise GandynError(
                f"{type(judge).__name__} has no last layer to look behind: hidden "
                "features need a discriminator that is an nn.Sequential"
            )
        return judge[:-1](points).flatten(1)

    def _named(self, points: Tensor) -> tuple[Tensor, ...]:
        """Return the labels of points; of real ones and fakes, both."""
        twice = len(points) // len(self.real)
        return tuple(torch.cat([own] * twice) for own in self._labels)

    def slopes(self, points: Tensor) -> Tensor:
        """Return the gradient of each point's logit in the point.

        Of the sum of the logits, to be exact: with batch normalisation, where points
        see each other, that is not the same.
        """
        return grad(lambda p: self.judge(p).sum())(points)

    def slope_norms(self, points: Tensor) -> Tensor:
        """Return the norms of `slopes`, with all their derivatives 0 where they are 0.

        The norm has no derivative there.
        """
        square = self.slopes(points).flatten(1).square().sum(1)
        positive = square > 0
        root = torch.where(positive, square, torch.ones_like(square)).sqrt()
        return torch.where(positive, root, torch.zeros_like(root))

    def between(self, share: Tensor) -> Tensor:
        """Return share·real + (1 - share)·fake."""
        return share * self.real + (1 - share) * self.fake

    def contest(self) -> Tensor:
        """Return the discriminator's loss without penalties."""
        return self._contest(self.judge)

    def contest_slope(self) -> Tensor:
        """Return the gradient of `contest` in the discriminator's parameters."""

        def contest(own: Any) -> Tensor:
            return self._contest(
                lambda points: functional_call(
                    self._judge, own, (points, *self._named(points))
                )
            )

        return _joined(grad(contest)(trained(self._judge)))

    def _contest(self, judge: Callable[[Tensor], Tensor]) -> Tensor:
        loss, (real, fake) = self.objective.loss, self._both(judge)
        if self.objective.paired:
            return loss.value_y(real - fake).mean()
        return loss.value_real(real).mean() + loss.value_y(-fake).mean()

    def _both(self, judge: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Return the logits of real points and of fakes."""
        if self.objective.paired and len(self.real) != len(self.fake):
            raise GandynError(
                "pairs need as many real points as fakes, got "
                f"{len(self.real)} and {len(self.fake)}"
            )
        if not self.objective.mixed:
            return judge(self.real), judge(self.fake)
        logits = judge(torch.cat([self.real, self.fake]))
        real, fake = logits.split([len(self.real), len(self.fake)])
        return real, fake


def _joined(parameters: Mapping[str, Tensor]) -> Tensor:
    return torch.cat([p.reshape(-1) for p in parameters.values()])
