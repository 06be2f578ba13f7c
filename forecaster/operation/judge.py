"""Anybody's forecasts, judged as our own are: the same outcomes, scores, verdicts and pages, beside our references."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.references import REFERENCES
from forecaster.evaluation.scoring import row_of
from forecaster.operation.backtest import computed
from forecaster.operation.cautions import cautions, shown, units
from forecaster.operation.judged_points import bare, board
from forecaster.operation.settled import settled
from forecaster.operation.watchlist import named_market
from forecaster.progress import quiet
from forecaster.records.home import open_home
from forecaster.referee.claims import read
from forecaster.referee.law import scores, summary, through_draws, through_levels
from forecaster.referee.lots import lot
from forecaster.replay.backends import Means
from forecaster.replay.backtest import DISTRIBUTION, NOVELTY, columns, table
from forecaster.replay.export import export, judged, prepare
from forecaster.replay.run import Request
from ingest.companions import beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.operation.settled import Settled
    from forecaster.progress import Tell
    from forecaster.records.home import Home
    from forecaster.referee.forms import Forms
    from forecaster.replay.export import Backtest
    from forecaster.settings import Settings

RENAMED = "{} (file)"
"""What a file's model is called that has the name of a reference and is another."""


@dataclass(frozen=True, eq=False)
class Refereed:
    """A file that was judged.

    Attributes:
        backtest: Tables and verdicts as of a backtest, the file's models and the references.
        form: What its forecasts are written in.
        shown: What the file shows, and what it cannot.
        cautions: What a reader is warned of.
        left: What was not judged, in words with counts.
    """

    backtest: Backtest
    form: str
    shown: tuple[str, ...]
    cautions: tuple[str, ...]
    left: tuple[str, ...]


def judge(  # noqa: PLR0913  # an argument each, given by name
    file: Path | str,
    *,
    models: Sequence[str] = REFERENCES,
    refit_every: int = 20,
    unit: str = "fraction",
    symbol: str = "",
    folder: Path | str | None = None,
    overwrite: bool = False,
    home: Path | str | None = None,
    tell: Tell = quiet,
) -> Refereed:
    """Judges the forecasts of a file.

    Nothing of it is recorded, and no configuration counts as tried: what its author tried is not known.

    Args:
        file: Text, a workbook or parquet, see `forecaster.referee`.
        models: Our own forecasters, replayed on the same days beside it; none where empty.
        refit_every: Sessions from one training of these to the next.
        unit: What changes are written in, one of `forecaster.referee.claims.UNITS`.
        symbol: The asset of a file that does not say.
        folder: Where the results are written; nowhere where None.
        overwrite: Whether a folder that holds another run is written over.
        home: Where the data live; the usual home where None.
        tell: Told what is being done, and how far it is.

    Raises:
        ForecasterError: Where the file cannot be understood, or none of its forecasts has an outcome.
        IngestError: Where it cannot be read as a table.
    """
    opened = open_home(Path(home) if home else None, {"forecast": {"models": list(models)}} if models else {})
    found = settled(read(Path(file), unit, symbol), opened.store, opened.settings)
    forms = found.claims.forms
    if folder is not None:
        prepare(Path(folder), f"judge {found.claims.path}", overwrite=overwrite)
    own = _own(found)
    others = _replayed(found, opened, refit_every, tell) if models else own.iloc[:0].copy()
    rows, renamed = _beside(own, _as_shown(others, forms))
    trials = opened.trials.count()
    design = {
        "forecasts judged": str(found.claims.path),
        "written as": forms.form,
        "references": ", ".join(models) or "none",
        "refit every": f"{refit_every} sessions",
    }
    tell("verdicts", 0, 0)
    made = judged(rows.drop(columns=DISTRIBUTION), {}, design, trials, opened.settings.report.warn_above)
    if own["crps"].isna().all():
        verdicts = bare(made.verdicts, own, others, forms, trials)
        made = replace(made, scores=board(own, made.scores), verdicts=verdicts)
    said = shown(found)
    warned = (*units(found), *cautions(found), *renamed)
    names = dict.fromkeys(dict.fromkeys(own["model"]), f"read from {found.claims.path.name}")
    remarks = (*said, *warned, *found.claims.left)
    backtest = replace(made, title="Judged forecasts", described=names, remarks=remarks)
    if folder is not None:
        _written(backtest, rows, found, Path(folder), opened.settings, trials)
    return Refereed(backtest, forms.form, said, warned, found.claims.left)


