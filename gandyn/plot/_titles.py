"""What titles and axes say of a rule, a game and their fields."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from gandyn._node import Node, fields, is_structural
from gandyn._userfile import file_spec
from gandyn.errors import GandynError
from gandyn.spec import parse_game, parse_rule

_MEANINGS = {
    "lr": "learning rate of both players",
    "lr_x": "learning rate of x",
    "lr_y": "learning rate of y",
    "start.x": "first state of x",
    "start.y": "first state of y",
}
"""What the fields that occur everywhere mean; the others stand by their name."""


def flag_words(flag: str) -> str:
    """Return a flag's meaning as words.

    >>> flag_words("quasi_periodic"), flag_words("diverges_flip")
    ('quasi-periodic', 'diverges flip')
    """
    return flag.replace("quasi_", "quasi-").replace("_", " ")


def unit_words(units: str) -> str:
    """Return units as they stand in a label; 1 is dimensionless."""
    return "dimensionless" if units == "1" else units


def field_label(name: str, units: str = "1") -> str:
    """Return the axis label of a field."""
    units = unit_words(units)
    meaning = _MEANINGS.get(name if name.startswith("start.") else name.split(".")[-1])
    return f"{name}: {meaning} ({units})" if meaning else f"{name} ({units})"


def tied_words(ties: str) -> str:
    """Return ties as they stand in a label.

    >>> tied_words("lr_y=10.0*lr_x, beta_y=0.5*lr_x")
    'lr_y = 10·lr_x, beta_y = 0.5·lr_x'
    """
    words = re.sub(r"=([^*]+)\*", lambda m: f" = {float(m[1]):.6g}·", ties)
    return words.replace(" = 1·", " = ")


def brief(node: Node, swept: frozenset[str] = frozenset(), prefix: str = "") -> str:
    """Return a node's specification without swept fields and untouched structure."""
    parts = []
    default = {f: getattr(type(node), f, None) for f in fields(node)}
    for name, value in _common_lr(fields(node), swept, prefix).items():
        path = prefix + name
        if isinstance(value, Node):
            if value != default[name]:
                parts.append(f"{name}={brief(value, swept, path + '.')}")
        elif path in swept or _is_swept_by_short_name(name, swept):
            continue
        elif not (
            is_structural(type(node), name) and value == default.get(name) in (0, 1)
        ):
            parts.append(f"{name}={_number(value)}")
    return f"{type(node).__name__}({', '.join(parts)})".removesuffix("()")


def _common_lr(
    own: dict[str, Any], swept: frozenset[str], prefix: str
) -> dict[str, Any]:
    rates = [own.get("lr_x"), own.get("lr_y")]
    if (
        None in rates
        or rates[0] != rates[1]
        or swept
        & {f"{p}{name}" for p in ("", prefix) for name in ("lr", "lr_x", "lr_y")}
    ):
        return own
    return {"lr": rates[0]} | {k: v for k, v in own.items() if k[:3] != "lr_"}


def _is_swept_by_short_name(name: str, swept: frozenset[str]) -> bool:
    names = swept | ({"lr_x", "lr_y"} if "lr" in swept else frozenset())
    return name in names


def _number(value: Any) -> str:
    if isinstance(value, float | int):
        return format(value, ".4g")
    shape = getattr(value, "shape", None)
    return repr(value) if shape is None else f"<{'x'.join(map(str, shape))}>"


def title(rule: Any, game: Any, swept: frozenset[str] = frozenset()) -> str:
    """Return ``rule on game``, on as many lines as it needs.

    Rule and game are nodes or their specifications; one that cannot be read back (a
    game made of arrays, a class of a file that is not loaded) is shown as it stands.
    """
    words = [_read(parse_rule, rule, swept), _read(parse_game, game, swept)]
    lines = [line for word in words for line in textwrap.wrap(word, 70)]
    first = len(textwrap.wrap(words[0], 70))
    if sum(map(len, lines)) < 70:
        return " on ".join(words)
    lines[first] = "on " + lines[first]
    return "\n".join(lines)


def _read(parse: Any, spec: Any, swept: frozenset[str]) -> str:
    names = frozenset(re.sub(r"^(rule|game)\.", "", name) for name in swept)
    if isinstance(spec, Node):
        return brief(spec, names)
    file = file_spec(str(spec))
    text = file.rest if file else str(spec)  # drawing does not run a user's file
    try:
        return brief(parse(text), names)
    except GandynError:
        return text
