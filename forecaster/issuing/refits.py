"""Trainings far between, and the days that are forecast from each of them.

Training every day costs much and changes little. So a model that was trained on one day also forecasts from the days
after it, from each day's own window, until it is trained anew. The days of training are those whose number in the
asset's calendar is a multiple of a distance: where a walk over the past begins changes none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.issuing.fitting import answers
from forecaster.issuing.training import train_each, untrained
from forecaster.view.arrays import training
from ingest.errors import AsOfError, CalendarRangeError, IncompleteWindowError, IngestError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from forecaster.issuing.fitting import Ask
    from forecaster.issuing.training import Trained
    from forecaster.settings import Settings
    from forecaster.view.past import Past
    from forecaster.view.view import View

AT_ONCE = 64
"""Trainings in one go: enough to share a step's cost, few enough for memory and the wait for the first row."""


@dataclass(frozen=True)
class Leg:
    """A training of some models and the days that are forecast from it.

    Attributes:
        symbol: The asset.
        fitted_at: The session at which they are trained.
        names: The models.
        scored: Days whose forecasts count in a track record.
        issued: Days whose forecasts are wanted themselves.
        live: Whether it is the day's own: its forecasts tell what moved them.
    """

    symbol: str
    fitted_at: pd.Timestamp
    names: tuple[str, ...]
    scored: tuple[pd.Timestamp, ...] = ()
    issued: tuple[pd.Timestamp, ...] = ()
    live: bool = False


def trainings(past: Past, days: Iterable[pd.Timestamp], every: int) -> dict[pd.Timestamp, tuple[pd.Timestamp, ...]]:
    """Each training's days, oldest first; days before the first possible training are left out.

    A day is forecast from the latest session up to it that has a price and a number in the calendar that `every`
    divides.
    """
    found: dict[pd.Timestamp, list[pd.Timestamp]] = {}
    known: dict[int, pd.Timestamp | None] = {}
    code = calendar(past.history.asset.calendar)
    for day in days:
        turn = code.ordinal(day) // every
        if turn not in known:
            known[turn] = _latest(past, day, every)
        if (at := known[turn]) is not None:
            found.setdefault(at, []).append(day)
    return {at: tuple(own) for at, own in found.items()}


def _latest(past: Past, day: pd.Timestamp, every: int) -> pd.Timestamp | None:
    """The latest day of training up to a day, None where there is none."""
    code, back = calendar(past.history.asset.calendar), None
    try:
        while True:
            back = code.ordinal(day) % every if back is None else every
            for _ in range(back):
                day = code.previous(day)
            try:
                past.look(day)
            except IncompleteWindowError:
                continue
            return day
    except (AsOfError, CalendarRangeError):
        return None


def lack(view: View) -> str:
    """What a fit at a view's day lacks to learn from, empty where there is enough."""
    try:
        training(view)
    except IngestError as fault:
        return str(fault)
    return ""


def able(past: Past, day: pd.Timestamp) -> bool:
    """Whether a day has a price of its own, and enough before it to learn from."""
    try:
        return not lack(past.look(day))
    except IngestError:
        return False


def in_groups(legs: Sequence[Leg]) -> list[Sequence[Leg]]:
    """Those that are trained in one go, in order."""
    return [legs[start : start + AT_ONCE] for start in range(0, len(legs), AT_ONCE)]


def fits(
    pasts: Mapping[str, Past], legs: Sequence[Leg], settings: Settings, ask: Ask = answers
) -> list[Mapping[str, Trained]]:
    """Trains the models of some legs, of whichever assets, all at once; each from what was known at its own session.

    Returns:
        The trained models of each leg, in order; where there is not enough to learn from, what says so.
    """
    views = [pasts[leg.symbol].look(leg.fitted_at) for leg in legs]
    reasons = [lack(view) for view in views]
    able = [i for i, reason in enumerate(reasons) if not reason]
    trained = train_each([(views[i], legs[i].names) for i in able], settings, ask)
    found: dict[int, Mapping[str, Trained]] = dict(zip(able, trained, strict=True))
    for i, reason in enumerate(reasons):
        if reason:
            found[i] = untrained(views[i], legs[i].names, settings, reason)
    return [found[i] for i in range(len(legs))]