def _own(found: Settled) -> pd.DataFrame:
    """The file's forecasts as rows of a backtest's export."""
    claims, forms, rows = found.claims, found.claims.forms, []
    for at, fact in enumerate(claims.rows.to_dict("records")):
        y, law = float(found.y[at]), forms.laws[at]
        row: dict[str, Any] = dict.fromkeys(columns(), np.nan)
        row |= {"symbol": fact["symbol"], "model": fact["model"], "target_date": fact["target"], "horizon": 1}
        row |= {"as_of": found.as_of[at], "fitted_at": pd.NaT, "y": y}
        row |= {"status": fact["status"], "reason": fact["reason"]}
        if law is not None:
            row |= {**summary(law), **scores(law, y, row_of(fact["symbol"], fact["target"]))}
        row |= {name: float(values[at]) for name, values in forms.told.items() if np.isfinite(values[at])}
        if isinstance(law, Predictive):
            row[DISTRIBUTION] = law.to_bytes()
        else:
            row |= _of_points(forms, at, y)
        rows.append(row)
    return table(rows)


def _of_points(forms: Forms, at: int, y: float) -> dict[str, float]:
    """What a point, or one quantile, is scored by."""
    points = {name: float(values[at]) for name, values in forms.points.items() if np.isfinite(values[at])}
    found = {"squared_error": (y - points["mean"]) ** 2, "mean": points["mean"]} if "mean" in points else {}
    middle = points.get("median", points.get("mean"))
    if middle is not None and ("median" in points or forms.form == "points"):
        found["absolute_error"] = abs(y - middle)
    if "quantile" in points:
        level, low = float(forms.levels[0]), y <= points["quantile"]
        drawn = lot(np.array([points["quantile"]]), y)
        found["pit"] = drawn * level if low else level + drawn * (1 - level)
    return found


def _replayed(found: Settled, home: Home, refit_every: int, tell: Tell) -> pd.DataFrame:
    """Our references on the file's days, as a backtest of its assets exports them, with their companions."""
    settings = home.settings
    histories = beside(found.histories, settings.forecast.market, lambda symbol: named_market(home, symbol))
    rows = found.claims.rows.assign(as_of=found.as_of)
    days = {str(symbol): sorted(set(own["as_of"])) for symbol, own in rows.groupby("symbol", sort=False)}
    request = Request(histories, days, settings.model_names(), settings, refit_every)
    with tempfile.TemporaryDirectory() as place:
        computed(request, Path(place), "serial", Means(), tell=tell)
        made = pd.read_parquet(Path(place) / "forecasts.parquet")
    judged_days = rows[["symbol", "target"]].drop_duplicates().rename(columns={"target": "target_date"})
    return made.merge(judged_days, on=["symbol", "target_date"])


def _as_shown(others: pd.DataFrame, forms: Forms) -> pd.DataFrame:
    """The references scored as the file's form shows them: through the same levels, or as many draws."""
    if forms.form not in {"quantiles", "draws"} or others.empty:
        return others
    scored = others.copy()
    for at, data, y in zip(others.index, others[DISTRIBUTION], others["y"], strict=True):
        if isinstance(data, bytes) and np.isfinite(y):
            law = Predictive.from_bytes(data)
            own = (
                through_levels(law, forms.levels, y)
                if forms.form == "quantiles"
                else through_draws(law, forms.draws, y)
            )
            for name, value in own.items():
                scored.loc[at, name] = value
    return scored


def _beside(own: pd.DataFrame, others: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """All rows: a file's model that a reference's scores show to be this reference is shown once, another renamed."""
    renamed, keys = [], ["symbol", "target_date"]
    if len(others):
        unlike = others.dropna(subset=[NOVELTY]).drop_duplicates(keys).set_index(keys)[NOVELTY]
        own[NOVELTY] = unlike.reindex(pd.MultiIndex.from_frame(own[keys])).to_numpy()
    for name in dict.fromkeys(others["model"]):
        mine, ours = own[own["model"] == name], others[others["model"] == name]
        if mine.empty:
            continue
        both = mine.merge(ours, on=keys, suffixes=("", "_ours"))
        same = len(both) == len(mine) and all(
            np.allclose(both[score], both[f"{score}_ours"], rtol=1e-6, atol=1e-9, equal_nan=True)
            for score in ("crps", "log_score")
        )
        if same and mine["crps"].notna().any():
            others = others[others["model"] != name]
        else:
            called = RENAMED.format(name)
            own.loc[own["model"] == name, "model"] = called
            renamed.append(f"the file's {name} is not ours of that name on these days: it is called {called!r} here")
    return pd.concat([own, others], ignore_index=True) if len(others) else own, tuple(renamed)


def _written(
    backtest: Backtest, rows: pd.DataFrame, found: Settled, folder: Path, settings: Settings, trials: int
) -> None:
    rows.to_parquet(folder / "forecasts.parquet", index=False)
    assets = {symbol: history.asset for symbol, history in found.histories.items()}
    export(backtest, assets, folder, settings.decisions, trials)
