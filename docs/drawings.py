"""Draws the models and guides of `docs/models.md` as Pyro sees them: `make drawings`.

Each drawing carries the text that it was drawn from, so that a test can tell whether it shows the model of today
without drawing it again.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.errors import ForecasterError
from forecaster.families import autoencoder, reference
from forecaster.families.linear import Prior, Regressions
from forecaster.families.network import Prior as Network
from forecaster.families.regimes import batch_of
from forecaster.inference import guides
from forecaster.inference.drawing import require_dot, source, svg
from forecaster.inference.noise import TWINS

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "images" / "models"
PRIOR = Prior(intercept_scale=0.3, weight_scale=0.05, noise="student_t")
"""That of the forecaster `bayesian_linear`."""


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    """Something to be regressed; a drawing shows none of it."""
    generator = torch.Generator().manual_seed(0)
    made = torch.randn(30, 4, dtype=torch.float64, generator=generator)
    return made[:, :3], made[:, 3]


def plain() -> str:
    """The regression on a blackboard."""
    x, y = rows()
    return source(reference.model(x.float(), y.float(), PRIOR))


def network() -> str:
    """The network on a blackboard."""
    x, y = (part.float() for part in rows())
    return source(reference.network([x, y, x, x[:, :2]], Network()))


def latents() -> str:
    """The autoencoder of novelty, one network of three inputs and two latent numbers."""
    decoder = autoencoder.Decoder(np.ones((1, 3, 2)), np.ones(1), hidden=4)
    return source(partial(autoencoder.model, decoder), rows()[0].float()[None], 30)


def batch(guide: str) -> Regressions:
    """Two regressions in one program."""
    x, y = rows()
    return Regressions((x, x), (y, y), (x[:, :0], x[:, :0]), PRIOR, guide)


def guide(name: str) -> str:
    """A guide of the batched program."""
    fits = batch(name)
    made = fits.guide([0, 1])
    return source(made.program, torch.zeros(2, TWINS, len(fits), 1, made.numbers))


DRAWINGS: dict[str, Callable[[], str]] = {
    "regression": plain,
    "regressions": lambda: source(batch("full_rank").model(torch.float32)),
    "network": network,
    "regimes": lambda: source(batch_of([y.numpy() for y in rows()[1:]]).model(torch.float32)),
    "autoencoder": latents,
    **{f"guide_{name}": partial(guide, name) for name in guides.names() if guides.load(name).SCHEDULE.steps},
}
"""File name -> the drawing's text; of the guides, those that are trained."""


def main() -> None:
    """Draws everything again."""
    try:
        require_dot("make drawings")
    except ForecasterError as fault:
        sys.exit(str(fault))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in DRAWINGS.items():
        (FOLDER / f"{name}.svg").write_text(svg(text()), "utf-8")


if __name__ == "__main__":
    main()
