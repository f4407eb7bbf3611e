"""Advice in words: what was seen, how sure it is, and what it has cost."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gandyn._node import Node


def words(advice: Any) -> str:
    """Return an advice in lines of text."""
    lines = [spelled(advice.rule), f"on {spelled(advice.game)}"]
    if advice.kind == "exact":
        lines += [*advice.notes, *_exact(advice)]
    else:
        lines += [*_setting(advice), *_rows(advice), *_answers(advice)]
        lines += [f"note: {note}" for note in advice.notes]
    if advice.description is not None:
        lines += ["", *str(advice.description).splitlines()]
    return "\n".join(lines)


def spelled(node: Node) -> str:
    """Return a node with the fields that differ from their defaults, and rates.

    >>> from gandyn.rules import Adam
    >>> spelled(Adam(beta1=0.5))
    'Adam(lr_x=0.001, lr_y=0.001, beta1=0.5)'
    """
    parts = []
    for one in dataclasses.fields(node):  # type: ignore[arg-type]
        value = getattr(node, one.name)
        if one.name.startswith("lr_") or not _same(value, one.default):
            shown = spelled(value) if isinstance(value, Node) else _shown(value)
            parts.append(f"{one.name}={shown}")
    return f"{type(node).__name__}({', '.join(parts)})"


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(np.all(value == default))


def _shown(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)


def factor(value: float) -> str:
    """Return a factor as people write it.

    >>> factor(2.25), factor(0.5), factor(1.0)
    ('×2.25', '÷2', '×1')
    """
    return f"×{value:.3g}" if value >= 1 else f"÷{1 / value:.3g}"


def _exact(advice: Any) -> Iterator[str]:
    (found,) = advice.upwards
    if found.broke:
        yield (
            f"{found.name}: stable up to {factor(found.value)} exactly, by the "
            "multipliers of the step"
        )
        yield f"  recommended: {factor(found.recommended)} at most"
    else:
        yield f"{found.name}: no loss of stability seen up to {factor(found.tried)}"


def _setting(advice: Any) -> Iterator[str]:
    yield (
        f"{advice.runs} copies of the checkpoint, {advice.steps} steps each: "
        f"{advice.cost} steps of training"
    )
    usual = advice.usual[np.isfinite(advice.usual)]
    low, mid, high = usual.min(), np.median(usual), usual.max()
    if advice.weak:
        yield (
            "WEAK: without a metric, losses and gradients judge; give metric(G, D) for "
            "an answer to rely on"
        )
        return
    beyond = "above" if advice.better == "lower" else "below"
    yield (
        f"metric ({advice.better} is better): {advice.before:.4g} at the checkpoint; "
        f"trained on as it is {mid:.4g} ({low:.4g} to {high:.4g}, {len(advice.usual)} "
        f"replicas); {beyond} {advice.limit:.4g} counts as worse"
    )
    if _leaving(advice, mid):
        yield (
            "  training as it is makes the metric worse by itself: factors are judged "
            "against that"
        )


def _leaving(advice: Any, mid: float) -> bool:
    """Tell whether training as it is leaves the checkpoint for the worse."""
    away = (mid - advice.before) * (1 if advice.better == "lower" else -1)
    return bool(away > abs(advice.limit - mid))


def _rows(advice: Any) -> Iterator[str]:
    """Yield a line for each cell of one axis, or each row of two."""
    first, *others = advice.axes
    what = "times its allowance" if advice.weak else "metric"
    if others:
        second = others[0]
        heads = "  ".join(f"{_label(second, v):>6}" for v in second.values)
        yield f"share of worse replicas, {first.name} down, {second.name} across"
        yield f"{'':>8}  {heads}"
        for value, row in zip(first.values, advice.share, strict=True):
            cells = "  ".join(f"{share:>6.0%}" for share in row)
            yield f"{_label(first, value):>8}  {cells}"
        return
    yield f"{first.name:>8}  worse  {what}: median, range"
    for value, scores, worse in zip(
        first.values, advice.scores, advice.worse, strict=True
    ):
        yield (
            f"{_label(first, value):>8}  {worse.sum():>2}/{len(worse):<2}  "
            f"{_range(scores)}"
        )


def _label(axis: Any, value: float) -> str:
    return factor(value) if axis.relative else f"{value:g}"


def _range(scores: np.ndarray) -> str:
    sound = scores[np.isfinite(scores)]
    lost = len(scores) - len(sound)
    tail = f", {lost} broken down" if lost else ""
    if not len(sound):
        return "all broken down"
    return f"{np.median(scores):.4g}, {sound.min():.4g} to {sound.max():.4g}{tail}"


def _answers(advice: Any) -> Iterator[str]:
    for found in advice.upwards:
        if not found.broke:
            yield f"{found.name}: no break up to {factor(found.tried)}"
            continue
        high = f"all worse from {factor(found.high)} on"
        if not math.isfinite(found.high):
            high = f"not all worse up to {factor(found.tried)}"
        yield (
            f"{found.name}: all replicas as good up to {factor(found.low)}, {high}; "
            f"breaking factor {factor(found.value)}"
        )
        margin = "breaking factor / 1.5"
        yield f"  recommended: {factor(found.recommended)} at most ({margin})"
        yield f"  {_trials(advice)}"
    for found in advice.downwards:
        if found.broke:
            yield f"{found.name}: worse from {factor(found.value)} downwards, too"
    for axis in advice.axes:
        if not axis.relative:
            yield from _values(advice, axis)


def _values(advice: Any, axis: Any) -> Iterator[str]:
    """Yield which values of a field are worse, the other axis as it is."""
    where = advice.axes.index(axis)
    line = advice.share[
        tuple(slice(None) if i == where else a.now for i, a in enumerate(advice.axes))
    ]
    shown = {f"{v:g}": share for v, share in zip(axis.values, line, strict=True)}
    worse = ", ".join(value for value, share in shown.items() if share >= 0.5)
    fine = ", ".join(value for value, share in shown.items() if share < 0.5)
    told = f"worse with {worse}" if worse else "no value is worse"
    now = f"{axis.values[axis.now]:g}"
    yield f"{axis.name} (now {now}): {told}; as good with {fine}"


def _trials(advice: Any) -> str:
    if advice.weak:
        return "how often that holds without a metric: seldom; it is no promise"
    trials = advice.trials
    if not trials:
        return "how often that held in real trainings: not measured yet"
    return (
        f"in real trainings that was acceptable at {trials['acceptable']} of "
        f"{trials['recommended']} checkpoints; breaking factors were within ×1.5 at "
        f"{trials['within_1.5']} of {trials['checkpoints']}"
    )
