"""Maximum likelihood of one fit: its latents as Pyro parameters, its prior left out.

    argmax log p(data | latents),    sd from the curvature of the log likelihood there (the observed information)

Each latent site of the model is replaced by a `pyro.param` under the same constraint, in float64, and a quasi-Newton
search starts at the mode of the posterior where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from pyro import poutine
from scipy.optimize import minimize
from torch.distributions import biject_to

from forecaster.inference.isolation import isolated
from forecaster.inference.laplace import laplace
from forecaster.inference.sites import packed_start, unpack
from forecaster.inference.study import Around

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from forecaster.floats import Floats
    from forecaster.inference.batch import Batch
    from forecaster.inference.sites import Site

SEARCH: Any = {"maxiter": 2000, "maxfun": 4000, "maxcor": 50, "ftol": 1e-14, "gtol": 1e-8}
"""When the search ends: there is nothing left to gain that a double could hold."""

RISE = 1e-3
"""Nats that a maximum may still be away from, by the local parabola."""

STEP = 1e-4
"""Step between gradients from which curvature is taken, in units of the packed latents."""


@dataclass(frozen=True, eq=False)
class Maximum:
    """The place of the highest likelihood, and a normal of its curvature around it.

    Attributes:
        around: The place, as whoever gave the data counts it, and a small part of a root of the inverse information.
        log_likelihood: There, in nats.
        reason: Why it is not to be trusted, empty where nothing speaks against it.
    """

    around: Around
    log_likelihood: float
    reason: str


def maximum_likelihood(batch: Batch) -> Maximum:
    """Finds it for a batch of one.

    Raises:
        ValueError: Where the batch holds another number of fits than one, or its posteriors have no coordinates, so
            that a place of highest likelihood need not be the only one.
    """
    axes = batch.coordinates
    if len(batch) != 1 or axes is None:
        raise ValueError("maximum likelihood takes a batch of one fit whose latents have a meaning each")
    sites, model = batch.sites, batch.model(torch.float64)
    with isolated(0):
        found = laplace(model, sites, axes)
        start = found.latent[0] if found.latent.isfinite().all() else packed_start(sites)
        parts = dict(zip((site.name for site in sites), start.split([site.size for site in sites]), strict=True))

        def likelihood() -> Tensor:
            values = {site.name: _parameter(site, parts[site.name]) for site in sites}
            return _log_likelihood(model, values)

        likelihood()  # the parameters exist once it has run
        free = dict(pyro.get_param_store().named_parameters())
        _search(likelihood, [free[site.name] for site in sites])
        at = torch.cat([free[site.name].detach().flatten() for site in sites])
        information = _information(model, sites, at)
        height = float(_height(model, sites, at[None])[0])
        slope = _slope(model, sites, at[None])[0]
    return _maximum(batch, at, information, slope, height)


def _parameter(site: Site, start: Tensor) -> Tensor:
    """The site's value as a parameter under its own constraint: `(1, 1, *site shape)`, for the plate of one fit."""

    def first() -> Any:  # noqa: ANN401  # a tensor in Pyro's hands
        return biject_to(site.support)(start).reshape(site.shape)

    value: Tensor = pyro.param(site.name, first, constraint=site.support)
    return value.reshape(1, 1, *site.shape)


def _log_likelihood(model: Any, values: dict[str, Tensor]) -> Tensor:  # noqa: ANN401  # a Pyro program
    trace = poutine.trace(poutine.condition(model, values)).get_trace(None)
    trace.compute_log_prob(lambda name, _: name == "y")
    result: Tensor = trace.nodes["y"]["log_prob"]
    return result.squeeze(-1).squeeze(-1)


def _search(likelihood: Callable[[], Tensor], free: list[Tensor]) -> None:
    """Moves the parameters, in place, to where the likelihood is highest."""
    sizes = [part.numel() for part in free]

    def loss(packed: Any) -> tuple[float, Floats]:  # noqa: ANN401  # scipy's own shape
        parts = torch.from_numpy(np.array(packed)).split(sizes)
        for own, part in zip(free, parts, strict=True):
            own.data.copy_(part.reshape(own.shape))
        height = likelihood().sum()
        slopes = torch.autograd.grad(-height, free)
        return -float(height.detach()), torch.cat([slope.flatten() for slope in slopes]).numpy()

    first = torch.cat([part.detach().flatten() for part in free]).numpy().copy()
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options=SEARCH)
    loss(found.x)


def _height(model: Any, sites: tuple[Site, ...], packed: Tensor) -> Tensor:  # noqa: ANN401  # a Pyro program
    """Log likelihood at packed latents `(n, latents)`: `(n,)`."""
    values = {part.site.name: part.value for part in unpack(sites, packed[:, None, None])}
    return _log_likelihood(model, values).reshape(-1)


def _slope(model: Any, sites: tuple[Site, ...], packed: Tensor) -> Tensor:  # noqa: ANN401  # a Pyro program
    at = packed.clone().requires_grad_()
    (slope,) = torch.autograd.grad(_height(model, sites, at).sum(), at)
    result: Tensor = slope
    return result


def _information(model: Any, sites: tuple[Site, ...], at: Tensor) -> Tensor:  # noqa: ANN401  # a Pyro program
    """Minus the Hessian of the log likelihood `(latents, latents)`, from gradients a step to either side."""
    away = STEP * torch.eye(len(at), dtype=at.dtype)
    up, down = _slope(model, sites, torch.cat([at + away, at - away])).chunk(2)
    hessian = (up - down) / (2 * STEP)
    return -(hessian + hessian.T) / 2


def _maximum(batch: Batch, at: Tensor, information: Tensor, slope: Tensor, height: float) -> Maximum:
    scale, basis = torch.linalg.eigh(information)
    flat = scale <= 1e-9 * scale.amax()
    root = basis / scale.clamp(min=1e-300).sqrt() * (~flat)
    reason, short = "", float((root.T @ slope).square().sum() / 2)
    if flat.any():
        loose = ", ".join(_loose(batch.sites, basis[:, flat]))
        reason = f"the data alone do not determine {loose}: no standard deviation follows from the likelihood"
        root = torch.full_like(root, torch.nan)
    elif not short <= RISE:
        reason = f"the search stopped {short:.2g} nats below the maximum"
    moved = STEP * root.T.nan_to_num(0.0)
    values, plus, minus = (_outside(batch, place) for place in (at[None], at + moved, at - moved))
    point = {name: value[0] for name, value in values.items()}
    return Maximum(Around(point, plus, minus, np.nan if flat.any() else STEP), height, reason)


def _loose(sites: tuple[Site, ...], directions: Tensor) -> list[str]:
    weight, found, first = directions.square().sum(1), [], 0
    for site in sites:
        if weight[first : first + site.size].max() > 0.1:  # noqa: PLR2004  # a share of a direction
            found.append(site.name)
        first += site.size
    return found or ["all of the latents"]


def _outside(batch: Batch, packed: Tensor) -> dict[str, Floats]:
    values = {part.site.name: part.value for part in unpack(batch.sites, packed[:, None])}
    return {name: value[:, 0].double().numpy() for name, value in batch.outside(values).items()}
