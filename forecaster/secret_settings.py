"""What of the settings may hold a password: it is never shown, and a file is no place for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from forecaster.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECTIONS = ("data", "witness")
"""Sections whose values are never shown in a message."""
KEYS = (("data", "database"), ("witness", "authority"))
"""Settings that are an address, and may hold a password."""


def refuse(file: Path, tables: Mapping[str, Any], prefix: str) -> None:
    """A file is copied, shared and backed up: a password does not belong there.

    Args:
        file: For the message.
        tables: What it holds.
        prefix: Of the environment variables over it.

    Raises:
        SettingsError: Where an address holds one.
    """
    for section, key in KEYS:
        table = tables.get(section)
        address = table.get(key) if isinstance(table, dict) else None
        if isinstance(address, str) and address and _holds_password(section, address):
            raise SettingsError(
                f"{file}: {section}.{key} holds a password or a parameter that may be one, or is not an address: write "
                f"it without, and set {prefix}{section.upper()}__{key.upper()} in the environment to the whole address"
            )


def _holds_password(section: str, address: str) -> bool:
    if section == "data":
        from ingest.database_address import has_secret  # noqa: PLC0415  # it brings SQLAlchemy; most files hold none

        return has_secret(address)
    try:
        return "@" in urlsplit(address).netloc
    except ValueError:
        return True
