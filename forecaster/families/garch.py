"""GARCH(1,1) and its two asymmetric kin with Student-t errors: maximum likelihood by the package `arch`.

With e the change less its mean, h its variance known at the close before, z = e / sqrt(h) and everything in units of
the standard deviation of the changes that a fit saw,

    garch   h' = omega + alpha e^2 + beta h                              (Bollerslev 1986, 1987)
    gjr     h' = omega + (alpha + gamma 1{e < 0}) e^2 + beta h           (Glosten, Jagannathan and Runkle 1993)
    egarch  log h' = omega + alpha (|z| - sqrt(2 / pi)) + gamma z + beta log h       (Nelson 1991)

A fit that failed or exploded is never published. In its place stand the parameters that the same changes would have
given 20, 40 or 60 sessions earlier, so that a fit stays a function of its own changes.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
from arch.univariate import EGARCH, GARCH, ConstantMean, StudentsT
from threadpoolctl import ThreadpoolController

from forecaster.contract import Failed, Fitted, Origin
from forecaster.distribution.predictive import Predictive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arch.univariate.volatility import VolatilityProcess

    from forecaster.floats import Floats


Kind = Literal["garch", "gjr", "egarch"]


@dataclass(frozen=True)
class Member:
    """One of the family.

    Attributes:
        process: Makes its variance process.
        names: Its parameters in the order of `arch`.
        start: Where a second search starts, in that order.
        persistence: What a parameter adds to the part of today's (log) variance that is left tomorrow.
        most: The largest persistence that is no explosion.
    """

    process: Callable[[], VolatilityProcess]
    names: tuple[str, ...]
    start: tuple[float, ...]
    persistence: Mapping[str, float]
    most: float


ROUNDING = 1e-5
"""How far the search may miss a bound."""

# A variance that remembers everything (IGARCH) is still stationary; a log variance that does is a random walk.
FAMILY: dict[Kind, Member] = {
    "garch": Member(
        partial(GARCH, p=1, q=1),
        ("mu", "omega", "alpha", "beta", "df"),
        (0.0, 0.05, 0.05, 0.90, 8.0),
        {"alpha": 1.0, "beta": 1.0},
        1 + ROUNDING,
    ),
    "gjr": Member(
        partial(GARCH, p=1, o=1, q=1),
        ("mu", "omega", "alpha", "gamma", "beta", "df"),
        (0.0, 0.05, 0.02, 0.06, 0.90, 8.0),
        {"alpha": 1.0, "gamma": 0.5, "beta": 1.0},
        1 + ROUNDING,
    ),
    "egarch": Member(
        partial(EGARCH, p=1, o=1, q=1),
        ("mu", "omega", "alpha", "gamma", "beta", "df"),
        (0.0, 0.0, 0.1, -0.05, 0.95, 8.0),
        {"beta": 1.0},
        1 - ROUNDING,
    ),
}

EARLIER = (0, 20, 40, 60)
"""Sessions before the origin up to which a fit may look, tried in this order."""

FEWEST = 30
"""Changes below which nothing is fitted."""

LEAST = 1e-3
"""Part of the standard deviation of its changes below which a filter's scale has died."""


