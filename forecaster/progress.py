"""How a long task says how far it is."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """Is told what happens now, and how many steps of how many are done; the total is None where nobody knows."""

    def __call__(self, description: str, done: int = 0, total: int | None = None) -> None:
        """Takes note; see the class."""


def quiet(description: str, done: int = 0, total: int | None = None) -> None:
    """Tells nobody."""
