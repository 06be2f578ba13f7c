"""Where a forecast comes from: the seed of a fit, the hash of its settings, the version of the program."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import ingest
from forecaster import models

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from forecaster.settings import Settings


def seed_of(settings: Settings, symbol: str, model: str, as_of: pd.Timestamp) -> int:
    """The seed of a fit: of the settings' seed, the asset, the model and the day."""
    text = f"{settings.forecast.seed}|{symbol}|{model}|{as_of:%Y-%m-%d}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def config_sha256(settings: Settings, model: str) -> str:
    """Hash of every setting that a model's forecasts depend on, its members' among them.

    It is of what differs from the defaults, and of the version of these: a setting that is new, at its default, leaves
    it as it was, and what was kept under it is found. Whoever changes a default raises the `VERSION` beside it.
    """
    members = settings.members(model)
    apart = {"models", "preset", "seed"} if members else {"models", "preset", "seed", "track_days"}
    facts = [
        [model, models.version(model)],
        [settings.forecast.VERSION, settings.forecast.model_dump(mode="json", exclude=apart, exclude_defaults=True)],
        settings.model(model).model_dump(mode="json", exclude_defaults=True),
        [config_sha256(settings, member) for member in members],
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def code_version() -> str:
    """Version of this program, and the first 8 digits of the hash of the sources that a forecast comes from."""
    folders = [Path(__file__).parents[1], *(Path(of) for of in ingest.__path__)]
    return f"{version('forecaster')}+{source_sha256(folders)[:8]}"


def source_sha256(folders: Iterable[Path]) -> str:
    """Hash of the Python files under some folders, of their places in them and of every byte."""
    facts = [
        [path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()]
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
