"""What is fixed about an asset: where it trades, where its rows come from, what its attention is."""

from dataclasses import dataclass
from datetime import timedelta

from ingest.panel import check_symbol


@dataclass(frozen=True)
class Asset:
    """An asset on the books.

    Attributes:
        symbol: See `ingest.panel.check_symbol`.
        calendar: Code of its calendar, such as `24/7` or `XNYS`.
        source: Name of the source that first gave it.
        simulated: True where its rows are invented; every page that shows it says so.
        attention_kind: What the column `tweets` counts, such as "tweets a day"; empty if nothing.
        lag_minutes: Minutes after a session's close until the source publishes its row.
        attention_source: Adapter of `ingest.attention` that counts it by UTC day; empty where the counts, if
            any, come with the prices.
        attention_lag_minutes: Minutes after the end of a UTC day until that adapter has its count.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        ValueError: A negative lag.

    >>> Asset("ETH-USD", calendar="24/7", source="csv_file").lag
    datetime.timedelta(0)
    """

    symbol: str
    calendar: str
    source: str
    simulated: bool = False
    attention_kind: str = ""
    lag_minutes: int = 0
    attention_source: str = ""
    attention_lag_minutes: int = 0

    def __post_init__(self) -> None:
        """Refuses what could not be stored or read again."""
        check_symbol(self.symbol)
        for name in ("lag_minutes", "attention_lag_minutes"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self.symbol}: {name} is {getattr(self, name)}; it must be zero or more")

    @property
    def lag(self) -> timedelta:
        """The publication lag."""
        return timedelta(minutes=self.lag_minutes)

    @property
    def attention_lag(self) -> timedelta:
        """The publication lag of the counts of attention."""
        return timedelta(minutes=self.attention_lag_minutes)
