"""A user's own game wherever a named GAN is asked for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import torch

from gandyn._node import Node
from gandyn._optimizers import keywords
from gandyn._reader import Reader, parse_node, parse_tree
from gandyn._specification import in_file
from gandyn._userfile import FileSpec, file_spec, load_module
from gandyn.errors import GandynError, UnknownName
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.modules import ensemble
from gandyn.gans.games.objective import Losses
from gandyn.gans.games.sampling import FullBatch, Sampling, as_sampling

_PREFIX = "losses."


class Brought(Node):
    """A `TorchGame` with one start, the modules' own parameters.

    Parameters
    ----------
    brought : TorchGame
    losses : Losses
        Those of the game, whose numbers can be swept.
    text : str
        What it is called in reports.
    """

    brought: Any = None
    losses: Losses = Losses()
    text: str = ""

    def __repr__(self) -> str:
        return self.specification()

    def specification(self) -> str:
        """Return the text that it was read from, or its losses'."""
        return self.text or repr(self.losses)

    def played(self) -> Losses:
        """Return what is played for."""
        return self.losses

    def setting(self, path: str) -> str:
        """Return the path of a field within the losses."""
        return path.removeprefix(_PREFIX)

    def game(
        self,
        seed: int | Sequence[int] = 0,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
        sampling: Sampling | str = "full",
    ) -> TorchGame:
        """Return the game; its points, type and device are its own.

        Raises
        ------
        GandynError
            If others are asked for.
        """
        game: TorchGame = self.brought
        own = {"dtype": game.dtype, "device": game.device.type}
        place = None if device is None else torch.device(device).type
        for name, asked in (("dtype", dtype), ("device", place)):
            if asked not in (None, own[name]):
                raise GandynError(
                    f"the game is one of {own[name]}, not {asked}: make it so, "
                    f"TorchGame(..., {name}=...)"
                )
        chosen = as_sampling(sampling)
        if not isinstance(chosen, FullBatch) and chosen != game.sampling:
            raise GandynError(
                "the game has its own sampling: TorchGame(..., sampling=)"
            )
        return game.with_losses(self.losses)

    def initial(self, seed: int | Sequence[int] = 0, **kinds: Any) -> Any:
        """Return the start, (P,), or (P, seeds) with the same start for all."""
        start = self.brought.start()
        if isinstance(seed, int):
            return start
        return tuple(ensemble([part] * len(seed)) for part in start)

    def equilibrium(self, seed: int | Sequence[int] = 0, **kinds: Any) -> Any:
        """Refuse: there is none known."""
        raise GandynError(
            "no equilibrium is known of a game of one's own: look for one near a point "
            "with gandyn.gans.polish(game, x, y), and take start=(x, y)"
        )


def as_gan(subject: GAN | TorchGame | Brought) -> GAN | Brought:
    """Return what sweeps ask for games, starts and fields."""
    if isinstance(subject, TorchGame):
        return Brought(subject, subject.losses)
    if isinstance(subject, GAN | Brought):
        return subject
    raise GandynError(
        f"a GAN or a TorchGame is needed here, got {type(subject).__name__}"
        f"{_has_one(subject)}"
    )


def parse_gan(text: str) -> GAN | Brought:
    """Return the GAN that a specification describes, read as rules and games are.

    Parameters
    ----------
    text : str
        A named GAN with its fields. Or, of a user's file, ``"mine.py:Name"``: a class
        that inherits `GAN`, a `TorchGame`, or a function that returns one, with its
        arguments, ``"mine.py:make(width=8)"``. The file is imported, and so runs.

    Raises
    ------
    GandynError
        If there is no such thing, or it is none of these.

    Examples
    --------
    >>> import gandyn.gans
    >>> parse_gan("teacher(hidden=4, regulariser=R1(0.3))").regulariser
    R1(gamma=0.3)
    """
    file = file_spec(text)
    if file is None:
        return parse_node(GAN, text)
    call, name = _called(file)
    own = vars(load_module(file.path, file.digest))
    found = own.get(name)
    if isinstance(found, type) and issubclass(found, Node):
        return parse_node(GAN, text)
    kind = "GAN of " + str(file.path)
    if found is None:
        known = [k for k, v in own.items() if _may_be_gan(v, own["__name__"])]
        if not known:
            raise GandynError(
                f"{file.path} has no {name}: define a TorchGame, or a function that "
                "returns one"
            )
        raise UnknownName(kind, name, known)
    if isinstance(found, TorchGame):
        if call is not None:
            raise GandynError(f"{name} is a TorchGame: write {file.path}:{name}")
        return Brought(found, found.losses, text)
    return _made(found, call, file, in_file(found, name) if callable(found) else name)


def _called(file: FileSpec) -> tuple[ast.Call | None, str]:
    tree = parse_tree("gan", file.rest)
    call = tree if isinstance(tree, ast.Call) else None
    name = call.func if call else tree
    if not isinstance(name, ast.Name):
        raise GandynError(f"a name is needed after {file.path}:, got {file.rest}")
    return call, name.id


def _made(
    maker: Callable[..., Any], call: ast.Call | None, file: FileSpec, name: str
) -> Brought:
    """Return what a function of a user's file makes."""
    given = keywords(Reader("gan", file.rest, {}), call)
    if not callable(maker):
        raise GandynError(
            f"{name} is neither a TorchGame nor a function that returns one, but "
            f"{type(maker).__name__}{_has_one(maker)}"
        )
    try:
        game = maker(**given)
    except GandynError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise GandynError(f"{name} raised {kind}: {error}") from error
    if not isinstance(game, TorchGame):
        raise GandynError(f"{name} must return a TorchGame, got {type(game).__name__}")
    words = ", ".join(f"{key}={value!r}" for key, value in given.items())
    return Brought(game, game.losses, f"{name}({words})")


def _has_one(subject: Any) -> str:
    has = isinstance(getattr(subject, "game", None), TorchGame)
    return ": give its .game" if has else ""


def _may_be_gan(value: Any, module: str) -> bool:
    own = getattr(value, "__module__", None) == module and callable(value)
    return isinstance(value, TorchGame) or own
