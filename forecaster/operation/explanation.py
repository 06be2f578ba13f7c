"""An explanation of a fit: where it comes from, what it believes of each latent, and how it is kept and read again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from forecaster.contract import Latent
from forecaster.inference import artifact
from forecaster.json_numbers import number
from ingest.windows import LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from forecaster.floats import Floats


class _Plain(BaseModel):
    """JSON-ready facts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Comparison(_Plain):
    """What NUTS made of the same data.

    Attributes:
        reason: Why its chains are not to be trusted, empty where nothing speaks against them.
        quantiles: Of its forecast, fractions per session.
    """

    reason: str
    quantiles: dict[str, float]

    def largest_difference(self, quantiles: Mapping[str, float]) -> float:
        """Of its quantiles from others, as a part of their central 90 % interval."""
        width = quantiles["q95"] - quantiles["q05"]
        return max(abs(self.quantiles[name] - value) for name, value in quantiles.items()) / width


class Facts(_Plain):
    """Where an explanation comes from, and what the fit said of itself.

    Attributes:
        symbol: The asset.
        model: The forecaster's id.
        as_of: Last session whose data were used.
        target: The session that is forecast.
        series: Series of its windows.
        rows: Training rows.
        latents: Names of the latents, in order.
        status: As on record: ok, or unreliable.
        reason: Why it is not ok.
        figures: Further figures of the fit, its verdicts among them.
        quantiles: Of the forecast, fractions per session.
        settings: Those that every forecast shares, and the model's own.
        seed: Seed of the fit.
        config_sha256: Hash of the settings used.
        data_vintage: Hash of the rows known at `as_of`.
        code_version: Version of this program.
        nuts: What NUTS made of it, None where it was not asked.
    """

    symbol: str
    model: str
    as_of: str
    target: str
    series: tuple[str, ...]
    rows: int
    latents: tuple[str, ...]
    status: str
    reason: str
    figures: dict[str, float | None]
    quantiles: dict[str, float]
    settings: dict[str, dict[str, Any]]
    seed: int
    config_sha256: str
    data_vintage: str
    code_version: str
    nuts: Comparison | None


@dataclass(frozen=True, eq=False)
class Explanation:
    """A fit, opened.

    Attributes:
        facts: Where it comes from.
        losses: Minus the ELBO at each step `(steps,)`, in nats.
        latents: Each latent by name, as the fit has it.
        nuts: The same by NUTS; empty where it was not asked.
    """

    facts: Facts
    losses: Floats
    latents: Mapping[str, Latent]
    nuts: Mapping[str, Latent]


def table(explanation: Explanation) -> list[dict[str, str | float | None]]:
    """A row for each latent: `latent, mean, sd, q05, q95, prior_sd, contraction`, None for what is no number.

    Contraction is `1 - posterior variance / prior variance`: 0 where the data taught nothing, 1 where they taught
    everything. Where NUTS was asked also `nuts_mean, nuts_sd`, the difference of means in its sd (`shift`), the ratio
    of sds (`sd_ratio`), `r_hat` and `effective`.
    """
    rows: list[dict[str, str | float | None]] = []
    for name, latent in explanation.latents.items():
        other = explanation.nuts.get(name)
        for place in _places(latent):
            figures = _alone(latent, place) | (_compared(latent, other, place) if other is not None else {})
            numbers = {key: number(value) for key, value in figures.items()}
            rows.append({"latent": _label(name, place, latent, explanation.facts.series), **numbers})
    return rows


def entries(latents: Mapping[str, Latent], series: tuple[str, ...]) -> Iterator[tuple[str, Floats]]:
    """Each entry of each latent, in the order of `table`: its name for people and its draws `(draws,)`."""
    for name, latent in latents.items():
        for place in _places(latent):
            yield _label(name, place, latent, series), _at(latent, place)


def _places(latent: Latent) -> list[tuple[int, ...]]:
    """By series first, and within a series from the oldest day."""
    return sorted(np.ndindex(latent.prior_sd.shape), key=lambda place: place[::-1])


def _alone(latent: Latent, place: tuple[int, ...]) -> dict[str, float]:
    draws, prior_sd = _at(latent, place), float(latent.prior_sd[place])
    low, high = np.quantile(draws, [0.05, 0.95])
    return {
        "mean": draws.mean(),
        "sd": draws.std(ddof=1),
        "q05": low,
        "q95": high,
        "prior_sd": prior_sd,
        "contraction": 1 - draws.var(ddof=1) / prior_sd**2 if prior_sd else np.nan,
    }


def _compared(latent: Latent, other: Latent, place: tuple[int, ...]) -> dict[str, float]:
    mine, there = _at(latent, place), _at(other, place)
    sd = there.std(ddof=1)
    return {
        "nuts_mean": there.mean(),
        "nuts_sd": sd,
        "shift": (mine.mean() - there.mean()) / sd if sd else np.nan,
        "sd_ratio": mine.std(ddof=1) / sd if sd else np.nan,
        "r_hat": np.nan if other.r_hat is None else other.r_hat[place],
        "effective": np.nan if other.effective is None else other.effective[place],
    }


def _at(latent: Latent, place: tuple[int, ...]) -> Floats:
    """The draws `(draws,)` of one entry."""
    index: Any = (slice(None), *place)
    result: Floats = latent.draws[index]
    return result


def _label(name: str, place: tuple[int, ...], latent: Latent, series: tuple[str, ...]) -> str:
    """A latent's name for people: the input that it belongs to, with lags counted as in the reports."""
    if latent.prior_sd.shape == (LENGTH, len(series)):
        lag = LENGTH - place[0]
        return f"{name} of {series[place[1]]}, " + (f"lag {lag}")
    return f"{name} {list(place)}" if place else name


def save(explanation: Explanation, folder: Path) -> None:
    """Keeps an explanation in a folder that is not there yet.

    Raises:
        ArtifactError: Where the folder is there, or cannot be written.
    """
    arrays = {"losses": explanation.losses}
    for way, latents in (("fit", explanation.latents), ("nuts", explanation.nuts)):
        for name, latent in latents.items():
            parts = {part.name: getattr(latent, part.name) for part in fields(Latent)}
            arrays |= {f"{way}/{name}/{key}": value for key, value in parts.items() if value is not None}
    artifact.save(artifact.Artifact(arrays, explanation.facts.model_dump(mode="json")), folder)


def load(folder: Path) -> Explanation:
    """Reads an explanation that was kept; nothing is fitted.

    Raises:
        ArtifactError: Where it is not what was kept.
    """
    kept = artifact.load(folder)
    try:
        facts = Facts(**kept.facts)
        ways = {
            way: {name: _latent(kept.arrays, f"{way}/{name}/") for name in facts.latents}
            for way in (("fit",) if facts.nuts is None else ("fit", "nuts"))
        }
        return Explanation(facts, kept.arrays["losses"], ways["fit"], ways.get("nuts", {}))
    except (ValidationError, KeyError, TypeError, ValueError) as fault:
        raise artifact.refused(folder, "it does not hold an explanation") from fault


def _latent(arrays: Mapping[str, Floats], place: str) -> Latent:
    there = {part.name: arrays[place + part.name] for part in fields(Latent) if place + part.name in arrays}
    return Latent(**there)
