"""The pages of the documentation, cut into what the tests look at."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
SETTINGS = ROOT / "docs" / "settings.md"
MODELS = ROOT / "docs" / "models.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "notebooks").glob("*.md")))

_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


_FILE = re.compile(r"^```csv([^\n]*)\n(.*?)^```\n([^\n]+)$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its language and its lines."""

    language: str
    text: str


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return [block.text for block in (Block(*found) for found in _BLOCK.findall(text)) if block.language == language]


def sections(text: str) -> dict[str, str]:
    """Heading of the second level -> what stands under it."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _BLOCK.sub("", text)


def examples(text: str) -> list[str]:
    """Every command line that a page shows: in shell and console blocks, and in running text."""
    shell = [line for block in blocks(text, "sh") for line in block.splitlines()]
    console = [line.removeprefix("$ ") for b in blocks(text, "console") for line in b.splitlines() if line[:2] == "$ "]
    inline = re.findall(r"`([^`\n]+)`", prose(text))
    return [line for line in (*shell, *console, *inline) if line.startswith("forecaster ")]


def slugs(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Example(NamedTuple):
    """A file that a page shows: what is said on the command line, the file, and what comes of it."""

    options: str
    text: str
    outcome: str

    @property
    def said(self) -> dict[str, str]:
        """Option -> its value."""
        words = shlex.split(self.options)
        return {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}

    def is_borne_out(self, found: str) -> bool:
        """Whether what was found is what the page says: all of it, or the reason for a refusal within the message."""
        expected = self.outcome.removeprefix("refused: ")
        return expected in found if self.outcome.startswith("refused") else expected == found


def files(page: str) -> list[Example]:
    """The files that the text of a page shows with what comes of them, in order."""
    return [Example(*parts) for parts in _FILE.findall(page)]
