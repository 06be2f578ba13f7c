"""Scores of many forecasts against what happened: arrays in, arrays out.

A forecast comes as a distribution, as draws from one, or as quantiles of one. What each can be scored by differs: draws
have no density, and quantiles say nothing between their levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.distribution.predictive import Predictive
from forecaster.errors import ForecasterError
from forecaster.evaluation import scoring
from forecaster.evaluation.scores.interval_score import interval_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Scores = dict[str, NDArray[Any]]
    Floats = NDArray[np.float64]

_INTERVALS = {"in50": (0.25, 0.75), "in90": (0.05, 0.95)}
_NEAR = 1e-9
"""Levels that are this near are the same."""


def score(
    forecasts: ArrayLike | Predictive | Sequence[Predictive], y: ArrayLike, *, levels: ArrayLike | None = None
) -> dict[str, NDArray[Any]]:
    """Scores forecasts against outcomes, each with every score that its form allows.

    Args:
        forecasts: One of

            - a `Predictive`, scored against each outcome, or a sequence of them `(n,)`;
            - draws `(n, draws)`, at least two of each forecast;
            - quantiles `(n, k)`, not falling from left to right, with their `levels (k,)`, which the columns of a
              DataFrame may be called by.
        y: Outcomes `(n,)`, or one number, fractions per session (or whatever the forecasts are in).
        levels: The probabilities of the quantiles, rising, inside (0, 1); None for the other forms.

    Returns:
        Score to array `(n,)`; lower is better where a score has a direction.

        - `crps`: `E|X - y| - E|X - X'| / 2`. Of a distribution exact; of draws without bias, the second mean taken over
          different draws (Gneiting and Raftery 2007, doi:10.1198/016214506000001437; Zamo and Naveau 2018,
          doi:10.1007/s11004-017-9709-7).
        - `log_score`: minus the log density, nats; of a distribution alone.
        - `pit`: of a distribution `F(y)`; of draws the share below y, and half of those equal to it.
        - `in50`, `in90`: whether y lies in the central interval; of quantiles where they have both its ends.
        - `interval_score`: of the central 90 % interval; likewise.
        - `absolute_error` of the median, `squared_error` of the mean; of quantiles the former, where they have the
          median.
        - `pinball`: of quantiles, `(n, k)`, `(1{y <= q} - level)(q - y)` (Koenker and Bassett 1978,
          doi:10.2307/1913643).
        - `below`: of quantiles, `(n, k)`, whether `y <= q`: over many days the share of each column is to be its level.

    Raises:
        ForecasterError: For shapes that do not fit, values that are missing, or levels that are none.

    >>> score([[-0.01, 0.0, 0.01]], [0.02], levels=[0.25, 0.5, 0.75])["pinball"].round(4).tolist()
    [[0.0075, 0.01, 0.0075]]
    """
    _refuse_other_labels(forecasts, y)
    levels = _named_levels(forecasts) if levels is None else levels
    outcomes = np.atleast_1d(_numbers(y, "y"))
    if outcomes.ndim != 1:
        raise ForecasterError(f"y has the shape {outcomes.shape}: give one outcome per forecast, (n,)")
    if isinstance(forecasts, Predictive):
        return _of_distributions([forecasts] * outcomes.size, outcomes, levels)
    if isinstance(forecasts, Iterable):
        listed = list(forecasts)
        distributions = [one for one in listed if isinstance(one, Predictive)]
        if distributions and len(distributions) == len(listed):
            return _of_distributions(distributions, outcomes, levels)
    table = _numbers(forecasts, "forecasts")
    if table.ndim != 2 or len(table) != outcomes.size:  # noqa: PLR2004  # rows and columns
        raise ForecasterError(
            f"forecasts have the shape {table.shape} and y {outcomes.shape}: give one row of draws or quantiles "
            f"per forecast, ({outcomes.size}, k)"
        )
    return _of_draws(table, outcomes) if levels is None else _of_quantiles(table, outcomes, _levels(levels, table))


def _refuse_other_labels(forecasts: object, y: object) -> None:
    """Refuses two tables of pandas whose rows are labelled differently: they would be compared by position."""
    one, other = getattr(forecasts, "index", None), getattr(y, "index", None)
    same = getattr(one, "equals", None)
    if same is not None and hasattr(other, "equals") and not same(other):
        raise ForecasterError("forecasts and y have different row labels: align them, such as y.loc[forecasts.index]")


def _named_levels(forecasts: object) -> tuple[float, ...] | None:
    """The levels that the columns of a table of quantiles are called by, such as 0.05 and 0.95; None for others."""
    names = getattr(forecasts, "columns", ())
    levels = tuple(name for name in names if isinstance(name, float) and 0 < name < 1)
    return levels if levels and len(levels) == len(names) else None


def _of_distributions(forecasts: Sequence[Predictive], y: Floats, levels: object) -> Scores:
    if levels is not None:
        raise ForecasterError("levels belong to quantiles: leave them out beside a Predictive")
    if len(forecasts) != y.size:
        raise ForecasterError(f"there are {len(forecasts)} forecasts and {y.size} outcomes: give one each")
    rows = [scoring.score(one, float(outcome)) for one, outcome in zip(forecasts, y, strict=True)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}


def _of_draws(draws: Floats, y: Floats) -> Scores:
    if draws.shape[1] < 2:  # noqa: PLR2004  # a spread
        raise ForecasterError(f"forecasts have {draws.shape[1]} draws each: give at least two, (n, draws)")
    import scoringrules  # noqa: PLC0415  # distributions have scores of their own

    q = {level: np.quantile(draws, level, axis=1) for level in (0.05, 0.25, 0.5, 0.75, 0.95)}
    below, same = (draws < y[:, None]).mean(axis=1), (draws == y[:, None]).mean(axis=1)
    return {
        "crps": np.asarray(scoringrules.crps_ensemble(y, draws, estimator="fair")),
        "pit": below + same / 2,
        **_inside(q, y),
        "absolute_error": np.abs(y - q[0.5]),
        "squared_error": (y - draws.mean(axis=1)) ** 2,
    }


def _of_quantiles(quantiles: Floats, y: Floats, levels: Floats) -> Scores:
    import scoringrules  # noqa: PLC0415  # distributions have scores of their own

    falls = np.argwhere(np.diff(quantiles, axis=1) < 0)
    if falls.size:
        row, at = falls[0]
        raise ForecasterError(
            f"forecasts, row {row}: the quantile of {levels[at + 1]:g} is below that of {levels[at]:g}: give quantiles "
            "that rise with their levels"
        )
    q = {}
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        near = np.flatnonzero(np.abs(levels - level) < _NEAR)
        if near.size:
            q[level] = quantiles[:, near[0]]
    own: Scores = {
        "pinball": np.asarray(scoringrules.quantile_score(y[:, None], quantiles, levels[None, :])),
        "below": y[:, None] <= quantiles,
        **_inside(q, y),
    }
    return own | ({"absolute_error": np.abs(y - q[0.5])} if 0.5 in q else {})  # noqa: PLR2004  # the median


def _inside(q: dict[float, Floats], y: Floats) -> Scores:
    """Whether outcomes lie in the intervals whose ends are known, and the score of the widest."""
    told: Scores = {
        name: (q[low] <= y) & (y <= q[high]) for name, (low, high) in _INTERVALS.items() if low in q and high in q
    }
    low, high = _INTERVALS["in90"]
    if "in90" in told:
        rows = zip(q[low].tolist(), q[high].tolist(), y.tolist(), strict=True)
        told["interval_score"] = np.array([interval_score(*row) for row in rows])
    return told


def _levels(levels: ArrayLike, table: Floats) -> Floats:
    given = _numbers(levels, "levels")
    if given.shape != (table.shape[1],):
        raise ForecasterError(
            f"levels have the shape {given.shape}: give one per column of forecasts, ({table.shape[1]},)"
        )
    if not ((given > 0) & (given < 1)).all() or (np.diff(given) <= 0).any():
        raise ForecasterError(f"levels are {given.tolist()}: give probabilities inside (0, 1) that rise")
    return given


def _numbers(values: object, name: str) -> Floats:
    """An array of finite numbers.

    Raises:
        ForecasterError: Naming the first place where there is none.
    """
    try:
        array: NDArray[Any] = np.ma.filled(
            np.ma.asarray(values, dtype=float), np.nan
        )  # a masked value is a missing one
    except (TypeError, ValueError) as fault:
        reason = " ".join(str(fault).split())
        raise ForecasterError(f"{name} cannot be read as numbers ({reason})") from fault
    if not np.isfinite(array).all():
        place = tuple(int(at) for at in np.argwhere(~np.isfinite(array))[0]) if array.ndim else ()
        raise ForecasterError(
            f"{name}{list(place) if place else ''} is {array[place]}: a missing outcome or forecast has no score: "
            "leave its row out"
        )
    return array
