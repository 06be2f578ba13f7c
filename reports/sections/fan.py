"""Past forecasts against what happened, for a day's report and for a backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Figure, Paragraph
from reports.choice import drawn
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.figures import fan
from reports.numerals import day, short_day
from reports.palette import looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_DAILY, _BACKTEST = 30, 120


def _blocks(report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> Iterator[Block]:
    """The last forecasts as a fan, or that there are none yet."""
    if asset.fan.empty:
        yield Paragraph("No earlier forecast is on record yet; this page fills as days go by.")
        return
    named, chosen = drawn(asset.fan, report.models, asset.scoreboard)
    shown = _latest(asset.fan[asset.fan["model"].isin(named)], _DAILY if isinstance(asset, AssetPage) else _BACKTEST)
    days = sorted(set(shown["target"]))
    origins = " and ".join(sorted(set(shown["origin"])))
    first = short_day(days[0]) if days[0].year == days[-1].year else day(days[0])
    period = f"{first} to {day(days[-1])}" if len(days) > 1 else day(days[0])
    yield Figure(
        fan.draw(shown, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Forecasts of {asset.symbol} against what happened, "
        f"{period}, "
        f"{origins}, a panel for each of {', '.join(named)}: 50 and 90 per cent intervals with the median, and the "
        "outcome as a dot "
        "or, outside the 90 per cent interval, a diamond. The scoreboard counts how often each interval "
        "held.",
        " ".join(
            (f"{_targets(len(days), len(set(asset.fan['target'])))}, {period}.", *_explain(shown), chosen)
        ).strip(),
    )


def _latest(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of the last targets."""
    return table[table["target"].isin(sorted(set(table["target"]))[-most:])]


def _targets(shown: int, known: int) -> str:
    """How much of the record is drawn."""
    if shown < known:
        return f"The last {shown} of {known} forecast sessions"
    return "One forecast session" if shown == 1 else f"{shown} forecast sessions"


def _explain(shown: pd.DataFrame) -> Iterator[str]:
    """What live and replayed mean, for those that occur."""
    said = {
        "replayed": "Replayed: made later from what was known then, no record of foresight.",
        "live": "Live: recorded beforehand.",
    }
    return (text for origin, text in said.items() if origin in set(shown["origin"]))


SECTION = Section((DailyReport, BacktestReport), "asset", 50, "Forecasts against what happened", _blocks)
