"""The family of data faults: each is one clear line that says what is wrong, where, and what to do.

```
IngestError
├── BadSymbolError           a symbol that is no plain ticker
├── UnknownSymbolError       a symbol nobody registered (nearest names are offered)
├── UnknownCalendarError     a calendar code nobody knows (nearest codes are offered)
├── CalendarRangeError       a day before or after what a calendar covers
├── UnknownSourceError       a source that has no file in the registry (nearest names are offered)
├── RegistryFileError        a file of a registry that cannot be used (its path is named)
├── AssetConflictError       a symbol registered twice with facts that disagree
├── SeriesFaultError         a series of an asset's own that is declared wrongly
├── PanelFaultError          a table that breaks the rules of the panel
├── FileFaultError           a file that cannot be imported
│   ├── MissingFileError     it is not there, is a folder, or may not be read
│   ├── NotTextError         it is no text (a spreadsheet, an archive, a picture)
│   ├── EmptyFileError       it holds no usable row
│   ├── MissingColumnError   it has no date or no close column
│   ├── BadDateError         a date that cannot be read, or that can be read in two ways
│   ├── BadValueError        a number that is no number, or that is impossible
│   └── DuplicateSessionError  one session twice, with different values
├── FrameFaultError          a frame or series in memory that cannot be read
├── AsOfError                an as-of before the data, after the data, or that is no date
│   └── NotASessionError     a day on which the market of the asset does not trade
├── TooFewRowsError          fewer complete windows than are needed
├── ConstantSeriesError      a price that never moves
├── StoreError               the database cannot be read or written
│   └── ReadOnlyError        it may be read, and may not be written
├── ProviderError            a provider of data did not give what was asked
│   ├── RateLimitedError     it asks to wait (it says how long, where the provider does)
│   ├── TimedOutError        it did not answer in time
│   ├── ProviderDownError    it cannot be reached, breaks off, or reports a fault of its own
│   ├── NoDataError          it answers, and has nothing for what was asked
│   ├── BadPayloadError      its answer is not in the format that it should be in
│   ├── TooLargeError        its answer is larger than any true one
│   ├── RedirectRefusedError   it sends us to another host
│   ├── AccessRefusedError   it does not let this user in
│   └── CredentialError      a token or contact that it needs is missing or malformed
└── IncompleteWindowError    the window of one origin has a gap
```
"""

from collections.abc import Iterable
from difflib import get_close_matches


class IngestError(Exception):
    """Root of every fault that this package raises on purpose; `str(error)` is one line."""


class BadSymbolError(IngestError):
    """A symbol that is no plain ticker."""


class UnknownSymbolError(IngestError):
    """A symbol that is not registered."""


class UnknownCalendarError(IngestError):
    """A calendar code that is not known, or that the installed library cannot build."""


class CalendarRangeError(IngestError):
    """A day outside the years that a calendar covers."""


class UnknownSourceError(IngestError):
    """A source without a file in `ingest/sources`."""


class RegistryFileError(IngestError):
    """A file of a registry that cannot be used."""


class AssetConflictError(IngestError):
    """An asset registered again with facts that contradict the first registration."""


class SeriesFaultError(IngestError):
    """A series of an asset's own that is declared wrongly."""


class PanelFaultError(IngestError):
    """A table that breaks the rules of the panel."""


class FileFaultError(IngestError):
    """A file that cannot be imported; the subclasses say why."""


class MissingFileError(FileFaultError):
    """A file that is not there, is a folder, or may not be read."""


class NotTextError(FileFaultError):
    """A file that is no text."""


class EmptyFileError(FileFaultError):
    """A file without a usable row."""


class MissingColumnError(FileFaultError):
    """A file without a date or a close column."""


class BadDateError(FileFaultError):
    """A date that cannot be read, or that can be read in two ways."""


class BadValueError(FileFaultError):
    """A number that is no number, or that is impossible."""


class DuplicateSessionError(FileFaultError):
    """One session twice, with different values."""


class FrameFaultError(IngestError):
    """A frame or series in memory that cannot be read: the column, the row, and what to do."""


class AsOfError(IngestError):
    """An as-of before the data, after the data, or that is no date."""


class NotASessionError(AsOfError):
    """A day on which the market of the asset does not trade."""


class TooFewRowsError(IngestError):
    """Fewer complete windows than are needed."""


class ConstantSeriesError(IngestError):
    """A price that never moves."""


class IncompleteWindowError(IngestError):
    """The window of one origin has a gap."""


class ProviderError(IngestError):
    """A provider of data did not give what was asked; nothing was stored."""


class RateLimitedError(ProviderError):
    """The provider asks to wait.

    Attributes:
        retry_after: Seconds that the provider asks for; None where it does not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        """One plain line, and how long to wait."""
        super().__init__(message)
        self.retry_after = retry_after


class TimedOutError(ProviderError):
    """The provider did not answer, or not to the end, in time."""


class ProviderDownError(ProviderError):
    """The provider cannot be reached, breaks off in the middle, or reports a fault of its own."""


class NoDataError(ProviderError):
    """The provider answers, and has nothing for what was asked."""


class BadPayloadError(ProviderError):
    """An answer that is not in the provider's format."""


class TooLargeError(ProviderError):
    """An answer larger than any true one."""


class RedirectRefusedError(ProviderError):
    """The provider sends us to another host."""


class AccessRefusedError(ProviderError):
    """The provider does not let this user in, or not to this."""


class CredentialError(ProviderError):
    """A token or contact that the provider needs is missing or malformed; its value is never shown."""


class StoreError(IngestError):
    """The database cannot be read or written; nothing already stored was changed."""


class ReadOnlyError(StoreError):
    """The database may not be written; nothing already stored was changed."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that offers the known names nearest to a wrong one.

    >>> nearest("XNYZ", ["XNYS", "XLON", "24/7"])
    'nearest: XNYS'
    >>> nearest("zzz", ["b", "a"])
    'known: a, b'
    >>> nearest("zzz", [])
    'none is known yet'
    """
    names = sorted(set(known))
    folded = {other.casefold(): other for other in names}
    close = get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    if close:
        return "nearest: " + ", ".join(folded[other] for other in close)
    if not names:
        return "none is known yet"
    shown = ", ".join(names[:12])
    return f"known: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")  # noqa: PLR2004  # a line's worth


def quoted(text: str, most: int = 60) -> str:
    """What is written in a file, in quotes and cut where it is long, for a message.

    >>> quoted("13,465"), quoted("1" * 100, most=8)
    ("'13,465'", "'11111111…'")
    """
    return repr(text if len(text) <= most else f"{text[:most]}…")
