"""`forecaster explain` with a look: importance, checks, methods, guides, parameters, a drawing; nothing is recorded."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from forecaster.evaluation.replications import STATISTICS
from forecaster.inference import guides, nuts
from forecaster.operation import study
from forecaster.operation.explain import explain
from forecaster.operation.methods import by_methods
from forecaster.progress import quiet
from forecaster.records.home import open_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = pd.Timestamp("2018-01-20").as_unit("us")


def opened(home: Path, own: dict[str, Any], model: str = "bayesian_linear") -> study.Opened:
    there = open_home(home, {"forecast": {"series": ("price",)}})
    models = {**there.settings.models, model: {**there.settings.models.get(model, {}), **own}}
    return study.open_fit(there.store.history("WALK"), DAY, model, there.settings.model_copy(update={"models": models}))


@pytest.fixture
def json_of(finished_home: Path, command: Callable[..., Any]) -> Callable[..., Any]:
    def told(*words: object) -> Any:
        return json.loads(command("explain", "WALK", *words, "--json", "--home", finished_home).out)

    return told


def test_proposals_are_held_against_each_other(json_of: Callable[..., Any]) -> None:
    rows = {row["proposal"]: row for row in json_of("--importance")["importance"]}
    assert list(rows) == ["prior", "laplace", "full_rank"]
    assert rows["laplace"]["effective"] > 0.5 * rows["laplace"]["draws"]
    assert rows["prior"]["effective"] < 0.1 * rows["laplace"]["effective"]
    assert rows["laplace"]["reliable"]
    assert rows["full_rank"]["apart"] < 0.2


def test_the_looks_are_at_the_fit_on_record(finished_home: Path) -> None:
    """Seed, rows and posterior are those of the explanation, whose draws are other draws of the same guide."""
    there = open_home(finished_home)
    told = explain(there.store.history("WALK"), DAY, "bayesian_linear", there.settings)
    fit = study.open_fit(there.store.history("WALK"), DAY, "bayesian_linear", there.settings)
    assert (fit.seed, fit.rows, fit.as_of) == (told.facts.seed, told.facts.rows, told.facts.as_of)
    found = fit.proposal(fit.study.guide)
    assert found.losses.tobytes() == told.losses.tobytes()
    names, draws = fit.named(found.draws)
    _, other = fit.flat(told.latents)
    assert len(names) == draws.shape[1]
    np.testing.assert_array_less(np.abs(draws.mean(0) - other.mean(0)) / other.std(0), 0.12)


def test_a_walk_passes_its_checks_and_a_planted_wave_does_not(finished_home: Path, json_of: Callable[..., Any]) -> None:
    rows = json_of("--checks")["checks"]
    assert [row["statistic"] for row in rows] == list(STATISTICS)
    assert not [row for row in rows if row["posterior_extreme"] or row["prior_extreme"]]
    assert all(row["posterior_q95"] - row["posterior_q05"] < row["prior_q95"] - row["prior_q05"] for row in rows[:2])
    fit = opened(finished_home, {})
    wave = np.resize([2.0, 2.0, -2.0, -2.0], len(fit.study.response))
    object.__setattr__(fit.study, "response", wave)
    found = {row["statistic"]: row for row in study.checks(fit, quiet)}
    assert found["kurtosis"]["posterior_extreme"]


@pytest.mark.parametrize("length", [15, pytest.param(300, marks=pytest.mark.campaign)])
def test_every_method_stands_beside_the_exact_posterior(finished_home: Path, length: int) -> None:
    """Known normal noise without covariates: exact, Laplace, SVI, NUTS and HMC agree; the likelihood alone is wider.

    Chains too short for that say so, and are not compared.
    """
    own = {"noise": "normal", "noise_scale": 1.0, "covariates": False, "steps": 40}
    names, found = by_methods(opened(finished_home, own), quiet, nuts.Plan(1, length, length))
    assert list(found) == ["maximum likelihood", "laplace", "full_rank", "exact", "nuts", "hmc"]
    assert names[0] == "intercept"
    exact = found["exact"]
    assert bool(found["nuts"].reason) == (length < 100)
    sampled = {} if found["nuts"].reason else {"nuts": 0.4, "hmc": 0.4}
    for name, apart in {"laplace": 0.1, "full_rank": 0.1, **sampled}.items():
        np.testing.assert_array_less(np.abs(found[name].mean - exact.mean) / exact.sd, apart, err_msg=name)
        np.testing.assert_allclose(found[name].sd / exact.sd, 1, atol=0.25, err_msg=name)
    assert (found["maximum likelihood"].sd[1:] > 2 * exact.sd[1:]).all()  # sceptical priors hold the weights


def test_guides_over_each_other(finished_home: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    file = tmp_path / "pairs.png"
    said = command("explain", "WALK", "--guides", "--plot", file, "--home", finished_home)
    assert said.code == 0
    assert all(guide in said.out for guide in guides.names())
    assert f"Drawn: {file}" in said.out
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_planted_correlation_heads_the_list() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 3))
    wide = x.copy()
    wide[:, 2] = -0.9 * x[:, 0] + 0.44 * x[:, 2]
    drawn = {"one": (["a", "b", "c"], x, 0.0), "two": (["a", "b", "c"], wide, 0.0)}
    first, *_ = study.correlations(drawn, 2)
    assert (first["first"], first["second"]) == ("a", "c")
    assert first["two"] == pytest.approx(-0.9, abs=0.03)
    assert abs(first["one"]) < 0.1
    assert len(study.correlations(drawn, 9)) == 3


@pytest.mark.parametrize("model", ["bayesian_linear", "bayesian_mlp"])
def test_parameters_are_listed(json_of: Callable[..., Any], model: str) -> None:
    told = json_of("--parameters", "--model", model)
    shapes = {row["parameter"]: row["shape"] for row in told["parameters"]}
    if model == "bayesian_linear":
        assert list(shapes) == ["shift", "log_scale", "below"]
    else:
        assert list(shapes) == ["shift", "log_scale"]
    assert all(row["norm"] > 0 and row["smallest"] <= row["mean"] <= row["largest"] for row in told["parameters"])


def test_a_network_is_looked_into_where_that_has_a_meaning(json_of: Callable[..., Any]) -> None:
    rows = json_of("--importance", "--model", "bayesian_mlp")["importance"]
    assert [row["proposal"] for row in rows] == ["prior", "mean_field"]
    rows = json_of("--checks", "--model", "bayesian_mlp")["checks"]
    assert not [row for row in rows if row["posterior_extreme"]]


@pytest.mark.parametrize(
    ("kind", "model"), [("svg", "bayesian_linear"), ("png", "bayesian_mlp"), ("pdf", "bayesian_linear")]
)
def test_the_model_is_drawn(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any], kind: str, model: str
) -> None:
    if shutil.which("dot") is None:
        pytest.skip("the program `dot` is not installed")
    file = tmp_path / f"model.{kind}"
    words = ("explain", "WALK", "--model", model, "--draw", file, "--home", finished_home)
    assert command(*words).out.endswith(f"Drawn: {file}\n")
    assert file.read_bytes()[:4] in {b"<?xm", b"\x89PNG", b"%PDF"}
    if kind == "svg":
        assert ("TwoPieceT" in file.read_text("utf-8")) & ("noise_scale" in file.read_text("utf-8"))


def test_looking_changes_no_row_of_the_home(
    home: Path, command: Callable[..., Any], rows_of: Callable[[Path], Any]
) -> None:
    before = rows_of(home)
    assert command("explain", "WALK", "--parameters", "--home", home).code == 0
    assert rows_of(home) == before


WRONG_USAGE = [
    (("WALK", "--checks", "--guides"), "looks of their own: give one of them"),
    (("WALK", "--checks", "--nuts"), "--checks does not go with --nuts"),
    (("--load", "DIR", "--importance"), "--importance does not go with --load"),
    (("WALK", "--draw", "m.svg", "--save", "DIR"), "--draw does not go with --save"),
    (("WALK", "--plot", "a.png"), "--plot draws the contours of --guides: give both"),
    (("WALK", "--checks", "--plot", "a.png"), "--plot draws the contours of --guides: give both"),
    (("--checks",), "name an asset: forecaster explain SYMBOL --checks"),
]
FAILURES = [
    (("--methods", "--model", "bayesian_mlp"), "choose --model bayesian_linear"),
    (("--checks", "--model", "garch"), "garch has no posterior to explain"),
    (("--draw", "model.jpg"), "end its name in .svg, .pdf or .png"),
    (("--guides", "--plot", "pairs.txt"), "end its name in .png, .svg or .pdf"),
    (("--draw", "none/such/model.svg"), "cannot be written"),
]


@pytest.mark.parametrize(("words", "sign"), WRONG_USAGE)
def test_looks_that_do_not_go_together_are_refused(
    finished_home: Path, words: tuple[str, ...], sign: str, command: Callable[..., Any]
) -> None:
    assert sign in command("explain", *words, "--home", finished_home).complaint(2)


@pytest.mark.parametrize(("words", "sign"), FAILURES)
def test_what_cannot_be_looked_at_is_one_line(
    finished_home: Path, words: tuple[str, ...], sign: str, command: Callable[..., Any]
) -> None:
    if "cannot" in sign and shutil.which("dot") is None:
        sign = "needs the program `dot`"
    assert sign in command("explain", "WALK", *words, "--home", finished_home).complaint()


def test_a_missing_dot_is_named(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = command("explain", "WALK", "--draw", tmp_path / "m.svg", "--home", finished_home)
    assert "needs the program `dot`: install graphviz" in said.complaint()
