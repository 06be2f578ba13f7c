"""What the engine asks of the data and prior of many posteriors of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import Tensor

    from forecaster.inference.coordinates import Coordinates
    from forecaster.inference.guide import Guide
    from forecaster.inference.sites import Program, Site


class Batch(Protocol):
    """Data and prior of many posteriors of one kind."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites, in the order in which they are packed."""

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of rows of each fit."""

    @property
    def coordinates(self) -> Coordinates | None:
        """Axes along which posteriors lie round, about their modes; None where there are no such."""

    def __len__(self) -> int:
        """Number of fits."""

    def bytes_a_fit(self, draws: int, minibatch: int) -> int:
        """Memory that the data of a fit and a gradient step of so many draws and rows (0 for all) take, roughly."""

    def take(self, index: Sequence[int]) -> Self:
        """Some of the fits."""

    def model(self, dtype: torch.dtype) -> Program:
        """The Pyro program, all fits in `plate("fits", dim=-2)`; it broadcasts over draws and twins to the left of it.

        What its sites count from is the batch's own affair, see `outside`. Called with rows `(twins, fits, minibatch)`
        it looks at these alone, in place of all.
        """

    def guide(self, seeds: Sequence[int]) -> Guide:
        """The guide of the same fits, where its training starts."""

    def meaning(self, values: dict[str, Tensor]) -> Tensor:
        """What twins must agree on, `(..., fits, quantities)`, of values `(..., fits, 1, *site shape)`."""

    def outside(self, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """Draws `(draws, fits, *site shape)` as whoever gave the data counts them."""
