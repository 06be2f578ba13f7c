"""Links lead somewhere, the README's Python runs, and every command of its tour prints what it shows."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from forecaster import cli
from tests.docs.pages import PAGES, README, ROOT, blocks, prose, slugs

if TYPE_CHECKING:
    from pathlib import Path

PICTURE_BYTES = 300_000
EXPORT = re.compile(r"^export (\w+)=(\S+)$", flags=re.MULTILINE)
TODAY = re.compile(r"(?<=UTC on )\d{4}-\d{2}-\d{2}|(?<=it now says )[\d-]{10} [\d:]{5}")
"""When the clock of the tour was set; a page shows the day on which it was written."""
SCORE = re.compile(r"\d\.\d{4,6}\b")
TOUR = "/tmp/tour"  # noqa: S108  # the README's home: only its name is used
HEAD = re.compile(r"\b[0-9a-f]{64}\b")
"""A hash over the instant of a run: the only thing in the README that differs every time."""


def dead_links(page: Path, text: str) -> list[str]:
    """Links to local files or headings that are not there."""
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and anchor not in slugs(file.read_text("utf-8"))):
            dead.append(target)
    return dead


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert dead_links(page, page.read_text("utf-8")) == []


def test_a_dead_link_is_seen() -> None:
    assert dead_links(README, "[a](docs/nothing.md) [b](#nowhere) [c](docs/settings.md#presets)") == [
        "docs/nothing.md",
        "#nowhere",
    ]


def lost_files(text: str) -> list[str]:
    """Files of the program and of its tests that a page names and that are not there."""
    named = re.findall(r"(?<![\w/])(?:forecaster|ingest|reports|tests)/[a-z0-9_/]+\.py", text)
    return sorted({name for name in named if not (ROOT / name).exists()})


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    assert lost_files(page.read_text("utf-8")) == []


def test_a_lost_file_is_seen() -> None:
    assert lost_files("see `ingest/errors.py` and tests/nothing/test_it.py") == ["tests/nothing/test_it.py"]


def test_pictures_are_small_and_described() -> None:
    shown = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README.read_text("utf-8"))
    assert len(shown) >= 2
    for description, target in shown:
        assert description
        assert (ROOT / target).stat().st_size < PICTURE_BYTES


def test_the_readme_names_the_two_commands_and_make_has_them() -> None:
    lines = [line for block in blocks(README.read_text("utf-8"), "sh") for line in block.splitlines()]
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    for name in ("demo", "test"):
        assert f"make {name}" in lines
        assert name in targets


def test_every_test_that_a_page_names_exists() -> None:
    for page in PAGES:
        for file, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text("utf-8")):
            assert (ROOT / file).exists(), f"{page.name}: {file}"
            assert not name or f"def {name}(" in (ROOT / file).read_text("utf-8"), f"{page.name}: {file}::{name}"


def test_pre_commit_does_what_make_check_does_and_fetches_nothing() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    assert {repository["repo"] for repository in repositories} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    recipe = re.search(r"^check:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    assert recipe
    assert [hook["entry"] for hook in hooks] == recipe[1].replace("\t$(BIN)", ".venv/bin").splitlines()


def test_the_readmes_tour_says_what_it_shows_to_the_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its Python runs, and each of its commands, in its order, on its variables, prints its lines."""
    text, home = README.read_text("utf-8"), tmp_path / "tour"
    monkeypatch.chdir(tmp_path)
    for block in blocks(text, "sh"):
        for name, value in EXPORT.findall(block):
            monkeypatch.setenv(name, value.replace(TOUR, str(home)))
    for block in blocks(text, "python"):
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102  # the README's own words
    assert "at rest" in capsys.readouterr().out
    tour = [step for block in blocks(text, "console") for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert len(tour) >= 16
    for step in tour:
        line, _, shown = step.partition("\n")
        if moved := EXPORT.fullmatch(line):
            monkeypatch.setenv(*moved.groups())
            continue
        told = run(shlex.split(line)[1:], capsys).replace(str(home), TOUR)
        assert wrong(shown, told) == "", line


def test_a_line_that_is_not_what_is_shown_is_seen() -> None:
    shown = "a  1\n...\nhead " + "0" * 64 + "\nlast\n"
    assert wrong(shown, "a  1\nb\nc\nhead " + "f" * 64 + "\nlast\n") == ""
    assert wrong(shown, "a  1\nhead " + "f" * 64 + "\nlast\n") == ""
    assert wrong(shown, "a 1\nhead " + "f" * 64 + "\nlast\n")
    assert wrong(shown, "a  1\nhead none\nlast\n")
    assert wrong(shown, "a  1\nhead " + "f" * 64 + "\nlast\nand more\n")
    assert wrong("x  -3.1882  0.1\n", "x  -3.1881  0.1\n") == ""
    assert wrong("x  -3.1882  0.1\n", "x  -3.1880  0.1\n")
    assert wrong("x  -3.1882  0.1\n", "x  -3.1882  0.2\n")


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints."""
    capsys.readouterr()
    code: Any = 0
    try:
        cli.main(words)
    except SystemExit as end:
        code = end.code
    assert not code
    return capsys.readouterr().out


def wrong(shown: str, told: str) -> str:
    """What a command printed, where it is not what a page shows.

    `...` stands for any lines, a head for any head, and a score may differ by one in its last place: processors round
    sums of many numbers differently.
    """
    wanted = plain(shown)
    parts = ["\n".join(lines) for lines in _split(stripped(SCORE.sub("SCORE", wanted)))]
    pattern = "(?:.*\n)*".join(re.escape(f"{part}\n") if part else "" for part in parts)
    printed = "".join(f"{line}\n" for line in stripped(plain(told)))
    found = re.fullmatch(pattern.replace("SCORE", f"({SCORE.pattern})"), printed)
    pairs = zip(SCORE.findall(wanted), found.groups(), strict=True) if found else ()
    close = all(len(a) == len(b) and abs(float(a) - float(b)) < 1.5 * 0.1 ** len(a.split(".")[1]) for a, b in pairs)
    return "" if found and close else printed or "nothing"


def plain(text: str) -> str:
    """The text with one word for what is another on each run."""
    return TODAY.sub("TODAY", HEAD.sub("HEAD", text))


def _split(lines: list[str]) -> list[list[str]]:
    """Lines between those that are `...`."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def stripped(text: str) -> list[str]:
    """Lines without the blanks at their ends."""
    return [line.rstrip() for line in text.rstrip().splitlines()]
