"""Hidden states summed out exactly: the forward recursion of a Markov chain, in blocks of days side by side.

With p the probabilities of the states after a day, A the transition probabilities and l the density of a day's change
in each state, `p_t ~ l_t * (p_{t-1} A)`, and the normalisers multiply to the density of all changes (Hamilton 1989,
doi:10.2307/1912559). Two thousand small steps one after the other are slow: each block of days is gone through from
every state that it may begin in, all blocks at once, and a short recursion joins them. Slopes are sums of what is
smoothed (Fisher's identity), so that no step is kept for them.

`filtered` looks at the days up to its own alone, `smoothed` at all of them: no forecast may use that.

A sum here is of three numbers, or in an order that is the same in any company (`forecaster.inference.order`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad

from forecaster.inference.order import in_turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

STATES = 3
LENGTH = 32
"""Days of a block, a power of two."""

EASE = 4
"""Days between two rescalings: what so many multiply to stays in the range of single precision."""


@dataclass(frozen=True, eq=False)
class Days:
    """Changes of many fits by their place in a block.

    Attributes:
        changes: `(32, 1, blocks, 1, fits)`, zero where there is no day.
        real: Whether there is one, likewise.
    """

    changes: Tensor
    real: Tensor

    @classmethod
    def of(cls, changes: Sequence[Tensor], dtype: torch.dtype) -> Days:
        """From changes `(days,)` of each fit, oldest first."""
        size, device = -(-max(map(len, changes)) // LENGTH) * LENGTH, torch.get_default_device()
        rows = torch.stack([pad(own.to("cpu", dtype), (0, size - len(own))) for own in changes])
        real = torch.stack([torch.arange(size, device="cpu") < len(own) for own in changes])
        return cls(
            *(
                of.unflatten(1, (-1, LENGTH)).permute(2, 1, 0).contiguous()[:, None, :, None].to(device)
                for of in (rows, real)
            )
        )

    @property
    def reversed(self) -> Days:
        """The last day first."""
        return Days(self.changes.flip(0, 2), self.real.flip(0, 2))

    @property
    def padded(self) -> slice:
        """The blocks from the first to the last where a fit has no day."""
        places = (~self.real).sum((0, 1, 3, 4)).nonzero().flatten().tolist()
        return slice(places[0], places[-1] + 1) if places else slice(0, 0)


@dataclass(frozen=True, eq=False)
class Chain:
    """What is known of many chains: `draws` for each of the fits.

    Attributes:
        location: Of the changes in each state `(3, draws, fits)`.
        log_scale: Likewise.
        df: Degrees of freedom `(draws, fits)`.
        log_moves: Log probabilities of going from the first axis to the second `(3, 3, draws, fits)`.
    """

    location: Tensor
    log_scale: Tensor
    df: Tensor
    log_moves: Tensor


def log_likelihood(chain: Chain, days: Days) -> Tensor:
    """Log density of all changes, the states summed out, but for the constant of the Student-t: `(draws, fits)`, nats.

    Every chain begins in each of its states alike.
    """
    found: Tensor = _LogLikelihood.apply(chain.location, chain.log_scale, chain.df, chain.log_moves, days)
    return found


def filtered(chain: Chain, days: Days) -> Tensor:
    """Probabilities of the states after each day by the days up to it, `(3, days, draws, fits)`, padded days too."""
    return _by_day(_passed(_densities(chain, days)[0], chain.log_moves.exp(), days, keep=True).after)


def last(chain: Chain, days: Days) -> Tensor:
    """What `filtered` has for the last day of each fit, `(3, draws, fits)`."""
    return _passed(_densities(chain, days)[0], chain.log_moves.exp(), days).last


def smoothed(chain: Chain, days: Days) -> Tensor:
    """Probabilities of the states on each day by all days `(3, days, draws, fits)`: they know the future.

    Padded days are zero.
    """
    density, moves = _densities(chain, days)[0], chain.log_moves.exp()
    passed = _passed(density, moves, days, keep=True)
    return _by_day(_held(density, moves, days, passed.before, passed.after)[0])


class _LogLikelihood(torch.autograd.Function):
    """See `log_likelihood`."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:  # noqa: ANN401  # torch's own signature
        """Nats."""
        *parts, days = given
        chain = Chain(*parts)
        density, top, apart, square = _densities(chain, days)
        passed = _passed(density, chain.log_moves.exp(), days, keep=any(ctx.needs_input_grad))
        if any(ctx.needs_input_grad):
            ctx.days = days
            ctx.save_for_backward(*parts, density, apart, square, passed.before, passed.after)
        return (_over_days(top)[0] + passed.log_total).to(chain.df.dtype)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Any:  # noqa: ANN401  # torch's own signature
        """Slopes by each part of the chain."""
        *parts, density, apart, square, before, after = ctx.saved_tensors
        chain, more = Chain(*parts), parts[2] + 1
        held, moved = _held(density, chain.log_moves.exp(), ctx.days, before, after)
        near = held / (1 + square)
        counts, pulls, squares, logs = map(
            _over_days, (held, near * apart, near * square, held * torch.log(1 + square))
        )
        slopes = (
            more / chain.df * pulls * (-chain.log_scale).exp(),
            more * squares - counts,
            _three((more / chain.df * squares - logs) / 2, 0),
            moved,
        )
        return *((of * slope).to(slope.dtype) for of in slopes), None


