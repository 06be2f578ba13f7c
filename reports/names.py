"""What models are called on a page: their ids, put in words once, before any section sees them."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.contents import DailyReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reports.contents import AssetPage, BacktestAsset, BacktestReport

_WORDS = {"bayesian": "Bayesian"} | {word: word.upper() for word in ("egarch", "ewma", "garch", "gjr", "mlp")}
_OF_MODELS = ("model", "member", "reference")  # columns that hold ids


def spoken(model: str) -> str:
    """A model's id as people say it, fit for the middle of a sentence.

    >>> spoken("bayesian_mlp"), spoken("garch"), spoken("climatology")
    ('Bayesian MLP', 'GARCH', 'climatology')
    """
    return " ".join(_WORDS.get(word, word) for word in model.split("_"))


def in_words(report: DailyReport | BacktestReport) -> DailyReport | BacktestReport:
    """The report with every model called by its spoken name: in its tables, its lists and its sentences."""
    say = _sayer(report.models)
    said: dict[str, Any] = {
        "assets": tuple(_asset(page, say) for page in report.assets),
        "models": {
            spoken(model): line if spoken(model) == model else f"{line} (id: {model})"
            for model, line in report.models.items()
        },
    }
    if isinstance(report, DailyReport):
        said["withheld"] = {symbol: say(reason) for symbol, reason in report.withheld.items()}
    else:
        said["design"] = {label: say(value) for label, value in report.design.items()}
    return replace(report, **said)


def _sayer(models: Iterable[str]) -> Callable[[str], str]:
    """A function that puts the ids in a sentence into words; one within a path, a setting or a command stays."""
    ids = sorted((model for model in models if spoken(model) != model), key=len, reverse=True)
    if not ids:
        return lambda text: text
    # What stands between backquotes is a command; what a dot, a slash or a bracket joins is a setting or a path.
    found = re.compile(rf"`[^`]*`|(?<![\w./\[-])(?:{'|'.join(map(re.escape, ids))})(?![\w/\]-]|\.\w)")
    return lambda text: found.sub(lambda match: match[0] if match[0].startswith("`") else spoken(match[0]), text)


def _asset(page: AssetPage | BacktestAsset, say: Callable[[str], str]) -> AssetPage | BacktestAsset:
    """An asset's page, its tables and sentences said."""
    said: dict[str, Any] = {}
    for field in fields(page):
        value = getattr(page, field.name)
        if isinstance(value, pd.DataFrame):
            said[field.name] = _table(value, say)
        elif isinstance(value, tuple):
            said[field.name] = tuple(say(sentence) for sentence in value)
    return replace(page, **said)


def _table(table: pd.DataFrame, say: Callable[[str], str]) -> pd.DataFrame:
    """A table with its models, and the reasons given for them, said."""
    words = {name: table[name].map(spoken) for name in _OF_MODELS if name in table}
    if "reason" in table:
        words["reason"] = table["reason"].map(say, na_action="ignore")
    return table.assign(**words)
