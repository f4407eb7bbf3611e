"""Programs as JavaScript: straight lines in a loop over a block of cells."""

from __future__ import annotations

import itertools
import math
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gandyn.explore.recorded import Operation
from gandyn.explore.trace import Program

BLOCK = 256
"""Cells side by side in every array of a block: slot k of cell i is at i + 256 k."""
_LONGEST = 240
"""Characters from which an expression gets a name although it is used once."""
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}
_ATOM = 4
_TAKEN = {"S", "T", "F", "n", "i", "do", "if", "in"}
_COMPARED = {"select": ">=0", "positive": ">0"}


def function(program: Program, places: Mapping[str, str], into: str) -> str:
    """Return a program as the text of a function of (S, T, F, n).

    S holds states, T directions, F fields, each by slots of `BLOCK` cells, of which the
    first n are computed.

    Parameters
    ----------
    program : Program
    places : mapping of str to str
        Where inputs lie, such as ``{"x": "S0", "rule.lr_x": "F3"}``.
    into : str
        The array that outputs are written to, and the first slot: ``"S0"``.

    Examples
    --------
    >>> from gandyn.explore.trace import trace_game
    >>> from gandyn.games import Bilinear
    >>> plain, _ = trace_game(Bilinear(1.0))
    >>> places = {"x": "S0", "y": "S1", "game.A": "F0", "game.b": "F1", "game.c": "F2"}
    >>> function(plain, places, "S0")[33:100]
    'const a=F[i],b=S[i+256],c=F[i+256],d=S[i],e=F[i+512];S[i]=a*b+c;S[i'
    """
    order = _in_order(program.outputs)
    uses = Counter(id(o) for made in order for o in _operands(made))
    uses.update(id(output) for output in program.outputs)
    names, written = _names(), dict[int, tuple[str, int]]()
    loads, lines = [], []
    for one in order:
        if one.name == "input":
            text = next(names)
            loads.append(f"{text}={_slot(places[str(one.operands[0])])}")
            written[id(one)] = text, _ATOM
            continue
        text, binding = _expression(one, written)
        if one.name != "number" and (uses[id(one)] > 1 or len(text) > _LONGEST):
            name = next(names)
            lines.append(f"{name}={text}")
            text, binding = name, _ATOM
        written[id(one)] = text, binding
    array, first = into[0], int(into[1:])
    results = [
        f"{_slot(f'{array}{first + k}')}={written[id(output)][0]}"
        for k, output in enumerate(program.outputs)
    ]
    defined = ",".join(loads + lines)
    body = ";".join([*([f"const {defined}"] if defined else []), *results])
    return f"(S,T,F,n)=>{{for(let i=0;i<n;i++){{{body}}}}}"


def _slot(place: str) -> str:
    array, slot = place[0], int(place[1:])
    return f"{array}[i+{slot * BLOCK}]" if slot else f"{array}[i]"


def _operands(made: Operation) -> Sequence[Operation]:
    return () if made.name in ("input", "number") else made.operands


def _in_order(outputs: Sequence[Operation]) -> list[Operation]:
    """Return all operations, each after its operands."""
    done: dict[int, Operation] = {}
    waiting = [(output, False) for output in reversed(outputs)]
    while waiting:
        one, ready = waiting.pop()
        if id(one) in done:
            continue
        if ready:
            done[id(one)] = one
        else:
            waiting.append((one, True))
            waiting += [(o, False) for o in reversed(_operands(one))]
    return list(done.values())


def _names() -> Iterator[str]:
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_letters, repeat=length):
            if (name := "".join(letters)) not in _TAKEN:
                yield name


def _expression(
    made: Operation, written: Mapping[int, tuple[str, int]]
) -> tuple[str, int]:
    """Return an operation's text, and how strongly it binds."""
    if made.name == "number":
        return _number(made.operands[0]), _ATOM
    parts = [written[id(operand)] for operand in made.operands]
    if made.name in _COMPARED:
        decider, yes, no = (_bracketed(part, 1) for part in parts)
        return f"({decider}{_COMPARED[made.name]}?{yes}:{no})", _ATOM
    if made.name not in _BINDING:
        return f"{made.name}({parts[0][0]})", _ATOM
    binding = _BINDING[made.name]
    if made.name == "neg":
        return f"-{_bracketed(parts[0], _ATOM)}", binding
    left, right = (_bracketed(p, binding + k) for k, p in enumerate(parts))
    return left + made.name + right, binding


def _bracketed(part: tuple[str, int], least: int) -> str:
    """Return an operand, in brackets where it would be read otherwise.

    Signs are in brackets always, so that no two of them become one.
    """
    text, binding = part
    return f"({text})" if binding < least or text.startswith("-") else text


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(float(value))
    return text.removesuffix(".0")


def places_of(
    memory: int, fields: Sequence[str], tangents: bool = True
) -> dict[str, str]:
    """Return where the inputs of a pair's programs lie."""
    states = ["x", "y", *(f"m{k}" for k in range(memory))]
    places = {name: f"S{k}" for k, name in enumerate(states)}
    if tangents:
        places |= {f"d{name}": f"T{k}" for k, name in enumerate(states)}
    return places | {name: f"F{k}" for k, name in enumerate(fields)}
