"""`forecaster models` alone lists, `models card` shows one, and `ledger export --pack` writes what convinces."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_models_alone_lists_as_before(new_home: Path, command: Callable[..., Any]) -> None:
    said = command("models", "--home", new_home)
    assert said.code == 0
    assert said.out.splitlines()[1].startswith("baseline_mlp")
    facts = json.loads(command("models", "--json", "--home", new_home).out)
    assert {"model", "summary", "by_default", "settings"} == set(facts[0])


def test_a_card_of_the_record(finished_home: Path, command: Callable[..., Any]) -> None:
    said = command("models", "card", "bayesian_linear", "--home", finished_home)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("# Bayesian linear (`bayesian_linear`)\n")
    assert "| WALK | csv_file | 24/7 |" in said.out
    assert "No outcome yet" not in said.out
    (facts,) = json.loads(command("models", "card", "bayesian_linear", "--json", "--home", finished_home).out)
    assert facts["version"] == 1
    assert facts["scores"][0]["forecasts"] == 2
    assert "NaN" not in json.dumps(facts)


def test_a_card_before_the_first_forecast(new_home: Path, command: Callable[..., Any]) -> None:
    said = command("models", "card", "garch", "--home", new_home)
    assert said.code == 0
    assert "No forecast of it is on record yet." in said.out


def test_a_card_of_an_unknown_model_offers_the_nearest(new_home: Path, command: Callable[..., Any]) -> None:
    assert command("models", "card", "garc", "--home", new_home).complaint().endswith("nearest: garch, egarch")


def test_a_pack_is_written_and_its_hash_is_told(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    file = tmp_path / "evidence.zip"
    said = command("ledger", "export", "--pack", file, "--home", finished_home)
    assert said.code == 0, said
    assert said.out.startswith(f"4 forecasts packed in {file}")
    assert said.out.splitlines()[1].startswith(f"sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}")
    line = command("ledger", "head", "--home", finished_home).out.splitlines()
    assert said.out.splitlines()[2] in line
    with zipfile.ZipFile(file) as archive:
        assert "cards/climatology-1.md" in archive.namelist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name the FILE to write, or --pack FILE.zip"),
        (("record.csv", "--pack", "p.zip"), "--pack holds the whole record"),
        (("--pack", "p.zip", "--last", "3"), "--pack holds the whole record"),
    ],
)
def test_a_file_or_a_pack(finished_home: Path, words: tuple[str, ...], said: str, command: Callable[..., Any]) -> None:
    assert said in command("ledger", "export", *words, "--home", finished_home).complaint(2)
