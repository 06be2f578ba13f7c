"""One home: its settings, clock, store, ledger and what else it keeps, opened together."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecaster.clock import Clock, clock_of
from forecaster.errors import WitnessError
from forecaster.records.claims import Claims
from forecaster.records.clocks import keep, kept
from forecaster.records.door import enter
from forecaster.records.ledger import Ledger
from forecaster.records.preparation import prepare
from forecaster.records.replays import Replays
from forecaster.records.tracks import Tracks
from forecaster.records.trials import Trials
from forecaster.records.whole import naming
from ingest.database import reading
from ingest.pauses import Pauses
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forecaster.records.standing import Witnessed
    from forecaster.settings import Settings


_LOG = logging.getLogger("forecaster")


@dataclass(frozen=True, eq=False)
class Home:
    """Everything that one installation keeps.

    Attributes:
        folder: Where it lives.
        settings: As read from its forecaster.toml and the environment.
        clock: The source of the present time.
        store: What is known about the market.
        ledger: The record of forecasts.
        replays: Replayed forecasts, kept apart.
        tracks: Scores of track records, kept to save time.
        trials: Configurations that were ever backtested.
        claims: Who runs which day.
        pauses: Which providers asked to wait, and until when.
    """

    folder: Path
    settings: Settings
    clock: Clock
    store: Store
    ledger: Ledger
    replays: Replays
    tracks: Tracks
    trials: Trials
    claims: Claims
    pauses: Pauses

    @property
    def witnessed(self) -> Witnessed:
        """What it can show of when its rows were there.

        Where the certificates that are trusted cannot be read, nothing is proved: a report goes on without, and says so
        to whoever asked for it.
        """
        from forecaster.records import witnesses  # noqa: PLC0415  # most commands show no evidence
        from forecaster.records.standing import UNWITNESSED  # noqa: PLC0415  # it brings pandas

        known = UNWITNESSED._replace(rehearsal=self.rehearsal)
        try:
            roots = witnesses.trusted(self.folder, self.settings.witness)
        except WitnessError as fault:
            _LOG.warning("%s; nothing is shown as proved", fault)
            roots = []
        if not roots:
            return known
        proved = witnesses.proved(self.ledger.engine, roots)
        return known._replace(proved=proved.instants, roots=witnesses.fingerprints(roots))

    @property
    def rehearsal(self) -> str:
        """Where its clock is a rehearsal's, a sentence that says so; else empty."""
        with reading(self.ledger.engine) as connection:
            found = kept(connection)
        return found.told if found else ""

    @property
    def reports(self) -> Path:
        """Folder of the rendered reports."""
        return self.folder / "reports"


def open_home(
    folder: Path | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None, *, make: bool = True
) -> Home:
    """Opens a home, made where it does not exist yet.

    Args:
        folder: Where; see `forecaster.settings.located`.
        overrides: Section to keys, over forecaster.toml.
        make: False for who only reads: nothing is made, and what may not be written is read as it is.

    Raises:
        HomeError: Where the folder cannot be used, or there is no record and none may be made.
        SettingsError: Where its settings do not hold.
        LedgerError: Where its settings ask for another clock than it keeps.
        StoreError: Where its database cannot be opened, or is of a newer program.
    """
    place, settings, engine = enter(folder, overrides, make=make)
    wanted = clock_of(settings.clock)
    prepare(engine, settings)
    with naming(engine):
        clock = keep(engine, wanted, make=make)
    return Home(
        folder=place,
        settings=settings,
        clock=clock,
        store=Store(engine, prepared=True),
        ledger=Ledger(engine),
        replays=Replays(engine),
        tracks=Tracks(engine),
        trials=Trials(engine),
        claims=Claims(engine),
        pauses=Pauses(engine, prepared=True),
    )
