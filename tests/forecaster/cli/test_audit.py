"""`forecaster audit` as its users have it: their own model file, their own home, one plain line and an exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from forecaster import models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MINE = """
from forecaster.distribution.predictive import Predictive
from forecaster.contract import Fitted, ModelSettings

SUMMARY = "mine"

class Settings(ModelSettings):
    pass

def fit(examples, settings, seeds, compute):
    scale = examples[{which}].y.std()
    return tuple(Fitted(lambda origin: Predictive.of(0.0, float(scale), 5.0)) for rows in examples)
"""
FAILS = """
from forecaster.contract import Failed, ModelSettings

SUMMARY = "never fits"

class Settings(ModelSettings):
    pass

def fit(examples, settings, seeds, compute):
    return tuple(Failed("it never does") for rows in examples)
"""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Path]:
    """A folder whose files are forecasters."""
    models.__path__.append(str(tmp_path / "mine"))
    (tmp_path / "mine").mkdir()
    yield tmp_path / "mine"
    models.__path__.remove(str(tmp_path / "mine"))


def test_a_model_of_the_users_own_is_audited_and_its_leak_named(
    finished_home: Path, registry: Path, command: Callable[..., Any]
) -> None:
    """A scale learnt from the last of the fits that are trained together, beside one that leaks nothing."""
    (registry / "scaled_by_all.py").write_text(MINE.format(which=-1))
    words = ("audit", "--models", "climatology,scaled_by_all", "--origins", "2", "--home", finished_home)
    said = command(*words)
    complaint = said.complaint(1)
    assert complaint.startswith("WALK, origin 2017-")
    assert ", replayed: scaled_by_all leaks: its distribution of 201" in complaint
    assert "close" in complaint
    verdicts = {line.split()[1]: line.split()[4] for line in said.out.splitlines()[1:]}
    assert verdicts == {"climatology": "clean", "scaled_by_all": "leaks:"}
    again = json.loads(command(*words, "--json").out)
    (leak,) = again["leaks"]
    assert (leak["symbol"], leak["model"], leak["column"], leak["replayed"]) == ("WALK", "scaled_by_all", "close", True)
    assert [row["leaks"] for row in again["audited"]] == [False, True]


def test_what_is_clean_ends_with_0_and_changes_nothing(
    finished_home: Path, command: Callable[..., Any], rows_of: Callable[[Path], Any]
) -> None:
    before = rows_of(finished_home)
    said = command("audit", "--models", "ensemble", "--symbols", "WALK", "--origins", "1", "--home", finished_home)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[1].split() == ["WALK", "ensemble", "1", "9", "clean"]
    assert rows_of(finished_home) == before


def test_a_home_without_assets_has_the_simulated_market_audited(new_home: Path, command: Callable[..., Any]) -> None:
    said = command("audit", "--models", "climatology", "--origins", "1", "--json", "--home", new_home)
    assert said.code == 0
    (row,) = json.loads(said.out)["audited"]
    assert (row["symbol"], row["silent"], row["leaks"]) == ("SIM", 0, False)


def test_what_could_not_be_audited_is_named_and_not_called_clean(
    home: Path, registry: Path, tmp_path: Path, command: Callable[..., Any], write_walk: Callable[..., Path]
) -> None:
    (registry / "never_fits.py").write_text(FAILS)
    few = write_walk(tmp_path / "few.csv", 35)
    assert command("ingest", "csv", few, "--symbol", "FEW", "--calendar", "24/7", "--home", home).code == 0
    said = command("audit", "--models", "climatology", "--origins", "1", "--home", home)
    assert said.code == 3
    assert "withheld: FEW has 35 sessions, and an audit needs more than 40: import a longer history" in said.out
    said = command("audit", "--models", "never_fits", "--symbols", "WALK", "--origins", "1", "--home", home)
    assert said.code == 3
    assert "not audited: no distribution of its own" in said.out
    only = command("audit", "--models", "climatology", "--symbols", "FEW", "--home", home)
    assert only.complaint(1).startswith("FEW has 35 sessions")


@pytest.mark.parametrize(
    ("words", "code", "sign"),
    [
        (("--models", "climatolgy"), 1, "nearest: climatology"),
        (("--symbols", "WLAK"), 1, "nearest: WALK"),
        (("--preset", "quik"), 1, "nearest: quick"),
        (("--origins", "0"), 2, "--origins"),
        (("--seed", "-1"), 2, "--seed"),
        (("--symbols", ","), 2, "contains no names"),
    ],
)
def test_wrong_words_are_one_line(
    finished_home: Path, words: tuple[str, ...], code: int, sign: str, command: Callable[..., Any]
) -> None:
    assert sign in command("audit", *words, "--home", finished_home).complaint(code)
