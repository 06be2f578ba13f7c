"""Adding one is adding one file: a toy of each kind is put beside its registry, and is seen at work."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster import models, settings
from forecaster.contract import Compute, Examples, Fitted, Origin
from forecaster.evaluation import scores
from forecaster.inference import guides
from reports import document, figures, html, pdf, sections
from reports.blocks import Figure, Paragraph
from reports.errors import ReportError
from tests.cheap_settings import write_cheap
from tests.forecaster.cli.conftest import in_process, walk
from tests.reports.made_up import make_asset, make_backtest, make_backtest_asset, make_daily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    Plant = Callable[[ModuleType, str], None]

FORECASTER = '''
from functools import partial

from forecaster.contract import Fitted, ModelSettings
from forecaster.distribution.predictive import Predictive

LABEL = "Toy Walk"
SUMMARY = "a normal as wide as the past"


class Settings(ModelSettings):
    """No choices to make."""


def fit(examples, settings, seeds, compute):
    made = [Predictive.of([0.0], [each.history.std()]) for each in examples]
    return tuple(Fitted(partial(same, law)) for law in made)


def same(law, origin):
    return law
'''

GUIDE = """
import pyro
import torch

from forecaster.inference.guide import Guide, sample
from forecaster.inference.sites import packed_size
from forecaster.inference.schedule import Schedule
from forecaster.inference.triangular import standard

SUMMARY = "normals of a given width, of which only the means are trained"
NEEDS = "start"
SCHEDULE = Schedule(steps=30)


def guide(begin):
    start = begin.start()

    def program(noise):
        shift = pyro.param("shift", lambda: torch.zeros(noise.shape[1:]))
        latent = start.mode + start.unit * (shift + start.scale * noise)
        return sample(begin.sites, latent, standard(noise) - (start.log_scale + start.unit.log()).sum(-1))

    return Guide(program, packed_size(begin.sites))
"""

SCORE = """
SUMMARY = "distance from the mean in standard deviations"


def score(predictive, y):
    return abs(y - predictive.mean) / predictive.sd
"""

YES_OR_NO = """
SUMMARY = "whether the change had the sign that was likelier"
MEAN = "right_side"
LOGICAL = True


def score(predictive, y):
    return (y > 0) == (predictive.prob_up > 0.5)
"""

SECTION = """
from reports.blocks import Paragraph
from reports.contents import DailyReport
from reports.sections import Section


def _blocks(report, asset):
    yield Paragraph(f"{asset.symbol} says hello")


SECTION = Section((DailyReport,), "asset", 33, "A toy section", _blocks)
"""

FIGURE = """
from reports.blocks import Figure
from reports.axes import even
from reports.canvas import FULL_WIDTH, Panel, drawing
from reports.figures import Illustration
from reports.strokes import curve, line


def draw(symbol, simulated):
    axis, rising = even((0, 1), 4), curve([0, 1], [0, 1], line(1, "#000000"))
    return drawing((FULL_WIDTH, 20), (f"{symbol}: a toy", simulated), [Panel(axis, axis, [rising])])


def _figure(report, asset):
    return Figure(draw(asset.symbol, asset.simulated), f"A rising line for {asset.symbol}.", "It rises.")


FIGURE = Illustration("data", _figure)
"""


@pytest.fixture(name="plant")
def plant_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    """``plant(registry, text)`` puts `toy.py` into a folder that is made part of the registry's."""
    planted = []

    def plant(registry: ModuleType, text: str) -> None:
        folder = tmp_path / registry.__name__
        folder.mkdir()
        (folder / "toy.py").write_text(text, "utf-8")
        monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(folder)])
        planted.append(f"{registry.__name__}.toy")

    yield plant
    for name in planted:
        sys.modules.pop(name, None)


def said(*words: object) -> str:
    """What a command printed, done without a fault."""
    done = in_process(*words)
    assert done.code == 0, done
    return done.out


def home_of(tmp_path: Path, *names: str) -> Path:
    """A home with a random walk, cheap settings and these forecasters."""
    home = tmp_path / "home"
    home.mkdir()
    write_cheap(home, models=names)
    walk(home / "walk.csv")
    said("ingest", "csv", home / "walk.csv", "--symbol", "WALK", "--calendar", "24/7", "--home", home)
    return home


