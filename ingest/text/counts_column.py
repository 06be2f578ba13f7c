"""Which column of a file of counts holds the days, which the counts, and what they count.

The counts are in the one column that may be one: that of tweets before that of views or counts, before the only other
one of numbers; prices, volumes, row numbers and values of an index are none. Where several may be, the user says which.
What is counted is said by the user, or by a name that says it, such as `Tweets` or `Reddit posts`; a word that was
searched for, or an article, does not say what of it is counted: those are "counts a day".
"""

from typing import NamedTuple

from ingest.errors import FileFaultError, MissingColumnError
from ingest.text.columns import ALIASES, find_columns, normal_name, shown
from ingest.text.numbers import taken
from ingest.text.roles import named
from ingest.text.table import TextTable

COUNTS = "counts a day"
BELOW_ONE = "<1"
"""As search engines write a count that they do not tell."""
_KINDS = {
    **dict.fromkeys((*ALIASES["tweets"], "daycount", "hourcount", "minutecount"), "tweets a day"),
    **dict.fromkeys(("views", "view", "pageviews", "pageview", "viewsaday", "pageviewsaday"), "page views a day"),
    **dict.fromkeys(("aufrufe", "seitenaufrufe", "vues", "visualizzazioni", "visualizações"), "page views a day"),
    **dict.fromkeys(("count", "counts", "countsaday", "anzahl"), COUNTS),
}
"""Name of a column, as `normal_name` spells it -> what it counts."""
_NOUNS = frozenset(
    {
        *("tweets", "posts", "comments", "mentions", "messages", "submissions", "threads", "replies", "questions"),
        *("articles", "stories", "headlines", "news", "searches", "queries", "views", "pageviews", "visits"),
        *("visitors", "reads", "edits", "downloads", "stars", "commits", "clicks", "hits", "answers"),
    }
)
"""Last words of names that say what is counted."""
_OTHERS = frozenset(name for role, names in ALIASES.items() if role != "tweets" for name in names)
_NO_COUNTS = frozenset(
    {"ispartial", "unnamed0", "index", "value", "valueclassification", "score", "id", "rank", "timeuntilupdate"}
)
_DAYS = ("tag", "jour", "día", "dia", "giorno", "dzień", "dag", "день", "starttime", "startdate")
_ENDS = ("end", "endtime", "enddate")
_STARTS = frozenset({"start", *_DAYS[-2:]})
_LONGER = {
    **dict.fromkeys(("week", "woche", "semaine", "semana", "settimana", "tydzień", "неделя"), "weekly"),
    **dict.fromkeys(("month", "monat", "mois", "mes", "mese", "mês", "miesiąc", "maand", "месяц"), "monthly"),
}
_A_DAY = (" a day", " per day")
_LONGEST = 56
"""Signs of a name that become part of a kind."""
_KIND = 64
_HALF = 0.5


class Counted(NamedTuple):
    """Positions of the columns of a file of counts, and what they count.

    Attributes:
        days: Of days, or of the starts of buckets.
        ends: Of the ends of buckets; None where there is none.
        partial: Of what says that a day is not over; None where there is none.
        counts: Of the counts.
        kind: What is counted, such as "tweets a day".
        former: What an earlier version of this program called it.
    """

    days: int
    ends: int | None
    partial: int | None
    counts: int
    kind: str
    former: str


def is_dated(cells: tuple[str, ...]) -> bool:
    """Whether these cells name a day, or the start of a bucket, and something beside it."""
    return sum(bool(cell) for cell in cells) > 1 and _days(cells) is not None


def is_of_longer(cells: tuple[str, ...]) -> bool:
    """Whether these cells name a span longer than a day, and something beside it."""
    return len(cells) > 1 and normal_name(cells[0]) in _LONGER


