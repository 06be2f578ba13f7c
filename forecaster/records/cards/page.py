"""A model card as Markdown: plain text, the same bytes for the same card."""

from __future__ import annotations

from collections import Counter
from math import isnan
from typing import TYPE_CHECKING

from forecaster.records.cards.rows import FIGURES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forecaster.records.cards.card import Card, Change
    from forecaster.records.cards.scores import Scored, Verdict, Worst

SHOWN = 12
"""Assets that a page names; those with the most forecasts."""
SHOWN_REASONS = 5
SHOWN_VERDICTS = 3
"""Assets up to which every sentence is told; of more, claims alone."""
MEANS = ("CRPS, % of price", "skill", "log score, nats", "inside 50%", "inside 90%")
NOTHING = "-"
"""What a cell shows where there is nothing."""


def page(card: Card) -> str:
    """The whole card."""
    sections = (_head, _triggers, _scores, _verdicts, _worst, _checks, _data, _assumptions, _change, _foot)
    return "\n\n".join(part for section in sections if (part := "\n".join(section(card)))) + "\n"


def _head(card: Card) -> Iterator[str]:
    number = f", version {card.version} of {card.versions}" if card.versions > 1 else ""
    yield f"# {card.label} (`{card.model}`){number}"
    yield ""
    yield f"{card.summary[:1].upper()}{card.summary[1:]}."
    yield ""
    if not card.version:
        yield "No forecast of it is on record yet."
    elif not card.in_force:
        yield "A later version has taken its place."
    elif not any(one.scored for one in card.scores):
        yield "No outcome yet: none of its forecasts can be scored."
    else:
        reached, early = (sum(one.reached is wanted for one in card.triggers) for wanted in (True, None))
        later = f"; {early} cannot be judged yet" if early else ""
        yield f"Of {len(card.triggers)} triggers {reached or 'none'} {'is' if reached <= 1 else 'are'} reached{later}."
    if card.record:
        yield ""
        yield f"As of the record's last row: {card.record}."
    if card.rehearsal:
        yield ""
        yield f"{card.rehearsal}."
    if card.checked:
        yield ""
        yield f"Time stamps were checked against {card.checked}."
    yield ""
    yield f"Settings: {_settings(card)}."
    if card.code_versions:
        yield ""
        yield f"Made by program {', '.join(card.code_versions)}."


def _settings(card: Card) -> str:
    digest = f" (hash {card.config_sha256[:12]})" if card.config_sha256 else ""
    if card.settings is None:
        return f"not known; the record keeps their hash alone{digest}"
    if not card.settings:
        return f"the defaults{digest}"
    told = ", ".join(f"`{key}` = {_value(value)}" for key, value in card.settings.items())
    return f"the defaults, and {told}{digest}"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _triggers(card: Card) -> Iterator[str]:
    if card.triggers:
        words = {True: "**yes**", False: "no", None: "too early"}
        yield "## When to look at it again"
        yield ""
        rows = [[words[one.reached], one.limit, one.now] for one in card.triggers]
        yield from _table(["reached", "when", "now"], rows)


def _scores(card: Card) -> Iterator[str]:
    if not card.scores:
        return
    yield "## Forecasts and scores"
    yield ""
    shown = [one for kind in KINDS for one in _most([s for s in card.scores if s.kind == kind])]
    heads = ["recorded", "asset", "forecasts", "hours before the open", "with outcome"]
    if not any(one.scored for one in shown):
        yield from _table(heads, [_counts(one) for one in shown])
        return
    heads += [*MEANS]
    yield from _table(heads, [[*_counts(one), *_means(one)] for one in shown])
    yield ""
    yield (
        "CRPS and log score: lower is better. Skill: by how much the CRPS is below climatology's on the same days. "
        "Kinds of forecasts are never added up."
    )
    if any(one.lead[0] < 0 for one in shown):
        yield "Negative hours: the session that is forecast had opened already."
    yield from _left_out(len({one.symbol for one in card.scores if one.symbol}))


def _counts(one: Scored) -> list[str]:
    least, median = one.lead
    lead = NOTHING if isnan(least) else f"{median:.1f} (least {least:.1f})"
    return [KINDS[one.kind], one.symbol or "all", f"{one.forecasts:,}", lead, f"{one.scored:,}"]


def _means(one: Scored) -> list[str]:
    return [
        _number(one.crps * 100, ".4f"),
        _number(one.skill, ".1%"),
        _number(one.log_score, ".3f"),
        _number(one.in50, ".1%"),
        _number(one.in90, ".1%"),
    ]


def _verdicts(card: Card) -> Iterator[str]:
    if not card.verdicts:
        return
    yield "## What the scores are evidence of"
    yield ""
    for kind in KINDS:
        own = [verdict for verdict in card.verdicts if verdict.kind == kind]
        few = len(own) <= SHOWN_VERDICTS
        for one in own:
            yield from (f"- {one.symbol}, {KINDS[kind]}: {said}" for said in (one.sentences if few else one.claims))
        if not few:
            yield from _without(kind, own)


