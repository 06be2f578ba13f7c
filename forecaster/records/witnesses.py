"""Time stamps of the record by somebody else's clock: made, kept, and since when each proves a forecast to exist.

A token is a row of a chain of its own: the statement of the record at a state (see `forecaster.witness.statement`) and
the authority's time stamp of it. It holds where the stamp does, and where the chains still have what the statement
says (see `tokens`). Then all rows that it covers existed before the stamp's time.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from forecaster import small_files
from forecaster.errors import LedgerError, WitnessError
from forecaster.records import chain
from forecaster.records.tables import FORECASTS, TABLES, TOKENS
from forecaster.records.tokens import Token, checked
from forecaster.witness import merkle, statement
from forecaster.witness.statement import ROOTED, Statement
from ingest.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import numpy as np
    import pandas as pd
    from cryptography.x509 import Certificate
    from numpy.typing import NDArray
    from sqlalchemy import Engine

    from forecaster.records.reading import State
    from forecaster.witness.settings import Witness
    from forecaster.witness.token import Stamped

    Ask = Callable[[bytes], tuple[bytes, Stamped]]
    """A time stamp of some bytes, verified, and what it says; see `forecaster.witness.authority`."""


MOST = 2**22
"""Bytes that a file of certificates may have."""


@dataclass(frozen=True)
class Proved:
    """Since when forecasts are proved to exist, by the number of their rows.

    Attributes:
        upto: Numbers of rows, ascending.
        times: The earliest instant proved for the rows up to each.
    """

    upto: Sequence[int]
    times: Sequence[datetime]

    @classmethod
    def by(cls, tokens: Sequence[Token]) -> Proved:
        """By the tokens that prove something."""
        steps: dict[int, datetime] = {}
        earliest: datetime | None = None
        for token in sorted((t for t in tokens if t.proves), key=lambda t: t.rows[ROOTED], reverse=True):
            earliest = token.at if earliest is None else min(earliest, token.at)
            steps[token.rows[ROOTED]] = earliest
        upto = sorted(steps)
        return cls(upto, [steps[number] for number in upto])

    def __call__(self, seq: int) -> datetime | None:
        """The instant before which a forecast existed; None where no token covers it."""
        at = bisect_left(self.upto, seq)
        return self.times[at] if seq > 0 and at < len(self.upto) else None

    def instants(self, numbers: NDArray[np.int64]) -> pd.DatetimeIndex:
        """The same of many forecasts `(rows,)`; NaT where no token covers one."""
        import numpy as np  # noqa: PLC0415  # few commands need it, and it takes time to import
        import pandas as pd  # noqa: PLC0415  # the same

        steps = pd.DatetimeIndex([*self.times, pd.NaT], tz="UTC").as_unit("us")
        places = np.searchsorted(np.asarray(self.upto, np.int64), numbers)
        return steps[np.where(numbers > 0, places, len(self.upto))]


def stated(engine: Engine, upto: State | None = None) -> Statement:
    """What the record is.

    Args:
        engine: Of the home.
        upto: At which state; now where None.

    Raises:
        StoreError: Where the database cannot be read.
    """
    with reading(engine) as connection:
        rows = dict(upto or {table.name: chain.last(connection, table) for table in TABLES})
        heads = {table.name: chain.head(connection, table, rows[table.name]) for table in TABLES}
        leaves = chain.hashes(connection, FORECASTS, rows[ROOTED])
    return Statement(rows, heads, merkle.root(bytes.fromhex(row_hash) for _, row_hash in leaves).hex())


def seal(engine: Engine, ask: Ask) -> Token:
    """Has the record sealed as it is now, and keeps the token.

    Args:
        engine: Of the home; no transaction is open while the authority is asked.
        ask: Asks it.

    Raises:
        LedgerError: Where nothing is on record.
        WitnessError: Where the authority does not give a time stamp that holds; nothing is kept.
        StoreError: Where the database cannot be read or written.
    """
    now = stated(engine)
    if not now.rows[ROOTED]:
        raise LedgerError("there is no forecast on record to be witnessed: `forecaster run` makes the first")
    der, stamped = ask(now.text.encode())
    row = {
        "statement": now.text,
        "forecasts": now.rows[ROOTED],
        "at": stamped.at.isoformat(),
        "authority": stamped.authority,
        "token": der,
    }
    key = [TOKENS.c[name] == row[name] for name in ("statement", "authority", "at")]
    with writing(engine) as connection:
        if connection.execute(select(TOKENS.c.seq).where(*key)).first() is None:
            chain.append(connection, TOKENS, [row])
        seq = connection.execute(select(TOKENS.c.seq).where(*key)).scalar_one()
    return Token(seq, now.rows, stamped.at, stamped.authority, verified=True)


def covered(engine: Engine) -> bool:
    """Whether the last token covers all that is on record; so does none where no forecast is.

    Raises:
        StoreError: Where the database cannot be read.
    """
    with reading(engine) as connection:
        now = {t.name: (chain.last(connection, t), chain.head(connection, t)) for t in TABLES if t is not TOKENS}
        text = connection.execute(select(TOKENS.c.statement).order_by(TOKENS.c.seq.desc()).limit(1)).scalar()
    if not now[ROOTED][0]:
        return True
    try:
        last = statement.read(text or "")
    except WitnessError:
        return False
    return all((last.rows[name], last.heads[name]) == known for name, known in now.items())


def proved(engine: Engine, roots: Sequence[Certificate]) -> Proved:
    """Since when the forecasts on record are proved to exist.

    Args:
        engine: Of the home.
        roots: Certificates that are trusted.

    Raises:
        StoreError: Where the database cannot be read.
    """
    return Proved.by(checked(engine, roots))


def lines(engine: Engine, roots: Sequence[Certificate]) -> Iterator[str]:
    """What the tokens say, a line each.

    Raises:
        LedgerError: At the first that does not hold.
        StoreError: Where the database cannot be read.
    """
    for token in checked(engine, roots):
        if token.fault:
            raise LedgerError(token.fault)
        yield token.told


def fingerprints(roots: Sequence[Certificate]) -> tuple[str, ...]:
    """The sha256 of each certificate, as `openssl x509 -fingerprint -sha256` has it, small and without colons."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # few homes have time stamps

    return tuple(root.fingerprint(SHA256()).hex() for root in roots)


