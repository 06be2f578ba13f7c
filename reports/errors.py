"""The one fault this package reports."""

from __future__ import annotations


class ReportError(Exception):
    """A report could not be made or written; the message says what happened and what to do, in one line."""
