"""One day end to end: fetch, settle, forecast, record, witness, report. Run twice, it changes nothing.

All assets are looked at first, then each model is trained over all that need it, then forecasts are recorded asset by
asset. So many assets at once that memory has a bound: what is on record then stays, whatever comes after.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from forecaster.issuing.fitters import STOPPED, Fitters
from forecaster.issuing.forecast import HORIZON
from forecaster.issuing.issue import Issuer
from forecaster.issuing.pools import Pools
from forecaster.issuing.possible import UNQUOTED, shown
from forecaster.issuing.provenance import config_sha256
from forecaster.operation import fetch, witness
from forecaster.operation.origins import origin_of, stale
from forecaster.operation.settle import settle
from forecaster.operation.stamp import Stamp
from forecaster.operation.watchlist import histories, reported, watchlist
from forecaster.progress import quiet
from forecaster.replay import backends
from forecaster.replay.backends import Means
from forecaster.replay.backtest import last_origins
from forecaster.replay.day import Lacking, made
from ingest.errors import AsOfError, IncompleteWindowError, IngestError, ProviderError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

    from forecaster.progress import Tell
    from forecaster.records.home import Home
    from forecaster.replay.day import Compute, Made
    from ingest.assets import Asset
    from ingest.history import History

SERIAL = "serial"
ASSETS = 64
"""Those that are looked at together: enough for a full batch of each model, few enough for memory."""


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
            asset that is stale, a model that was stopped.
        stopped: Why a model was stopped, to the assets that have no forecast of it.
        report: The PDF, None where there was nothing to report.
    """

    recorded: int = 0
    known: int = 0
    settled: int = 0
    as_ofs: dict[str, pd.Timestamp] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    stopped: dict[str, list[str]] = field(default_factory=dict)
    report: Path | None = None

    @property
    def told(self) -> str:
        """What was recorded and settled, in words."""
        counts = ((self.recorded, "forecast", "recorded"), (self.settled, "target", "settled"))
        return ", ".join(f"{count} {noun}{'' if count == 1 else 's'} {done}" for count, noun, done in counts)


def run(  # an argument each, given by name
    home: Home,
    as_of: pd.Timestamp | None = None,
    symbols: tuple[str, ...] = (),
    progress: Tell = quiet,
    *,
    backend: str = SERIAL,
    means: Means = Means(),  # noqa: B008  # frozen
) -> Summary:
    """Runs one day for the watchlist.

    Args:
        home: Where everything is kept.
        as_of: The day; each asset's last session up to it is its origin. None for the newest data.
        symbols: Only these assets; the watchlist where empty.
        progress: Told what happens next.
        backend: Where it is computed, see `forecaster.replay.backends`; `serial` is here, where models train in
            processes of their own that are stopped when they take more than the settings let them (`[compute]`).
        means: What another backend may use.

    Raises:
        UnknownSymbolError: For a symbol that is not in the store.
        UnknownNameError: For a backend that there is none of.
        ForecasterError: Where there is no asset at all, or the backend cannot go on.
    """
    assets = watchlist(home, symbols)
    summary = Summary()
    with _computing(home, backend, means) as compute:
        make = partial(made, settings=home.settings, compute=compute)
        for start in range(0, len(assets), ASSETS):
            _forecast(home, assets[start : start + ASSETS], as_of, summary, make, progress)
    summary.faults += [f"{why}: no forecast from it for {', '.join(lack)}" for why, lack in summary.stopped.items()]
    summary.faults += witness.made_up(home)
    if summary.as_ofs:
        progress("report")
        day = max(summary.as_ofs.values())
        summary.report = _report(home, day, reported(home, assets), summary.withheld)
    return summary


@contextmanager
def _computing(home: Home, backend: str, means: Means) -> Iterator[Compute]:
    """What computes the day."""
    elsewhere = backends.load(backend)
    if backend != SERIAL:
        yield lambda shards: elsewhere.run(shards, means)
        return
    with Fitters(home.settings.compute) as fitters:
        yield lambda shards: ((shard, shard.run(fitters)) for shard in shards)


def _report(home: Home, day: pd.Timestamp, symbols: tuple[str, ...], withheld: dict[str, str]) -> Path:
    """The PDF of a day, rendered where it is not there yet or anything that it depends on has changed."""
    stamp = Stamp.of(home, day, symbols, withheld)
    if stamp.holds:
        return stamp.pdf
    from forecaster.operation.render import render  # noqa: PLC0415  # figures and pages take a second to import

    path = render(home, day, symbols, withheld)
    stamp.write()
    return path


