"""What model cards are made of: the rows of the record that they count, read in pieces, without distributions.

Only forecasts one session ahead are counted. Each is of one kind, and scores of kinds are never added up. *Live* is
what was recorded before its target's close: *proved* where a time stamp from before it covers the row, *claimed* by the
home's own clock alone, *rehearsed* by the clock of a rehearsal. *Later* ones were recorded after it; *replayed* ones
are not of the record at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from forecaster.issuing import diagnostics
from forecaster.issuing.forecast import HORIZON
from forecaster.records.reading import Wanted, pieces
from forecaster.records.replays import REPLAYS
from forecaster.records.standing import CLAIMED, PROVED, REHEARSED, REPLAYED, leads
from forecaster.records.tables import FORECASTS
from forecaster.records.witnesses import against
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Engine

    from forecaster.issuing.diagnostics import Diagnostics
    from forecaster.records.reading import State
    from forecaster.records.standing import Witnessed

LATER = "later"
LIVE = (PROVED, CLAIMED, REHEARSED)
KINDS = {
    PROVED: "live, proved by a time stamp",
    CLAIMED: "live, by the home's own clock",
    REHEARSED: "rehearsed, by a rehearsal's clock",
    LATER: "recorded after the target's close",
    REPLAYED: "replayed, not of the record",
}
"""Kind to what a reader is told of it, in the order in which they count."""
FIGURES = {
    "k_hat": "k-hat of the importance weights",
    "disagreement": "disagreement of twins, posterior sd",
    "elbo_fall": "fall of the ELBO after training, nats",
    "contraction": "contraction from prior to posterior",
}
"""Figures of a fit's own checks that are on record, and what a reader is told that they are."""
_PEERS = ("seq", "symbol", "model", "as_of", "target", "issued_at", "diagnostics", "clock", "y", "crps", "log_score")
_OWN = (*_PEERS, "status", "reason", "config_sha256", "code_version", "in50", "in90")
_CLOSE = ("calendar", "close")
_TOLD = (
    *_CLOSE,
    "source",
    "simulated",
    "attention_kind",
    "series",
    "rows",
    "volatility",
    "novelty",
    "warned",
    *FIGURES,
)
_SCORES = ("y", "crps", "log_score", "in50", "in90")
_REPLAYED = ("symbol", "model", "as_of", "target", "config_sha256", *_SCORES)


@dataclass(frozen=True, eq=False)
class CardRows:
    """Rows of the record, in its order. Those of one model, asset and target are one.

    Attributes:
        own: Of the models whose cards are made: `symbol, model, as_of, target, issued_at, status, reason,
            config_sha256, code_version`, the scores (NaN where not settled), what is told of the inputs and of the fit
            (NaN or None where it is not), `kind`, and `lead`, hours from its recording to the open of its session.
        peers: Scored ones of all models, of the same assets: `symbol, model, target, crps, log_score, kind`.
        replays: Replayed ones of all models: as the peers', and `config_sha256`, `y`, `in50`, `in90`.
        newest: The newest origin of the record, an ISO date; empty where nothing is recorded.
        rehearsal: What a reader must know of the home's clock; empty where it is the real one.
        checked: By which certificates time stamps were checked; empty where none is trusted.
    """

    own: pd.DataFrame
    peers: pd.DataFrame
    replays: pd.DataFrame
    newest: str
    rehearsal: str
    checked: str


