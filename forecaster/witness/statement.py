"""What a record is at a state, as a short text: the rows and the head of each of its chains, and the forecasts' tree.

    forecaster record 1
    event 2 HEAD
    forecast 812 HEAD ROOT
    outcome 790 HEAD
    score 4740 HEAD
    token 12 HEAD

A number is that of a chain's last row, a head the hash of that row (zeros where there is none), the root the Merkle
tree hash over the forecasts' row hashes in order (see `forecaster.witness.merkle`). What a time stamp seals are these
bytes; their sha256 is the digest. There is one text for each state: what does not read back the same is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from forecaster.errors import WitnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAINS = ("event", "forecast", "outcome", "score", "token")
"""The chains of a record, in the order of a statement."""
ROOTED = "forecast"
"""The chain whose rows are in the tree."""
TITLE = "forecaster record 1"
PREFIX = "forecaster:"
_NUMBER = "(0|[1-9][0-9]{0,17})"
_HASH = "([0-9a-f]{64})"
_TEXT = re.compile(
    "\n".join([TITLE, *(f"{name} {_NUMBER} {_HASH}" + f" {_HASH}" * (name == ROOTED) for name in CHAINS), ""])
)
_LINE = re.compile(rf"{PREFIX}{re.escape('.').join([_NUMBER] * len(CHAINS))}:{_HASH}")


@dataclass(frozen=True)
class Statement:
    """A record at a state.

    Attributes:
        rows: Chain to the number of its last row, 0 where it is empty.
        heads: Chain to the hash of that row, 64 hexadecimal digits.
        root: Merkle tree hash over the forecasts, 64 hexadecimal digits.
    """

    rows: Mapping[str, int]
    heads: Mapping[str, str]
    root: str

    @property
    def text(self) -> str:
        """The text that is sealed."""
        lines = [f"{name} {self.rows[name]} {self.heads[name]}" for name in CHAINS]
        lines[CHAINS.index(ROOTED)] += f" {self.root}"
        return "\n".join([TITLE, *lines, ""])

    @property
    def digest(self) -> str:
        """The sha256 of the text's bytes, 64 hexadecimal digits."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def line(self) -> str:
        """One short line for an e-mail or a newspaper: the number of each chain's last row, and the digest."""
        return f"{PREFIX}{'.'.join(str(self.rows[name]) for name in CHAINS)}:{self.digest}"


@dataclass(frozen=True)
class Line:
    """A short line as somebody kept it.

    Attributes:
        rows: Chain to the number of its last row.
        digest: Of the statement at that state, 64 hexadecimal digits.
    """

    rows: Mapping[str, int]
    digest: str


def read(text: str) -> Statement:
    """A statement from its text.

    Raises:
        WitnessError: The text is not exactly that of a statement.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise WitnessError("this is not a statement of a record as this program writes it: it was changed, or cut off")
    parts = iter(found.groups())
    rows, heads, root = {}, {}, ""
    for name in CHAINS:
        rows[name], heads[name] = int(next(parts)), next(parts)
        if name == ROOTED:
            root = next(parts)
    return Statement(rows, heads, root)


def read_line(line: str) -> Line:
    """What a short line says; blanks around it are no part of it, and capitals are as good.

    Raises:
        WitnessError: It is not such a line.
    """
    found = _LINE.fullmatch(line.strip().lower())
    if found is None:
        raise WitnessError(
            f"this is not a line of `forecaster ledger head`: it looks like {PREFIX}2.812.790.4740.12: with 64 "
            "hexadecimal digits after it"
        )
    *numbers, digest = found.groups()
    return Line(dict(zip(CHAINS, map(int, numbers), strict=True)), digest)
