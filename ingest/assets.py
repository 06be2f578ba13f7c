"""What is fixed about an asset: where it trades, where its rows come from, what its attention is."""

from dataclasses import dataclass
from datetime import timedelta

from ingest.panel import check_symbol


@dataclass(frozen=True)
class Asset:
    """An asset on the books.

    Attributes:
        symbol: see `ingest.panel.check_symbol`.
        calendar: code of its calendar, such as ``24/7`` or ``XNYS``.
        source: name of the source that first gave it.
        simulated: True where its rows are invented; every page that shows it says so.
        attention_kind: what the column ``tweets`` counts, such as "tweets a day"; empty if nothing.
        lag_minutes: minutes after a session's close until the source publishes its row.

    Raises:
        BadSymbolError: the symbol is no plain ticker.
        ValueError: a negative lag.

    >>> Asset("ETH-USD", calendar="24/7", source="csv_file").lag
    datetime.timedelta(0)
    """

    symbol: str
    calendar: str
    source: str
    simulated: bool = False
    attention_kind: str = ""
    lag_minutes: int = 0

    def __post_init__(self) -> None:
        """Refuse what could not be stored or read again."""
        check_symbol(self.symbol)
        if self.lag_minutes < 0:
            raise ValueError(f"{self.symbol}: lag_minutes is {self.lag_minutes}; it must be zero or more")

    @property
    def lag(self) -> timedelta:
        """The publication lag."""
        return timedelta(minutes=self.lag_minutes)
