"""Whether posterior draws of class probabilities agree well enough to name a class, or it is better to decline.

A class is named where most draws find it the most probable one, and where its median probability over the draws is
high. The first asks whether the posterior knows which class leads, the second whether the lead means anything: a coin
known to be fair fails it, however many tosses tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.floats import Floats

DECLINES = -1
"""In place of a class."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What is said of some inputs.

    Attributes:
        forced: The class of the highest mean probability `(places,)`: the answer where one must be given.
        named: The same where it dares to answer, `DECLINES` elsewhere `(places,)`.
        agreement: Share of draws in which that class is the most probable one `(places,)`.
        median: Its median probability over the draws `(places,)`.
        mean: Mean probability of each class `(places, classes)`.
    """

    forced: NDArray[np.int64]
    named: NDArray[np.int64]
    agreement: Floats
    median: Floats
    mean: Floats

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Where a class is named `(places,)`."""
        return np.asarray(self.named != DECLINES)


def answers(probabilities: Floats, agreement: float = 0.9, median: float = 0.0) -> Answers:
    """Decides for each input whether to answer.

    Args:
        probabilities: Under each posterior draw `(draws, places, classes)`.
        agreement: Least share of draws that must find the class the most probable one.
        median: Least median probability of that class.

    Raises:
        ValueError: Where the probabilities have no draws, or other dimensions.

    >>> sure, torn = [[0.9, 0.1]] * 10, [[0.9, 0.1]] * 6 + [[0.1, 0.9]] * 4
    >>> answers(np.array([sure, torn]).swapaxes(0, 1)).named.tolist()
    [0, -1]
    """
    if probabilities.ndim != 3 or not probabilities.size:  # noqa: PLR2004  # three axes
        raise ValueError(f"probabilities must be (draws, places, classes), not {probabilities.shape}")
    mean = probabilities.mean(0)
    forced = mean.argmax(-1)
    agreed = (probabilities.argmax(-1) == forced).mean(0)
    own = np.median(np.take_along_axis(probabilities, forced[None, :, None], -1)[..., 0], 0)
    dares = (agreed >= agreement) & (own >= median)
    return Answers(forced, np.where(dares, forced, DECLINES), agreed, own, mean)
