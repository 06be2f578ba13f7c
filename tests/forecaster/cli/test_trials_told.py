"""A backtest says how many configurations were ever tried in its home, and counts its own before it judges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_another_distance_of_fits_is_another_configuration_and_a_rerun_is_not(
    tmp_path: Path, command: Callable[..., Any], write_walk: Callable[..., Path]
) -> None:
    """Two models, then the same again, then refitted more often: 2, 2 and 4, and half the level of a claim."""
    write_cheap(tmp_path)
    rows = write_walk(tmp_path / "walk.csv", sessions=260)
    assert command("ingest", "csv", rows, "--symbol", "WALK", "--calendar", "24/7", "--home", tmp_path).code == 0
    words = ("backtest", "--symbols", "WALK", "--last", 70, "--models", "climatology,ewma", "--home", tmp_path)
    told, said = [], []
    for name, refit in (("a", 70), ("again", 70), ("b", 35)):
        said.append(command(*words, "--refit-every", refit, "--export", tmp_path / name))
        told.append(json.loads((tmp_path / name / "verdicts.json").read_text())["verdicts"]["WALK"])
    assert [own["trials"] for own in told] == [2, 2, 4]
    assert [own["comparisons"][0]["level"] for own in told] == [0.025, 0.025, 0.0125]
    assert (tmp_path / "a" / "verdicts.json").read_bytes() == (tmp_path / "again" / "verdicts.json").read_bytes()
    for run, own in zip(said, told, strict=True):
        assert run.code == 0
        assert f"{own['trials']} configurations have been backtested in this home" in run.out
        assert all(f"WALK: {sentence}" in run.out for sentence in own["sentences"])
