"""The command line: every command parses, calls one public function and prints.

A command is a module of this package with an attribute ``command``; it shows up by
itself. Modules import nothing heavy before a command runs.
"""

from __future__ import annotations

import click

from gandyn import __version__
from gandyn.cli._group import Commands
from gandyn.cli._options import examples

_EXAMPLES = examples(
    "gandyn phase --rule alternating -o diagram.png",
    "gandyn check --rule my_rules.py:Mine",
    "gandyn info rules",
)


@click.group(
    cls=Commands,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="gandyn")
def main() -> None:
    """Find out at which learning rates two players settle, spiral out or cycle.

    An update rule is given by --rule and a game by --game, in the same words in every
    command. The help of a command ends with examples.

    The exit code is 0 if all went well, 1 if a law, claim or cross-check failed, 2 if
    the input was wrong and nothing was written, 3 if only a part was done, 4 after an
    error of gandyn itself, 130 after an interruption and 143 after a termination.
    """
