"""What a user says of a file that the file itself does not tell: decimal mark, time zone, dates, columns and ticker."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ingest.errors import FileFaultError

DECIMAL = ("comma", "point")
COLUMNS = ("close", "open", "high", "low", "adjusted", "volume")
"""Roles whose column may be named."""
DIVIDENDS = ("paid", "included")
DATES = ("mdy", "dmy", "ymd")


@dataclass(frozen=True)
class Choices:
    """What was chosen; an empty text leaves it to the file.

    Attributes:
        decimal: The decimal mark of its numbers, `comma` or `point`.
        timezone: Of its times that are written without a zone, such as `Europe/Berlin`.
        close: The name of the column of closes.
        volume: The name of the column of volumes.
        ticker: The one that is wanted where it holds several.
        dividends: `paid` where its closes fall with each dividend, `included` where they are adjusted for them.
        dates: The order of dates of three numbers, `mdy`, `dmy` or `ymd`.
        open: The name of the column of opens.
        high: The name of the column of highs.
        low: The name of the column of lows.
        adjusted: The name of the column of closes that are adjusted for splits and dividends.
        sheet: The name of the sheet that is wanted of a workbook with several.

    Raises:
        FileFaultError: A choice that there is not.
    """

    decimal: str = ""
    timezone: str = ""
    close: str = ""
    volume: str = ""
    ticker: str = ""
    dividends: str = ""
    dates: str = ""
    open: str = ""
    high: str = ""
    low: str = ""
    adjusted: str = ""
    sheet: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """Role -> the name of its column, of those that were chosen."""
        named = {role: str(getattr(self, role)) for role in COLUMNS}
        return {role: name for role, name in named.items() if name}

    def __post_init__(self) -> None:
        """Refuses what is none of the choices."""
        for option, given, known in (
            ("decimal", self.decimal, DECIMAL),
            ("dividends", self.dividends, DIVIDENDS),
            ("dates", self.dates, DATES),
        ):
            if given and given not in known:
                raise FileFaultError(f"--{option} {given}: choose {' or '.join(known)}")
        if self.timezone and zone(self.timezone) is None:
            raise FileFaultError(
                f"--timezone {self.timezone} is not a time zone: name one such as Europe/Berlin or UTC"
            )


def zone(name: str) -> ZoneInfo | None:
    """The time zone of a name; None where there is none.

    >>> zone("Europe/Berlin"), zone("Nowhere")
    (zoneinfo.ZoneInfo(key='Europe/Berlin'), None)
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
