"""Settings: one `forecaster.toml` in the home, and environment variables `FORECASTER__SECTION__KEY` over it.

The command line stands over both; a preset fills in what all three leave open.
A key that does not exist is an error that names the nearest one that does. Secrets come from the environment alone
and are never printed.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnparsedVariableError

from forecaster import models, secret_settings, small_files
from forecaster.clock_settings import Clock
from forecaster.compute import Compute
from forecaster.decisions.settings import Decisions
from forecaster.errors import HomeError, SettingsError, UnknownNameError
from forecaster.presets import DEFAULT, PRESETS
from forecaster.privacy import narrow
from forecaster.witness.settings import Witness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from forecaster.contract import ModelSettings

PREFIX = "FORECASTER__"
FILE = "forecaster.toml"
MOST = 2**24
"""Bytes that it may have."""
SeriesName = Literal["price", "volume", "tweets", "open", "high", "low", "market_cap"]


class Section(BaseModel):
    """A table of forecaster.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Attention(Section):
    """Where the attention of one asset comes from."""

    source: str = Field(description="an adapter of ingest.attention, such as wikimedia")
    subject: str = Field(description="what to ask there, in the adapter's words")
    column: str = Field("", description="of a file: the name of its column of counts; empty for the one that may be")
    kind: str = Field("", description="of a file: what is counted; empty for what its column's name says")


class Data(Section):
    """Where data live, and which assets are watched."""

    database: str = Field("", description="SQLAlchemy URL; empty for SQLite in the home", repr=False)
    symbols: tuple[str, ...] = Field((), description="the watchlist; empty for every asset in the store")
    attention: dict[str, Attention] = Field({}, description="asset -> where its attention is fetched from every day")
    renamed: dict[str, str] = Field({}, description="asset -> what its provider calls it now")
    stopped: tuple[str, ...] = Field((), description="assets no longer fetched or forecast, such as delisted ones")


class Forecast(Section):
    """What every forecast shares. Whoever changes a default raises `VERSION`, which `config_sha256` rests on."""

    VERSION: ClassVar[int] = 2
    preset: str = Field(DEFAULT, description="a named set of settings; `study` repeats the original study's")
    models: tuple[str, ...] = Field((), description="forecasters to run; empty for those on by default")
    series: tuple[SeriesName, ...] = Field(("price", "volume", "tweets"), description="series of a window")
    train_window: int = Field(2000, ge=60, description="most recent rows that a fit learns from")
    minimum_rows: int = Field(60, ge=30, description="fewest training rows that a fit accepts")
    half_life: float = Field(11.2, gt=0, description="half-life of the volatility known at the origin, sessions")
    market: str = Field("watchlist", description="whose state the scale sees: the others' mean, an asset, or none")
    cutoff_minutes: float = Field(30.0, ge=0, lt=1440, description="how long after a close companions count")
    track_days: int = Field(500, ge=1, description="sessions of their past by which a pool weighs its members")
    seed: int = Field(0, ge=0, description="seed of every fit")


class Report(Section):
    """What the daily report shows."""

    days: int = Field(30, ge=2, description="sessions in the fan; those a fresh home lacks are replayed")
    novelty: Literal["mahalanobis", "autoencoder"] = Field("mahalanobis", description="how unlike its past a day is")
    warn_above: float = Field(0.99, gt=0, le=1, description="part of the training rows beyond which a day is unlike")


class Schedule(Section):
    """When the daily run happens."""

    delay_minutes: float = Field(30.0, ge=0, description="wait after each calendar's close")
    lease_minutes: float = Field(15.0, gt=0, description="how long a claimed run may be silent before another takes it")
    catch_up: int = Field(10, ge=0, description="most missed sessions to catch up on at the start")


class Settings(BaseSettings):
    """All settings, with their defaults.

    Attributes:
        data: Database and watchlist.
        forecast: What every forecast shares.
        models: A table for each forecaster, checked against its own `Settings`.
        compute: Where fits are trained.
        report: The daily report.
        schedule: The daily run.
        decisions: Positions from a backtest's forecasts.
        clock: A clock for rehearsals.
        witness: Who witnesses the record.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__", hide_input_in_errors=True
    )

    data: Data = Data()
    forecast: Forecast = Forecast()
    models: dict[str, dict[str, Any]] = {}
    compute: Compute = Compute()
    report: Report = Report()
    schedule: Schedule = Schedule()
    decisions: Decisions = Decisions()
    clock: Clock = Clock()
    witness: Witness = Witness()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment stands over the file, which arrives as arguments."""
        return env_settings, init_settings

    def model(self, name: str) -> ModelSettings:
        """The settings of one forecaster: its defaults, the preset's over them, the user's over both."""
        own = {**PRESETS[self.forecast.preset].get("models", {}).get(name, {}), **self.models.get(name, {})}
        checked: ModelSettings = _checked(models.load(name).Settings, own, f"models.{name}")
        return checked

    def members(self, name: str) -> tuple[str, ...]:
        """The forecasters that one's forecasts are made of; none where it makes its own.

        Raises:
            UnknownNameError: For a member that is no forecaster.
            SettingsError: For a member that is made of others itself.
        """
        members = tuple(getattr(self.model(name), "members", ()))
        for member in members:
            if models.pool(member) is not None:
                raise SettingsError(
                    f"setting models.{name}.members: {member} is itself a combination of others: leave it out"
                )
        return members

    def model_names(self) -> tuple[str, ...]:
        """The forecasters to run, checked."""
        for name in self.forecast.models:
            models.check(name)
        return self.forecast.models or models.by_default()


