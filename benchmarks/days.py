"""What a day of a replay costs beside training: looking, forecasting, pooling, scoring, keeping."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special
from sqlalchemy import create_engine

from benchmarks.backtest import history_of
from forecaster.combination.pool import pool
from forecaster.contract import Track
from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scoring import score
from forecaster.issuing.forecast import forecast
from forecaster.issuing.possible import checked
from forecaster.issuing.refits import Leg, fits
from forecaster.models import recalibrated
from forecaster.records.replays import METADATA, Replays
from forecaster.replay.backtest import Replayed, last_origins
from forecaster.settings import Settings
from forecaster.view.past import Past

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "Twenty days of a replay without their training, against scipy's Student-t at 100,000 points"

DAYS, TRACK, ROWS = 20, 250, 500


def posterior(rng: np.random.Generator) -> Predictive:
    """A forecast of 100 skewed components, as a Bayesian forecaster gives it."""
    loc, scale = rng.normal(3e-4, 3e-4, 100), 0.008 * np.exp(rng.normal(0, 0.06, 100))
    return Predictive.of(loc, scale, 6 * np.exp(rng.normal(0, 0.2, 100)), rng.normal(-0.05, 0.03, 100))


def summarised(stored: list[bytes]) -> None:
    """What the export says of forecasts, each read anew."""
    for data in stored:
        p = Predictive.from_bytes(data)
        _ = p.quantiles, p.mean, p.sd, p.prob_up, score(p, 0.011)


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then each part of a day, twenty times."""
    rng, settings, history = np.random.default_rng(0), Settings(), history_of(0)
    days = last_origins(history, DAYS)
    past, leg = Past(history, settings.forecast), Leg(history.asset.symbol, days[0], ("climatology", "ewma"))
    (trained,) = fits({leg.symbol: past}, [leg], settings)
    members = {"bayesian_linear": posterior(rng), "bayesian_mlp": posterior(rng), "garch": Predictive.of(0, 0.008, 7)}
    members["climatology"] = Predictive.of_sample(0.01 * rng.standard_t(4, 2000))
    scores, pits = rng.normal(-3, 0.5, (TRACK, len(members))), rng.beta(0.8, 0.9, (TRACK, len(members)))
    tracks = [Track(tuple(members), np.roll(scores, day, 0), np.roll(pits, day, 0)) for day in range(DAYS)]
    pools = [pool(list(members.values()), rng.uniform(0.1, 1, len(members))).to_bytes() for _ in range(DAYS)]
    lone = [member.to_bytes() for member in (members["bayesian_linear"], members["garch"]) for _ in range(DAYS // 2)]
    df, points = rng.uniform(3, 9, 200), rng.standard_t(5, (500, 200))
    own = forecast(past.look(days[0]), trained["ewma"])
    kept = [Replayed(replace(own, as_of=own.as_of - pd.Timedelta(days=n)), "2020-01-01", 0.01) for n in range(ROWS)]
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)

    def forecasts() -> None:
        fresh = Past(history, settings.forecast)
        for day in days:
            view = fresh.look(day)
            for one in trained.values():
                checked(forecast(view, one), view)

    return {
        "scipy.special.stdtr at 100,000 points": lambda: special.stdtr(df, points),
        "looked at, forecast by two cheap models, checked": forecasts,
        "pooled and recalibrated": lambda: [recalibrated.combine(members, t, recalibrated.Settings()) for t in tracks],
        "summarised and scored, half posteriors, half lone": lambda: summarised(lone),
        "summarised and scored, pools of four": lambda: summarised(pools),
        "500 rows kept": lambda: Replays(engine).add(kept),
    }
