"""What trading costs, by the class of the asset: stated assumptions, not quotes of a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.decisions.settings import Decisions

SESSIONS: Mapping[str, int] = {"equity": 252, "currency": 260, "crypto": 365, "commodity": 252}
"""Asset class -> sessions a year."""

_CLASSES = {"24/7": "crypto", "24/5": "currency", "CMES": "commodity", "ICEUS": "commodity", "IEPA": "commodity"}


def asset_classes(calendars: Mapping[str, str], settings: Decisions) -> dict[str, str]:
    """Symbol -> asset class, from symbol -> calendar.

    A calendar of futures exchanges stands for commodities, that of any other exchange for equity indices; the setting
    `classes` stands over both.

    >>> from forecaster.decisions.settings import Decisions
    >>> own = Decisions(classes={"ES=F": "equity"})
    >>> asset_classes({"^GSPC": "XNYS", "ETH-USD": "24/7", "CL=F": "CMES", "ES=F": "CMES"}, own)
    {'^GSPC': 'equity', 'ETH-USD': 'crypto', 'CL=F': 'commodity', 'ES=F': 'equity'}
    """
    return {
        symbol: settings.classes.get(symbol) or _CLASSES.get(calendar, "equity")
        for symbol, calendar in calendars.items()
    }


def cost_rate(asset_class: str, settings: Decisions) -> float:
    """Cost and slippage of one unit of turnover, a fraction of what is traded.

    >>> from forecaster.decisions.settings import Decisions
    >>> cost_rate("crypto", Decisions())
    0.0015
    """
    cost, slippage = (getattr(settings, f"{asset_class}_{part}") for part in ("cost", "slippage"))
    return float(cost + slippage) / 1e4