@dataclass(frozen=True, eq=False)
class Law:
    """One member with its parameters.

    Attributes:
        kind: Which.
        unit: Standard deviation of the changes that it was fitted to, a fraction: the unit of all else.
        parameters: `(parameters,)` in the order of the member's names.
    """

    kind: Kind
    unit: float
    parameters: Floats

    @property
    def figures(self) -> dict[str, float]:
        """The parameters by name, what is left of a shock a session later, and the unit."""
        member = FAMILY[self.kind]
        named = dict(zip(member.names, self.parameters.tolist(), strict=True))
        persistence = sum(weight * named[name] for name, weight in member.persistence.items())
        return {**named, "persistence": persistence, "unit": self.unit}

    def predict(self, origin: Origin) -> Predictive:
        """The next session's change, after the filter has gone through the origin's history.

        Raises:
            ValueError: Where its scale has exploded or died.
        """
        scale = self._scales(origin.history)[-1:]
        self._require_between(scale, origin.history)
        return Predictive.of(self.unit * self.parameters[0], scale, self.parameters[-1])

    def require_sane(self, changes: Floats) -> None:
        """Raises ValueError where the filter explodes, dies, or never forgets where it started, on these changes.

        EGARCH divides each change by the volatility that it has just computed, so that an error in one day's log
        variance is multiplied by `beta - (alpha |z| + gamma z) / 2` a day. Unless it shrinks on average, the filter is
        chaos (Straumann and Mikosch 2006, doi:10.1214/009053606000000803).
        """
        scales = self._scales(changes)
        self._require_between(scales, changes)
        if self.kind == "egarch":
            mu, _, alpha, gamma, beta, df = self.parameters
            z = (changes[1:] - self.unit * mu) / scales[:-1] * np.sqrt((df - 2) / df)
            with np.errstate(divide="ignore"):  # a factor of zero forgets at once
                growth = np.log(np.abs(beta - (alpha * np.abs(z) + gamma * z) / 2)).mean()
            if growth >= 0:
                raise ValueError("the fit explodes: small errors in its log variance grow")

    def _scales(self, changes: Floats) -> Floats:
        """The scale known at each close for the session after it `(sessions,)`, fractions."""
        df = self.parameters[-1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = _model(self.kind, changes / self.unit).forecast(self.parameters, start=0, reindex=False)
            scales: Floats = self.unit * np.sqrt(told.variance.to_numpy()[:, 0] * (df - 2) / df)
        return scales

    def _require_between(self, scales: Floats, changes: Floats) -> None:
        """Raises ValueError where a scale is larger than every change so far, or next to nothing."""
        wrong = scales[~((scales > LEAST * self.unit) & (scales <= np.abs(changes).max()))]
        if wrong.size:
            raise ValueError(f"the filter gives a scale of {wrong[-1]:.2g}, where changes had a sd of {self.unit:.2g}")


def fit_family(kind: Kind, changes: Floats) -> Fitted | Failed:
    """Fits one member to changes `(sessions,)`, oldest first, fractions.

    Returns:
        The fit. Where parameters of earlier sessions had to do, `reason` says so and why; where they would not do
        either, a failure.
    """
    faults: list[str] = []
    for earlier, start in product(EARLIER, (None, np.array(FAMILY[kind].start))):
        try:
            law = _estimate(kind, changes[: changes.size - earlier], start)
            law.require_sane(changes)
        except (ArithmeticError, ValueError) as fault:
            faults.append(str(fault))
            continue
        why = f"{faults[0]}; its parameters are those of {earlier} sessions earlier" if earlier else ""
        return Fitted(law.predict, reason=why, diagnostics={**law.figures, "sessions_earlier": earlier})
    return Failed(f"{faults[0]}; nor were parameters of up to {EARLIER[-1]} sessions earlier of use")


def _estimate(kind: Kind, changes: Floats, start: Floats | None) -> Law:
    """The likeliest parameters, searched for from a start, or from what `arch` proposes.

    Raises:
        ValueError: Where there are too few changes, they never vary, or the search gives no parameters of use.
    """
    if changes.size < FEWEST:
        raise ValueError(f"only {changes.size} changes to fit to")
    if changes.min() == changes.max():
        raise ValueError("the changes never vary")
    unit = float(changes.std())
    # On one thread, as everything that is trained: SLSQP may end elsewhere where its sums were split.
    with warnings.catch_warnings(), _libraries().limit(limits=1):
        warnings.simplefilter("ignore")
        found = _model(kind, changes / unit).fit(disp="off", show_warning=False, starting_values=start)
    law = Law(kind, unit, np.asarray(found.params, np.float64))
    if fault := _fault(law, found.convergence_flag):
        raise ValueError(fault)
    law.require_sane(changes)
    return law


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of linear algebra that this process has loaded."""
    return ThreadpoolController()


def _fault(law: Law, flag: int) -> str:
    """Why parameters are of no use, empty where they are."""
    if not np.isfinite(law.parameters).all():
        return "the fit has parameters that are no finite numbers"
    persistence = law.figures["persistence"]
    if persistence > FAMILY[law.kind].most:
        return f"the fit explodes, with a persistence of {persistence:.4g}"
    return f"the fit did not converge (SLSQP's status {flag})" if flag else ""


def _model(kind: Kind, changes: Floats) -> ConstantMean:
    return ConstantMean(changes, volatility=FAMILY[kind].process(), distribution=StudentsT(), rescale=False)