def read(engine: Engine, models: Sequence[str], upto: State, witnessed: Witnessed) -> CardRows:
    """Reads what the cards of some models need.

    Args:
        engine: Of the home.
        models: Their ids.
        upto: The state of the record that is read.
        witnessed: What the home can show of when its rows were there.

    Raises:
        StoreError: Where the database cannot be read.
        LedgerError: Where what a forecast says of itself cannot be read.
    """
    shared: dict[str, str] = {}  # most texts stand in many rows
    told = (
        _own_row(row, shared)
        for some in pieces(engine, Wanted(models=models, horizon=HORIZON), _OWN, upto, checked=True)
        for row in some
    )
    own = pd.DataFrame(told, columns=[*(name for name in _OWN if name != "diagnostics"), *_TOLD])
    own = own.assign(
        **{name: own[name].astype(float) for name in (*_SCORES, "rows", "volatility", "novelty", *FIGURES)}
    )
    # The last of each stands for rows that do not say when their target closes.
    dated = own[own["calendar"].notna() & (own["calendar"] != "")]
    calendars = {**dict.fromkeys(own["symbol"]), **dict(zip(dated["symbol"], dated["calendar"], strict=True))}
    seen = (
        _peer_row(row, shared)
        for some in pieces(engine, Wanted(tuple(calendars), horizon=HORIZON), _PEERS, upto, checked=True)
        for row in some
        if row.crps is not None
    )
    peers = pd.DataFrame(seen, columns=[*(name for name in _PEERS if name != "diagnostics"), *_CLOSE])
    newest = _newest(engine, upto)
    standing = partial(_with_kinds, calendars, witnessed)
    checked = against(witnessed.roots) if witnessed.roots else ""
    return CardRows(standing(own), standing(peers), _replays(engine), newest, witnessed.rehearsal, checked)


def _newest(engine: Engine, upto: State) -> str:
    """The newest origin of a state; empty where nothing is recorded."""
    f = FORECASTS.c
    wanted = select(func.max(f.as_of)).where(f.horizon == HORIZON, f.seq + 0 <= upto[FORECASTS.name])
    with reading(engine) as connection:
        return str(connection.execute(wanted).scalar() or "")


def _peer_row(row: Any, shared: dict[str, str]) -> list[Any]:  # noqa: ANN401  # a row of SQLAlchemy
    values = [getattr(row, name) for name in _PEERS if name != "diagnostics"]
    return [_shared(value, shared) for value in (*values, *diagnostics.calendar_and_close(row.diagnostics))]


def _own_row(row: Any, shared: dict[str, str]) -> list[Any]:  # noqa: ANN401  # a row of SQLAlchemy
    values = [_shared(getattr(row, name), shared) for name in _OWN if name != "diagnostics"]
    return values + [_shared(value, shared) for value in _told(diagnostics.read(row.diagnostics))]


def _told(one: Diagnostics) -> Iterator[object]:
    """What a forecast says of its inputs and of its fit, in the order of `_TOLD`."""
    inputs, unlike, figures = one.inputs, one.novelty, one.figures or {}
    asset = inputs.asset if inputs else None
    yield from (asset.calendar, asset.target_close) if asset else (None,) * 2
    yield from (asset.source, asset.simulated, asset.attention_kind) if asset else (None,) * 3
    yield from (", ".join(inputs.series), inputs.rows, inputs.volatility) if inputs else (None,) * 3
    yield from (unlike.percentile, unlike.warned) if unlike else (None, None)
    yield from (figures.get(name) for name in FIGURES)


def _shared(value: object, shared: dict[str, str]) -> object:
    return shared.setdefault(value, value) if isinstance(value, str) else value


def _with_kinds(calendars: Mapping[str, str | None], witnessed: Witnessed, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the kind of each and its lead; a row without a calendar, of an old record, counts as late."""
    kind, lead = np.full(len(rows), LATER, object), np.full(len(rows), np.nan)
    symbols = rows["symbol"].to_numpy(object)
    for symbol, code in calendars.items():
        mine = symbols == symbol
        if code is not None and mine.any():
            own = witnessed.standings(rows[mine], code)
            kind[mine] = own.replace(REPLAYED, LATER).to_numpy(object)
            lead[mine] = leads(rows[mine], code)
    return rows.assign(kind=kind, lead=lead)


def _replays(engine: Engine) -> pd.DataFrame:
    columns = [REPLAYS.c[name] for name in _REPLAYED]
    wanted = select(*columns).where(REPLAYS.c.horizon == HORIZON, REPLAYS.c.crps.is_not(None))
    with reading(engine) as connection:
        found = connection.execute(wanted.order_by(REPLAYS.c.target, REPLAYS.c.symbol, REPLAYS.c.model)).all()
    rows = pd.DataFrame(found, columns=list(_REPLAYED))
    return rows.assign(kind=REPLAYED, lead=np.nan, **{name: rows[name].astype(float) for name in _SCORES})
