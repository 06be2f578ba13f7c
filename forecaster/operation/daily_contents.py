"""Fills a daily report from the ledger and the replays alone: no data are fetched, nothing is fitted."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster import models
from forecaster.errors import ForecasterError, LedgerError
from forecaster.evaluation import direction
from forecaster.evaluation.references import in_order
from forecaster.evaluation.scoreboard import scoreboard
from forecaster.evaluation.skill import skill
from forecaster.evaluation.triggers import STALE_DAYS
from forecaster.evaluation.unreliable import unreliable
from forecaster.evaluation.verdicts import compare
from forecaster.issuing import diagnostics
from forecaster.issuing.attribution import KINDS
from forecaster.issuing.forecast import HORIZON
from forecaster.operation.earlier import BANDS, FIGURES, RECORD, earlier, evidence
from forecaster.records.ledger import predictive_of
from forecaster.records.reading import Wanted, state_of
from forecaster.records.standing import PROVED, UNWITNESSED, leads, with_closes
from forecaster.records.witnesses import against, stated
from reports.contents import AssetPage, DailyReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forecaster.issuing.diagnostics import Diagnostics, Inputs
    from forecaster.records.ledger import Ledger
    from forecaster.records.replays import Replays
    from forecaster.records.standing import Witnessed
    from forecaster.settings import Settings

    Told = Mapping[str, Diagnostics]
    Judged = Callable[[str, pd.Timestamp], tuple[str, ...]]
DENSITY_POINTS = 240
NO_REGIMES = pd.DataFrame({"target": pd.to_datetime([]), "regime": pd.Series([], dtype=str)})
REGIME_NAMES = ("calm", "nervous", "panic")
REGIMES = "regimes"
"""The model whose filtered regimes stand below the fan: of each day on which it was run and recorded."""


def daily_report(
    ledger: Ledger,
    replays: Replays,
    as_of: pd.Timestamp,
    settings: Settings,
    symbols: tuple[str, ...],
    withheld: Mapping[str, str],
    witnessed: Witnessed = UNWITNESSED,
    judged: Judged | None = None,
) -> DailyReport:
    """The report of a day.

    Args:
        ledger: The record.
        replays: Replayed forecasts for the fans.
        as_of: The day; each asset shows its newest forecast up to it.
        settings: For the number of days in a fan and the provenance.
        symbols: Only these assets, in this order; all of the ledger where empty.
        withheld: Symbol to reason for assets that today's run could not forecast.
        witnessed: What the home can show of when its rows were there.
        judged: Tells what the track record of an asset up to a day is evidence of, see
            `forecaster.operation.track_verdict`; where it tells nothing, the earlier forecasts that are shown do.

    Raises:
        ForecasterError: Where the ledger has no forecast for that day or the week before it.
    """
    record = Wanted(symbols, until=f"{as_of:%Y-%m-%d}", horizon=HORIZON)
    found = {standing.symbol: standing for standing in ledger.standings(record)}
    oldest = f"{as_of - pd.Timedelta(days=STALE_DAYS):%Y-%m-%d}"
    pages, newest, shown_last = [], "", 0
    absent = {**dict.fromkeys(settings.data.stopped, "stopped: no longer fetched or forecast"), **withheld}
    for symbol in symbols or tuple(found):
        if symbol not in found:  # never forecast by then: nothing to say, unless today's run withheld it
            continue
        last = found[symbol].newest
        if last < oldest:
            absent.setdefault(
                symbol,
                f"{symbol} is stale: its newest forecast is from {last}: fetch or import the sessions since, or stop "
                "it (data.stopped)",
            )
            continue
        today = ledger.read(Wanted([symbol], as_of=last, horizon=HORIZON), checked=True)
        before = f"{pd.Timestamp(last) - pd.Timedelta(days=1):%Y-%m-%d}"
        wanted = Wanted([symbol], until=before, horizon=HORIZON, targets=settings.report.days)
        own = ledger.read(wanted, (*RECORD, *FIGURES, "clock", "reason", "diagnostics"), checked=True)
        said = judged(symbol, pd.Timestamp(last)) if judged else ()
        band = _regimes(own[own["model"] == REGIMES])
        page = _page(_in_order(today), with_closes(own), replays.of(symbol), settings, band, witnessed)
        pages.append(replace(page, verdicts=said + page.verdicts[1:]) if said else page)
        newest = max(newest, today["issued_at"].max(), *own["issued_at"])
        shown_last = max(shown_last, *today["seq"], *own["seq"])
    if not pages:
        day = f"{as_of:%Y-%m-%d}"
        raise ForecasterError(f"the ledger has no forecast for {day}: `forecaster run --as-of {day}` makes one")
    shown = dict.fromkeys(m for page in pages for m in page.forecasts["model"])
    named = {*shown, *(member for page in pages for member in page.shares["member"])}
    return DailyReport(
        as_of=as_of,
        rendered_from=datetime.fromisoformat(newest),
        assets=tuple(pages),
        withheld=absent,
        models={name: models.summary(name) for name in shown},
        labels=models.labels(named),
        provenance=_provenance(ledger, record, int(shown_last), settings) | _checked_against(pages, witnessed),
        rehearsal=witnessed.rehearsal,
    )


def _regimes(told: pd.DataFrame) -> pd.DataFrame:
    """The most probable regime of each recorded origin by its target, as the filter had it then."""
    if told.empty:
        return NO_REGIMES
    figures = [diagnostics.read(str(text)).figures or {} for text in told["diagnostics"]]
    known = [[of.get(name) for name in REGIME_NAMES] for of in figures]
    likeliest = [REGIME_NAMES[int(np.argmax(np.array(of, float)))] if None not in of else "" for of in known]
    rows = pd.DataFrame({"target": pd.to_datetime(told["target"]), "regime": likeliest})
    return rows[rows["regime"] != ""].reset_index(drop=True)


def _page(  # what the record, the replays and the settings have of an asset
    today: pd.DataFrame,
    own: pd.DataFrame,
    replayed: pd.DataFrame,
    settings: Settings,
    band: pd.DataFrame,
    witnessed: Witnessed,
) -> AssetPage:
    told = {str(row.model): diagnostics.read(str(row.diagnostics)) for row in today.itertuples()}
    facts = _inputs(told)
    as_of, asset = today["as_of"].iloc[0], facts.asset
    unlike = next((one.novelty for one in told.values() if one.novelty is not None), None)
    past = earlier(own, replayed, (as_of, asset.calendar), settings.report.days, witnessed)
    return AssetPage(
        symbol=today["symbol"].iloc[0],
        calendar=asset.calendar,
        source=asset.source,
        simulated=asset.simulated,
        attention_kind=asset.attention_kind,
        as_of=pd.Timestamp(as_of),
        target=pd.Timestamp(today["target"].iloc[0]),
        close=facts.close,
        forecasts=_forecasts(today, past, asset.calendar, witnessed),
        densities=_densities(today),
        fan=past[["model", "target", "origin", "y", "mean", *BANDS]],
        regimes=band[band["target"].isin(past["target"])],
        window=_window(facts),
        scoreboard=scoreboard(past),
        evidence=evidence(past),
        verdicts=_verdicts(past),
        weights=_weights(told),
        elbo=_curves(told),
        attribution=_attribution(told),
        shares=_shares(told),
        pools=_pools(told),
        warning=unlike.sentence if unlike and unlike.warned else "",
        notes=facts.notes + ((unlike.sentence,) if unlike else ()),
        findings=_findings(facts),
    )


def _verdicts(past: pd.DataFrame) -> tuple[str, ...]:
    """What the earlier forecasts are evidence of, the verdict first: skill, whether P(up) knew the direction."""
    if past.empty:
        return ()
    known = direction.in_words(direction.directions(past))
    return (skill(compare(past)).sentence, *known, *unreliable(past))


def _inputs(told: Told) -> Inputs:
    """What the day's forecasts were made from: each of them has it on record."""
    for one in told.values():
        if one.inputs is not None:
            return one.inputs
    raise LedgerError("the forecasts of that day have no record of their inputs: run `forecaster ledger verify`")


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.set_index("model").loc[in_order(rows["model"])].reset_index()


