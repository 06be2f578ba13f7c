"""`forecaster audit`: does anything after a day reach the forecasts from that day?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import DONE_IN_PART, app, listed, looked_into, progress, say, show_json, show_table
from forecaster.cli.run import Models, Symbols
from forecaster.errors import ForecasterError, named
from ingest.errors import IngestError, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.progress import Tell
    from forecaster.records.home import Home
    from forecaster.replay.audit import Check
    from forecaster.replay.leak import Leak
    from ingest.history import History

UNTIL = datetime(2018, 1, 1, tzinfo=UTC)
"""End of the simulated market that is audited where a home has no asset: four years, the same every time."""


@dataclass
class _Audit:
    """What was asked of one asset, and what was found."""

    symbol: str
    names: tuple[str, ...]
    origins: tuple[pd.Timestamp, ...]
    checks: list[Check] = field(default_factory=list)

    @property
    def leaks(self) -> dict[str, Leak]:
        return {leak.model: leak for check in self.checks for leak in check.leaks}

    def silent(self, name: str) -> int:
        """Origins at which a model has no distribution of its own."""
        return sum(name in check.silent for check in self.checks)

    def verdict(self, name: str) -> str:
        if (leak := self.leaks.get(name)) is not None:
            return f"leaks: {leak.column}, {leak.kind}, at {leak.as_of:%Y-%m-%d}"
        silent, count = self.silent(name), len(self.origins)
        if silent == count:
            return "not audited: no distribution of its own"
        return f"clean, no distribution of its own at {silent} of them" if silent else "clean"


@app.command()
def audit(
    symbols: Symbols = None,
    models: Models = None,
    origins: Annotated[int, typer.Option("--origins", min=1, help="Random days to audit per asset.")] = 3,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the random days and changes.")] = 0,
    preset: Annotated[str | None, typer.Option("--preset", help="A set of settings, such as `quick`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Changes what comes after a day and compares the forecasts from that day, byte for byte."""
    from forecaster import models as registry

    asked = {"models": listed(models), "preset": preset}
    home = looked_into({"forecast": {key: value for key, value in asked.items() if value}})
    chosen = home.settings.model_names() if models is not None else registry.names()
    # Those made of others come last: a leak is named where it begins.
    names = tuple(sorted(chosen, key=lambda name: bool(home.settings.members(name))))
    histories = _histories(home, listed(symbols))
    with progress() as tell:
        audits, withheld = _audited(home, histories, names, origins, seed, tell)
    if not audits:
        raise ForecasterError("; ".join(named(withheld)))
    if as_json:
        show_json(_document(audits, withheld))
    else:
        _show(audits, withheld)
    _conclude(audits, withheld)


def _histories(home: Home, symbols: tuple[str, ...]) -> list[History]:
    from forecaster.operation.watchlist import histories, watchlist
    from ingest.database import open_engine
    from ingest.sources import simulated
    from ingest.store import Store

    if symbols or home.store.assets():
        return [*histories(home, watchlist(home, symbols)).values()]
    store, (asset,) = Store(open_engine("sqlite://")), simulated.ASSETS
    store.append(asset, simulated.fetch(asset, UNTIL), UNTIL)
    return [store.history(asset.symbol)]


def _audited(
    home: Home, histories: list[History], names: tuple[str, ...], count: int, seed: int, tell: Tell
) -> tuple[list[_Audit], dict[str, str]]:
    from forecaster.replay.audit import CHECKS, Auditor

    audits, withheld = [], {}
    for history in histories:
        symbol, auditor = history.asset.symbol, Auditor(history, names, home.settings, seed)
        try:
            audit = _Audit(symbol, names, tuple(auditor.origins(count)))
        except StoreError:
            raise
        except IngestError as fault:
            withheld[symbol] = str(fault)
            continue
        tell(f"{symbol}: checks", 0, CHECKS * len(audit.origins))
        for check in auditor.checks(audit.origins):
            audit.checks.append(check)
            tell(f"{symbol}: checks", len(audit.checks), CHECKS * len(audit.origins))
        audits.append(audit)
    return audits, withheld


def _show(audits: list[_Audit], withheld: dict[str, str]) -> None:
    rows = [[a.symbol, name, len(a.origins), len(a.checks), a.verdict(name)] for a in audits for name in a.names]
    show_table(["symbol", "model", "origins", "checks", "verdict"], rows)
    for line in named(withheld):
        say(f"withheld: {line}")


def _document(audits: list[_Audit], withheld: dict[str, str]) -> dict[str, object]:
    leaks = [leak for audit in audits for leak in audit.leaks.values()]
    return {
        "audited": [
            {
                "symbol": audit.symbol,
                "model": name,
                "origins": [f"{day:%Y-%m-%d}" for day in audit.origins],
                "silent": audit.silent(name),
                "leaks": name in audit.leaks,
            }
            for audit in audits
            for name in audit.names
        ],
        "leaks": [{**asdict(leak), "as_of": f"{leak.as_of:%Y-%m-%d}", "remedy": leak.remedy} for leak in leaks],
        "withheld": withheld,
    }


def _conclude(audits: list[_Audit], withheld: dict[str, str]) -> None:
    """Ends with the exit code that the audit earned.

    Raises:
        ForecasterError: The first leak.
        Exit: Where some assets or models could not be audited.
    """
    for audit in audits:
        for leak in audit.leaks.values():
            raise ForecasterError(leak.sentence)
    if withheld or any(audit.silent(name) == len(audit.origins) for audit in audits for name in audit.names):
        raise typer.Exit(DONE_IN_PART)
