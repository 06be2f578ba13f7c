"""What `forecast` gives back: the forecasts of one session, as a table, as distributions and as a drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.distribution.predictive import Predictive
from forecaster.errors import ForecasterError, UnknownNameError
from forecaster.frames.pages import as_html
from reports.numerals import day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecaster.issuing.forecast import Forecast

_TAIL = 0.95
"""The level of the table's value at risk and expected shortfall."""


class Predictives(dict[str, Predictive]):
    """Model to distribution, of the models that gave one."""

    def __init__(self, forecasts: tuple[Forecast, ...]) -> None:
        """Keeps why the others gave none."""
        super().__init__({one.model: one.predictive for one in forecasts if one.predictive is not None})
        self._withheld = {one.model: one.reason for one in forecasts if one.predictive is None}

    def __missing__(self, model: str) -> Predictive:
        """Says why there is none.

        Raises:
            ForecasterError: The model was asked and withheld its forecast.
            UnknownNameError: It was not asked.
        """
        if model in self._withheld:
            raise ForecasterError(f"{model} gave no forecast: {self._withheld[model]}")
        raise UnknownNameError("model of this forecast", model, [*self, *self._withheld])


@dataclass(frozen=True, eq=False, repr=False)
class Forecasts:
    """The forecasts of one session of one asset, a model each.

    Changes are simple changes of the price, fractions: 0.01 is a rise by one per cent.

    Attributes:
        forecasts: Each as the record of a home would keep it.
        notes: What was left out of the data, in sentences.
    """

    forecasts: tuple[Forecast, ...]
    notes: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """The asset."""
        return self.forecasts[0].symbol

    @property
    def as_of(self) -> pd.Timestamp:
        """The last session whose rows were used."""
        return self.forecasts[0].as_of

    @property
    def target(self) -> pd.Timestamp:
        """The session that is forecast: the change is from the close of `as_of` to its close."""
        return self.forecasts[0].target

    @property
    def close(self) -> float:
        """The price at the close of `as_of`."""
        inputs = self.forecasts[0].diagnostics.inputs
        return inputs.close if inputs else math.nan

    @cached_property
    def predictive(self) -> Predictives:
        """Model to its distribution, with `quantile, cdf, sample, value_at_risk, expected_shortfall, mean, sd`.

        Losses are positive: `value_at_risk(0.95)` of 0.02 is a fall by 2 per cent that is exceeded with probability
        0.05, and `expected_shortfall(0.95)` is the mean fall on such days.
        """
        return Predictives(self.forecasts)

    def table(self) -> pd.DataFrame:
        """A row a model; changes are fractions, `var95` and `es95` losses, NaN where a model gave no forecast."""
        rows = []
        for one in self.forecasts:
            known = one.predictive
            tail = {
                "var95": known.value_at_risk(_TAIL) if known else None,
                "es95": known.expected_shortfall(_TAIL) if known else None,
            }
            rows.append({"model": one.model, "status": one.status, **one.summary(), **tail, "reason": one.reason})
        table = pd.DataFrame(rows).set_index("model")
        figures = [name for name in table if name not in {"status", "reason"}]
        return table.astype(dict.fromkeys(figures, float))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The densities of the change, a curve a model.

        Args:
            ax: Where to draw; new axes where None.

        Returns:
            The axes.

        Raises:
            ForecasterError: Where no model gave a forecast.
        """
        from forecaster.frames.drawing import densities  # noqa: PLC0415  # it brings matplotlib

        if not self.predictive:
            raise ForecasterError(f"{self.symbol}: no model gave a forecast: see the column reason of .table()")
        title = f"{self.symbol}: change by the close of {day(self.target)}"
        return densities(self.predictive, title, ax)

    def __repr__(self) -> str:
        """The table of a notebook as text, for a console and for `print`."""
        shown, caption, notes = self._shown()
        return "\n".join((caption, shown.to_string(), *notes))

    def _repr_html_(self) -> str:
        """A small table for a notebook."""
        return as_html(*self._shown())

    def _shown(self) -> tuple[pd.DataFrame, str, tuple[str, ...]]:
        table = self.table()
        shown = pd.DataFrame(
            {
                "status": table["status"],
                "P(up)": [_percent(value, 0) for value in table["prob_up"]],
                "median": [_percent(value, 2, "+") for value in table["q50"]],
                "5 %": [_percent(value, 2, "+") for value in table["q05"]],
                "95 %": [_percent(value, 2, "+") for value in table["q95"]],
                "VaR 95 %": [_percent(value, 2) for value in table["var95"]],
                "ES 95 %": [_percent(value, 2) for value in table["es95"]],
            }
        )
        caption = f"{self.symbol}: change from {self.as_of:%Y-%m-%d} to {self.target:%Y-%m-%d}"
        reasons = [f"{model}: {reason}" for model, reason in table["reason"].items() if reason]
        return shown, caption, (*self.notes, *reasons)


def _percent(value: float, digits: int, sign: str = "") -> str:
    return "" if pd.isna(value) else f"{100 * value:{sign}.{digits}f} %"
