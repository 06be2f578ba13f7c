"""One fit laid open: what tools of inference ask of a model beyond its forecast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from forecaster.contract import Latent
    from forecaster.floats import Floats
    from forecaster.inference.batch import Batch
    from forecaster.inference.schedule import Schedule


@dataclass(frozen=True, eq=False)
class Around:
    """A point and a spread around it, small or normal: what a method without draws says of latents.

    Attributes:
        point: Of each latent site `(*site shape)`.
        plus: The same moved by a part of each column of a root of the covariance `(columns, *site shape)`.
        minus: The same moved the other way.
        part: How far; NaN where there is no covariance.
    """

    point: Mapping[str, Floats]
    plus: Mapping[str, Floats]
    minus: Mapping[str, Floats]
    part: float


@dataclass(frozen=True, eq=False)
class Study:
    """A model's fit on given rows, as tools take it.

    Attributes:
        batch: Data and prior of the one fit, with its own guide; a dataclass with a field `guide_name`.
        guide: Name of this guide.
        guides: Names of those that will do here.
        schedule: Steps and rates with which each of them is trained; of the own one, as the fit is.
        latents: From draws of its sites to its latents by their names for people, in their own units.
        response: The response `(rows,)` as the model has it.
        unit: What a move of one volatility is in each row `(rows,)`.
        replicate: From draws of its sites and a generator to data of the model's own on the same rows `(draws, rows)`.
        program: The model as a Pyro program on a blackboard, to be drawn.
        single: Whether each latent has a meaning of its own, so that a mode, NUTS and maximum likelihood have one.
        exact: The exact posterior, None where there is no closed form.
    """

    batch: Batch
    guide: str
    guides: tuple[str, ...]
    schedule: Callable[[str], Schedule]
    latents: Callable[[Mapping[str, Floats]], Mapping[str, Latent]]
    response: Floats
    unit: Floats
    replicate: Callable[[Mapping[str, Floats], np.random.Generator], Floats]
    program: Callable[[], Callable[[], Any]]
    single: bool = False
    exact: Callable[[], Around] | None = None

    def under(self, guide: str) -> Batch:
        """The same data and prior under another guide."""
        batch: Any = self.batch
        result: Batch = replace(batch, guide_name=guide)
        return result
