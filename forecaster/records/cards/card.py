"""The facts of a model card, one a model and version; see `forecaster.records.cards.cards`, which finds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.evaluation.triggers import Trigger
    from forecaster.records.cards.scores import Scored, Verdict, Worst


@dataclass(frozen=True)
class AssetData:
    """What a model was fed of one asset, as its newest forecast has it.

    Attributes:
        symbol: The asset.
        source: Of its prices.
        calendar: Its code.
        simulated: Whether the rows are made up.
        series: That its newest fit learnt from, by name.
        attention: What its attention counts; empty where there is none.
        first: First origin, an ISO date.
        last: Last origin.
        rows: Fewest and most training rows of a fit.
    """

    symbol: str
    source: str
    calendar: str
    simulated: bool
    series: str
    attention: str
    first: str
    last: str
    rows: tuple[int, int]


@dataclass(frozen=True)
class Figure:
    """A figure of a fit's own checks, over the forecasts that have it: `name`, and its least, middle and most."""

    name: str
    count: int
    least: float
    median: float
    most: float


@dataclass(frozen=True)
class Checks:
    """What forecasts said of themselves.

    Attributes:
        ok: How many had nothing to say.
        unreliable: How many failed a check of their own, or another model stands in.
        withheld: How many gave no distribution.
        reasons: Reason, numbers as `#`, to how many, the most frequent first.
        figures: Of the fits.
    """

    ok: int
    unreliable: int
    withheld: int
    reasons: tuple[tuple[str, int], ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Change:
    """What is different from the version before.

    Attributes:
        before: Its hash of settings.
        settings: Setting, what it was and what it is; None where the settings of one of the two are not known.
        code: Whether the program is another one too.
        scores: Of the version before, all assets of both together, each kind that both have outcomes of.
        now: Of this one, likewise.
    """

    before: str
    settings: tuple[tuple[str, Any, Any], ...] | None
    code: bool
    scores: tuple[Scored, ...]
    now: tuple[Scored, ...]


@dataclass(frozen=True)
class Card:
    """What the record says of one version of a model.

    Attributes:
        model: Its id.
        label: What people call it.
        summary: One line on it.
        assumptions: What it takes for granted, a sentence each; empty where its file states none.
        version: 1 for the first on record; 0 where there is none.
        versions: How many are on record.
        in_force: Whether the model's newest forecast is of this version.
        config_sha256: Hash of its settings.
        settings: Those of them that are not defaults; None where they are not known.
        code_versions: Of the programs that made its forecasts, in order.
        record: The record's last row of forecasts, its number and the instant of it; empty where there is none.
        rehearsal: What a reader must know of the home's clock; empty where it is the real one.
        checked: By which certificates the time stamps were checked; empty where nothing is proved.
        data: A line an asset.
        checks: See there.
        scores: See there.
        verdicts: See there.
        worst: See there; None where too few have an outcome.
        change: From the version before; None for the first.
        triggers: When to look at it again; none where the version is no longer in force.
    """

    model: str
    label: str
    summary: str
    assumptions: tuple[str, ...]
    version: int
    versions: int
    in_force: bool
    config_sha256: str
    settings: Mapping[str, Any] | None
    code_versions: tuple[str, ...]
    record: str
    rehearsal: str
    checked: str
    data: tuple[AssetData, ...]
    checks: Checks
    scores: tuple[Scored, ...]
    verdicts: tuple[Verdict, ...]
    worst: Worst | None
    change: Change | None
    triggers: tuple[Trigger, ...]
