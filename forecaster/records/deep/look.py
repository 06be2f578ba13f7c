"""The tables of the record held against each other, and against the vintages that they were made from.

A chain shows that the rows of one table are those that were written. That they belong together is another matter: a
score needs its forecast and its outcome, an outcome a forecast with its target, and a forecast whose outcome is on
record its score; figures and scores follow from the stored distribution (`figures`), `data_vintage` and outcomes
from the vintages in the store (`vintages`).

One asset is looked at after another, each in short transactions; what is kept meanwhile are its outcomes and the keys
of its forecasts, and a piece of its distributions.
"""

from __future__ import annotations

from datetime import date, datetime
from sys import intern
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from forecaster.evaluation.scoring import VERSIONS, row_of
from forecaster.issuing.diagnostics import calendar_and_close, companions_of
from forecaster.records.chain import Break
from forecaster.records.clocks import TOLERANCE
from forecaster.records.columns import SCORES, SUMMARY
from forecaster.records.deep import vintages as deep_vintages
from forecaster.records.deep.figures import score_fault, summary_fault
from forecaster.records.deep.ground import Doubt, Origin
from forecaster.records.reading import Wanted, numbered, same
from forecaster.records.tables import FORECASTS, KEY, OUTCOME_KEY, OUTCOMES, SCORED, TABLES
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Engine

    from forecaster.records.reading import State

    Outcomes = Mapping[tuple[str, int], Mapping[str, Any]]
    """Origin and horizon to the row."""

_ORIGIN = [name for name in Origin._fields if name not in {"calendar", "close", "beside"}]
_ORDER = [table.name for table in TABLES]


def look(engine: Engine, upto: State) -> list[Break]:
    """What does not hold between the tables of a record whose chains hold, in order of table and number.

    What cannot be recomputed any more, and is no fault, is a `Doubt`.

    Args:
        engine: Of the home.
        upto: The state that is looked at.

    Raises:
        StoreError: Where the database cannot be read.
    """
    found = [broken for symbol in _symbols(engine, upto) for broken in _of_asset(engine, symbol, upto)]
    return sorted(found, key=lambda broken: (_ORDER.index(broken.table), broken.seq))


def _symbols(engine: Engine, upto: State) -> list[str]:
    with reading(engine) as connection:
        found = [
            connection.execute(select(table.c.symbol).where(table.c.seq <= upto[table.name]).distinct()).scalars().all()
            for table in (FORECASTS, OUTCOMES, SCORED)
        ]
    return sorted(set().union(*found))


def _of_asset(engine: Engine, symbol: str, upto: State) -> Iterator[Break]:
    """What does not hold of an asset."""
    outcomes = _outcomes(engine, symbol, upto)
    settled = {(row["as_of"], row["horizon"]): row for row in outcomes}
    origins: list[Origin] = []
    for row, score in _forecasts(engine, symbol, upto):
        calendar, close = map(intern, calendar_and_close(row["diagnostics"]))
        beside = companions_of(row["diagnostics"])
        origins.append(Origin(**{name: row[name] for name in _ORIGIN}, calendar=calendar, close=close, beside=beside))
        if broken := _forecast_fault(row, score, settled):
            yield broken
    yield from _alone(engine, symbol, upto)
    issued = {(origin.as_of, origin.horizon) for origin in origins}
    for row in outcomes:
        if (row["as_of"], row["horizon"]) not in issued:
            yield Break(OUTCOMES.name, row["seq"], row, "there is no forecast that it is the outcome of")
    undated = [_undated(FORECASTS.name, origin._asdict()) for origin in origins]
    undated += [_undated(OUTCOMES.name, row) for row in outcomes]
    if odd := [broken for broken in undated if broken]:
        yield from odd
    else:
        yield from deep_vintages.faults(engine, symbol, origins, outcomes)


def _outcomes(engine: Engine, symbol: str, upto: State) -> list[Mapping[str, Any]]:
    o = OUTCOMES.c
    wanted = select(OUTCOMES).where(o.symbol == symbol, o.seq <= upto[OUTCOMES.name]).order_by(o.seq)
    with reading(engine) as connection:
        return [{**row} for row in connection.execute(wanted).mappings()]


