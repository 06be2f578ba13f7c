"""Tests of calibration as rows of two tables: of the whole distribution, and of its left tail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.blocks import Cell, Column
from reports.numerals import number, probability, share, span

if TYPE_CHECKING:
    from reports.contents import BacktestAsset

_COVERED = ("50", "80", "90", "95", "99")
_RATES = {"95": "5 %", "99": "1 %"}
WIDTHS = (
    Column("Model", "", "left", 2.6),
    Column("Uniform", "KS, p", share=1.3),
    Column("Autocorr.", "of PIT, p", share=1.4),
    Column("Autocorr.", "of square, p", share=1.5),
    Column("Normal", "Berkowitz, p", share=1.6),
    *(Column(f"In {level} %", "of days", share=1.9) for level in _COVERED),
)
WIDTHS_CAPTION = (
    "p-values of tests of the PIT: uniform (Kolmogorov-Smirnov), not autocorrelated (Ljung-Box over five days, of "
    "normal scores and of squares), normal scores standard normal (Berkowitz); then the share of days inside each "
    "central interval, with the exact 95 % band of a calibrated model below. * p below 5 %; ** below 5 % after "
    "correction for all tests in both tables, which is what the verdicts are based on."
)
TAIL = (
    Column("Model", "", "left", 2.6),
    *(
        column
        for rate in _RATES.values()
        for column in (
            Column(f"Below {rate}", "of days", share=1.9),
            Column("Number", "p", share=1.4),
            Column("Order", "p", share=1.6),
            Column("Both", "p", share=1.7),
        )
    ),
    Column("Traffic light", "last 250 days", share=1.7),
)
TAIL_CAPTION = (
    "Breaches of the 5 and 1 % quantiles (95 and 99 % value at risk): their share of days with its 95 % band, and "
    "exact p-values for their number (Kupiec), for independence of the day before, and for both together "
    "(Christoffersen). The Basel traffic light counts breaches of the 1 % quantile: yellow from 5, red from 10. * and "
    "** as above."
)


def widths(asset: BacktestAsset, model: str, colour: str) -> tuple[Cell, ...]:
    """A model's cells in `WIDTHS`."""
    own = _of(asset, model)
    plain = (_p(own, test) for test in ("kolmogorov_smirnov", "ljung_box", "ljung_box_squares", "berkowitz"))
    return (Cell(model, colour=colour), *plain, *(_part(own, f"coverage_{level}") for level in _COVERED))


def tail(asset: BacktestAsset, model: str, colour: str) -> tuple[Cell, ...]:
    """A model's cells in `TAIL`."""
    own = _of(asset, model)
    cells = [Cell(model, colour=colour)]
    for level in _RATES:
        cells += [_part(own, f"kupiec_{level}", starred=False), _p(own, f"kupiec_{level}")]
        cells += [_p(own, f"independence_{level}"), _p(own, f"conditional_coverage_{level}")]
    row = asset.calibrated[asset.calibrated["model"] == model].to_dict("records")[0]
    light = f"{row['light']}, " if row["light"] else ""
    return (*cells, Cell(f"{light}{number(row['breaches'], 0)}"))


def _of(asset: BacktestAsset, model: str) -> dict[str, dict[Any, Any]]:
    own = asset.tests[asset.tests["model"] == model]
    return {row["test"]: row for row in own.to_dict("records")}


def _p(own: dict[str, dict[Any, Any]], test: str) -> Cell:
    return Cell(probability(own[test]["p"]) + "*" * own[test]["stars"])


def _part(own: dict[str, dict[Any, Any]], test: str, *, starred: bool = True) -> Cell:
    row = own[test]
    return Cell(
        share(row["observed"]) + "*" * (row["stars"] if starred else 0),
        span(share(row["low"]), share(row["high"])),
    )
