"""The hub's own faults, each with one plain line for the user.

    ForecasterError
    ├── UnknownNameError     a model, setting or preset that does not exist; offers the nearest
    ├── SettingsError        forecaster.toml or an environment variable that does not hold
    ├── LedgerError          a record that cannot be written, or that was tampered with
    ├── WitnessError         a time stamp or a proof that does not hold, or cannot be had
    ├── ScenarioError        a scenario that cannot be read, or that an asset cannot have
    ├── ConditionError       a site of a Pyro program that cannot be held at a value
    ├── ArtifactError        a saved fit that cannot be written, or is not what was written
    └── HomeError            a data folder that cannot be used

Faults of data come from `ingest.errors`, faults of pages from `reports.errors`; the command line shows all alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ForecasterError(Exception):
    """A fault whose text is one plain line: what is wrong, where, and what to do."""


class UnknownNameError(ForecasterError):
    """A name that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """Names the nearest that do exist, or all of them."""
        super().__init__(f"no {kind} is called {name!r}; {nearest(name, known)}")


class SettingsError(ForecasterError):
    """Settings that cannot be used."""


class LedgerError(ForecasterError):
    """A record that cannot be written, or that does not verify."""


class WitnessError(ForecasterError):
    """A time stamp or a proof that does not hold, or that cannot be had."""


class ScenarioError(ForecasterError):
    """A scenario that cannot be read, or that an asset cannot have."""


class ConditionError(ForecasterError):
    """A site of a Pyro program that cannot be held at a value."""


class ArtifactError(ForecasterError):
    """A saved fit that cannot be written, or that is not what was written."""


class HomeError(ForecasterError):
    """A data folder that cannot be used."""


def named(withheld: Mapping[str, str]) -> list[str]:
    """A line for each withheld asset: its symbol, then why."""
    return [why if why.startswith(symbol) else f"{symbol}: {why}" for symbol, why in withheld.items()]
