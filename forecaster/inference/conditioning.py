r"""Conditioning: any latent site of a Pyro program held at a value, now or later, once or on top of other values.

`pyro.condition` does the work; here a site that does not exist, a site that is data already, a shape that does not fit
and a value outside of the site's support are refused in one line, in place of being passed over or broadcast.

A scale is read once. What the thing weighs is guessed to be 8.5, give or take 1, and the reading is the weight give or
take 0.75:

>>> import pyro
>>> import pyro.distributions as dist
>>> import torch
>>> def scale(guess: float) -> torch.Tensor:
...     weight = pyro.sample("weight", dist.Normal(guess, 1.0))
...     return pyro.sample("measurement", dist.Normal(weight, 0.75))

Held at a reading of 9.5, the program is one whose posterior has a closed form, with precisions for weights:

>>> read = conditioned(scale, {"measurement": 9.5})
>>> precision = 1 / 1.0**2 + 1 / 0.75**2
>>> round((8.5 / 1.0**2 + 9.5 / 0.75**2) / precision, 2), round(precision**-0.5, 2)
(9.14, 0.6)

The engine finds the same by SVI, of what the thing weighs beyond the guess, and importance sampling from the prior too:

>>> import numpy as np
>>> from forecaster.families.regression import Prior, fit_regression
>>> beyond = fit_regression(np.zeros((1, 1)), np.array([1.0]), Prior(1.0, noise_scale=0.75), "full_rank", draws=4000)
>>> bool(abs(8.5 + beyond.intercept.mean() - 9.14) < 0.03), round(float(beyond.intercept.std()), 1)
(True, 0.6)
>>> with isolated(seed=1):
...     sampled = pyro.infer.Importance(read, num_samples=1000).run(8.5)
>>> weight = pyro.infer.EmpiricalMarginal(sampled, "weight")
>>> abs(float(weight.mean) - 9.14) < 0.1, round(float(weight.stddev), 1)
(True, 0.6)

*Deferred*: a function of the data, which gives the program once there are any.

>>> given = deferred(scale, "measurement")
>>> given(measurement=9.5).values["measurement"]
tensor(9.5000)

*Nested*: what was held may be held elsewhere, and more with it; the later value counts.

>>> again = conditioned(conditioned(scale, {"measurement": 9.5}), {"measurement": 14.0, "weight": 9.0})
>>> float(again(8.5)), sorted(again.values)
(14.0, ['measurement', 'weight'])

>>> conditioned(scale, {"mesurement": 9.5})(8.5)
Traceback (most recent call last):
forecaster.errors.UnknownNameError: no site is called 'mesurement'; nearest: measurement
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from pyro import poutine
from pyro.poutine.messenger import Messenger
from pyro.poutine.util import site_is_subsample

from forecaster.errors import ConditionError, UnknownNameError
from forecaster.inference.isolation import isolated

if TYPE_CHECKING:
    from torch import Tensor

Program = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Conditioned:
    """A Pyro program with some of its latent sites held at values. It is called as the program is.

    Attributes:
        program: The program, nothing held.
        values: Site -> value, in the site's shape or one that expands to it, such as a number.
    """

    program: Program
    values: Mapping[str, Tensor]

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401  # what the program gives back
        """Runs the program with the values in place of samples.

        Raises:
            UnknownNameError: Where a run meets no site of a name, with the nearest.
            ConditionError: Where a site is data of the program, or a value does not fit it.
        """
        held = _Held(self.values)
        with held:
            found = self.program(*args, **kwargs)
        for name in self.values:
            if name not in held.held:
                raise UnknownNameError("site", name, held.met)
        return found


def conditioned(program: Program, values: Mapping[str, Tensor | float]) -> Conditioned:
    """The program with latent sites held at values; where it holds some already, later ones count.

    Args:
        program: A Pyro program, or a conditioned one.
        values: Site -> value. What is wrong with them is said when the program runs, which may need data.

    Raises:
        ConditionError: For a value that is not a finite number or tensor.
    """
    inner, held = (program.program, program.values) if isinstance(program, Conditioned) else (program, {})
    return Conditioned(inner, {**held, **{name: _tensor(name, value) for name, value in values.items()}})


def deferred(program: Program, *names: str) -> Callable[..., Conditioned]:
    """A function from values of these sites, each by its name, to the program held at them.

    Raises:
        TypeError: Where it is called without one of the names, or with another.
    """

    def given(**values: Tensor | float) -> Conditioned:
        if set(values) != set(names):
            raise TypeError(f"give a value for each of {', '.join(names)}, not for {', '.join(values) or 'nothing'}")
        return conditioned(program, values)

    return given


def latent_shapes(program: Program, *args: object, **kwargs: object) -> dict[str, tuple[int, ...]]:
    """Sites that a program can be held at, with their shapes; it is run once, and leaves no trace.

    >>> import pyro, pyro.distributions as dist
    >>> latent_shapes(lambda: pyro.sample("x", dist.Normal(torch.zeros(3), 1.0).to_event(1)))
    {'x': (3,)}
    """
    with isolated(0), torch.no_grad():
        trace: Any = poutine.trace(program).get_trace(*args, **kwargs)
    latent = (name for name in trace.stochastic_nodes if not site_is_subsample(trace.nodes[name]))
    return {name: tuple(trace.nodes[name]["value"].shape) for name in latent}


class _Held(Messenger):
    """Holds sites as `pyro.condition` does, and notes which it met."""

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.values, self.met, self.held = values, list[str](), set[str]()

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        name = msg["name"]
        self.met += [] if msg["is_observed"] else [name]
        if name not in self.values:
            return
        if msg["is_observed"]:
            raise ConditionError(f"{name} is data of the program: give the program other data in its place")
        msg["value"] = _fitting(name, self.values[name], msg["fn"])
        msg["is_observed"] = True
        self.held.add(name)


def _tensor(name: str, value: Tensor | float) -> Tensor:
    try:
        found = torch.as_tensor(value)
        found = found if found.is_floating_point() else found.to(torch.get_default_dtype())
    except (TypeError, ValueError, RuntimeError) as fault:
        raise ConditionError(f"{name} cannot be held at {value!r}: give a number or a tensor") from fault
    if not bool(found.isfinite().all()):
        raise ConditionError(f"{name} cannot be held at a value that is not finite: give finite numbers")
    return found


def _fitting(name: str, value: Tensor, distribution: Any) -> Tensor:  # noqa: ANN401  # a Pyro distribution
    """The value in the shape of the site, and inside of its support."""
    shape = torch.Size(distribution.shape())
    try:
        found = value.expand(shape)
    except RuntimeError:
        raise ConditionError(
            f"{name} has the shape {tuple(shape)} and the value {tuple(value.shape)}: give a value of its shape"
        ) from None
    if not bool(distribution.support.check(found).all()):
        raise ConditionError(f"{name} cannot be held outside of its support, {distribution.support}: choose another")
    return found