def _forecast(
    home: Home,
    assets: tuple[Asset, ...],
    as_of: pd.Timestamp | None,
    summary: Summary,
    make: Callable[[list[Lacking]], Iterator[Made]],
    progress: Tell,
) -> None:
    """Some assets from their providers to the record."""
    progress(f"fetch {_counted(assets)}")
    told = fetch.side_by_side(home, assets, as_of)
    summary.faults += [line for one in told.values() for line in one.notes]
    lacking, known = [], histories(home, assets)
    for asset in assets:
        progress(f"{asset.symbol}: settle")
        with _withheld(asset, summary):
            if (fault := told[asset.symbol].fault) is not None:
                raise fault
            lacking.append(_lacking(home, known[asset.symbol], as_of, summary))
    fits = sum(len(leg.names) for one in lacking for leg in one.legs)
    if fits:
        progress(f"train {fits} fits of {_counted(assets)}")
    for one in make(lacking):
        _keep(home, one, summary)


@contextmanager
def _withheld(asset: Asset, summary: Summary) -> Iterator[None]:
    """A fault of one asset is its own; one of the database is everybody's."""
    try:
        yield
    except StoreError:
        raise
    except IngestError as fault:
        summary.withheld[asset.symbol] = str(fault)
        if isinstance(fault, (ProviderError, AsOfError, IncompleteWindowError)):
            summary.waiting.add(asset.symbol)


def _lacking(home: Home, history: History, as_of: pd.Timestamp | None, summary: Summary) -> Lacking:
    """Settles what has become known of an asset, and looks what its day lacks."""
    asset = history.asset
    day = origin_of(home, history, as_of)
    if late := stale(home, history, as_of):
        if day > history.last:
            raise AsOfError(late)
        if not any(f"quarantine {asset.symbol}`" in said for said in summary.faults):
            summary.faults.append(late)
    names = home.settings.model_names()
    summary.settled += settle(home.ledger, history, day, home.clock.now(), home.clock.kind)
    bereft = reversed(home.ledger.bereft(asset.symbol))
    gone = {(broken.row["as_of"], broken.row["horizon"]): broken.told for broken in bereft}  # the first of each day
    summary.faults += reversed(gone.values())
    known = home.ledger.recorded(asset.symbol, day, HORIZON)
    missing = tuple(name for name in names if name not in known)
    members = Pools(names, home.settings).members
    scores = home.tracks.of(asset.symbol, members, home.settings, history.beside)
    issuer = Issuer(history, names, home.settings, scores)
    return Lacking.of(issuer, day, names, missing, _holes(home, issuer, names, day))


def _holes(home: Home, issuer: Issuer, names: tuple[str, ...], day: pd.Timestamp) -> list[pd.Timestamp]:
    """The days of the fan that neither a live forecast nor a replay covers."""
    symbol = issuer.past.symbol
    current = {name: config_sha256(home.settings, name) for name in names}
    replayed = home.replays.of(symbol)
    replayed = replayed[replayed["config_sha256"] == replayed["model"].map(current)]
    have = home.ledger.keys(symbol)
    have |= set(zip(replayed["model"], replayed["as_of"], replayed["horizon"], strict=True))
    wanted = last_origins(issuer.past.history, home.settings.report.days, day)
    return [d for d in wanted if any((name, f"{d:%Y-%m-%d}", HORIZON) not in have for name in names)]


def _keep(home: Home, done: Made, summary: Summary) -> None:
    """Records an asset's forecasts, and keeps what was found of its past."""
    issuer, day = done.lacking.issuer, done.lacking.day
    symbol = issuer.past.symbol
    if done.forecasts:
        summary.recorded += home.ledger.record(done.forecasts, home.clock.now(), home.clock.kind)
    for one in done.forecasts:
        if one.reason.startswith(f"{one.model} {STOPPED}"):
            summary.stopped.setdefault(one.reason, []).append(symbol)
    summary.known += len(done.lacking.names) - len(done.lacking.missing)
    home.tracks.keep(symbol, issuer.record.scores, home.settings, issuer.past.history.beside)
    home.replays.add(done.fan)
    summary.as_ofs[symbol] = day
    if still := shown(issuer.past.look(day)).still:
        summary.faults.append(f"{symbol} is stale: its last {still} sessions never moved: {UNQUOTED}")


def _counted(assets: tuple[Asset, ...]) -> str:
    return assets[0].symbol if len(assets) == 1 else f"{len(assets)} assets"
