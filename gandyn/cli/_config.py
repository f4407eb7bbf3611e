"""Settings of the commands: defaults, a TOML file, and flags over both."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gandyn.errors import GandynError, UnknownName


class Common(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every command that runs a rule on a game takes."""

    rule: str = "simultaneous"
    game: str = "dirac(regulariser=R1(0.3))"
    set: dict[str, Any] = {}
    jacobian: str | None = None
    split: int | None = None
    start: tuple[float, float] | None = None
    overwrite: bool = False


class Phase(Common, kw_only=True):
    """Settings of ``gandyn phase``.

    The default picture has every ending that a textbook tells apart: the Dirac-GAN
    loses stability to a cycle at lr_x = 4γ and through a flip above.
    """

    x: str = "lr_x=0.1:30:128:log"
    y: str = "lr_y=0.1:30:128:log"
    axis: tuple[str, ...] = ()
    steps: int | None = None
    method: str = "auto"
    threads: int | None = None
    certify: bool = False
    variable: str = "verdict"
    output: tuple[str, ...] = ("phase.png", "phase.nc")
    gan: str | None = None
    device: str = "cpu"
    dtype: str = "float64"
    seed: int = 0
    engine: str = "auto"
    checkpoint: str | None = None


class Orbit(Common, kw_only=True):
    """Settings of ``gandyn orbit``."""

    steps: int = 1000
    output: tuple[str, ...] = ()
    picture: str = "trajectory"


ConfigT = TypeVar("ConfigT", bound=Common)


def settle(cls: type[ConfigT], path: str | None, flags: Mapping[str, Any]) -> ConfigT:
    """Return the settings: flags that were given, over the file's, over defaults.

    Raises
    ------
    GandynError
        If the file cannot be read, or a value has the wrong type.
    UnknownName
        If the file has a key that is no setting, with the nearest ones.
    """
    table = {} if path is None else _read(cls, Path(path))
    given = {key: value for key, value in flags.items() if value not in (None, (), {})}
    merged = {**table, **given}
    if "set" in table and "set" in given:
        merged["set"] = {**table["set"], **given["set"]}
    return _convert(merged, cls, "settings")


def _read(cls: type[ConfigT], path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GandynError(f"{path} is not TOML: {error}") from None
    known = cls.__struct_fields__
    for key in table:
        if key not in known:
            raise UnknownName(f"key of {path}", key, known)
    _convert(table, cls, str(path))
    return table


def _convert(table: dict[str, Any], cls: type[ConfigT], source: str) -> ConfigT:
    try:
        return msgspec.convert(table, cls)
    except msgspec.ValidationError as error:
        where = str(error).replace("`$.", "`")
        raise GandynError(f"{source}: {where[0].lower()}{where[1:]}") from None
