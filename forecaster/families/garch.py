"""GARCH(1,1) and its two asymmetric kin with a constant mean and Student-t errors, by maximum likelihood.

Everything is in units of the standard deviation of the changes that a fit saw. The recursions are in
`volatility_recursions`, the likelihood in `volatility_likelihood`, the search in `likelihood_search`.

A fit that failed or exploded is never published. In its place stand the parameters that the same changes would have
given 20, 40 or 60 sessions earlier, so that a fit stays a function of its own changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

from forecaster.contract import Failed, Fitted, Origin
from forecaster.distribution.predictive import Predictive
from forecaster.families.likelihood_search import climb
from forecaster.families.volatility_likelihood import Likelihood, bounds
from forecaster.families.volatility_recursions import before, path
from forecaster.floats import added

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.families.likelihood_search import Found
    from forecaster.families.volatility_likelihood import Seen
    from forecaster.families.volatility_recursions import Kind, Path
    from forecaster.floats import Floats


@dataclass(frozen=True)
class Member:
    """One of the family.

    Attributes:
        names: Its parameters, of mu, omega, alpha, gamma, beta and df.
        start: Where a search starts from the mean, in the other coordinates of its likelihood.
        persistence: What a parameter adds to the part of today's (log) variance that is left tomorrow.
    """

    names: tuple[str, ...]
    start: tuple[float, ...]
    persistence: Mapping[str, float]


FAMILY: dict[Kind, Member] = {
    "garch": Member(
        ("mu", "omega", "alpha", "beta", "df"),
        (0.03, 0.97, 0.07, 1 / 6),
        {"alpha": 1.0, "beta": 1.0},
    ),
    "gjr": Member(
        ("mu", "omega", "alpha", "gamma", "beta", "df"),
        (0.03, 0.97, 0.07, 0.7, 1 / 6),
        {"alpha": 1.0, "gamma": 0.5, "beta": 1.0},
    ),
    "egarch": Member(
        ("mu", "omega", "alpha", "gamma", "beta", "df"),
        (0.0, 0.12, -0.08, 0.98, 1 / 6),
        {"beta": 1.0},
    ),
}

MOST = 1 - 1e-5
"""The largest p of EGARCH that is no explosion: a log variance that remembers everything is a random walk."""

EARLIER = (0, 20, 40, 60)
"""Sessions before the origin up to which a fit may look, tried in this order."""

ROUNDING = 1e-12
"""Standard deviation, in parts of the largest change, that is no more than how sums are rounded."""

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
        persistence = added(weight * named[name] for name, weight in member.persistence.items())
        return {**named, "persistence": persistence, "unit": self.unit}

    def predict(self, origin: Origin) -> Predictive:
        """The next session's change, after the filter has gone through the origin's history.

        Raises:
            ValueError: Where its scale has exploded or died.
        """
        scale = self._scales(self._along(origin.history))[-1:]
        self._require_between(scale, origin.history)
        return Predictive.of(self.unit * self.parameters[0], scale, self.parameters[-1])

    def require_sane(self, changes: Floats, along: Path | None = None) -> None:
        """Raises ValueError where the filter explodes, dies, or never forgets where it started, on these changes.

        EGARCH divides each change by the volatility that it has just computed, so that an error in one day's log
        variance is multiplied by `beta - (alpha |z| + gamma z) / 2` a day. Unless it shrinks on average, the filter is
        chaos (Straumann and Mikosch 2006, doi:10.1214/009053606000000803).

        Args:
            changes: `(sessions,)`, oldest first, fractions.
            along: The filter's path over them, where it is known.
        """
        along = along or self._along(changes)
        self._require_between(self._scales(along)[1:], changes)
        if self.kind == "egarch" and not along.forgets():
            raise ValueError("the fit explodes: small errors in its log variance grow")

    def _along(self, changes: Floats) -> Path:
        """The filter's path over changes `(sessions,)`, fractions."""
        mu, omega, alpha, *gamma, beta, _ = self.parameters.tolist()
        recursion, scaled = np.array([omega, alpha, *(gamma or [0.0]), beta]), changes / self.unit
        return path(self.kind, recursion, scaled - mu, before(scaled))

    def _scales(self, along: Path) -> Floats:
        """The scale of each change on a path, and of the next session's `(sessions + 1,)`, fractions."""
        df = self.parameters[-1]
        scales: Floats = self.unit * np.exp(along.log_variances / 2) * np.sqrt((df - 2) / df)
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
    # On one thread, as everything that is trained: sums that were split would round otherwise.
    with _libraries().limit(limits=1):
        for earlier in EARLIER:
            try:
                law = _estimate(kind, changes[: changes.size - earlier])
                if earlier:
                    law.require_sane(changes)
            except (ArithmeticError, ValueError) as fault:
                faults.append(str(fault))
                continue
            why = f"{faults[0]}; its parameters are those of {earlier} sessions earlier" if earlier else ""
            return Fitted(law.predict, reason=why, diagnostics={**law.figures, "sessions_earlier": earlier})
    return Failed(f"{faults[0]}; parameters of up to {EARLIER[-1]} sessions earlier were no better")


