"""Every command and option is documented, nothing else is, and every command line shown can be typed."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.main import get_command

from forecaster.cli import frame, globals_first
from ingest import attention, sources
from tests.docs.pages import COMMANDS, PAGES, README, blocks, examples, sections

if TYPE_CHECKING:
    from collections.abc import Iterator

GLOBAL = ("--home", "--debug")


def walk(command: Any, path: str = "forecaster") -> Iterator[tuple[str, Any]]:
    """Every command of a program that does something, with the words that lead to it."""
    inner = getattr(command, "commands", None)
    if inner is None or (command.invoke_without_command and path != "forecaster"):
        yield path, command
    if inner is None:
        return
    for name, child in inner.items():
        yield from walk(child, f"{path} {name}")


def faults(program: Any, text: str) -> list[str]:
    """What the page of commands lacks, and what it has too much."""
    told, found = sections(text), []
    commands = dict(walk(program))
    found += [f"{path} is not there" for path in commands if path not in told]
    found += [f"{path} does not exist" for path in told if path not in commands]
    for path in commands.keys() & told.keys():
        wanted = {name for parameter in commands[path].params for name in names(parameter)} - {"--help"}
        shown = set(re.findall(r"^\| `(--[\w-]+|[A-Z]+)", told[path], flags=re.MULTILINE))
        found += [f"{path}: {name} is not there" for name in sorted(wanted - shown)]
        found += [f"{path}: {name} does not exist" for name in sorted(shown - wanted)]
        lines = [line for block in blocks(told[path], "sh") for line in block.splitlines()]
        words = re.compile(path.replace("SOURCE", r"\w+"))
        found += [] if any(words.match(line) for line in lines) else [f"{path} has no example"]
    return found


def names(parameter: Any) -> list[str]:
    """How a user writes a parameter: its option, or the word in capitals that stands for an argument."""
    options = [name for name in parameter.opts if name.startswith("--")]
    return options or [parameter.name.upper()]


def parse(program: Any, line: str) -> None:
    """Reads a command line as the program would, without running it."""
    words = globals_first(shlex.split(line)[1:])
    if words == ["--version"]:
        return
    command = program
    while words and words[0] in GLOBAL:
        words = words[2:] if words[0] == "--home" else words[1:]
    while words and hasattr(command, "commands") and not (command.invoke_without_command and words[0][0] == "-"):
        inner = command.get_command(typer.Context(command), words[0])
        assert inner is not None, f"{line}: {words[:1]} is no command"
        command, words = inner, words[1:]
    assert not hasattr(command, "commands") or command.invoke_without_command, f"{line}: a command is missing"
    command.make_context("forecaster", list(words))


def test_every_command_and_option_is_documented_and_no_other(program: Any) -> None:
    assert faults(program, COMMANDS.read_text("utf-8")) == []


def test_what_belongs_to_every_command_is_documented() -> None:
    text = COMMANDS.read_text("utf-8")
    assert all(f"| `{name}" in text for name in GLOBAL)


def test_an_undocumented_command_and_option_are_seen() -> None:
    planted = typer.Typer()
    planted.callback()(lambda: None)

    @planted.command()
    def whisper(deep: bool = False) -> None:
        """Not in any page."""

    @planted.command()
    def demo(loud: bool = False) -> None:
        """Documented, its option is not."""

    found = faults(get_command(planted), COMMANDS.read_text("utf-8"))
    assert "forecaster whisper is not there" in found
    assert "forecaster demo: --loud is not there" in found
    assert "forecaster run does not exist" in found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_can_be_typed(page: Any, program: Any) -> None:
    for line in examples(page.read_text("utf-8")):
        parse(program, line)


def test_the_readme_has_examples_to_type() -> None:
    assert len(examples(README.read_text("utf-8"))) > 15


@pytest.mark.parametrize(
    "line", ["forecaster run --as-off 2018-01-20", "forecaster whisper", "forecaster ingest csv a.csv"]
)
def test_an_example_that_cannot_be_typed_is_seen(line: str, program: Any) -> None:
    with pytest.raises((AssertionError, typer.TyperException)):
        parse(program, line)


@pytest.mark.parametrize("page", [README, COMMANDS], ids=lambda page: page.name)
def test_every_exit_code_is_documented(page: Any) -> None:
    own = {value for name, value in vars(frame).items() if name.isupper() and type(value) is int}
    text = page.read_text("utf-8")
    for code in {0, 1} | own:
        assert re.search(rf"^\| {code} \||\b{code}: ", text, flags=re.MULTILINE), f"exit code {code}"


def test_every_source_and_every_count_of_attention_is_documented() -> None:
    told = sections(COMMANDS.read_text("utf-8"))
    for place, ids in (("SOURCE", sources.summaries()), ("attention", attention.names())):
        shown = re.findall(r"^\| `([a-z]\w*)` \|", told[f"forecaster ingest {place}"], flags=re.MULTILINE)
        assert shown == sorted(ids)
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert [name for name in sources.names() if f"`{name}`" not in text] == []
