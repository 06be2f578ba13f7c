"""A walk-forward replay of a user's frame, or of a home's symbols: one computation, kept nowhere or in the home."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecaster.errors import UnknownNameError, named
from forecaster.evaluation.references import in_order
from forecaster.frames.leaders import leaderboard
from forecaster.frames.own import Told, own_history, own_settings, without_widgets
from forecaster.frames.pages import as_html
from forecaster.operation import backtest as operation
from forecaster.progress import quiet
from forecaster.replay.backends import Means
from forecaster.replay.export import Backtest
from ingest.errors import FrameFaultError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Unpack

    from matplotlib.axes import Axes

    from forecaster.progress import Tell

    Day = str | date | pd.Timestamp

FILES = frozenset({".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods", ".json", ".parquet", ".gz", ".zip"})
"""Ends of names of files, which no symbol has: a file is a frame that is still to be read."""


@dataclass(frozen=True, eq=False, repr=False)
class Replayed(Backtest):
    """A finished backtest, as tables and as drawings.

    Attributes:
        forecasts: A row a symbol, model and target: quantiles, outcome and scores.
        scores: `symbol` and the means of each model, as the scoreboard of a report has them.
        verdicts: Symbol to what the scores are evidence of; `.sentences` says it in words.
        withheld: Symbol to why it was not replayed.
        design: Label and value pairs that say what was run.
        notes: What was left out of a frame, in sentences.
    """

    notes: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Mean scores, a row a symbol and model: changes are fractions, log scores nats, lower is better."""
        return self.scores.drop(columns="origin").set_index(["symbol", "model"])

    def plot(self, model: str = "", symbol: str = "", ax: Axes | None = None) -> Axes:
        """One model's forecasts as 50 and 90 per cent intervals, with what happened.

        Args:
            model: Which; the first of those that are judged where empty.
            symbol: Which asset; the first where empty.
            ax: Where to draw; new axes where None.

        Returns:
            The axes.

        Raises:
            UnknownNameError: For a model or a symbol that was not replayed.
        """
        from forecaster.frames.drawing import intervals  # noqa: PLC0415  # it brings matplotlib

        scored = self.forecasts.dropna(subset=["q50"])
        own = _of(scored, "symbol", symbol or str(scored["symbol"].iloc[0]))
        chosen = model or in_order(own["model"].unique())[0]
        rows = _of(own, "model", chosen).sort_values("target_date")
        return intervals(rows, chosen, str(rows["symbol"].iloc[0]), ax)

    def __repr__(self) -> str:
        """The leaderboard and the verdicts as text, for a console and for `print`."""
        shown, caption, sentences = self._shown()
        return "\n".join((caption, shown.to_string(), *sentences))

    def _repr_html_(self) -> str:
        """The leaderboard, and the verdicts in words."""
        return as_html(*self._shown())

    def _shown(self) -> tuple[pd.DataFrame, str, tuple[str, ...]]:
        board = leaderboard(self)
        shown = pd.DataFrame({"days": board["days"], "CRPS, %": [f"{100 * v:.4f}" for v in board["crps"]]})
        shown["skill"] = ["" if pd.isna(v) else f"{v:+.1%}" for v in board["skill_climatology"]]
        shown["log score"] = [f"{v:.3f}" for v in board["log_score"]]
        shown["verdict"] = board["verdict"]
        labels = pd.Index([f"{symbol} {model}" for symbol, model in board.index], name="model")
        sentences = [sentence for judgement in self.verdicts.values() for sentence in judgement.sentences]
        caption = "Mean scores over replayed days; skill is against climatology"
        return shown.set_axis(labels), caption, (*self.notes, *sentences, *named(self.withheld))


