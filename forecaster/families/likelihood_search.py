"""The highest point of a smooth function between bounds: quasi-Newton steps that begin with the expected curvature.

While a step promises much, the model of the curvature is Fisher's information where the search stands. Nearer to the
top it learns from what each step did to the gradient (Broyden, Fletcher, Goldfarb and Shanno; damped as in Powell 1978,
so that it stays positive definite). A step goes to where the model is highest between the bounds, or, where the
function does not rise enough, part of the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from scipy.linalg import lapack

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.floats import Floats

ENOUGH = 1e-4
"""Nats: a search is over where its model promises no more than that."""

FAR = 5.0
"""Nats: after a step that promised more, the expected curvature is taken anew; nearer, the gradient teaches it."""

STEPS = 60
SHORTEST = 1e-4
"""Part of a step below which the search gives up."""

RISE = 1e-4
"""Part of what a step promises that it must keep (Armijo 1966)."""

DAMPED = 0.2
"""The least curvature along a step, in parts of the model's, that is believed."""


class Place(Protocol):
    """A function at one point."""

    @property
    def value(self) -> float:
        """Nats."""

    @property
    def gradient(self) -> Floats:
        """`(coordinates,)`."""

    def information(self) -> Floats:
        """The expected curvature `(coordinates, coordinates)`, positive semidefinite."""


P = TypeVar("P", bound=Place)


@dataclass(frozen=True, eq=False)
class Found(Generic[P]):
    """Where a search ended.

    Attributes:
        point: `(coordinates,)`.
        seen: The function there.
        converged: Whether the model of the function promised nothing more.
        steps: How many were taken.
    """

    point: Floats
    seen: P
    converged: bool
    steps: int


def climb(function: Callable[[Floats], P], start: Floats, low: Floats, high: Floats) -> Found[P]:
    """Searches from a start `(coordinates,)` between bounds."""
    with np.errstate(all="ignore"):  # a step may lead to where nothing is finite, and is shortened
        return _climbed(function, start, low, high)


def _climbed(function: Callable[[Floats], P], start: Floats, low: Floats, high: Floats) -> Found[P]:
    point, seen = start, function(start)
    curvature, expected = _solid(seen.information()), True
    for steps in range(STEPS):
        step = highest(curvature, seen.gradient, low - point, high - point)
        slope = float(seen.gradient @ step)
        promised = slope - 0.5 * float(step @ curvature @ step)
        if promised < ENOUGH:
            return Found(point, seen, True, steps)
        moved, after = _risen(function, (point, low, high), seen, step, slope)
        if after is seen and expected:
            return Found(point, seen, False, steps)
        expected = after is seen or promised > FAR
        if expected:
            curvature = _solid(after.information())
        else:
            curvature = _learnt(curvature, moved - point, seen.gradient - after.gradient)
        point, seen = moved, after
    return Found(point, seen, False, STEPS)


def highest(curvature: Floats, gradient: Floats, low: Floats, high: Floats) -> Floats:
    """The step `(coordinates,)` between bounds to the highest point of `gradient d - d curvature d / 2`.

    Steps beyond a bound end there, and the rest is solved again, until nothing is held that would rather be free.
    """
    step = _solved(curvature, gradient)
    if (step >= low).all() and (step <= high).all():
        return step
    free = np.ones(step.size, bool)
    step = np.zeros(step.size)
    for _ in range(4 * step.size):
        left = gradient[free] - curvature[np.ix_(free, ~free)] @ step[~free]
        if free.any():
            step[free] = _solved(curvature[np.ix_(free, free)], left)
        beyond = free & ((step < low) | (step > high))
        step = np.clip(step, low, high)
        if beyond.any():
            free &= ~beyond
            continue
        pull = gradient - curvature @ step
        held = ~free & (((step <= low) & (pull > 0)) | ((step >= high) & (pull < 0)))
        if not held.any():
            break
        free |= held
    return step


def _solved(matrix: Floats, right: Floats) -> Floats:
    """The solution for a positive definite matrix; nothing that is finite where rounding has made it singular."""
    _, solution, fault = lapack.dposv(matrix, right)
    found: Floats = np.full(right.size, np.nan) if fault else solution
    return found


def _risen(
    function: Callable[[Floats], P], within: tuple[Floats, Floats, Floats], seen: P, step: Floats, slope: float
) -> tuple[Floats, P]:
    """Where a step from a point between bounds leads, or so much of it that the function rises; else the point."""
    part, (point, low, high) = 1.0, within
    while part > SHORTEST:
        there = np.minimum(np.maximum(point + part * step, low), high)  # sums round
        told = function(there)
        if told.value >= seen.value + RISE * part * slope and math.isfinite(float(told.gradient.sum())):
            return there, told
        part *= 0.3
    return point, seen


def _learnt(curvature: Floats, step: Floats, fall: Floats) -> Floats:
    """The curvature after a step `(coordinates,)` along which the gradient fell by so much."""
    pull = curvature @ step
    own, told = float(step @ pull), float(step @ fall)
    if told < DAMPED * own:
        kept = (1 - DAMPED) * own / (own - told)
        fall = kept * fall + (1 - kept) * pull
        told = DAMPED * own
    learnt: Floats = curvature + fall[:, None] * (fall / told) - pull[:, None] * (pull / own)
    return learnt


def _solid(information: Floats) -> Floats:
    """Made positive definite: of what nothing is told, a little is."""
    solid = information.copy()
    diagonal = np.einsum("ii->i", solid)
    diagonal += 1e-6 * diagonal + 1e-6
    return solid
