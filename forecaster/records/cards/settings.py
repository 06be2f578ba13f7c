"""Which settings a hash stands for: the record keeps the hash alone, and some settings can be told by trying them.

Tried are those of now, and each preset's alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.errors import ForecasterError
from forecaster.issuing.provenance import config_sha256
from forecaster.presets import PRESETS
from forecaster.settings import Forecast, Settings
from ingest.errors import RegistryFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

_APART = {"models", "preset", "seed", "VERSION"}
"""Of the section forecast: what no hash covers."""


def known(model: str, settings: Settings) -> dict[str, dict[str, Any]]:
    """Hash to the settings behind it, those of now first; empty for a model that cannot be loaded.

    Args:
        model: Its id.
        settings: Those of now.

    Returns:
        Hash to `section.key` and value, of what a model's forecasts depend on, defaults too.
    """
    presets = (
        settings.model_copy(
            update={"forecast": Forecast(preset=name, **PRESETS[name].get("forecast", {})), "models": {}}
        )
        for name in PRESETS
    )
    found: dict[str, dict[str, Any]] = {}
    for one in (settings, *presets):
        try:
            found.setdefault(config_sha256(one, model), _facts(one, model))
        except (ForecasterError, RegistryFileError):  # it is gone, or its file cannot be used
            continue
    return found


def apart(model: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that are not defaults."""
    usual = _facts(Settings.model_construct(), model)
    return {name: value for name, value in facts.items() if usual.get(name) != value}


def difference(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> tuple[tuple[str, Any, Any], ...] | None:
    """Setting, what it was and what it is, of those that differ; None where either is not known."""
    if before is None or now is None:
        return None
    names = sorted(before.keys() | now.keys())
    return tuple((name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name))


def _facts(settings: Settings, model: str) -> dict[str, Any]:
    members = settings.members(model)
    left_out = _APART if members else {*_APART, "track_days"}
    shared = settings.forecast.model_dump(mode="json", exclude=left_out)
    own = {name: settings.model(name).model_dump(mode="json") for name in (model, *members)}
    return {
        **{f"forecast.{key}": value for key, value in shared.items()},
        **{f"models.{name}.{key}": value for name, keys in own.items() for key, value in keys.items()},
    }
