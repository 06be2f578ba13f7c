"""Judging forecasts: scores of single forecasts, verdicts over many."""
