"""What errors of many rows add up to: the formula, its gradient by hand, and that company changes no bit."""

from __future__ import annotations

import pytest
import torch

from forecaster.families.layer import Layer
from forecaster.families.likelihoods import Linear
from forecaster.families.tails import blocks, of_rows
from forecaster.inference.isolation import isolated

FITS, DRAWS, FEATURES, COLUMNS, HIDDEN = 3, 2, 8, 16, 5


def made(rows: int, dtype: torch.dtype = torch.float64, seed: int = 0, fits: int = FITS) -> tuple:
    """Rows of each fit by kind, latents of a regression, then those of a hidden layer, weight and skew."""
    g = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=g, dtype=dtype)

    each = [[normal(rows, n) for _ in range(fits)] for n in (1, FEATURES, COLUMNS, FEATURES)]
    for inputs in each[3]:
        inputs[:, -1] = 1.0
    latents = [0.3 * normal(fits, DRAWS, n) for n in (FEATURES, COLUMNS)]
    hidden = [0.5 * normal(fits, DRAWS, FEATURES, HIDDEN), 0.3 * normal(fits, DRAWS, 2, HIDDEN)]
    weight, skew = 3 + normal(fits, DRAWS, 1).square(), 0.2 * normal(fits, DRAWS, 1)
    return each, latents, hidden, weight, skew


def plain(each, at: tuple[int, int], latents, hidden, law, *, heavy: bool, tanh: bool) -> torch.Tensor:
    """The module's formula, a fit and draw at a time."""
    weight, skew = law
    y, x, z, inputs = (kind[at[0]] for kind in each)
    location, unit = (rows @ of[at] for rows, of in zip((x, z), latents, strict=True))
    if hidden:
        w, o = (of[at] for of in hidden)
        units = inputs @ w
        added = (units.tanh() if tanh else units) @ o.mT
        location, unit = location + added[:, 0], unit + added[:, 1]
    residual = y[:, 0] - location
    error = residual * (-unit - (0 if skew is None else skew[at]) * residual.sign()).exp()
    each_row = (1 + error**2).log() if heavy else error**2
    return (weight[at] * each_row + unit).sum()


CASES = [
    (heavy, skewed, layer)
    for heavy, skewed in [(True, True), (True, False), (False, False)]
    for layer in ("", "tanh", "linear")
]


@pytest.mark.parametrize(("heavy", "skewed", "layer"), CASES)
def test_sum_and_gradient_are_those_of_the_formula(heavy, skewed, layer):
    """Against the formula written row by row and torch's own derivatives, over two blocks with padding."""
    each, latents, hidden, weight, skew = made(150)
    skew, hidden = skew if skewed else None, hidden if layer else []
    asked = [of.requires_grad_() for of in (*latents, *hidden, weight, *([skew] if skewed else []))]
    rows = tuple(blocks(kind) for kind in (each if layer else each[:3]))
    moments = Layer(HIDDEN, layer) if layer else Linear()
    found = of_rows(moments, rows, (*latents, *hidden), weight, skew, heavy=heavy)
    upstream = torch.arange(1.0, FITS * DRAWS + 1, dtype=torch.float64).reshape(FITS, DRAWS)
    law = {"law": (weight, skew), "heavy": heavy, "tanh": layer == "tanh"}
    each_draw = [[plain(each, (i, j), latents, hidden, **law) for j in range(DRAWS)] for i in range(FITS)]
    right = torch.stack([torch.stack(draws) for draws in each_draw])
    torch.testing.assert_close(found, right, rtol=1e-10, atol=1e-10)
    ours = torch.autograd.grad((found * upstream).sum(), asked)
    theirs = torch.autograd.grad((right * upstream).sum(), asked)
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-9, atol=1e-9)


def test_neither_padding_nor_company_changes_a_bit():
    """A fit of 76 rows alone, and among 40 of which one has ten times its rows: the same sums and slopes, float32."""
    each, latents, _, weight, skew = made(76, torch.float32, fits=40)
    long = made(760, torch.float32, seed=1, fits=1)[0]
    together = [[*kind[:-1], other[0]] for kind, other in zip(each[:3], long[:3], strict=True)]

    def found(rows, fits: slice):
        own = [of[fits].clone().requires_grad_() for of in (*latents, weight, skew)]
        total = of_rows(Linear(), tuple(blocks(kind) for kind in rows), tuple(own[:2]), *own[2:], heavy=True)
        return [of[0].numpy().tobytes() for of in (total.detach(), *torch.autograd.grad(total.sum(), own))]

    assert found([kind[:1] for kind in each[:3]], slice(0, 1)) == found(together, slice(None))


def test_blocks_are_summed_in_double_precision():
    """One block of 2^24 and forty of 1 each: float32 has no number for the sums in between, but for the whole."""
    unit = torch.full((41 * 128, 1), 2.0**-7)
    unit[:128] = 2.0**17
    rows = tuple(blocks([of]) for of in (torch.zeros_like(unit), torch.zeros_like(unit), unit))
    one = torch.ones(1, 1, 1)
    assert of_rows(Linear(), rows, (one, one), one, None, heavy=True).item() == 2.0**24 + 40


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("draws", [1, 2, 5, 8])
@pytest.mark.parametrize(("layer", "numbers"), [("", 0), ("tanh", 5), ("linear", 25)])
def test_a_fit_of_any_shape_is_the_same_in_any_place(layer, numbers, draws, outputs):
    """Sums and slopes of a single block of 50 rows, in both precisions, alone and among two and nine."""
    for dtype in (torch.float32, torch.float64):
        g = torch.Generator().manual_seed(draws)

        def normal(*shape, g=g, dtype=dtype):
            return torch.randn(*shape, generator=g, dtype=dtype)

        rows = [normal(9, 1, n, 50) for n in ((1, 8, 24, 16) if layer else (1, 8, 24))]
        latents = [0.3 * normal(9, draws, *shape) for shape in [(8,), (24,), (16, numbers), (outputs, numbers)]]
        weight = 3 + normal(9, draws, 1).square()
        moments = Layer(numbers, layer) if layer else Linear()

        def found(fits: slice, rows=rows, latents=latents, weight=weight, moments=moments):
            own = [of[fits].clone().requires_grad_() for of in (latents if layer else latents[:2])]
            total = of_rows(moments, tuple(of[fits] for of in rows), tuple(own), weight[fits], None, heavy=True)
            return [of.detach() for of in (total, *torch.autograd.grad(total.sum(), own))]

        with isolated(0):  # as in training, on one thread
            whole = found(slice(None))
            for place in range(9):
                for first in (place, max(0, place - 1)):
                    few = found(slice(first, place + 1))
                    assert all(one[-1].equal(many[place]) for one, many in zip(few, whole, strict=True))
