"""One step of the user's own loop, recorded: who moves when, and on whose gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gandyn._records import Record
from gandyn.errors import GandynError, UnknownName
from gandyn.gans.loops._trace_words import Step, backward_owners, findings

BEFORE = -1
"""The number of what was there before the block began."""


class StepTrace(Record):
    """What happened in one step of a training loop.

    Attributes
    ----------
    order : tuple of str
        The players, in the order of their optimizers' steps.
    play : str
        ``"simultaneous"`` if a player's gradient was taken where another one was before
        its step, ``"alternating"`` if never, and ``"unknown"`` without modules, or
        with fewer than two players that step.
    moved : dict of str to float
        By how much each player's parameters have changed, relative to their norm.
    findings : tuple of str
        What is remarkable, in words: nothing, mostly.
    """

    order: tuple[str, ...]
    play: str
    moved: dict[str, float]
    findings: tuple[str, ...]

    derived = ("words",)

    @property
    def words(self) -> str:
        """All of it, one line each."""
        order = ", ".join(self.order) or "none"
        moves = ", ".join(f"{name} {size:.2g}" for name, size in self.moved.items())
        lines = [f"steps: {order} ({self.play} play)", f"relative moves: {moves}"]
        return "\n".join([*lines, *self.findings])


class StepTracer:
    r"""Records a step of a training loop: ``with StepTracer(...) as tracer: ...``.

    Parameters
    ----------
    players : mapping of str to torch.optim.Optimizer
        The optimizers by the players' names, the generator's first.
    modules : mapping of str to torch.nn.Module, optional
        Their modules by the same names: for parameters that no optimizer has, and for
        whether the play is simultaneous.

    Attributes
    ----------
    trace : StepTrace
        After the block.

    Raises
    ------
    GandynError
        For a player whose optimizer is none.
    UnknownName
        For the module of no player.

    Notes
    -----
    The loop is not changed: hooks of the parameters tell which backward pass gives
    gradients to whom and what was in ``grad`` before, hooks of the optimizers what they
    step on, hooks of the modules which state of a player a loss has seen. All are taken
    off at the end. Some faults show in the second step only: put two into the block.

    Examples
    --------
    >>> g, d = nn.Linear(1, 1), nn.Linear(1, 1)
    >>> g_opt, d_opt = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (g, d))
    >>> with StepTracer({"G": g_opt, "D": d_opt}, {"G": g, "D": d}) as tracer:
    ...     fake = g(torch.ones(4, 1))
    ...     d_opt.zero_grad()
    ...     d(fake).mean().backward()
    ...     d_opt.step()
    ...     (-d(g(torch.ones(4, 1))).mean()).backward()
    ...     g_opt.step()
    >>> print(tracer.trace.words)  # doctest: +SKIP
    steps: D, G (alternating play)
    relative moves: G 0.17, D 0.13
    D's backward pass reached G: detach the fakes
    G steps on gradients of D's loss: call its zero_grad before its backward
    """

    def __init__(
        self,
        players: Mapping[str, Any],
        modules: Mapping[str, nn.Module] | None = None,
    ) -> None:
        for name, optimizer in players.items():
            if not isinstance(optimizer, torch.optim.Optimizer):
                raise GandynError(
                    f"player {name}: {type(optimizer).__name__} is not a torch "
                    "optimizer: give the one that moves the player's parameters"
                )
        for name in modules or {}:
            if name not in players:
                raise UnknownName("player", name, players)
        self._optimizers = dict(players)
        self._modules = dict(modules or {})
        self._owned = {
            name: [p for group in o.param_groups for p in group["params"]]
            for name, o in players.items()
        }

    def __enter__(self) -> StepTracer:
        self._steps: list[Step] = []
        self._counts = dict.fromkeys(self._optimizers, 0)
        self._seen = dict.fromkeys(self._optimizers, 0)
        self._tasks: dict[int, int] = {}
        self._touched: dict[int, set[str]] = {BEFORE: set()}
        self._states: dict[int, dict[str, int]] = {BEFORE: {}}
        self._sources: dict[Tensor, list[int]] = {}
        self._used: dict[Tensor, set[int]] = {}
        self._handles = list(self._hooks())
        self._start = {name: _copies(ps) for name, ps in self._owned.items()}
        self._last = dict(self._start)
        self._outside: set[str] = set()
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        for handle in self._handles:
            handle.remove()
        if kind is None:
            for name in self._owned:
                self._note_outside_changes(name)
            self.trace = self._summary()

    def _hooks(self) -> Iterator[Any]:
        owners: dict[Tensor, set[str]] = {}
        for name, parameters in self._owned.items():
            for p in parameters:
                owners.setdefault(p, set()).add(name)
        for p, names in owners.items():
            if p.requires_grad:
                yield p.register_hook(lambda _, p=p: self._before_gradient(p))
                yield p.register_post_accumulate_grad_hook(
                    lambda p, names=names: self._after_gradient(p, names)
                )
        for name, optimizer in self._optimizers.items():
            yield optimizer.register_step_pre_hook(
                lambda o, args, kwargs, name=name: self._before_step(name)
            )
            yield optimizer.register_step_post_hook(
                lambda o, args, kwargs, name=name: self._after_step(name)
            )
        for name, module in self._modules.items():
            yield module.register_forward_pre_hook(
                lambda m, args, name=name: self._before_forward(name)
            )

    def _before_forward(self, name: str) -> None:
        self._seen[name] = self._counts[name]

    def _before_gradient(self, p: Tensor) -> None:
        self._forget_if_empty(p)

    def _forget_if_empty(self, p: Tensor) -> None:
        if _is_zero(p.grad):
            self._sources[p] = []
        elif not self._sources.get(p):
            self._sources[p] = [BEFORE]

    def _after_gradient(self, p: Tensor, names: set[str]) -> None:
        task = torch._C._current_graph_task_id()
        if task not in self._tasks:
            self._tasks[task] = number = len(self._tasks)
            self._touched[number] = set()
            self._states[number] = dict(self._seen)
        number = self._tasks[task]
        self._touched[number] |= names
        self._sources.setdefault(p, []).append(number)

    def _before_step(self, name: str) -> None:
        self._note_outside_changes(name)
        parameters = self._owned[name]
        for p in parameters:
            self._forget_if_empty(p)
        sources = {one for p in parameters for one in self._sources[p]}
        again = {
            one for p in parameters for one in self._sources[p]
            if one in self._used.get(p, ()) or one == BEFORE
        }  # fmt: skip
        grads = [p.grad for p in parameters]
        step = Step(
            name, sources, again, dict(self._counts),
            tensors=len(grads), missing=sum(g is None for g in grads),
            zero=all(_is_zero(g) for g in grads),
            finite=all(g is None or bool(_values(g).isfinite().all()) for g in grads),
        )  # fmt: skip
        self._steps.append(step)
        for p in parameters:
            self._used[p] = set(self._sources[p])

    def _after_step(self, name: str) -> None:
        self._counts[name] += 1
        self._last[name] = _copies(self._owned[name])

    def _note_outside_changes(self, name: str) -> None:
        pairs = zip(self._owned[name], self._last[name], strict=True)
        if not all(torch.equal(p.detach(), old) for p, old in pairs):
            self._outside.add(name)

    def _summary(self) -> StepTrace:
        moved = {
            name: _relative_move(self._start[name], self._owned[name])
            for name in self._owned
        }
        rates = {
            name: max((float(group["lr"]) for group in o.param_groups), default=0.0)
            for name, o in self._optimizers.items()
        }
        told = findings(
            list(self._optimizers), self._steps, self._touched, moved, rates,
            self._outside,
        )  # fmt: skip
        told = [*told, *_of_membership(self._owned, self._modules)]
        order = tuple(step.player for step in self._steps)
        return StepTrace(order, self._play(), moved, tuple(told))

    def _play(self) -> str:
        movers = {step.player for step in self._steps}
        if len(movers) < 2 or not movers <= set(self._modules):
            return "unknown"
        owners = backward_owners(self._steps, self._touched)
        for step in self._steps:
            own = {one for one in step.sources if owners.get(one) == step.player}
            for source in (own or step.sources) - {BEFORE}:
                state = self._states[source]
                others = movers - {step.player}
                if any(state[one] < step.counts[one] for one in others):
                    return "simultaneous"
        return "alternating"


def _of_membership(
    owned: Mapping[str, list[Tensor]], modules: Mapping[str, nn.Module]
) -> Iterator[str]:
    """Say which parameters are in no optimizer, in two, or in no module."""
    everyone = {p for parameters in owned.values() for p in parameters}
    for name, module in modules.items():
        free = [
            path for path, p in module.named_parameters()
            if p.requires_grad and p not in everyone
        ]  # fmt: skip
        if free:
            yield f"{name}: no optimizer moves {_some(free)}"
        own = set(module.parameters())
        if strangers := [p for p in owned[name] if p not in own]:
            yield (
                f"{name}: its optimizer has {len(strangers)} tensors that its module "
                "doesn't have: was the module replaced after the optimizer was made?"
            )
    names = list(owned)
    for i, one in enumerate(names):
        for two in names[i + 1 :]:
            if shared := set(owned[one]) & set(owned[two]):
                yield f"{one} and {two} share {len(shared)} tensors of parameters"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _copies(parameters: list[Tensor]) -> list[Tensor]:
    return [p.detach().clone() for p in parameters]


def _values(grad: Tensor) -> Tensor:
    return grad.coalesce().values() if grad.is_sparse else grad


def _is_zero(grad: Tensor | None) -> bool:
    return grad is None or not bool(_values(grad).any())


def _relative_move(start: list[Tensor], now: list[Tensor]) -> float:
    pairs = zip(start, now, strict=True)
    moved = sum(float((n.detach() - s).abs().square().sum()) for s, n in pairs)
    size = sum(float(s.abs().square().sum()) for s in start)
    return (moved / size) ** 0.5 if size else float(moved > 0)