def located(given: Path | None = None) -> Path:
    """The data folder, which may not be there: the one given, else FORECASTER_HOME, else the user data folder.

    Raises:
        HomeError: Where it is that of a user who does not exist.
    """
    named = given or os.environ.get("FORECASTER_HOME") or platformdirs.user_data_dir("forecaster", appauthor=False)
    try:
        return Path(named).expanduser()
    except RuntimeError as fault:  # of nobody
        raise HomeError(f"the home {named} cannot be found: nobody here has that name; write the whole path") from fault


def home(given: Path | None = None) -> Path:
    """The data folder for whoever writes: made where it is not there, and its owner's alone; see `located`.

    Raises:
        HomeError: Where it cannot be made or written to.
    """
    folder = located(given)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass  # it can be written to
    except OSError as fault:
        raise HomeError(
            f"the home {folder} cannot be written to ({fault.strerror}): choose another with --home DIR or "
            "FORECASTER_HOME, or free some space"
        ) from fault
    narrow(folder)
    return folder


def read(folder: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """Reads the settings of a home.

    Args:
        folder: The home; a missing forecaster.toml means the defaults.
        overrides: Section to keys, over the file (from the command line).

    Raises:
        SettingsError: For a file that is no TOML, an unknown key (the nearest is named) or a value out of range.
    """
    file = folder / FILE
    try:
        tables: dict[str, Any] = tomllib.loads(small_files.read(file, MOST).decode()) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as fault:
        why = "a value in it is nested too deep" if isinstance(fault, RecursionError) else fault
        raise SettingsError(f"{file} cannot be read: {getattr(fault, 'strerror', why)}") from fault
    secret_settings.refuse(file, tables, PREFIX)
    return of_tables(tables, overrides)


def of_tables(tables: Mapping[str, Any], overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """Settings from the tables of a forecaster.toml, wherever they stand; the environment is over them.

    Args:
        tables: Section to keys; what is not there has its default.
        overrides: Section to keys, over both.

    Raises:
        SettingsError: For an unknown key (the nearest is named) or a value out of range.
        UnknownNameError: For a preset or a model that does not exist.
    """
    _refuse_unknown_variables()
    preset = _overridden(_checked(Settings, tables, ""), overrides or {}).forecast.preset
    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    shared = {**PRESETS[preset].get("forecast", {}), **tables.get("forecast", {})}
    settings = _overridden(_checked(Settings, {**tables, "forecast": shared}, ""), overrides or {})
    settings.model_names()
    for name in settings.models:
        settings.model(name)
    return settings


def _overridden(settings: Settings, overrides: Mapping[str, Mapping[str, Any]]) -> Settings:
    """The settings with keys of some sections replaced, checked again."""
    changed = {
        name: _checked(type(section), {**section.model_dump(), **overrides[name]}, name)
        for name, section in ((name, getattr(settings, name)) for name in overrides)
    }
    return settings.model_copy(update=changed)


def _refuse_unknown_variables() -> None:
    """An environment variable with our prefix that names no section is a typing error, not a wish to be ignored."""
    for variable in map(str.upper, os.environ):
        section = variable.removeprefix(PREFIX).split("__")[0].lower()
        if variable.startswith(PREFIX) and section not in Settings.model_fields:
            raise UnknownNameError("settings section", section, Settings.model_fields)


def _checked(kind: type[Any], values: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401  # any pydantic model
    try:
        return kind(**values)
    except ValidationError as fault:
        raise SettingsError(_line(kind, fault.errors()[0], place)) from fault
    except UnparsedVariableError as fault:
        section = str(fault).split('"')[1]
        raise SettingsError(
            f"the variables {PREFIX}{section.upper()}... cannot be read: write a list as JSON, such as "
            f"""{PREFIX}FORECAST__MODELS='["climatology"]'"""
        ) from fault


def _line(kind: type[BaseModel], error: ErrorDetails, place: str) -> str:
    path = [str(part) for part in error["loc"]]
    key = ".".join([place, *path] if place else path)
    if error["type"] != "extra_forbidden":
        secret = {path[0], place} & set(secret_settings.SECTIONS)
        shown = "" if secret else f" (it is {error['input']!r})"
        if error["type"] == "tuple_type":
            return f'setting {key} is not a list: write it in brackets, such as ["SPX"]{shown}'
        return f"setting {key}: {error['msg'][0].lower()}{error['msg'][1:]}{shown}"
    known = _fields_at(kind, path[:-1])
    near = get_close_matches(path[-1], known, n=1, cutoff=0.3)
    offer = (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}." if known else "there are none here."
    )
    return f"setting {key} does not exist: {offer}"


def _fields_at(kind: type[BaseModel], path: list[str]) -> list[str]:
    inner: Any = kind
    for part in path:
        table = isinstance(inner, type) and issubclass(inner, BaseModel)  # else one of tables, with keys of the user's
        inner = inner.model_fields[part].annotation if table else get_args(inner)[1]
    return list(inner.model_fields)
