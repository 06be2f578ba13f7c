"""What a report is made of: tidy tables, filled by the hub and only read here.

Changes are fractions per session (0.01 is one per cent) and prices are in the asset's own currency;
the pages show per cent. Scores carry the signs of `forecaster.evaluation.scores`: lower is better,
skill is higher the better. A value that does not exist is NaN (numbers) or an empty string (text).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd


@dataclass(frozen=True)
class AssetPage:
    """One asset on one day: everything its pages show.

    Attributes:
        symbol: The asset's id.
        calendar: Exchange code, `24/7` or `24/5`.
        source: Id of the source of its rows.
        simulated: Whether its rows were made by a simulation; every page that shows it must say so.
        attention_kind: What the attention series counts ("tweets a day"), empty where there is none.
        as_of: Last session whose data were used.
        target: The session that is forecast.
        close: Price at the close of `as_of`.
        forecasts: One row per model: `model, status, reason, origin, lead, mean, sd, prob_up, q05, q25, q50, q75,
            q95, previous_q50, previous_sd`. `status` is ok, unreliable or withheld (its numbers are NaN
            then); `origin` is one of `reports.origins`, "replayed" where it was recorded after the target's close;
            `lead` counts hours from the recorded instant to the session's open; previous_* are yesterday's forecast.
        densities: Predictive densities, one row per point: `model, change, density`.
        fan: Last forecasts against what happened: `model, target, origin, y, mean, q05, q25, q50, q75, q95`;
            `origin` is one of `reports.origins`, y is NaN until the outcome is known.
        regimes: The most probable regime of the origins of the fan, where one was recorded: `target, regime`; regime is
            calm, nervous or panic, filtered: by what was known at the origin.
        window: The 7-day window used: `session, series, change`, oldest first.
        scoreboard: One row per model: `model, origin, days, crps, skill_climatology, skill_baseline, log_score,
            mae, mse, in50, in90`; further columns are not shown. The row "predict zero" has only days, mae and mse.
        evidence: What the earlier forecasts are evidence of, one row per origin: `origin, days, least, median`; least
            and median are hours from the recorded instants to the opens, NaN where nothing was recorded.
        verdicts: Sentences about skill, already in words.
        weights: Weights in units of standardised inputs: `model, series, lag (1 = most recent), mean, sd`;
            sd is NaN for a deterministic network.
        elbo: Training curves: `model, step, loss` (loss is minus the ELBO, in nats).
        attribution: What each group of inputs makes of the forecast, against a usual day: `model, group, width,
            width_sd, width_before, shift, shift_sd`. width is a log ratio (0.1 is a tenth wider), width_before that
            of the session before, shift how far the centre moves; each sd is the posterior's.
        shares: What each member counts for in a forecast made of others': `model, member, weight`.
        pools: One row per model that is made of others: `model, days, recalibrated, gain`; days is how many past
            sessions its weights rest on, recalibrated 1 or 0 and gain what that would have earned on them so far, in
            nats, both NaN where the model is never recalibrated.
        warning: What is to be read before the forecasts, such as that they extrapolate; empty where there is nothing.
        notes: What a reader should know about the data, a sentence each.
        findings: What was noteworthy about the data, one row per finding: `check, first, last, count, detail, remedy`;
            first, last and count are of the sessions concerned. None where it was not looked for.
    """

    symbol: str
    calendar: str
    source: str
    simulated: bool
    attention_kind: str
    as_of: pd.Timestamp
    target: pd.Timestamp
    close: float
    forecasts: pd.DataFrame
    densities: pd.DataFrame
    fan: pd.DataFrame
    regimes: pd.DataFrame
    window: pd.DataFrame
    scoreboard: pd.DataFrame
    evidence: pd.DataFrame
    verdicts: tuple[str, ...]
    weights: pd.DataFrame
    elbo: pd.DataFrame
    attribution: pd.DataFrame
    shares: pd.DataFrame
    pools: pd.DataFrame
    warning: str
    notes: tuple[str, ...]
    findings: pd.DataFrame | None


@dataclass(frozen=True)
class DailyReport:
    """One day of the whole watchlist.

    Attributes:
        as_of: The day of the report.
        rendered_from: When the newest forecast in it was issued, UTC (never the time of rendering: the same
            facts give the same bytes).
        assets: A page set each, in watchlist order.
        withheld: `symbol -> reason` for assets without any forecast that day.
        models: `model id -> one line on what it is`, in the order in which models are shown.
        labels: `model id -> what people call it`, of models and of members of models; one that is not there is called
            by its id, with spaces for underscores.
        provenance: Label and value pairs for the last page: counts and heads of the record, code version, settings
            hash, seed.
        rehearsal: Where the record is a rehearsal's, whose clock was set by hand, a sentence that says so; empty where
            it is not. Every page says it then.
        cautions: What else a reader must know of the record, a sentence each.
    """

    as_of: pd.Timestamp
    rendered_from: datetime
    assets: tuple[AssetPage, ...]
    withheld: Mapping[str, str]
    models: Mapping[str, str]
    labels: Mapping[str, str]
    provenance: Mapping[str, str]
    rehearsal: str = ""
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class BacktestAsset:
    """One asset's replay.

    Attributes:
        symbol: The asset's id.
        simulated: Whether its rows were made by a simulation.
        first: First target session.
        last: Last target session.
        fan: As in `AssetPage`, every origin "replayed".
        scoreboard: As in `AssetPage`.
        calibration: One row per model and forecast: `model, pit`, pit in [0, 1].
        summary: Those of them that stand on the front: the verdict, and what forecasts were unreliable.
        verdicts: Sentences about skill and calibration.
        novel_days: Days unlike their past against the others, one row per model: `model, warned, others, log_score,
            log_score_others, low, high, p, crps, crps_others`; warned and others count days, low and high hold 95 % of
            the differences that chance makes, crps is minus the reference's, a fraction. Empty where they are too few.
        unlike: Sentences about it.
        conditions: Every test of every model on kinds of days that are known before, one row per model, kind and test:
            `model, days_of, test, days, observed, overall, against, fails`; days_of is the kind's title, test is
            coverage_50, coverage_90, pit, spread, crps or log_score, overall the same as observed over all days and
            against what a score is minus. Empty where nothing was tested.
        failings: Sentences about it.
        decisions: What positions taken from the forecasts would have earned, one row per model and rule: `model, rule,
            asset_class, days, position, turnover, cost, return, volatility, sharpe, sharpe_se, drawdown,
            hold_difference, hold_p, random_sharpe, random_p, trials, deflated, worth`. The first row, "buy and hold",
            is what the others are held against; `position` is the mean size in units of capital, figures are a year's.
        decided: Sentences about the decisions.
        standings: The Model Confidence Set, one row per model and score: `model, score, p, inside`; score is crps or
            log_score.
        contests: All models against a reference, one row per reference and score: `reference, score, p, won`; p is that
            of the test of superior predictive ability.
        calibrated: One row per model: `model, days, low, high, breaches, light`; low and high are counts between which
            all ten bars of a calibrated model's PIT histogram lie with 95 %, breaches is of the 1 % quantile in the
            last 250 days, light the Basel zone, empty where there are fewer days.
        tests: Calibration, one row per model and test: `model, test, observed, low, high, p, stars`; observed is a
            part of days and low and high are its band, NaN where a test is about none; stars is 1 where p is below
            5 %, 2 where it is so after correction for all tests of the table.
        directions: What each model's P(up) was worth, one row per model: `model, days, ups, brier, skill, rps, auc,
            chance, right, right_half, p, verdict`; ups is the share of days that rose, skill is against the forecast
            that always says that share, chance how far from 0.5 the AUC lies by luck, right and right_half are shares
            of right answers, verdict is better, worse or empty.
        reliable: Days by P(up), one row per model and group of days: `model, days, said, came, low, high`; said is the
            mean P(up), came the share of days that rose, low and high its 95 % interval.
        notes: What a reader should know about the data.
    """

    symbol: str
    simulated: bool
    first: pd.Timestamp
    last: pd.Timestamp
    fan: pd.DataFrame
    scoreboard: pd.DataFrame
    calibration: pd.DataFrame
    summary: tuple[str, ...]
    verdicts: tuple[str, ...]
    decisions: pd.DataFrame
    decided: tuple[str, ...]
    standings: pd.DataFrame
    contests: pd.DataFrame
    calibrated: pd.DataFrame
    tests: pd.DataFrame
    novel_days: pd.DataFrame
    unlike: tuple[str, ...]
    conditions: pd.DataFrame
    failings: tuple[str, ...]
    directions: pd.DataFrame
    reliable: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BacktestReport:
    """A walk-forward replay of one or many assets.

    Attributes:
        assets: One entry an asset.
        models: `model id -> one line on what it is`, in the order in which models are shown.
        labels: `model id -> what people call it`, of models and of members of models; one that is not there is called
            by its id, with spaces for underscores.
        design: Label and value pairs: refit interval, training window, preset, seed and the like.
        title: What it is called.
    """

    assets: tuple[BacktestAsset, ...]
    models: Mapping[str, str]
    labels: Mapping[str, str]
    design: Mapping[str, str]
    title: str = "Backtest"
