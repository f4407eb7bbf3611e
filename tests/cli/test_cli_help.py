"""What the commands say of themselves: help, examples, and lists of what there is."""

from __future__ import annotations

import inspect
import json
import shlex
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from gandyn.cli import main


def run(*args: object, code: int = 0):
    """Run the command line in this process and check its exit code."""
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def commands(group=main, path=()):
    """Yield every command and the words that call it, those of groups too."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        yield (*path, name), command


COMMANDS = dict(commands())
ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")]
LINES = [
    pytest.param(line[2:], id=f"{page.stem}-{line[9:50]}")
    for page in PAGES
    for line in map(str.strip, page.read_text("utf-8").splitlines())
    if line.startswith("$ gandyn ")
]


def parses(line: str) -> None:
    """Parse a command line, and run nothing."""
    words, command, path = shlex.split(line)[1:], main, []
    while isinstance(command, click.Group):
        if not words and command.invoke_without_command:
            return
        if words[0] in ("--help", "--version"):
            return
        path.append(words[0])
        command = COMMANDS[tuple(path)]
        words = words[1:]
    if words != ["--help"]:
        command.make_context(path[-1], words)


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_help_is_sentences_and_examples_that_parse(path):
    command = COMMANDS.get(path, main)
    text = run(*path, "--help").stdout
    head, _, examples = text.partition("Examples:\n")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    assert lines
    for line in lines:
        assert line.startswith(f"$ gandyn {' '.join(path)}".rstrip())
        parses(line[2:])
    assert "..." not in head.partition("Commands:")[2]  # every summary is whole
    assert inspect.getdoc(command.callback).partition("\n")[0].endswith(".")


@pytest.mark.parametrize("line", LINES)
def test_commands_of_the_docs_parse(line):
    parses(line)


def test_options_of_one_name_are_one_option():
    shared = {"rule", "game", "set", "config", "as_json", "overwrite", "gan"}
    for name in shared:
        found = [p for c in COMMANDS.values() for p in c.params if p.name == name]
        assert len({(tuple(p.opts), p.is_flag, p.metavar) for p in found}) == 1, name
    for path, command in COMMANDS.items():
        names = {param.name for param in command.params}
        if not isinstance(command, click.Group):
            assert "as_json" in names, path
            assert ("output" in names) == ("overwrite" in names), path


def test_what_stands_alone_is_told_where_it_goes():
    message = run("check", "alternating", code=2).stderr
    assert "unexpected extra argument (alternating): write --rule before" in message
    assert "write --rule or --game" in run("orbit", "eg", "bilinear", code=2).stderr
    assert "say which rule is checked" in run("check", code=2).stderr
    assert "did you mean run?" in run("bench", "rnu", code=2).stderr


@pytest.mark.parametrize(
    ("family", "name", "words"),
    [
        ("losses", "NSGAN", "Goodfellow"),
        ("regularisers", "WGAN-GP", "The penalty of WGAN-GP"),
        ("laws", "drift", "Statement:"),
        ("problems", "bilinear-1e3", "Condition:"),
        ("gans", "ring", "modes: a whole number of at least 1"),
    ],
)
def test_info_knows_the_other_families(family, name, words):
    if family == "gans":
        pytest.importorskip("torch")
    assert words in run("info", family, name).stdout
    rows = json.loads(run("info", family, "--json").stdout)
    lines = run("info", family).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(rows)
    assert "did you mean" in run("info", family, name[:-1] + "q", code=2).stderr


def test_the_shell_completes_commands_options_and_names():
    def complete(*args, incomplete):
        shell = ShellComplete(main, {}, "gandyn", "_GANDYN_COMPLETE")
        return {item.value for item in shell.get_completions(list(args), incomplete)}

    assert complete(incomplete="ph") == {"phase"}
    assert "--overwrite" in complete("orbit", incomplete="--")
    assert "Extragradient" in complete("phase", "--rule", incomplete="extra")
    assert complete("orbit", "--game", incomplete="Dirac") == {"DiracGAN"}
