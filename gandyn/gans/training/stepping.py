"""Steps of an ensemble: as they are written, as a graph of operations, compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn._node import replace
from gandyn._trees import flatten, map_leaves, refill
from gandyn.errors import FieldError
from gandyn.gans.games.game import OneByOne, TorchGame
from gandyn.gans.games.member import Given
from gandyn.gans.games.modules import default_dtype
from gandyn.gans.games.sampling import unseeded
from gandyn.gans.training.lean import noted
from gandyn.gans.training.train import State, advance, begin
from gandyn.rules import Rule

_ENGINES = ("auto", "eager", "trace", "compile", "graph")
_Traced = Callable[..., tuple[Tensor, Tensor, list[Tensor]]]


class Stepper:
    """Plays a rule on ensembles of one GAN, all of the same number of members.

    Parameters
    ----------
    rule : Rule
        With numbers only; the fields that differ between members come with each call.
    engine : str
        ``eager`` runs ``rule.step`` as it is written. ``trace`` runs it once, notes its
        operations and replays them: the same bits without what Python and the
        transforms of `torch.func` cost. ``compile`` hands them to ``torch.compile``,
        half a minute of work for loops several times as fast, equal to rounding.
        ``graph`` captures them in a CUDA graph. ``auto`` is ``graph`` on CUDA devices
        and ``trace`` elsewhere. What can't be done falls back: from ``compile`` and
        ``graph`` to ``trace``, and from there to ``eager``.

    Attributes
    ----------
    notes : list of str
        Why something fell back.
    """

    def __init__(self, rule: Rule, engine: str = "auto") -> None:
        if engine not in _ENGINES:
            raise FieldError(
                f"engine must be one of {', '.join(_ENGINES)}, got {engine!r}"
            )
        self.rule, self.engine = rule, engine
        self.notes: list[str] = []
        self._known: dict[Any, _Traced | None] = {}

    @property
    def used(self) -> str:
        """The engines that steps were taken with so far; empty before the first."""
        kinds = {getattr(f, "engine", "eager") for f in self._known.values()}
        return " and ".join(sorted(kinds))

    def begin(
        self, game: TorchGame, x: Tensor, y: Tensor, fields: Mapping[str, Tensor]
    ) -> State:
        """Return the state before the first step; numbers in memory become tensors."""
        state = begin(replace(self.rule, fields), game, (x, y))
        return state._replace(memory=map_leaves(_lift(x), state.memory))

    def step(
        self, game: TorchGame, state: State, fields: Mapping[str, Tensor]
    ) -> State:
        """Return the state after one more step."""
        if self.engine == "eager" or game.sampling.fresh_calls:
            self._known.setdefault("eager", None)
            return advance(replace(self.rule, fields), game, state)
        x, y, memory, step, norms = state
        leaves = flatten(memory)
        oracle = game.with_state(norms).for_step(step, x, y)
        key = _signature(x, y, *leaves)
        calls = self.rule.batches
        given = [oracle.for_call(i, calls).given for i in range(calls)]
        args = (x, y, leaves, [tuple(own) for own in given], dict(fields))
        if key not in self._known:
            self._known[key] = self._make(game, state, args)
        known = self._known[key]
        if known is None:
            return advance(replace(self.rule, fields), game, state)
        x, y, leaves = known(*args)
        return State(x, y, refill(memory, leaves), step + 1, oracle.state)

    def _make(self, game: TorchGame, state: State, args: Any) -> _Traced | None:
        """Return the step as a function of tensors alone; None if it isn't one."""
        function = functools.partial(_plain_step, self.rule, game, state.memory)
        try:
            # tensors are told apart by identity: a memory may hold x itself
            own = pytree.tree_map(torch.clone, args)
            traced: Any = noted(function, own)
            if game.member.draws:
                traced = _drawing(traced, game.dtype)
            x, y, leaves = traced(*args)
        except (OneByOne, RuntimeError, TypeError, NotImplementedError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            self.notes.append(f"not traced: {_first_line(error)}")
            return None
        if not _equal((x, y, leaves), function(*args)):
            self.notes.append("not traced: the noted operations give other numbers")
            return None
        if _signature(x, y, *leaves) != _signature(*args[:2], *args[2]):
            return None  # a memory that takes on its shape in the first step
        wanted = self.engine
        if game.member.draws:
            if wanted not in ("auto", "trace"):
                self.notes.append(f"no {wanted}: the losses draw random numbers")
            return traced  # type: ignore[no-any-return]
        traced.engine = "trace"
        if wanted == "auto":
            wanted = "graph" if game.device.type == "cuda" else "trace"
        try:
            if wanted == "compile":
                return _compiled(traced, args)
            if wanted == "graph":
                return _CudaGraph(traced, args)
        except Exception as error:  # whatever a compiler or a driver raises
            if isinstance(error, torch.OutOfMemoryError):
                raise
            self.notes.append(f"no {wanted}: {_first_line(error)}")
        return traced


class _Batches:
    """An oracle whose batches of a step are all given."""

    def __init__(self, oracles: list[TorchGame]) -> None:
        self._oracles = oracles

    def __getattr__(self, name: str) -> Any:
        return getattr(self._oracles[0], name)

    def for_call(self, call: int, calls: int = 1) -> TorchGame:
        """Return the oracle on one of the batches."""
        return self._oracles[call]


class _CudaGraph:
    """A function of tensors, captured once and replayed as one launch.

    Parameters
    ----------
    function : callable
        Of nested tuples, lists and dicts of tensors; a pure one.
    args
        What it is captured with; later calls need the same shapes and types.
    """

    engine = "graph"

    def __init__(self, function: _Traced, args: Any) -> None:
        leaves, self._spec = pytree.tree_flatten(args)
        if not all(leaf.is_cuda for leaf in leaves):
            raise RuntimeError("CUDA graphs need all tensors on a CUDA device")
        self._inputs = [leaf.clone() for leaf in leaves]
        self._last: list[Any] = [None] * len(leaves)
        own = pytree.tree_unflatten(self._inputs, self._spec)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # libraries settle before the capture
            for _ in range(3):
                function(*own)
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._outputs = function(*own)

    def __call__(self, *args: Any) -> Any:
        """Return the function's values at other tensors."""
        for i, leaf in enumerate(pytree.tree_leaves(args)):
            if leaf is not self._last[i]:
                self._inputs[i].copy_(leaf)
                self._last[i] = leaf
        self._graph.replay()
        return pytree.tree_map(torch.clone, self._outputs)


def _plain_step(
    rule: Rule,
    game: TorchGame,
    memory: Any,
    x: Tensor,
    y: Tensor,
    leaves: list[Tensor],
    given: list[tuple[Any, ...]],
    fields: Mapping[str, Tensor],
) -> tuple[Tensor, Tensor, list[Tensor]]:
    oracle = _Batches([game.with_given(Given(*own)) for own in given])
    own = replace(rule, fields)
    x, y, memory = own.step(oracle, x, y, refill(memory, leaves))
    return x, y, [_lift(x)(leaf) for leaf in flatten(memory)]


def _drawing(traced: Any, dtype: torch.dtype) -> _Traced:
    """Return the same steps, in which random numbers are drawn as in the losses."""

    def run(*args: Any) -> Any:
        with unseeded(), default_dtype(dtype):
            return traced(*args)

    run.engine = "trace"  # type: ignore[attr-defined]
    return run


def _compiled(traced: Any, args: Any) -> _Traced:
    compiled: Any = torch.compile(traced)
    compiled(*args)

    def run(*args: Any) -> Any:
        return compiled(*args)

    run.engine = "compile"  # type: ignore[attr-defined]
    return run


def _lift(like: Tensor) -> Callable[[Any], Tensor]:
    """Return a function that makes a number a tensor, as precise as a number is."""

    def lifted(leaf: Any) -> Tensor:
        if isinstance(leaf, Tensor):
            return leaf
        return torch.tensor(leaf, dtype=torch.float64, device=like.device)

    return lifted


def _signature(*tensors: Tensor) -> tuple[Any, ...]:
    return tuple((t.shape, t.dtype, t.stride()) for t in tensors)


def _equal(found: Any, expected: Any) -> bool:
    pairs = zip(pytree.tree_leaves(found), pytree.tree_leaves(expected), strict=True)
    return all(torch.allclose(a, b, rtol=0, atol=0, equal_nan=True) for a, b in pairs)


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"
