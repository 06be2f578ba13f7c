"""Writes a backtest where other programs and people can read it: parquet, CSV, JSON, PDF and HTML."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

from forecaster import models
from forecaster.errors import ForecasterError
from forecaster.evaluation.judgement import Judgement, judge
from forecaster.evaluation.scoreboard import scoreboard
from forecaster.evaluation.verdicts import in_order
from forecaster.replay.verdict_tables import tables
from reports import html, pdf
from reports.contents import BacktestAsset, BacktestReport
from reports.document import compose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ingest.assets import Asset

FILES = ("forecasts.parquet", "scores.csv", "verdicts.json", "report.pdf", "report.html")


@dataclass(frozen=True, eq=False)
class Backtest:
    """A finished backtest.

    Attributes:
        forecasts: The export's rows, see `forecaster.replay.backtest.COLUMNS`.
        scores: `symbol` and the columns of `forecaster.evaluation.scoreboard`.
        verdicts: Symbol to what is said of its models.
        withheld: Symbol to why it was not replayed.
        design: Label and value pairs that say what was run.
    """

    forecasts: pd.DataFrame
    scores: pd.DataFrame
    verdicts: Mapping[str, Judgement]
    withheld: Mapping[str, str]
    design: Mapping[str, str]


def judged(
    forecasts: pd.DataFrame, withheld: Mapping[str, str], design: Mapping[str, str], trials: int = 0
) -> Backtest:
    """Scores and verdicts from the exported rows alone, and the number of configurations ever tried."""
    rows = forecasts.assign(target=forecasts["target_date"], origin="replayed")
    boards, verdicts = [], {}
    for symbol, own in rows.groupby("symbol", sort=False):
        boards.append(scoreboard(own).assign(symbol=symbol))
        verdicts[str(symbol)] = judge(own, trials)
    scores = pd.concat(boards, ignore_index=True)
    ordered = ["symbol", *(c for c in scores.columns if c != "symbol")]
    tried = {"configurations ever backtested in this home": str(max(v.trials for v in verdicts.values()))}
    return Backtest(forecasts, scores[ordered], verdicts, withheld, {**design, **tried})


def prepare(folder: Path, *, overwrite: bool) -> None:
    """Makes the folder of a run, before the work is done; one that holds another run is refused unless told otherwise.

    Raises:
        ForecasterError: Naming the file that is in the way, or why the folder cannot be made.
    """
    found = [] if overwrite else [name for name in FILES if (folder / name).exists()]
    if found:
        raise ForecasterError(f"{folder} holds another run ({found[0]}): choose another --export, or --overwrite")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ForecasterError(f"{folder} cannot be made ({fault.strerror}): choose another --export") from fault


def export(backtest: Backtest, assets: Mapping[str, Asset], folder: Path) -> None:
    """Writes `FILES` into an existing folder.

    Raises:
        ForecasterError: Where a file cannot be written.
        ReportError: Where a page cannot be made.
    """
    try:
        backtest.forecasts.to_parquet(folder / "forecasts.parquet", index=False)
        backtest.scores.to_csv(folder / "scores.csv", index=False)
        (folder / "verdicts.json").write_text(_verdicts(backtest), "utf-8")
    except OSError as fault:
        raise ForecasterError(
            f"{folder} cannot be written ({fault.strerror}): free some space, or choose another"
        ) from fault
    contents = compose(_report(backtest, assets))
    pdf.render(contents, folder / "report.pdf")
    html.render(contents, folder / "report.html")


def _verdicts(backtest: Backtest) -> str:
    found = {symbol: _told(judgement) for symbol, judgement in backtest.verdicts.items()}
    facts = {"design": dict(backtest.design), "withheld": dict(backtest.withheld), "verdicts": found}
    return json.dumps(_finite(facts), indent=2) + "\n"


def _told(judgement: Judgement) -> dict[str, object]:
    return {
        "sentences": list(judgement.sentences),
        "trials": judgement.trials,
        "days": judgement.days,
        "comparisons": [
            {**asdict(c), "claim": c.claim, "claims": c.claims, "sentence": c.sentence} for c in judgement.comparisons
        ],
        "pairs": [asdict(c) for c in judgement.pairs],
        "confidence_set": [{**asdict(s), "inside": s.inside} for s in judgement.standings],
        "superiority": [{**asdict(c), "won": c.won} for c in judgement.contests],
        "calibration": [{**asdict(c), "sentence": c.sentence} for c in judgement.calibrations],
    }


def _finite(value: object) -> object:
    """The same with null for what is not finite: JSON has no NaN."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  # NaN alone differs from itself


def _report(backtest: Backtest, assets: Mapping[str, Asset]) -> BacktestReport:
    names = in_order(dict.fromkeys(backtest.forecasts["model"]))
    return BacktestReport(
        assets=tuple(_asset(backtest, assets[symbol]) for symbol in dict.fromkeys(backtest.forecasts["symbol"])),
        models={name: models.load(name).SUMMARY for name in names},
        design=backtest.design,
    )


def _asset(backtest: Backtest, asset: Asset) -> BacktestAsset:
    own = backtest.forecasts[backtest.forecasts["symbol"] == asset.symbol]
    fan = own.assign(target=own["target_date"], origin="replayed")
    judgement = backtest.verdicts[asset.symbol]
    lost = own[own["status"] == "withheld"].groupby("model").size()
    gaps = int(own.loc[own["y"].isna(), "target_date"].nunique())
    notes = [f"{model}: {count} forecasts were withheld." for model, count in lost.items()]
    notes += [f"{gaps} targets have no outcome: they lie in a gap of the data."] if gaps else []
    board = backtest.scores[backtest.scores["symbol"] == asset.symbol].drop(columns="symbol")
    return BacktestAsset(
        symbol=asset.symbol,
        simulated=asset.simulated,
        first=own["target_date"].min(),
        last=own["target_date"].max(),
        fan=fan[["model", "target", "origin", "y", "mean", "q05", "q25", "q50", "q75", "q95"]],
        scoreboard=board,
        calibration=own[["model", "pit"]].dropna(),
        verdicts=judgement.sentences,
        **tables(judgement),
        notes=tuple(notes),
    )
