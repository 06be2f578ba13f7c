"""0005: a hash of settings is of what differs from the defaults; those kept by the former rule become these.

Trials, tracks and replays are found by such hashes. A hash cannot be turned round, so the former one is computed for
what may have been in force: the defaults, each preset, and the home's own settings; where it is found, the new one
takes its place. What else was tried, such as another training window for one backtest, keeps its hash, so that a count
of trials does not fall; tracks and replays under it are computed again when they are asked for. The rows of the record
keep the hash that they were written with.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, select, table, union, update

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.operations import Operations

    from forecaster.settings import Settings

    Values = Mapping[str, Any]

revision = "0005"
down_revision = "0004"

SHARED: Values = {
    "series": ["price", "volume", "tweets"],
    "train_window": 2000,
    "minimum_rows": 60,
    "half_life": 11.2,
    "track_days": 250,
}
"""The defaults of what all forecasts share, as they were then."""
_TERMS: Values = {
    "noise": "skewed_t",
    "noise_scale": None,
    "intercept_scale": 0.3,
    "weight_scale": 0.02,
    "other_weight_scale": 0.01,
    "covariates": True,
    "slope_scale": 0.15,
    "short_slope_scale": 0.1,
    "minor_slope_scale": 0.03,
    "scaling": "volatility",
    "draws": 100,
}
_POOL: Values = {
    "members": ["bayesian_linear", "bayesian_mlp", "climatology", "egarch", "ewma", "garch", "gjr"],
    "floor": 0.02,
    "half_life": 250.0,
}
DEFAULTS: Mapping[str, Values] = {
    "baseline_mlp": {
        "hidden": 25,
        "epochs": 100,
        "batch": 64,
        "learning_rate": 0.001,
        "factor": 0.9,
        "patience": 10,
        "minimum_rate": 1e-06,
        "validation": 0.1,
        "scaling": "volatility",
    },
    "bayesian_linear": {**_TERMS, "guide": "full_rank", "steps": 0, "importance": False},
    "bayesian_mlp": {
        **_TERMS,
        "hidden": 25,
        "activation": "tanh",
        "skip": True,
        "hidden_weight_scale": 0.03,
        "hidden_slope_scale": 0.1,
        "guide": "mean_field",
        "steps": 600,
        "minibatch": 128,
    },
    "climatology": {},
    "egarch": {},
    "ensemble": _POOL,
    "ewma": {"decay": 0.94},
    "garch": {},
    "gjr": {},
    "recalibrated": _POOL,
}
"""The defaults of each forecaster, as they were then."""
_PLAIN: Values = {
    "noise": "normal",
    "noise_scale": 1.0,
    "covariates": False,
    "scaling": "none",
}
PRESETS: Mapping[str, tuple[Values, Mapping[str, Values]]] = {
    "default": ({}, {}),
    "quick": (
        {"train_window": 250, "track_days": 20},
        {
            "bayesian_linear": {"steps": 40, "draws": 40},
            "bayesian_mlp": {"steps": 40, "draws": 40},
            "baseline_mlp": {"epochs": 5},
        },
    ),
    "study": (
        {"series": ["open", "high", "low", "price", "volume", "tweets", "market_cap"], "train_window": 322},
        {
            "bayesian_linear": {**_PLAIN, "weight_scale": 1.0, "other_weight_scale": 1.0, "intercept_scale": 1.0},
            "bayesian_mlp": {**_PLAIN, "activation": "linear", "skip": False, "hidden_weight_scale": 1.0},
            "baseline_mlp": {"scaling": "none"},
        },
    ),
}
"""What each preset changed, as it was then: shared settings, and those of forecasters."""
KEPT = tuple(table(name, column("config_sha256")) for name in ("trial", "track", "replay"))


def upgrade(op: Operations) -> None:
    """Replaces the hashes that are recognised."""
    connection = op.get_bind()
    found = set(connection.execute(union(*(select(kept.c.config_sha256) for kept in KEPT))).scalars())
    if not found:
        return
    for shared, models in _in_force(op.get_context().opts["settings"]):
        for model in DEFAULTS:
            former = former_sha256(shared, models, model)
            if former in found:
                new = new_sha256(shared, models, model)
                for kept in KEPT:
                    same = kept.c.config_sha256 == former
                    connection.execute(update(kept).where(same).values(config_sha256=new))


def former_sha256(shared: Values, models: Mapping[str, Values], model: str) -> str:
    """The hash by the former rule: of all settings."""
    used = {**SHARED, **shared}
    days = used.pop("track_days")
    own = {**DEFAULTS[model], **models.get(model, {})}
    facts: list[Any] = [model, used, own]
    if members := own.get("members"):
        facts += [days, [former_sha256(shared, models, member) for member in members]]
    return _sha256(facts)


def new_sha256(shared: Values, models: Mapping[str, Values], model: str) -> str:
    """The hash by the new rule: of what differs from the defaults of version 1."""
    differs = _differing(shared, SHARED)
    own = _differing(models.get(model, {}), DEFAULTS[model])
    members = {**DEFAULTS[model], **own}.get("members", [])
    if not members:
        differs.pop("track_days", None)
    facts = [[model, 1], [1, differs], own, [new_sha256(shared, models, member) for member in members]]
    return _sha256(facts)


def _in_force(settings: Settings | None) -> Iterator[tuple[Values, Mapping[str, Values]]]:
    """What may have been in force, as it differs from the defaults: shared settings, and those of forecasters."""
    yield from PRESETS.values()
    if settings is None:
        return
    given = settings.forecast.model_dump(mode="json", exclude_unset=True)
    shared = {name: value for name, value in given.items() if name in SHARED}
    models = dict(PRESETS.get(settings.forecast.preset, ({}, {}))[1])
    for name in DEFAULTS.keys() & settings.models.keys():
        own = settings.model(name).model_dump(mode="json", include=set(settings.models[name]))
        if set(own.get("members", ())) <= DEFAULTS.keys():
            models[name] = {**models.get(name, {}), **{key: own[key] for key in DEFAULTS[name].keys() & own.keys()}}
    yield shared, models


def _differing(values: Values, defaults: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != defaults[name]}


def _sha256(facts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
