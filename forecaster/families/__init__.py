"""What is fitted with the engine: regressions, networks, the GARCH family, and how their rows are scaled."""
