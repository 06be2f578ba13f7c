"""Bayesian layers for torch: each weight is a normal of its own, drawn anew whenever its layer runs.

A weight is `mean + sd e` with standard normal e, so that gradients reach mean and sd through the draw, and the loss is
minus the evidence lower bound (ELBO): minus the log likelihood at the drawn weights plus the Kullback-Leibler
divergence (KL) of the weights from their prior. That is Bayes by Backprop (Blundell et al. 2015, arXiv:1505.05424); in
place of the paper's softplus the exponential keeps sds positive, so that one step is a step in relative width.

    class Net(Variational):
        def __init__(self):
            super().__init__()
            self.first, self.second = BayesianLinear(8, 16), BayesianLinear(16, 1)

        def forward(self, x):
            return self.second(self.first(x).tanh())

    loss = net.sample_elbo(x, y, minus_log_likelihood, samples=2, kl_weight=1 / batches)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import torch
from torch import nn

from forecaster.families.scale_mixture import ScaleMixture
from forecaster.inference.order import product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from forecaster.floats import Floats

__all__ = ["BayesianLSTM", "BayesianLinear", "ScaleMixture", "Variational", "affine", "kl_weights", "recurrent"]

Weighting = Literal["uniform", "decreasing"]

START_SD = 0.05
"""Standard deviation that a weight starts with: it is found before it is known how well it is known."""

REMEMBER = 2.0
"""What is added to an LSTM's forget gate: with weights near zero, as the prior has them, a state lasts eight steps."""


def kl_weights(batches: int, weighting: Weighting = "uniform") -> Floats:
    """What part of the KL each minibatch of an epoch carries: `(batches,)`, summing to one.

    `uniform` is 1 / M; `decreasing` is `2^(M - i) / (2^M - 1)` for batch i of M, the paper's eq. 9: the prior counts
    in the first few batches, the data in the others.

    Raises:
        ValueError: Where there is no batch, or no such weighting.

    >>> [round(float(part), 3) for part in kl_weights(3, "decreasing")]
    [0.571, 0.286, 0.143]
    """
    if batches < 1 or weighting not in {"uniform", "decreasing"}:
        raise ValueError(f"one batch or more, and uniform or decreasing, not {batches} and {weighting!r}")
    parts = np.ones(batches) if weighting == "uniform" else 0.5 ** np.arange(1.0, batches + 1)
    whole: Floats = parts / parts.sum()
    return whole


def affine(x: Tensor, weights: Tensor) -> Tensor:
    """Each network's `x W + b`.

    Args:
        x: `(networks, rows, inputs)`.
        weights: `(networks, inputs + 1, outputs)`; the last row is the bias.
    """
    return product(torch.cat([x, x.new_ones((*x.shape[:2], 1))], -1), weights)


def recurrent(x: Tensor, weights: Tensor) -> Tensor:
    """The states of each network's LSTM after every step `(networks, rows, steps, hidden)` (Hochreiter and Schmidhuber
    1997, doi:10.1162/neco.1997.9.8.1735, with the forget gate of Gers et al. 2000).

    Args:
        x: `(networks, rows, steps, inputs)`, the first step first.
        weights: `(networks, hidden + inputs + 1, 4 hidden)`: rows for the state, the inputs and the bias; columns for
            input gate, forget gate, output gate and what is written.
    """  # noqa: D205  # two sources do not fit a line
    networks, rows, steps, inputs = x.shape
    hidden = weights.shape[2] // 4
    # A sigmoid is a tanh at half the place; torch's own sigmoid rounds a number by where it stands.
    half = torch.cat([x.new_full((3 * hidden,), 0.5), x.new_ones(hidden)])
    keep = torch.cat([x.new_zeros(hidden), x.new_full((hidden,), REMEMBER), x.new_zeros(2 * hidden)])
    outside = (affine(x.reshape(networks, rows * steps, inputs), weights[:, hidden:]) + keep) * half
    outside = outside.reshape(networks, rows, steps, 4 * hidden).movedim(2, 0).contiguous()
    inside, state, cell = weights[:, :hidden] * half, x.new_zeros((networks, rows, hidden)), None
    found = []
    for own in outside:
        gates = (own if cell is None else own + product(state, inside)).tanh()
        enter, stay, leave = (gates[..., : 3 * hidden] * 0.5 + 0.5).split(hidden, -1)
        written = enter * gates[..., 3 * hidden :]
        cell = written if cell is None else torch.addcmul(written, stay, cell)
        state = leave * cell.tanh()
        found.append(state)
    return torch.stack(found, 2)