def _densities(chain: Chain, days: Days) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of each day's change in each state, in parts of the likeliest state's; all `(32, 3, blocks, draws, fits)`.

    Returns:
        Them, the log of the likeliest state's `(32, 1, ...)`, residuals in scales, and squares of these over df.
    """
    location, log_scale = chain.location[:, None], chain.log_scale[:, None]
    apart = (days.changes - location) * (-log_scale).exp()
    square = apart * apart / chain.df
    log_density = -log_scale - (chain.df + 1) / 2 * torch.log(1 + square)
    top = log_density.amax(1, keepdim=True)
    return (log_density - top).exp(), torch.where(days.real, top, 0.0), apart, square


@dataclass(frozen=True, eq=False)
class _Passed:
    """The recursion over all days.

    Attributes:
        before: Probabilities of the states before each block `(3, blocks, draws, fits)`.
        after: After each day `(32, 3, blocks, draws, fits)`; of nothing where they are not kept.
        last: After the last day `(3, draws, fits)`.
        log_total: Log of all normalisers `(draws, fits)`, float64.
    """

    before: Tensor
    after: Tensor
    last: Tensor
    log_total: Tensor


def _passed(density: Tensor, moves: Tensor, days: Days, *, keep: bool = False) -> _Passed:
    """Goes through the days from states that are all alike before the first."""
    length, (_, *shape) = len(density), density.shape[1:]
    # From every state before the block to each after the day: `(days kept, to, from, blocks, draws, fits)`.
    within = density.new_empty(length if keep else 2, STATES, STATES, *shape)
    rooms, each = within.unbind(), [own[:, None, None] for own in moves]
    here = torch.eye(STATES, dtype=density.dtype)[..., None, None, None].expand(STATES, STATES, *shape)
    scale, some = density.new_zeros(shape), days.padded
    for place, own in enumerate(density[:, :, None].unbind()):
        first, second, third = here.unbind()
        to = torch.mul(first, each[0], out=rooms[place % len(rooms)])
        to.addcmul_(second, each[1]).addcmul_(third, each[2]).mul_(own)
        if some.stop > some.start:
            to[:, :, some] = torch.where(days.real[place][:, some], to[:, :, some], here[:, :, some])
        if place % EASE == EASE - 1:
            top = to.amax((0, 1))
            to.div_(top)
            scale += top.log()
        here = to
    now, before = density.new_full((STATES, *shape[1:]), 1 / STATES), []
    total, there = scale.new_zeros(shape[1:], dtype=torch.float64), days.real.any(0)[0]
    for block, own in enumerate(here.unbind(2)):
        before.append(now)
        then = _three(own * now, 1)
        size = _three(then, 0)
        # A block of padding alone changes no bit: shares add up to one but for rounding.
        now = torch.where(there[block], then / size, now)
        total = total + torch.where(there[block], scale[block] + size.log(), 0.0)
    start = torch.stack(before, 1)
    after = _three(within * start, 2) if keep else density[:0]
    return _Passed(start, after / _three(after, 1)[:, None] if keep else after, now, total)


def _held(density: Tensor, moves: Tensor, days: Days, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """What all days tell, of the filtered probabilities before each block and after each day.

    Returns:
        Probabilities of the states on each day `(32, 3, blocks, draws, fits)`, zero where there is none, and the
        expected number of moves between each two `(3, 3, draws, fits)`, float64.
    """
    back = _passed(density.flip(0, 2), moves.transpose(0, 1), days.reversed, keep=True).after.flip(0, 2)
    former = torch.cat([before[None], after[:-1]])
    first, second, third = (own[:, None] * moved[:, None] for own, moved in zip(former.unbind(1), moves, strict=True))
    held = (first + second + third) * back
    share = torch.where(days.real, 1 / _three(held, 1)[:, None], 0.0)
    pairs = (former * share)[:, :, None] * back[:, None]
    return held * share, _over_days(pairs) * moves


def _three(value: Tensor, axis: int) -> Tensor:
    """The sum along an axis of three, in order."""
    first, second, third = value.unbind(axis)
    return first + second + third


def _over_days(value: Tensor) -> Tensor:
    """Sums over all days, `(*states, draws, fits)` of `(32, *states, blocks, draws, fits)`, float64."""
    while len(value) > 1:
        value = value[: len(value) // 2] + value[len(value) // 2 :]
    states = value.shape[1:-3]
    return in_turn(value.double().reshape(-1, *value.shape[-3:])).reshape(*states, *value.shape[-2:])


def _by_day(value: Tensor) -> Tensor:
    """`(3, days, draws, fits)` of `(32, 3, blocks, draws, fits)`."""
    return value.permute(1, 2, 0, 3, 4).flatten(1, 2)
