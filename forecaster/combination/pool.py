"""The linear pool: the mixture of several forecasts is again a mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.distribution.predictive import COMPONENTS, Predictive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def pool(members: Sequence[Predictive], weights: ArrayLike) -> Predictive:
    """The mixture of `members`, its components theirs; those of no weight are left out.

    Args:
        members: Forecasts of the same change, each a plain mixture.
        weights: `(members,)` not negative, in any unit.

    Raises:
        ValueError: Where the weights do not fit the members, none is positive, or a member is seen through a map: such
            a law is no mixture of Student-t components, so recalibrate the pool instead. Where they differ in atom or
            tick, which are those of an asset and a day.
    """
    share = np.asarray(weights, np.float64)
    if share.shape != (len(members),) or not (np.isfinite(share).all() and (share >= 0).all() and share.sum() > 0):
        raise ValueError(
            f"weights of {len(members)} members must be as many, not negative and not all zero, not {share}"
        )
    if any(member.seen is not None for member in members):
        raise ValueError("a member is recalibrated: pool the members as they are, and recalibrate the pool")
    if len(still := {(member.atom, member.tick) for member in members}) > 1:
        raise ValueError(f"members of one day have one atom and one tick, not {sorted(still)}")
    parts = {name: np.concatenate([getattr(member, name) for member in members]) for name in COMPONENTS}
    own = [member.weight / member.weight.sum(dtype=np.float64) for member in members]
    weight = np.concatenate([part * whole for part, whole in zip(own, share / share.sum(), strict=True)])
    kept = weight.astype(np.float32) > 0
    parts["weight"] = weight / weight[kept].sum()
    return Predictive.of(**{name: part[kept] for name, part in parts.items()}).with_atom(*still.pop())
