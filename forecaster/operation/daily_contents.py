"""Fills a daily report from the ledger and the replays alone: no data are fetched, nothing is fitted."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster import models
from forecaster.errors import ForecasterError
from forecaster.evaluation.scoreboard import scoreboard
from forecaster.evaluation.verdicts import compare, in_order, in_words
from forecaster.issuing.attribution import KINDS
from forecaster.records.ledger import predictive_of
from reports.contents import AssetPage, DailyReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.records.ledger import Ledger
    from forecaster.records.replays import Replays
    from forecaster.settings import Settings

STALE_DAYS = 7
"""An asset whose newest forecast is older than this many days is named, not shown."""
BANDS = ("q05", "q25", "q50", "q75", "q95")
DENSITY_POINTS = 240


def daily_report(
    ledger: Ledger,
    replays: Replays,
    as_of: pd.Timestamp,
    settings: Settings,
    symbols: tuple[str, ...],
    withheld: Mapping[str, str],
) -> DailyReport:
    """The report of a day.

    Args:
        ledger: The record.
        replays: Replayed forecasts for the fans.
        as_of: The day; each asset shows its newest forecast up to it.
        settings: For the number of days in a fan and the provenance.
        symbols: Only these assets, in this order; all of the ledger where empty.
        withheld: Symbol to reason for assets that today's run could not forecast.

    Raises:
        ForecasterError: Where the ledger has no forecast for that day or the week before it.
    """
    everything = ledger.forecasts(symbols)
    record = everything[everything["as_of"] <= f"{as_of:%Y-%m-%d}"]
    oldest = f"{as_of - pd.Timedelta(days=STALE_DAYS):%Y-%m-%d}"
    pages, newest = [], ""
    absent = {**dict.fromkeys(settings.data.stopped, "stopped: no longer fetched or forecast"), **withheld}
    for symbol in symbols or tuple(dict.fromkeys(record["symbol"])):
        own = record[record["symbol"] == symbol]
        if own.empty:  # never forecast by then: nothing to say, unless today's run withheld it
            continue
        if own["as_of"].max() < oldest:
            absent.setdefault(symbol, f"the newest forecast is of {own['as_of'].max()}")
            continue
        pages.append(_page(own, replays.of(symbol), settings))
        newest = max(newest, own["issued_at"].max())
    if not pages:
        raise ForecasterError(f"the ledger has no forecast for {as_of:%Y-%m-%d}: `forecaster run` makes one")
    shown = dict.fromkeys(m for page in pages for m in page.forecasts["model"])
    named = {*shown, *(member for page in pages for member in page.shares["member"])}
    return DailyReport(
        as_of=as_of,
        rendered_from=datetime.fromisoformat(newest),
        assets=tuple(pages),
        withheld=absent,
        models={name: _summary(name) for name in shown},
        labels=models.labels(named),
        provenance=_provenance(ledger, record, settings),
    )


def _page(own: pd.DataFrame, replayed: pd.DataFrame, settings: Settings) -> AssetPage:
    today = _in_order(own[own["as_of"] == own["as_of"].max()])
    facts = json.loads(today["diagnostics"].iloc[0])["inputs"]
    as_of, asset = today["as_of"].iloc[0], facts["asset"]
    past = _past(own, replayed, as_of, settings.report.days)
    scores = scoreboard(past)
    return AssetPage(
        symbol=today["symbol"].iloc[0],
        calendar=asset["calendar"],
        source=asset["source"],
        simulated=asset["simulated"],
        attention_kind=asset["attention_kind"],
        as_of=pd.Timestamp(as_of),
        target=pd.Timestamp(today["target"].iloc[0]),
        close=facts["close"],
        forecasts=_forecasts(today, past),
        densities=_densities(today),
        fan=past[["model", "target", "origin", "y", "mean", *BANDS]],
        window=_window(facts),
        scoreboard=scores,
        verdicts=in_words(compare(past)) if len(past) else (),
        weights=_weights(today),
        elbo=_curves(today),
        attribution=_attribution(today),
        shares=_shares(today),
        pools=_pools(today),
        notes=tuple(facts["notes"]),
        findings=_findings(facts),
    )


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.set_index("model").loc[in_order(rows["model"])].reset_index()


def _past(own: pd.DataFrame, replayed: pd.DataFrame, as_of: str, days: int) -> pd.DataFrame:
    """The last forecasts whose targets lie at or before `as_of`, replayed ones only where nothing was live."""
    record = own[own["as_of"] < as_of].assign(origin=[_origin(row) for row in own[own["as_of"] < as_of].itertuples()])
    old = replayed[replayed["target"] <= as_of].assign(origin="replayed")
    columns = [
        "model", "as_of", "target", "origin", "y", "mean", "sd", *BANDS,
        "crps", "log_score", "absolute_error", "squared_error", "in50", "in90",
    ]  # fmt: skip
    parts = [part[columns] for part in (record, old) if len(part)]
    if not parts:
        return pd.DataFrame(columns=columns).assign(target=pd.to_datetime([]))
    both = pd.concat(parts).drop_duplicates(["model", "as_of"], keep="first")
    recent = sorted(both["target"].unique())[-days:]
    numbers = columns[4:]
    kept = both[both["target"].isin(recent)].sort_values("target", kind="stable")
    return kept.assign(**{c: kept[c].astype(float) for c in numbers}, target=pd.to_datetime(kept["target"]))


def _origin(row: Any) -> str:  # noqa: ANN401  # a row of the ledger, as pandas gives it
    """Live only where it was recorded before the outcome could be known."""
    return "live" if _recorded(row) == "before" else "replayed"


def _recorded(row: Any) -> str:  # noqa: ANN401
    closes = json.loads(row.diagnostics)["inputs"]["asset"]["target_close"]
    return "before" if datetime.fromisoformat(row.issued_at) < datetime.fromisoformat(closes) else "after"


def _forecasts(today: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    last = past[past["as_of"] == past["as_of"].max()].set_index("model") if len(past) else past.set_index("model")
    shown = today[["model", "status", "reason", "mean", "sd", "prob_up", *BANDS]].copy()
    shown["recorded"] = [_recorded(row) for row in today.itertuples()]
    shown["previous_q50"] = shown["model"].map(last["q50"]).astype(float)
    shown["previous_sd"] = shown["model"].map(last["sd"]).astype(float)
    numbers = ["mean", "sd", "prob_up", *BANDS]
    return shown.assign(**{c: shown[c].astype(float) for c in numbers}).reset_index(drop=True)


def _densities(today: pd.DataFrame) -> pd.DataFrame:
    known = today.dropna(subset=["q01", "q99"])
    parts = []
    if len(known):
        grid = np.linspace(known["q01"].min(), known["q99"].max(), DENSITY_POINTS)
        for row in known.itertuples():
            density = np.exp(predictive_of(row.predictive).log_prob(grid))  # type: ignore[arg-type]  # bytes
            parts.append(pd.DataFrame({"model": row.model, "change": grid, "density": density}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["model", "change", "density"])


def _window(facts: Mapping[str, Any]) -> pd.DataFrame:
    rows = [
        {"session": pd.Timestamp(day), "series": name, "change": change}
        for day, values in zip(facts["sessions"], facts["window"], strict=True)
        for name, change in zip(facts["series"], values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["session", "series", "change"])


def _findings(facts: Mapping[str, Any]) -> pd.DataFrame | None:
    """What was found in the data; nothing where the record is older than that."""
    if "findings" not in facts:
        return None
    table = pd.DataFrame(facts["findings"], columns=["check", "first", "last", "count", "detail", "remedy"])
    return table.assign(first=pd.to_datetime(table["first"]), last=pd.to_datetime(table["last"]))


def _weights(today: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for forecast in today.itertuples():
        facts = json.loads(str(forecast.diagnostics))
        if "weights" not in facts:
            continue
        for day, (means, sds) in enumerate(zip(facts["weights"]["mean"], facts["weights"]["sd"], strict=True)):
            for series, mean, sd in zip(facts["inputs"]["series"], means, sds, strict=True):
                lag = len(facts["weights"]["mean"]) - day
                rows.append({"model": forecast.model, "series": series, "lag": lag, "mean": mean, "sd": sd})
    return _numbers(rows, ["model", "series", "lag"], ["mean", "sd"])


def _curves(today: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {"model": row.model, "step": step, "loss": loss}
        for row in today.itertuples()
        for step, loss in json.loads(str(row.diagnostics)).get("elbo", [])
    ]
    return pd.DataFrame(rows, columns=["model", "step", "loss"])


def _attribution(today: pd.DataFrame) -> pd.DataFrame:
    columns = ["width", "width_sd", "width_before", "shift", "shift_sd"]
    rows = [
        {"model": row.model, "group": group, **{name: part[name] for name in columns}}
        for row in today.itertuples()
        for group, part in json.loads(str(row.diagnostics)).get("attribution", {}).items()
    ]
    known = [row for kind in KINDS for row in rows if row["group"] == kind]  # the record sorts its keys
    return _numbers(known, ["model", "group"], columns)


def _shares(today: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {"model": row.model, "member": member, "weight": weight}
        for row in today.itertuples()
        for member, weight in json.loads(str(row.diagnostics)).get("pool", {}).items()
    ]
    return _numbers(rows, ["model", "member"], ["weight"])


def _pools(today: pd.DataFrame) -> pd.DataFrame:
    named = {"days": "track_days", "recalibrated": "recalibrated", "gain": "recalibration_gain"}
    rows = []
    for row in today.itertuples():
        facts = json.loads(str(row.diagnostics))
        if "pool" in facts:
            rows.append({"model": row.model, **{name: facts["figures"].get(key) for name, key in named.items()}})
    return _numbers(rows, ["model"], list(named))


def _numbers(rows: list[dict[str, Any]], texts: list[str], numbers: list[str]) -> pd.DataFrame:
    """A table of texts and then of numbers, NaN where one is missing."""
    frame = pd.DataFrame(rows, columns=[*texts, *numbers])
    return frame.assign(**{name: frame[name].astype(float) for name in numbers})


def _summary(name: str) -> str:
    """One line on a model; a record may hold forecasts of a model that is gone."""
    return models.load(name).SUMMARY if name in models.names() else "no longer part of this program"


def _provenance(ledger: Ledger, record: pd.DataFrame, settings: Settings) -> dict[str, str]:
    return {
        "ledger head": ledger.heads()["forecast"],
        "forecasts on record": str(len(record)),
        "program version": str(record["code_version"].iloc[-1]),
        "preset": settings.forecast.preset,
        "seed": str(settings.forecast.seed),
    }
