"""Proof that a record is as old as it says, by somebody else's clock: time stamps, and a tree over its forecasts."""
