"""What a model card says of scores: each kind apart, verdicts by the present rules, and where a model is worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.evaluation.triggers import FEWEST, REFERENCE
from forecaster.evaluation.verdicts import MINIMUM_DAYS, compare, in_words
from forecaster.records.cards.rows import KINDS, LIVE
from forecaster.records.standing import REPLAYED

if TYPE_CHECKING:
    from collections.abc import Iterator

SPELLS = ("quiet", "usual", "wild")
"""Thirds of an asset's days by the volatility known at their origin."""
SHOWN_DAYS = 3
"""Days of largest loss that are named."""
_KEY = ["symbol", "target"]


@dataclass(frozen=True)
class Scored:
    """Forecasts of one kind and their scores.

    Attributes:
        kind: See `card_rows.KINDS`.
        symbol: The asset; empty for all of them.
        forecasts: How many.
        scored: How many of them have an outcome; the means are of these.
        crps: Mean CRPS, a fraction of the price; NaN where nothing is scored, as below.
        skill: `1 - mean CRPS / climatology's` on the days that both have, NaN where there are none.
        log_score: Mean, in nats; lower is better.
        in50: Share of outcomes inside the 50 % interval.
        in90: Likewise of 90 %.
        lead: Hours from the recording of a forecast to the open of its target's session, the least and the median; NaN
            where none was live or no open is known.
    """

    kind: str
    symbol: str
    forecasts: int
    scored: int
    crps: float
    skill: float
    log_score: float
    in50: float
    in90: float
    lead: tuple[float, float]


@dataclass(frozen=True)
class Verdict:
    """What the scores of one kind and asset are evidence of.

    Attributes:
        kind: See `card_rows.KINDS`.
        symbol: The asset.
        sentences: In words, by the rules of `forecaster.evaluation.verdicts`.
        claims: Those of them that claim something.
        without: References against which there is no evidence of skill.
    """

    kind: str
    symbol: str
    sentences: tuple[str, ...]
    claims: tuple[str, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class WorstDay:
    """A day of large loss.

    Attributes:
        symbol: The asset.
        target: The session, an ISO date.
        change: What happened, a fraction.
        log_score: In nats.
    """

    symbol: str
    target: str
    change: float
    log_score: float


@dataclass(frozen=True)
class Worst:
    """Where a model is worst.

    Attributes:
        kind: Of which forecasts; the first kind that has enough outcomes.
        symbol: The asset with the lowest skill against climatology; empty where there are not two to compare.
        skill: That skill.
        days: Those of largest log score.
        spells: Scores of quiet, usual and wild days, `symbol` being the spell; empty where there are too few.
    """

    kind: str
    symbol: str
    skill: float
    days: tuple[WorstDay, ...]
    spells: tuple[Scored, ...]


def scores(rows: pd.DataFrame, peers: pd.DataFrame) -> tuple[Scored, ...]:
    """All assets together, and each, of each kind.

    Args:
        rows: Of one version of a model, see `card_rows.CardRows`; replayed ones among them.
        peers: All models', likewise.
    """
    paired = _paired(rows, peers)
    return tuple(one for kind in KINDS for one in _of_kind(kind, paired[paired["kind"] == kind]))


def _of_kind(kind: str, rows: pd.DataFrame) -> Iterator[Scored]:
    by_asset = [scored(kind, str(symbol), own) for symbol, own in rows.groupby("symbol", sort=True)]
    if len(by_asset) > 1:
        yield scored(kind, "", rows)
    yield from by_asset


def scored(kind: str, name: str, rows: pd.DataFrame) -> Scored:
    """Means of some rows, which have climatology's CRPS as `floor`."""
    settled = rows[rows["crps"].notna()]
    both = settled[settled["floor"].notna()]
    least = float(both["floor"].mean()) if len(both) else np.nan
    means = {one: float(settled[one].mean()) for one in ("crps", "log_score", "in50", "in90")}
    skill = 1 - float(both["crps"].mean()) / least if least > 0 else np.nan
    leads = rows["lead"].dropna() if kind in LIVE else ()
    lead = (float(np.min(leads)), float(np.median(leads))) if len(leads) else (np.nan, np.nan)
    return Scored(kind, name, len(rows), len(settled), skill=skill, **means, lead=lead)


def verdicts(model: str, rows: pd.DataFrame, peers: pd.DataFrame, trials: int) -> tuple[Verdict, ...]:
    """What is evidence of skill; a replay was made when the outcome was known, so that trials count there.

    Args:
        model: Its id.
        rows: As in `scores`.
        peers: Likewise.
        trials: Configurations ever backtested in the home.
    """
    settled, found = rows[rows["crps"].notna()], []
    others = peers[peers["model"] != model]
    for kind in KINDS:
        of_kind, among = settled[settled["kind"] == kind], others[others["kind"] == kind]
        for symbol, own in of_kind.groupby("symbol", sort=True):
            table = pd.concat([own, among[among["symbol"] == symbol]])[["model", "target", "crps", "log_score"]]
            said = [one for one in compare(table, trials if kind == REPLAYED else 0) if one.model == model]
            if said:
                claims = tuple(one.sentence for one in said if one.claims)
                without = tuple(one.reference for one in said if not one.claims)
                found.append(Verdict(kind, str(symbol), in_words(said), claims, without))
    return tuple(found)


def worst(rows: pd.DataFrame, peers: pd.DataFrame) -> Worst | None:
    """Where a model is worst; None where no kind of forecast has enough outcomes.

    Args:
        rows: As in `scores`.
        peers: Likewise.
    """
    settled = _paired(rows[rows["crps"].notna()], peers)
    kind = next((kind for kind in KINDS if (settled["kind"] == kind).sum() >= FEWEST), "")
    if not kind:
        return None
    own = settled[settled["kind"] == kind]
    symbol, skill = _worst_asset(kind, own)
    largest = own.sort_values(["log_score", "target", "symbol"], ascending=[False, True, True]).head(SHOWN_DAYS)
    days = [WorstDay(str(r.symbol), str(r.target), float(r.y), float(r.log_score)) for r in largest.itertuples()]  # type: ignore[arg-type]  # columns of numbers
    return Worst(kind, symbol, skill, tuple(days), _spells(kind, own))


def _worst_asset(kind: str, rows: pd.DataFrame) -> tuple[str, float]:
    by_asset = [scored(kind, str(symbol), own) for symbol, own in rows.groupby("symbol", sort=True)]
    judged = [one for one in by_asset if one.scored >= MINIMUM_DAYS and not np.isnan(one.skill)]
    if len(judged) < 2:  # noqa: PLR2004  # the worse of two
        return "", np.nan
    lowest = min(judged, key=lambda one: one.skill)
    return lowest.symbol, lowest.skill


def _spells(kind: str, rows: pd.DataFrame) -> tuple[Scored, ...]:
    known = rows[rows["volatility"].notna()]
    if len(known) < MINIMUM_DAYS:
        return ()
    rank = known.groupby("symbol")["volatility"].rank(pct=True, method="average")
    third = np.clip(np.ceil(rank.to_numpy() * len(SPELLS)).astype(int), 1, len(SPELLS)) - 1
    return tuple(scored(kind, name, known[third == at]) for at, name in enumerate(SPELLS) if (third == at).any())


def _paired(rows: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    """The rows with climatology's CRPS of the same kind, asset and target as `floor`."""
    floor = peers.loc[peers["model"] == REFERENCE, ["kind", *_KEY, "crps"]].drop_duplicates(["kind", *_KEY])
    return rows.merge(floor.rename(columns={"crps": "floor"}), how="left", on=["kind", *_KEY])
