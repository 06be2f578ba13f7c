"""What tests of time stamps share."""

from tests.authority import authority

__all__ = ["authority"]
