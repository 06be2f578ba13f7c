"""How many forecasts of each model were unreliable or had another's distribution in their stead, in words.

They are scored as they stand: whoever would have used the forecaster would have had them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forecaster.contract import INSTEAD
from forecaster.evaluation.references import in_order

if TYPE_CHECKING:
    import pandas as pd

_STOOD_IN = re.compile(rf"(\w+){re.escape(INSTEAD)}")


def today(rows: pd.DataFrame) -> str:
    """One sentence on the forecasts of a day; empty where all are as they should be.

    Args:
        rows: `symbol, model, status, reason`, a row a forecast.
    """
    wrong = rows[rows["status"] == "unreliable"]
    if wrong.empty:
        return ""
    named = ", ".join(
        f"{symbol} {model}" + (f" ({found[1]} in its stead)" if (found := _STOOD_IN.search(reason)) else "")
        for symbol, model, reason in zip(wrong["symbol"], wrong["model"], wrong["reason"].fillna(""), strict=True)
    )
    are = "is" if len(wrong) == 1 else "are"
    return f"{len(wrong)} of {len(rows)} forecasts {are} unreliable, and will be scored as they are: {named}."


def unreliable(rows: pd.DataFrame) -> tuple[str, ...]:
    """A sentence for each model that has such forecasts.

    Args:
        rows: `model, status, reason`, a row a forecast.
    """
    said = []
    for name in in_order(dict.fromkeys(rows["model"])):
        own = rows[rows["model"] == name]
        wrong = own.loc[own["status"] == "unreliable", "reason"].fillna("").astype(str)
        if wrong.empty:
            continue
        stood = Counter(found[1] for reason in wrong if (found := _STOOD_IN.search(reason)))
        instead = "".join(f", {count} of them {other} in its stead" for other, count in stood.items())
        were = "was" if len(wrong) == 1 else "were"
        said.append(f"{name}: {len(wrong)} of {len(own)} forecasts {were} unreliable{instead}; scored as they are.")
    return tuple(said)
