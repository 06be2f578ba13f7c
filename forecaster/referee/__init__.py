"""Forecasts that others made: read from their files, and scored by what these show."""
