"""Guides by name: the families of posteriors that SVI may choose from.

`mean_field` gives every latent a normal of its own (Pyro's AutoNormal). `full_rank` gives all of them one correlated
normal, trained in the coordinates of a Laplace approximation: there the posterior is close to a standard normal
whatever the correlation of the features, so that one learning rate suits all directions. A third kind, `custom`, is
written by hand beside the model that it serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyro.distributions as dist
import torch
from pyro import poutine
from pyro.infer.autoguide import AutoMultivariateNormal, AutoNormal, init_to_mean, init_to_value
from torch.distributions import biject_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

INIT_SCALE = 0.02
"""Starting standard deviation of a latent: small, for a wide start costs nats that a decaying rate never regains."""


def mean_field(model: Callable[[], Any]) -> AutoNormal:
    """An independent normal for each latent, started at the mode of the posterior."""
    laplace = FullRank(model)
    laplace()
    return AutoNormal(model, init_loc_fn=init_to_value(values=laplace.mode_by_site()), init_scale=INIT_SCALE)


def full_rank(model: Callable[[], Any]) -> FullRank:
    """One correlated normal over all latents."""
    return FullRank(model)


class FullRank(AutoMultivariateNormal):
    """A correlated normal `N(mode + L a, (L T)(L T)')` with `a` and the lower triangle `T` trained.

    `mode` is the maximum of the log joint over the unconstrained latents and `L L'` the inverse of its curvature
    there, both fixed before training starts: at `a = 0, T = I` the guide is the Laplace approximation.
    """

    def __init__(self, model: Callable[[], Any]) -> None:
        """Takes a Pyro model without arguments."""
        super().__init__(model, init_loc_fn=init_to_mean, init_scale=1.0)

    def _setup_prototype(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # Pyro's own signature
        super()._setup_prototype(*args, **kwargs)
        mode = self._mode(self.loc.detach())
        self.register_buffer("mode", mode)
        self.register_buffer("coordinates", self._inverse_root_of_curvature(mode))
        with torch.no_grad():
            self.loc.zero_()

    def get_posterior(self, *_: Any, **__: Any) -> dist.MultivariateNormal:  # noqa: ANN401  # Pyro's own signature
        """The guide's normal over the packed unconstrained latents, `(latents,)`."""
        scale: Any = self.scale  # Pyro turns the parameter that was set into a tensor
        inner = scale[..., None] * self.scale_tril
        return dist.MultivariateNormal(self.mode + self.coordinates @ self.loc, scale_tril=self.coordinates @ inner)

    def mode_by_site(self) -> dict[str, Tensor]:
        """The mode of the log joint as values of the model's sites; the guide must have run once."""
        return {
            site["name"]: biject_to(site["fn"].support)(unconstrained)
            for site, unconstrained in self._unpack_latent(self.mode)
        }

    def _log_joint(self, latent: Tensor) -> Tensor:
        values: dict[str, Tensor] = {}
        jacobian = torch.zeros(())
        for site, unconstrained in self._unpack_latent(latent):
            transform = biject_to(site["fn"].support)
            values[site["name"]] = transform(unconstrained)
            jacobian = jacobian + transform.log_abs_det_jacobian(unconstrained, values[site["name"]]).sum()
        with poutine.block():
            trace = poutine.trace(poutine.condition(self.model, values)).get_trace()
        result: Tensor = trace.log_prob_sum() + jacobian
        return result

    def _mode(self, start: Tensor) -> Tensor:
        latent = start.clone().requires_grad_()
        search = torch.optim.LBFGS([latent], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            search.zero_grad()
            value = -self._log_joint(latent)
            value.backward()
            return value

        search.step(loss)
        found = latent.detach()
        return found if torch.isfinite(found).all() else start

    def _inverse_root_of_curvature(self, mode: Tensor) -> Tensor:
        curvature = -torch.autograd.functional.hessian(self._log_joint, mode)
        eigenvalue, basis = torch.linalg.eigh((curvature + curvature.T).double() / 2)
        # A flat or saddle direction has no Laplace scale; there the guide starts as wide as the prior's unit.
        root = torch.where(eigenvalue > 1.0, eigenvalue, torch.ones_like(eigenvalue)).rsqrt()
        lower: Tensor = torch.linalg.cholesky((basis * root**2) @ basis.T)
        return lower.to(mode.dtype)


BY_NAME: dict[str, Callable[[Callable[[], Any]], Any]] = {"mean_field": mean_field, "full_rank": full_rank}