def _forecasts(today: pd.DataFrame, past: pd.DataFrame, code: str, witnessed: Witnessed) -> pd.DataFrame:
    last = past[past["as_of"] == past["as_of"].max()].set_index("model") if len(past) else past.set_index("model")
    shown = today[["model", "status", "reason", "mean", "sd", "prob_up", *BANDS]].copy()
    told = with_closes(today)
    shown["origin"], shown["lead"] = witnessed.standings(told, code), leads(told, code)
    shown["previous_q50"] = shown["model"].map(last["q50"]).astype(float)
    shown["previous_sd"] = shown["model"].map(last["sd"]).astype(float)
    numbers = ["mean", "sd", "prob_up", *BANDS]
    return shown.assign(**{c: shown[c].astype(float) for c in numbers}).reset_index(drop=True)


def _densities(today: pd.DataFrame) -> pd.DataFrame:
    known = today.dropna(subset=["q01", "q99"])
    if known.empty:
        return pd.DataFrame(columns=["model", "change", "density"])
    grid = np.linspace(known["q01"].min(), known["q99"].max(), DENSITY_POINTS)
    density = [np.exp(predictive_of(bytes(stored)).continuous.log_prob(grid)) for stored in known["predictive"]]
    curves = {"change": np.tile(grid, len(known)), "density": np.concatenate(density)}
    return pd.DataFrame({"model": np.repeat(known["model"].to_numpy(), len(grid)), **curves})


