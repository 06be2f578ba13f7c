"""`forecaster whatif`: what a person sees, what a program is told, what is refused, and that nothing is written."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from forecaster import models
from forecaster.distribution.predictive import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHANGED = ("--price", "-5%", "--volume", "+50%", "--tweets", "x2")


def bytes_of(home: Path) -> dict[str, str]:
    """Every file of a home with the hash of its bytes."""
    files = (path for path in home.rglob("*") if path.is_file())
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def told(said: Any) -> dict[str, Any]:
    assert said.code == 0, said
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_before_is_the_record_after_is_another_and_no_byte_of_the_home_changes(
    home: Path, command: Callable[..., Any], tmp_path: Path
) -> None:
    record = json.loads(command("ledger", "show", "--as-of", "2018-01-20", "--json", "--home", home).out)
    before = bytes_of(home)
    words = ("--as-of", "2018-01-20", "--models", "climatology,bayesian_linear", "--home", home)
    found = told(command("whatif", "WALK", *CHANGED, "--json", *words))
    picture = tmp_path / "both.png"
    shown = command("whatif", "WALK", *CHANGED, "--plot", picture, *words)
    assert bytes_of(home) == before
    assert (found["symbol"], found["as_of"], found["target"]) == ("WALK", "2018-01-20", "2018-01-21")
    assert found["recorded"] is False
    (scenario,) = found["scenarios"]
    for own in scenario["models"]:
        (row,) = (row for row in record if row["model"] == own["model"])
        assert {name: own["before"][name] for name in QUANTILES} == {name: row[name] for name in QUANTILES}
    still, moved = scenario["models"]
    assert (still["reacts"], moved["reacts"]) == (False, True)
    assert still["before"] == still["after"]
    assert moved["before"] != moved["after"]
    assert moved["after"]["var99"] == pytest.approx(-moved["after"]["q01"])
    assert [level["factor"] for level in scenario["levels"]] == [0.95, 1.5, 2.0]
    for level in scenario["levels"]:
        assert level["after"] == pytest.approx(level["before"] * level["factor"])
    assert {"change of price", "volume", "tweets", "volatility"} <= {own["name"] for own in scenario["inputs"]}
    assert all(0 <= own["place_after"] <= 1 for own in scenario["inputs"])
    assert shown.code == 0
    assert picture.read_bytes()[1:4] == b"PNG"
    for sign in (
        "WALK: the change of 2018-01-21 from the close of 2018-01-20.",
        "Scenario: price -5 %, ",
        "volume +50 %, ",
        "tweets +100 %, ",
        "Unchanged: nothing that the scenario changes enters the forecast of climatology.",
        "remainder",
        "percentile",
        "Nothing is recorded",
        f"Plot: {picture}",
    ):
        assert sign in shown.out, sign


def test_a_file_of_scenarios_is_answered_in_its_order(
    finished_home: Path, command: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "some.csv").write_text("name,price,volume\ncrash,-60%,\nbusy,,x3\n", "utf-8")
    words = ("--file", tmp_path / "some.csv", "--models", "ewma", "--home", finished_home)
    crash, busy = told(command("whatif", "WALK", "--json", *words))["scenarios"]
    assert (crash["name"], busy["name"]) == ("crash", "busy")
    (own,), (other,) = crash["models"], busy["models"]
    assert own["after"]["sd"] > 2 * own["before"]["sd"]
    assert own["before"] == other["before"] == other["after"]
    shown = command("whatif", "WALK", *words).out
    assert "Beyond all that the models have learnt from: change of price" in shown
    assert shown.index("crash: price -60 %") < shown.index("busy: volume +200 %")


FAINT = """
from functools import partial

from forecaster.contract import Fitted, ModelSettings
from forecaster.distribution.predictive import Predictive

SUMMARY = "it will not look at a crash"


class Settings(ModelSettings):
    pass


def fit(examples, settings, seeds, compute):
    return tuple(Fitted(partial(faint, float(one.history.std()))) for one in examples)


