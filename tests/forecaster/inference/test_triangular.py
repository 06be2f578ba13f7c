"""The gradient written by hand is that of the draws and of their density: against torch's own distribution."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import grad
from torch.distributions import MultivariateNormal

from forecaster.inference.triangular import triangular

BATCH, DRAWS = (3, 2), 5


def parameters(latents: int) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Shift, log scale and what is below the diagonal, and noise: random, of six fits."""
    torch.manual_seed(latents)
    sizes = (latents, latents, latents * (latents - 1) // 2)
    found = [(torch.randn(*BATCH, size, dtype=torch.float64) / 2).requires_grad_() for size in sizes]
    return found, torch.randn(*BATCH, DRAWS, latents, dtype=torch.float64)


def root(log_scale: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    """The triangle, number by number."""
    latents, numbers = log_scale.shape[-1], iter(below.unbind(-1))
    zero = torch.zeros(BATCH, dtype=below.dtype)
    rows = [[next(numbers) if j < i else zero for j in range(latents)] for i in range(latents)]
    strict = torch.stack([torch.stack(row, -1) for row in rows], -2)
    return strict + torch.diag_embed(log_scale.exp())


def written_out(
    shift: torch.Tensor, log_scale: torch.Tensor, below: torch.Tensor, noise: torch.Tensor, *, held: bool = True
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same by autograd; the parameters that the density has are held, or not."""
    triangle = root(log_scale, below)
    draws = shift[..., None, :] + (triangle[..., None, :, :] * noise[..., None, :]).sum(-1)
    of = (shift.detach(), triangle.detach()) if held else (shift, triangle)
    return draws, law(*of).log_prob(draws)


def law(shift: torch.Tensor, triangle: torch.Tensor) -> MultivariateNormal:
    """Of every fit, seen from each of its draws."""
    return MultivariateNormal(shift[..., None, :], scale_tril=triangle[..., None, :, :])


def slopes(draws: torch.Tensor, density: torch.Tensor, of: list[torch.Tensor]) -> list[torch.Tensor]:
    """Gradients of a loss that looks at every draw and density, each with a weight of its own."""
    rising = torch.linspace(0.5, 2.0, density.numel(), dtype=density.dtype).reshape(density.shape)
    return list(grad((draws.sin().sum(-1) * rising - density * rising.flip(-1)).sum(), of, materialize_grads=True))


@pytest.mark.parametrize("latents", [1, 2, 7])
def test_draws_density_and_gradients_are_those_of_the_correlated_normal(latents):
    """In double precision to the last digits; the density is followed through the draws alone."""
    given, noise = parameters(latents)
    mine, plain = triangular(*given, noise), written_out(*given, noise)
    for got, expected in zip(mine, plain, strict=True):
        torch.testing.assert_close(got, expected)
    for got, expected in zip(slopes(*mine, given), slopes(*plain, given), strict=True):
        torch.testing.assert_close(got, expected)


def test_following_the_densitys_own_parameters_would_be_another_gradient():
    """The control: the comparison above tells the two estimators apart."""
    given, noise = parameters(4)
    mine, other = triangular(*given, noise), written_out(*given, noise, held=False)
    torch.testing.assert_close(mine[1], other[1])
    assert not torch.allclose(slopes(*mine, given)[1], slopes(*other, given)[1])


def test_the_gradient_has_no_noise_where_the_guide_is_the_posterior():
    """Any draw says that the answer is reached: why the density's own parameters are held."""
    given, noise = parameters(6)
    draws, density = triangular(*given, noise)
    shift, log_scale, below = (each.detach() for each in given)
    evidence = law(shift, root(log_scale, below)).log_prob(draws) - density
    for each in grad(evidence.sum(), given):
        assert each.abs().max() < 1e-10
