"""A user's frame as the history of an asset, and settings without a home: nothing is read from or written to disk."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from forecaster import settings as configuration
from forecaster.errors import SettingsError
from ingest.assets import Asset
from ingest.checks import findings
from ingest.errors import FrameFaultError, nearest
from ingest.first_import import first_import
from ingest.frames.reading import SOURCE, read
from ingest.frames.reading import Told as Choosing
from ingest.sessions import calendar as find_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.settings import Settings
    from ingest.history import History
    from ingest.vintages import Appended

MODELS = ("climatology", "garch", "bayesian_linear")
"""What is asked where nobody says which: the floor, what is usual in the field, and a Bayesian regression."""

SERIOUS = ("unadjusted split", "hundredfold slip", "stale tail")
"""Findings that a forecast should not be read without."""

SHARED = ("as_of", "calendar", "models", "settings", "symbol")
"""Arguments that are not of the frame, offered where one of them was meant."""

Tables = dict[str, dict[str, Any]]


class Told(Choosing, total=False):
    """What the frame itself does not tell, and what to believe of it.

    Attributes:
        believe: Whether rows that are implausible are taken as they are; else they are left out, and noted.
    """

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
        TypeError: An argument that there is not.
    """
    known = [*get_type_hints(Told), *SHARED]
    for name in told:
        if name not in known:
            raise TypeError(f"there is no argument {name!r}: {nearest(name, known)}; help(forecaster) lists all")
    days = find_calendar(calendar)
    choices = {name: said for name, said in told.items() if name != "believe"}
    reading, name = read(data, symbol, days, choices)  # type: ignore[arg-type]  # the same keys, less one
    kind = "tweets a day" if reading.rows["tweets"].notna().any() else ""
    asset = Asset(name, calendar=days.code, source=SOURCE, attention_kind=kind)
    believe = told.get("believe", False)
    history, counts = first_import(asset, reading.rows, datetime.now(UTC), reading.basis, believe=believe)
    if history.frame.empty:
        raise FrameFaultError(
            f"{name}: none of its {len(reading.rows)} rows is a finished session of {days.code}: check the "
            "calendar and the dates"
        )
    seen = [one for one in findings(history.newest(), days) if one.check in SERIOUS]
    told_of = tuple(f"{one.detail}: {one.remedy}" for one in seen)
    return Own(history, (*reading.notes, *_left_out(history, counts), *told_of))


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
    named = (models,) if isinstance(models, str) and models else tuple(models or ())
    said = {name: value for name, value in {"models": named or None, **forecast}.items() if value is not None}
    for name, keys in tables.items():
        if not isinstance(keys, Mapping):
            raise SettingsError(f"settings hold tables, and {name!r} is a key: {_tabled(name, keys)}")
    given: Tables = {name: dict(keys) for name, keys in tables.items()}
    given["forecast"] = {"models": MODELS, **given.get("forecast", {})}
    return configuration.of_tables(given, {"forecast": said})


@contextmanager
def without_widgets() -> Iterator[None]:
    """In a notebook without widgets, a library that Pyro brings complains of it when it is imported; none is used."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")
        yield


def _tabled(key: str, value: object) -> str:
    """Where a key belongs that stands outside of every table.

    >>> _tabled("train_window", 500)
    "write {'forecast': {'train_window': 500}}"
    >>> _tabled("windw", 500)
    "write {'forecast': {'windw': 500}}"
    """
    sections = configuration.Settings.model_fields
    owner = next(
        (name for name in sections if key in getattr(sections[name].annotation, "model_fields", {})), "forecast"
    )
    return f"write { ({owner: {key: value}}) }"


def _left_out(history: History, counts: Appended) -> tuple[str, ...]:
    held = [f"{day:%Y-%m-%d}" for day in history.held["session"]]
    days = ", ".join(held[:8]) + (f" and {len(held) - 8} more" if len(held) > 8 else "")  # noqa: PLR2004  # a line's worth
    told = [
        (counts.unfinished, f"{counts.unfinished} rows of sessions that are not over yet, left out"),
        (counts.early, f"{counts.early} rows before the first year of the calendar, left out"),
        (counts.blanked, f"{counts.blanked} of open, high and low left out as implausible"),
        (counts.quarantined, f"left out as implausible: {days}; correct them, or say believe=True"),
    ]
    return tuple(sentence for count, sentence in told if count)
