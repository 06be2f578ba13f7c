"""The scoreboard as rows of a table, for the asset pages and for the front of a backtest alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Cell, Column
from reports.numerals import number, percent, places_for, share
from reports.origins import in_order
from reports.palette import rows_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from reports.palette import Looks

COLUMNS = (
    Column("Model", "", "left", 3.1),
    Column("Days", "", share=1.0),
    Column("CRPS", "%", share=1.5),
    Column("Skill", "vs climatology", share=1.9),
    Column("Skill", "vs baseline", share=1.7),
    Column("Log score", "nats", share=1.5),
    Column("MAE", "%", share=1.4),
    Column("MSE", "%\u00b2", share=1.5),
    Column("In 50 %", "of days", share=1.5),
    Column("In 90 %", "of days", share=1.5),
)
"""What each cell of a row shows."""

CAPTION = (
    "CRPS, log score, MAE and MSE: lower is better. Skill: how much lower the CRPS is than the reference\u2019s; "
    "higher is better, negative is worse than the reference. A calibrated model shows about 50 % and 90 % in the last "
    "two columns."
)


def by_origin(
    board: pd.DataFrame, looks: Looks, models: Iterable[str]
) -> Iterator[tuple[str, tuple[tuple[Cell, ...], ...]]]:
    """The rows of a scoreboard (as `AssetPage.scoreboard`), apart by origin, the strongest evidence first."""
    if board.empty:
        return
    order = list(models)
    crps_places = places_for(100 * board["crps"], digits=4, least=3)
    mae_places = places_for(100 * board["mae"], digits=4, least=3)
    mse_places = places_for(1e4 * board["mse"], digits=3, least=3)
    for origin in in_order(board["origin"]):
        part = board[board["origin"] == origin]
        rows = tuple(
            (
                Cell(row["model"], colour=looks[row["model"]].colour),
                Cell(number(row["days"], 0)),
                Cell(number(100 * row["crps"], crps_places)),
                Cell(percent(row["skill_climatology"], 1)),
                Cell(percent(row["skill_baseline"], 1)),
                Cell(number(row["log_score"], 3)),
                Cell(number(100 * row["mae"], mae_places)),
                Cell(number(1e4 * row["mse"], mse_places)),
                Cell(share(row["in50"])),
                Cell(share(row["in90"])),
            )
            for row in rows_in_order(part, order)
        )
        yield origin, rows
