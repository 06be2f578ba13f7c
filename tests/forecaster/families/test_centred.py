"""The quick density of a normal around zero is torch's own."""

from __future__ import annotations

import pyro
import pyro.distributions as dist
import torch
from pyro import poutine
from torch.autograd import grad

from forecaster.families.centred import Centred


def test_density_and_gradient_are_those_of_the_normal():
    """Seen through a plate of fits, with the draws' dimensions to the left of it; a wider one has another density."""
    torch.manual_seed(1)
    scale = torch.rand(2, 3, dtype=torch.float64) + 0.1
    value = torch.randn(5, 4, 1, 2, 3, dtype=torch.float64).requires_grad_()

    def density(law) -> torch.Tensor:
        def program() -> None:
            with pyro.plate("fits", 4, dim=-2):
                pyro.sample("w", law.to_event(2), obs=value)

        trace = poutine.trace(program).get_trace()
        trace.compute_log_prob()
        return trace.nodes["w"]["log_prob"]

    mine, plain, wider = (density(law) for law in (Centred(scale), dist.Normal(0.0, scale), Centred(2 * scale)))
    torch.testing.assert_close(mine, plain)
    torch.testing.assert_close(*(grad(of.square().sum(), value)[0] for of in (mine, plain)))
    assert (mine - wider).abs().min() > 0.01


def test_its_draws_are_as_wide_as_it_says():
    """Their sd within a twentieth: 2.2 % is three of its own sd."""
    torch.manual_seed(1)
    scale = torch.tensor([0.1, 2.0])
    drawn = Centred(scale).expand((10_000, 2)).sample()
    torch.testing.assert_close(drawn.std(0), scale, rtol=0.05, atol=0.0)
