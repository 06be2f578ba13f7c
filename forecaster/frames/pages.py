"""A small table as HTML for a notebook: a caption, headers with their scope, everything escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


def as_html(table: pd.DataFrame, caption: str, notes: Iterable[str] = ()) -> str:
    """A table with its index as row headers, and notes below it.

    Args:
        table: Texts, as they are shown; its index names the rows.
        caption: What it is.
        notes: Sentences below it.
    """
    names = "".join(
        f'<th scope="col">{escape(str(name))}</th>'
        for name in ("" if table.index.name is None else table.index.name, *table.columns)
    )
    rows = ""
    for label, cells in zip(table.index, table.itertuples(index=False, name=None), strict=True):
        told = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
        rows += f'<tr><th scope="row">{escape(str(label))}</th>{told}</tr>'
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    head = f"<caption>{escape(caption)}</caption><thead><tr>{names}</tr></thead>"
    return f"<table>{head}<tbody>{rows}</tbody></table>{below}"
