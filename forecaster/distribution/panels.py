"""The panels that integrals over a mixture's cdf need: short where a component is narrow, long where nothing happens.

Gauss's rule with n nodes on a panel integrates what is analytic inside of an ellipse around it, the panel's ends its
foci, with an error of `rho^(-2n)`, where `rho` is the sum of the half axes in half panels (Trefethen 2008,
doi:10.1137/060659831). A Student-t component limits the ellipse by its poles, `sqrt(df)` scales beside its mode; a
normal one has none, but grows as fast off the line as if it had some. A two-piece component bends at its mode, which
costs the fourth power of the distance between nodes. So the error of every panel is known before anything is computed,
each component's in its own share, and a panel with too great a one is cut where the worst component asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.distribution.mixture import Mixture
    from forecaster.floats import Floats


DOUBLED = 4
NODES = 2**DOUBLED
"""Nodes of a panel."""

ALLOWED, LEFT_OUT = 2e-8, 4e-9
"""Largest error of a panel, and of what is left out at an end, in units of the plan.

No integral of a squared gap is less than about a fifth of a unit (a normal's is 0.23 of its scale).
"""

POLES = 5.0
"""Degrees of freedom whose poles limit the ellipse as much as the growth of a normal does."""

LIGHTEST = 1e3
"""Degrees of freedom whose tail is taken for that of all lighter ones."""

NEAR, RATIO, APART = 7.25, 36.0, 4.0
"""In units, how far the first panel goes; how much farther each next one; and how far from a mode cuts are made."""

FINEST = 1e-14
"""Panels shorter than this share of their place are not cut: doubles end there."""

EDGE, LITTLE = 1e-9, 1e-300
"""A mode within this share of a panel's end lies on it; a probability that can be divided by."""

BEND = (np.pi / NODES) ** 4 / 720 / 10
"""Error of the rule for a jump of 1 in the third derivative of the cdf, in half panels (Euler and Maclaurin).

The greatest is ten times that: modes that bend lie here and there between the nodes.
"""

GAUSS = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True, eq=False)
class Line:
    """The line from where nothing is left on one side to where nothing is left on the other, cut into panels.

    Attributes:
        low: `(L + 1,)` edges in order, from the far left to the centre.
        high: `(H + 1,)` edges in order, from the centre to the far right.
    """

    low: Floats
    high: Floats

    @property
    def centre(self) -> float:
        """Where neither side holds less than about a quarter of the mixture."""
        return float(self.high[0])

    @cached_property
    def below(self) -> tuple[Floats, Floats]:
        """Nodes and weights `(L, NODES)` left of the centre."""
        return nodes(self.low[:-1], self.low[1:])

    @cached_property
    def above(self) -> tuple[Floats, Floats]:
        """Nodes and weights `(H, NODES)` right of the centre."""
        return nodes(self.high[:-1], self.high[1:])