def _window(facts: Inputs) -> pd.DataFrame:
    rows = [
        {"session": pd.Timestamp(day), "series": name, "change": change}
        for day, values in zip(facts.sessions, facts.window, strict=True)
        for name, change in zip(facts.series, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["session", "series", "change"])


def _findings(facts: Inputs) -> pd.DataFrame | None:
    """What was found in the data; nothing where the record is older than that."""
    if facts.findings is None:
        return None
    table = pd.DataFrame(facts.findings, columns=["check", "first", "last", "count", "detail", "remedy"])
    return table.assign(first=pd.to_datetime(table["first"]), last=pd.to_datetime(table["last"]))


def _weights(told: Told) -> pd.DataFrame:
    rows = [
        {"model": model, "series": name, "lag": len(one.weights.mean) - day, "mean": mean, "sd": sd}
        for model, one in told.items()
        if one.weights is not None and one.inputs is not None
        for day, (means, sds) in enumerate(zip(one.weights.mean, one.weights.sd, strict=True))
        for name, mean, sd in zip(one.inputs.series, means, sds, strict=True)
    ]
    return _numbers(rows, ["model", "series", "lag"], ["mean", "sd"])


def _curves(told: Told) -> pd.DataFrame:
    rows = [(model, step, loss) for model, one in told.items() for step, loss in one.elbo or ()]
    return pd.DataFrame(rows, columns=["model", "step", "loss"])


def _attribution(told: Told) -> pd.DataFrame:
    """The record sorts its keys: here an asset's own bars come first, then its companions."""
    rows = [
        {"model": model, "group": kind, **asdict(parts[kind])}
        for kind in dict.fromkeys((*KINDS, *(kind for one in told.values() for kind in one.attribution or {})))
        for model, one in told.items()
        if kind in (parts := one.attribution or {})
    ]
    return _numbers(rows, ["model", "group"], ["width", "width_sd", "width_before", "shift", "shift_sd"])


def _shares(told: Told) -> pd.DataFrame:
    rows = [
        {"model": model, "member": member, "weight": weight}
        for model, one in told.items()
        for member, weight in (one.pool or {}).items()
    ]
    return _numbers(rows, ["model", "member"], ["weight"])


def _pools(told: Told) -> pd.DataFrame:
    named = {"days": "track_days", "recalibrated": "recalibrated", "gain": "recalibration_gain"}
    rows = [
        {"model": model, **{name: (one.figures or {}).get(key) for name, key in named.items()}}
        for model, one in told.items()
        if one.pool is not None
    ]
    return _numbers(rows, ["model"], list(named))


def _numbers(rows: list[dict[str, Any]], texts: list[str], numbers: list[str]) -> pd.DataFrame:
    """A table of texts and then of numbers, NaN where one is missing."""
    frame = pd.DataFrame(rows, columns=[*texts, *numbers])
    return frame.assign(**{name: frame[name].astype(float) for name in numbers})


def _provenance(ledger: Ledger, record: Wanted, last: int, settings: Settings) -> dict[str, str]:
    """Where the pages come from: the record as it was when its last row shown was the newest, so that they stay so."""
    then = stated(ledger.engine, state_of(ledger.engine, last))
    return {
        "record": then.line,
        **{f"{name}: {rows} row{'' if rows == 1 else 's'}": then.heads[name] for name, rows in then.rows.items()},
        "program version": str(ledger.read(replace(record, last=1), ["code_version"]).squeeze()),
        "preset": settings.forecast.preset,
        "seed": str(settings.forecast.seed),
    }


def _checked_against(pages: Sequence[AssetPage], witnessed: Witnessed) -> dict[str, str]:
    """By which certificates what is proved was checked; nothing where nothing is."""
    origins = {origin for page in pages for table in (page.forecasts, page.fan) for origin in table["origin"]}
    return {"time stamps": f"checked against {against(witnessed.roots)}"} if PROVED in origins else {}
