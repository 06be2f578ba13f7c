"""What a forecast says of itself and of its inputs: the typed record, its one writer and its one reader.

It is kept as one JSON text beside the distribution. A part that a forecast does not have is not in the text, so that
records of every age are alike: what an older program did not know yet is read as absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from forecaster.errors import LedgerError
from forecaster.issuing.unlike import Unlike
from forecaster.json_numbers import numbers
from forecaster.view.beside import Beside

if TYPE_CHECKING:
    from ingest.companions import Named

Number = float | None
"""A JSON number; None for what is not finite."""

Rows = tuple[tuple[Number, ...], ...]
"""`(7, series)`, oldest day first."""


@dataclass(frozen=True)
class AssetFacts:
    """The asset as it was described on the day.

    Attributes:
        calendar: Code of its calendar.
        source: Where its prices come from.
        simulated: Whether they are made up.
        attention_kind: What its attention counts; empty where there is none.
        target_close: When the session that is forecast closes, ISO text in UTC.
    """

    calendar: str
    source: str
    simulated: bool
    attention_kind: str
    target_close: str


@dataclass(frozen=True)
class Inputs:
    """What a forecast was made from.

    Attributes:
        asset: The asset.
        close: Price at the close of the origin.
        volatility: Standard deviation of the change as known then, fraction per session.
        series: Series of the window.
        sessions: Days of the window, ISO text.
        window: Changes of each day and series, fractions per session.
        fitted_at: Origin of the fit, ISO text.
        rows: Training rows.
        notes: What a reader should know about them, a sentence each.
        findings: What was noteworthy about the data, keys `ingest.checks.COLUMNS`; None where the record is older than
            that.
        beside: Its companions and the hashes of their rows; None where it saw none.
    """

    asset: AssetFacts
    close: float
    volatility: Number
    series: tuple[str, ...]
    sessions: tuple[str, ...]
    window: Rows
    fitted_at: str = ""
    rows: int = 0
    notes: tuple[str, ...] = ()
    findings: tuple[Mapping[str, Any], ...] | None = None
    beside: Beside | None = None


@dataclass(frozen=True)
class Effects:
    """How strongly each input moves the forecast, see `forecaster.contract.Weights`.

    Attributes:
        mean: Of each input.
        sd: Posterior standard deviations, None where there are none.
    """

    mean: Rows
    sd: Rows


@dataclass(frozen=True)
class Part:
    """What one group of inputs moved, see `forecaster.issuing.attribution`.

    Attributes:
        width: Log ratio of scales: 0.1 is a tenth wider.
        width_sd: Its standard deviation over posterior draws.
        shift: Difference of locations, a fraction per session.
        shift_sd: Likewise.
        width_before: The width in the forecast of the session before, None where that cannot be told.
    """

    width: Number
    width_sd: Number
    shift: Number
    shift_sd: Number
    width_before: Number


@dataclass(frozen=True)
class Diagnostics:
    """What a forecast says of itself; None for a part that it does not have.

    Attributes:
        inputs: What it was made from; None in the parts of a backtest, which do not keep it.
        stand_in: Id of the model whose distribution is used instead.
        figures: Further figures of the fit or the pool by name.
        elbo: Steps and the loss at each, in nats.
        weights: Effect of each input.
        attribution: What moved the forecast, by group of inputs.
        pool: What each member counts for.
        novelty: How unlike its past the day is.
    """

    inputs: Inputs | None = None
    stand_in: str | None = None
    figures: Mapping[str, Number] | None = None
    elbo: tuple[tuple[int, Number], ...] | None = None
    weights: Effects | None = None
    attribution: Mapping[str, Part] | None = None
    pool: Mapping[str, Number] | None = None
    novelty: Unlike | None = None


def write(diagnostics: Diagnostics) -> str:
    """The JSON text that is kept: keys sorted, no spaces, null for what is not finite."""
    parts = {name: value for name, value in asdict(diagnostics).items() if value is not None}
    for later in ("findings", "beside"):
        if "inputs" in parts and parts["inputs"][later] is None:
            del parts["inputs"][later]
    return json.dumps(numbers(parts), sort_keys=True, separators=(",", ":"), allow_nan=False)


def read(text: str) -> Diagnostics:
    """What `write` kept, of this program or of an older one; parts that this program does not know are left out.

    Raises:
        LedgerError: Where the text is no such record.
    """
    try:
        parts = json.loads(text)
        makers = {
            "inputs": _inputs,
            "elbo": _rows,
            "weights": _effects,
            "attribution": _attribution,
            "novelty": _novelty,
        }
        made = {name: make(parts[name]) for name, make in makers.items() if name in parts}
        return Diagnostics(**_known(Diagnostics, parts) | made)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise LedgerError(
            f"the diagnostics of a forecast on record cannot be read ({type(fault).__name__}: {fault}): "
            "`forecaster ledger verify` shows whether the row was changed"
        ) from fault


def calendar_and_close(text: str) -> tuple[str, str]:
    """The calendar of a forecast's asset and the close of its target, of what `write` kept; empty where it has none."""
    try:
        facts = json.loads(text)["inputs"]["asset"]
        return str(facts["calendar"]), str(facts["target_close"])
    except (KeyError, RecursionError, TypeError, ValueError):
        return "", ""


def companions_of(text: str) -> tuple[float, Named] | None:
    """The cut-off and the companions of a forecast, of what `write` kept; None where it had none."""
    try:
        return (beside := _beside(json.loads(text)["inputs"]["beside"])).cutoff_minutes, beside.named
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None


def _beside(facts: Mapping[str, Any]) -> Beside:
    return Beside(**_known(Beside, facts) | {"missing": tuple(facts["missing"])})


def _inputs(facts: Mapping[str, Any]) -> Inputs:
    texts = {name: tuple(facts[name]) for name in ("series", "sessions", "notes", "findings") if name in facts}
    made = {"asset": AssetFacts(**_known(AssetFacts, facts["asset"])), "window": _rows(facts["window"])}
    if "beside" in facts:
        made["beside"] = _beside(facts["beside"])
    return Inputs(**_known(Inputs, facts) | texts | made)


def _effects(parts: Mapping[str, Any]) -> Effects:
    return Effects(_rows(parts["mean"]), _rows(parts["sd"]))


def _attribution(parts: Mapping[str, Mapping[str, Number]]) -> dict[str, Part]:
    return {group: Part(**_known(Part, part)) for group, part in parts.items()}


def _novelty(facts: Mapping[str, Any]) -> Unlike:
    return Unlike(**_known(Unlike, facts) | {"inputs": _rows(facts["inputs"])})


def _rows(rows: Any) -> Any:  # noqa: ANN401  # of numbers, or of steps and numbers
    return tuple(tuple(row) for row in rows)


def _known(kind: type[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the facts that a record of this kind has."""
    return {name: facts[name] for name in facts.keys() & {field.name for field in fields(kind)}}
