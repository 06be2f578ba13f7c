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
            "The next close divided by the last close, minus one, with splits and dividends undone. The "
            "price shown is the last close times one plus the change."
        ),
    ),
    ("P(up)", "The probability that the change is above zero. 50 % means that the model cannot tell."),
    ("Median", "The change that is as likely to be exceeded as not."),
    (
        "50 and 90 % interval",
        (
            "The model expects the change to fall inside with that probability. Outside the 90 % interval, "
            "on either "
            "side, is therefore expected about one day in ten: such a day is no failure, far more of them "
            "would be."
        ),
    ),
    (
        "Since yesterday",
        (
            "How far the median moved, in percentage points (pp), and how much wider or narrower the "
            "forecast became, compared with the forecast of the day before."
        ),
    ),
)
_STATUS = (
    (
        "Unreliable, withheld",
        (
            "A fit that failed one of its own checks is shown as unreliable. One that gave no forecast at "
            "all is shown so too: the distribution of past changes stands in for it. One that lacked the "
            "data is withheld. The reason is given with it."
        ),
    ),
    (
        "Recorded after the outcome",
        (
            "The forecast used only what was known at its origin, but was written down after the session had "
            "closed. It is no proof of foresight."
        ),
    ),
)
_RECORD = (
    (
        "Live, replayed",
        (
            "A live forecast was recorded before its outcome was known. A replayed one was made later by the "
            "same "
            "program, shown only what was known on that day. A replay is the weaker evidence: whoever "
            "designed the models may have known how those days turned out."
        ),
    ),
    (
        "CRPS",
        (
            "The distance between the forecast distribution and what happened, in per cent of price; lower "
            "is better. For a forecast without spread it is the absolute error."
        ),
    ),
    (
        "Log score",
        (
            "Minus the logarithm of the density that the forecast gave to what happened, in nats; lower is "
            "better. It punishes confident mistakes hard."
        ),
    ),
    ("MAE, MSE", "The mean absolute and the mean squared error of the point forecast; lower is better."),
    (
        "Skill",
        (
            "How much smaller the CRPS is than that of a reference on the same days: 0 % is as good as the "
            "reference, "
            "negative is worse. Climatology, one reference, knows only how large changes have been in the "
            "past. The other "
            "is the deterministic baseline network. The row \u201cpredict zero\u201d is the forecast of no "
            "change at all."
        ),
    ),
    (
        "In 50 %, in 90 %",
        (
            "Coverage: how often the outcome fell inside the interval. Well below 50 and 90 %, the model is "
            "too sure of itself; well above, too timid."
        ),
    ),
    (
        "No evidence of skill",
        (
            "The difference to the reference is no larger than luck explains. For daily price changes that "
            "is the usual result, and the honest one."
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
            "How often chance alone would show as much, or more. Where many things are tested, some p are small by "
            "chance; a verdict therefore asks for a p that is smaller the more was tested or ever tried."
        ),
    ),
    (
        "Model Confidence Set, SPA",
        (
            "The set holds the best model in 95 % of all samples: a large set says that the days do not tell who is "
            "best. SPA (superior predictive ability) asks whether the best of all models beats a reference by more "
            "than the best of so many would by luck."
        ),
    ),
    (
        "Breach",
        (
            "A day whose change fell below a low quantile of its forecast (value at risk): one in 20 days below that "
            "of 5 %, one in 100 below that of 1 %, and none more likely after another."
        ),
    ),
)
_DECISIONS = (
    (
        "Sharpe ratio",
        (
            "The mean return divided by its standard deviation, as of a year. Its standard error (s.e.) allows for "
            "heavy tails and for days that depend on each other; two of them to either side mostly reach the true "
            "ratio."
        ),
    ),
    (
        "Turnover, drawdown",
        (
            "How much is bought and sold in a year, in units of the capital; and how far the capital once lay below "
            "its highest point."
        ),
    ),
    (
        "Deflated Sharpe",
        (
            "Who tries many things finds a high ratio by luck. This is the probability that the true ratio is above "
            "what the best of all trials would show without any merit; 95 % would be convincing."
        ),
    ),
)
_PARTS = (
    (
        "Wider, narrower",
        (
            "The model forecasts again with one group of inputs as on a usual day; the difference is that group\u2019s "
            "part. Window: the last seven changes. Volatility: how large changes have been. Leverage: falls, which "
            "unsettle more than rises. Range: how far prices moved within a session. Calendar: days without trade "
            "before the target. All else: what is not named, what acts together, a newer fit."
        ),
    ),
)
_POOLS = (
    (
        "Members",
        (
            "A member\u2019s weight in the ensemble grows with the density that it gave to what happened; old sessions "
            "are forgotten slowly. Recalibration corrects the mixture for what it got wrong before, where that paid."
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
        "The quantity that training raises. A curve that has become flat says that the fit has settled.",
    ),
)


def _blocks(report: DailyReport | BacktestReport) -> Iterator[Block]:
    """The words, and what the report is not."""
    if isinstance(report, DailyReport):
        parts = _PARTS if any(len(asset.attribution) for asset in report.assets) else ()
        pools = _POOLS if any(len(asset.shares) for asset in report.assets) else ()
        yield Facts((*_FORECAST, *_STATUS, *parts, *pools, *_RECORD, *_WEIGHTS))
    else:
        decided = _DECISIONS if any(len(asset.decisions) for asset in report.assets) else ()
        yield Facts((*_FORECAST[:1], *_FORECAST[2:4], *_RECORD, *_PIT, *decided))
    yield Paragraph(
        "This report is not investment advice. It shows what models make of past data; it knows neither your "
        "circumstances nor tomorrow\u2019s news, and its models can be wrong together."
    )


SECTION = Section((DailyReport, BacktestReport), "closing", 10, "How to read this report", _blocks)
