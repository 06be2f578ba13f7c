"""What `import forecaster` offers: four names, loaded when they are asked for, in a script and in spawned processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import forecaster

ROOT = Path(__file__).parents[2]
NAMES = ["backtest", "forecast", "leaderboard", "score"]
SCRIPT = """\
import pandas as pd
from multiprocessing import get_context
from tests.ingest.frames.own import bars
from forecaster import {imported}

FRAME = bars(200)
{body}
"""
SPAWN = """
def last(rows):
    return forecaster.forecast(FRAME.tail(rows), models=("climatology", "garch"))

if __name__ == "__main__":
    with get_context("spawn").Pool(2) as pool:
        made = pool.map(last, [150, 200])
        again = pool.apply(forecaster.forecast, (FRAME,), {"models": "garch"})
    for rows, found in zip([150, 200], made):
        for model, one in last(rows).predictive.items():
            assert found.predictive[model].to_bytes() == one.to_bytes()
    assert again.predictive["garch"].to_bytes() == made[1].predictive["garch"].to_bytes()
    shares = forecaster.backtest(FRAME, last=4, models="ewma", backend="processes", means=Means(workers=2))
    pd.testing.assert_frame_equal(shares.forecasts, forecaster.backtest(FRAME, last=4, models="ewma").forecasts)
    print("the same")
"""


def ran(code: str, place: Path) -> str:
    """Standard output of a script in a fresh interpreter, warnings as errors."""
    script = place / "script.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "FORECASTER_HOME": str(place / "home")}
    found = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert not found.stderr
    return found.stdout


def test_dir_shows_the_names_and_no_more() -> None:
    assert dir(forecaster) == NAMES
    assert sorted(forecaster.__all__) == NAMES
    assert all(callable(getattr(forecaster, name)) for name in NAMES)
    with pytest.raises(AttributeError, match="module 'forecaster' has no attribute 'forcast'"):
        _ = forecaster.forcast  # type: ignore[attr-defined]  # a slip


def test_importing_it_loads_nothing_heavy_and_a_star_gives_the_names(tmp_path: Path) -> None:
    code = """
import sys
before = set(sys.modules)
import forecaster
heavy = {"torch", "pandas", "numpy", "matplotlib", "pydantic"}
print(sorted({m.split(".")[0] for m in set(sys.modules) - before} & heavy))
print(dir(forecaster))
from forecaster import *
print([name for name in ("backtest", "forecast", "leaderboard", "score") if callable(globals()[name])])
print("torch" in sys.modules, "pyro" in sys.modules)
"""
    assert ran(code, tmp_path).splitlines() == ["[]", str(NAMES), str(NAMES), "False False"]


def test_garch_alone_needs_neither_torch_nor_arch(tmp_path: Path) -> None:
    body = 'import sys\nforecast(FRAME, models="garch").table()\nprint({"torch", "arch", "pyro"} & set(sys.modules))'
    assert ran(SCRIPT.format(imported="forecast", body=body), tmp_path) == "set()\n"


def test_it_works_in_a_plain_script(tmp_path: Path) -> None:
    body = """
found = forecast(FRAME, models="climatology")
found.plot().figure.savefig("forecast.png")
done = backtest(FRAME, last=3, models=["climatology", "ewma"])
done.plot().figure.savefig("backtest.png")
print(len(leaderboard(done)), sorted(score(found.predictive["climatology"], [0.0]))[0])
"""
    told = ran(SCRIPT.format(imported="backtest, forecast, leaderboard, score", body=body), tmp_path)
    assert told == "2 absolute_error\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backtest.png", "forecast.png", "script.py"]


def test_it_works_in_spawned_processes(tmp_path: Path) -> None:
    body = "import forecaster\nfrom forecaster.replay.backends import Means\n" + SPAWN
    assert ran(SCRIPT.format(imported="forecast", body=body), tmp_path) == "the same\n"


def test_a_script_without_its_guard_is_told_so(tmp_path: Path) -> None:
    """A spawned process runs the script again, and dies of it: nothing was short of memory."""
    script = tmp_path / "script.py"
    script.write_text(
        "import forecaster\nfrom tests.ingest.frames.own import bars\n"
        'forecaster.backtest(bars(200), last=2, models="ewma", backend="processes")\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FORECASTER_HOME": str(tmp_path / "home")}
    found = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert found.returncode == 1
    assert found.stderr.rstrip().endswith('in a script, call it under if __name__ == "__main__":')


def test_its_types_are_told() -> None:
    for package in ("forecaster", "ingest", "reports"):
        assert (ROOT / package / "py.typed").exists()
