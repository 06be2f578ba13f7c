"""One day end to end: fetch, settle, forecast, record, report. Run twice, it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.errors import ForecasterError
from forecaster.issuing.forecast import HORIZON
from forecaster.issuing.issue import Issuer
from forecaster.issuing.pools import Pools
from forecaster.issuing.possible import UNQUOTED, shown
from forecaster.issuing.provenance import config_sha256
from forecaster.issuing.refits import able, trainings
from forecaster.issuing.track_record import EVERY
from forecaster.operation import fetch
from forecaster.operation.settle import settle
from forecaster.operation.stamp import Stamp
from forecaster.progress import quiet
from forecaster.replay.backtest import last_origins, replay
from ingest.errors import AsOfError, CalendarRangeError, IncompleteWindowError, IngestError, ProviderError, StoreError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from forecaster.progress import Tell
    from forecaster.records.home import Home
    from ingest.assets import Asset
    from ingest.history import History


STALE = 5
"""An asset whose rows end more sessions than this before the day is stale."""


@dataclass
class Summary:
    """What a day's run did.

    Attributes:
        recorded: Forecasts added to the ledger.
        known: Forecasts that were there already.
        settled: Targets whose outcomes became known.
        as_ofs: Symbol to the origin it was forecast from.
        withheld: Symbol to why it has no forecast.
        waiting: Those of the withheld whose rows may still come.
        faults: What else went wrong, a line each: attention that could not be fetched, rows that are held back, an
            asset that is stale.
        report: The PDF, None where there was nothing to report.
    """

    recorded: int = 0
    known: int = 0
    settled: int = 0
    as_ofs: dict[str, pd.Timestamp] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    report: Path | None = None

    @property
    def told(self) -> str:
        """What was recorded and settled, in words."""
        counts = ((self.recorded, "forecast", "recorded"), (self.settled, "target", "settled"))
        return ", ".join(f"{count} {noun}{'' if count == 1 else 's'} {done}" for count, noun, done in counts)


def run(
    home: Home,
    as_of: pd.Timestamp | None = None,
    symbols: tuple[str, ...] = (),
    progress: Tell = quiet,
) -> Summary:
    """Runs one day for the watchlist.

    Args:
        home: Where everything is kept.
        as_of: The day; each asset's last session up to it is its origin. None for the newest data.
        symbols: Only these assets; the watchlist where empty.
        progress: Told what happens next.

    Raises:
        UnknownSymbolError: For a symbol that is not in the store.
        ForecasterError: Where there is no asset at all.
    """
    assets = watchlist(home, symbols)
    summary = Summary()
    for asset in assets:
        try:
            progress(f"{asset.symbol}: fetch")
            _fetch(home, asset, as_of, summary)
            _forecast(home, asset, as_of, summary, progress)
        except StoreError:
            raise
        except IngestError as fault:
            summary.withheld[asset.symbol] = str(fault)
            if isinstance(fault, (ProviderError, AsOfError, IncompleteWindowError)):
                summary.waiting.add(asset.symbol)
    if summary.as_ofs:
        progress("report")
        day = max(summary.as_ofs.values())
        summary.report = _report(home, day, _shown(home, assets), summary.withheld)
    return summary


def watchlist(home: Home, symbols: tuple[str, ...] = ()) -> tuple[Asset, ...]:
    """The assets asked for, else those of the settings, else all in the store."""
    stopped = home.settings.data.stopped
    for symbol in symbols:
        if symbol in stopped:
            raise ForecasterError(f"{symbol} is stopped: take it out of data.stopped to forecast it again")
    wanted = symbols or home.settings.data.symbols
    assets = tuple(home.store.asset(symbol) for symbol in wanted) if wanted else home.store.assets()
    assets = tuple(asset for asset in assets if asset.symbol not in stopped)
    if not assets:
        raise ForecasterError(
            f"there is no asset in {home.folder}: import one with `forecaster ingest csv FILE --symbol S`, or try "
            "`forecaster demo`"
        )
    return assets


def _shown(home: Home, assets: tuple[Asset, ...]) -> tuple[str, ...]:
    """Symbols of a day's report: the whole watchlist, and what was asked for besides.

    Two runs of one day, each for some assets, must not hide each other's forecasts.
    """
    return tuple(dict.fromkeys(asset.symbol for asset in (*watchlist(home), *assets)))


def _fetch(home: Home, asset: Asset, as_of: pd.Timestamp | None, summary: Summary) -> None:
    """Brings an asset up to date; without its attention, and for a day that is stored, it is forecast all the same."""
    told = None
    try:
        told = fetch.prices(home, asset)
    except ProviderError as fault:
        history = home.store.history(asset.symbol)
        if as_of is None or history.frame.empty or history.last < as_of:
            raise
        summary.faults.append(f"{asset.symbol}: not brought up to date: {fault}")
    if told is not None and told.quarantined:
        rows = "1 row is" if told.quarantined == 1 else f"{told.quarantined} rows are"
        summary.faults.append(f"{asset.symbol}: {rows} held back: see `forecaster data quarantine {asset.symbol}`")
    if asset.symbol in home.settings.data.attention:
        try:
            fetch.attention(home, asset.symbol)
        except StoreError:
            raise
        except IngestError as fault:
            summary.faults.append(f"{asset.symbol}: without its newest attention: {fault}")


def _report(home: Home, day: pd.Timestamp, symbols: tuple[str, ...], withheld: dict[str, str]) -> Path:
    """The PDF of a day, rendered where it is not there yet or anything that it depends on has changed."""
    stamp = Stamp.of(home, day, symbols, withheld)
    if stamp.holds:
        return stamp.pdf
    from forecaster.operation.render import render  # noqa: PLC0415  # figures and pages take a second to import

    path = render(home, day, symbols, withheld)
    stamp.write()
    return path


def _forecast(home: Home, asset: Asset, as_of: pd.Timestamp | None, summary: Summary, progress: Tell) -> None:
    history = home.store.history(asset.symbol)
    day = origin_of(home, history, as_of)
    if stale := _stale(home, history, as_of):
        if day > history.last:
            raise AsOfError(stale)
        if not any(f"quarantine {asset.symbol}`" in said for said in summary.faults):
            summary.faults.append(stale)
    names = home.settings.model_names()
    progress(f"{asset.symbol}: settle")
    summary.settled += settle(home.ledger, history, day, home.clock.now())
    known = home.ledger.recorded(asset.symbol, day, HORIZON)
    missing = tuple(name for name in names if name not in known)
    members = Pools(names, home.settings).members
    issuer = Issuer(history, names, home.settings, home.tracks.of(asset.symbol, members, home.settings))
    if missing:
        progress(f"{asset.symbol}: {', '.join(missing)}")
        forecasts = issuer.issue(day, only=missing)
        summary.recorded += home.ledger.record(forecasts, home.clock.now())
    summary.known += len(names) - len(missing)
    home.tracks.keep(asset.symbol, issuer.record.scores, home.settings)
    _fill_fan(home, issuer, names, day, progress)
    summary.as_ofs[asset.symbol] = day
    if still := shown(issuer.past.look(day)).still:
        summary.faults.append(f"{asset.symbol} is stale: its last {still} sessions never moved: {UNQUOTED}")


def _stale(home: Home, history: History, as_of: pd.Timestamp | None) -> str:
    """What keeps an asset's rows from reaching the day, or today where none is named; empty where they do."""
    symbol, last, code = history.asset.symbol, history.last, calendar(history.asset.calendar)
    try:
        day = code.last_closed(home.clock.now() - history.asset.lag) if as_of is None else as_of
        behind = len(code.sessions(last, day)) - 1 if day > last else 0
    except CalendarRangeError:
        return ""
    held = history.held
    waiting = int(((held["session"] > last) & (held["decision"] == "")).sum())
    rows = "1 row since is" if waiting == 1 else f"{waiting} rows since are"
    told = f"{rows} held back: see `forecaster data quarantine {symbol}`"
    if behind <= STALE:
        return f"{symbol}: {told}" if waiting else ""
    remedy = told if waiting else "fetch or import the sessions since, or stop it (data.stopped)"
    return f"{symbol} is stale: its rows end on {last:%Y-%m-%d}, {behind} sessions before {day:%Y-%m-%d}: {remedy}"


