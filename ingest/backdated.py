"""Values by day that come beside the prices: which of a new import are added to what is stored, and known since when.

A new value, of a day after all stored ones, is dated back to when it was published, so that a history may be used in a
replay, unless forecasts on record could have read it and did not: those days, corrections, and days that were missing,
are known from their arrival. A value whose publication is still to come is refused; one that is the same again adds
nothing.
"""

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.assets import Asset
from ingest.vintages import Appended, last_of_each, stamp


def added(  # a history, an import, and what dates it
    asset: Asset,
    stored: pd.DataFrame,
    values: pd.Series,
    published: pd.DatetimeIndex,
    read_without: npt.NDArray[np.bool_],
    now: datetime,
    slack: float = 0.0,
) -> tuple[pd.DataFrame, Appended]:
    """What new values add.

    Args:
        asset: Whose they are, for messages.
        stored: Every vintage so far, columns `day`, `value` and `known_at`, by day, then known_at.
        values: The import, by day `(days,)`, none missing.
        published: When each became known, as long as nothing says otherwise `(days,)`.
        read_without: Whether a forecast on record could have read it and did not `(days,)`.
        now: The instant of the import, with a time zone.
        slack: Relative: a value that is this near to the stored one is the same.

    Returns:
        The rows to store, columns `day`, `value` and `known_at`, and the counts of what they are.

    Raises:
        StoreError: The clock says an instant before what is stored became known.
    """
    finished = np.asarray(published <= pd.Timestamp(now))
    unfinished, values, without = int((~finished).sum()), values[finished], read_without[finished]
    known_at = pd.Series(published[finished].as_unit("us"), index=values.index)
    latest = stored.iloc[last_of_each(stored["day"].to_numpy())].set_index("day")["value"]
    is_stored = values.index.isin(latest.index)
    before = latest.reindex(values.index).to_numpy()
    same = np.abs(values.to_numpy() - before) <= slack * np.abs(before)  # never where nothing is stored: NaN
    is_new = ~is_stored & (values.index > (latest.index.max() if len(latest) else pd.Timestamp.min))
    restated = ~same & (~is_new | without)
    if restated.any():
        known_at = known_at.mask(restated, stamp(asset, now, stored))
    rows = pd.DataFrame({"day": values.index, "value": values.to_numpy(), "known_at": known_at.to_numpy()})
    told = Appended(
        new=int((is_new & ~restated).sum()),
        corrected=int((is_stored & ~same).sum()),
        late=int((restated & ~is_stored).sum()),
        unchanged=int(same.sum()),
        unfinished=unfinished,
    )
    return rows.loc[~same].reset_index(drop=True), told
