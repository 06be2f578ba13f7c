"""How many forecasts of each model were unreliable or had another's distribution in their stead, in words.

They are scored as they stand: whoever would have used the forecaster would have had them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forecaster.evaluation.verdicts import in_order

if TYPE_CHECKING:
    import pandas as pd

INSTEAD = "'s distribution is used instead"
"""Follows the name of the model that stands in, at the end of the reason of a fit that failed."""

_STOOD_IN = re.compile(rf"(\w+){re.escape(INSTEAD)}")


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
