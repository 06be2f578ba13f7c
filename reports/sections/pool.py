"""Who counts for how much in a forecast made of others', and what that rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.blocks import Block, Bullets, Cell, Column, Group, Table
from reports.contents import AssetPage, DailyReport
from reports.numerals import number, share
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_FEW = 60  # past sessions below which weights are still close to equal shares, as the verdicts count them


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """The weights, the heaviest member first, and what they rest on; nothing where no forecast is made of others'."""
    table = asset.shares
    if table.empty:
        return
    pools = in_order(table, report.models)
    wide = table.pivot_table(index="member", columns="model", values="weight", dropna=False)
    members = wide.sort_values(pools, ascending=False, kind="stable").index
    known = asset.pools
    yield Bullets(tuple(_rests_on(facts) for pool in pools for _, facts in known[known["model"] == pool].iterrows()))
    drawn = looks(report.models)
    rows = tuple(
        (Cell(member, colour=drawn[member].colour), *(Cell(share(wide.loc[member, pool])) for pool in pools))
        for member in members
    )
    columns = (Column("Member", "", "left"), *(Column(pool, "weight") for pool in pools))
    yield Table(
        columns, (Group(rows),), "A member\u2019s weight is its share of the mixture, set by its past log scores."
    )


def _rests_on(facts: pd.Series) -> str:
    """How much past a forecast's weights have, and whether it is recalibrated."""
    return f"{facts['model']}: {_past(facts['days'])}{_recalibration(facts['recalibrated'], facts['gain'])}."


def _past(days: float) -> str:
    """The record behind the weights."""
    if not math.isfinite(days):
        return "the record does not say how many past sessions its weights are based on"
    sessions = f"{number(days, 0)} past session{'' if days == 1 else 's'}"
    if days == 0:
        return "no past sessions to weigh its members by yet, so that all have equal weight"
    return f"its weights are based on {sessions}" + (", too few to rank its members" if days < _FEW else "")


def _recalibration(on: float, gain: float) -> str:
    """Whether the forecast is corrected by its own past; nothing for one that never is."""
    if not math.isfinite(on):
        return ""
    return f"; recalibration is {'on' if on else 'off'}: {_earned(gain, on)}"


def _earned(gain: float, on: float) -> str:
    """What recalibration would have made of the past."""
    if not math.isfinite(gain) or gain == 0:
        return "there are not enough past sessions to judge it"
    told = (
        f"over the past sessions it would have {'gained' if gain > 0 else 'lost'} {number(abs(gain), 2)} nats in total"
    )
    return told if on or gain < 0 else f"{told}, but over too few sessions, or too long ago, to rely on"


SECTION = Section((DailyReport,), "asset", 36, "Members of the ensemble", _blocks)
