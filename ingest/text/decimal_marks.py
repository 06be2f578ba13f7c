"""What points and commas mean in a column: one of them is decimal, the other groups thousands.

`13,465` may be either number. So no number is read alone: those of a kind, the prices say, share one mark, and it is
told by their values; where none of them tells, by the file's other numbers, of columns with a role before those of
others, such as a change in percent, then by dates as Americans write them.
Between commas a program writes points and groups nothing: numbers such as `1234567` beside them say so, unless whole
numbers of up to three digits stand among them, as `998` before `1.001`. Where nothing tells, the file is refused until
the user says it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ingest.errors import BadValueError
from ingest.text.numbers import Taken

PRICES = ("open", "high", "low", "close", "adjusted")
_GROUP = 3
COUNTS = ("tweets",)
"""Roles of whole numbers: where one mark stands before three digits throughout, it groups."""
Column = Sequence[Taken | None]


class _Evidence(NamedTuple):
    """How often each mark is decimal for sure, the marks that may be either, and whether numbers stand without one."""

    decimal: Counter[str]
    grouping: frozenset[str]
    either: Counter[str]
    whole: bool = False

    @property
    def mark(self) -> str | None:
        """The mark that is decimal in most numbers that tell; None where none tells, or as many say the other."""
        ranked = self.decimal.most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return None
        return ranked[0][0]


def decimal_commas(
    columns: Mapping[str, Column],
    chosen: str,
    place: Callable[[str, int], str],
    *,
    american: bool = False,
    commas_separate: bool = False,
    beside: Sequence[Column] = (),
) -> dict[str, bool]:
    """Whether the comma is decimal, of each role.

    Args:
        columns: Role -> its cells taken apart.
        chosen: `comma` or `point` as the user says, else nothing.
        place: Where a row of a role stands, with what is written there, for messages.
        american: The file's dates are written as Americans do, month first.
        commas_separate: The file's fields stand between commas.
        beside: The cells of columns of numbers that have no role.

    Raises:
        BadValueError: Nothing tells.
    """
    kinds = {role: "prices" if role in PRICES else role for role in columns}
    evidence = {kind: _evidence(columns[r] for r in columns if kinds[r] == kind) for kind in set(kinds.values())}
    found = {}
    further = _joined([_evidence(beside)])
    written = commas_separate and any(_is_ungrouped(cell) for column in columns.values() for cell in column)
    for role, column in columns.items():
        own = evidence[kinds[role]]
        others = _joined(e for kind, e in evidence.items() if kind != kinds[role])
        others = others if others.decimal else _joined([others, further])
        pointed = american or (written and set(own.either) == {"."} and not own.whole and not others.grouping)
        mark = _mark(role, own, others, chosen, pointed=pointed)
        doubtful = (
            None
            if chosen
            else next((row for row, cell in enumerate(column) if _doubtful(role, cell, mark, own, others)), None)
        )
        if doubtful is not None:
            raise BadValueError(
                f"{place(role, doubtful)}: nothing in the file says whether the mark is decimal or groups thousands: "
                "say --decimal comma or --decimal point"
            )
        found[role] = mark == ","
    return found


def _evidence(columns: Iterable[Column]) -> _Evidence:
    cells = [cell for column in columns for cell in column if cell is not None]
    decimal = Counter(cell.decimal for cell in cells if cell.decimal)
    either = Counter(cell.either for cell in cells if cell.either)
    grouping = {sign for cell in cells if cell.decimal for sign in ".," if sign in cell.digits and sign != cell.decimal}
    whole = any(
        len(cell.digits.strip("0")) > 0 and cell.digits.isdigit() and len(cell.digits) <= _GROUP for cell in cells
    )
    return _Evidence(decimal, frozenset(grouping), either, whole)


def _joined(several: Iterable[_Evidence]) -> _Evidence:
    decimal: Counter[str] = Counter()
    grouping: set[str] = set()
    for evidence in several:
        decimal.update(evidence.decimal)
        grouping |= evidence.grouping
    return _Evidence(decimal, frozenset(grouping), Counter())


def _mark(role: str, own: _Evidence, others: _Evidence, chosen: str, *, pointed: bool) -> str | None:
    """The decimal mark of a role; None where nothing tells."""
    named = {"comma": ",", "point": "."}.get(chosen)
    if named and role in PRICES:
        return named
    if own.mark:
        return own.mark
    if role in COUNTS and len(own.either) == 1:
        return "." if "," in own.either else ","
    if named:
        return named
    if len(others.decimal) == 1:
        return others.mark
    return "." if pointed else None


def _is_ungrouped(cell: Taken | None) -> bool:
    """Whether this is a whole number of more than three digits, without a sign between thousands."""
    return cell is not None and cell.digits.isdigit() and len(cell.digits) > _GROUP


def _doubtful(role: str, cell: Taken | None, mark: str | None, own: _Evidence, others: _Evidence) -> bool:
    """Whether a number such as `13,465` cannot be told, or stands alone among numbers with another decimal mark."""
    if cell is None or cell.either is None:
        return False
    if mark is None:
        return True
    lone = bool(own.decimal) and cell.either != mark and role not in COUNTS
    return lone and cell.either not in own.grouping | others.grouping
