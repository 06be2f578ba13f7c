"""Turns facts into pages."""
