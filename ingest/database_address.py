"""The address of a database: read, told without its secrets, and never guessed where it may have been read wrongly.

A secret may stand in the password, and in any value behind the `?`: `sslpassword`, `options`, one that a later driver
knows. So what may be shown is listed, and everything else is hidden. Where a password is not escaped, a part of it is
read as the host or the name: such an address is refused, and nothing of it is shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ADDRESS = "write the database's address as sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
_ESCAPED = (
    "the database's address cannot be read for certain, and is not shown, since it may hold a password: in a user, "
    "a password or a name, write @ as %40, : as %3A, / as %2F, ? as %3F and = as %3D"
)
_SHOWN = frozenset(
    [
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "passfile",
        "service",
        "require_auth",
        "channel_binding",
        "connect_timeout",
        "client_encoding",
        "application_name",
        "fallback_application_name",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "replication",
        "gssencmode",
        "gsslib",
        "gssdelegation",
        "krbsrvname",
        "sslmode",
        "sslnegotiation",
        "sslcompression",
        "sslcert",
        "sslkey",
        "sslcertmode",
        "sslrootcert",
        "sslcrl",
        "sslcrldir",
        "sslsni",
        "requirepeer",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "min_protocol_version",
        "max_protocol_version",
        "target_session_attrs",
        "load_balance_hosts",
    ]
)
"""Parameters of PostgreSQL's driver that hold no secret; a file's path is none."""
_NETWORK = re.compile(
    r"[\w+]+://(?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?(?P<path>[^?]*)(?:\?(?P<query>.*))?", re.S
)
_SHORT = 4
"""A secret of fewer letters is scrubbed as a word of its own alone: it may be a part of any other."""


class Address(NamedTuple):
    """An address, taken apart.

    Attributes:
        url: What may be shown, and the password, which SQLAlchemy hides.
        hidden: Parameters for the driver that may hold a secret.
    """

    url: URL
    hidden: Mapping[str, str]

    @property
    def secrets(self) -> list[str]:
        """All that no message may hold."""
        words = [piece for value in self.hidden.values() for piece in re.split(r"[\s=,;'\"]+", value)]
        found = {str(self.url.password or ""), *self.hidden.values(), *words} - {"", "-c"}
        return sorted(found, key=len, reverse=True)


def parsed(address: str | URL | Path) -> Address:
    """Reads an address; a path is that of an SQLite file, whatever is in it.

    Raises:
        StoreError: Where it is none, or may be read in two ways; nothing of it is shown.

    >>> parsed("postgresql://user@host/name?sslmode=require&sslpassword=secret").url.query
    immutabledict({'sslmode': 'require'})
    """
    if isinstance(address, Path):
        return Address(URL.create("sqlite", database=str(address)), {})
    try:
        url = make_url(address)
        if isinstance(address, str) and url.get_backend_name() != "sqlite" and _doubtful(url, address):
            raise StoreError(_ESCAPED)
    except (SQLAlchemyError, ValueError):
        raise StoreError(ADDRESS) from None  # they may say it
    if url.get_backend_name() == "sqlite":
        return Address(url, {})
    hidden = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    hidden = {key: value for key, value in hidden.items() if key not in _SHOWN}
    url = url.difference_update_query(list(hidden))
    password = hidden.pop("password", None)
    return Address(url if password is None else url.set(password=password), hidden)


def has_secret(address: str) -> bool:
    """Whether an address holds what may be a secret; one that cannot be read is taken to.

    >>> has_secret("postgresql+psycopg://user:secret@host/name"), has_secret("sqlite:///file.db")
    (True, False)
    """
    try:
        found = parsed(address)
    except StoreError:
        return True
    return found.url.password is not None or bool(found.hidden)


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets, the longest first.

    >>> scrubbed('no option "hunter2" at on', ["hunter2", "on"])
    'no option "***" at ***'
    """
    for secret in secrets:
        exact = re.escape(secret)
        text = re.sub(exact if len(secret) >= _SHORT else rf"(?<!\w){exact}(?!\w)", "***", text, flags=re.I)
    return text


def _doubtful(url: URL, text: str) -> bool:
    """Whether a part of a password may have been read as something else."""
    found = _NETWORK.match(text)
    if found is None:
        return True
    password, path, query = found["password"], found["path"], found["query"] or ""
    return (
        any(sign in path for sign in "@=")
        or ":" in (url.username or "")
        or (password is not None and ("@" in query or ("?" in password and "=" in password)))
        or any("=" not in part for part in query.split("&") if part)
    )
