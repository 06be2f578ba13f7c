"""A fit of an asset laid open for tools: the same rows, settings and seed as those of its forecast.

Every look at it is a table of plain rows, JSON-ready, and records nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from forecaster import models
from forecaster.errors import ForecasterError
from forecaster.evaluation import replications
from forecaster.inference import proposals
from forecaster.issuing.provenance import seed_of
from forecaster.operation.explain import DRAWS, require_posterior
from forecaster.operation.explanation import entries
from forecaster.view.arrays import training
from forecaster.view.view import look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from forecaster.contract import Latent
    from forecaster.floats import Floats
    from forecaster.inference.proposals import Proposal
    from forecaster.inference.study import Study
    from forecaster.progress import Tell
    from forecaster.settings import Settings
    from ingest.history import History

    Row = dict[str, Any]

SETS = 500
"""Data sets that a predictive check replicates: a p-value of a half to 0.02, one of a hundredth to 0.004."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A fit of an asset.

    Attributes:
        symbol: The asset.
        model: The forecaster's id.
        as_of: Last session whose data were used.
        series: Series of its windows.
        rows: Training rows.
        seed: Seed of the fit.
        study: The fit.
    """

    symbol: str
    model: str
    as_of: str
    series: tuple[str, ...]
    rows: int
    seed: int
    study: Study

    @property
    def facts(self) -> Row:
        """Where it comes from."""
        return {name: getattr(self, name) for name in ("symbol", "model", "as_of", "rows", "seed")}

    def proposal(self, guide: str) -> Proposal:
        """Draws of a guide trained as the fit trains it.

        Raises:
            ForecasterError: Where training diverged.
        """
        found = proposals.guided(self.study.under(guide), self.study.schedule(guide), self.seed, DRAWS)
        if not np.isfinite(found.log_weights).all():
            raise ForecasterError(
                f"{self.symbol}: training {self.model} with the guide {guide} diverged: choose another guide or day"
            )
        return found

    def flat(self, latents: Mapping[str, Latent]) -> tuple[list[str], Floats]:
        """Names of all latents one by one, and their draws `(draws, latents)`."""
        found = list(entries(latents, self.series))
        return [label for label, _ in found], np.stack([draws for _, draws in found], 1)

    def named(self, draws: Mapping[str, Floats]) -> tuple[list[str], Floats]:
        """The same from draws of its sites."""
        return self.flat(self.study.latents(draws))


def open_fit(history: History, as_of: pd.Timestamp, model: str, settings: Settings) -> Opened:
    """A fit as the daily run makes it at this origin; nothing is trained yet.

    Args:
        history: Every vintage of the asset; only what was known at `as_of` is looked at.
        as_of: A session of the asset.
        model: A forecaster with a posterior.
        settings: All settings.

    Raises:
        ForecasterError: Where the model has no posterior, or none that can be opened.
        IngestError: Where there is nothing to train on, as in `forecaster.issuing.issue.issue`.
    """
    require_posterior(model)
    view = look(history, as_of, settings.forecast)
    examples = training(view).examples
    module: Any = models.load(model)
    if not hasattr(module, "study"):
        raise ForecasterError(f"{model} cannot be opened for this: choose --model bayesian_linear")
    study = cast("Study", module.study(examples, settings.model(model)))
    seed = seed_of(settings, view.symbol, model, view.as_of)
    return Opened(view.symbol, model, f"{view.as_of:%Y-%m-%d}", examples.series, len(examples.y), seed, study)


def importance(opened: Opened, tell: Tell) -> list[Row]:
    """What each proposal is worth for importance sampling: the prior, the Laplace approximation, the fit's guide.

    A row each: `proposal, draws, effective, share, k_hat, reliable, log_evidence, apart`, the last the largest
    difference of a latent's weighed mean from that of the proposal worth most, in its posterior sd; None where that one
    is not reliable either.
    """
    study, found = opened.study, {}
    for name in ("prior", *(name for name in dict.fromkeys(("laplace", study.guide)) if name in study.guides)):
        tell(name)
        found[name] = proposals.prior(study.batch, opened.seed, DRAWS) if name == "prior" else opened.proposal(name)
    told = {name: proposals.moments(opened.named(of.draws)[1], of.weights) for name, of in found.items()}
    best = max(found, key=lambda name: found[name].effective)
    return [
        {
            "proposal": name,
            "draws": len(of.weights),
            "effective": of.effective,
            "share": of.effective / len(of.weights),
            "k_hat": of.k_hat,
            "reliable": of.reliable,
            "log_evidence": of.log_evidence,
            "apart": float(np.abs((told[name][0] - told[best][0]) / told[best][1]).max())
            if found[best].reliable
            else None,
        }
        for name, of in found.items()
    ]


def checks(opened: Opened, tell: Tell) -> list[Row]:
    """Predictive checks, a row each statistic.

    `statistic, observed`, and for `prior` and `posterior` each the 5 % and 95 % quantile over the replicated data sets,
    the p-value and whether it is extreme, as `prior_q05, prior_q95, prior_p, prior_extreme`.
    """
    study = opened.study
    rng = np.random.default_rng(opened.seed)
    tell("prior")
    drawn = {"prior": proposals.prior(study.batch, opened.seed, SETS).draws}
    tell(study.guide)
    drawn["posterior"] = _some(opened.proposal(study.guide).draws)
    found = {
        name: replications.check(study.response, study.replicate(draws, rng), study.unit)
        for name, draws in drawn.items()
    }
    rows: list[Row] = []
    for statistic in replications.STATISTICS:
        row: Row = {"statistic": statistic, "observed": found["posterior"][statistic].observed}
        for name, of in found.items():
            one = of[statistic]
            row |= {f"{name}_q05": one.low, f"{name}_q95": one.high, f"{name}_p": one.p, f"{name}_extreme": one.extreme}
        rows.append(row)
    return rows


def _some(draws: Mapping[str, Floats]) -> dict[str, Floats]:
    """As many draws as data sets are replicated, from both twins."""
    return {name: value[:SETS] for name, value in draws.items()}


def parameters(opened: Opened, tell: Tell) -> list[Row]:
    """The parameters of the fit's guide as training left them, a row each; none where nothing is trained.

    `parameter, shape, numbers, mean, sd, smallest, largest, norm`; their shapes begin with the twins and the fit, in
    the order that the guide keeps them.
    """
    tell(opened.study.guide)
    return [
        {
            "parameter": name,
            "shape": list(value.shape),
            "numbers": int(value.size),
            "mean": float(value.mean()),
            "sd": float(value.std()),
            "smallest": float(value.min()),
            "largest": float(value.max()),
            "norm": float(np.linalg.norm(value)),
        }
        for name, value in opened.proposal(opened.study.guide).parameters.items()
    ]


def guided(opened: Opened, tell: Tell) -> dict[str, tuple[list[str], Floats, float]]:
    """Draws of the posterior under every guide that will do: names of latents, draws `(draws, latents)`, k-hat."""
    found = {}
    for guide in opened.study.guides:
        tell(guide)
        proposal = opened.proposal(guide)
        found[guide] = (*opened.named(proposal.draws), proposal.k_hat)
    return found


def spreads(drawn: Mapping[str, tuple[list[str], Floats, float]]) -> list[Row]:
    """Mean and sd of each latent by guide: `latent, GUIDE_mean, GUIDE_sd` for every guide."""
    names = next(iter(drawn.values()))[0]
    rows: list[Row] = [{"latent": name} for name in names]
    for guide, (_, draws, _) in drawn.items():
        for row, mean, sd in zip(rows, draws.mean(0), draws.std(0, ddof=1), strict=True):
            row |= {f"{guide}_mean": float(mean), f"{guide}_sd": float(sd)}
    return rows


def correlations(drawn: Mapping[str, tuple[list[str], Floats, float]], count: int) -> list[Row]:
    """The pairs of latents that are most correlated under any guide: `first, second` and one figure per guide."""
    names = next(iter(drawn.values()))[0]
    each = {guide: np.atleast_2d(np.corrcoef(draws.T)) for guide, (_, draws, _) in drawn.items()}
    largest = np.triu(np.max([np.abs(np.nan_to_num(of)) for of in each.values()], axis=0), 1)
    order = np.argsort(-largest, axis=None, kind="stable")[: min(count, len(names) * (len(names) - 1) // 2)]
    places = [divmod(int(place), len(names)) for place in order]
    return [
        {"first": names[i], "second": names[j], **{guide: float(of[i, j]) for guide, of in each.items()}}
        for i, j in places
    ]


def source(opened: Opened) -> str:
    """The model of the fit, as text for `dot`."""
    from forecaster.inference import drawing  # noqa: PLC0415  # graphviz's package is read where a drawing is asked for

    program: Callable[[], Any] = opened.study.program()
    return drawing.source(program)
