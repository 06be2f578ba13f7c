"""What draws of the regimes' posterior say of a day: forecasts by the filter, and pictures by the smoother.

A forecast is a mixture over posterior draws and regimes, each draw's regimes in the proportions that its own filter
gives the next session. The filter sees the changes up to its day alone. `smoothed_regimes` sees all changes, those
after a day too: it explains the past in a picture and may stand in no forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.contract import Latent
from forecaster.distribution.predictive import Predictive
from forecaster.families.hidden_states import Days, filtered, last, smoothed
from forecaster.families.likelihoods import LEAST_DF
from forecaster.families.regimes import FAR, NAMES, SITES, batch_of, chain_of
from forecaster.inference import nuts
from forecaster.inference.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from forecaster.contract import Origin
    from forecaster.families.hidden_states import Chain
    from forecaster.families.regimes import Prior
    from forecaster.floats import Floats

COLOURS = {"calm": "#cfe8d5", "nervous": "#f6dfa4", "panic": "#e8a7a0"}
"""Of the bands behind a picture."""

SMOOTHED = "regime, smoothed: it knows the future"
FILTERED = "regime, filtered"


@dataclass(frozen=True, eq=False)
class Filter:
    """Draws of one fit, asked from any origin.

    Attributes:
        draws: Of each latent site `(draws, *site shape)`.
        unit: Standard deviation of the changes that were learnt from, a fraction: the unit of all else.
    """

    draws: Mapping[str, Floats]
    unit: float

    def predict(self, origin: Origin) -> Predictive:
        """The next session's change: a component for each draw and regime."""
        chain = self._chain()
        after = self._after(chain, origin.history)
        weight = (after[:, None] * chain.log_moves[..., 0].exp()).sum(0).double().numpy()
        location, scale = chain.location[..., 0].double().numpy(), chain.log_scale[..., 0].double().exp().numpy()
        return Predictive.of(
            self.unit * location.ravel(),
            self.unit * scale.ravel(),
            np.tile(chain.df[:, 0].double().numpy(), len(NAMES)),
            weight=(weight / weight.sum()).ravel(),
        )

    def figures(self, origin: Origin) -> dict[str, float]:
        """Probability of each regime on the origin's day by the changes up to it, the mean over draws."""
        after = self._after(self._chain(), origin.history).double()
        return {name: float(own.mean()) for name, own in zip(NAMES, after, strict=True)}

    def _chain(self) -> Chain:
        """In single precision, `(..., draws, 1)`."""
        values = {name: torch.from_numpy(np.moveaxis(own, 0, -1)).float() for name, own in self.draws.items()}
        return chain_of({name: own[..., None].contiguous() for name, own in values.items()})

    def _after(self, chain: Chain, changes: Floats) -> torch.Tensor:
        """Filtered probabilities after the last change `(3, draws)`."""
        with torch.no_grad(), isolated(0):
            return last(chain, self.days(changes))[..., 0]

    def days(self, changes: ArrayLike) -> Days:
        """Changes `(days,)`, fractions, in units."""
        scaled = np.clip(np.asarray(changes, np.float64) / self.unit, -FAR, FAR)
        return Days.of([torch.from_numpy(scaled)], torch.float32)


def filtered_regimes(of: Filter, changes: ArrayLike) -> Floats:
    """Probability of each regime after each day, by the changes `(days,)` up to that day: `(days, 3)`."""
    return _by_day(of, changes, smooth=False)


def smoothed_regimes(of: Filter, changes: ArrayLike) -> Floats:
    """Probability of each regime on each day by all changes `(days,)`, later ones too: `(days, 3)`. No forecast."""
    return _by_day(of, changes, smooth=True)


def _by_day(of: Filter, changes: ArrayLike, *, smooth: bool) -> Floats:
    """The mean over draws."""
    look = smoothed if smooth else filtered
    with torch.no_grad(), isolated(0):
        found = look(of._chain(), of.days(changes))[:, : np.size(changes), :, 0]
    result: Floats = found.double().mean(-1).T.numpy()
    return result


def draw_band(axes: Axes, days: ArrayLike, probabilities: Floats, *, smooth: bool = False) -> None:
    """Colours the background of a matplotlib drawing by each day's most probable regime.

    Args:
        axes: Where.
        days: What stands along the bottom `(days,)`, in order.
        probabilities: `(days, 3)`, of `filtered_regimes` or `smoothed_regimes`.
        smooth: Whether they are smoothed: the title then says that they know the future.
    """
    places, likeliest = np.asarray(days), np.asarray(probabilities).argmax(1)
    starts = np.flatnonzero(np.diff(likeliest, prepend=-1))
    ends = np.append(starts[1:], len(likeliest) - 1)
    for name in (name for state, name in enumerate(NAMES) if state in likeliest):
        axes.axvspan(places[0], places[0], color=COLOURS[name], linewidth=0, label=name)  # a legend from calm to panic
    for first, end in zip(starts.tolist(), ends.tolist(), strict=True):
        colour = COLOURS[NAMES[likeliest[first]]]
        axes.axvspan(places[first], places[end], color=colour, linewidth=0, zorder=0)
    axes.set_title(SMOOTHED if smooth else FILTERED)


def latents(
    draws: Mapping[str, Floats], names: Mapping[str, str], prior: Prior, sampled: nuts.Sampled | None = None
) -> dict[str, Latent]:
    """Each site by its name for people, those of a regime by the regime's."""
    found: dict[str, Latent] = {}
    sd = nuts.prior_sd(batch_of([np.zeros(2)], prior))
    for site in SITES:
        values, more = draws[site.name], LEAST_DF if site.name == "df_excess" else 0.0
        chains = (sampled.r_hat[site.name], sampled.effective[site.name]) if sampled else ()
        parts = (values + more, sd[site.name], *chains)
        if site.shape:
            each = zip(NAMES[-site.size :], range(site.size), strict=True)
            found |= {f"{names[site.name]} of {of}": Latent(*(part[..., i] for part in parts)) for of, i in each}
        else:
            found[names[site.name]] = Latent(*parts)
    return found
