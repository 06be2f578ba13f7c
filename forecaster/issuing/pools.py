"""Forecasts that are made of others': their members', weighed by what was known of them.

All forecasts of a day leave through `Pools.day`, whoever issues or replays them, and there it is asked whether they are
possible.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster import models
from forecaster.issuing.diagnostics import Diagnostics
from forecaster.issuing.possible import checked
from forecaster.issuing.provenance import config_sha256, seed_of
from forecaster.json_numbers import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.contract import Track
    from forecaster.issuing.forecast import Forecast
    from forecaster.settings import Settings
    from forecaster.view.view import View


class Pools:
    """The forecasters among some names that are made of others.

    Args:
        names: Ids of forecasters.
        settings: All settings.

    Attributes:
        names: The pools.
        members: What they are made of, each once.
        trainees: What must be trained for all the names: the others among them, and the members.
    """

    def __init__(self, names: tuple[str, ...], settings: Settings) -> None:
        """Looks the forecasters up; see the class."""
        self._all = names
        self._combine = {name: pool.combine for name in names if (pool := models.pool(name)) is not None}
        self._configs = {name: config_sha256(settings, name) for name in self._combine}
        self._settings = settings
        self.names = tuple(self._combine)
        self.members = tuple(dict.fromkeys(member for name in self.names for member in settings.members(name)))
        alone = tuple(name for name in names if name not in self._combine)
        self.trainees = tuple(dict.fromkeys(alone + self.members))

    def day(
        self, own: Mapping[str, Forecast], known: Callable[[], Track], look: Callable[[], View]
    ) -> tuple[Forecast, ...]:
        """The forecasts of one day by all the names, in order: the models' own, and the pools that are made of them.

        Args:
            own: The forecasts of that day by the trainees.
            known: Tells how the members fared before that day; asked only where there is a pool.
            look: Tells what was known on that day; asked only where there is a distribution.
        """
        track = known() if self.names else None
        made = [own[name] if track is None or name in own else self._pooled(name, own, track) for name in self._all]
        return tuple(one if one.predictive is None else checked(one, look()) for one in made)

    def _pooled(self, name: str, own: Mapping[str, Forecast], track: Track) -> Forecast:
        """One pool's forecast; members that have none are left out.

        Args:
            name: The pool.
            own: The forecasts of its members and perhaps others, of one day.
            track: How the members fared before that day.
        """
        members = self._settings.members(name)
        known = {member: p for member in members if (p := own[member].predictive) is not None}
        first = own[members[0]]
        shared = replace(
            first,
            model=name,
            diagnostics=Diagnostics(first.diagnostics.inputs, novelty=first.diagnostics.novelty),
            config_sha256=self._configs[name],
            seed=seed_of(self._settings, first.symbol, name, first.as_of),
        )
        if not known:
            return replace(shared, reason=f"none of its members has a forecast: {first.reason}")
        found = self._combine[name](known, track.of(members), self._settings.model(name))
        told = replace(
            shared.diagnostics,
            figures={key: number(value) for key, value in found.diagnostics.items()},
            pool={member: number(weight) for member, weight in found.weights.items()},
        )
        return replace(shared, status="ok", reason="", predictive=found.predictive, diagnostics=told)
