"""What models are called on a page: their ids, put in words once, before any section sees them."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.contents import DailyReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.contents import AssetPage, BacktestAsset, BacktestReport

_OF_MODELS = ("model", "member", "reference")  # columns that hold ids


def spoken(model: str, labels: Mapping[str, str]) -> str:
    """What a model is called, fit for the middle of a sentence: by its label, or its id where it has none.

    >>> spoken("bayesian_mlp", {"bayesian_mlp": "Bayesian MLP"}), spoken("random_walk", {})
    ('Bayesian MLP', 'random walk')
    """
    return labels.get(model, model.replace("_", " "))


def in_words(report: DailyReport | BacktestReport) -> DailyReport | BacktestReport:
    """The report with every model called by its spoken name: in its tables, its lists and its sentences."""
    names = {model: spoken(model, report.labels) for model in report.models}
    say = _sayer({model: name for model, name in names.items() if name != model})
    said: dict[str, Any] = {
        "assets": tuple(_asset(page, report.labels, say) for page in report.assets),
        "models": {
            names[model]: line if names[model] == model else f"{line} (id: {model})"
            for model, line in report.models.items()
        },
    }
    if isinstance(report, DailyReport):
        said["withheld"] = {symbol: say(reason) for symbol, reason in report.withheld.items()}
    else:
        said["design"] = {label: say(value) for label, value in report.design.items()}
    return replace(report, **said)


def _sayer(names: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts the ids in a sentence into words; one within a path, a setting or a command stays."""
    ids = sorted(names, key=len, reverse=True)
    if not ids:
        return lambda text: text
    # What stands between backquotes is a command; what a dot, a slash or a bracket joins is a setting or a path.
    found = re.compile(rf"`[^`]*`|(?<![\w./\[-])(?:{'|'.join(map(re.escape, ids))})(?![\w/\]-]|\.\w)")
    return lambda text: found.sub(lambda match: match[0] if match[0].startswith("`") else names[match[0]], text)


def _asset(
    page: AssetPage | BacktestAsset, labels: Mapping[str, str], say: Callable[[str], str]
) -> AssetPage | BacktestAsset:
    """An asset's page, its tables and sentences said."""
    said: dict[str, Any] = {}
    for field in fields(page):
        value = getattr(page, field.name)
        if isinstance(value, pd.DataFrame):
            said[field.name] = _table(value, labels, say)
        elif isinstance(value, tuple):
            said[field.name] = tuple(say(sentence) for sentence in value)
    return replace(page, **said)


def _table(table: pd.DataFrame, labels: Mapping[str, str], say: Callable[[str], str]) -> pd.DataFrame:
    """A table with its models, and the reasons given for them, said."""
    words = {name: table[name].map(partial(spoken, labels=labels)) for name in _OF_MODELS if name in table}
    if "reason" in table:
        words["reason"] = table["reason"].map(say, na_action="ignore")
    return table.assign(**words)
