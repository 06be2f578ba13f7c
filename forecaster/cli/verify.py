"""`forecaster ledger verify`: is the record what was recorded, and from which row on does nobody else vouch for it?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import opened, say
from forecaster.cli.ledger import group
from forecaster.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from forecaster.records.home import Home
    from forecaster.records.reading import State
    from forecaster.records.tokens import Token

_UNSEEN = re.compile(r"[\s\u200b\u00ad]")
"""What a hash that is copied from a page may have in it."""
SHOWN = 20
"""Rows that do not hold which are shown one by one."""


@group.command()
def verify(
    deep: Annotated[
        bool, typer.Option("--deep", help="Also hold the tables against each other and against the market's data.")
    ] = False,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", metavar="H", help="A hash, or a line of `ledger head`, kept elsewhere: is it of this record?"
        ),
    ] = None,
) -> None:
    """Recomputes the hash chain of every table; names the first row that does not hold."""
    from forecaster.records import heads, tokens, witnesses

    wanted = None if head is None else _kept(head)
    home = opened(make=False)
    ledger = home.ledger
    upto = ledger.state()
    found = ledger.verify(upto)
    if found is not None:
        raise LedgerError(found.told)
    roots = witnesses.trusted(home.folder, home.settings.witness)
    held = tokens.checked(ledger.engine, roots)
    if fault := next((token.fault for token in held if token.fault), ""):
        raise LedgerError(fault)
    for line in _lines(upto, ledger.heads(upto), held):
        say(line)
    if held and roots:
        say(f"time stamps: checked against {witnesses.against(witnesses.fingerprints(roots))}")
    if not upto["forecast"]:
        raise LedgerError("the record has no forecast: nothing is verified")
    _say_of_its_clock(home)
    if wanted is not None:
        say(heads.told(ledger.engine, wanted, upto, held))
    if deep:
        _look_deep(ledger.engine, upto)


def _kept(text: str) -> str:
    """A hash or a line that somebody kept.

    Raises:
        BadParameter: Where it is neither.
    """
    from forecaster.records import heads

    if not heads.is_one(_UNSEEN.sub("", text)):
        raise typer.BadParameter(
            f"--head {text!r} is neither a hash of 64 hexadecimal digits nor a line of `forecaster ledger head`"
        )
    return _UNSEEN.sub("", text)


def _say_of_its_clock(home: Home) -> None:
    """Says what is to be known of the clock by which the record was written.

    Raises:
        LedgerError: Where the newest row lies in the future.
    """
    from forecaster.records import clocks
    from ingest.database import reading

    with reading(home.ledger.engine) as connection:
        steps, late = clocks.steps(connection), clocks.ahead(connection, home.clock.now())
    if home.rehearsal:
        say(f"{home.rehearsal}.")
    for step in steps:
        say(f"{step}.")
    if late and not home.rehearsal:  # a rehearsal's clock may stand anywhere while nothing is written
        raise LedgerError(late)


def _lines(upto: State, last: dict[str, str], held: Sequence[Token]) -> list[str]:
    """A line for each chain, and one for each token."""
    lines = []
    for table, rows in upto.items():
        proved = max((token.rows[table] for token in held if token.proves), default=0)
        rest = "; all sealed" if proved >= rows else f"; nothing is proved from row {proved + 1} on"
        if table == "token":  # none seals itself: what each proves is said below
            rest = ""
        lines.append(f"{table}: rows 1 to {rows} verified, head {last[table]}{rest}" if rows else f"{table}: no rows")
    return lines + [token.told for token in held]


def _look_deep(engine: Engine, upto: State) -> None:
    """Says what does not hold between the tables, at most so many lines.

    Raises:
        LedgerError: Naming the first row, where one does not.
    """
    from forecaster.records.deep.ground import Doubt
    from forecaster.records.deep.look import look

    found = look(engine, upto)
    doubts = [one for one in found if isinstance(one, Doubt)]
    broken = [one for one in found if not isinstance(one, Doubt)]
    for some in (doubts, broken[1:]):
        for one in some[:SHOWN]:
            say(one.told)
        if len(some) > SHOWN:
            say(f"... and {len(some) - SHOWN} more rows")
    if broken:
        raise LedgerError(broken[0].told)
    if doubts:
        rows = len(set[tuple[str, int]]().union(*(one.doubted for one in doubts)))
        say(f"deep: {rows} row{'' if rows == 1 else 's'} could not be recomputed; no other row contradicts another")
        return
    say("deep: outcomes, scores and figures follow from the distributions and the market's data on record")