def nodes(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights `(..., NODES)` of the panels from `start (...)` to `end (...)`."""
    place, weight = GAUSS
    half = ((end - start) / 2)[..., None]
    return ((start + end) / 2)[..., None] + half * place, half * weight


def cut(
    mixture: Mixture, content: Callable[[Floats], Floats] = np.square, finer: float = 1.0, rest: float = 1.0
) -> Line:
    """The panels for the integral of `content` of the probability of a side's tail, from its far end to the centre.

    Args:
        mixture: Whose components decide.
        content: What is integrated, a bounded function of a probability `(panels,)` that grows with it.
        finer: At most 1: the share of the panels' length that the content allows.
        rest: The probability of a tail that may be left out, for a content that is light there.
    """
    plan = _Plan.of(mixture, content, finer)
    far = plan.far(rest)
    start, end = plan.first(-1, far), plan.first(1, far)
    edges = np.concatenate([plan.centre - start[::-1], plan.centre + end[1:]])
    found = plan.settled(edges[:-1], edges[1:])
    middle = int(np.searchsorted(found, plan.centre))
    return Line(found[: middle + 1], found[middle:])


@dataclass(frozen=True, eq=False)
class _Plan:
    """What the panels of a mixture have to see: `(K,)` for each component.

    Attributes:
        loc: Modes.
        weight: Probabilities.
        df: Degrees of freedom, none above `LIGHTEST`.
        wide: Scales of the wider halves.
        pole: How far the poles lie beside the mode.
        bend: Weighted jumps of the third derivative of the cdf at the mode.
        centre: Where the two sides meet.
        unit: Half of the mixture lies no farther away from the centre, or is no wider.
        content: See `cut`.
        finer: See `cut`.
    """

    loc: Floats
    weight: Floats
    df: Floats
    wide: Floats
    pole: Floats
    bend: Floats
    centre: float
    unit: float
    content: Callable[[Floats], Floats]
    finer: float

    @classmethod
    def of(cls, mixture: Mixture, content: Callable[[Floats], Floats], finer: float) -> _Plan:
        weight, loc, scale, skew = mixture.weight, mixture.loc, mixture.scale, mixture.skew
        stretch = np.exp(np.abs(skew))
        # The median of a two-piece component lies about there, whatever its skew.
        centre = median(loc + 1.3 * scale * np.sinh(skew), weight)
        wide = scale * stretch
        return cls(
            loc=loc,
            weight=weight,
            df=np.minimum(mixture.df, LIGHTEST),
            wide=wide,
            pole=np.sqrt(np.minimum(mixture.df, POLES)) * scale / stretch,
            bend=0.8 * weight * np.sinh(2 * np.abs(skew)) / np.cosh(skew) / scale**3,
            centre=centre,
            unit=median(np.abs(loc - centre) + wide, weight),
            content=content,
            finer=finer,
        )

    def far(self, rest: float) -> float:
        """How far from the centre too little is left: of the squared tail's integral, and no more than `rest` of mass.

        A tail is at most `(1 + e^2 / df)^(-df / 2) / 2`; each component's is held to its even share.
        """
        count = self.weight * self.weight.size / 2
        away = np.abs(self.loc - self.centre)
        squared = count * np.sqrt((away + self.wide * np.sqrt(self.df)) / (LEFT_OUT * self.unit))
        with np.errstate(over="ignore"):
            reach = np.maximum(
                self.df * np.expm1(2 / (self.df - 0.5) * np.log(np.maximum(squared, 1))),
                self.df * np.expm1(2 / self.df * np.log(np.maximum(count / rest, 1))),
            )
            ends = np.where(reach > 0, away + self.wide * np.sqrt(reach), 0.0)
        return min(max(float(ends.max()), 2 * self.unit), 1e300)

    def first(self, side: int, far: float) -> Floats:
        """Distances of the first edges from the centre on one side, with the farthest near mode where some bend."""
        near = NEAR * self.unit * self.finer
        count = max(int(np.ceil(np.log(far / near) / np.log(RATIO))), 0)
        result = np.concatenate([[0.0], far * (near / far) ** (np.arange(count, -1, -1) / max(count, 1))])
        if self.bend.any():
            modes = float((side * (self.loc - self.centre)).max())
            if 0 < modes < near:
                result = np.insert(result, 1, modes)
        return result

    def settled(self, start: Floats, end: Floats) -> Floats:
        """All edges in order, once every panel from `start (P,)` to `end (P,)` is cut until it is fine."""
        found = [start, end[-1:]]
        while start.size:
            error, worst = self._errors(start, end)
            coarse = (error > ALLOWED * self.unit) & (end - start > FINEST * np.maximum(np.abs(start), np.abs(end)))
            if not coarse.any():
                break
            start, end = self._cut(start[coarse], end[coarse], worst[coarse])
            start, end = start[start < end], end[start < end]
            found.append(start)
        return np.unique(np.concatenate(found))

    def _errors(self, start: Floats, end: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """Errors of the panels `(P,)` and the component that has the most of each."""
        half = (end - start)[:, None] / 2
        x = (start + end)[:, None] / 2 - self.loc
        away = np.abs(x)
        outside = np.maximum(away - half, 0) / 2
        with np.errstate(over="ignore"):
            axis = self._axis(self.finer * (away - outside) / half, self.finer * self.pole / half)
            beyond = 0.5 * np.exp(-self.df / 2 * np.log1p((outside / self.wide) ** 2 / self.df))
            smooth = self.weight * beyond * self._missed(axis)
            bent = np.where(away < half * (1 - EDGE), self.bend * half**3 * BEND, 0.0)
            total = smooth.sum(axis=1) + np.sqrt((bent**2).sum(axis=1))
        side = np.sign((start + end) / 2 - self.centre)[:, None]
        level = np.clip(np.where(side * x > half, beyond, 1.0) @ self.weight, LITTLE, 1.0)
        return 4 * half[:, 0] * self.content(level) / level * total, (smooth + bent).argmax(axis=1)

    @staticmethod
    def _axis(p: Floats, q: Floats) -> Floats:
        """Half the long axis of the ellipse with its foci at -1 and 1 through the point `p + iq`."""
        result: Floats = (np.hypot(p - 1, q) + np.hypot(p + 1, q)) / 2
        return result

    @staticmethod
    def _missed(axis: Floats) -> Floats:
        """`rho^(-2n)` of the ellipse, by squaring again and again."""
        result: Floats = 1 / (axis + np.sqrt(axis**2 - 1))
        for _ in range(DOUBLED + 1):
            result *= result
        return result

    def _cut(self, start: Floats, end: Floats, worst: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """The pieces of panels `(P,)`, each cut where its worst component wants it.

        On both sides of a mode that is narrow in its panel; at a mode that bends; as far from the nearer end as the
        component is, times what a panel can span; and in the middle where that is less.
        """
        mode, half = self.loc[worst], (end - start) / 2
        pole = np.maximum(self.pole[worst], FINEST * np.maximum(np.abs(start), np.abs(end)))
        room = np.minimum(mode - start, end - mode)
        inside = room > EDGE * half
        three = room > 2 * APART * pole
        bends = inside & (self.bend[worst] > 0) & (room > half / 10)
        left = np.abs(start - mode) < np.abs(end - mode)
        distance = np.where(inside, 0.0, np.minimum(np.abs(start - mode), np.abs(end - mode))) + pole
        step = np.minimum(self.finer * (RATIO - 1) * distance, half)
        one = np.where(bends, mode, np.where(left, start + step, end - step))
        first = np.where(three, mode - APART * pole, one)
        second = np.where(three, mode + APART * pole, one)
        return np.concatenate([start, second, first[three]]), np.concatenate([first, end, second[three]])


def median(values: Floats, weight: Floats) -> float:
    """The least of `values (K,)` that half of the weight does not exceed."""
    if values.size == 1:
        return float(values[0])
    order = np.argsort(values)
    return float(values[order[np.searchsorted(weight[order].cumsum(), 0.5)]])