def test_a_forecaster_is_one_file(plant: Plant, tmp_path: Path) -> None:
    plant(models, FORECASTER)
    home = home_of(tmp_path, "toy", "ensemble")
    assert "a normal as wide as the past" in said("models", "--home", home)
    said("run", "--as-of", "2018-01-20", "--home", home)
    rows = json.loads(said("ledger", "show", "--json", "--home", home))
    assert {row["model"]: row["status"] for row in rows} == {"toy": "ok", "ensemble": "ok"}
    (page,) = home.rglob("*.html")
    text = page.read_text("utf-8")
    assert "Toy Walk" in text
    assert text.count("(id: toy)") == 1, "where it says what commands call it"
    assert "EWMA" in text, "a member of the ensemble that has no page of its own"


def test_a_guide_is_one_file(plant: Plant, tmp_path: Path) -> None:
    plant(guides, GUIDE)
    rng = np.random.default_rng(0)
    window = rng.standard_normal((120, 7, 1))
    y = 0.02 * rng.standard_normal(120)
    rows = Examples(("price",), 0.02 * window, window, y, np.full(120, 0.02), (), np.empty((120, 0)), y)
    origin = Origin(0.02 * window[0], window[0], 0.02, np.empty(0), y)
    for model, steps in {"bayesian_linear": 30, "bayesian_mlp": 40}.items():
        own = "steps = 40\n" if model == "bayesian_mlp" else ""
        (tmp_path / settings.FILE).write_text(f'[models.{model}]\nguide = "toy"\n{own}', "utf-8")
        chosen = settings.read(tmp_path).model(model)
        (fit,) = models.load(model).fit([rows], chosen, [1], Compute())
        assert isinstance(fit, Fitted)
        assert fit.losses.shape == (steps,), "those of the guide's own schedule, or of the network's settings"
        assert 0.005 < fit.predict(origin).sd < 0.1


@pytest.mark.parametrize(("text", "mean"), [(SCORE, "toy"), (YES_OR_NO, "right_side")], ids=["number", "yes or no"])
def test_a_score_is_one_file(plant: Plant, tmp_path: Path, text: str, mean: str) -> None:
    plant(scores, text)
    home, out = home_of(tmp_path, "climatology", "ewma"), tmp_path / "out"
    said("backtest", "--symbols", "WALK", "--last", 5, "--export", out, "--home", home)
    rows, board = pd.read_parquet(out / "forecasts.parquet"), pd.read_csv(out / "scores.csv")
    assert list(rows.columns[-3:]) == ["toy", "novelty", "predictive"]
    assert board.columns[-1] == mean
    if mean == "toy":
        wanted = (rows["y"] - rows["mean"]).abs() / rows["sd"]
    else:
        wanted = (rows["y"] > 0) == (rows["prob_up"] > 0.5)
        assert rows["toy"].dtype == "boolean"
    np.testing.assert_allclose(rows["toy"].astype(float), wanted.astype(float), rtol=1e-5)
    means = rows.assign(toy=rows["toy"].astype(float)).groupby("model")["toy"].mean()
    found = board.set_index("model")[mean]
    np.testing.assert_allclose(found[means.index], means)
    assert np.isnan(found["predict zero"])
    said("run", "--as-of", "2018-01-20", "--home", home)
    said("run", "--as-of", "2018-01-21", "--home", home)
    settled = [row for row in json.loads(said("ledger", "show", "--json", "--home", home)) if row["crps"] is not None]
    assert settled
    assert all("toy" not in row for row in settled), "the record's columns belong to its format"


def test_a_section_is_one_file(plant: Plant) -> None:
    plant(sections, SECTION)
    composed = document.compose(make_daily(make_asset("ABC")))
    assert Paragraph("ABC says hello") in composed.parts[1].blocks
    text = html.markup(composed)
    assert "A toy section" in text
    assert "ABC says hello" in text
    assert pdf.typeset(composed).startswith(b"%PDF")


def test_a_figure_is_one_file(plant: Plant) -> None:
    plant(figures, FIGURE)
    for report in (make_daily(make_asset("ABC")), make_backtest(make_backtest_asset("ABC", days=5))):
        composed = document.compose(report)
        (found,) = [b for b in composed.parts[1].blocks if isinstance(b, Figure) and b.caption == "It rises."]
        assert found.alt == "A rising line for ABC."
        text = html.markup(composed)
        assert "ABC: a toy" in text
        assert "It rises." in text
        assert pdf.typeset(composed).startswith(b"%PDF")


def test_a_figure_under_no_section_is_refused_by_name(plant: Plant) -> None:
    plant(figures, FIGURE.replace('"data"', '"dates"'))
    with pytest.raises(ReportError, match="the figure toy is in 'dates', which is not a section"):
        document.compose(make_daily(make_asset()))
