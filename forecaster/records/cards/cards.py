"""Model cards from the record, one a model and version: what it is, what it was worth, and when to look at it again.

A model's *version* is the hash of its settings (`config_sha256`), which its forecasts carry; versions are counted in
the order in which the record first has them. A card is a function of a state of the record and of the settings, to the
byte: no present time is in it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from forecaster import models
from forecaster.errors import UnknownNameError
from forecaster.evaluation import triggers
from forecaster.issuing.forecast import HORIZON
from forecaster.records.cards import scores as card_scores
from forecaster.records.cards.card import AssetData, Card, Change, Checks, Figure
from forecaster.records.cards.rows import FIGURES, KINDS, LIVE, read
from forecaster.records.cards.settings import apart, difference, known
from forecaster.records.standing import PROVED, UNWITNESSED
from forecaster.records.tables import FORECASTS
from forecaster.records.trials import TRIALS
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sqlalchemy import Engine

    from forecaster.evaluation.triggers import Trigger
    from forecaster.records.cards.rows import CardRows
    from forecaster.records.reading import State
    from forecaster.records.standing import Witnessed
    from forecaster.settings import Settings

_NUMBER = re.compile(r"(?<![\w.^-])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")
_STATUSES = ("ok", "unreliable", "withheld")


def cards(
    engine: Engine, settings: Settings, names: Sequence[str], upto: State, witnessed: Witnessed = UNWITNESSED
) -> tuple[Card, ...]:
    """The cards of some models, of every version on record, the oldest first.

    Args:
        engine: Of the home.
        settings: Those of now, which say what a hash of settings stands for.
        names: Ids of models; all that are on record where empty.
        upto: The state of the record that is read.
        witnessed: What the home can show of when its rows were there.

    Returns:
        By model, as named, or by id. A model that is named and not on record has a card of what it is alone.

    Raises:
        UnknownNameError: For a model that neither the program nor the record has.
        StoreError: Where the database cannot be read.
    """
    recorded = _recorded(engine, upto)
    for name in names:
        if name not in recorded and name not in models.names():
            raise UnknownNameError("model", name, sorted({*recorded, *models.names()}))
    wanted = tuple(names) or tuple(recorded)
    there = [name for name in wanted if name in recorded]
    rows, last, trials = read(engine, there, upto, witnessed) if there else None, _last(engine, upto), _trials(engine)
    made: list[Card] = []
    for name in wanted:
        own = _of_model(name, rows, settings, last, trials) if rows and name in recorded else []
        made += own or [_unrecorded(name, settings, last)]
    return tuple(made)


def _of_model(name: str, rows: CardRows, settings: Settings, last: str, trials: int) -> list[Card]:
    own = rows.own[rows.own["model"] == name]
    hashes = list(dict.fromkeys(own["config_sha256"]))
    told = known(name, settings)
    made: list[Card] = []
    parts: list[pd.DataFrame] = []
    for number, config in enumerate(hashes, 1):
        recorded = own[own["config_sha256"] == config]
        replays = rows.replays[(rows.replays["model"] == name) & (rows.replays["config_sha256"] == config)]
        part = pd.concat([recorded, replays[replays["symbol"].isin(recorded["symbol"])]])
        peers = pd.concat([rows.peers, rows.replays])
        in_force = config == own["config_sha256"].iloc[-1]
        before = _change(made[-1], parts[-1], config, recorded, part, peers, told) if made else None
        made.append(
            Card(
                **_what(name),
                version=number,
                versions=len(hashes),
                in_force=in_force,
                config_sha256=config,
                settings=apart(name, told[config]) if config in told else None,
                code_versions=tuple(dict.fromkeys(recorded["code_version"])),
                record=last,
                rehearsal=rows.rehearsal,
                checked=rows.checked if (recorded["kind"] == PROVED).any() else "",
                data=_data(recorded),
                checks=_checks(recorded),
                scores=card_scores.scores(part, peers),
                verdicts=card_scores.verdicts(name, part, peers, trials),
                worst=card_scores.worst(part, peers),
                change=before,
                triggers=_triggers(recorded, rows, settings) if in_force else (),
            )
        )
        parts.append(part)
    return made


def _unrecorded(name: str, settings: Settings, last: str) -> Card:
    """What a model is, where the record has nothing of it."""
    now = next(iter(known(name, settings).items()), ("", None))
    return Card(
        **_what(name),
        version=0,
        versions=0,
        in_force=False,
        config_sha256=now[0],
        settings=None if now[1] is None else apart(name, now[1]),
        code_versions=(),
        record=last,
        rehearsal="",
        checked="",
        data=(),
        checks=Checks(0, 0, 0, (), ()),
        scores=(),
        verdicts=(),
        worst=None,
        change=None,
        triggers=(),
    )


def _what(name: str) -> dict[str, Any]:
    return {
        "model": name,
        "label": models.labels([name]).get(name, name.replace("_", " ")),
        "summary": models.summary(name),
        "assumptions": models.assumptions(name),
    }


def _data(rows: pd.DataFrame) -> tuple[AssetData, ...]:
    found = []
    for symbol, own in rows.groupby("symbol", sort=True):
        newest, trained = own.iloc[-1], own["rows"].dropna()
        found.append(
            AssetData(
                symbol=str(symbol),
                source=newest["source"] or "",
                calendar=newest["calendar"] or "",
                simulated=bool(newest["simulated"]),
                series=newest["series"] or "",
                attention=newest["attention_kind"] or "",
                first=own["as_of"].min(),
                last=own["as_of"].max(),
                rows=(int(trained.min()), int(trained.max())) if len(trained) else (0, 0),
            )
        )
    return tuple(found)


def _checks(rows: pd.DataFrame) -> Checks:
    ok, unreliable, withheld = (int((rows["status"] == status).sum()) for status in _STATUSES)
    failed = rows.loc[rows["status"] != "ok", "reason"]
    reasons = Counter(_NUMBER.sub("#", str(reason)) for reason in failed)
    figures = []
    for name in FIGURES:
        values = rows[name].dropna().to_numpy(float)
        if values.size:
            figures.append(Figure(name, values.size, *map(float, np.quantile(values, [0, 0.5, 1]))))
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return Checks(ok, unreliable, withheld, tuple(ordered), tuple(figures))


def _change(  # what was, and what is
    last: Card,
    before: pd.DataFrame,
    config: str,
    recorded: pd.DataFrame,
    now: pd.DataFrame,
    peers: pd.DataFrame,
    told: Mapping[str, Mapping[str, Any]],
) -> Change:
    sides = [[one for one in card_scores.scores(side, peers) if one.scored] for side in (before, now)]
    kinds = [kind for kind in KINDS if all(any(one.kind == kind for one in side) for side in sides)]
    first = [tuple(next(one for one in side if one.kind == kind) for kind in kinds) for side in sides]
    return Change(
        before=last.config_sha256,
        settings=difference(told.get(last.config_sha256), told.get(config)),
        code=set(last.code_versions) != set(recorded["code_version"]),
        scores=first[0],
        now=first[1],
    )


def _triggers(rows: pd.DataFrame, record: CardRows, settings: Settings) -> tuple[Trigger, ...]:
    live = rows[rows["kind"].isin(LIVE) & rows["crps"].notna()].sort_values("target", kind="stable")
    inside = {str(symbol): own["in90"].to_numpy(float) > 0 for symbol, own in live.groupby("symbol", sort=True)}
    found = [triggers.coverage(inside)]
    if rows["model"].iloc[0] != triggers.REFERENCE:
        floor = record.peers[(record.peers["model"] == triggers.REFERENCE) & record.peers["kind"].isin(LIVE)]
        both = live.merge(floor, on=["symbol", "target"], suffixes=("", "_floor"))
        apart = {
            str(symbol): (own["crps"] - own["crps_floor"]).to_numpy(float)
            for symbol, own in both.groupby("symbol", sort=True)
        }
        found.append(triggers.worse_than_reference(apart))
    found.append(triggers.unreliable((rows["status"] != "ok").to_numpy()))
    warned = rows.loc[rows["warned"].notna(), "warned"]
    found.append(triggers.novelty(warned.to_numpy(bool)))
    every = record.own[record.own["model"] == rows["model"].iloc[0]]
    watched = every[~every["symbol"].isin(settings.data.stopped)]
    if len(watched):
        newest = pd.Timestamp(record.newest)
        last = watched.groupby("symbol", sort=True)["as_of"].max()
        found.append(triggers.stale({str(s): (newest - pd.Timestamp(day)).days for s, day in last.items()}))
    return tuple(found)


def _recorded(engine: Engine, upto: State) -> tuple[str, ...]:
    """Models that have a forecast one session ahead on record, by id."""
    f = FORECASTS.c
    wanted = (
        select(f.model).where(f.horizon == HORIZON).group_by(f.model).having(func.min(f.seq) <= upto[FORECASTS.name])
    )
    with reading(engine) as connection:
        return tuple(sorted(connection.execute(wanted).scalars()))


def _last(engine: Engine, upto: State) -> str:
    """The last row of forecasts in words."""
    wanted = select(FORECASTS.c.issued_at).where(FORECASTS.c.seq == upto[FORECASTS.name])
    with reading(engine) as connection:
        issued = connection.execute(wanted).scalar()
    return "" if issued is None else f"forecast {upto[FORECASTS.name]:,}, recorded {_instant(issued)}"


def _instant(text: str) -> str:
    return f"{pd.Timestamp(text).tz_convert('UTC'):%Y-%m-%d %H:%M:%S} UTC"


def _trials(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(TRIALS)).scalar_one())
