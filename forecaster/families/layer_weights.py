"""The weights of a network, a layer at a time: how large they are, how certain, and how many of them count.

Hidden units have no names: another fit may swap two of them or turn their signs. What can be compared between networks
is therefore a layer as a whole, not one of its weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.floats import Floats


@dataclass(frozen=True)
class LayerWeights:
    """What is said of one layer, with w[i] the weight of a deterministic network or the posterior mean of a Bayesian.

    Attributes:
        count: Weights of the layer, n.
        mean: Mean of w over the layer.
        sd: Standard deviation of w over the layer, with n below the fraction; NaN of a single weight.
        posterior_sd: Root mean square of the weights' posterior standard deviations; NaN without a posterior.
        uncertain: Share of weights with a posterior mean smaller than one posterior sd; NaN without a posterior.
        hoyer: Sparsity of Hoyer (2004, Journal of Machine Learning Research 5, 1457-1469, section 3.1),
            (sqrt(n) - sum|w| / sqrt(sum w^2)) / (sqrt(n) - 1): 0 where all are of one size, 1 where one alone is not
            zero; NaN of a single weight and where all are zero.
    """

    count: int
    mean: float
    sd: float
    posterior_sd: float
    uncertain: float
    hoyer: float


def layer_weights(layers: Mapping[str, Floats]) -> dict[str, LayerWeights]:
    """What is said of each layer of a network.

    Args:
        layers: As `forecaster.contract.Fitted.layers`: `(draws, *shape)` by name, one draw without a posterior.

    Raises:
        ValueError: For weights that are not finite, or a layer without any.
    """
    return {name: _of(name, np.asarray(draws, np.float64)) for name, draws in layers.items()}


def means(draws: Floats) -> Floats:
    """The weights of one layer in a row `(n,)`: posterior means, or the weights themselves."""
    mean: Floats = np.ascontiguousarray(draws).reshape(len(draws), -1).mean(0)
    return mean


def hoyer(weights: Floats) -> float:
    """The sparsity of weights `(n,)`, see `LayerWeights`.

    >>> hoyer(np.array([0.0, 3.0, 0.0, 0.0])), hoyer(np.array([1.0, -1.0, 1.0, 1.0]))
    (1.0, 0.0)
    """
    root, size = float(np.sqrt(weights.size)), float(np.sqrt(np.square(weights).sum()))
    if weights.size == 1 or not size:
        return float("nan")
    return (root - float(np.abs(weights).sum()) / size) / (root - 1)


def _of(name: str, draws: Floats) -> LayerWeights:
    if draws.size == 0 or not np.isfinite(draws).all():
        raise ValueError(f"{name}: weights {draws.shape} are missing or not finite")
    weights = means(draws)
    spread = draws.reshape(len(draws), -1).std(0, ddof=1) if len(draws) > 1 else None
    return LayerWeights(
        count=weights.size,
        mean=float(weights.mean()),
        sd=float(weights.std()) if weights.size > 1 else float("nan"),
        posterior_sd=float("nan") if spread is None else float(np.sqrt(np.square(spread).mean())),
        uncertain=float("nan") if spread is None else float((np.abs(weights) < spread).mean()),
        hoyer=hoyer(weights),
    )