def _without(kind: str, own: Sequence[Verdict]) -> Iterator[str]:
    """Of many assets, on how many there is no evidence, a line a reference."""
    for reference, count in Counter(name for one in own for name in one.without).items():
        yield (
            f"- {count} of {len(own)} assets, {KINDS[kind]}: no evidence of skill against {reference} in CRPS and log "
            "score."
        )


def _worst(card: Card) -> Iterator[str]:
    if card.worst is None:
        return
    of = card.worst
    yield "## Where it is worst"
    yield ""
    yield f"Of its forecasts that are {KINDS[of.kind]}."
    yield ""
    if of.symbol:
        side = "below" if of.skill >= 0 else "above"
        yield f"- Asset: {of.symbol}, with a CRPS {abs(of.skill):.1%} {side} climatology's, less than any other's."
    days = ", ".join(f"{d.symbol} {d.target} ({d.change:+.2%}, {d.log_score:.2f} nats)" for d in of.days)
    yield f"- Days of the largest log score: {days}."
    yield from _spells(of)


def _spells(of: Worst) -> Iterator[str]:
    if of.spells:
        yield ""
        rows = [[one.symbol, f"{one.scored:,}", *_means(one)] for one in of.spells]
        yield from _table(["days", "outcomes", *MEANS], rows)
        yield ""
        yield "Quiet, usual and wild days are thirds of each asset's, by the volatility known at the origin."


def _checks(card: Card) -> Iterator[str]:
    checks = card.checks
    total = checks.ok + checks.unreliable + checks.withheld
    if not total:
        return
    yield "## Checks of its fits"
    yield ""
    yield (
        f"Of {total:,} forecasts {checks.ok:,} passed, {checks.unreliable:,} failed a check (unreliable) and "
        f"{checks.withheld:,} gave no distribution (withheld)."
    )
    if checks.reasons:
        yield ""
        yield "Reasons, with # for numbers:"
        yield ""
        for reason, count in checks.reasons[:SHOWN_REASONS]:
            yield f"- {count:,}: {reason}"
        if len(checks.reasons) > SHOWN_REASONS:
            yield f"- {sum(count for _, count in checks.reasons[SHOWN_REASONS:]):,}: other reasons"
    if checks.figures:
        yield ""
        rows = [
            [FIGURES[one.name], f"{one.count:,}", f"{one.least:.3g}", f"{one.median:.3g}", f"{one.most:.3g}"]
            for one in checks.figures
        ]
        yield from _table(["figure", "forecasts", "least", "median", "most"], rows)


def _data(card: Card) -> Iterator[str]:
    if not card.data:
        return
    yield "## Data"
    yield ""
    rows = [
        [
            one.symbol,
            f"{one.source}, simulated" if one.simulated else one.source,
            one.calendar,
            one.series or NOTHING,
            one.attention or NOTHING,
            one.first,
            one.last,
            " to ".join(dict.fromkeys(f"{rows:,}" for rows in one.rows if rows)) or NOTHING,
        ]
        for one in card.data[:SHOWN]
    ]
    heads = ["asset", "source", "calendar", "series", "attention", "first origin", "last origin", "training rows"]
    yield from _table(heads, rows)
    yield from _left_out(len(card.data))


def _assumptions(card: Card) -> Iterator[str]:
    if card.assumptions:
        yield "## Assumptions"
        yield ""
        yield "Of its default settings:"
        yield ""
        yield from (f"- {sentence}" for sentence in card.assumptions)


def _change(card: Card) -> Iterator[str]:
    change = card.change
    if change is None:
        return
    yield f"## Changes since version {card.version - 1}"
    yield ""
    yield f"- {_changed(change)}"
    yield f"- Program: {'another one' if change.code else 'the same'}."
    for before, now in zip(change.scores, change.now, strict=True):
        yield (
            f"- {KINDS[now.kind].capitalize()}: CRPS {before.crps:.4%} of the price over {before.scored:,} forecasts "
            f"before, {now.crps:.4%} over {now.scored:,} since; log score {before.log_score:.3f} and "
            f"{now.log_score:.3f} nats. The days differ: this is no evidence that one is better."
        )


def _changed(change: Change) -> str:
    if change.settings is None:
        return f"Settings: not known of both; the hash was {change.before[:12]}."
    told = "; ".join(f"`{key}` {_value(old)} -> {_value(new)}" for key, old, new in change.settings)
    return f"Settings: {told}."


def _foot(_: Card) -> Iterator[str]:
    yield (
        "Computed from this record, the replays beside it and the settings of its home. This card is no statement of "
        "compliance."
    )


def _most(found: Sequence[Scored]) -> list[Scored]:
    """All assets together, and those with the most forecasts, in their order."""
    assets = [one for one in found if one.symbol]
    kept = sorted(assets, key=lambda one: (-one.forecasts, one.symbol))[:SHOWN]
    return [one for one in found if not one.symbol or one in kept]


def _left_out(assets: int) -> Iterator[str]:
    if assets > SHOWN:
        yield ""
        yield f"{SHOWN} of {assets} assets are shown; `--json` has all."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _number(value: float, form: str) -> str:
    return NOTHING if isnan(value) else f"{value:{form}}"
