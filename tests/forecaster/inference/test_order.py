"""Arithmetic in an order of its own: alone, in any place of a batch, and from any place of memory on, to the bit."""

from __future__ import annotations

import pytest
import torch

from forecaster.inference import order
from forecaster.inference.isolation import isolated

COMPANIES = (2, 3, 8, 19)


@pytest.fixture(autouse=True)
def _one_thread():
    """As in training."""
    with isolated(0):
        yield


def normals(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def elsewhere(each: torch.Tensor, by: int) -> torch.Tensor:
    """The same numbers, so many places further in memory."""
    moved = each.new_empty(each.numel() + by)[by:].view(each.shape)
    return moved.copy_(each)


def in_every_place(function, *own: torch.Tensor) -> None:
    """What a function gives for one fit is what it gives for that fit in any place of any company."""
    (alone,) = function(*(of[None] for of in own))
    for count in COMPANIES:
        company = [normals(count, *of.shape, seed=count, dtype=of.dtype) for of in own]
        for place in range(count):
            for many, of in zip(company, own, strict=True):
                many[place] = of
            by = (place + 1) % 4
            assert function(*(elsewhere(many, by) for many in company))[place].equal(alone), (count, place)
            for many, of in zip(company, own, strict=True):
                many[place] = 2 * of


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("left", [(1, 1), (5, 5), (7, 9), (22, 22), (33, 33)])
@pytest.mark.parametrize("columns", [1, 2, 7, 50])
def test_products_of_each_fits_matrices(left, columns, dtype):
    """Whether it is a lone vector or many; and their gradients."""
    own = normals(*left, dtype=dtype), normals(left[1], columns, seed=1, dtype=dtype)
    torch.testing.assert_close(order.product(own[0][None], own[1][None])[0], own[0] @ own[1])
    in_every_place(order.product, *own)

    def gradient(matrix: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        at = right.clone().requires_grad_()
        return torch.autograd.grad(order.product(matrix, at).square().sum(), at)[0]

    in_every_place(gradient, *own)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1, 5, 7, 22, 33])
def test_algebra_of_a_matrix_by_itself(size, dtype):
    own = normals(size, size, dtype=dtype)
    for function in (torch.linalg.eigh, torch.linalg.qr, torch.linalg.slogdet):
        for part in (0, 1):
            in_every_place(lambda each, f=function, p=part: order.alone(f, each.mT + each)[p], own)
    in_every_place(lambda each: order.alone(torch.linalg.inv, each), own)
    in_every_place(lambda each, right: order.alone(torch.linalg.solve, each, right), own, normals(size, dtype=dtype))


@pytest.mark.parametrize("draws", [1, 2, 8, 50])
def test_slopes_of_what_draws_share_are_summed_draw_after_draw(draws):
    """As by torch but for the order; torch's own is the control, which many draws fail."""
    value, slope = normals(65).requires_grad_(), normals(draws, 65, seed=1)
    (ours,) = torch.autograd.grad(order.shared(value, draws), value, slope)
    torch.testing.assert_close(ours, slope.sum(0))
    each = [order.summed(slope[:, i : i + 1]) for i in range(65)]
    assert ours.equal(torch.cat(each))
    lone = torch.cat([slope[:, i : i + 1].clone().sum(0) for i in range(65)])
    assert draws < 50 or not slope.sum(0).equal(lone)


def test_room_is_the_least_that_fills_lines():
    for size in range(1, 70):
        for times in range(1, 40):
            found = order.room(size, times)
            assert found >= size
            assert found * times % order.LINE == 0
            assert not any(of * times % order.LINE == 0 for of in range(size, found))


def test_settled_numbers_are_copied_only_where_they_must_be():
    value = normals(4, 4, dtype=torch.float32)
    assert order.settled(value) is value
    for moved in (elsewhere(value, 1), value.T):
        assert order.settled(moved).data_ptr() % 64 == 0
        assert order.settled(moved).equal(moved)