class Posterior(nn.Module):
    """A matrix of weights, each an independent normal.

    Attributes:
        mean: Means `(rows, columns)`.
        log_sd: Logs of the standard deviations, likewise.
        prior: Of each weight.
        frozen: Whether its means are used in place of draws.
    """

    def __init__(self, rows: int, columns: int, prior: ScaleMixture, spread: float) -> None:
        """Means start at draws with standard deviation `spread`, from torch's generator."""
        super().__init__()
        self.mean = nn.Parameter(spread * torch.randn(rows, columns))
        self.log_sd = nn.Parameter(torch.full((rows, columns), float(np.log(START_SD))))
        self.prior, self.frozen = prior, False
        self._drawn: Tensor | None = None

    def forward(self) -> Tensor:
        """Weights drawn anew; the means where it is frozen."""
        if self.frozen:
            return self.mean
        self._drawn = self.mean + self.log_sd.exp() * torch.randn_like(self.mean)
        return self._drawn

    def kl(self) -> Tensor:
        """Divergence from the prior in nats, at the weights drawn last where it is an estimate."""
        drawn = self() if self._drawn is None and not self.frozen else self._drawn
        value = self.mean if drawn is None else drawn
        return self.prior.kl(self.mean.flatten(), self.log_sd.flatten(), value.flatten())


class Variational(nn.Module):
    """A module made of Bayesian layers: the base of a network of one's own, and of the layers themselves."""

    def posteriors(self) -> Iterator[Posterior]:
        """Every matrix of weights in it, in the order of its layers."""
        yield from (module for module in self.modules() if isinstance(module, Posterior))

    def kl(self) -> Tensor:
        """Divergence of all weights from their priors, a scalar in nats.

        Under a mixture it is an estimate at the weights drawn last, and its mean over draws is exact.

        Raises:
            ValueError: Where it has no Bayesian layer.
        """
        parts = [each.kl() for each in self.posteriors()]
        if not parts:
            raise ValueError(f"{type(self).__name__} has no Bayesian layer")
        return torch.stack(parts).sum()

    def sample_elbo(
        self,
        inputs: Any,  # noqa: ANN401  # whatever its forward takes
        labels: Tensor,
        criterion: Callable[[Any, Tensor], Tensor],
        samples: int = 1,
        kl_weight: float = 1.0,
    ) -> Tensor:
        """Minus the ELBO of a minibatch, the mean over draws of the weights: a scalar in nats, to be minimised.

        Args:
            inputs: What `forward` takes.
            labels: What the criterion compares its result with.
            criterion: `criterion(result, labels)`: minus the log likelihood *summed* over the rows, in nats. A mean
                over rows, the usual loss of a deterministic network, makes the prior count for as many times too much
                as there are rows.
            samples: Draws of the weights.
            kl_weight: What part of the KL this minibatch carries, see `kl_weights`; 1 where the batch is all there is.

        Raises:
            ValueError: Where it is frozen, or draws nothing.
        """
        if samples < 1 or any(each.frozen for each in self.posteriors()):
            raise ValueError("an ELBO needs one draw or more, of weights that are not frozen: call unfreeze() first")
        total = labels.new_zeros((), dtype=torch.get_default_dtype())
        for _ in range(samples):
            total = total + criterion(self(inputs), labels) + kl_weight * self.kl()
        return total / samples

    def freeze(self) -> Self:
        """Uses the posterior means from now on: it is an ordinary, deterministic network. Gives itself."""
        return self._set(frozen=True)

    def unfreeze(self) -> Self:
        """Draws weights again. Gives itself."""
        return self._set(frozen=False)

    def _set(self, *, frozen: bool) -> Self:
        for each in self.posteriors():
            each.frozen = frozen
        return self


class BayesianLinear(Variational):
    """`x W + b` with a posterior over W and b.

    Args:
        inputs: Numbers a row.
        outputs: Numbers that come out of it.
        prior: Of each weight and of the bias.
    """

    def __init__(self, inputs: int, outputs: int, prior: ScaleMixture | None = None) -> None:
        """Means start at draws with variance 1 / inputs."""
        super().__init__()
        self.weights = Posterior(inputs + 1, outputs, prior or ScaleMixture(), inputs**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """`(..., outputs)` of `x (..., inputs)`, all rows through the same draw of the weights."""
        return affine(x.reshape(1, -1, x.shape[-1]), self.weights()[None])[0].reshape(*x.shape[:-1], -1)


class BayesianLSTM(Variational):
    """A long short-term memory (see `recurrent`) with a posterior over all its weights.

    Args:
        inputs: Numbers a step.
        hidden: Numbers of its state.
        prior: Of each weight and bias.
    """

    def __init__(self, inputs: int, hidden: int, prior: ScaleMixture | None = None) -> None:
        """Means start at draws with variance 1 / (inputs + hidden)."""
        super().__init__()
        self.weights = Posterior(hidden + inputs + 1, 4 * hidden, prior or ScaleMixture(), (inputs + hidden) ** -0.5)

    def forward(self, x: Tensor) -> Tensor:
        """States after every step `(rows, steps, hidden)` of `x (rows, steps, inputs)`, the same draw at each step."""
        return recurrent(x[None], self.weights()[None])[0]
