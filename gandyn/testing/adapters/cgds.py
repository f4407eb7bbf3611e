"""Competitive gradient descent as the package CGDs has it."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Positive
from gandyn.errors import GandynError
from gandyn.testing.adapters._base import Fields, _Optimizer
from gandyn.testing.adapters._state import frozen, thawed
from gandyn.testing.adapters._tensors import back, gradient, peers_own_words, tensor

_KEPT = (
    "step", "solve_x", "old_max", "old_min", "exp_avg_max", "exp_avg_min",
    "sq_exp_avg_max", "sq_exp_avg_min", "sq_exp_avg_x", "sq_exp_avg_y",
)  # fmt: skip
"""What of ``optimizer.state`` changes and is used again."""


class _CGD(_Optimizer):
    """One optimizer of both players, that is given losses."""

    package: ClassVar[str] = "CGDs"
    extra: ClassVar[str] = "peers"
    batched = None  # type: ignore[assignment]  # one system of equations for all

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the memory before the first step."""
        p, q = tensor(x), tensor(y)
        state = _template(self, p.dtype, tuple(p.shape), tuple(q.shape))
        return (0.0, *(0 * leaf for leaf in self._shaped(state, p, q)))

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        if np.ndim(x) != len(game.shape[0]) and game.shape != ((), ()):
            raise GandynError("CGDs takes one state of vectors at a time")
        p, q = tensor(x), tensor(y)
        optimizer = self.built(p, q)
        started, *leaves = memory
        if started:
            state = _template(self, p.dtype, tuple(p.shape), tuple(q.shape))
            flat = (np.ravel(v) if isinstance(v, np.ndarray) else v for v in leaves)
            optimizer.state.update(thawed(state, flat))
        with _quietly():
            optimizer.step(*self.losses(game, x, y, p, q))
        kept = {key: optimizer.state[key] for key in _KEPT if key in optimizer.state}
        return back(p, x), back(q, y), (1.0, *self._shaped(kept, p, q))

    def built(self, p: Any, q: Any) -> Any:
        """Return a new optimizer of both parameters."""
        raise NotImplementedError

    def losses(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> Any:
        """Return what the optimizer's step takes."""
        raise NotImplementedError

    def _shaped(self, state: Any, p: Any, q: Any) -> Any:
        """Return the numbers of a state, those of one player in the player's shape."""
        shape = tuple(p.shape) if p.shape == q.shape else None
        return tuple(
            v.reshape(shape) if np.ndim(v) and shape is not None else v
            for v in frozen(state)
        )


class MinimaxCGD(_CGD):
    """``CGDs.BCGD`` and ``CGDs.ACGD``: a zero-sum game, which y maximises.

    The optimizer is given the losses' quadratic model at the state: it uses no more
    than gradients and mixed second derivatives there.

    Parameters
    ----------
    optimizer : str or callable
        ``"CGDs.BCGD"``, or what makes an optimizer from ``(max_params, min_params)``.
    options : mapping
        More keyword arguments.
    lr_x, lr_y : float
        Learning rates, > 0; ``lr`` sets both.
    implements : Rule, optional
        The rule that this is.

    Examples
    --------
    >>> MinimaxCGD("CGDs.BCGD", lr=0.5)  # doctest: +SKIP
    MinimaxCGD(optimizer='CGDs.BCGD', options=(), lr_x=0.5, lr_y=0.5, implements=None)
    """

    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {
        "CGDs.BCGD": {},
        "CGDs.ACGD": {"beta": "beta2"},
    }

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    implements: Any = None

    def built(self, p: Any, q: Any) -> Any:
        """Return a new optimizer of both parameters."""
        return self.made([q], [p], lr_max=self.lr_y, lr_min=self.lr_x)

    def losses(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> Any:
        """Return x's loss."""
        if not getattr(game, "zero_sum", False):
            raise GandynError(f"{self.optimizer} takes zero-sum games only")
        gx, gy = gradient(game.gx(x, y), p), gradient(game.gy(x, y), q)
        cross = gradient(game.jacobian(x, y)[1], p)
        return (_model(gx, -gy, cross, p, q),)


class GeneralSumCGD(_CGD):
    """``CGDs.GACGD``: any game of two losses.

    Parameters
    ----------
    optimizer, options, lr_x, lr_y, implements
        As in `MinimaxCGD`; the parameters go to ``(x_params, y_params)``.

    Examples
    --------
    >>> GeneralSumCGD("CGDs.GACGD", lr=0.5)  # doctest: +SKIP
    GeneralSumCGD(optimizer='CGDs.GACGD', options=(), ...)
    """

    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {
        "CGDs.GACGD": {"beta": "beta2"}
    }

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    implements: Any = None

    def built(self, p: Any, q: Any) -> Any:
        """Return a new optimizer of both parameters."""
        return self.made([p], [q], lr_x=self.lr_x, lr_y=self.lr_y)

    def losses(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> Any:
        """Return both losses."""
        gx, gy = gradient(game.gx(x, y), p), gradient(game.gy(x, y), q)
        _, xy, yx, _ = game.jacobian(x, y)
        # the other's own gradient is not in the oracle, nor used
        return (
            _model(gx, 0 * q.detach(), gradient(xy, p), p, q),
            _model(gy, 0 * p.detach(), gradient(yx, q), q, p),
        )


def _model(gp: Any, gq: Any, cross: Any, p: Any, q: Any) -> Any:
    """Return a loss with these derivatives at (p, q)."""
    dp, dq = p - p.detach(), q - q.detach()
    bend = dp @ cross @ dq if cross.ndim == 2 else (dp * cross * dq).sum()
    return (gp * dp).sum() + (gq * dq).sum() + bend


@functools.lru_cache(64)
def _template(rule: Any, dtype: Any, *shapes: tuple[int, ...]) -> Any:
    """Return the state after a first step, for its structure."""
    import torch

    p, q = (torch.ones(shape, dtype=dtype, requires_grad=True) for shape in shapes)
    optimizer, loss = rule.built(p, q), p.sum() * q.sum()
    with _quietly():
        optimizer.step(*((loss,) if isinstance(rule, MinimaxCGD) else (loss, -loss)))
    return {key: optimizer.state[key] for key in _KEPT if key in optimizer.state}


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Leave the package's prints and warnings unheard."""
    with peers_own_words(), contextlib.redirect_stdout(io.StringIO()):
        yield
