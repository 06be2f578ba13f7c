"""The hash of settings: of what differs from the defaults, and the same as the one that older hashes were moved to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import create_model

from forecaster import models
from forecaster.issuing.provenance import config_sha256
from forecaster.presets import PRESETS
from forecaster.records.migrations.versions import v0005_hashes_of_settings as moved
from forecaster.settings import Forecast, Settings, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared settings of the version whose hashes were moved: that of today covers companions too."""
    monkeypatch.setattr(Forecast, "VERSION", 1)


FIRST_VERSION = [name for name in moved.DEFAULTS if models.version(name) == 1]
FORMER = {
    "bayesian_linear": "8ea632b81b568b025ea07c74ddf5622cff2a46207e5931cbb7b80a857e4c52d2",
    "bayesian_mlp": "23cb4585de52198c0d11c350a87dedbd805cb75ab6f305079a43b092f6169726",
    "baseline_mlp": "098dd3098f5eeecc0cc0475dce6e88d3b57ae2979c1c5cdd396d6356d5b4556b",
}
"""Hashes of the defaults that a program before wrote."""


def test_defaults_are_those_of_their_version() -> None:
    """Whoever changes one raises the `VERSION` beside it: else forecasts of two kinds have one hash."""
    settings = Settings()
    for name in FIRST_VERSION:
        today = settings.model(name).model_dump(mode="json")
        assert {key: today.get(key) for key in moved.DEFAULTS[name]} == moved.DEFAULTS[name], name
    if Forecast.VERSION == 1:
        today = settings.forecast.model_dump(mode="json")
        assert {key: today.get(key) for key in moved.SHARED} == moved.SHARED


def test_former_hashes_are_computed_as_they_were() -> None:
    assert {name: moved.former_sha256({}, {}, name) for name in FORMER} == FORMER


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("preset", PRESETS)
def test_hashes_are_moved_to_those_of_their_version(tmp_path: Path, preset: str) -> None:
    (tmp_path / "forecaster.toml").write_text(f'[forecast]\npreset = "{preset}"\n')
    settings = read(tmp_path)
    for name in FIRST_VERSION:
        assert moved.new_sha256(*moved.PRESETS[preset], name) == config_sha256(settings, name), name


@pytest.mark.usefixtures("first")
def test_a_homes_own_settings_are_moved_too(tmp_path: Path) -> None:
    """Numbers as the file has them, on top of a preset, a pool's members among them."""
    (tmp_path / "forecaster.toml").write_text(
        '[forecast]\npreset = "quick"\nhalf_life = 9\ntrack_days = 30\n[models.bayesian_linear]\nnoise_scale = 1\n'
        '[models.ensemble]\nmembers = ["ewma", "bayesian_linear"]\n'
    )
    settings = read(tmp_path)
    *_, (shared, own) = moved._in_force(settings)
    assert shared == {"train_window": 250, "half_life": 9.0, "track_days": 30}
    assert own["bayesian_linear"] == {"steps": 40, "draws": 40, "noise_scale": 1.0}
    for name in FIRST_VERSION:
        assert moved.new_sha256(shared, own, name) == config_sha256(settings, name), name
    assert len({moved.former_sha256(shared, own, name) for name in FIRST_VERSION}) == len(FIRST_VERSION)


def test_a_new_setting_at_its_default_changes_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a forecaster, of its pools, or of all; at another value it does, which is the control."""
    plain = Settings()
    before = {name: config_sha256(plain, name) for name in ("ewma", "ensemble", "garch")}
    ewma: Any = models.load("ewma")
    monkeypatch.setattr(ewma, "Settings", create_model("Settings", __base__=ewma.Settings, novel=(float, 0.5)))
    shared = create_model("Shared", __base__=Forecast, novel=(bool, False))
    wider = plain.model_copy(update={"forecast": shared()})
    assert wider.model("ewma").model_dump()["novel"] == 0.5
    assert {name: config_sha256(wider, name) for name in before} == before
    used = plain.model_copy(update={"models": {"ewma": {"novel": 0.25}}})
    assert [config_sha256(used, name) == before[name] for name in before] == [False, False, True]
    for_all = plain.model_copy(update={"forecast": shared(novel=True)})
    assert not {config_sha256(for_all, name) for name in before} & set(before.values())


def test_another_version_of_defaults_is_another_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Settings()
    before = {name: config_sha256(plain, name) for name in ("ewma", "ensemble", "garch")}
    monkeypatch.setattr(models.load("ewma"), "VERSION", 2, raising=False)
    assert [config_sha256(plain, name) == before[name] for name in before] == [False, False, True]
    monkeypatch.setattr(Forecast, "VERSION", Forecast.VERSION + 1)
    assert config_sha256(plain, "garch") != before["garch"]


@pytest.mark.parametrize(
    ("tables", "changed"),
    [
        ({"forecast": {"seed": 1}}, []),
        ({"forecast": {"models": ["garch"]}}, []),
        ({"forecast": {"track_days": 99}}, ["ensemble"]),
        ({"forecast": {"half_life": 11.2}}, []),
        ({"forecast": {"half_life": 5.0}}, ["ewma", "ensemble", "garch"]),
        ({"models": {"ewma": {"decay": 0.94}}}, []),
        ({"models": {"ewma": {"decay": 0.9}}}, ["ewma", "ensemble"]),
        ({"models": {"ensemble": {"members": ["garch"]}}}, ["ensemble"]),
    ],
)
def test_what_a_forecast_depends_on_changes_its_hash_alone(
    settings_of: Callable[..., Settings], tables: dict[str, Any], changed: list[str]
) -> None:
    plain, other = settings_of(), settings_of(**tables)
    names = ("ewma", "ensemble", "garch")
    assert [name for name in names if config_sha256(plain, name) != config_sha256(other, name)] == changed
