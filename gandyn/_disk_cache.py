"""Compiled kernels on disk, keyed by every source that went into them.

Numba's own cache looks at the file of the kernel alone, so it keeps old numbers after a
method that the kernel calls was edited. Here each combination of a kernel and node
classes has its own folder, named by a fingerprint of all sources involved.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba import njit
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    _CacheLocator,
)
from numba.core.runtime import rtsys

from gandyn._lowering import FAST_MATH
from gandyn._node import Node, fields, is_structural
from gandyn._sealed_cache import SealedFile, own_folder

_OWN_SOURCES = ("*.py", "games/*.py", "rules/*.py", "dynamics/**/_*kernel*.py")
"""What of gandyn can end up in a kernel, besides the kernel's own module."""


_Part = tuple[type[Node], str]
"""A class that takes part in a kernel, with its structural values spelled out."""


def _cache_folder() -> Path:
    """Return the folder of compiled kernels: ``$GANDYN_CACHE``, or the user's."""
    if "GANDYN_CACHE" in os.environ:
        return Path(os.environ["GANDYN_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gandyn"


def compiled(kernel: Any, *nodes: Node) -> Any:
    """Return the dispatcher of a kernel for these nodes, backed by the disk cache."""
    return _compiled(kernel, tuple(part for node in nodes for part in _parts(node)))


@functools.cache
def _compiled(kernel: Any, parts: tuple[_Part, ...]) -> Any:
    dispatcher = njit(
        nogil=True, error_model="numpy", fastmath=FAST_MATH, no_cfunc_wrapper=True
    )(kernel)
    folder = own_folder(_cache_folder())
    if folder is None:
        return dispatcher  # compiled anew in each process
    print_of_sources = _fingerprint(kernel, parts)
    dispatcher._cache = _cache_at(kernel, folder / print_of_sources, print_of_sources)
    return dispatcher


def _cache_at(kernel: Any, folder: Path, stamp: str) -> Any:
    class Locator(_CacheLocator):  # type: ignore[misc]
        def ensure_cache_path(self) -> None:
            own_folder(folder)

        def get_cache_path(self) -> str:
            return str(folder)

        def get_source_stamp(self) -> str:
            return stamp

        def get_disambiguator(self) -> str:
            return stamp[:10]

        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> Any:
            return cls()

    class Implementation(CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = (Locator,)

    class Cache(FunctionCache):  # type: ignore[misc]
        _impl_class = Implementation

        def __init__(self, py_func: Any) -> None:
            super().__init__(py_func)
            name = self._impl.filename_base
            self._cache_file = SealedFile(str(folder), name, stamp)

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            """Load machine code without all that only a compilation needs.

            Numba would set up every function that it can compile first, half a second
            of any process's life; what is loaded calls its run-time library alone.
            """
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)

    return Cache(kernel)


def _parts(node: Node) -> list[_Part]:
    """Return the classes of a node and those in it, with their structural values.

    Numba unpickles all entries of a folder's index, and can do so only where their
    types, which carry the structure, have been made.
    """
    found: list[_Part] = [(type(node), "")]
    structure = []
    for name, value in fields(node).items():
        if isinstance(value, Node):
            found += _parts(value)
        elif is_structural(type(node), name):
            structure.append(f"{name}={value}")
    found[0] = (type(node), " ".join(structure))
    return found


def _spell(cls: type[Node]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _fingerprint(kernel: Any, parts: tuple[_Part, ...]) -> str:
    digest = hashlib.sha256()
    digest.update(f"{sys.version} {numba.__version__} {llvmlite.__version__}".encode())
    digest.update(_source(kernel).encode())
    digest.update(_own_sources())
    for cls, structure in parts:
        digest.update(f"{_spell(cls)} {structure}".encode())
        for text in _texts(cls):
            digest.update(text.encode())
    return digest.hexdigest()[:32]


@functools.cache
def _own_sources() -> bytes:
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for pattern in _OWN_SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.digest()


def _texts(cls: type[Node]) -> Iterator[str]:
    for ancestor in cls.__mro__[:-1]:
        if not ancestor.__module__.startswith("gandyn.") or _generated(ancestor):
            yield _source(ancestor)


def _generated(code: Any) -> bool:
    return "__source__" in vars(code)


def _source(code: Any) -> str:
    """Return the text of a class or function; a generated class carries its own."""
    if _generated(code):
        return str(vars(code)["__source__"])
    module = sys.modules.get(code.__module__)
    try:
        return inspect.getsource(module if module else code)
    except (OSError, TypeError):
        return os.urandom(16).hex()  # typed at a prompt: never reuse
