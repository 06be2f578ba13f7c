"""Timetables kept on disk: the same sessions as the library's, and never believed where anything has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from ingest import timetables
from ingest.errors import UnknownCalendarError
from ingest.timetables import Timetable, timetable

if TYPE_CHECKING:
    from collections.abc import Callable

MONTH = (2026, 1)
ASKED = """
import json, sys
from ingest.sessions import calendar
days = calendar("XNYS")
told = [str(days.first), str(days.close("2018-07-03")), [str(day) for day in days.sessions("2018-01-12", "2018-01-17")]]
print(json.dumps([told, "exchange_calendars" in sys.modules]))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    timetable.cache_clear()
    yield tmp_path / "cache" / "forecaster" / "calendars"
    timetable.cache_clear()


def again(code: str = "XNYS", month: tuple[int, int] = MONTH) -> Timetable:
    """As a new process would have it."""
    timetable.cache_clear()
    return timetable(code, month)


def same(one: Timetable, other: Timetable) -> bool:
    return all(
        a.dtype == b.dtype == np.dtype("datetime64[us]") and np.array_equal(a, b)
        for a, b in zip(one, other, strict=True)
    )


def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that are built from now on."""
    built: list[str] = []
    build = timetables.build

    def counted(code: str, end: pd.Timestamp) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
        built.append(code)
        return build(code, end)

    monkeypatch.setattr(timetables, "build", counted)
    return built


@pytest.mark.parametrize("code", ["XNYS", "24/7", "24/5", "XHKG", "XTKS"])
def test_what_is_kept_is_what_the_library_says(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Timetable(*timetables.build(code, pd.Timestamp("2027-01-28"))[:3])
    built = builds(monkeypatch)
    first, second = again(code), again(code)
    assert built == [code], "the second time it is read"
    assert same(told, first)
    assert same(told, second)
    assert not second.sessions.flags.writeable
    assert not second.closes.flags.writeable


def test_a_second_process_answers_alike_without_the_library(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    asked = [
        json.loads(
            subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, check=True).stdout
        )
        for _ in range(2)
    ]
    assert [imported for _, imported in asked] == [True, False]
    assert asked[0][0] == asked[1][0]


def changed_library(patch: pytest.MonkeyPatch) -> None:
    versions = timetables.version
    patch.setattr(timetables, "version", lambda name: versions(name) + ("+1" if name == "exchange_calendars" else ""))


def changed_pandas(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(timetables.pd, "__version__", "99")


def changed_rules(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(timetables, "_rules", lambda zone: f"new rules of {zone}")


def changed_knowledge(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(timetables.known_years, "__file__", timetables.building.__file__)


@pytest.mark.parametrize("change", [changed_library, changed_pandas, changed_rules, changed_knowledge])
def test_whatever_changes_it_is_built_again(
    change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = again()
    built = builds(monkeypatch)
    with monkeypatch.context() as patch:
        change(patch)
        assert same(again(), before)
        assert built == ["XNYS"]
        again()
        assert built == ["XNYS"]


def test_another_month_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = again()
    built = builds(monkeypatch)
    later = again(month=(2026, 2))
    assert built == ["XNYS"]
    assert later.sessions[-1] > before.sessions[-1]


def spoilt(file: Path, how: str) -> None:
    whole = file.read_bytes()
    if how == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "nested":
        file.write_text("[" * 100_000)
    elif how == "a session less in all":
        head, _, content = whole.partition(b"\n")
        arrays = np.frombuffer(content, "datetime64[us]").reshape(3, -1)
        file.write_bytes(head + b"\n" + np.delete(arrays, 100, axis=1).tobytes())
    elif how == "turned":
        middle = len(whole) // 2
        file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    else:
        file.write_text(how)


@pytest.mark.parametrize("how", ["cut", "empty", "nested", "a session less in all", "turned", "no facts", "3", "{}\n"])
def test_a_damaged_file_is_built_anew_and_mended(how: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = again()
    (file,) = cache.iterdir()
    spoilt(file, how)
    built = builds(monkeypatch)
    assert same(again(), before)
    assert same(again(), before)
    assert built == ["XNYS"]


def test_no_changed_byte_is_believed(cache: Path) -> None:
    """Of the facts, each bit of some bytes; of what is kept, a byte in every stretch of it."""
    before = again("24/5")
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    places = [*range(0, 400, 7), *range(400, len(whole), len(whole) // 50)]
    for place in places:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :])
        assert timetables._kept("24/5", MONTH) is None, place
    file.write_bytes(whole)
    assert same(again("24/5"), before)


def test_where_nothing_can_be_written_it_is_computed_as_ever(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file where the folder should be")
    built = builds(monkeypatch)
    assert same(again(), again())
    assert built == ["XNYS", "XNYS"]


def test_what_cannot_be_built_leaves_nothing(cache: Path) -> None:
    for code in ("../XNYS", "NYSE2", ""):
        with pytest.raises(UnknownCalendarError):
            again(code)
    assert not cache.exists()
