"""`forecaster doctor`: is this installation fit to run, and with which settings?"""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.frame import MISSING, app, opened, show_json, show_table
from forecaster.errors import ForecasterError

PACKAGES = ("forecaster", "torch", "pyro-ppl", "pandas", "sqlalchemy", "typst", "matplotlib", "apscheduler")
LITTLE = 500_000_000
"""Free bytes below which the disk is named as a worry."""


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Checks home, database, ledger and disk, and prints the effective settings."""
    import shutil
    from importlib.metadata import version

    from ingest.database import place

    home = opened()
    broken = home.ledger.verify()
    free = shutil.disk_usage(home.folder).free
    checks = {
        "home": str(home.folder),
        "database": place(home.ledger.engine),
        "assets": ", ".join(asset.symbol for asset in home.store.assets()) or "none yet",
        "ledger": "verified" if broken is None else f"{broken.table} row {broken.seq} does not hold",
        "disk": f"{free / 1e9:.1f} GB free" + (": little room left" if free < LITTLE else ""),
    }
    versions = {name: version(name) for name in PACKAGES}
    settings = {
        f"{section}.{key}": value
        for section, keys in home.settings.model_dump(mode="json").items()
        for key, value in keys.items()
        if (section, key) != ("data", "database")
    }
    if as_json:
        show_json({"checks": checks, "versions": versions, "settings": settings})
    else:
        show_table(["check", "found"], list(checks.items()), "Checks")
        show_table(["package", "version"], list(versions.items()), "Versions")
        show_table(["setting", "value"], [(k, _told(v)) for k, v in settings.items()], "Settings")
    worries = [name for name, bad in (("ledger", broken is not None), ("disk", free < LITTLE)) if bad]
    if worries:
        raise ForecasterError("not fit to run: " + "; ".join(f"{name}: {checks[name]}" for name in worries))


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "all"
    return str(value) if value != "" else MISSING