def against(prints: Sequence[str]) -> str:
    """The certificates of some fingerprints in words: whoever knows the authority's own can compare them."""
    named = "the certificate" if len(prints) == 1 else "the certificates"
    return f"{named} {', '.join(f'sha256 {one}' for one in prints)} of setting witness.certificate"


def trusted(folder: Path, settings: Witness) -> list[Certificate]:
    """The certificates that a home trusts; none where its settings name no file.

    Args:
        folder: The home's, from which the file's path counts.
        settings: The home's section.

    Raises:
        WitnessError: Where the file cannot be read, or holds none.
    """
    if not settings.certificate:
        return []
    try:
        file = folder / Path(settings.certificate).expanduser()
    except RuntimeError as fault:  # of nobody
        raise WitnessError(
            f"the certificates in {settings.certificate} cannot be read: nobody here has that name; write the whole "
            "path (setting witness.certificate)"
        ) from fault
    return certificates(file)


def certificates(file: Path) -> list[Certificate]:
    """The certificates of a file.

    Raises:
        WitnessError: Where it cannot be read, or holds none.
    """
    from forecaster.witness import token  # noqa: PLC0415  # most commands verify no time stamp

    try:
        data = small_files.read(file, MOST)
    except OSError as fault:
        raise WitnessError(f"the certificates in {file} cannot be read: {fault.strerror}") from fault
    return token.trusted(data, str(file))
