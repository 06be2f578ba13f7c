"""What `import forecaster` offers: forecasts, backtests and scores of frames and arrays of the user's own, no home."""
