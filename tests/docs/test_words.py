"""House style: what users read, in the docs and in messages, is plain English without the phrases listed here."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import PAGES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

BANNED = {
    r"\b(?:is|are) no (?:date|day|number|file|column|session|price|count|text|database|address|ratio|JSON)\b": (
        "is not a date"
    ),
    r"\ban? (?:row|column|file|line|panel|cell|figure|sentence|table) an? "
    r"(?:model|day|session|forecast|asset|rule|symbol|score|series|block|source|guide|year)\b": "one row per model",
    r"\bso many\b": "that many, or the number itself",
    r"\b(?:a|an|the|true|any|each|every|known|whose|its|their|of|errors'|normal) laws?\b": "distribution",
    r"\btold apart\b": "distinguished",
    r"\b(?:is|are|was|were) told\b": "reported",
    r"\bas a rule\b": "usually",
    r"\band the like\b": "and similar",
    r"\bstands? (?:there|in for|beside)\b": "is, replaces, next to",
    r"\bthe day before yesterday\b|\b(?:today|tomorrow|yesterday)'s\b": "the date, or the session before",
    r"\b(?:where|if) not\.|\bwhere not given\b": "default",
    r"\b(?:mend|foreseen)\b": "fix, forecast",
    r"\bno proof\b": "no evidence",
    r"\bunless (?:you|one) says?\b": "by default",
    r"\bspeaks? of (?:returns|prices|percent)\b": "holds, contains",
    r"\bhard to believe\b": "implausible",
    r"\bthere already\b": "the state: running, stored",
    r"\bbelieves? of\b": "the posterior of",
}
"""Pattern -> what to write instead."""
PACKAGES = ("forecaster", "ingest", "reports")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string of a program that may be shown: a docstring only where it is a command's help.

    >>> list(literals('raise ValueError(f"{x} is no date")'))
    [(1, '{} is no date')]
    """
    tree = ast.parse(source)
    parts, hidden = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
        if isinstance(node, DOCUMENTED) and not _is_command(node):
            hidden |= {id(part.value) for part in node.body if isinstance(part, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            shown = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(str(part) for part in shown)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | hidden:
            yield node.lineno, node.value


def _is_command(node: ast.AST) -> bool:
    """Whether a function is one of typer's, whose docstring is its help: decorated by `@app.command()`."""
    marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    calls = [mark.func for mark in marks if isinstance(mark, ast.Call)]
    return any(isinstance(call, ast.Attribute) and call.attr == "command" for call in calls)


def prose(page: str) -> Iterator[tuple[int, str]]:
    """Line and text of a page but for its code: ids of tests and names of options are what they are."""
    text = re.sub(r"```.*?```|`[^`\n]*`", lambda code: re.sub(r"[^\n]", " ", code[0]), page, flags=re.DOTALL)
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", text):
        yield text.count("\n", 0, paragraph.start()) + 1, " ".join(paragraph[0].split())


def remarks(notebook: str) -> Iterator[tuple[int, str]]:
    """The text cells of a notebook, as a page."""
    lines = (line[2:] if line.startswith("# ") else "" for line in notebook.splitlines())
    return prose("\n".join(lines))


def faults(texts: Iterator[tuple[int, str]]) -> list[str]:
    """Each banned phrase with its line and what to write instead."""
    return [
        f"line {line}: {found[0]!r}: write {instead!r}"
        for line, text in texts
        for pattern, instead in BANNED.items()
        for found in re.finditer(pattern, text, re.IGNORECASE)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_are_in_plain_english(page) -> None:
    assert faults(prose(page.read_text("utf-8"))) == []


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda notebook: notebook.name)
def test_the_notebooks_are_in_plain_english(notebook) -> None:
    assert faults(remarks(notebook.read_text("utf-8"))) == []


@pytest.mark.parametrize("folder", ["sources", "attention"])
def test_the_sources_are_in_plain_english(folder: str) -> None:
    """Their first lines are what the help lists."""
    for file in sorted((ROOT / "ingest" / folder).glob("*.py")):
        first = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]
        assert faults(iter([(1, first)])) == [], file.name


def test_messages_captions_and_helps_are_in_plain_english() -> None:
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if own := faults(literals(file.read_text("utf-8"))):
                found[name] = own
    assert found == {}


@pytest.mark.parametrize(
    "text", ["'soon' is no date", "a row a model", "over so many days", "the law of a change", "no gap is told apart"]
)
def test_a_planted_phrase_is_found(text) -> None:
    """In a message, in a caption made of parts, in a page across two lines; not in code, nor in a docstring."""
    assert faults(literals(f'raise ValueError("{text}")'))
    assert faults(literals(f'say = f"{{x}}: {text}"'))
    assert faults(prose("Here " + text.replace(" ", "\n", 1) + "."))
    assert faults(remarks("# %% [markdown]\n# Here " + text.replace(" ", "\n# ", 1) + "."))
    assert not faults(prose(f"Here `{text}`.\n\n```\n{text}\n```\n"))
    assert not faults(literals(f'def f():\n    """Here {text}."""'))