def origin_of(home: Home, history: History, as_of: pd.Timestamp | None) -> pd.Timestamp:
    """The asset's origin on a day: its last session up to it.

    Raises:
        AsOfError: For a day in the future, or one that the data do not cover.
        CalendarRangeError: For a day after the end of the asset's calendar.
    """
    if as_of is None:
        return history.last
    code = calendar(history.asset.calendar)
    closed = code.newest_closed(home.clock.now())
    if as_of > closed:
        code.next(closed)  # where the calendar ends with it, that is the fault, and it is raised here
        raise AsOfError(
            f"{history.asset.symbol}: as-of {as_of:%Y-%m-%d} is in the future: its last session closed on "
            f"{closed:%Y-%m-%d}; choose that day or an earlier one"
        )
    return as_of if code.is_session(as_of) else code.previous(code.next(as_of))


def _fill_fan(home: Home, issuer: Issuer, names: tuple[str, ...], day: pd.Timestamp, progress: Tell) -> None:
    """Replays the days of the fan that no live forecast covers, from fits before them as a track record has."""
    history = issuer.past.history
    wanted = last_origins(history, home.settings.report.days, day)
    current = {name: config_sha256(home.settings, name) for name in names}
    replayed = home.replays.of(history.asset.symbol)
    replayed = replayed[replayed["config_sha256"] == replayed["model"].map(current)]
    have = home.ledger.keys(history.asset.symbol)
    have |= set(zip(replayed["model"], replayed["as_of"], replayed["horizon"], strict=True))
    holes = [d for d in wanted if any((name, f"{d:%Y-%m-%d}", HORIZON) not in have for name in names)]
    # A training needs a history to learn from; short ones start later.
    turns = trainings(issuer.past, holes, EVERY).items()
    holes = [d for at, days in turns if able(issuer.past, at) for d in days]
    if holes:
        progress(f"{history.asset.symbol}: replay {len(holes)} days")
        home.replays.add(list(replay(history, holes, names, home.settings, EVERY, issuer.record.scores)))
