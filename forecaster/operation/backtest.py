"""Would this have worked? A walk-forward replay of a home's assets, computed, judged and written out."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.issuing.provenance import config_sha256
from forecaster.operation.watchlist import named_market
from forecaster.progress import quiet
from forecaster.records.home import open_home
from forecaster.replay.backends import Means
from forecaster.replay.backtest import columns, last_origins, origins
from forecaster.replay.export import Backtest, export, judged, prepare
from forecaster.replay.run import Request
from ingest.companions import beside
from ingest.errors import AsOfError
from ingest.sessions import as_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forecaster.progress import Tell
    from forecaster.records.trials import Trials
    from forecaster.replay.run import Done
    from forecaster.settings import Settings
    from ingest.history import History

    Day = str | date | pd.Timestamp


def backtest(  # noqa: PLR0913  # an argument each, given by name
    symbols: Sequence[str],
    *,
    last: int | None = None,
    start: Day | None = None,
    end: Day | None = None,
    models: Sequence[str] = (),
    refit_every: int = 20,
    train_window: int | None = None,
    preset: str | None = None,
    backend: str = "serial",
    means: Means = Means(),  # noqa: B008  # frozen
    folder: Path | str | None = None,
    overwrite: bool = False,
    home: Path | str | None = None,
    tell: Tell = quiet,
) -> Backtest:
    """Replays the past of some assets through the daily run's own code.

    Args:
        symbols: Assets of the home.
        last: The last so many targets; else `start` and `end` say which.
        start: First target.
        end: Last target.
        models: Forecasters; those of the settings where empty.
        refit_every: Sessions from one training to the next.
        train_window: Most rows of a fit; the settings' where None.
        preset: A named set of settings.
        backend: Where it is computed, see `forecaster.replay.backends`.
        means: What the backend may use.
        folder: Where the results are written; nowhere that stays where None.
        overwrite: Whether a folder that holds another run is written over.
        home: Where the data live; the usual home where None.
        tell: Told what is being done, and how far it is.

    Returns:
        Tidy tables: `forecasts` and `scores`, with the columns of the export; and the verdicts.

    Raises:
        ForecasterError: Where nothing can be replayed, the folder holds another run, or the backend cannot go on.
        IngestError: For an asset that is not in the store, or days that it does not have.
    """
    asked = {"models": tuple(models), "train_window": train_window, "preset": preset}
    opened = open_home(Path(home) if home else None, {"forecast": {k: v for k, v in asked.items() if v}})
    days = which_days(last, start, end)
    return replayed(
        {symbol: opened.store.history(symbol) for symbol in dict.fromkeys(symbols)},
        opened.settings,
        days,
        refit_every=refit_every,
        backend=backend,
        means=means,
        folder=folder,
        overwrite=overwrite,
        tell=tell,
        trials=opened.trials,
        find=lambda symbol: named_market(opened, symbol),
    )


def which_days(last: int | None, start: Day | None, end: Day | None) -> Callable[[History], list[pd.Timestamp]]:
    """From an asset to its origins: those of its last targets, or of the targets from one day to another.

    Raises:
        ForecasterError: Where neither is said, or both.
        AsOfError: Where the last target is before the first.
    """
    if (last is None) == (start is None and end is None):
        raise ForecasterError(
            "choose the days: either the last N targets (last), or the first and the last of them (start and end; "
            "on the command line --from and --to)"
        )
    first, final = (as_day(day) if day is not None else None for day in (start, end))
    if first is not None and final is not None and final < first:
        raise AsOfError(f"the last target, {end}, is before the first, {start}: swap them")
    if last is not None:
        return lambda history: last_origins(history, last)
    return lambda history: origins(history, first or history.first, final or history.last)


def replayed(  # noqa: PLR0913  # an argument each, given by name
    histories: Mapping[str, History],
    settings: Settings,
    days: Callable[[History], list[pd.Timestamp]],
    *,
    refit_every: int = 20,
    backend: str = "serial",
    means: Means = Means(),  # noqa: B008  # frozen
    folder: Path | str | None = None,
    overwrite: bool = False,
    tell: Tell = quiet,
    trials: Trials | None = None,
    find: Callable[[str], History] | None = None,
) -> Backtest:
    """Replays the past of histories in memory, wherever they come from.

    Args:
        histories: Symbol to history.
        settings: All settings.
        days: From an asset to its origins, see `which_days`.
        refit_every: As in `backtest`.
        backend: The same.
        means: The same.
        folder: The same.
        overwrite: The same.
        tell: The same.
        trials: Where it is counted that these configurations were tried; nowhere where None.
        find: Gives the history of the asset that the settings name as the market, where it is not among them.

    Raises:
        As `backtest`.
    """
    beside_them = beside(histories, settings.forecast.market, find or _absent)
    request = _request(beside_them, settings, days, refit_every)
    if folder is None:
        with tempfile.TemporaryDirectory() as place:
            return _run(request, Path(place), backend, means, overwrite=True, tell=tell, trials=trials)
    result = _run(request, Path(folder), backend, means, overwrite=overwrite, tell=tell, trials=trials)
    assets = {symbol: history.asset for symbol, history in histories.items()}
    export(result, assets, Path(folder), settings.decisions, trials.count() if trials is not None else 0)
    return result


def _companions(histories: Mapping[str, History]) -> dict[str, str]:
    """Who stood beside the assets, in words."""
    said: dict[str, None] = {}
    for history in histories.values():
        beside_it = history.companions
        if beside_it is not None and beside_it.market is not None:
            said[f"{beside_it.market.asset.symbol} as the market"] = None
        elif beside_it is not None:
            said["the mean of the others as the market"] = None
        said |= dict.fromkeys(f"its own {series.name.replace('_', ' ')}" for series in history.own)
    return {"companions": ", ".join(said) or "none"}


def _absent(symbol: str) -> History:
    raise ForecasterError(f"setting forecast.market: {symbol} is not among the assets that are replayed: add it")


def _request(
    histories: Mapping[str, History],
    settings: Settings,
    days: Callable[[History], list[pd.Timestamp]],
    refit_every: int,
) -> Request:
    as_ofs, faults = {}, {}
    for symbol, history in histories.items():
        try:
            as_ofs[symbol] = days(history)
        except AsOfError as fault:
            faults[symbol] = str(fault)
    return Request(histories, as_ofs, settings.model_names(), settings, refit_every, faults)


def computed(
    request: Request, folder: Path, backend: str, means: Means, *, overwrite: bool = False, tell: Tell = quiet
) -> Done:
    """Computes a backtest and writes its forecasts into a folder, as `forecasts.parquet`.

    Raises:
        ForecasterError: Where nothing can be replayed, the folder holds another run, or the backend cannot go on.
    """
    done = request.run(backend, means, prepare(folder, request.key, overwrite=overwrite), tell)
    done.write(folder / "forecasts.parquet")
    return done


def _run(
    request: Request,
    folder: Path,
    backend: str,
    means: Means,
    *,
    overwrite: bool,
    tell: Tell,
    trials: Trials | None,
) -> Backtest:
    done = computed(request, folder, backend, means, overwrite=overwrite, tell=tell)
    forecast = request.settings.forecast
    design = {
        "refit every": f"{request.refit_every} sessions",
        "training window": f"at most {forecast.train_window} rows",
        "preset": forecast.preset,
        "seed": str(forecast.seed),
        **_companions(request.histories),
    }
    tell("verdicts", 0, 0)
    if trials is not None:
        trials.add({name: config_sha256(request.settings, name) for name in request.names}, request.refit_every)
    tried = trials.count() if trials is not None else 0
    return judged(
        pd.read_parquet(folder / "forecasts.parquet", columns=columns()),
        done.withheld,
        design,
        tried,
        request.settings.report.warn_above,
    )
