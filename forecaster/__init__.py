"""Honest daily predictive distributions, recorded before the outcome and scored after it."""
