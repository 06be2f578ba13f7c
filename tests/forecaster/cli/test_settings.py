"""Settings: the command line over the environment over forecaster.toml over the preset; what is wrong is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "broken TOML": ("[forecast\n", "forecaster.toml cannot be read: "),
    "no text": ("\udcff", "forecaster.toml cannot be read: "),
    "unknown section": ("[forcast]\nseed = 1\n", "setting forcast does not exist: did you mean forecast?"),
    "unknown key": ("[forecast]\ntrain_windw = 100\n", "did you mean train_window?"),
    "no table": ("forecast = 3\n", "setting forecast: input should be a valid dictionary"),
    "below the range": ("[forecast]\ntrain_window = 2\n", "setting forecast.train_window: "),
    "no number": ('[report]\ndays = "many"\n', "setting report.days: input should be a valid integer"),
    "unknown series": ('[forecast]\nseries = ["prize"]\n', "setting forecast.series.0: "),
    "unknown preset": ('[forecast]\npreset = "stduy"\n', "no preset is called 'stduy'; nearest: study"),
    "unknown model to run": ('[forecast]\nmodels = ["climatolgy"]\n', "nearest: climatology"),
    "unknown model's table": ("[models.bayesian_liner]\nsteps = 3\n", "nearest: bayesian_linear"),
    "unknown key of a model": ("[models.bayesian_mlp]\nstep = 3\n", "setting models.bayesian_mlp.step does not exist"),
    "bad value of a model": ('[models.bayesian_mlp]\nsteps = "x"\n', "setting models.bayesian_mlp.steps: "),
    "key of a model without any": ("[models.climatology]\nx = 3\n", "setting models.climatology.x does not exist"),
    "no instant": ('[clock]\nstart = "soon"\n', "is not an ISO instant such as 2026-01-05T21:00Z"),
}

VARIABLES = {
    "unknown section": ("FORECASTER__FORCAST__SEED", "1", "nearest: forecast"),
    "unknown key": ("FORECASTER__FORECAST__SEDE", "1", "did you mean seed?"),
    "no number": ("FORECASTER__FORECAST__SEED", "one", "setting forecast.seed: "),
    "no list": ("FORECASTER__FORECAST__MODELS", "climatology", """MODELS='["climatology"]'"""),
    "unknown model": ("FORECASTER__MODELS__CLIMATOLGY__X", "1", "nearest: climatology"),
    "lower case": ("forecaster__forecast__seed", "one", "setting forecast.seed: "),
    "unknown preset": ("FORECASTER__FORECAST__PRESET", "stduy", "nearest: study"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file_is_one_line(home: Path, kind: str, command: Callable[..., Any], rows_of: Any) -> None:
    text, sign = FILES[kind]
    before = rows_of(home)
    (home / "forecaster.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    for words in (("run",), ("doctor", "--json")):
        assert sign in command(*words, "--home", home).complaint()
    assert rows_of(home) == before


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_bad_variable_is_one_line(
    home: Path, kind: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, value, sign = VARIABLES[kind]
    monkeypatch.setenv(name, value)
    assert sign in command("models", "--home", home).complaint()


def effective(command: Callable[..., Any], home: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(command("doctor", "--json", "--home", home).out)["settings"]
    return settings


def test_the_environment_stands_over_the_file(
    home: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert effective(command, home)["forecast.train_window"] == 120
    monkeypatch.setenv("FORECASTER__FORECAST__TRAIN_WINDOW", "777")
    assert effective(command, home)["forecast.train_window"] == 777


def test_a_preset_fills_in_what_is_open_wherever_it_is_named(
    home: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__FORECAST__PRESET", "study")
    settings = effective(command, home)
    assert settings["forecast.preset"] == "study"
    assert len(settings["forecast.series"]) == 7
    assert settings["forecast.train_window"] == 120, "the file says so"


def test_the_command_line_stands_over_both(
    new_home: Path, command: Callable[..., Any], write_walk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_walk(new_home / "walk.csv")
    command("ingest", "csv", file, "--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
    monkeypatch.setenv("FORECASTER__FORECAST__MODELS", '["bayesian_linear"]')
    said = command("run", "--models", "climatology", "--home", new_home)
    assert said.out.startswith("1 forecast recorded")
    assert "climatology" in said.out
    assert "bayesian_linear" not in said.out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_here_is_shown_by_doctor_and_refused_by_a_fit(
    home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__COMPUTE__DEVICE", "cuda")
    settings = effective(command, home)
    assert (settings["compute.device"], settings["compute.memory_mb"]) == ("cuda", 512)
    words = ("backtest", "--symbols", "WALK", "--last", 2, "--export", tmp_path / "out", "--home", home)
    complaint = command(*words).complaint()
    assert complaint == "setting compute.device: torch finds no CUDA GPU here: choose cpu, or auto"