def backtest(  # noqa: PLR0913  # an argument each, given by name
    data: object,
    *,
    last: int | None = None,
    start: Day | None = None,
    end: Day | None = None,
    models: Sequence[str] | str = (),
    refit_every: int = 20,
    train_window: int | None = None,
    preset: str | None = None,
    backend: str = "serial",
    means: Means = Means(),  # noqa: B008  # frozen
    folder: Path | str | None = None,
    overwrite: bool = False,
    tell: Tell = quiet,
    home: Path | str | None = None,
    calendar: str = "",
    symbol: str = "",
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    **told: Unpack[Told],
) -> Replayed:
    """Replays the past, day by day, from what was known then, and scores each forecast against what happened.

    Args:
        data: A user's frame, see `forecast`; or symbols of a home, such as `["^GSPC"]`.
        last: The last so many targets; else `start` and `end` say which.
        start: First target.
        end: Last target.
        models: Forecasters; where empty, those of `forecast` for a frame, and those of the home for its symbols.
        refit_every: Sessions from one training to the next.
        train_window: Most rows of a fit; the settings' where None.
        preset: A named set of settings.
        backend: Where it is computed: `serial`, `processes` or `dask`.
        means: What the backend may use.
        folder: Where results and a report are written; nowhere that stays where None.
        overwrite: Whether a folder that holds another run is written over.
        tell: Told what is being done, and how far it is.
        home: Where the data of symbols live; the usual home where None.
        calendar: Of a frame, `XNYS` where empty.
        symbol: What the asset of a frame is called; its ticker where empty.
        settings: Of a frame: section to keys, as in forecaster.toml.
        **told: What a frame does not tell, see `forecast`.

    Raises:
        FrameFaultError: What is wrong with the frame; or an argument of frames beside symbols, or of homes beside a
            frame.
        ForecasterError: Where nothing can be replayed, the folder holds another run, or the backend cannot go on.
        IngestError: For an asset that is not in the store, or days that it does not have.
    """
    chosen = (models,) if isinstance(models, str) and models else tuple(models)
    shared: dict[str, Any] = {"refit_every": refit_every, "backend": backend, "means": means}
    shared |= {"folder": folder, "overwrite": overwrite, "tell": tell}
    symbols = _symbols(data)
    if symbols:
        _refuse({"calendar": calendar, "symbol": symbol, "settings": settings, **told}, "symbols of a home", "its own")
        days: dict[str, Any] = {"last": last, "start": start, "end": end}
        over: dict[str, Any] = {"models": chosen, "train_window": train_window, "preset": preset, "home": home}
        with without_widgets():
            return _replayed(operation.backtest(symbols, **days, **over, **shared), ())
    _refuse({"home": home}, "a frame", "none")
    days_of = operation.which_days(last, start, end)
    made = own_settings(chosen, settings or {}, train_window=train_window, preset=preset)
    history, notes = own_history(data, symbol, calendar or "XNYS", told)
    with without_widgets():
        return _replayed(operation.replayed({history.asset.symbol: history}, made, days_of, **shared), notes)


def _symbols(data: object) -> tuple[str, ...]:
    """The symbols, where these are some; nothing where it is a frame."""
    if isinstance(data, str) and Path(data).suffix.lower() in FILES:
        return ()  # a file, which is refused as a frame: no symbol ends like this
    listed = (data,) if isinstance(data, str) else tuple(data) if isinstance(data, list | tuple) else ()
    named = tuple(one for one in listed if isinstance(one, str))
    return named if len(named) == len(listed) else ()


def _refuse(given: Mapping[str, object], beside: str, has: str) -> None:
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise FrameFaultError(f"{wrong[0]} says nothing of {beside}, which has {has}: leave it out")


def _replayed(found: Backtest, notes: tuple[str, ...]) -> Replayed:
    return Replayed(**{field.name: getattr(found, field.name) for field in fields(Backtest)}, notes=notes)


def _of(rows: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    own = rows[rows[column] == value]
    if own.empty:
        raise UnknownNameError(f"{column} of this backtest", value, rows[column].unique())
    return own
