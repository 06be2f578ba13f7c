"""`forecaster doctor`: is this installation fit to run, and with which settings?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import MISSING, app, looked_into, show_json, show_table
from forecaster.errors import ForecasterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.records.home import Home

PACKAGES = (
    "forecaster",
    "torch",
    "pyro-ppl",
    "pandas",
    "exchange_calendars",
    "sqlalchemy",
    "typst",
    "matplotlib",
    "apscheduler",
)
LITTLE = 500_000_000
"""Free bytes below which the disk is named as a worry."""
CHOICES = ("data.symbols", "forecast.models")
"""Settings that choose from what there is: everything where they are empty."""
SOON = timedelta(days=60)
"""How long before a calendar's end it is told."""


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Checks home, database, ledger and disk, and prints the effective settings."""
    import shutil
    from importlib.metadata import version

    from forecaster.records import clocks
    from forecaster.secret_settings import KEYS
    from ingest.database import place, reading

    home = looked_into()
    broken = home.ledger.verify()
    with reading(home.ledger.engine) as connection:
        late = None if home.rehearsal else clocks.ahead(connection, home.clock.now())
    now = home.clock.now()
    clock = late or (home.rehearsal and f"{home.rehearsal}; it now says {now:%Y-%m-%d %H:%M} UTC")
    free = shutil.disk_usage(home.folder).free
    checks = {
        "home": str(home.folder),
        "database": place(home.ledger.engine),
        "assets": ", ".join(asset.symbol for asset in home.store.assets()) or "none yet",
        "calendars": "; ".join(_not_known(home)) or "known for at least the next 60 days",
        "clock": clock or "of this computer",
        "ledger": "verified" if broken is None else broken.told,
        "certificates": _unreadable(home) or ("read" if home.settings.witness.certificate else "none is trusted"),
        "disk": f"{free / 1e9:.1f} GB free" + (": little space left" if free < LITTLE else ""),
    }
    versions = {name: version(name) for name in PACKAGES}
    settings = {
        f"{section}.{key}": value
        for section, keys in home.settings.model_dump(mode="json").items()
        for key, value in keys.items()
        if (section, key) not in KEYS
    }
    if as_json:
        show_json({"checks": checks, "versions": versions, "settings": settings})
    else:
        show_table(["check", "found"], list(checks.items()), "Checks")
        show_table(["package", "version"], list(versions.items()), "Versions")
        show_table(["setting", "value"], [(k, _told(k, v)) for k, v in settings.items()], "Settings")
    found = {
        "ledger": broken is not None,
        "clock": late is not None,
        "certificates": bool(_unreadable(home)),
        "disk": free < LITTLE,
    }
    worries = [name for name, bad in found.items() if bad]
    if worries:
        raise ForecasterError("not fit to run: " + "; ".join(f"{name}: {checks[name]}" for name in worries))


def _unreadable(home: Home) -> str:
    """Why the certificates that the settings name cannot be read; empty where they can."""
    from forecaster.errors import WitnessError
    from forecaster.records.witnesses import trusted

    try:
        trusted(home.folder, home.settings.witness)
    except WitnessError as fault:
        return str(fault)
    return ""


def _not_known(home: Home) -> Iterator[str]:
    """A line for each calendar of an asset on the books that ends soon, or is not known where it is needed."""
    from ingest.errors import UnknownCalendarError
    from ingest.known_years import LISTED_UNTIL
    from ingest.sessions import as_day, calendar

    now, spans, assets = as_day(home.clock.now()), home.store.spans(), home.store.assets()
    for code in sorted({asset.calendar for asset in assets}):
        try:
            days = calendar(code)
        except UnknownCalendarError as fault:
            yield str(fault)
            continue
        if days.ends and days.last < now + SOON:
            yield f"{code}: no session after {days.last:%Y-%m-%d} is known: update exchange_calendars"
        if now.year > LISTED_UNTIL.get(code, now.year):
            yield f"{code}: movable holidays are listed until {LISTED_UNTIL[code]} only: update exchange_calendars"
        own = [asset.symbol for asset in assets if asset.calendar == code and asset.symbol in spans]
        old = [symbol for symbol in own if spans[symbol][0].year < days.first.year]
        if old:
            yield f"{code}: rows before {days.first:%Y} are not used: {', '.join(old)}"


def _told(key: str, value: object) -> str:
    if isinstance(value, list | dict) and not value:
        return "all" if key in CHOICES else "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value) if value != "" else MISSING
