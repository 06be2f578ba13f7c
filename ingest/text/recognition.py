"""What is no file of daily prices, by the look of its text or by how its rows stand apart: refused by its name."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

from ingest.errors import FileFaultError
from ingest.text.stamps import Stamp

_HEAD = 4000
"""Signs of a file's beginning that are looked at."""
_JSON = re.compile(r"[\[{]\s*(?:[\[{\"\]}]|-?\d)")
_MARKUP = re.compile(r"<(?:!doctype|!--|html|head|body|\?xml|error|script|table)\b", re.IGNORECASE)
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$", re.MULTILINE)
_COMPLAINT = re.compile(
    r"\b(?:rate limit|too many requests|exceeded|api key|apikey|unauthorized|forbidden|access denied|not found|"
    r"error|no data|limit|api|premium|subscri\w+|please (?:subscribe|upgrade|log in))\b",
    re.IGNORECASE,
)
_RETURNS = re.compile(r"\breturns?\b|\bpercent(?:age)?\b", re.IGNORECASE)
_A_FEW = 4
"""Rows from which a spacing can be told."""
_HALF = 0.5
_SPACINGS = ((5.5, 10.0, "weekly"), (26.0, 35.0, "monthly"), (80.0, 100.0, "quarterly"), (350.0, 380.0, "yearly"))
"""Days between rows, from and to, in the median."""
_WIDEST = 4.5
"""Days between the rows of a market that is open every day but weekends and holidays, in the median."""


def refuse_answers(path: Path, text: str) -> None:
    """Refuses JSON, markup, a table in Markdown and a provider's complaint.

    Raises:
        FileFaultError: Says what the file is.
    """
    head = text[:_HEAD].lstrip("\ufeff \t\r\n")
    lines = [line for line in head.splitlines() if line.strip()]
    shown = " ".join(head.split())[:80]
    if _JSON.match(head):
        raise FileFaultError(f"{path} holds JSON, the answer or the error of a provider, not prices in CSV: {shown!r}")
    if _MARKUP.match(head) and "<table" in text.casefold():
        raise FileFaultError(
            f"{path} is a web page with a table, which some sites call a workbook: open it in a spreadsheet and save "
            "it as .xlsx or CSV"
        )
    if _MARKUP.match(head):
        raise FileFaultError(f"{path} holds a page or an error answer, not prices: {shown!r}: save it as CSV")
    if any(_RULE.match(line) for line in lines[:3]):
        raise FileFaultError(f"{path} is a table in Markdown: save its columns as CSV, with commas between them")
    if len(lines) <= _A_FEW and _COMPLAINT.search(head) and not re.search(r"\d{4}[-/.]\d", head):
        raise FileFaultError(f"{path} holds an error answer of a provider, not prices: {shown!r}: download it again")


def refuse_returns(path: Path, text: str) -> None:
    """Refuses a file, of which nothing else is understood, that says that it holds returns.

    Raises:
        FileFaultError: It does.
    """
    if _RETURNS.search(text[:_HEAD]):
        raise FileFaultError(
            f"{path} holds returns or percentages, not prices: import the prices that they were computed from"
        )


def refuse_other_spacing(path: Path | str, stamps: Sequence[Stamp]) -> None:
    """Refuses rows that are not a day apart: hourly, weekly, monthly and the like.

    Raises:
        FileFaultError: Says how they stand apart.
    """
    clocks: dict[date, set[object]] = {}
    for stamp in stamps:
        clocks.setdefault(stamp.day, set()).add(stamp.clock)
    several = sum(len(told) > 1 for told in clocks.values())
    if several > _HALF * len(clocks):
        most = max(len(told) for told in clocks.values())
        raise FileFaultError(
            f"{path} has hourly rows, or others within the day ({most} on one): import one row per day instead"
        )
    days = sorted(clocks)
    if len(days) < _A_FEW:
        return
    gap = median((after - before).days for before, after in pairwise(days))
    if gap < _WIDEST:
        return
    name = next((word for low, high, word in _SPACINGS if low <= gap <= high), "")
    raise FileFaultError(
        f"{path} has {name or f'{gap:g}-day'} rows, {gap:g} days apart: this program forecasts from daily "
        "rows: import those"
    )