def counted(table: TextTable, column: str = "", kind: str = "") -> Counted:
    """The columns.

    Args:
        table: With a header.
        column: The name of the column of counts as the user says, else nothing.
        kind: What is counted as the user says, else nothing.

    Raises:
        MissingColumnError: No column has the days or the counts, or several may have the counts.
        FileFaultError: Its spans are longer than a day, or the user names what there is not.
    """
    if is_of_longer(table.header):
        raise FileFaultError(
            f"{table.path} has {_LONGER[normal_name(table.header[0])]} counts: download the same for a shorter span, "
            "which has one row per day"
        )
    days = _days(table.header)
    if days is None:
        raise MissingColumnError(
            f"{table.path} has no date column (it has: {shown(table.header)}): name one of them Date"
        )
    names = [normal_name(name) for name in table.header]
    at = named(table, column, "--column") if column else _found(table, days)
    return Counted(
        days,
        next((names.index(end) for end in _ENDS if end in names), None),
        names.index("ispartial") if "ispartial" in names else None,
        at,
        said_kind(kind) if kind else _kind(name_of(table, at)),
        _former(name_of(table, at)),
    )


def name_of(table: TextTable, at: int) -> str:
    """A column's name on one line."""
    return " ".join(table.header[at].split()) or "(no name)"


def said_kind(text: str) -> str:
    """What is counted, in a user's words.

    Raises:
        FileFaultError: It is too long.

    >>> said_kind("Tweets per day"), said_kind("index points")
    ('tweets a day', 'index points a day')
    """
    plain = _without_a_day(" ".join(text.lower().split()))
    if not plain or len(plain) + len(_A_DAY[0]) > _KIND:
        raise FileFaultError(f"--kind {text[:_KIND]!r}: say it in a few words, such as 'tweets a day'")
    return plain + _A_DAY[0]


def _days(header: tuple[str, ...]) -> int | None:
    names = [normal_name(name) for name in header]
    ended = any(end in names for end in _ENDS)
    starts = [at for at, name in enumerate(names) if name in _STARTS] if ended else []
    if len(starts) == 1 and "date" not in names:
        return starts[0]
    found = find_columns(header).get("date")
    return found if found is not None else next((names.index(name) for name in _DAYS if name in names), None)


def _found(table: TextTable, days: int) -> int:
    """Position of the column of counts, by its name and what stands in it."""
    names = [normal_name(name) for name in table.header]
    left_out = {*_OTHERS, *_NO_COUNTS, *_ENDS}
    numbers = [at for at, name in enumerate(names) if name and at != days and is_numeric(table, at)]
    possible = [at for at in numbers if names[at] not in left_out]
    tweets = [at for at in possible if names[at] in ALIASES["tweets"]]
    known = [at for at in possible if names[at] in _KINDS]
    found = tweets or known or possible
    if not found:
        index = next((name_of(table, at) for at in numbers if names[at] in _NO_COUNTS), "")
        choose = f", or say --column {index} and --kind" if index else ", or say --column and its name"
        raise MissingColumnError(
            f"{table.path} has no column of counts (it has: {shown(table.header)}): name it after what it counts, such "
            f"as Tweets{choose}"
        )
    if len(found) > 1:
        several = ", ".join(name_of(table, at) for at in found)[:200]
        raise MissingColumnError(
            f"{table.path} has several columns that may be the counts ({several}): say --column and the name of one"
        )
    return found[0]


def is_numeric(table: TextTable, at: int) -> bool:
    """Whether most cells of a column, gaps aside, are numbers or a count that is not told."""
    read = [_is_number(text) for text in table.column(at)]
    told = [number for number in read if number is not None]
    return sum(told) >= _HALF * len(told)


def _is_number(text: str) -> bool | None:
    """Whether a cell is a number; None for a gap."""
    if text.replace(" ", "") == BELOW_ONE:
        return True
    try:
        return None if taken(text) is None else True
    except ValueError:
        return False


def _kind(name: str) -> str:
    """What a column counts, as its name says.

    >>> [_kind(name) for name in ("Tweets", "Page Views", "Reddit posts", "Posts per day", "ethereum: (Worldwide)")]
    ['tweets a day', 'page views a day', 'reddit posts a day', 'posts a day', 'counts a day']
    """
    plain = _without_a_day(name.lower())
    if known := _KINDS.get(normal_name(name)):
        return known
    return f"{plain} a day" if plain.split()[-1:] and plain.split()[-1] in _NOUNS and len(plain) <= _LONGEST else COUNTS


def _former(name: str) -> str:
    """What earlier versions called the counts of a column.

    >>> _former("Bitcoin")
    'bitcoin a day'
    """
    return f"{_without_a_day(name.lower())[:_LONGEST].strip()} a day"


def _without_a_day(text: str) -> str:
    return text.removesuffix(_A_DAY[0]).removesuffix(_A_DAY[1])
