"""A command imports what it uses: what a question does not need must not be loaded to answer it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from forecaster import models
from forecaster.issuing.provenance import code_version
from ingest.sessions import calendar
from ingest.timetables import timetable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGINES = (
    "torch", "pyro", "arch", "scipy.stats", "scipy.special", "scipy.signal", "scipy.optimize", "statsmodels",
    "scoringrules", "keras", "dask", "distributed", "matplotlib", "typst", "jinja2", "yfinance", "curl_cffi", "httpx",
    "apscheduler", "alembic", "exchange_calendars",
)  # fmt: skip
"""Libraries of training, judging, drawing, fetching and scheduling."""
TABLES = ("numpy", "pandas", "pyarrow", "sqlalchemy", "psycopg", "scipy")
SETTINGS = ("pydantic", "pydantic_settings")
LOADED = """
import json, sys
from forecaster.cli import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def loaded(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., set[str]]:
    """The modules that a command has loaded when it ends, in a process of its own and a home that has a report."""

    def loaded(*words: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", LOADED, *words],
            env={**os.environ, "FORECASTER_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return set(json.loads(done.stderr.splitlines()[-1]))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    timetable.cache_clear()
    calendar("24/7")  # from now on it is kept

    return loaded


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [
        (("--help",), (*ENGINES, *TABLES, *SETTINGS)),
        (("--version",), (*ENGINES, *TABLES, *SETTINGS)),
        (("ledger", "show", "--help"), (*ENGINES, *TABLES)),
        (("ingest", "--help"), (*ENGINES, *TABLES)),
        (("backtest", "--help"), (*ENGINES, *TABLES)),
        (("models", "--json"), (*ENGINES, *TABLES)),
        (("doctor",), ENGINES),
        (("data", "show"), ENGINES),
        (("data", "show", "WALK"), ENGINES),
        (("ledger", "show"), (*ENGINES, "numpy", "pandas", "pyarrow")),
        (("ledger", "show", "--last", "2", "--json"), (*ENGINES, "numpy", "pandas", "pyarrow")),
        (("schedule", "status"), ENGINES),
        (("run", "--as-of", "2018-01-21"), ENGINES),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_use(
    words: tuple[str, ...], forbidden: tuple[str, ...], loaded: Callable[..., set[str]]
) -> None:
    found = loaded(*words)
    assert "forecaster.cli.frame" in found, "what is looked at is this program"
    assert sorted(found & set(forbidden)) == []


def test_the_version_is_the_one_that_the_record_names(command: Callable[..., Any]) -> None:
    said = command("--version")
    assert (said.code, said.out, said.err) == (0, f"forecaster {code_version()}\n", "")


OWN = """
import torch
from pydantic import Field

from forecaster.contract import Fitted, ModelSettings
from forecaster.distribution.predictive import Predictive

SUMMARY = "a forecaster of one's own"


class Settings(ModelSettings):
    width: float = Field(float(torch.tensor(0.5)), gt=0)


def fit(examples, settings, seeds, compute):
    return tuple(Fitted(lambda origin: Predictive.of(0.0, settings.width * origin.volatility, 5.0)) for _ in examples)
"""


def test_a_model_that_imports_its_engine_at_its_top_works_too(
    home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    told = {row["model"]: row for row in json.loads(command("models", "--json", "--home", home).out)}
    own = {"model": "own", "summary": "a forecaster of one's own", "by_default": True, "settings": {"width": 0.5}}
    assert told["own"] == own
    assert command("run", "--as-of", "2018-01-19", "--models", "own", "--home", home).code == 0
