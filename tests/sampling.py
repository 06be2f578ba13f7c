"""A small version of a long run: some of its cases in every test run, all of them in `make campaigns`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection


def small(cases: Collection[str], kept: Collection[str]) -> list[Any]:
    """The cases of a parametrized test, those that are not kept marked as of a campaign.

    Raises:
        ValueError: A case that is kept and is none of them.
    """
    if lost := set(kept) - set(cases):
        raise ValueError(f"not among the cases: {lost}")
    return [case if case in kept else pytest.param(case, marks=pytest.mark.campaign) for case in cases]