def _forecasts(
    engine: Engine, symbol: str, upto: State
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
    """Its forecasts in order of record, with their scores."""
    own = [FORECASTS.c[name] for name in (*_ORIGIN, "issued_at", "predictive", "diagnostics", *SUMMARY)]
    theirs = [SCORED.c[name].label(f"score_{name}") for name in ("seq", "version", *SCORES)]
    joined = FORECASTS.outerjoin(SCORED, and_(same(FORECASTS, SCORED, KEY), SCORED.c.seq <= upto[SCORED.name]))
    query = select(*own, *theirs).select_from(joined).order_by(FORECASTS.c.seq)
    for piece in numbered(engine, Wanted((symbol,)), upto[FORECASTS.name]):
        with reading(engine) as connection:
            rows = [{**row} for row in connection.execute(query.where(piece)).mappings()]
        for row in rows:
            yield row, row if row["score_seq"] is not None else None


def _forecast_fault(row: Mapping[str, Any], score: Mapping[str, Any] | None, settled: Outcomes) -> Break | None:
    """The first thing that does not hold of a forecast and its scores."""
    predictive, said = summary_fault(row)
    if said:
        return Break(FORECASTS.name, row["seq"], _key(row), said)
    outcome = settled.get((row["as_of"], row["horizon"]))
    if score is None:
        lacks = predictive is not None and outcome is not None and _was_waiting(row, outcome)
        return (
            Break(FORECASTS.name, row["seq"], _key(row), "its outcome is on record without its score")
            if lacks
            else None
        )
    if predictive is None:
        return Break(
            SCORED.name, score["score_seq"], _key(row), "its forecast has no distribution that could be scored"
        )
    if outcome is None:
        return None  # told by `_alone`
    version = score["score_version"]
    if version is not None and version not in VERSIONS:
        said = f"its scores are of version {version}, which this program does not know"
        return Doubt(SCORED.name, score["score_seq"], _key(row), said, "update the program")
    scores = {name: score[f"score_{name}"] for name in SCORES}
    said = score_fault(predictive, outcome["y"], scores, version, row_of(row["symbol"], row["target"]))
    return Break(SCORED.name, score["score_seq"], _key(row), said) if said else None


def _was_waiting(row: Mapping[str, Any], outcome: Mapping[str, Any]) -> bool:
    """Whether a forecast was on record when its outcome was settled: all that were are scored with it.

    One that is recorded later is scored by the next run.
    """
    try:
        issued, settled = (datetime.fromisoformat(text) for text in (row["issued_at"], outcome["settled_at"]))
        return issued + TOLERANCE < settled
    except (TypeError, ValueError):
        return True


def _alone(engine: Engine, symbol: str, upto: State) -> Iterator[Break]:
    """Scores without their forecast or without their outcome."""
    s = SCORED.c
    wanted = (
        select(*(s[name] for name in ("seq", *KEY)), FORECASTS.c.seq.label("forecast"))
        .select_from(
            SCORED.outerjoin(FORECASTS, and_(same(SCORED, FORECASTS, KEY), FORECASTS.c.seq <= upto[FORECASTS.name]))
            .outerjoin(OUTCOMES, and_(same(SCORED, OUTCOMES, OUTCOME_KEY), OUTCOMES.c.seq <= upto[OUTCOMES.name]))
        )
        .where(s.symbol == symbol, s.seq <= upto[SCORED.name])
        .where(or_(FORECASTS.c.seq.is_(None), OUTCOMES.c.seq.is_(None)))
        .order_by(s.seq)
    )  # fmt: skip
    with reading(engine) as connection:
        rows = connection.execute(wanted).mappings().all()
    for row in rows:
        gone = "forecast" if row["forecast"] is None else "outcome"
        yield Break(SCORED.name, row["seq"], {**row}, f"its {gone} is not on record")


def _undated(table: str, row: Mapping[str, Any]) -> Break | None:
    """Why nothing can be looked up for a row, where its days or its horizon are none."""
    try:
        dated = date.fromisoformat(row["as_of"]) < date.fromisoformat(row["target"])
    except (TypeError, ValueError):
        dated = False
    sound = dated and row["horizon"] > 0
    return None if sound else Break(table, row["seq"], row, "its origin, target or horizon is none")


def _key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in KEY}
