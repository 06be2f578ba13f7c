"""Forecasts of the next session from a user's frame: what the daily run would issue from the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.frames.forecasts import Forecasts
from forecaster.frames.own import Told, own_history, own_settings
from forecaster.issuing.issue import issue
from ingest.sessions import as_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Unpack

    import pandas as pd


def forecast(  # an argument each, given by name
    data: object,
    *,
    calendar: str = "XNYS",
    models: Sequence[str] | str = (),
    as_of: str | date | pd.Timestamp | None = None,
    symbol: str = "",
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    **told: Unpack[Told],
) -> Forecasts:
    """Forecasts how the price changes by the close of the session after `as_of`, as a distribution from each model.

    Nothing is read from a home, and nothing is written. A row counts as known at the close of its session; rows of
    sessions that are not over are left out.

    Args:
        data: Closes with dates, or a table with the columns of a file of prices (Close, and Open, High, Low, Adj Close,
            Volume, Dividends, Stock Splits where there are): a DataFrame or Series of pandas, polars or pyarrow.
        calendar: The code of the exchange, `24/7` or `24/5`.
        models: Forecasters; climatology, garch and bayesian_linear where empty.
        as_of: The last session whose rows may be used; the last that the data have where None.
        symbol: What the asset is called; the data's ticker where empty. The seeds of fits depend on it.
        settings: Section to keys, as in forecaster.toml, such as `{"forecast": {"train_window": 500}}`.
        **told: What the data do not tell: `ticker`, `close`, `volume`, `decimal`, `timezone`, `dividends`, `dates`,
            `believe`.

    Raises:
        FrameFaultError: What is wrong with the data: the column, the row by its label, and what to do.
        TooFewRowsError: Too short a history; it says how many rows would do.
        AsOfError: Where the data do not cover `as_of`.
        UnknownNameError: For a model that does not exist, with the nearest.
        SettingsError: For settings that do not hold.
    """
    chosen = own_settings(models, settings or {})
    history, notes = own_history(data, symbol, calendar, told)
    origin = history.last if as_of is None else as_day(as_of)
    return Forecasts(issue(history, origin, chosen.model_names(), chosen), notes)