def faint(spread, origin):
    if origin.history[-1] < -0.5:
        raise LookupError("a crash")
    return Predictive.of([0.0], [spread])
"""


def test_a_forecast_that_is_withheld_ends_with_its_code(
    finished_home: Path, command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faint.py").write_text(FAINT, "utf-8")
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    words = ("--price", "x0.1", "--home", finished_home, "--models")
    said = command("whatif", "WALK", *words, "faint,ewma")
    assert said.code == 3, said
    assert "withheld: " in said.out
    assert "past changes" in said.out, "the other is shown all the same"
    refused = command("whatif", "WALK", "--plot", tmp_path / "a.png", *words, "faint")
    assert "there is nothing to draw, every forecast is withheld" in refused.complaint()
    assert not (tmp_path / "a.png").exists()
    assert command("whatif", "WALK", "--price", "x0.9", "--home", finished_home, "--models", "faint").code == 0
    sys.modules.pop("forecaster.models.faint", None)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("NONE", "--price", "x2"), 1, "NONE"),
        (("WALK",), 2, "say what changes with --price, --volume or --tweets, or give --file alone"),
        (("WALK", "--price", "x2", "--file", "a.csv"), 2, "or give --file alone"),
        (("WALK", "--prize", "x2"), 2, "--price"),
        (("WALK", "--price", "x0"), 1, "--price 'x0' would make the level zero or less"),
        (("WALK", "--volume", "-100%"), 1, "--volume '-100%' would make the level zero or less"),
        (("WALK", "--tweets", "many"), 1, "--tweets 'many' is not a change: write +50% or -5%"),
        (("WALK", "--price", "x2", "--models", "garhc"), 1, "garch"),
        (("WALK", "--price", "x2", "--as-of", "soon"), 2, "is not a date"),
        (("WALK", "--price", "x2", "--as-of", "2031-01-01"), 1, "2031-01-01"),
        (("WALK", "--price", "x2", "--plot", "a.gif"), 2, "--plot a.gif ends in none of .png, .pdf, .svg"),
        (("WALK", "--price", "x2", "--plot", "/no/such/a.png"), 2, "there is no folder /no/such"),
        (("WALK", "--file", "/no/such.csv"), 1, "/no/such.csv cannot be read"),
    ],
)
def test_what_is_refused_is_refused_in_one_line(
    words: tuple[str, ...], code: int, says: str, finished_home: Path, command: Callable[..., Any]
) -> None:
    assert says in command("whatif", *words, "--home", finished_home).complaint(code)


def test_an_index_has_no_tweets(new_home: Path, command: Callable[..., Any]) -> None:
    assert command("ingest", "sample", "--home", new_home).code == 0
    said = command("whatif", "^GSPC", "--tweets", "x2", "--home", new_home)
    assert "^GSPC has no tweets on 2018-12-31: leave tweets out of the scenario, or import" in said.complaint()
    found = told(
        command("whatif", "^GSPC", "--volume", "x2", "--models", "ewma,bayesian_linear", "--json", "--home", new_home)
    )
    assert [own["reacts"] for own in found["scenarios"][0]["models"]] == [False, True]


def test_more_tweets_widen_the_forecast_of_ether(ethereum: Path, new_home: Path, command: Callable[..., Any]) -> None:
    """The study's asset: its model reacts to tweets, and the table names them."""
    (new_home / "forecaster.toml").write_text("[models.bayesian_linear]\nsteps = 100\n")
    words = ("ingest", "csv", ethereum, "--symbol", "ETH-USD", "--calendar", "24/7", "--home", new_home)
    assert command(*words).code == 0
    words = ("--tweets", "x2", "--models", "bayesian_linear", "--json", "--home", new_home)
    ((own,),) = (one["models"] for one in told(command("whatif", "ETH-USD", *words))["scenarios"])
    assert own["effects"]["parts"][0]["source"] == "tweets"
    assert own["after"]["sd"] > 1.05 * own["before"]["sd"]
