"""Our Adam takes torch's steps."""

from __future__ import annotations

import torch

from forecaster.inference.adam import FADES, Adam


def walked(step, parameter: torch.Tensor, rates) -> torch.Tensor:
    for rate in rates:
        ((parameter**4).sum() + parameter[0, 0].exp()).backward()
        step(rate)
    return parameter.detach()


def test_steps_are_torchs_own():
    """Fifty steps with clipped gradients and a falling rate; a rate that is 1 % off is another path."""
    start = 3 * torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rates = [0.05 * 0.95**i for i in range(50)]
    ours, theirs, other = (start.clone().requires_grad_() for _ in range(3))
    reference = torch.optim.Adam([theirs], betas=FADES, eps=1e-3)

    def step(rate: float) -> None:
        reference.param_groups[0]["lr"] = rate
        torch.nn.utils.clip_grad_value_([theirs], 10.0)
        reference.step()
        reference.zero_grad()

    found = walked(Adam([ours], 1e-3, 10.0).step, ours, rates)
    torch.testing.assert_close(found, walked(step, theirs, rates), rtol=1e-12, atol=1e-12)
    assert not torch.allclose(found, walked(Adam([other], 1e-3, 10.0).step, other, [1.01 * r for r in rates]), 1e-6)
