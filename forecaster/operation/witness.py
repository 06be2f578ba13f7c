"""Has the record witnessed: by the command, and by the daily run where an authority is set.

A run whose authority is down, or lies, goes on and says so; the next makes up for it, whether or not it records
anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import WitnessError
from forecaster.records import witnesses

if TYPE_CHECKING:
    from forecaster.records.home import Home
    from forecaster.records.tokens import Token

LATER = "the record is not witnessed now, which the next run makes up for"


def seal(home: Home) -> Token:
    """Has the record sealed as it is now.

    Raises:
        LedgerError: Where nothing is on record.
        WitnessError: Where no authority or certificate is set, or there is no time stamp that holds.
        StoreError: Where the database cannot be read or written.
    """
    chosen = home.settings.witness
    if not chosen.authority:
        raise WitnessError(
            "no time stamp authority is set: name one (setting witness.authority), or keep the line of "
            "`forecaster ledger head` where nobody can change it"
        )
    roots = witnesses.trusted(home.folder, chosen)
    if not roots:
        raise WitnessError(
            "no certificate is trusted: name a file of the authority's root certificate (setting witness.certificate)"
        )
    from forecaster.witness.authority import ask  # noqa: PLC0415  # few runs ask, and it loads OpenSSL and HTTP

    return witnesses.seal(
        home.ledger.engine, lambda sealed: ask(chosen.authority, sealed, roots, seconds=chosen.timeout_seconds)
    )


def made_up(home: Home) -> list[str]:
    """Has the record sealed where an authority is set and the last token does not cover all; says where that fails.

    Raises:
        StoreError: Where the database cannot be read or written.
    """
    if not home.settings.witness.authority or witnesses.covered(home.ledger.engine):
        return []
    try:
        seal(home)
    except WitnessError as fault:
        return [f"{LATER}: {fault}"]
    return []
