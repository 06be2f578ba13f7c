"""What a user declares of a series of an asset's own: its name, how it becomes a covariate, and when it is known."""

from __future__ import annotations

import re
from typing import Final, cast

from ingest.covariates import COVARIATES
from ingest.errors import SeriesFaultError
from ingest.own_series import TRANSFORMS, Transform
from ingest.panel import COLUMNS

IMPLIED: Final = "implied_volatility"
"""The name that is a transform, too."""
MOST_DAYS = 31
"""Days after the close within which a value is known."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LAG = re.compile(r"close(?:\+(\d{1,6})(min|h|d))?")
_MINUTES = {"min": 1, "h": 60, "d": 1440}
_TAKEN = frozenset({*COLUMNS, *(of.name for of in COVARIATES), *(of.kind for of in COVARIATES), "price", "window"})
_MARKET = "market"
"""What the names of covariates of the market begin with."""
_KNOWN = "_known"
"""What the covariate is called that says whether a value is known: its name and this."""


def declared(name: str, transform: str) -> Transform:
    """The transform of a series.

    Args:
        name: What it is to be called.
        transform: As the user says; empty where the name says it.

    Raises:
        SeriesFaultError: A name that cannot be used or is taken, or a transform that there is not, or is not said.

    >>> declared("implied_volatility", ""), declared("short_interest", "log")
    ('implied_volatility', 'log')
    """
    if not _NAME.fullmatch(name):
        raise SeriesFaultError(
            f"--name {name[:40]!r}: use 1 to 32 lower-case letters, digits and _, beginning with a letter, such as "
            "implied_volatility"
        )
    if name in _TAKEN or name.startswith(_MARKET) or name.endswith(_KNOWN):
        raise SeriesFaultError(f"--name {name} has a meaning of its own here: choose another, such as {_free(name)}")
    others = [known for known in TRANSFORMS if known != IMPLIED]
    if name == IMPLIED:
        if transform not in {"", IMPLIED}:
            raise SeriesFaultError(
                f"--transform {transform}: {IMPLIED} has a transform of its own: leave it out, or choose another --name"
            )
        return IMPLIED
    if transform not in others:
        said = f"--transform {transform}" if transform else f"--transform is needed for {name}"
        raise SeriesFaultError(
            f"{said}: choose level (the value itself), log (of positive values) or change (of positive values, from "
            "one session to the next)"
        )
    return cast("Transform", transform)


def lag_of(text: str) -> int:
    """Minutes after the close until a value is known.

    Raises:
        SeriesFaultError: It is not written so, or longer than `MOST_DAYS`.

    >>> [lag_of(text) for text in ("close", "close+15min", "close + 2h", "close+1d")]
    [0, 15, 120, 1440]
    """
    found = _LAG.fullmatch("".join(text.split()))
    if found is None:
        raise SeriesFaultError(
            f"--known {text[:40]!r}: say how long after the close of its session a value is known: close, "
            "close+15min, close+2h or close+1d"
        )
    minutes = int(found[1] or 0) * _MINUTES[found[2] or "min"]
    if minutes > MOST_DAYS * _MINUTES["d"]:
        raise SeriesFaultError(f"--known {text[:40]}: a value is known at most {MOST_DAYS} days after the close")
    return minutes


def shown_lag(minutes: int) -> str:
    """A lag as `--known` takes it.

    >>> [shown_lag(minutes) for minutes in (0, 15, 120, 1440, 90)]
    ['close', 'close+15min', 'close+2h', 'close+1d', 'close+90min']
    """
    if not minutes:
        return "close"
    unit = next(unit for unit, size in sorted(_MINUTES.items(), key=lambda of: -of[1]) if minutes % size == 0)
    return f"close+{minutes // _MINUTES[unit]}{unit}"


def _free(name: str) -> str:
    return f"own_{name.removesuffix(_KNOWN)}"[:32]
