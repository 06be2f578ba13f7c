"""A user's frame as the history of an asset, and settings without a home: nothing is read from or written to disk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from forecaster import settings as configuration
from ingest.assets import Asset
from ingest.errors import FrameFaultError
from ingest.first_import import first_import
from ingest.frames.reading import SOURCE, read
from ingest.sessions import calendar as find_calendar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.settings import Settings
    from ingest.history import History
    from ingest.vintages import Appended

MODELS = ("climatology", "garch", "bayesian_linear")
"""What is asked where nobody says which: the floor, what is usual in the field, and a Bayesian regression."""

Tables = dict[str, dict[str, Any]]


class Told(TypedDict, total=False):
    """What the frame itself does not tell.

    Attributes:
        ticker: The one that is wanted where the frame has several.
        close: The name of the column of closes.
        volume: The name of the column of volumes.
        decimal: The decimal mark of numbers in texts, `comma` or `point`.
        timezone: Of times without a zone, such as `Europe/Berlin`.
        dividends: `paid` where closes fall with each dividend, `included` where they are adjusted for them.
        dates: What stands first in dates in texts, `month-first`, `day-first` or `year-first`.
        believe: Whether rows that are hard to believe are taken as they are; else they are left out, and noted.
    """

    ticker: str
    close: str
    volume: str
    decimal: str
    timezone: str
    dividends: str
    dates: str
    believe: bool


class Own(NamedTuple):
    """The history of a user's asset, and what was left out, in sentences."""

    history: History
    notes: tuple[str, ...]


def own_history(data: object, symbol: str, calendar: str, told: Told) -> Own:
    """The history of an asset from a user's frame: each row known at the close of its session.

    Args:
        data: A DataFrame or Series of pandas, polars or pyarrow, or a mapping of columns.
        symbol: The asset's symbol; the frame's ticker where empty.
        calendar: The code of its calendar.
        told: What the frame does not tell.

    Raises:
        FrameFaultError: What is wrong with the frame: the column, the row, and what to do.
        UnknownCalendarError: Nobody knows the calendar.
    """
    days = find_calendar(calendar)
    choices = {name: said for name, said in told.items() if name != "believe"}
    reading, name = read(data, symbol, days, choices)  # type: ignore[arg-type]  # the same keys, less one
    kind = "tweets a day" if reading.rows["tweets"].notna().any() else ""
    asset = Asset(name, calendar=days.code, source=SOURCE, attention_kind=kind)
    believe = told.get("believe", False)
    history, counts = first_import(asset, reading.rows, datetime.now(UTC), reading.basis, believe=believe)
    if history.frame.empty:
        raise FrameFaultError(
            f"{name}: none of its {len(reading.rows)} rows is of a session of {days.code} that is over"
        )
    return Own(history, (*reading.notes, *_left_out(history, counts)))


def own_settings(models: Sequence[str] | str, tables: Mapping[str, Mapping[str, Any]], **forecast: object) -> Settings:
    """Settings without a home: the defaults, what the user says over them, and the environment over both.

    Args:
        models: Forecasters, or one of them; those of the tables, or else `MODELS`, where empty.
        tables: Section to keys, as in forecaster.toml.
        forecast: Keys of the section `forecast`, over both; None for those that are not said.

    Raises:
        SettingsError: For an unknown key (the nearest is named) or a value out of range.
        UnknownNameError: For a preset or a model that does not exist.
    """
    named = (models,) if isinstance(models, str) and models else tuple(models)
    said = {name: value for name, value in {"models": named or None, **forecast}.items() if value is not None}
    given: Tables = {name: dict(keys) for name, keys in tables.items()}
    given["forecast"] = {"models": MODELS, **given.get("forecast", {})}
    return configuration.of_tables(given, {"forecast": said})


def _left_out(history: History, counts: Appended) -> tuple[str, ...]:
    held = [f"{day:%Y-%m-%d}" for day in history.held["session"]]
    days = ", ".join(held[:8]) + (f" and {len(held) - 8} more" if len(held) > 8 else "")  # noqa: PLR2004  # a line's worth
    told = [
        (counts.unfinished, f"{counts.unfinished} rows of sessions that are not over yet, left out"),
        (counts.early, f"{counts.early} rows before the first year of the calendar, left out"),
        (counts.blanked, f"{counts.blanked} of open, high and low left out as hard to believe"),
        (counts.quarantined, f"left out as hard to believe: {days}; correct them, or say believe=True"),
    ]
    return tuple(sentence for count, sentence in told if count)
