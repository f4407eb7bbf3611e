"""Links from types in docstrings: to gandyn's own pages, and to other projects'.

The few names of other projects stand here, so that no build asks a network for their
inventories.
"""

from __future__ import annotations

import inspect
import re
import zlib
from collections import Counter
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS
from reference import public_modules, public_names

import gandyn

PROJECTS = {
    "python": ("https://docs.python.org/3/", {
        "collections.abc.Callable": "library/collections.abc.html",
        "concurrent.futures.Executor": "library/concurrent.futures.html",
        "fractions.Fraction": "library/fractions.html",
        "pathlib.Path": "library/pathlib.html",
    }),
    "numpy": ("https://numpy.org/doc/stable/", {
        "numpy.ndarray": "reference/generated/numpy.ndarray.html",
        "numpy.random.Generator": "reference/random/generator.html",
    }),
    "xarray": ("https://docs.xarray.dev/en/stable/", {
        "xarray.Dataset": "generated/xarray.Dataset.html",
    }),
    "matplotlib": ("https://matplotlib.org/stable/", {
        "matplotlib.axes.Axes": "api/_as_gen/matplotlib.axes.Axes.html",
    }),
    "torch": ("https://docs.pytorch.org/docs/stable/", {
        "torch.Tensor": "tensors.html",
        "torch.device": "tensor_attributes.html",
        "torch.dtype": "tensor_attributes.html",
        "torch.nn.Module": "generated/torch.nn.Module.html",
        "torch.optim.Optimizer": "optim.html",
    }),
    "distributed": ("https://distributed.dask.org/en/stable/", {
        "distributed.Client": "api.html",
    }),
}  # fmt: skip
"""Addresses of documentations, and the pages on which names are described."""

_SHORT = {
    "Axes": "matplotlib.axes.Axes",
    "Executor": "concurrent.futures.Executor",
    "Fraction": "fractions.Fraction",
    "Path": "pathlib.Path",
    "Tensor": "torch.Tensor",
    "callable": "collections.abc.Callable",
    "dask.distributed.Client": "distributed.Client",
    "ndarray": "numpy.ndarray",
    "nn.Module": "torch.nn.Module",
}
"""What docstrings call them."""


def write_inventories(folder: Path) -> dict[str, tuple[str, str]]:
    """Write an inventory of each project; return what intersphinx is told of them."""
    folder.mkdir(exist_ok=True)
    told = {}
    for project, (address, pages) in PROJECTS.items():
        path = folder / f"{project}.inv"
        path.write_bytes(inventory(project, pages))
        told[project] = (address, str(path))
    return told


def inventory(project: str, pages: dict[str, str]) -> bytes:
    """Return names as an inventory of Sphinx's second format."""
    head = (
        "# Sphinx inventory version 2\n"
        f"# Project: {project}\n# Version: \n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    lines = [f"{name} py:class 1 {page}#$ -\n" for name, page in pages.items()]
    return head.encode() + zlib.compress("".join(lines).encode())


def types() -> dict[str, str]:
    """Return the full names of what docstrings name as types.

    Of gandyn's classes those that have their name alone; the others stay text.
    """
    often: Counter[str] = Counter()
    for path in Path(gandyn.__file__).parent.rglob("*.py"):
        often.update(re.findall(r"^class (\w+)", path.read_text("utf-8"), re.MULTILINE))
    own = {
        name: f"{module.__name__}.{name}"
        for module in public_modules()[1:]
        for name in public_names(module)
        if inspect.isclass(getattr(module, name)) and often[name] == 1
    }
    theirs = {n: f":class:`{n}`" for _, pages in PROJECTS.values() for n in pages}
    known = {word: word for word in DEFAULT_LINKS}  # ``bool`` needs no explanation
    return known | own | theirs | _SHORT
