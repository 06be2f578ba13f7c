"""Importance sampling with the guide as proposal: a trained guide's draws, weighed by model over guide.

The weights' largest are smoothed, each replaced by what the fitted Pareto law expects of its rank, which cuts the
variance of what is computed from them (PSIS; Vehtari et al. 2024, arXiv:1507.02646, algorithm 1). Draws are then
chosen in proportion, so that whoever uses them need not know that they were weighed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.inference import psis
from forecaster.inference.noise import Purpose, generators
from forecaster.inference.sites import of_fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.inference.checks import Proposals

RELIABLE = 0.7
"""The largest Pareto k at which weighing helps (Vehtari et al. 2024, section 3.2.4)."""


def choose(drawn: Proposals, count: int, seeds: Sequence[int]) -> dict[str, Tensor]:
    """Draws of each fit's posterior, so many, chosen among the guide's by their weights.

    Returns:
        Values by site `(count, fits, *site shape)`.
    """
    blocks = list(drawn)
    weights = torch.cat([weight.flatten(0, 1) for weight, _ in blocks]).T.contiguous().double().cpu().numpy()
    chosen = _chosen(psis.smoothed(np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0)), count, seeds)
    places, fits = torch.from_numpy(chosen), torch.arange(len(seeds))[:, None]
    values = {name: torch.cat([of_fits(block[name]) for _, block in blocks]) for name in blocks[0][1]}
    return {
        name: value[places.to(value.device), fits.to(value.device)].transpose(0, 1) for name, value in values.items()
    }


def _chosen(weights: NDArray[np.float64], count: int, seeds: Sequence[int]) -> NDArray[np.int64]:
    """Systematic resampling (Kitagawa 1996), in an order of no meaning: places `(fits, count)`."""
    places = np.empty((len(seeds), count), np.int64)
    for i, rng in enumerate(generators(seeds, Purpose.CHOICE)):
        marks = (rng.random() + np.arange(count)) / count
        places[i] = rng.permutation(np.searchsorted(weights[i].cumsum(), marks).clip(max=weights.shape[1] - 1))
    return places