def _estimate(kind: Kind, changes: Floats) -> Law:
    """The likeliest parameters.

    Raises:
        ValueError: Where there are too few changes, they never vary, or the search gives no parameters of use.
    """
    if changes.size < FEWEST:
        raise ValueError(f"only {changes.size} changes to fit to")
    unit = float(changes.std())
    if unit <= ROUNDING * float(np.abs(changes).max()):
        raise ValueError("the changes never vary")
    likelihood = Likelihood(kind, changes / unit)
    found = _searched(likelihood)
    if kind == "egarch":
        found = _freed(likelihood, found)
    if kind == "gjr":
        found = _nesting(likelihood, found)
    law = _law(kind, unit, found)
    law.require_sane(changes, found.seen.along)
    return law


def _searched(likelihood: Likelihood) -> Found[Seen]:
    """The maximum from the usual start."""
    kind, changes = likelihood.kind, likelihood.changes
    return climb(likelihood.at, np.array([changes.mean(), *FAMILY[kind].start]), *_bounds(kind, changes.size))


def _nesting(likelihood: Likelihood, found: Found[Seen]) -> Found[Seen]:
    """GJR's maximum is no lower than that of the GARCH in it: where a search ended lower, it starts anew from there."""
    plain = _searched(Likelihood("garch", likelihood.changes))
    if found.converged and found.seen.value >= plain.seen.value:
        return found
    again = climb(likelihood.at, np.insert(plain.point, 4, 0.5), *bounds("gjr"))
    return again if again.converged and again.seen.value >= found.seen.value else found


def _bounds(kind: Kind, sessions: int) -> tuple[Floats, Floats]:
    """Where a first search goes.

    A log variance whose memory, 1 / (1 - p), is longer than the history cannot be told from a random walk, and one
    that falls after a large change of either sign makes the filter chaos.
    """
    if kind == "egarch":
        return bounds(kind, alpha=(0.0, np.inf), p=(0.0, 1 - 1 / sessions))
    return bounds(kind)


def _freed(likelihood: Likelihood, found: Found[Seen]) -> Found[Seen]:
    """Where the bounds of a first search held it, the maximum beyond them, unless a random walk or chaos lies there."""
    alpha, p = found.point[[2, 4]]
    if alpha > 0 and p < 1 - 1 / likelihood.changes.size:
        return found

    def calm(point: Floats) -> Seen:
        seen = likelihood.at(point)
        if not seen.along.forgets():
            raise ArithmeticError("small errors in its log variance grow")
        return seen

    try:
        further = climb(calm, found.point, *bounds("egarch", p=(0.0, MOST)))
    except ArithmeticError:
        return found
    return further if further.converged and further.point[4] < MOST else found


def _law(kind: Kind, unit: float, found: Found[Seen]) -> Law:
    """The law that was found.

    Raises:
        ValueError: Where the search did not converge.
    """
    if not found.converged:
        raise ValueError(f"the fit did not converge in {found.steps} steps")
    parameters = found.seen.parameters
    return Law(kind, unit, np.delete(parameters, 3) if kind == "garch" else parameters)


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of linear algebra that this process has loaded."""
    return ThreadpoolController()
