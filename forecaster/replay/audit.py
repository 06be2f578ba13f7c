"""The leak auditor: is a forecast a function of what was known at its origin, and of nothing else?

At each origin the forecasts are issued once with the history as it is, and again with other futures of it
(`forecaster.replay.futures`). Whatever differs by a byte has leaked: the distribution, the diagnostics, the vintage, or
that a model raises. A walk through the origin is replayed too, with and without the days after it, since there fits are
trained together: forecasts must agree up to rounding, and outcomes as known at their own close exactly.

An audit sees a leak of the rows of a history. What a model knows from elsewhere, such as a file of its own or weights
that were trained before, no future of the rows can show.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.issuing.issue import issue
from forecaster.issuing.track_record import EVERY
from forecaster.replay.backtest import replay
from forecaster.replay.futures import CORRECTED, DELETED, KINDS, PERMUTED, ROWS, TENFOLD, alone, futures
from forecaster.replay.leak import UNCHANGED, Leak
from forecaster.view.arrays import origin, training
from forecaster.view.past import Past
from ingest.errors import IngestError, TooFewRowsError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from forecaster.issuing.forecast import Forecast
    from forecaster.replay.backtest import Replayed
    from forecaster.settings import Settings
    from ingest.history import History

    Issuing = Callable[[History, pd.Timestamp, tuple[str, ...], Settings], Sequence[Forecast]]
    Replaying = Callable[[History, list[pd.Timestamp], tuple[str, ...], Settings, int], Iterable[Replayed]]
    Parts = Mapping[str, object]
    Told = Mapping[str, Parts]
    Way = Callable[[History, pd.Timestamp, tuple[str, ...]], Told]

WALKED = (DELETED, CORRECTED)
"""Futures of a replay: natural ones, since here the days after the origin are forecast from them too."""

ALONE, WALKED_ALONE = KINDS[1:], (TENFOLD, PERMUTED, CORRECTED)
"""Futures of one column, of a forecast and of a replay, which cannot train on closes that are missing."""

CHECKS = 1 + len(KINDS) + 1 + len(WALKED)
"""Checks of one origin, the forecasts that the others are compared with among them."""

ROUNDING = 1e-3
"""Largest difference of quantiles that is rounding, in parts of the central 98 % interval: fits are trained together,
and with others where days are missing."""

TRIES = 20
"""Sessions that are tried for each origin: some have no price of their own, or too little before them to train on."""

RAISED, OWN, DISTRIBUTION = "raised", "own distribution", "distribution"


@dataclass(frozen=True)
class Check:
    """One question asked of one origin.

    Attributes:
        as_of: The origin.
        leaks: What was found, at most one a model.
        silent: Models that have no distribution of their own at this origin, so that little is audited of them.
    """

    as_of: pd.Timestamp
    leaks: tuple[Leak, ...] = ()
    silent: tuple[str, ...] = ()


class Auditor:
    """Audits forecasters on one asset.

    Args:
        history: Every vintage of the asset.
        names: Forecasters, in order.
        settings: All settings.
        seed: Of origins and futures.
        issuing: What is audited: it issues the forecasts of one origin, as `forecaster.issuing.issue.issue` does.
        replaying: The same for many origins, as `forecaster.replay.backtest.replay` does.
    """

    def __init__(
        self,
        history: History,
        names: tuple[str, ...],
        settings: Settings,
        seed: int = 0,
        *,
        issuing: Issuing = issue,
        replaying: Replaying = replay,
    ) -> None:
        """Nothing is issued yet; see the class."""
        self._history, self._names, self._settings, self._seed = history, names, settings, seed
        self._issuing, self._replaying = issuing, replaying

    def origins(self, count: int) -> list[pd.Timestamp]:
        """Random sessions with enough before them to train on and something after, oldest first.

        One of each so many equal parts of the history; none of a part where none of those tried will do.

        Raises:
            TooFewRowsError: Where there is none.
            ConstantSeriesError: A price that never moves.
        """
        days = pd.DatetimeIndex(self._history.frame["session"].unique())
        fewest = self._settings.forecast.minimum_rows
        fault: IngestError = TooFewRowsError(
            f"{self._history.asset.symbol} has {len(days)} sessions, and an audit needs more than {fewest}: "
            "import a longer history"
        )
        past, rng, found = Past(self._history, self._settings.forecast), np.random.default_rng(self._seed), []
        for part in np.array_split(days[fewest:-1].to_numpy(), count):
            for day in pd.DatetimeIndex(rng.permutation(part)[:TRIES]).as_unit("us"):
                try:
                    self._require_forecast(past, day)
                except IngestError as lack:
                    fault = lack
                    continue
                found.append(day)
                break
        if not found:
            raise fault
        return found

    def _require_forecast(self, past: Past, day: pd.Timestamp) -> None:
        """Raises where the day, or the one before it, which a replay begins with, gives no forecast."""
        for as_of in (calendar(self._history.asset.calendar).previous(day), day):
            view = past.look(as_of)
            known = training(view).examples
            origin(view, known.series, known.covariates)

    def checks(self, as_ofs: Sequence[pd.Timestamp]) -> Iterator[Check]:
        """Asks `CHECKS` questions of each origin; fewer where every model was found to leak.

        A model that leaks is named once and then left out.

        Raises:
            ForecasterError: Where a model raises without any change, so that there is nothing to compare.
        """
        truths, names = {}, self._names
        for as_of in as_ofs:
            truths[as_of] = told = self._truth(self._issued, as_of, names)
            yield Check(as_of, silent=tuple(name for name, parts in told.items() if not parts.get(OWN)))
        # Every origin was asked before any is asked again: what a model remembers of later ones then shows.
        for as_of in as_ofs:
            for check in self._of_origin(as_of, truths[as_of], names):
                yield check
                names = tuple(name for name in names if name not in {leak.model for leak in check.leaks})
            if not names:
                return

    def _of_origin(self, as_of: pd.Timestamp, truth: Told, names: tuple[str, ...]) -> Iterator[Check]:
        walked = self._truth(self._walked, as_of, names)
        yield Check(as_of)
        for way, known, kinds in ((self._issued, truth, KINDS), (self._walked, walked, WALKED)):
            cutoff = self._settings.forecast.cutoff_minutes
            for future in futures(self._history, as_of, self._seed, kinds, cutoff):
                told = _attempt(way, future.history, as_of, names)
                moved = {name: what for name in names if (what := _moved(known[name], told[name]))}
                leaks = [self._traced(way, as_of, name, known[name], (future.kind, moved[name])) for name in moved]
                yield Check(as_of, tuple(leaks))
                names = tuple(name for name in names if name not in moved)
                if not names:
                    return

    def _traced(self, way: Way, as_of: pd.Timestamp, name: str, truth: Parts, found: tuple[str, str]) -> Leak:
        """A leak with the first column that shows it alone, where one does."""
        walked = way == self._walked

        def leak(kind: str, column: str, what: str) -> Leak:
            return Leak(self._history.asset.symbol, as_of, name, what, kind, column, walked)

        if what := _moved(truth, _attempt(way, self._history, as_of, (name,))[name]):
            return leak(UNCHANGED, ROWS, what)
        kinds, cutoff = WALKED_ALONE if walked else ALONE, self._settings.forecast.cutoff_minutes
        for future in alone(self._history, as_of, self._seed, kinds, cutoff):
            if what := _moved(truth, _attempt(way, future.history, as_of, (name,))[name]):
                return leak(future.kind, future.column, what)
        kind, what = found
        return leak(kind, ROWS, what)

    def _truth(self, way: Way, as_of: pd.Timestamp, names: tuple[str, ...]) -> Told:
        told = _attempt(way, self._history, as_of, names)
        for name, parts in told.items():
            if RAISED in parts:
                raise ForecasterError(
                    f"{self._history.asset.symbol}, origin {as_of:%Y-%m-%d}: {name} raises {parts[RAISED]}, with "
                    "nothing changed yet: fix that first, or leave it out with --models"
                )
        return told

    def _issued(self, history: History, as_of: pd.Timestamp, names: tuple[str, ...]) -> Told:
        """Every byte of the forecasts of one origin."""
        return {made.model: _parts(made) for made in self._issuing(history, as_of, names, self._settings)}

    def _walked(self, history: History, as_of: pd.Timestamp, names: tuple[str, ...]) -> Told:
        """What a replay says up to an origin: it begins the session before, and trains once more after it."""
        code = calendar(history.asset.calendar)
        days = list(code.sessions(code.previous(as_of), history.last)[: 2 + EVERY])
        told: dict[str, dict[str, object]] = {name: {} for name in names}
        for item in self._replaying(history, days, names, self._settings, EVERY):
            made = item.forecast
            if made.as_of > as_of:
                break
            law = made.predictive
            part = f"{DISTRIBUTION} of {made.target:%Y-%m-%d}"
            told[made.model][part] = np.array(list(law.quantiles.values())) if law is not None else None
            if made.target <= as_of:
                told[made.model][f"outcome of {made.target:%Y-%m-%d}"] = item.y
        return told


def _parts(made: Forecast) -> Parts:
    """Every part of a forecast as a digest of its bytes, the distribution first."""
    law = made.predictive
    others = [field.name for field in fields(made) if field.name != "predictive"]
    return {
        DISTRIBUTION: _digest(law.to_bytes()) if law is not None else "",
        OWN: law is not None and made.diagnostics.stand_in is None,
        **{name: _digest(repr(getattr(made, name)).encode()) for name in others},
        "summary": _digest(repr(made.summary()).encode()),
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _attempt(way: Way, history: History, as_of: pd.Timestamp, names: tuple[str, ...]) -> Told:
    """What each model says; where asking all of them raises, each alone, so that the one at fault is found."""
    try:
        return way(history, as_of, names)
    except Exception as fault:  # whatever the future broke
        if len(names) == 1 or isinstance(fault, IngestError):
            return {name: {RAISED: f"{type(fault).__name__}: {fault}"} for name in names}
    return {name: _attempt(way, history, as_of, (name,))[name] for name in names}


def _moved(truth: Parts, told: Parts) -> str:
    """What differs first, in words; empty where nothing does."""
    if RAISED in told:
        return "" if truth.get(RAISED) == told[RAISED] else f"it raises {told[RAISED]}"
    for part in dict.fromkeys((*truth, *told)):
        if not _same(truth.get(part), told.get(part)):
            return f"its {part.replace('_', ' ')} changed"
    return ""


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return float(np.abs(one - other).max()) <= ROUNDING * float(np.ptp(one))
    return type(one) is type(other) and repr(one) == repr(other)  # NaN is equal to itself
