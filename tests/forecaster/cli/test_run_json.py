"""`run --json` tells a program what a run did; `--open` opens its page for a person, where there is a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""}


def test_json_is_one_document_that_says_what_the_lines_say(
    home: Path, command: Callable[..., Any], write_walk: Callable[..., Path]
) -> None:
    short = write_walk(home / "short.csv", sessions=30, seed=1)
    command("ingest", "csv", short, "--symbol", "SHORT", "--calendar", "24/7", "--home", home)
    words = ("run", "--as-of", "2018-01-19", "--home", home)
    told = command(*words, "--json")
    assert (told.code, told.err) == (3, "")
    facts = json.loads(told.out)
    page, pdf = home / "reports" / "2018-01-19.html", home / "reports" / "2018-01-19.pdf"
    assert (facts["recorded"], facts["known"], facts["settled"]) == (2, 0, 0)
    assert facts["report"] == {"html": str(page), "pdf": str(pdf)}
    assert [(row["symbol"], row["model"], row["target"]) for row in facts["forecasts"]] == [
        ("WALK", "climatology", "2018-01-20"),
        ("WALK", "bayesian_linear", "2018-01-20"),
    ]
    record = json.loads(command("ledger", "show", "--as-of", "2018-01-19", "--json", "--home", home).out)
    assert [{name: row[name] for name in facts["forecasts"][0]} for row in record] == facts["forecasts"]
    assert [(one["symbol"], one["waiting"]) for one in facts["withheld"]] == [("SHORT", False)]
    lines = command(*words)
    assert lines.code == told.code
    assert f"withheld: {facts['withheld'][0]['reason']}" in lines.out
    assert all(f"note: {note}" in lines.out for note in facts["notes"])
    assert lines.out.splitlines()[-2:] == [f"Report: {page}", f"Report: {pdf}"]


def test_json_of_a_run_that_withholds_everything_is_there_beside_the_failure(
    home: Path, command: Callable[..., Any]
) -> None:
    words = ("run", "--as-of", "2018-01-22", "--home", home)
    told, plain = command(*words, "--json"), command(*words)
    assert (told.code, told.err) == (plain.code, plain.err)
    facts = json.loads(told.out)
    assert facts["withheld"][0]["reason"] in plain.err
    assert (facts["report"], facts["forecasts"]) == (None, [])


def test_a_person_and_a_program_are_not_answered_at_once(home: Path, command: Callable[..., Any]) -> None:
    assert "give one of them" in command("run", "--json", "--open", "--home", home).complaint(2)


@pytest.mark.parametrize("words", [("run", "--as-of", "2018-01-20"), ("report", "--as-of", "2018-01-20")])
def test_open_hands_the_page_to_the_browser(home: Path, words: tuple[str, ...], shell: Callable[..., Any]) -> None:
    seen, browser = home / "seen", home / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}"\n')
    browser.chmod(0o755)
    said = shell(*words, "--open", "--home", home, BROWSER=str(browser))
    page = home / "reports" / "2018-01-20.html"
    assert (said.code, seen.read_text().strip()) == (0, page.as_uri())
    assert said.out.splitlines()[-1] == f"Report: {page.with_suffix('.pdf')}"


@pytest.mark.parametrize("browser", ["", "/no/such/browser"])
def test_without_a_display_or_a_browser_the_report_is_not_opened_and_nothing_breaks(
    home: Path, browser: str, shell: Callable[..., Any]
) -> None:
    said = shell("run", "--as-of", "2018-01-20", "--open", "--home", home, **QUIET | {"BROWSER": browser, "TERM": ""})
    assert (said.code, said.err) == (0, "")
    page = home / "reports" / "2018-01-20.html"
    assert said.out.splitlines()[-1].startswith(f"No browser is found to open {page}: name one in the variable BROWSER")
