"""The one door of training: whatever is fitted, for a day, a track record, a replay, an audit or an explanation.

What is asked and what is answered are plain values that a process can hand to another: a model that hangs, or takes all
memory, can then be stopped from outside (`forecaster.issuing.fitters`). Here the model is asked in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster import models
from forecaster.contract import Failed

if TYPE_CHECKING:
    from forecaster.contract import Compute, Examples, Fitted, ModelSettings


@dataclass(frozen=True, eq=False)
class Request:
    """Fits that are asked of one model.

    Attributes:
        model: Its id.
        settings: Its own.
        examples: What each fit learns from; all have the same series and covariates.
        seeds: One a fit.
        compute: Where, and in how much memory.
    """

    model: str
    settings: ModelSettings
    examples: tuple[Examples, ...]
    seeds: tuple[int, ...]
    compute: Compute

    def only(self, place: int) -> Request:
        """The same asked for one of the fits."""
        return replace(self, examples=(self.examples[place],), seeds=(self.seeds[place],))


Ask = Callable[[Sequence[Request]], "Sequence[tuple[Fitted | Failed, ...]]"]
"""Whoever answers requests, in order: `answers`, or processes of `forecaster.issuing.fitters`."""


def answers(requests: Sequence[Request]) -> Sequence[tuple[Fitted | Failed, ...]]:
    """Answers requests one after the other, in this process."""
    return [answer(request) for request in requests]


def answer(request: Request) -> tuple[Fitted | Failed, ...]:
    """Trains what is asked; nothing that a model raises gets out.

    Returns:
        One result a fit, in order. Where the model raises, each fit is asked for alone, so that the fault is of its
        own fit.
    """
    try:
        return _fitted(request)
    except Exception as fault:  # a forecaster's own fault must not take the others with it
        if len(request.seeds) == 1:
            return (Failed(raised(request.model, fault), raised=True),)
    return tuple(one for place in range(len(request.seeds)) for one in answer(request.only(place)))


def _fitted(request: Request) -> tuple[Fitted | Failed, ...]:
    """The model's own results.

    Raises:
        ValueError: Where they are not as many as the fits.
    """
    fit = models.load(request.model).fit
    found = tuple(fit(request.examples, settings=request.settings, seeds=request.seeds, compute=request.compute))
    if len(found) != len(request.seeds):
        raise ValueError(f"{len(found)} results for {len(request.seeds)} fits")
    return found


def raised(model: str, fault: Exception) -> str:
    """What a model raised, in one line."""
    return f"{model} raised {type(fault).__name__}: {' '.join(str(fault).split())}"
