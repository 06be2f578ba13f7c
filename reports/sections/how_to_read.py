"""Every word of the report that is not everyday English, explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Facts, Paragraph
from reports.contents import BacktestReport, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORECAST = (
    (
        "Change",
        (
            "The next close divided by the last close, minus one, adjusted for splits and dividends. The "
            "price shown is the last close times one plus the change."
        ),
    ),
    ("P(up)", "The probability that the change is above zero. 50 % means that the model cannot tell."),
    ("Median", "The change that is as likely to be exceeded as not."),
    (
        "50 and 90 % interval",
        (
            "The model expects the change to fall inside with that probability. About one day in ten is therefore "
            "expected outside the 90 % interval; one such day is not a failure of the model, many more than that are."
        ),
    ),
    (
        "Vs prior session",
        (
            "How far the median moved, in percentage points (pp), and how much wider or narrower the "
            "forecast became, compared with the forecast of the session before."
        ),
    ),
)
_STATUS = (
    (
        "Unreliable, withheld",
        (
            "A fit that failed one of its own checks is marked unreliable. So is one that gave no forecast at all: "
            "the distribution of past changes is shown in its place. Where the data were missing, the forecast is "
            "withheld. The reason is stated each time."
        ),
    ),
    (
        "Recorded after the outcome",
        (
            "The forecast used only what was known at its origin, but was written down after the session had "
            "closed. It is not evidence of foresight."
        ),
    ),
)
_RECORD = (
    (
        "Proved, claimed, replayed",
        (
            "An outside authority\u2019s time stamp shows that a proved forecast was there before its session closed; "
            "of a claimed one this home\u2019s clock says so. A replay was made later from what was known then: weaker "
            "evidence, since whoever designed the models may have known how those days turned out."
        ),
    ),
    (
        "CRPS",
        (
            "The distance between the forecast distribution and what happened, in per cent of price; lower is better. "
            "For a forecast without spread it is the absolute error."
        ),
    ),
    (
        "Log score",
        (
            "Minus the logarithm of the density that the forecast gave to what happened, in nats; lower is "
            "better. Where closes often stand still, it is taken over ticks."
        ),
    ),
    ("MAE, MSE", "The mean absolute and the mean squared error of the point forecast; lower is better."),
    (
        "Skill",
        (
            "How much lower the CRPS is than that of a reference on the same days: 0 % is as good as the reference, "
            "positive is better, negative is worse. One reference is climatology, the distribution of past changes; "
            "the other is the deterministic baseline network. The row \u201cpredict zero\u201d is the forecast of "
            "no change at all."
        ),
    ),
    (
        "In 50 %, in 90 %",
        (
            "Coverage: how often the outcome fell inside the interval. Well below 50 and 90 %, the forecasts are "
            "too narrow; well above, too wide."
        ),
    ),
    (
        "No evidence of skill",
        (
            "The difference from the reference is no larger than luck explains: the usual result for daily changes. "
            "Skill is being better than climatology or GARCH; a negative t favours the model."
        ),
    ),
)
_PIT = (
    (
        "PIT",
        (
            "The probability that the forecast gave to changes below the one that happened. Over many days a "
            "calibrated model spreads these evenly from 0 to 1."
        ),
    ),
    (
        "p",
        (
            "How often chance alone would produce a result at least this large. Where many hypotheses are tested, some "
            "p are small by chance; the more was tested or ever tried, the smaller a p a verdict requires."
        ),
    ),
    (
        "Model Confidence Set, SPA",
        (
            "The set contains the best model in 95 % of all samples: a large set means that these days cannot say "
            "which model is best, and being in it is no evidence of skill. SPA (superior predictive ability) asks how "
            "often luck alone would let the best of all models beat a reference by as much. Neither makes the verdict."
        ),
    ),
    (
        "Where forecasters fail",
        (
            "Days in groups that are known before: a forecaster may be right over all days and too narrow in storms. "
            "A fault is claimed where luck explains it in at most one of twenty assets, all groups and models together."
        ),
    ),
    (
        "Breach",
        (
            "A day whose change fell below a low quantile of its forecast (value at risk). A calibrated model has one "
            "in 20 days below the 5 % quantile and one in 100 below the 1 % quantile, no more often after a breach."
        ),
    ),
)
_DIRECTION = (
    (
        "Brier score, AUC",
        (
            "The Brier score is the mean squared gap between P(up) and what came (1 for a rise, 0 otherwise); lower is "
            "better, and 0.25 is what 50 % on every day gets. AUC is the probability that of two days the one that "
            "rose had the higher P(up): 0.5 is no knowledge of the direction. A model knows something where its Brier "
            "score is lower, by more than luck, than that of always saying the share of days that rose."
        ),
    ),
)
_DECISIONS = (
    (
        "Sharpe ratio",
        (
            "Annualised mean return divided by annualised standard deviation. Its standard error (s.e.) allows for "
            "heavy tails and autocorrelation; the true ratio usually lies within two standard errors."
        ),
    ),
    (
        "Turnover, drawdown",
        (
            "How much is bought and sold per year, as a multiple of the capital; and the largest fall of the capital "
            "from an earlier high."
        ),
    ),
    (
        "Deflated Sharpe",
        (
            "With enough trials, some ratio is high by luck. This is the probability that the true ratio is above "
            "what the best of all trials would show without any skill; 95 % or more would be convincing."
        ),
    ),
)
_PARTS = (
    (
        "Wider, narrower",
        (
            "The model forecasts again with one group of inputs set to its usual values; the difference is the effect "
            "of that group. Window: the last seven changes. Volatility: the size of recent changes. Leverage: recent "
            "falls, which raise volatility more than rises do. Range: how far prices moved within a session. "
            "Calendar: days without trading before the target. All else: other inputs, interactions, a newer fit."
        ),
    ),
)
_POOLS = (
    (
        "Members",
        (
            "A member\u2019s weight in the ensemble grows with the density that it gave to what happened in its "
            "record. Recalibration corrects the mixture for its past errors, where that has improved it."
        ),
    ),
)
_WEIGHTS = (
    (
        "Weights",
        (
            "How strongly a model reacts to each earlier day of each series. A Bayesian model gives a mean "
            "and a spread (sd), a deterministic network one number."
        ),
    ),
    (
        "ELBO",
        "The evidence lower bound, which training maximises. A curve that is flat at the end means a settled fit.",
    ),
)


def _blocks(report: DailyReport | BacktestReport) -> Iterator[Block]:
    """The terms, and what the report is not."""
    if isinstance(report, DailyReport):
        parts = _PARTS if any(len(asset.attribution) for asset in report.assets) else ()
        pools = _POOLS if any(len(asset.shares) for asset in report.assets) else ()
        judged = any("P(up)" in sentence for asset in report.assets for sentence in asset.verdicts)
        known = _DIRECTION if judged else ()
        yield Facts((*_FORECAST, *_STATUS, *parts, *pools, *_RECORD, *known, *_WEIGHTS))
    else:
        decided = _DECISIONS if any(len(asset.decisions) for asset in report.assets) else ()
        known = _DIRECTION if any(len(asset.directions) for asset in report.assets) else ()
        yield Facts((*_FORECAST[:1], *_FORECAST[2:4], *_RECORD, *_PIT, *known, *decided))
    yield Paragraph(
        "This report is not investment advice. It shows what models make of past data; it knows neither your "
        "circumstances nor tomorrow\u2019s news, and its models can be wrong together."
    )


SECTION = Section((DailyReport, BacktestReport), "closing", 10, "How to read this report", _blocks)
