"""From a view to forecasts: the one path, for the daily run and for every replay."""
