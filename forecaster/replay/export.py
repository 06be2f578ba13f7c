"""Writes a backtest where other programs and people can read it: parquet, CSV, JSON, PDF and HTML."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from forecaster import models
from forecaster.decisions.costs import asset_classes
from forecaster.decisions.decide import decide
from forecaster.decisions.settings import Decisions
from forecaster.decisions.words import in_words as decided_in_words
from forecaster.errors import ForecasterError
from forecaster.evaluation import conditions
from forecaster.evaluation.judgement import Judgement, judge
from forecaster.evaluation.references import in_order
from forecaster.evaluation.scoreboard import scoreboard
from forecaster.json_numbers import numbers
from forecaster.replay.parts import Parts
from forecaster.replay.verdict_tables import tables
from reports import html, pdf
from reports.contents import BacktestAsset, BacktestReport
from reports.document import compose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ingest.assets import Asset

UNFINISHED = "unfinished"
"""Folder of the parts of a run that is not done."""

FILES = ("forecasts.parquet", "scores.csv", "verdicts.json", "decisions.csv", "report.pdf", "report.html")


@dataclass(frozen=True, eq=False)
class Backtest:
    """A finished backtest.

    Attributes:
        forecasts: The export's rows, see `forecaster.replay.backtest.columns`.
        scores: `symbol` and the columns of `forecaster.evaluation.scoreboard`.
        verdicts: Symbol to what is said of its models.
        withheld: Symbol to why it was not replayed.
        design: Label and value pairs that say what was run.
        described: Model to a line on what it is, of those that are none of this program's.
        remarks: What a reader must know of the forecasts, where others made them.
        title: What its report is called.
    """

    forecasts: pd.DataFrame
    scores: pd.DataFrame
    verdicts: Mapping[str, Judgement]
    withheld: Mapping[str, str]
    design: Mapping[str, str]
    described: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    title: str = "Backtest"


def judged(
    forecasts: pd.DataFrame,
    withheld: Mapping[str, str],
    design: Mapping[str, str],
    trials: int = 0,
    warn_above: float = 0.99,
) -> Backtest:
    """Scores and verdicts from the exported rows alone.

    Args:
        forecasts: The rows.
        withheld: Symbol to why it was not replayed.
        design: What was run.
        trials: How many configurations were tried; 0 where nobody counted.
        warn_above: From which novelty on a day is unlike its past.
    """
    rows = forecasts.assign(target=forecasts["target_date"], origin="replayed")
    boards, verdicts = [], {}
    for symbol, own in rows.groupby("symbol", sort=False):
        boards.append(scoreboard(own).assign(symbol=symbol))
        verdicts[str(symbol)] = judge(own, trials, warn_above)
    scores = pd.concat(boards, ignore_index=True)
    ordered = ["symbol", *(c for c in scores.columns if c != "symbol")]
    most = max(v.trials for v in verdicts.values())
    tried = {"configurations ever backtested in this home": str(most)} if trials else {}
    return Backtest(forecasts, scores[ordered], verdicts, withheld, {**design, **tried})


def prepare(folder: Path, key: str, *, overwrite: bool) -> Parts:
    """Makes the folder of a run, before the work is done, and its place for parts.

    A run of the same key that was stopped goes on there; a folder that holds another run is refused unless told
    otherwise.

    Raises:
        ForecasterError: Naming the file that is in the way, or why the folder cannot be made.
    """
    unfinished, note = folder / UNFINISHED, folder / UNFINISHED / "run"
    same = note.exists() and note.read_text("utf-8") == key
    held = [] if same else [name for name in (UNFINISHED, *FILES) if (folder / name).exists()]
    if held and not overwrite:
        raise ForecasterError(f"{folder} holds another run ({held[0]}): choose another --export, or --overwrite")
    try:
        if not same:
            shutil.rmtree(unfinished, ignore_errors=True)
        parts = Parts(unfinished)
        note.write_text(key, "utf-8")
    except OSError as fault:
        raise ForecasterError(f"{folder} cannot be made ({fault.strerror}): choose another --export") from fault
    return parts


def export(
    backtest: Backtest,
    assets: Mapping[str, Asset],
    folder: Path,
    settings: Decisions = Decisions(),  # noqa: B008  # frozen
    trials: int = 1,
) -> None:
    """Writes what follows from the forecasts beside them, and takes away the parts of the run, which is done.

    Args:
        backtest: What is written.
        assets: Symbol to asset.
        folder: Where to.
        settings: How positions follow from forecasts, and what they cost.
        trials: Configurations ever backtested, this one among them.

    Raises:
        ForecasterError: Where a file cannot be written.
        ReportError: Where a page cannot be made.
    """
    classes = asset_classes({symbol: asset.calendar for symbol, asset in assets.items()}, settings)
    decisions = decide(_no_points(backtest.forecasts), classes, settings, trials)
    try:
        backtest.scores.to_csv(folder / "scores.csv", index=False)
        decisions.to_csv(folder / "decisions.csv", index=False)
        (folder / "verdicts.json").write_text(_verdicts(backtest), "utf-8")
    except OSError as fault:
        raise ForecasterError(
            f"{folder} cannot be written ({fault.strerror}): free some space, or choose another"
        ) from fault
    contents = compose(_report(backtest, assets, decisions))
    pdf.render(contents, folder / "report.pdf")
    html.render(contents, folder / "report.html")
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)


def _no_points(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without those that have an outcome and no distribution to score: no position follows from a point."""
    return rows[rows["crps"].notna() | rows["y"].isna() | (rows["status"] == "withheld")]


