"""The gradient written by hand is that of the draws and of their density: against torch's own distribution."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import grad
from torch.distributions import Independent, Normal

from forecaster.inference.diagonal import diagonal

BATCH, DRAWS = (2, 3, 1), 5


@pytest.mark.parametrize("latents", [1, 7])
def test_draws_density_and_gradients_are_those_of_independent_normals(latents):
    """In double precision to the last digits, under a loss that looks at every draw and density."""
    torch.manual_seed(latents)
    given = [torch.randn(*BATCH, latents, dtype=torch.float64).requires_grad_() for _ in range(2)]
    noise = torch.randn(DRAWS, *BATCH, latents, dtype=torch.float64)
    shift, log_scale = given
    mine = diagonal(shift, log_scale, noise)
    draws = shift + log_scale.exp() * noise
    plain = draws, Independent(Normal(shift, log_scale.exp()), 1).log_prob(draws)
    rising = torch.linspace(0.5, 2.0, noise[..., 0].numel(), dtype=torch.float64).reshape(noise.shape[:-1])
    slopes = [
        grad((of.sin().sum(-1) * rising - density * rising.flip(0)).sum(), given) for of, density in (mine, plain)
    ]
    for got, expected in zip((*mine, *slopes[0]), (*plain, *slopes[1]), strict=True):
        torch.testing.assert_close(got, expected)
    assert slopes[0][1].abs().min() > 0
