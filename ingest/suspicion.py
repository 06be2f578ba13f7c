"""Rows that are too unlikely to believe: held back with a typed reason until a person decides.

Only what hardly any market has ever done is held back; a crash of a third is kept, and `ingest.checks`
points at it. Nothing is corrected: a close is believed as it came, or its row not at all. An open, high or low that
cannot be costs itself alone: `ingest.bars`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.bars import odd_closes
from ingest.scales import out_of_scale

SPIKE = 3.0
"""A close this many times above both neighbours, or below both, which agree among themselves, is a slip of the pen."""
AGREE = 1.5
"""Neighbours on two sides agree within this factor."""

Logs = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Reason(StrEnum):
    """Why a row is held back."""

    BAR = "impossible bar"
    UNIT = "unit slip"
    SPIKE = "price spike"
    SEAM = "joins nothing stored"


REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        Reason.UNIT: "import them in the unit of the other rows; if the asset is really quoted in a new unit, or was "
        "split, import a file that says so, or release them"
    }
)
"""What to do about some of the reasons; about the others a person decides as the rows look."""


def suspicions(rows: pd.DataFrame, known: pd.DataFrame, held: pd.DataFrame | None = None) -> pd.Series:
    """Why each row is held back; empty text where it is believed.

    Args:
        rows: A panel.
        known: The panel around them, these rows among it, one row a session, oldest first; the others are believed.
        held: What was held back before, with `reason` and `decision`, by session, then known_at: a slip of a unit
            that goes on is told by the rows before it.

    Returns:
        A `Reason` or empty text for each of rows, in their order and with their index.
    """
    at = np.searchsorted(known["session"].to_numpy(), rows["session"].to_numpy())
    level = _level(known)
    reasons = np.full(len(rows), "", dtype=object)
    for reason, found in (
        (Reason.BAR, odd_closes(known)[at]),
        (Reason.SPIKE, _spikes(level)[at]),
        (Reason.UNIT, _slips(rows, known, held)),
    ):
        reasons[found] = reason.value
    return pd.Series(reasons, index=rows.index, dtype="str")


def _level(panel: pd.DataFrame) -> Logs:
    """Logarithm of the total-return level of each session `(rows,)`."""
    level: Logs = np.log(panel["close"].to_numpy()) + np.cumsum(np.log(panel["adjustment"].to_numpy()))
    return level


def _slips(rows: pd.DataFrame, known: pd.DataFrame, held: pd.DataFrame | None) -> Mask:
    """Rows in another unit than the rest, seen beside those that were held back for it and are not let in."""
    panel = known[["session", "close", "adjustment"]]
    doubted = np.zeros(0, dtype="datetime64[us]")
    if held is not None and len(held):
        out = held[(held["reason"] == Reason.UNIT) & (held["decision"] != "released")]
        out = out[~out["session"].isin(known["session"])].drop_duplicates("session", keep="last")
        doubted = out["session"].to_numpy()
        panel = pd.concat([panel, out[list(panel.columns)]]).sort_values("session", kind="stable")
    days = panel["session"].to_numpy()
    judged = np.isin(days, rows["session"].to_numpy())
    found = out_of_scale(_level(panel), ~judged & ~np.isin(days, doubted))
    return found[np.searchsorted(days, rows["session"].to_numpy())]


def _spikes(level: Logs) -> Mask:
    found = np.zeros(level.size, dtype=bool)
    before, here, after = level[:-2], level[1:-1], level[2:]
    far = (here > np.maximum(before, after) + np.log(SPIKE)) | (here < np.minimum(before, after) - np.log(SPIKE))
    found[1:-1] = far & (np.abs(before - after) < np.log(AGREE))
    return found
