"""The past replayed through the same `issue` as the daily run."""
