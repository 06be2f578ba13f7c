"""Findings about the record: each fault is planted, found and explained, and a clean record stays silent."""

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from ingest.checks import COLUMNS, as_table
from ingest.panel import COLUMNS as PANEL
from ingest.record_checks import record_findings
from ingest.sessions import calendar
from ingest.store import Store
from tests.ingest.conftest import COIN

MakePanel = Callable[..., pd.DataFrame]
DAYS = calendar("24/7")
LAST = pd.Timestamp("2024-02-29")
NOBODY = pd.DataFrame(columns=[*PANEL, "reason"])


@pytest.fixture
def record(store: Store, make_panel: MakePanel) -> Callable[..., pd.DataFrame]:
    """A function that stores sixty rows, then a second import of them, and gives every vintage."""

    def stored(second: pd.DataFrame | None = None) -> pd.DataFrame:
        store.append(COIN, make_panel(60), datetime(2024, 3, 2, tzinfo=UTC))
        if second is not None:
            store.append(COIN, second, datetime(2024, 4, 5, tzinfo=UTC))
        return store.history("COIN").frame

    return stored


def only(found: pd.DataFrame, check: str) -> pd.Series:
    assert found["check"].tolist() == [check], found
    return found.iloc[0]


def test_a_clean_record_has_nothing_to_say(record: Callable[..., pd.DataFrame]) -> None:
    vintages = record()
    found = as_table(record_findings(vintages, NOBODY, DAYS, LAST + pd.Timedelta(days=3)))
    assert found.empty
    assert tuple(found.columns) == COLUMNS
    assert as_table(record_findings(vintages.iloc[:0], NOBODY, DAYS, LAST)).empty


def test_a_revision_is_counted_and_its_largest_change_named(
    record: Callable[..., pd.DataFrame], make_panel: MakePanel
) -> None:
    second = make_panel(60)
    second.loc[[4, 9], "close"] *= [1.001, 0.99]
    second.loc[20, "volume"] *= 2
    found = only(as_table(record_findings(record(second), NOBODY, DAYS, LAST)), "revision")
    assert (found["count"], found["first"], found["last"]) == (
        3,
        pd.Timestamp("2024-01-05"),
        pd.Timestamp("2024-01-21"),
    )
    assert "2 of them in the close, the largest -1.00% on 2024-01-10" in found["detail"]
    assert "last time on 2024-04-05" in found["detail"]


def test_a_revision_of_other_values_alone(record: Callable[..., pd.DataFrame], make_panel: MakePanel) -> None:
    second = make_panel(60)
    second.loc[20, "volume"] *= 2
    found = only(as_table(record_findings(record(second), NOBODY, DAYS, LAST)), "revision")
    assert "the close in none of them" in found["detail"]


def test_sources_that_disagree_are_named(record: Callable[..., pd.DataFrame], make_panel: MakePanel) -> None:
    second = make_panel(60).assign(source="other")
    second.loc[[4, 9, 12], "close"] *= [1.001, 0.99, 1.03]
    found = as_table(record_findings(record(second), NOBODY, DAYS, LAST)).set_index("check")
    assert found["count"].to_dict() == {"revision": 3, "sources disagree": 2}
    detail = found.loc["sources disagree", "detail"]
    assert "other and test are more than 0.5% apart; the largest 3.00% on 2024-01-13" in detail


def test_an_asset_that_is_behind(record: Callable[..., pd.DataFrame]) -> None:
    found = only(as_table(record_findings(record(), NOBODY, DAYS, LAST + pd.Timedelta(days=4))), "behind")
    assert (found["count"], found["first"], found["last"]) == (
        4,
        pd.Timestamp("2024-03-01"),
        pd.Timestamp("2024-03-04"),
    )
    assert "2024-02-29" in found["detail"]


def test_rows_held_back_are_counted_by_reason(record: Callable[..., pd.DataFrame], make_panel: MakePanel) -> None:
    held = make_panel(60).iloc[[2, 5, 9]].assign(reason=["bad tick", "bad tick", "stale"])
    found = as_table(record_findings(record(), held, DAYS, LAST))
    assert found["check"].tolist() == ["quarantined", "quarantined"]
    assert found["count"].tolist() == [2, 1]
    assert found["detail"].tolist() == ["held back: bad tick", "held back: stale"]


def test_the_vintages_known_at_a_close_hold_nothing_later(store: Store, make_panel: MakePanel) -> None:
    first, second = make_panel(60), make_panel(60)
    store.append(COIN, first.iloc[:40], datetime(2024, 2, 12, tzinfo=UTC))
    before = store.history("COIN").vintages_known("2024-02-05")
    second.loc[4, ["open", "high", "low", "close"]] *= 1.1
    store.append(COIN, second, datetime(2024, 2, 20, tzinfo=UTC))
    history = store.history("COIN")
    pd.testing.assert_frame_equal(history.vintages_known("2024-02-05"), before)
    assert len(history.vintages_known("2024-02-18")) == len(history.read("2024-02-18")) == 49
    later = history.vintages_known("2024-02-19")
    assert later["session"].duplicated().sum() == 1
    assert tuple(later.columns) == PANEL