def _verdicts(backtest: Backtest) -> str:
    found = {symbol: _told(judgement) for symbol, judgement in backtest.verdicts.items()}
    facts = {"design": dict(backtest.design), "withheld": dict(backtest.withheld), "verdicts": found}
    facts |= {"remarks": list(backtest.remarks)} if backtest.remarks else {}
    return json.dumps(numbers(facts), indent=2, allow_nan=False) + "\n"


def _told(judgement: Judgement) -> dict[str, object]:
    return {
        "verdict": {
            **asdict(judgement.verdict),
            "found": judgement.verdict.found,
            "sentence": judgement.verdict.sentence,
        },
        "sentences": list(judgement.sentences),
        "trials": judgement.trials,
        "days": judgement.days,
        "comparisons": [
            {**asdict(c), "claim": c.claim, "claims": c.claims, "sentence": c.sentence} for c in judgement.comparisons
        ],
        "pairs": [asdict(c) for c in judgement.pairs],
        "confidence_set": [asdict(s) for s in judgement.standings],
        "superiority": [asdict(c) for c in judgement.contests],
        "calibration": [{**asdict(c), "sentence": c.sentence} for c in judgement.calibrations],
        "conditions": [{**asdict(c), "fails": c.fails} for c in judgement.conditions],
        "unreliable": list(judgement.unreliable),
        "novel_days": [{**asdict(c), "sentence": c.sentence} for c in judgement.novel],
        "direction": [{**asdict(d), "verdict": d.verdict, "sentence": d.sentence} for d in judgement.directions],
    }


def _report(backtest: Backtest, assets: Mapping[str, Asset], decisions: pd.DataFrame) -> BacktestReport:
    names = in_order(dict.fromkeys(backtest.forecasts["model"]))
    return BacktestReport(
        assets=tuple(
            _asset(backtest, assets[symbol], decisions) for symbol in dict.fromkeys(backtest.forecasts["symbol"])
        ),
        models={name: backtest.described.get(name) or models.summary(name) for name in names},
        labels=models.labels(names),
        design=backtest.design,
        title=backtest.title,
    )


def _asset(backtest: Backtest, asset: Asset, decisions: pd.DataFrame) -> BacktestAsset:
    own = backtest.forecasts[backtest.forecasts["symbol"] == asset.symbol]
    fan = own.assign(target=own["target_date"], origin="replayed")
    judgement = backtest.verdicts[asset.symbol]
    lost = own[own["status"] == "withheld"].groupby("model").size()
    gaps = int(own.loc[own["y"].isna(), "target_date"].nunique())
    notes = [f"{model}: {count} forecasts were withheld." for model, count in lost.items()]
    notes += judgement.unreliable
    notes += [f"{gaps} targets have no outcome: they lie in a gap of the data."] if gaps else []
    decided = decisions[decisions["symbol"] == asset.symbol].drop(columns="symbol")
    board = backtest.scores[backtest.scores["symbol"] == asset.symbol].drop(columns="symbol")
    return BacktestAsset(
        symbol=asset.symbol,
        simulated=asset.simulated,
        first=own["target_date"].min(),
        last=own["target_date"].max(),
        fan=fan[["model", "target", "origin", "y", "mean", "q05", "q25", "q50", "q75", "q95"]],
        scoreboard=board,
        calibration=own.loc[own["crps"].notna(), ["model", "pit"]].dropna(),
        summary=(judgement.verdict.sentence, *judgement.unreliable),
        verdicts=judgement.sentences,
        **tables(judgement),
        unlike=tuple(one.sentence for one in judgement.novel),
        failings=conditions.in_words(judgement.conditions),
        decisions=decided,
        decided=decided_in_words(decided),
        notes=(*notes, *backtest.remarks),
    )
