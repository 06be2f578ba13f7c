"""What a reader of a verdict on somebody's file must know: what it shows, what it hides, and what looks wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.verdicts import MINIMUM_DAYS
from forecaster.referee.claims import named
from forecaster.referee.quantile_law import QuantileLaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.operation.settled import Settled

PERCENT = 30.0
"""Forecasts this many times as large as outcomes are not fractions."""
POINTS = 3.0
"""The same of points: a mean or median is smaller than what comes."""
HUNDRED = 100.0
"""Points more times as large as outcomes than this are too large for percentages of any forecast."""
LEVELLED = 3.0
"""Centres this many times as far from zero as forecasts are wide are prices."""
_FEWEST = 2


_DRAWN = "PITs are drawn at random between {}, seeded by the row."
SHOWN = {
    "distributions": ["Whole distributions: every score was computed again from them; no score of the file is read."],
    "means and sds": [
        (
            "Means and standard deviations are read as Student-t distributions with the file's df, as normal ones "
            "where it has none."
        )
    ],
    "quantiles": [
        (
            "{levels} quantiles only bound the CRPS: between the outer levels {bounds}. What is shown is the quantile "
            "score integrated over these levels, for all models of the table."
        ),
        (
            "{levels} quantiles show no density: log scores, of all models of the table, are of straight cdfs between "
            "these levels, and of exponential tails beyond the outer two."
        ),
        _DRAWN.format("the levels on either side of the outcome"),
    ],
    "draws": [
        "CRPS of draws is the estimate without bias.",
        _DRAWN.format("the draws on either side of the outcome"),
        (
            "Draws show no density: log scores, of all models of the table, are of {draws} draws smoothed by Student-t "
            "kernels. No P(up) is taken from a share of draws."
        ),
    ],
    "points": [
        (
            "Points have no calibration, no CRPS and no log score: they are held to their errors alone, beside those "
            "of our means and medians."
        )
    ],
    "one quantile": [
        (
            "One quantile has no CRPS and no log score: it is held to its quantile score, and to how often outcomes "
            "lie below it."
        )
    ],
}
"""What forecasts of each form show, and what they cannot."""


def shown(found: Settled) -> tuple[str, ...]:
    """What the file's forecasts show, and what they cannot."""
    forms = found.claims.forms
    figures: dict[str, object] = {"levels": forms.levels.size, "draws": forms.draws}
    figures |= {"bounds": _bounds(found)} if forms.form == "quantiles" else {}
    return tuple(sentence.format(**figures) for sentence in SHOWN[forms.form])


def _bounds(found: Settled) -> str:
    laws = zip(found.claims.forms.laws, found.y, strict=True)
    ends = np.array([law.bounds(float(y)) for law, y in laws if isinstance(law, QuantileLaw)]).mean(axis=0)
    return f"its mean lies from {ends[0]:.6f} to {ends[1]:.6f}, and what lies beyond them is not shown"


def units(found: Settled) -> tuple[str, ...]:
    """Whether the numbers look like something else than fractions, and what to do."""
    centre, width = _extents(found)
    usual = float(np.median(np.abs(found.y)))
    size = float(np.median(np.abs(centre) + width / 2))
    points = found.claims.forms.form == "points"
    if not usual or size < (POINTS if points else PERCENT) * usual:
        return ()
    times = f"the forecasts are {size / usual:,.0f} times as large as the outcomes"
    apart = float(np.median(width)) if width.any() else float(centre.std())
    if float(np.median(np.abs(centre))) > LEVELLED * apart and not (points and size < HUNDRED * usual):
        return (f"{times}: they look like prices; give changes, the price by the close before it, less one",)
    return (f"{times}: they look like percentages; say --unit percent",)


def _extents(found: Settled) -> tuple[np.ndarray, np.ndarray]:
    """Centre of each forecast, and width from its 5 to its 95 % quantile; zero of a point."""
    forms = found.claims.forms
    if all(law is not None for law in forms.laws):
        known = [law.quantiles for law in forms.laws if law is not None]
        return np.array([q["q50"] for q in known]), np.array([q["q95"] - q["q05"] for q in known])
    centre = next(iter(forms.points.values()))
    return centre, np.zeros(centre.size)


def cautions(found: Settled) -> tuple[str, ...]:
    """What else a reader is warned of."""
    return tuple(_cautions(found))


def _cautions(found: Settled) -> Iterator[str]:
    claims, rows = found.claims, found.claims.rows
    if found.late.any():
        first = rows.loc[int(np.flatnonzero(found.late)[0])]
        yield (
            f"forecasts made when their target was known already, by the file's own dates: {int(found.late.sum())} "
            f"(the first: {first['place']}, {first['symbol']} {first['target']:%Y-%m-%d})"
        )
    if not claims.dated:
        yield (
            "the file does not say when its forecasts were made: nothing shows that they were made before their "
            "outcomes"
        )
    elif rows["made"].isna().any():
        yield f"forecasts that do not say when they were made: {int(rows['made'].isna().sum())}"
    centre, width = _extents(found)
    for (symbol, model), own in rows.groupby(["symbol", "model"], sort=False):
        at = own.index.to_numpy()
        if len(at) >= _FEWEST and np.ptp(centre[at]) == 0 and np.ptp(width[at]) == 0:
            yield f"{symbol}: {model} says the same on all of its {len(at)} days"
        if len(at) < MINIMUM_DAYS:
            yield f"{symbol}: {model} has {len(at)} days with an outcome, and {MINIMUM_DAYS} are needed to judge"
    yield f"it is not known what else the author of {named([claims.path.name])} tried: no claim here allows for it"
